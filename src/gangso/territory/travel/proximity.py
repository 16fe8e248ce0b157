"""Proximity graph of points: which neighbours a road would join."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay, QhullError

from gangso.territory.travel.network import Floats, Ints

__all__ = ["neighbours", "prune"]


def neighbours(xy: Floats) -> Ints:
    """Pairs of points that are neighbours in the Delaunay triangulation.

    Parameters
    ----------
    xy : ndarray of float, shape (n, 2)
        Different points.

    Returns
    -------
    ndarray of int, shape (m, 2)
        Pairs a < b, sorted. Points on one line are joined one after the other.
    """
    n = len(xy)
    if n < 2:
        return np.zeros((0, 2), dtype=np.int64)
    try:
        if n < 4:
            raise QhullError
        corners = Delaunay(xy - xy.mean(axis=0)).simplices.astype(np.int64)
    except QhullError:  # too few points for triangles, or all on a line
        centred = xy - xy.mean(axis=0)
        axis = np.linalg.svd(centred, full_matrices=False)[2][0]
        along = np.argsort(centred @ axis, kind="stable")
        pairs = np.column_stack([along[:-1], along[1:]])
        if n == 3:
            pairs = np.vstack([pairs, [[along[0], along[2]]]])
        return np.unique(np.sort(pairs, axis=1), axis=0)
    sides = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    return np.unique(np.sort(sides, axis=1), axis=0)


def prune(xy: Floats, pairs: Ints) -> npt.NDArray[np.bool_]:
    """Keep the pairs that have no common neighbour between them.

    Parameters
    ----------
    xy : ndarray of float, shape (n, 2)
        Points.
    pairs : ndarray of int, shape (m, 2)
        Pairs a < b, sorted, of a planar graph.

    Returns
    -------
    ndarray of bool, shape (m,)
        Which pairs stay.

    Notes
    -----
    The rule of Gabriel and Sokal (1969, DOI 10.2307/2412323): a pair goes if a third point lies
    in the circle about it. Here only points count that are joined to both ends: a point across
    the water does not stand in the way. A pair that goes leaves two shorter ones, so that what
    was connected stays so, and no detour that it forces is longer than √2.
    """
    n = len(xy)
    m = len(pairs)
    keep = np.ones(m, dtype=bool)
    if m < 3:
        return keep
    a, b = pairs[:, 0], pairs[:, 1]
    # Every pair with each further neighbour of its lower-degree end; then look the third side up.
    degree = np.bincount(pairs.ravel(), minlength=n)
    ends = np.concatenate([a, b])
    others = np.concatenate([b, a])
    order = np.lexsort((others, ends))
    others = others[order]
    begin = np.concatenate([[0], np.cumsum(degree)])
    lower = np.where(degree[a] <= degree[b], a, b)
    upper = np.where(degree[a] <= degree[b], b, a)
    lengths = degree[lower]
    pair = np.repeat(np.arange(m), lengths)
    offset = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    third = others[begin[lower[pair]] + offset]
    u = upper[pair]
    key = pairs[:, 0] * n + pairs[:, 1]
    wanted = np.minimum(third, u) * n + np.maximum(third, u)
    found = np.searchsorted(key, wanted)
    joined = (found < m) & (key[np.minimum(found, m - 1)] == wanted)
    pair, third = pair[joined], third[joined]
    # In the circle about a pair stand the points that see it under more than a right angle.
    inside = np.einsum("ij,ij->i", xy[a[pair]] - xy[third], xy[b[pair]] - xy[third]) < 0
    keep[pair[inside]] = False
    return keep
