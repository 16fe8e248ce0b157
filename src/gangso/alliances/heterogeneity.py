"""Who joins whom once the number of regions is settled: alike units together, by local search.

How many regions there are is proven elsewhere; which units they hold is not, and this
module is a heuristic: units left over are attached where they add least, and then single
units move or change places, at first also where that is worse for the moment (simulated
annealing), and at last only where it is better.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from gangso.alliances.graph import Graph

__all__ = ["attach", "heterogeneity", "improve"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Trials of the annealing for every unit.
_TRIALS = 3_000
# How cold it is at the end, compared with the beginning.
_COLD = 1e-3


def heterogeneity(labels: Ints, values: Floats) -> float:
    """Sum the differences of all pairs of units that share a region.

    Parameters
    ----------
    labels : ndarray of int64, shape (n,)
        Region of every unit, -1 for none.
    values : ndarray of float, shape (n, a)
        Attributes; units differ by the sum of the absolute differences.

    Returns
    -------
    float
        The sum.
    """
    total = 0.0
    for region in range(int(labels.max(initial=-1)) + 1):
        inside = values[labels == region]
        total += float(np.abs(inside[:, None] - inside[None]).sum()) / 2
    return total


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _differ(values, a, b):  # type: ignore[no-untyped-def]
    total = 0.0
    for c in range(values.shape[1]):
        total += abs(values[a, c] - values[b, c])
    return total


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _attach(indptr, indices, weight, values, labels, sums, weights):  # type: ignore[no-untyped-def]
    n = len(labels)
    while True:
        best, unit, region = np.inf, np.int64(-1), np.int64(-1)
        for u in range(n):
            if labels[u] >= 0:
                continue
            for e in range(indptr[u], indptr[u + 1]):
                r = labels[indices[e]]
                if r < 0:
                    continue
                worse = sums[u, r] if values.shape[1] else weights[r]
                if worse < best:
                    best, unit, region = worse, np.int64(u), r
        if unit < 0:
            return
        labels[unit] = region
        weights[region] += weight[unit]
        for v in range(n):
            sums[v, region] += _differ(values, unit, v)


def _sums(labels: Ints, values: Floats, regions: int) -> Floats:
    """Difference of every unit from all units of every region, shape (n, regions)."""
    out = np.zeros((len(labels), regions))
    for region in range(regions):
        for unit in np.flatnonzero(labels == region):
            out[:, region] += np.abs(values - values[unit]).sum(axis=1)
    return out


def attach(graph: Graph, weight: Floats, values: Floats, labels: Ints) -> Ints:
    """Attach units left over to a neighbouring region, one by one.

    Parameters
    ----------
    graph : Graph
        Neighbourhood.
    weight : ndarray of float, shape (n,)
        Weight of every unit.
    values : ndarray of float, shape (n, a)
        Attributes; a unit joins where it adds least to the heterogeneity or, without
        attributes, the lightest region.
    labels : ndarray of int64, shape (n,)
        Region of every unit, -1 for none.

    Returns
    -------
    ndarray of int64, shape (n,)
        Region of every unit; -1 only where no path leads to a region.
    """
    regions = int(labels.max(initial=-1)) + 1
    out = labels.copy()
    weights = np.bincount(out[out >= 0], weights=weight[out >= 0], minlength=regions)
    sums = _sums(out, values, regions)
    _attach(graph.indptr, graph.indices, weight, values, out, sums, weights)
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _hangs(indptr, indices, labels, sizes, region, out, entering, walk):  # type: ignore[no-untyped-def]
    """Whether a region is connected without ``out`` and with ``entering`` (-1: nobody)."""
    members = sizes[region] - 1 if entering < 0 else sizes[region]
    if members == 0:
        return False
    start = entering
    for e in range(indptr[out], indptr[out + 1]):
        if start < 0 and labels[indices[e]] == region:
            start = np.int64(indices[e])
    walk[0] = start
    reached, done = 1, 0
    while done < reached:
        u = walk[done]
        done += 1
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if v == out or not (labels[v] == region or v == entering):
                continue
            known = False
            for position in range(reached):
                if walk[position] == v:
                    known = True
                    break
            if not known:
                walk[reached] = v
                reached += 1
    return reached == members


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _shift(labels, sizes, weight, weights, values, sums, unit, region):  # type: ignore[no-untyped-def]
    old = labels[unit]
    labels[unit] = region
    sizes[old] -= 1
    sizes[region] += 1
    weights[old] -= weight[unit]
    weights[region] += weight[unit]
    for v in range(len(labels)):
        apart = _differ(values, unit, v)
        sums[v, old] -= apart
        sums[v, region] += apart


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _try(given, state, u, v, alone, allowed, walk):  # type: ignore[no-untyped-def]
    """Move ``u`` to the region of ``v``, and unless it goes alone ``v`` to where ``u`` was.

    Done if it adds less than ``allowed`` to the heterogeneity and both regions stay
    connected and heavy enough. Returns whether, and what was added.
    """
    indptr, indices, weight, threshold, values = given
    labels, sizes, weights, sums = state
    old, region = labels[u], labels[v]
    added = sums[u, region] - sums[u, old]
    entering, back = weight[u], np.int64(-1)
    if not alone:
        added += sums[v, old] - sums[v, region] - 2 * _differ(values, u, v)
        entering -= weight[v]
        back = np.int64(v)
    if not added < allowed:
        return False, 0.0
    if weights[old] - entering < threshold or weights[region] + entering < threshold:
        return False, 0.0
    if not _hangs(indptr, indices, labels, sizes, old, u, back, walk):
        return False, 0.0
    if not alone and not _hangs(indptr, indices, labels, sizes, region, v, u, walk):
        return False, 0.0
    _shift(labels, sizes, weight, weights, values, sums, u, region)
    if not alone:
        _shift(labels, sizes, weight, weights, values, sums, v, old)
    return True, added


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _anneal(given, state, hot, cold, trials, rng):  # type: ignore[no-untyped-def]
    indptr, indices, labels = given[0], given[1], state[0]
    n = len(labels)
    walk = np.empty(n, dtype=np.int64)
    best = labels.copy()
    now, least = 0.0, 0.0
    for trial in range(trials):
        u = int(rng.random() * n)
        degree = indptr[u + 1] - indptr[u]
        if labels[u] < 0 or degree == 0:
            continue
        v = indices[indptr[u] + int(rng.random() * degree)]
        if labels[v] == labels[u]:
            continue
        alone = rng.random() < 0.5
        if not alone:
            # Change places with the neighbour, or with somebody next to it in its region.
            other = indices[indptr[v] + int(rng.random() * (indptr[v + 1] - indptr[v]))]
            if labels[other] == labels[v]:
                v = other
        allowed = -hot * cold ** (trial / trials) * np.log(1.0 - rng.random())
        done, added = _try(given, state, u, v, alone, allowed, walk)
        if done:
            now += added
            if now < least - 1e-9 * hot:
                least = now
                best[:] = labels
    return best


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _descend(given, state, enough):  # type: ignore[no-untyped-def]
    indptr, indices, labels = given[0], given[1], state[0]
    n = len(labels)
    walk = np.empty(n, dtype=np.int64)
    better = True
    while better:
        better = False
        for u in range(n):
            if labels[u] < 0:
                continue
            for e in range(indptr[u], indptr[u + 1]):
                region = labels[indices[e]]
                if region == labels[u]:
                    continue
                done, _ = _try(given, state, u, indices[e], True, -enough, walk)
                v = 0
                while not done and v < n:
                    if labels[v] == region:
                        done, _ = _try(given, state, u, v, False, -enough, walk)
                    v += 1
                better |= done


def improve(
    graph: Graph,
    weight: Floats,
    threshold: float,
    values: Floats,
    labels: Ints,
    rng: np.random.Generator,
) -> Ints:
    """Make regions less heterogeneous; their number stays, as do threshold and contiguity.

    Parameters
    ----------
    graph : Graph
        Neighbourhood.
    weight : ndarray of float, shape (n,)
        Weight of every unit.
    threshold : float
        What every region reaches.
    values : ndarray of float, shape (n, a)
        Attributes; units differ by the sum of the absolute differences.
    labels : ndarray of int64, shape (n,)
        Region of every unit, -1 for units that stay in none.
    rng : Generator
        Source of chance.

    Returns
    -------
    ndarray of int64, shape (n,)
        Region of every unit.
    """
    regions = int(labels.max(initial=-1)) + 1
    edges = graph.edges()
    between = labels[edges[:, 0]] != labels[edges[:, 1]]
    if not between.any():
        return labels
    # As hot as neighbours usually differ: then most trials are taken at first.
    hot = float(np.abs(values[edges[:, 0]] - values[edges[:, 1]]).sum(axis=1).mean())
    if hot == 0:
        return labels
    inside = labels >= 0

    def state(labels: Ints) -> tuple[Ints, Ints, Floats, Floats]:
        sizes = np.zeros(regions, dtype=np.int64)
        weights = np.zeros(regions)
        np.add.at(sizes, labels[inside], 1)
        np.add.at(weights, labels[inside], weight[inside])
        return labels.copy(), sizes, weights, _sums(labels, values, regions)

    given = (graph.indptr, graph.indices, weight, float(threshold), values)
    begin = state(labels)
    final = state(_anneal(given, begin, hot, _COLD, _TRIALS * graph.n, rng))
    _descend(given, final, 1e-9 * hot)
    return final[0]
