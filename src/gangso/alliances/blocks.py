"""Very large territories: prices raised and plans improved block by block, in parallel.

The linear relaxation of 100,000 units is beyond one solver. It is raised from below instead:
the territory is cut into blocks, and every block finds, on its own, prices that add the most
to the bound without making any reduced cost negative. A candidate that crosses from one
block into others gives each an equal share of its reduced cost, so whatever the blocks add,
together they stay feasible, and the sum of all prices is a true bound at any moment. The
next round cuts the territory elsewhere, and so what borders cost is won back.

Plans are improved the same way: whole alliances of the plan are gathered into windows that do
not overlap, each is partitioned anew, and the next round gathers them differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from gangso.alliances.graph import Graph

__all__ = ["SHARE_UNIT", "Block", "Blocks", "block_labels", "inside"]

Ints = npt.NDArray[np.int64]
Members = npt.NDArray[np.int32]

# Reduced costs are handed to blocks in steps of this many `PRICE_UNIT`, where they play the
# part of costs: fine enough to lose nothing, coarse enough for the solver's floats.
SHARE_UNIT = 10_000


def block_labels(graph: Graph, size: int, seed: int) -> Ints:
    """Cut a territory into blocks of about equal size.

    Parameters
    ----------
    graph : Graph
        Neighbourhood.
    size : int
        Units of a block, on average.
    seed : int
        Another seed cuts elsewhere.

    Returns
    -------
    ndarray of int64, shape (n,)
        Block of every unit, numbered from 0.
    """
    rng = np.random.default_rng(seed)
    n = graph.n
    seeds = np.sort(rng.choice(n, size=max(1, n // size), replace=False))
    labels = _grow_from(graph.indptr, graph.indices, seeds.astype(np.int64))
    rest = labels < 0  # islands that no seed reaches
    labels[rest] = len(seeds)
    # Seeds that fell close together leave slivers; each block's middle is a better seed.
    for _ in range(2):
        seeds = _middles(graph.indptr, graph.indices, labels)
        labels = _grow_from(graph.indptr, graph.indices, seeds)
        labels[labels < 0] = len(seeds)
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


@numba.njit(cache=True, nogil=True)
def _grow_from(indptr, indices, seeds):  # type: ignore[no-untyped-def]
    """Label every unit by the seed that reaches it in the fewest steps, lower number first."""
    n = len(indptr) - 1
    labels = np.full(n, -1, dtype=np.int64)
    queue = np.empty(n, dtype=np.int64)
    end = 0
    for number in range(len(seeds)):
        if labels[seeds[number]] < 0:
            labels[seeds[number]] = number
            queue[end] = seeds[number]
            end += 1
    first = 0
    while first < end:
        unit = queue[first]
        first += 1
        for e in range(indptr[unit], indptr[unit + 1]):
            other = indices[e]
            if labels[other] < 0:
                labels[other] = labels[unit]
                queue[end] = other
                end += 1
    return labels


@numba.njit(cache=True, nogil=True)
def _middles(indptr, indices, labels):  # type: ignore[no-untyped-def]
    """Find in each block the unit farthest from its border: the last that peeling reaches."""
    n = len(labels)
    count = labels.max() + 1
    peeled = np.zeros(n, dtype=np.bool_)
    queue = np.empty(n, dtype=np.int64)
    last = np.full(count, -1, dtype=np.int64)
    end = 0
    for unit in range(n):
        for e in range(indptr[unit], indptr[unit + 1]):
            if labels[indices[e]] != labels[unit]:
                peeled[unit] = True
                queue[end] = unit
                end += 1
                break
    first = 0
    while first < end:
        unit = queue[first]
        first += 1
        last[labels[unit]] = unit
        for e in range(indptr[unit], indptr[unit + 1]):
            other = indices[e]
            if labels[other] == labels[unit] and not peeled[other]:
                peeled[other] = True
                queue[end] = other
                end += 1
    for unit in range(n):  # a block without a border keeps its first unit
        if last[labels[unit]] < 0:
            last[labels[unit]] = unit
    return last


@numba.njit(cache=True, nogil=True)
def _touching(members, starts, roots, mark, out):  # type: ignore[no-untyped-def]
    """Collect the candidates of some lowest units that touch the marked units."""
    found = 0
    for root in roots:
        for j in range(starts[root], starts[root + 1]):
            for c in range(members.shape[1]):
                if members[j, c] < 0:
                    break
                if mark[members[j, c]]:
                    if found < len(out):
                        out[found] = j
                    found += 1
                    break
    return found


@numba.njit(cache=True, nogil=True)
def _dilate(indptr, indices, units, steps, n):  # type: ignore[no-untyped-def]
    """Mark the units within some steps of given ones."""
    mark = np.zeros(n, dtype=np.bool_)
    queue = np.empty(n, dtype=np.int64)
    depth = np.zeros(n, dtype=np.int64)
    end = 0
    for unit in units:
        mark[unit] = True
        queue[end] = unit
        end += 1
    first = 0
    while first < end:
        unit = queue[first]
        first += 1
        if depth[unit] == steps:
            continue
        for e in range(indptr[unit], indptr[unit + 1]):
            other = indices[e]
            if not mark[other]:
                mark[other] = True
                depth[other] = depth[unit] + 1
                queue[end] = other
                end += 1
    return mark


@dataclass(frozen=True, eq=False)
class Block:
    """One block, ready to be sent to a worker.

    Attributes
    ----------
    core : ndarray of int64
        Its own units, ascending.
    units : ndarray of int64
        Its own and those of the halo around it, ascending.
    members : ndarray of int32, shape (M, k)
        The candidates that touch `units`.
    cost : ndarray of int64, shape (M,)
        What they cost, in `PRICE_UNIT`.
    which : ndarray of int64, shape (M,)
        Their positions among all candidates.
    """

    core: Ints
    units: Ints
    members: Members
    cost: Ints
    which: Ints

    def traces(self) -> tuple[Members, Ints, Ints]:
        """Return what the candidates are within the block.

        Returns
        -------
        traces : ndarray of int32, shape (M, k)
            Members among `units`, as positions there, padded with -1.
        share : ndarray of int64, shape (M,)
            The cost, as far as those members make up the candidate, in `SHARE_UNIT`.
        row : ndarray of int64, shape (M,)
            Which of `members` it is the trace of.
        """
        size = len(self.units)
        place = np.searchsorted(self.units, self.members)
        place[place == size] = 0
        local = np.where(self.units[place] == self.members, place, size)
        local.sort(axis=1)
        here = (local < size).sum(axis=1)
        share = self.cost * here // (self.members >= 0).sum(axis=1) // SHARE_UNIT
        # Of candidates with the same trace only the cheapest counts.
        key = local[:, 0]
        for column in range(1, local.shape[1]):
            key = key * (size + 1) + local[:, column]
        order = np.lexsort((share, key))
        first = order[np.diff(key[order], prepend=-1) != 0]
        local = np.where(local[first] == size, -1, local[first]).astype(np.int32)
        return local, share[first], first


class Blocks(Sequence[Block]):
    """The blocks of a round; each is put together when it is asked for.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates, sorted by their lowest unit.
    cost : ndarray of int64, shape (N,)
        What they cost, in `PRICE_UNIT`.
    graph : Graph
        Neighbourhood.
    labels : ndarray of int64, shape (n,)
        Block of every unit.
    halo : int
        How many steps a block looks beyond its own units.
    """

    def __init__(self, members: Members, cost: Ints, graph: Graph, labels: Ints, halo: int) -> None:
        self._members, self._cost, self._graph, self._halo = members, cost, graph, halo
        self._starts = np.searchsorted(members[:, 0], np.arange(graph.n + 1)).astype(np.int64)
        order = np.argsort(labels, kind="stable")
        self.cores = np.split(order, np.cumsum(np.bincount(labels))[:-1])

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self.cores)

    def __getitem__(self, number: int) -> Block:  # type: ignore[override]
        """Put a block together."""
        core, graph, reach = self.cores[number], self._graph, self._members.shape[1] - 1
        near = _dilate(graph.indptr, graph.indices, core, self._halo, graph.n)
        roots = _dilate(graph.indptr, graph.indices, np.flatnonzero(near), reach, graph.n)
        arguments = (self._members, self._starts, np.flatnonzero(roots), near)
        out = np.empty(_touching(*arguments, np.empty(0, dtype=np.int64)), dtype=np.int64)
        _touching(*arguments, out)
        return Block(core, np.flatnonzero(near), self._members[out], self._cost[out], out)


def inside(members: Members, labels: Ints) -> tuple[Ints, Ints]:
    """List the candidates that lie in one block, block by block.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates.
    labels : ndarray of int64, shape (n,)
        Block of every unit, numbered from 0.

    Returns
    -------
    which : ndarray of int64
        The candidates that do not cross, by block, ascending within each.
    start : ndarray of int64, shape (blocks + 1,)
        Where each block's candidates begin in `which`.
    """
    of = labels[members[:, 0]]
    whole = np.ones(len(members), dtype=bool)
    for column in range(1, members.shape[1]):
        whole &= (members[:, column] < 0) | (labels[members[:, column]] == of)
    which = np.flatnonzero(whole)
    order = np.argsort(of[which], kind="stable")
    which = which[order]
    return which, np.searchsorted(of[which], np.arange(int(labels.max()) + 2))
