"""Set covering made small: what is implied by something else is left out, over bit sets."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["Core", "reduce_cover"]

Bits = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Core:
    """What is left of a covering problem.

    Attributes
    ----------
    points, sites : ndarray of int64
        Demand points and sites that are still undecided.
    forced : ndarray of int64
        Sites that some cheapest cover opens.
    covers : ndarray of bool, shape (len(points), len(sites))
        Which of the sites reaches which of the points.
    """

    points: npt.NDArray[np.int64]
    sites: npt.NDArray[np.int64]
    forced: npt.NDArray[np.int64]
    covers: npt.NDArray[np.bool_]


def _pack(rows: npt.NDArray[np.bool_]) -> Bits:
    packed = np.packbits(rows, axis=1)
    short = -packed.shape[1] % 8
    if short:
        packed = np.pad(packed, ((0, 0), (0, short)))
    return np.ascontiguousarray(packed).view(np.uint64)


@numba.njit(cache=True, nogil=True)
def _contain(bits, order):  # type: ignore[no-untyped-def]
    """Mark the sets that contain another set (of equal sets all but the first)."""
    n, words = bits.shape
    contains = np.zeros(n, dtype=np.bool_)
    for a in range(n):
        small = order[a]
        if contains[small]:
            continue
        for b in range(a + 1, n):
            large = order[b]
            if contains[large]:
                continue
            inside = True
            for w in range(words):
                if bits[small, w] & ~bits[large, w]:
                    inside = False
                    break
            if inside:
                contains[large] = True
    return contains


@numba.njit(cache=True, nogil=True)
def _contained(bits, order, price):  # type: ignore[no-untyped-def]
    """Mark the sets that lie in another set that is not dearer (of equals all but the first)."""
    n, words = bits.shape
    inside = np.zeros(n, dtype=np.bool_)
    for a in range(n):  # from the largest
        large = order[a]
        if inside[large]:
            continue
        for b in range(a + 1, n):
            small = order[b]
            if inside[small] or price[large] > price[small]:
                continue
            lies = True
            for w in range(words):
                if bits[small, w] & ~bits[large, w]:
                    lies = False
                    break
            if lies:
                inside[small] = True
    return inside


def reduce_cover(
    covers: npt.NDArray[np.bool_], price: npt.NDArray[np.int64], open_already: npt.NDArray[np.bool_]
) -> Core:
    """Apply dominance of points and of sites, and open what a point has no choice about.

    Parameters
    ----------
    covers : ndarray of bool, shape (n, m)
        Which site reaches which point; every point is reached by some site.
    price : ndarray of int64, shape (m,)
        Cost of each site.
    open_already : ndarray of bool, shape (m,)
        Sites that are open whatever happens.

    Returns
    -------
    Core
        An equivalent smaller problem: a cheapest cover of it, with the forced sites, is a
        cheapest cover of the whole.
    """
    forced = np.flatnonzero(open_already)
    points = np.flatnonzero(~covers[:, forced].any(axis=1))
    sites = np.flatnonzero(~open_already)
    part = covers[np.ix_(points, sites)]
    while True:
        before = part.shape
        size = part.sum(axis=1)
        order = np.argsort(size, kind="stable")
        keep = ~_contain(_pack(part), order)
        points, part = points[keep], part[keep]
        reach = part.sum(axis=0)
        order = np.lexsort((price[sites], -reach))
        keep = ~_contained(_pack(part.T), order, price[sites]) & (reach > 0)
        sites, part = sites[keep], part[:, keep]
        only = part.sum(axis=1) == 1
        if only.any():
            must = np.unique(part[only].argmax(axis=1))
            forced = np.concatenate([forced, sites[must]])
            left = ~part[:, must].any(axis=1)
            others = np.ones(len(sites), dtype=bool)
            others[must] = False
            points, sites = points[left], sites[others]
            part = part[np.ix_(left, others)]
        elif part.shape == before:
            break
        if not len(points):
            break
    return Core(points, sites, np.sort(forced), part)
