"""Very large territories, cut into blocks: who is next to whom, and what a block must know.

The linear relaxation of 100,000 units is beyond one solver. It is raised from below instead:
the territory is cut into blocks, and every block finds, on its own, prices that add the most
to the bound without making any reduced cost negative. Blocks that no candidate touches both
of (one *colour*) work at the same time, and each may use up all that candidates crossing its
border still cost beyond prices; the next colour sees what is left. So prices stay feasible,
and the sum of all prices is a true bound at any moment. The next round cuts the territory
elsewhere, and so what borders cost is won back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from gangso.alliances.graph import Graph
from gangso.alliances.pricing import Prices, reduced_costs

__all__ = ["SHARE_UNIT", "Block", "Blocks", "block_labels", "colours", "cut_in", "inside", "within"]

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


def within(graph: Graph, units: Ints, steps: int) -> npt.NDArray[np.bool_]:
    """Mark the units within some steps of given ones.

    Parameters
    ----------
    graph : Graph
        Neighbourhood.
    units : ndarray of int64
        Where to begin.
    steps : int
        How far to go.

    Returns
    -------
    ndarray of bool, shape (n,)
        Who is reached, the given units included.
    """
    mark: npt.NDArray[np.bool_] = _dilate(graph.indptr, graph.indices, units, steps, graph.n)
    return mark


def colours(graph: Graph, labels: Ints, apart: int) -> list[Ints]:
    """Sort blocks into colours: blocks of one colour are more than some steps apart.

    Parameters
    ----------
    graph : Graph
        Neighbourhood.
    labels : ndarray of int64, shape (n,)
        Block of every unit, numbered from 0.
    apart : int
        Steps.

    Returns
    -------
    list of ndarray of int64
        The blocks of each colour, ascending.
    """
    near = [np.unique(labels[within(graph, core, apart)]).tolist() for core in _cores(labels)]
    colour: list[int] = []
    for block, others in enumerate(near):
        # Being near is mutual, so who comes later finds its neighbours coloured.
        taken = {colour[other] for other in others if other < block}
        colour.append(next(number for number in range(len(near)) if number not in taken))
    return [np.flatnonzero(np.array(colour) == number) for number in range(max(colour) + 1)]


def _cores(labels: Ints) -> list[Ints]:
    """Units of every block, ascending."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.cumsum(np.bincount(labels))[:-1])


def cut_in(cuts: npt.NDArray[np.int32], labels: Ints) -> Ints:
    """Say which block holds all units of each cut.

    Parameters
    ----------
    cuts : ndarray of int32, shape (m, 5)
        Cuts on sets of units.
    labels : ndarray of int64, shape (n,)
        Block of every unit, -1 for units in none.

    Returns
    -------
    ndarray of int64, shape (m,)
        The block, -1 if none does.
    """
    of = np.append(labels, -1)[cuts]
    return np.where(((of == of[:, :1]) | (cuts < 0)).all(axis=1), of[:, 0], -1)


@dataclass(frozen=True, eq=False)
class Block:
    """One block, ready to be sent to a worker.

    Attributes
    ----------
    units : ndarray of int64
        Its units, ascending.
    members : ndarray of int32, shape (M, k)
        The candidates that touch them.
    cost : ndarray of int64, shape (M,)
        What they still cost beyond prices, in `PRICE_UNIT`.
    cuts : ndarray of int32, shape (m, 5)
        Cuts on units of the block that have a price already.
    cut_prices : ndarray of int64, shape (m,)
        Their prices; the block sets them anew.
    alone : bool
        Whether crossing candidates touch no other block that works at the same time;
        otherwise the block may use their cost in proportion to their members in it.
    """

    units: Ints
    members: Members
    cost: Ints
    cuts: npt.NDArray[np.int32]
    cut_prices: Ints
    alone: bool

    def traces(self) -> tuple[Members, Ints]:
        """Return what the candidates are within the block.

        Returns
        -------
        traces : ndarray of int32, shape (M, k)
            Members in the block, as positions in `units`, padded with -1.
        share : ndarray of int64, shape (M,)
            The cost that the block may use, its cuts released, in `SHARE_UNIT`.
        """
        size = len(self.units)
        place = np.searchsorted(self.units, self.members)
        place[place == size] = 0
        local = np.where(self.units[place] == self.members, place, size)
        local.sort(axis=1)
        traces = np.where(local == size, -1, local).astype(np.int32)
        cost = self.cost
        if not self.alone:
            cost = cost * (local < size).sum(axis=1) // (self.members >= 0).sum(axis=1)
        if len(self.cuts):
            nothing = np.empty(0, dtype=np.int64)
            free = Prices(
                np.zeros(size, dtype=np.int64), self.local_cuts(), -self.cut_prices, nothing
            )
            every = np.arange(len(cost), dtype=np.int64)
            cost = reduced_costs(traces, every, cost, free, np.empty((0, 0), dtype=np.int64))
        share = cost // SHARE_UNIT
        # Of candidates with the same trace only the cheapest counts.
        key = local[:, 0]
        for column in range(1, local.shape[1]):
            key = key * (size + 1) + local[:, column]
        order = np.lexsort((share, key))
        first = order[np.diff(key[order], prepend=-1) != 0]
        return traces[first], share[first]

    def local_cuts(self) -> npt.NDArray[np.int32]:
        """Return the cuts as positions in `units`, shape (m, 5)."""
        place = np.searchsorted(self.units, np.maximum(self.cuts, self.units[0]))
        return np.where(self.cuts >= 0, place, -1).astype(np.int32)


