"""Improve a plan by very many very small windows, each searched through.

A window is a few whole alliances that lie together, at most 64 units. Its covers are searched
depth first: the first uncovered unit takes one candidate after the other, those of least
reduced cost first, and a branch ends once the candidates chosen cost more beyond prices than
any better cover could. Good prices make that so strong that most windows of 40 units are
settled in a millisecond; the rest end at a number of steps and keep the best cover found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from gangso.alliances.graph import Graph
from gangso.alliances.pricing import PRICES_PER_COST

__all__ = ["LARGEST", "Region", "sweep", "sweep_plan"]

Ints = npt.NDArray[np.int64]

LARGEST = 64  # units of a window: one bit each
_COLUMNS = 1 << 14  # candidates of a window that are looked at


@dataclass(frozen=True, eq=False)
class Region:
    """A part of the territory whose plan is improved on its own.

    Attributes
    ----------
    members : ndarray of int32, shape (M, k)
        Candidates inside it, as positions among its units, sorted by their lowest unit.
    cost : ndarray of int64, shape (M,)
        Their costs.
    reduced : ndarray of int64, shape (M,)
        Their reduced costs.
    indptr, indices : ndarray of int64 and int32
        Neighbourhood of its units.
    plan : ndarray of int64
        The candidates of its plan.
    window : int
        Units of a window, at most `LARGEST`.
    steps : int
        Candidates placed in one window before it is left.
    seed : int
        Order in which windows are visited.
    """

    members: npt.NDArray[np.int32]
    cost: Ints
    reduced: Ints
    indptr: Ints
    indices: npt.NDArray[np.int32]
    plan: Ints
    window: int
    steps: int
    seed: int


def sweep(region: Region) -> Ints:
    """Search a window around every unit of a region, in random order.

    Parameters
    ----------
    region : Region
        The region.

    Returns
    -------
    ndarray of int64
        The candidates of a plan that costs no more, ascending.
    """
    width = region.members.shape[1]
    if width > LARGEST:
        return region.plan
    n = len(region.indptr) - 1
    of = np.empty(n, dtype=np.int64)
    groups = region.members[region.plan]
    for column in range(groups.shape[1]):
        real = groups[:, column] >= 0
        of[groups[real, column]] = region.plan[real]
    starts = np.searchsorted(region.members[:, 0], np.arange(n + 1)).astype(np.int64)
    order = np.random.default_rng(region.seed).permutation(n).astype(np.int64)
    _sweep(
        region.members, starts, region.cost, region.reduced, region.indptr, region.indices, of,
        order, min(max(region.window, width), LARGEST), region.steps,
    )  # fmt: skip
    return np.unique(of)


def sweep_plan(
    members: npt.NDArray[np.int32],
    cost: Ints,
    reduced: Ints,
    graph: Graph,
    plan: Ints,
    windows: tuple[int, ...],
    steps: int,
) -> Ints:
    """Improve a plan of a whole territory, by windows of one size after the other.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates, sorted by their lowest unit.
    cost, reduced : ndarray of int64, shape (N,)
        Their costs and reduced costs.
    graph : Graph
        Neighbourhood.
    plan : ndarray of int64
        Chosen candidates.
    windows : tuple of int
        Units of a window, round by round.
    steps : int
        Candidates placed in one window before it is left.

    Returns
    -------
    ndarray of int64
        A plan that costs no more.
    """
    for window in windows:
        plan = sweep(
            Region(members, cost, reduced, graph.indptr, graph.indices, plan, window, steps, window)
        )
    return plan


@numba.njit(cache=True, nogil=True)
def _gather(members, indptr, indices, of, seed, most, place, units, plan):  # type: ignore[no-untyped-def]
    """Gather whole alliances around a unit, nearest first; return how many units and which."""
    count, alliances, walked = 0, 0, 0
    for c in range(members.shape[1]):
        unit = members[of[seed], c]
        if unit < 0:
            break
        place[unit] = count
        units[count] = unit
        count += 1
    plan[0] = of[seed]
    alliances = 1
    while walked < count:
        unit = units[walked]
        walked += 1
        for e in range(indptr[unit], indptr[unit + 1]):
            other = indices[e]
            if place[other] >= 0:
                continue
            group = members[of[other]]
            size = 0
            while size < len(group) and group[size] >= 0:
                size += 1
            if count + size > most:
                continue
            plan[alliances] = of[other]
            alliances += 1
            for c in range(size):
                place[group[c]] = count
                units[count] = group[c]
                count += 1
    return count, alliances


@numba.njit(cache=True, nogil=True)
def _in_order(indptr, indices, place, units, count, order):  # type: ignore[no-untyped-def]
    """Number the units of a window from its far side: covers then grow without holes."""
    for i in range(count):
        place[units[i]] = -2  # in the window, without a number yet
    found, walked = 0, 0
    while found < count:
        if walked == found:  # the first, or a part that is not connected with the rest
            i = count - 1
            while place[units[i]] != -2:
                i -= 1
            order[found] = units[i]
            place[units[i]] = found
            found += 1
        unit = order[walked]
        walked += 1
        for e in range(indptr[unit], indptr[unit + 1]):
            if place[indices[e]] == -2:
                place[indices[e]] = found
                order[found] = indices[e]
                found += 1


@numba.njit(cache=True, nogil=True)
def _collect(members, starts, reduced, limit, place, order, count, found, bits):  # type: ignore[no-untyped-def]
    """Collect the candidates inside a window that are not too dear, as sets of bits."""
    k = 0
    for i in range(count):
        for j in range(starts[order[i]], starts[order[i] + 1]):
            if reduced[j] > limit:
                continue
            inside = np.uint64(0)
            for c in range(members.shape[1]):
                unit = members[j, c]
                if unit < 0:
                    break
                if place[unit] < 0:
                    inside = np.uint64(0)
                    break
                inside |= np.uint64(1) << np.uint64(place[unit])
            if inside and k < len(found):
                found[k] = j
                bits[k] = inside
                k += 1
    return k


@numba.njit(cache=True, nogil=True)
def _search(members, place, count, cost, reduced, found, bits, k, before, limit, steps, best):  # type: ignore[no-untyped-def]
    """Search for a cover of a window that costs less than ``before``; return its length."""
    order = np.argsort(reduced[found[:k]], kind="mergesort")
    start = np.zeros(count + 1, dtype=np.int64)
    for i in range(k):
        for c in range(members.shape[1]):
            if members[found[i], c] < 0:
                break
            start[place[members[found[i], c]] + 1] += 1
    for p in range(count):
        start[p + 1] += start[p]
    filled = start[:-1].copy()
    holders = np.empty(start[count], dtype=np.int64)
    for i in order:
        for c in range(members.shape[1]):
            if members[found[i], c] < 0:
                break
            p = place[members[found[i], c]]
            holders[filled[p]] = i
            filled[p] += 1
    full = np.uint64(0)
    for p in range(count):
        full |= np.uint64(1) << np.uint64(p)
    cheapest, length, placed, depth = before, 0, 0, 0
    pointer = np.zeros(count + 1, dtype=np.int64)
    end = np.zeros(count + 1, dtype=np.int64)
    covered = np.zeros(count + 1, dtype=np.uint64)
    waste = np.zeros(count + 1, dtype=np.int64)
    spent = np.zeros(count + 1, dtype=np.int64)
    chosen = np.zeros(count + 1, dtype=np.int64)
    end[0] = start[1]
    while depth >= 0:
        if pointer[depth] >= end[depth]:
            depth -= 1
            continue
        i = holders[pointer[depth]]
        pointer[depth] += 1
        j = found[i]
        # Cheaper covers have been found since: as much less may be wasted.
        if waste[depth] + reduced[j] >= limit - (before - cheapest) * PRICES_PER_COST:
            pointer[depth] = end[depth]
            continue
        if bits[i] & covered[depth]:
            continue
        placed += 1
        if placed > steps:
            break
        chosen[depth] = j
        now = covered[depth] | bits[i]
        if now == full:
            if spent[depth] + cost[j] < cheapest:
                cheapest = spent[depth] + cost[j]
                length = depth + 1
                best[:length] = chosen[:length]
            continue
        first = 0
        while now >> np.uint64(first) & np.uint64(1):
            first += 1
        depth += 1
        covered[depth] = now
        waste[depth] = waste[depth - 1] + reduced[j]
        spent[depth] = spent[depth - 1] + cost[j]
        pointer[depth], end[depth] = start[first], start[first + 1]
    return length


@numba.njit(cache=True, nogil=True)
def _sweep(members, starts, cost, reduced, indptr, indices, of, seeds, most, steps):  # type: ignore[no-untyped-def]
    """Search a window around every seed; ``of`` is the candidate of every unit, improved."""
    n = len(indptr) - 1
    place = np.full(n, -1, dtype=np.int64)
    units = np.empty(LARGEST, dtype=np.int64)
    order = np.empty(LARGEST, dtype=np.int64)
    plan = np.empty(LARGEST, dtype=np.int64)
    best = np.empty(LARGEST, dtype=np.int64)
    found = np.empty(_COLUMNS, dtype=np.int64)
    bits = np.empty(_COLUMNS, dtype=np.uint64)
    for seed in seeds:
        count, alliances = _gather(members, indptr, indices, of, seed, most, place, units, plan)
        before, waste = 0, 0
        for a in range(alliances):
            before += cost[plan[a]]
            waste += reduced[plan[a]]
        _in_order(indptr, indices, place, units, count, order)
        # Where cuts have a price and slack, a better cover may waste a little more.
        limit = waste + waste // 2
        k = _collect(members, starts, reduced, limit, place, order, count, found, bits)
        length = _search(
            members, place, count, cost, reduced, found, bits, k, before, limit, steps, best
        )
        for a in range(length):
            for c in range(members.shape[1]):
                unit = members[best[a], c]
                if unit < 0:
                    break
                of[unit] = best[a]
        for i in range(count):
            place[units[i]] = -1
