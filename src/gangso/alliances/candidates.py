"""All connected groups of a few municipalities: every possible alliance, listed.

The enumeration is ESU (Wernicke 2006): from each root grow only towards higher-numbered
units that are not yet next to the group, so that every connected set appears exactly once.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from gangso.alliances.graph import Graph

__all__ = ["Candidates", "count_candidates", "enumerate_candidates"]

Members = npt.NDArray[np.int32]

# Work is cut into at most this many runs of roots; enough for a few threads to share evenly.
_CHUNKS = 16


@dataclass(frozen=True, eq=False)
class Candidates:
    """Candidate alliances.

    Attributes
    ----------
    members : ndarray of int32, shape (N, k)
        Units of each candidate in ascending order, padded with -1.
    size : ndarray of int8, shape (N,)
        Number of members.
    """

    members: Members
    size: npt.NDArray[np.int8]

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.size)

    def take(self, which: npt.NDArray[np.bool_] | npt.NDArray[np.integer]) -> Candidates:
        """Return some of the candidates (mask or positions), without a copy if it is all."""
        if len(which) == len(self) and (
            which.all() if which.dtype == np.bool_ else bool((np.diff(which) > 0).all())
        ):
            return self
        return Candidates(self.members[which], self.size[which])

    def total(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Sum a value of the units over the members of each candidate, shape (N,).

        Examples
        --------
        >>> import numpy as np
        >>> from gangso.alliances.graph import graph_from_edges
        >>> pool = enumerate_candidates(graph_from_edges(2, np.array([[0, 1]])), 2)
        >>> pool.total(np.array([3.0, 4.0])).tolist()
        [3.0, 7.0, 4.0]
        """
        padded = np.append(values, 0.0)
        out = padded[self.members[:, 0]]
        for column in range(1, self.members.shape[1]):
            out = out + padded[self.members[:, column]]
        return out


@numba.njit(cache=True, nogil=True)
def _grow(indptr, indices, weight, cap, first, last, k, out):  # type: ignore[no-untyped-def]
    """Enumerate from the roots first..last-1; with an empty ``out`` only count.

    ``seen[u]`` is set while u is in the group or next to it, which is what makes a
    neighbour *exclusive* (new) when a unit is added.
    """
    n = len(indptr) - 1
    seen = np.zeros(n, dtype=np.uint8)
    group = np.empty(k, dtype=np.int32)
    total = np.zeros(k + 1)
    widest = 1
    for u in range(n):
        widest = max(widest, indptr[u + 1] - indptr[u])
    room = widest * k + 1
    extension = np.empty((k + 1, room), dtype=np.int32)
    left = np.zeros(k + 1, dtype=np.int64)
    marked = np.empty((k + 1, room), dtype=np.int32)
    marks = np.zeros(k + 1, dtype=np.int64)
    writing = out.shape[0] > 0
    found = 0
    for root in range(first, last):
        if weight[root] > cap:
            continue
        group[0] = root
        total[1] = weight[root]
        if writing:
            out[found, 0] = root
            for c in range(1, out.shape[1]):
                out[found, c] = -1
        found += 1
        if k == 1:
            continue
        seen[root] = 1
        marks[1] = 0
        left[1] = 0
        for e in range(indptr[root], indptr[root + 1]):
            u = indices[e]
            if u > root:
                extension[1, left[1]] = u
                left[1] += 1
                seen[u] = 1
                marked[1, marks[1]] = u
                marks[1] += 1
        depth = 1
        while depth >= 1:
            if left[depth] == 0:
                for m in range(marks[depth]):
                    seen[marked[depth, m]] = 0
                depth -= 1
                continue
            left[depth] -= 1
            unit = extension[depth, left[depth]]
            weight_now = total[depth] + weight[unit]
            if weight_now > cap:
                continue
            group[depth] = unit
            if writing:
                for c in range(depth + 1):
                    out[found, c] = group[c]
                for c in range(depth + 1, out.shape[1]):
                    out[found, c] = -1
                for c in range(1, depth + 1):  # insertion sort of at most a few members
                    value = out[found, c]
                    d = c - 1
                    while d >= 0 and out[found, d] > value:
                        out[found, d + 1] = out[found, d]
                        d -= 1
                    out[found, d + 1] = value
            found += 1
            if depth + 1 < k:
                below = depth + 1
                total[below] = weight_now
                left[below] = left[depth]
                for c in range(left[depth]):
                    extension[below, c] = extension[depth, c]
                marks[below] = 0
                for e in range(indptr[unit], indptr[unit + 1]):
                    u = indices[e]
                    if u > root and seen[u] == 0:
                        extension[below, left[below]] = u
                        left[below] += 1
                        seen[u] = 1
                        marked[below, marks[below]] = u
                        marks[below] += 1
                depth = below
        seen[root] = 0
    return found


