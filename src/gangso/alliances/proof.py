"""The shape of a proof: prices that bound every plan, and the cases they are split into.

A `Node` speaks of the plans that obey the decisions above it. Each of its stages gives
prices under which no candidate still in play has a negative reduced cost; their sum bounds
every such plan from below, and a candidate whose reduced cost lifts that bound to the cost
of the best plan can be in no better one, so it leaves play for all that follows. A node is
*closed* when a bound reaches the best plan, or when both ways of deciding whether two units
go together are closed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numba
import numpy as np
import numpy.typing as npt

from gangso.alliances.cuts import limits_of
from gangso.alliances.master import ExtraRow
from gangso.alliances.pricing import PRICES_PER_COST, Prices

__all__ = ["PATCH_UNIT", "Node", "Patch", "Stage", "bound_of", "closes", "repair"]


# Reduced costs are counted in steps of this many `PRICE_UNIT` inside a patch, where they
# play the part of costs.
PATCH_UNIT = 100


@dataclass(frozen=True, eq=False)
class Patch:
    """Units in which some reduced cost is unavoidable, and the proof of how much.

    Attributes
    ----------
    units : ndarray of int64
        The units, ascending; patches of a stage do not overlap.
    cost : int
        Cost of the best way found to cover them, in `PATCH_UNIT`.
    proof : Node
        The proof, over the traces of the candidates in play; its units are positions in
        `units`.
    """

    units: npt.NDArray[np.int64]
    cost: int
    proof: Node

    @property
    def gain(self) -> int:
        """What the patch adds to the bound, in `PRICE_UNIT`.

        The proof rules out covers cheaper than `cost`; whatever its own bound says beyond
        that speaks only of candidates that it has already ruled out.
        """
        proven = -(-self.proof.bound // PRICES_PER_COST)
        return min(self.cost, max(0, proven)) * PATCH_UNIT


@dataclass(frozen=True, eq=False)
class Stage:
    """Prices, patches, and the bound they prove together, in `PRICE_UNIT`."""

    prices: Prices
    bound: int
    patches: tuple[Patch, ...] = ()


@dataclass(eq=False)
class Node:
    """One case of the proof."""

    stages: list[Stage] = field(default_factory=list)
    pair: tuple[int, int] | None = None
    together: Node | None = None
    apart: Node | None = None

    @property
    def bound(self) -> int:
        """What no plan of this case goes below, in `PRICE_UNIT`."""
        own = max((stage.bound for stage in self.stages), default=-(2**62))
        if self.together is None or self.apart is None:
            return own
        return max(own, min(self.together.bound, self.apart.bound))

    def count(self) -> int:
        """Return the number of nodes in this case and those below."""
        below = [node.count() for node in (self.together, self.apart) if node is not None]
        return 1 + sum(below)


def bound_of(prices: Prices, rows: tuple[ExtraRow, ...]) -> int:
    """Sum prices to the bound they prove once no reduced cost is negative."""
    most = limits_of(prices.cuts, len(prices.units))
    total: int = sum(prices.units.tolist()) + sum((prices.cut_prices * most).tolist())
    for price, row in zip(prices.rows.tolist(), rows, strict=True):
        total += int(price) * (row.low if price > 0 else row.high)
    return total


def closes(bound: int, best: int, step: int = 1) -> bool:
    """Say whether a bound (`PRICE_UNIT`) rules out any plan cheaper than ``best`` (`COST_UNIT`).

    Costs of plans are multiples of ``step``, so a bound above ``best - step`` will do.
    """
    return bool(bound > (best - step) * PRICES_PER_COST)


@numba.njit(cache=True, nogil=True)
def _shortfall(members, which, reduced, n):  # type: ignore[no-untyped-def]
    slack = np.zeros(n, dtype=np.int64)
    for position in range(len(which)):
        if reduced[position] >= 0:
            continue
        j = which[position]
        size = 0
        for c in range(members.shape[1]):
            if members[j, c] < 0:
                break
            size += 1
        share = reduced[position] // size
        for c in range(size):
            u = members[j, c]
            slack[u] = min(slack[u], share)
    return slack


def repair(
    members: npt.NDArray[np.int32],
    which: npt.NDArray[np.int64],
    reduced: npt.NDArray[np.int64],
    prices: Prices,
) -> tuple[Prices, npt.NDArray[np.int64]]:
    """Lower prices until no candidate in play has a negative reduced cost.

    Each negative reduced cost is shared equally among the members, and every unit takes
    the worst share asked of it; the bound that remains is the Lagrangian one.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates.
    which : ndarray of int64, shape (M,)
        Those in play.
    reduced : ndarray of int64, shape (M,)
        Their reduced costs under `prices`.
    prices : Prices
        Prices from the solver.

    Returns
    -------
    prices : Prices
        Prices that are feasible for every candidate in play.
    slack : ndarray of int64, shape (n,)
        By how much each unit's price was lowered (zero or negative).
    """
    slack = _shortfall(members, which, reduced, len(prices.units))
    lowered = Prices(prices.units + slack, prices.cuts, prices.cut_prices, prices.rows)
    return lowered, slack