class Blocks(Sequence[Block]):
    """Blocks that work at the same time; each is put together when it is asked for.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates, sorted by their lowest unit.
    cost : ndarray of int64, shape (N,)
        What they still cost beyond prices, in `PRICE_UNIT`.
    graph : Graph
        Neighbourhood.
    labels : ndarray of int64, shape (n,)
        Block of every unit.
    numbers : ndarray of int64
        The blocks that work.
    cuts : ndarray of int32, shape (m, 5)
        Cuts that have a price.
    cut_prices : ndarray of int64, shape (m,)
        Their prices.
    alone : bool
        Whether no candidate touches two of the blocks.
    """

    def __init__(
        self,
        members: Members,
        cost: Ints,
        graph: Graph,
        labels: Ints,
        numbers: Ints,
        cuts: npt.NDArray[np.int32],
        cut_prices: Ints,
        alone: bool,
    ) -> None:
        self._members, self._cost, self._graph, self._alone = members, cost, graph, alone
        self._starts = np.searchsorted(members[:, 0], np.arange(graph.n + 1)).astype(np.int64)
        cores = _cores(labels)
        self.cores = [cores[number] for number in numbers.tolist()]
        self._cuts, self._cut_prices = cuts, cut_prices
        self._cut_in = cut_in(cuts, labels)
        self._numbers = numbers

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self.cores)

    def touching(self, number: int) -> Ints:
        """Return the candidates that touch a block."""
        reach, graph = self._members.shape[1] - 1, self._graph
        mine = np.zeros(graph.n, dtype=np.bool_)
        mine[self.cores[number]] = True
        roots = np.flatnonzero(within(graph, self.cores[number], reach))
        arguments = (self._members, self._starts, roots, mine)
        out = np.empty(_touching(*arguments, np.empty(0, dtype=np.int64)), dtype=np.int64)
        _touching(*arguments, out)
        return out

    def cuts_of(self, number: int) -> Ints:
        """Return the positions of the cuts inside a block."""
        return np.flatnonzero(self._cut_in == self._numbers[number])

    def __getitem__(self, number: int) -> Block:  # type: ignore[override]
        """Put a block together."""
        which, cuts = self.touching(number), self.cuts_of(number)
        return Block(
            self.cores[number], self._members[which], self._cost[which], self._cuts[cuts],
            self._cut_prices[cuts], self._alone,
        )  # fmt: skip


def inside(members: Members, labels: Ints) -> tuple[Ints, Ints]:
    """List the candidates that lie in one block, block by block.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates.
    labels : ndarray of int64, shape (n,)
        Block of every unit, numbered from 0; -1 for units in none.

    Returns
    -------
    which : ndarray of int64
        The candidates that do not cross, by block, ascending within each.
    start : ndarray of int64, shape (blocks + 1,)
        Where each block's candidates begin in `which`.
    """
    of = labels[members[:, 0]]
    whole = of >= 0
    for column in range(1, members.shape[1]):
        whole &= (members[:, column] < 0) | (labels[members[:, column]] == of)
    which = np.flatnonzero(whole)
    order = np.argsort(of[which], kind="stable")
    which = which[order]
    return which, np.searchsorted(of[which], np.arange(int(labels.max()) + 2))