def _chunks(n: int) -> list[tuple[int, int]]:
    edges = np.linspace(0, n, min(_CHUNKS, max(n, 1)) + 1).astype(int)
    return [(int(a), int(b)) for a, b in itertools.pairwise(edges) if b > a]


def _arguments(
    graph: Graph, weight: npt.NDArray[np.float64] | None, cap: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float64], float]:
    weights = np.zeros(graph.n) if weight is None else np.asarray(weight, dtype=np.float64)
    return graph.indptr, graph.indices, weights, float(cap)


def count_candidates(
    graph: Graph,
    max_size: int,
    weight: npt.NDArray[np.float64] | None = None,
    cap: float = np.inf,
) -> npt.NDArray[np.int64]:
    """Count the connected groups without keeping them.

    Parameters
    ----------
    graph : Graph
        Neighbourhood.
    max_size : int
        Largest number of members.
    weight : ndarray of float, shape (n,), optional
        A non-negative value per unit (residents); groups heavier than `cap` are skipped.
    cap : float
        Largest total weight.

    Returns
    -------
    ndarray of int64
        Count by run of roots (the sum is the number of candidates).
    """
    indptr, indices, weights, cap = _arguments(graph, weight, cap)
    nothing = np.empty((0, max_size), dtype=np.int32)

    def count(chunk: tuple[int, int]) -> int:
        return int(_grow(indptr, indices, weights, cap, *chunk, max_size, nothing))

    with ThreadPoolExecutor(numba.config.NUMBA_NUM_THREADS) as pool:
        return np.array(list(pool.map(count, _chunks(graph.n))), dtype=np.int64)


def enumerate_candidates(
    graph: Graph,
    max_size: int,
    weight: npt.NDArray[np.float64] | None = None,
    cap: float = np.inf,
) -> Candidates:
    """List every connected group of one to `max_size` units, each exactly once.

    Parameters
    ----------
    graph : Graph
        Neighbourhood.
    max_size : int
        Largest number of members.
    weight : ndarray of float, shape (n,), optional
        A non-negative value per unit (residents); groups heavier than `cap` are skipped,
        which is exact because every part of a group is lighter than the group.
    cap : float
        Largest total weight.

    Returns
    -------
    Candidates
        The groups, ordered by their lowest unit.

    References
    ----------
    Wernicke (2006), Efficient detection of network motifs, IEEE/ACM TCBB 3(4),
    doi:10.1109/TCBB.2006.51.
    """
    counts = count_candidates(graph, max_size, weight, cap)
    indptr, indices, weights, cap = _arguments(graph, weight, cap)
    members = np.empty((int(counts.sum()), max_size), dtype=np.int32)
    starts = np.concatenate([[0], np.cumsum(counts)])

    def fill(number: int) -> None:
        part = members[starts[number] : starts[number + 1]]
        if len(part):
            _grow(indptr, indices, weights, cap, *chunks[number], max_size, part)

    chunks = _chunks(graph.n)
    with ThreadPoolExecutor(numba.config.NUMBA_NUM_THREADS) as pool:
        list(pool.map(fill, range(len(chunks))))
    return Candidates(members, (members >= 0).sum(axis=1).astype(np.int8))
