"""A settled question, and what is asked next: re-solved from the candidates and prices at hand.

Whatever is asked of a plan - how bad it is without this alliance, without that requirement,
under other weights - differs little from the question it answers. The columns that were worth
a look and the cuts that had a price are where the next solve starts, and a plan that stays
possible bounds it from above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gangso.alliances.constraints import Constraint
from gangso.alliances.master import ExtraRow, to_price
from gangso.alliances.pricing import PRICES_PER_COST, cheapest, reduced_costs
from gangso.alliances.solve import Limits, Solution, Start, solve

if TYPE_CHECKING:
    from gangso.alliances.candidates import Candidates
    from gangso.alliances.model import AllianceModel
    from gangso.scenario import AllianceOptions

__all__ = ["EXACT_UP_TO", "Settled", "carry_over"]

Ints = npt.NDArray[np.int64]

# Up to this many units, what a change would cost the whole is found by solving again;
# beyond, the prices give a lower bound for nothing.
EXACT_UP_TO = 500


def carry_over(start: Start, old: Ints, new: Ints) -> Start:
    """Express what one solve has left in the positions of another pool.

    Parameters
    ----------
    start : Start
        What is left, in positions of the old pool.
    old, new : ndarray of int64
        Candidates of either pool, ascending positions in one common list.

    Returns
    -------
    Start
        The same in positions of the new pool; columns that are not in it are left out, and
        so is a plan that needs one of them.
    """

    def place(columns: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
        wanted = old[columns]
        position = np.searchsorted(new, wanted)
        inside = position < len(new)
        inside[inside] = new[position[inside]] == wanted[inside]
        return position, inside

    position, inside = place(start.columns)
    plan = None
    if start.plan is not None:
        chosen, possible = place(start.plan)
        plan = chosen if possible.all() else None
    return Start(position[inside], start.cuts, plan)


class Settled:
    """A question with its answer.

    Parameters
    ----------
    model : AllianceModel
        The model that was solved.
    options : AllianceOptions
        Weights and requirements.
    constraints : tuple of Constraint
        Requirements in force.
    allowed : ndarray of int64, shape (N,)
        Candidates of the model that satisfy them, ascending; the pool.
    cost : ndarray of int64, shape (N,)
        Their costs.
    rows : tuple of ExtraRow
        Requirements on the whole plan.
    solution : Solution
        The best plan and its proof.
    """

    def __init__(
        self,
        model: AllianceModel,
        options: AllianceOptions,
        constraints: tuple[Constraint, ...],
        allowed: Ints,
        cost: Ints,
        rows: tuple[ExtraRow, ...],
        solution: Solution,
    ) -> None:
        self.model, self.options, self.constraints = model, options, constraints
        self.allowed, self.cost, self.rows, self.solution = allowed, cost, rows, solution
        self._without: dict[bytes, Solution] = {}

    @cached_property
    def pool(self) -> Candidates:
        """Candidates that satisfy the requirements."""
        return self.model.candidates.take(self.allowed)

    @property
    def exact(self) -> bool:
        """Whether follow-up questions are solved; otherwise they get a bound."""
        return self.model.graph.n <= EXACT_UP_TO

    @cached_property
    def column_of(self) -> Ints:
        """Position in the pool of the chosen candidate of every unit, shape (n,)."""
        of = np.full(self.model.graph.n, -1, dtype=np.int64)
        for column in self.solution.chosen:
            members = self.pool.members[column]
            of[members[members >= 0]] = column
        return of

    @cached_property
    def reduced(self) -> Ints:
        """Reduced cost of every candidate of the pool under the first prices, shape (N,).

        What the whole loses by insisting on a candidate is at least the bound of those
        prices plus this, less the cost of the plan.
        """
        coefficients = np.array([row.coefficients for row in self.rows], dtype=np.int64)
        return reduced_costs(
            self.pool.members, np.arange(len(self.cost), dtype=np.int64), to_price(self.cost),
            self.solution.proof.stages[0].prices, coefficients.reshape(-1, len(self.cost)),
        )  # fmt: skip

    @cached_property
    def joining(self) -> Ints:
        """Of the alliances that each unit could join the one of least reduced cost, shape (n,).

        A position in the pool, -1 if it holds none of two or more with the unit. Found for all
        units in one pass: a large territory has tens of thousands who ask.
        """
        several = np.flatnonzero(self.pool.size > 1)
        found = cheapest(self.pool.members, several, self.reduced[several], self.model.graph.n)
        if not len(several):
            return found
        return np.where(found >= 0, several[found], -1)

    def insisting_costs(self, columns: Ints) -> Ints:
        """Least loss of the whole that insisting on candidates is sure to bring.

        Parameters
        ----------
        columns : ndarray of int64, shape (M,)
            Positions in the pool.

        Returns
        -------
        ndarray of int64, shape (M,)
            Lower bounds in `COST_UNIT`, never negative.
        """
        bound = self.solution.proof.stages[0].bound + self.reduced[columns]
        return np.maximum(0, -(-bound // PRICES_PER_COST) - self.solution.cost)

    def start(self, allowed: Ints) -> Start:
        """Return what a later solve over other candidates of the model may start from.

        Parameters
        ----------
        allowed : ndarray of int64
            Its candidates, ascending positions in the model's list.

        Returns
        -------
        Start
            In positions of that pool.
        """
        left = Start(
            np.union1d(self.solution.left.columns, self.solution.chosen),
            self.solution.left.cuts,
            self.solution.chosen,
        )
        return carry_over(left, self.allowed, allowed)

    def without(self, banned: Sequence[int] | Ints, limits: Limits | None = None) -> Solution:
        """Find the best plan without some alliances of the pool.

        Parameters
        ----------
        banned : sequence of int
            Their positions in the pool.
        limits : Limits, optional
            How hard to try.

        Returns
        -------
        Solution
            Its chosen candidates are positions in the pool.
        """
        key = np.unique(np.asarray(banned, dtype=np.int64)).tobytes()
        if key not in self._without:
            kept = np.delete(np.arange(len(self.cost), dtype=np.int64), banned)
            rows = tuple(ExtraRow(row.coefficients[kept], row.low, row.high) for row in self.rows)
            found = solve(
                self.pool.members[kept], self.cost[kept], self.model.graph.n, rows, limits,
                start=self.start(self.allowed[kept]),
            )  # fmt: skip
            self._without[key] = replace(found, chosen=kept[found.chosen])
        return self._without[key]

    def under(self, constraints: Sequence[Constraint], limits: Limits | None = None) -> Settled:
        """Settle the same question under other requirements.

        Parameters
        ----------
        constraints : sequence of Constraint
            The requirements.
        limits : Limits, optional
            How hard to try.

        Returns
        -------
        Settled
            The new question; its solution is empty if no plan satisfies them.
        """
        return self.model.settle(self.options, tuple(constraints), limits, start=self)
