r"""Plans nearly as good as the best one and as different from it as can be.

The distance of two plans is the number of pairs of municipalities that are together in one
and not in the other (Mirkin 1996). For a fixed plan it is a sum over the alliances of the
other, so that the most different plan within a stated loss is again a set partition, with
the loss as a further row:

.. math:: \max \sum_j d_j x_j \quad \text{s.t.} \quad \sum_j c_j x_j \le (1 + \ell) c^*,
   \quad \sum_{j \ni u} x_j = 1 \ \forall u, \quad x_j \in \{0, 1\}

Good plans to begin with are those of the Lagrangian relaxation of that row, whose
multiplier is bisected; the exact solver then improves or proves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances.describe import Group, alliance_table
from gangso.alliances.master import ExtraRow
from gangso.alliances.pricing import COST_UNIT, PRICES_PER_COST
from gangso.alliances.reasons import staying
from gangso.alliances.result import Partition
from gangso.alliances.solve import Limits, Start, solve
from gangso.alliances.warm import Settled, carry_over
from gangso.scenario import AlternativeOptions
from gangso.texts import LANGUAGES, say

__all__ = ["Alternatives", "alternatives"]

Ints = npt.NDArray[np.int64]

# A pair counts as this many cost units, so that the solver's tolerances are far below it.
_PAIR = 10_000
_EXACT = Limits(nodes=150, step=_PAIR)
_QUICK = Limits(nodes=20)
_STEPS = 8
# How much being different from the alternatives found before counts beside being different
# from the plan, in the search for good starts.
_MIXES = (0.5, 1.0, 2.0)


@dataclass(frozen=True, eq=False)
class Alternatives:
    """Different plans at little cost.

    Attributes
    ----------
    plans : DataFrame
        One row an alternative, index ``alternative`` ("B1" ...). Columns: ``distance``
        (pairs that are together in it or in the plan, but not in both), ``distance_at_most``
        (no plan within the loss, and as far from the alternatives before it, is more
        different), ``proven`` (whether the two are equal), ``share`` (of the pairs together
        in either), ``cost``, ``loss_share`` (extra cost), ``changed`` (municipalities whose
        alliance is another), ``parted`` (those of them that keep fewer than half of their
        partners).
    alliances : DataFrame
        The alliances of all alternatives as in `Partition.alliances`, with the columns
        ``alternative`` and ``in_plan``.
    membership : DataFrame
        One row a municipality in scope and alternative: ``alternative``, ``code``,
        ``alliance`` (in the alternative; missing if alone), ``changed``, ``parted``.
    notes : tuple of dict
        What was searched for and what was not found, by language.
    """

    plans: pd.DataFrame
    alliances: pd.DataFrame
    membership: pd.DataFrame
    notes: tuple[dict[str, str], ...]


@dataclass(frozen=True, eq=False)
class _Found:
    """Candidates of the pool, the distance, and what no other plan exceeds."""

    chosen: Ints
    distance: int
    at_most: int


class _Search:
    """The pool within the loss, and the distance of every candidate to plans."""

    def __init__(self, settled: Settled, loss: float) -> None:
        self.settled, self.n = settled, settled.model.graph.n
        self.cap = int(settled.solution.cost * (1 + loss))
        every = np.arange(len(settled.cost), dtype=np.int64)
        # What costs more than the loss to insist on is in no such plan.
        slack = self.cap - settled.solution.cost
        self.kept = np.flatnonzero(settled.insisting_costs(every) <= slack)
        self.members = settled.pool.members[self.kept]
        self.size = settled.pool.size[self.kept].astype(np.int64)
        self.cost = settled.cost[self.kept]
        # Added to every member, it keeps costs from being negative; a plan pays it n times.
        self.shift = -(-(self.members.shape[1] - 1) // 2)

    def column_of(self, chosen: Ints) -> Ints:
        of = np.full(self.n, -1, dtype=np.int64)
        for column in chosen:
            members = self.members[column]
            of[members[members >= 0]] = column
        return of

    def gains(self, of: Ints) -> tuple[Ints, int]:
        """Distance to a plan as a sum: a part of every candidate, and a constant."""
        own = np.append(of, -1)[self.members]
        common = np.zeros(len(self.size), dtype=np.int64)
        for one in range(self.members.shape[1]):
            for other in range(one):
                common += (own[:, one] == own[:, other]) & (self.members[:, one] >= 0)
        _, counts = np.unique(of, return_counts=True)
        pairs = self.size * (self.size - 1) // 2
        return pairs - 2 * common, int((counts * (counts - 1) // 2).sum())

    def rows(self, floors: list[tuple[Ints, int]]) -> tuple[ExtraRow, ...]:
        """Requirements of the plan, the loss, and the distance from earlier alternatives."""
        own = [replace(row, coefficients=row.coefficients[self.kept]) for row in self.settled.rows]
        most = int((self.size * (self.size - 1) // 2).sum())
        return (
            *own,
            ExtraRow(self.cost, 0, self.cap),
            *(ExtraRow(gain, low, most) for gain, low in floors),
        )

    def allowed(self, chosen: Ints, rows: tuple[ExtraRow, ...]) -> bool:
        sums = [int(row.coefficients[chosen].sum()) for row in rows]
        return all(row.low <= total <= row.high for row, total in zip(rows, sums, strict=True))

    def starts(self, gain: Ints, start: Start) -> Iterator[tuple[Ints, Start]]:
        """Plans of the Lagrangian relaxation of the loss, by bisection of its multiplier."""
        own = self.rows([])[:-1]
        low, high = 0, 0
        weight = max(1, (self.cap - self.settled.solution.cost) // 20)
        base = int((-(-gain // self.size)).max()) * self.size - gain
        for _ in range(3 * _STEPS):
            found = solve(self.members, self.cost + weight * base, self.n, own, _QUICK, start=start)
            if not found.feasible:
                return
            start = Start(np.union1d(start.columns, found.left.columns), found.left.cuts)
            yield found.chosen, start
            if self.cost[found.chosen].sum() <= self.cap:
                if weight > self.cap:  # one pair outweighs any cost: nothing lies beyond
                    return
                low = weight
            else:
                high = weight
            weight = (low + high) // 2 if high else 2 * weight
            if high and high - low <= max(1, high >> _STEPS):
                return

    def farthest(
        self, gain: Ints, constant: int, floors: list[tuple[Ints, int]], start: Start
    ) -> _Found | None:
        """Find the plan farthest from one plan and far enough from others."""
        rows = self.rows(floors)
        plan: Ints | None = None
        best = -1
        mixes = _MIXES if floors else (0.0,)
        for mix in mixes:
            mixed = gain.copy()
            for other, _ in floors:
                mixed += np.rint(mix * other).astype(np.int64)
            for chosen, left in self.starts(mixed, start):
                start = left
                distance = int(gain[chosen].sum()) + constant
                if distance > best and self.allowed(chosen, rows):
                    best, plan = distance, chosen
        objective = (self.shift * self.size - gain) * _PAIR
        found = solve(
            self.members, objective, self.n, rows, _EXACT,
            start=Start(start.columns, start.cuts, plan),
        )  # fmt: skip
        if not found.feasible:
            return None
        distance = int(gain[found.chosen].sum()) + constant
        at_most = distance
        if not _proven(found.proof.bound, found.cost):
            bound = -(-found.proof.bound // (_PAIR * PRICES_PER_COST))
            at_most = self.shift * self.n - bound + constant
        return _Found(found.chosen, distance, at_most)


def _proven(bound: int, cost: int) -> bool:
    return bound > (cost - _PAIR) * PRICES_PER_COST


def alternatives(found: Partition, options: AlternativeOptions) -> Alternatives:
    """Find plans nearly as good as the best one and as different from it as can be.

    Parameters
    ----------
    found : Partition
        The plan.
    options : AlternativeOptions
        How many, how much they may cost, how far they lie apart from each other.

    Returns
    -------
    Alternatives
        The plans, each with a word on whether a more different one exists.

    References
    ----------
    Mirkin (1996), Mathematical Classification and Clustering, Kluwer,
    doi:10.1007/978-1-4613-0457-9.
    """
    settled = found.settled
    search = _Search(settled, options.loss)
    chosen = np.searchsorted(search.kept, settled.solution.chosen)
    left = Start(settled.solution.left.columns, settled.solution.left.cuts)
    every = np.arange(len(settled.cost), dtype=np.int64)
    start = carry_over(left, every, search.kept)
    start = Start(np.union1d(start.columns, chosen), start.cuts[:0])
    gain, constant = search.gains(search.column_of(chosen))
    floors: list[tuple[Ints, int]] = []
    plans: list[_Found] = []
    stopped = ""
    for _ in range(options.count):
        answer = search.farthest(gain, constant, floors, start)
        if answer is None or answer.distance == 0:
            stopped = "alternatives.no_more"
            break
        plans.append(answer)
        apart = int(np.ceil(options.apart * plans[0].distance))
        other, pairs = search.gains(search.column_of(answer.chosen))
        floors.append((other, apart - pairs))
    notes = [
        {lang: say("alternatives.how", lang, loss=options.loss, apart=options.apart)
         for lang in LANGUAGES}
    ]  # fmt: skip
    if stopped:
        notes.append({lang: say(stopped, lang, count=len(plans)) for lang in LANGUAGES})
    return _tables(found, search, chosen, plans, tuple(notes))


def _tables(
    found: Partition,
    search: _Search,
    own: Ints,
    plans: list[_Found],
    notes: tuple[dict[str, str], ...],
) -> Alternatives:
    settled = found.settled
    model = settled.model
    stays = staying(settled)
    codes = [str(code) for code in model.units.codes]
    home = search.column_of(own)
    rows, members, lists = [], [], []
    for number, answer in enumerate(plans, start=1):
        ident = f"B{number}"
        groups = []
        for column in answer.chosen:
            units = sorted(
                (int(u) for u in search.members[column] if u >= 0),
                key=lambda u: (-model.units.population[u], u),
            )
            candidate = int(settled.allowed[search.kept[column]])
            groups.append(Group(units, candidate, int(search.cost[column])))
        table = alliance_table(model, [group for group in groups if len(group.members) > 1])
        kept = {frozenset(str(listed).split("|")) for listed in found.alliances["members"]}
        table["in_plan"] = [frozenset(str(m).split("|")) in kept for m in table["members"]]
        table["alternative"] = ident
        lists.append(table.reset_index())
        of = search.column_of(answer.chosen)
        pool_column = search.kept[of]
        # Position of every unit among the members of its new alliance.
        place = (settled.pool.members[pool_column] == np.arange(len(of))[:, None]).argmax(axis=1)
        changed = of != home
        parted = ~stays[pool_column, place]
        ident_of = {code: str(a) for a, m in table["members"].items() for code in str(m).split("|")}
        members += [
            {
                "alternative": ident, "code": code, "alliance": ident_of.get(code),
                "changed": bool(changed[u]), "parted": bool(parted[u]),
            }
            for u, code in enumerate(codes)
        ]  # fmt: skip
        cost = int(search.cost[answer.chosen].sum())
        either = _either(home, of)
        rows.append(
            {
                "alternative": ident, "distance": answer.distance,
                "distance_at_most": answer.at_most,
                "proven": answer.distance == answer.at_most,
                "share": answer.distance / either if either else 0.0,
                "cost": cost * COST_UNIT,
                "loss_share": cost / settled.solution.cost - 1 if settled.solution.cost else 0.0,
                "changed": int(changed.sum()), "parted": int(parted.sum()),
            }
        )  # fmt: skip
    names: list[Any] = [
        "alternative", "distance", "distance_at_most", "proven", "share", "cost", "loss_share",
        "changed", "parted",
    ]  # fmt: skip
    listed = pd.DataFrame(members, columns=["alternative", "code", "alliance", "changed", "parted"])
    return Alternatives(
        pd.DataFrame(rows, columns=names).set_index("alternative"),
        pd.concat(lists, ignore_index=True) if lists else found.alliances.head(0).reset_index(),
        listed.astype({"alliance": "str"}),
        notes,
    )


def _either(one: Ints, other: Ints) -> int:
    """Pairs that are together in one plan or in the other."""
    both = np.unique(np.column_stack([one, other]), axis=0, return_counts=True)[1]

    def pairs(counts: npt.NDArray[np.integer]) -> int:
        return int((counts * (counts - 1) // 2).sum())

    return (
        pairs(np.unique(one, return_counts=True)[1])
        + pairs(np.unique(other, return_counts=True)[1])
        - pairs(both)
    )
