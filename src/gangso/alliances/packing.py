"""As many separate groups as possible: set packing, settled by the solver of the partition.

A packing is a partition in which a unit may also stay by itself at a price. Everything the
partition has (whole prices, cuts, branching, a bound that is a matter of arithmetic) serves
here too. What is sought is a whole number, so the relaxation leaves only one or two answers
open, and each is put as a question, the best first: "is there a packing worth as much?" To
that question most candidates are of no use (their reduced cost is too large), and what is
left is decided quickly, whichever way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gangso.alliances.master import to_price
from gangso.alliances.patches import components_of
from gangso.alliances.pricing import PRICES_PER_COST, reduced_costs
from gangso.alliances.proof import Stage
from gangso.alliances.solve import Limits, solve

__all__ = ["Packing", "Part", "label", "minimal", "pack", "parts", "still_in_play", "with_singles"]

Ints = npt.NDArray[np.int64]
Members = npt.NDArray[np.int32]

# One of what is counted, in `COST_UNIT`: well above the tolerances of the linear solver.
STEP = 1_000_000
# Nodes of the tree are granted in steps: most questions are settled at the root, and what the
# root rules out makes the tree that follows smaller.
_NODES = (1, 50, 500, 5_000, 50_000)


@dataclass(frozen=True, eq=False)
class Packing:
    """The best packing, and what no packing exceeds.

    Attributes
    ----------
    chosen : ndarray of int64
        Candidates of the packing, ascending; no two share a unit.
    value : int
        Their total gain.
    bound : int
        What the total gain of no packing exceeds.
    """

    chosen: Ints
    value: int
    bound: int

    @property
    def proven(self) -> bool:
        """Whether no packing is better."""
        return self.value == self.bound


@dataclass(frozen=True, eq=False)
class Part:
    """Units that candidates connect, however indirectly, and those candidates.

    Attributes
    ----------
    units : ndarray of int64
        The units, ascending.
    which : ndarray of int64
        The candidates.
    members : ndarray of int32
        Their members as positions in `units`, padded with -1.
    """

    units: Ints
    which: Ints
    members: Members


def parts(members: Members, n: int) -> Iterator[Part]:
    """Take a pool apart: what no candidate connects is decided separately.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates in ascending order of units, padded with -1.
    n : int
        Number of units.

    Yields
    ------
    Part
        Units and candidates; units in no candidate are in no part.
    """
    if not len(members):
        return
    component = components_of(members, n)
    held = np.zeros(n, dtype=bool)
    held[members[members >= 0]] = True
    of_candidate = component[members[:, 0]]
    for number in np.unique(of_candidate):
        units = np.flatnonzero((component == number) & held)
        position = np.full(n + 1, -1, dtype=np.int32)  # the last place answers for padding
        position[units] = np.arange(len(units), dtype=np.int32)
        which = np.flatnonzero(of_candidate == number)
        yield Part(units, which, position[members[which]])


def with_singles(members: Members, n: int) -> Members:
    """Append to a pool, for every unit, the candidate that holds it alone.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates, padded with -1.
    n : int
        Number of units.

    Returns
    -------
    ndarray of int32, shape (N + n, k)
        The candidates, and then the units one by one.
    """
    singles = np.full((n, members.shape[1]), -1, dtype=np.int32)
    singles[:, 0] = np.arange(n)
    return np.concatenate([members, singles])


def label(members: Members, n: int) -> Ints:
    """Number disjoint groups by their lowest unit.

    Parameters
    ----------
    members : ndarray of int32, shape (p, k)
        Groups in ascending order of units, padded with -1.
    n : int
        Number of units.

    Returns
    -------
    ndarray of int64, shape (n,)
        Group of every unit; -1 where it is in none.
    """
    labels = np.full(n, -1, dtype=np.int64)
    for number, row in enumerate(members[np.argsort(members[:, 0], kind="stable")]):
        labels[row[row >= 0]] = number
    return labels


def minimal(members: Members, n: int) -> npt.NDArray[np.bool_]:
    """Find the candidates that hold no other candidate.

    Where only the number of groups counts, a candidate may always be replaced by one inside
    it, so only these matter.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Distinct candidates in ascending order of units, padded with -1.
    n : int
        Number of units.

    Returns
    -------
    ndarray of bool, shape (N,)
        True unless another candidate is a proper part.
    """
    # Sums of random keys find the parts fast; what they find is compared unit by unit.
    keys = np.random.default_rng(0).integers(1, 2**62, n + 1, dtype=np.int64)
    keys[n] = 0
    key_of = keys[members]
    total = key_of.sum(axis=1)
    order = np.argsort(total, kind="stable")
    ranked = total[order]
    size = (members >= 0).sum(axis=1)
    keep = np.ones(len(members), dtype=bool)
    for many in np.unique(size[size > 1]).tolist():
        for pattern in range(1, 2**many - 1):
            rows = np.flatnonzero((size == many) & keep)
            if not len(rows):
                break
            columns = np.flatnonzero([pattern >> c & 1 for c in range(many)])
            part = np.full((len(rows), members.shape[1]), -1, dtype=np.int32)
            part[:, : len(columns)] = members[np.ix_(rows, columns)]
            wanted = key_of[np.ix_(rows, columns)].sum(axis=1)
            place = np.minimum(np.searchsorted(ranked, wanted), len(ranked) - 1)
            keep[rows[(members[order[place]] == part).all(axis=1)]] = False
    return keep


def still_in_play(
    members: Members, cost: Ints, stages: Iterable[Stage], most: int, active: Ints | None = None
) -> Ints:
    """Find the candidates that a plan which costs no more than `most` may hold.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates, padded with -1.
    cost : ndarray of int64, shape (N,)
        Their costs in `COST_UNIT`.
    stages : iterable of Stage
        Prices and bounds of a proof over these candidates, without further rows, in order.
    most : int
        Cost in `COST_UNIT`.
    active : ndarray of int64, optional
        The candidates that the stages speak of; by default all.

    Returns
    -------
    ndarray of int64
        The candidates.
    """
    if active is None:
        active = np.arange(len(members), dtype=np.int64)
    price, none = to_price(cost), np.empty((0, len(members)), dtype=np.int64)
    for stage in stages:
        reduced = reduced_costs(members, active, price, stage.prices, none)
        active = active[stage.bound + reduced <= most * PRICES_PER_COST]
    return active


def pack(
    members: Members, gain: Ints, n: int, known: Ints | None = None, nodes: int = _NODES[-1]
) -> Packing:
    """Choose candidates that share no unit so that their total gain is largest.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates in ascending order of units, padded with -1.
    gain : ndarray of int64, shape (N,)
        What each is worth, a whole number above zero.
    n : int
        Number of units.
    known : ndarray of int64, optional
        A packing to begin with.
    nodes : int
        Nodes of the tree for one question; if they do not settle it, the bound stays above
        the value.

    Returns
    -------
    Packing
        The packing and the bound, the sum of those of the parts.
    """
    begin = np.zeros(len(members), dtype=bool)
    begin[known if known is not None else []] = True
    chosen: list[Ints] = [np.empty(0, dtype=np.int64)]
    bound = 0
    for part in parts(members, n):
        own = np.flatnonzero(begin[part.which])
        found = _pack_part(part.members, gain[part.which], len(part.units), own, nodes)
        chosen.append(part.which[found.chosen])
        bound += found.bound
    together = np.sort(np.concatenate(chosen))
    return Packing(together, int(gain[together].sum()), bound)


def _pack_part(members: Members, gain: Ints, n: int, known: Ints, nodes: int) -> Packing:
    if len(members) == 1:
        return Packing(np.zeros(1, dtype=np.int64), int(gain[0]), int(gain[0]))
    size = (members >= 0).sum(axis=1)
    weight = int((-(-gain // size)).max())  # keeps the costs from going below zero
    pool = with_singles(members, n)
    cost = STEP * np.concatenate([weight * size - gain, np.full(n, weight)]).astype(np.int64)
    first = solve(pool, cost, n, (), Limits(nodes=1, cut_rounds=0))
    whole, one = weight * n, STEP * PRICES_PER_COST
    chosen = first.chosen[first.chosen < len(members)]
    if gain[known].sum() > gain[chosen].sum():
        chosen = known
    best = int(gain[chosen].sum())
    bound = max(best, (whole * one - first.proof.bound) // one)

    def ask(value: int, most: int) -> tuple[Ints | None, bool]:
        """Look for a packing worth `value`: the packing, and whether the search is over."""
        ceiling = STEP * (whole - value)
        active = still_in_play(pool, cost, first.proof.stages, ceiling)
        for limit in (*(limit for limit in _NODES if limit < most), most):
            found = solve(pool[active], cost[active], n, (), Limits(nodes=limit), ceiling=ceiling)
            if len(found.chosen):
                plan = active[found.chosen]
                return plan[plan < len(members)], True
            if found.proven:
                return None, True
            active = active[still_in_play(pool[active], cost[active], found.proof.stages, ceiling)]
        return None, False

    settled = True
    while settled and best < bound:
        plan, settled = ask(bound, nodes)
        if plan is not None:
            chosen, best = plan, int(gain[plan].sum())
        elif settled:
            bound -= 1
    while best < bound:  # unsettled: at least a better packing than the first
        plan, _ = ask(best + 1, _NODES[1])
        if plan is None:
            break
        chosen, best = plan, int(gain[plan].sum())
    return Packing(chosen, best, bound)
