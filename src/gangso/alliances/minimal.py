"""Connected sets that just reach a threshold: what max-p packs.

A set of units is *minimal* if it reaches the threshold and no connected part of it does. As
many regions as possible can always be had from minimal sets: a region may be replaced by a
minimal set inside it, and the units set free join a neighbouring region in the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from gangso.alliances.candidates import count_candidates, enumerate_candidates
from gangso.alliances.graph import Graph

__all__ = ["MinimalSets", "minimal_sets", "sampled_sets"]

Ints = npt.NDArray[np.int64]
Members = npt.NDArray[np.int32]

# A set is held in the bits of one word while its connectedness is looked at.
_WIDEST = 62


@dataclass(frozen=True, eq=False)
class MinimalSets:
    """Minimal sets, all of them or not.

    Attributes
    ----------
    members : ndarray of int32, shape (N, k)
        Units of each set in ascending order, padded with -1.
    complete : bool
        Whether these are all there are; False if there were too many to list.
    """

    members: Members
    complete: bool


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _links_inside(indptr, indices, units, size, place, links):  # type: ignore[no-untyped-def]
    """Write for each of the units its neighbours among them, as bits; ``place`` is scratch."""
    for c in range(size):
        place[units[c]] = c
    for c in range(size):
        near = np.uint64(0)
        for e in range(indptr[units[c]], indptr[units[c] + 1]):
            other = place[indices[e]]
            if other >= 0:
                near |= np.uint64(1) << np.uint64(other)
        links[c] = near
    for c in range(size):
        place[units[c]] = -1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _holds_without(links, size, left_out):  # type: ignore[no-untyped-def]
    """Whether the set without one of its units is connected (and not empty)."""
    if size < 2:
        return False
    every = ((np.uint64(1) << np.uint64(size)) - np.uint64(1)) & ~(
        np.uint64(1) << np.uint64(left_out)
    )
    reached = every & (~every + np.uint64(1))  # the lowest unit
    while True:
        wider = reached
        for c in range(size):
            if (reached >> np.uint64(c)) & np.uint64(1):
                wider |= links[c]
        wider &= every
        if wider == reached:
            return reached == every
        reached = wider


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _complete_sets(indptr, indices, weight, threshold, below, out):  # type: ignore[no-untyped-def]
    """Add to each set below the threshold the one unit that makes it a minimal set.

    A minimal set without any unit that does not hold it together is connected and below the
    threshold, so every one is found; it is written down when its lowest such unit is the one
    added, so it is written once. With an empty ``out`` the sets are only counted.
    """
    n = len(indptr) - 1
    place = np.full(n, -1, dtype=np.int64)
    stamp = np.full(n, -1, dtype=np.int64)
    units = np.empty(below.shape[1] + 1, dtype=np.int64)
    links = np.empty(below.shape[1] + 1, dtype=np.uint64)
    writing = out.shape[0] > 0
    found = 0
    for row in range(below.shape[0]):
        size = 0
        total = 0.0
        while size < below.shape[1] and below[row, size] >= 0:
            units[size] = below[row, size]
            total += weight[units[size]]
            stamp[units[size]] = row
            size += 1
        for c in range(size):
            for e in range(indptr[units[c]], indptr[units[c] + 1]):
                new = indices[e]
                if stamp[new] == row:
                    continue
                stamp[new] = row
                if weight[new] >= threshold or total + weight[new] < threshold:
                    continue
                units[size] = new
                _links_inside(indptr, indices, units, size + 1, place, links)
                lowest = True
                is_minimal = True
                for d in range(size):
                    light = total + weight[new] - weight[units[d]] < threshold
                    if light and units[d] > new:
                        continue
                    if _holds_without(links, size + 1, d):
                        if not light:
                            is_minimal = False
                            break
                        lowest = False
                        break
                if not (is_minimal and lowest):
                    continue
                if writing:
                    position = size
                    while position > 0 and units[position - 1] > new:
                        out[found, position] = units[position - 1]
                        position -= 1
                    out[found, position] = new
                    for d in range(position):
                        out[found, d] = units[d]
                found += 1
    return found


def minimal_sets(
    graph: Graph, weight: npt.NDArray[np.float64], threshold: float, most: int
) -> MinimalSets:
    """List the connected sets that reach a threshold and hold no connected part that does.

    Parameters
    ----------
    graph : Graph
        Neighbourhood.
    weight : ndarray of float, shape (n,)
        Weight of every unit, whole numbers not below zero.
    threshold : float
        What the sets have to reach, above zero.
    most : int
        How many connected sets below the threshold to walk through at most.

    Returns
    -------
    MinimalSets
        The sets; where there are too many, only the units that reach the threshold alone.

    Examples
    --------
    Three towns in a row; the one in the middle is in both pairs.

    >>> import numpy as np
    >>> from gangso.alliances.graph import graph_from_edges
    >>> row = graph_from_edges(3, np.array([[0, 1], [1, 2]]))
    >>> minimal_sets(row, np.array([2.0, 2.0, 3.0]), 4, 100).members.tolist()
    [[0, 1], [1, 2]]
    """
    alone = np.flatnonzero(weight >= threshold).astype(np.int32)
    below = float(np.nextafter(threshold, 0))
    # One member more at a time: how many sets there are is known before there are too many.
    size, count, before = 1, int((weight < threshold).sum()), 0
    while before < count <= most and size < min(_WIDEST, graph.n):
        before = count
        count = int(count_candidates(graph, size + 1, weight, below).sum())
        size += 1
    if count > most or (count > before and size == _WIDEST):
        return MinimalSets(alone[:, None], len(alone) == graph.n)
    light = enumerate_candidates(graph, size, weight, below)
    arguments = (graph.indptr, graph.indices, weight, float(threshold), light.members)
    found = _complete_sets(*arguments, np.empty((0, size + 1), dtype=np.int32))
    members = np.full((len(alone) + found, size + 1), -1, dtype=np.int32)
    members[: len(alone), 0] = alone
    if found:
        _complete_sets(*arguments, members[len(alone) :])
    return MinimalSets(_trimmed(members), True)


def _trimmed(members: Members) -> Members:
    """Sort sets by their units and drop columns that are all padding."""
    if not len(members):
        return members[:, :1]
    widest = int((members >= 0).sum(axis=1).max())
    members = members[:, :widest]
    return members[np.lexsort(members.T[::-1])]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _grow_one(indptr, indices, weight, threshold, root, draws, place, links, out):  # type: ignore[no-untyped-def]
    """Grow a set from a unit at random, and shed what it does not need; return its size."""
    widest = len(links)
    out[0] = root
    place[root] = 0
    size = 1
    total = weight[root]
    step = 0
    while total < threshold and size < widest:
        # Reservoir: each neighbour counts as often as it touches the set, so sets are compact.
        chosen = np.int64(-1)
        seen = 0
        for c in range(size):
            for e in range(indptr[out[c]], indptr[out[c] + 1]):
                new = indices[e]
                if place[new] >= 0 or weight[new] >= threshold:
                    continue
                seen += 1
                step += 1
                if draws[step % len(draws)] * seen < 1.0:
                    chosen = new
        if chosen < 0:
            break
        out[size] = chosen
        place[chosen] = size
        total += weight[chosen]
        size += 1
    for c in range(size):
        place[out[c]] = -1
    if total < threshold:
        return 0
    shed = True
    while shed:
        shed = False
        _links_inside(indptr, indices, out, size, place, links)
        for c in range(size):
            if total - weight[out[c]] >= threshold and _holds_without(links, size, c):
                total -= weight[out[c]]
                size -= 1
                out[c] = out[size]
                shed = True
                break
    return size


def sampled_sets(
    graph: Graph,
    weight: npt.NDArray[np.float64],
    threshold: float,
    tries: int,
    rng: np.random.Generator,
) -> Members:
    """Draw minimal sets at random, where there are too many to list.

    Parameters
    ----------
    graph : Graph
        Neighbourhood.
    weight : ndarray of float, shape (n,)
        Weight of every unit.
    threshold : float
        What the sets have to reach.
    tries : int
        Sets to grow from every unit.
    rng : Generator
        Source of chance.

    Returns
    -------
    ndarray of int32, shape (N, k)
        Distinct sets in ascending order of units, padded with -1.
    """
    place = np.full(graph.n, -1, dtype=np.int64)
    links = np.empty(_WIDEST, dtype=np.uint64)
    out = np.empty(_WIDEST, dtype=np.int64)
    found: set[tuple[int, ...]] = set()
    for root in np.flatnonzero(weight < threshold).tolist():
        for _ in range(tries):
            size = _grow_one(
                graph.indptr, graph.indices, weight, threshold, root, rng.random(256), place,
                links, out,
            )  # fmt: skip
            if size:
                found.add(tuple(np.sort(out[:size]).tolist()))
    members = np.full((len(found), max(map(len, found), default=1)), -1, dtype=np.int32)
    for row, units in enumerate(sorted(found)):
        members[row, : len(units)] = units
    return _trimmed(members)
