"""Kernels over the whole pool of candidates: reduced costs and best columns.

Costs are whole numbers of `COST_UNIT` (a millionth) and prices of `PRICE_UNIT` (10^-12), so
that a proof is a matter of integer arithmetic and no rounding can spoil it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from gangso.alliances.cuts import cuts_by_row, take_cuts, walk

__all__ = [
    "COST_UNIT",
    "PRICES_PER_COST",
    "PRICE_UNIT",
    "Prices",
    "cheapest",
    "improving",
    "least",
    "mean_costs",
    "reduced_costs",
    "whole_costs",
]

COST_UNIT = 1e-6
PRICE_UNIT = 1e-12
PRICES_PER_COST = 1_000_000

Ints = npt.NDArray[np.int64]


def whole_costs(costs: npt.NDArray[np.float64]) -> Ints:
    """Round costs to whole `COST_UNIT`.

    Scores are often round numbers, so costs that lie exactly between two units are common,
    and floating-point noise would decide them. They are rounded down, and so is whatever
    lies within a millionth of a unit of them: then every program that computes the same
    formula, in whatever order, finds the same whole number.

    Parameters
    ----------
    costs : ndarray of float, shape (N,)
        Costs.

    Returns
    -------
    ndarray of int64, shape (N,)
        Whole costs.

    Examples
    --------
    >>> import numpy as np
    >>> whole_costs(np.array([1.5e-6, 1.6e-6, 0.25])).tolist()
    [1, 2, 250000]
    """
    return np.ceil(costs / COST_UNIT - 0.5 - 1e-6).astype(np.int64)


def mean_costs(
    size: npt.NDArray[np.int8],
    scores: Mapping[str, npt.NDArray[np.float64]],
    weights: Mapping[str, float],
) -> Ints:
    """Members times the weighted mean of the scores, in whole `COST_UNIT`.

    Parameters
    ----------
    size : ndarray of int8, shape (N,)
        Number of members.
    scores : mapping of str to ndarray of float, shape (N,)
        Scores by criterion.
    weights : mapping of str to float
        Weights by criterion, with a positive sum over the scores.

    Returns
    -------
    ndarray of int64, shape (N,)
        Costs.
    """
    used = {key: weights.get(key, 0.0) for key in scores}
    mean = np.zeros(len(size))
    for key, weight in used.items():
        mean += weight * scores[key]
    return whole_costs(size * mean / sum(used.values()))


@dataclass(frozen=True, eq=False)
class Prices:
    """Dual prices of one relaxation, in `PRICE_UNIT`.

    Attributes
    ----------
    units : ndarray of int64, shape (n,)
        Price of each unit.
    cuts : ndarray of int32, shape (m, w)
        Cuts, see `gangso.alliances.cuts`.
    cut_prices : ndarray of int64, shape (m,)
        Price of each cut, never positive.
    rows : ndarray of int64, shape (r,)
        Price of each further row.
    """

    units: Ints
    cuts: npt.NDArray[np.int32]
    cut_prices: Ints
    rows: Ints


@numba.njit(cache=True, nogil=True)
def _reduced(members, which, cost, units, start, of, cut_prices, coefficients, rows, limit, out):  # type: ignore[no-untyped-def]
    n = len(units)
    hits = np.zeros(len(cut_prices), dtype=np.int64)
    words = np.zeros(len(cut_prices) // 64 + 1, dtype=np.uint64)
    touched = np.empty(len(cut_prices), dtype=np.int32)
    for position in range(len(which)):
        j = which[position]
        value = cost[j]
        for c in range(members.shape[1]):
            u = members[j, c]
            if u < 0:
                break
            value -= units[u]
        for r in range(len(rows)):
            value -= rows[r] * coefficients[r, j]
        if value < limit:
            for t in range(walk(members, j, n, start, of, hits, words, touched)):
                cut = touched[t]
                value -= hits[cut] // 2 * cut_prices[cut]
                hits[cut] = 0
        out[position] = value


def reduced_costs(
    members: npt.NDArray[np.int32],
    which: npt.NDArray[np.int64],
    cost: Ints,
    prices: Prices,
    coefficients: npt.NDArray[np.int64],
    limit: int = np.iinfo(np.int64).max,
) -> Ints:
    """Reduced cost of candidates under prices, exactly.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates, padded with -1.
    which : ndarray of int64, shape (M,)
        Which of them.
    cost : ndarray of int64, shape (N,)
        Cost in `PRICE_UNIT`.
    prices : Prices
        Prices.
    coefficients : ndarray of int64, shape (r, N)
        Coefficients of the further rows.
    limit : int
        What costs so much before cuts are looked at, which only add to it, is not looked at
        further: it is told to cost no less than it does without them. By default all are.

    Returns
    -------
    ndarray of int64, shape (M,)
        Cost less the prices of members, cuts and rows, in `PRICE_UNIT`.
    """
    n = len(prices.units)
    cuts, used = take_cuts(prices.cuts, prices.cut_prices != 0, n)
    start, of = cuts_by_row(n, cuts)
    out = np.empty(len(which), dtype=np.int64)
    _reduced(
        members, which, cost, prices.units, start, of, prices.cut_prices[used],
        coefficients, prices.rows, limit, out,
    )  # fmt: skip
    return out


@numba.njit(cache=True, nogil=True)
def _best(members, which, reduced, limit, n):  # type: ignore[no-untyped-def]
    """Return for each unit the position of the cheapest candidate below ``limit``, or -1."""
    best = np.full(n, -1, dtype=np.int64)
    for position in range(len(which)):
        value = reduced[position]
        if value >= limit:
            continue
        j = which[position]
        for c in range(members.shape[1]):
            u = members[j, c]
            if u < 0:
                break
            if best[u] < 0 or value < reduced[best[u]]:
                best[u] = position
    return best


def least(values: Ints, count: int) -> Ints:
    """Return the positions of so many least values, ascending.

    Parameters
    ----------
    values : ndarray of int64, shape (M,)
        Values.
    count : int
        How many; all of them if there are not so many.

    Returns
    -------
    ndarray of int64
        Positions.

    Examples
    --------
    >>> least(np.array([5, 1, 4, 0]), 2).tolist()
    [1, 3]
    """
    if count >= len(values):
        return np.arange(len(values), dtype=np.int64)
    return np.sort(np.argpartition(values, count)[:count])


def cheapest(
    members: npt.NDArray[np.int32],
    which: npt.NDArray[np.int64],
    reduced: Ints,
    n: int,
    limit: int = np.iinfo(np.int64).max,
) -> Ints:
    """Find for every unit the candidate of least reduced cost that holds it.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates.
    which : ndarray of int64, shape (M,)
        Those that are looked at.
    reduced : ndarray of int64, shape (M,)
        Their reduced costs.
    n : int
        Number of units.
    limit : int
        Only candidates with a reduced cost below it count.

    Returns
    -------
    ndarray of int64, shape (n,)
        Positions in `which`, -1 for units in none of them.
    """
    best: Ints = _best(members, which, reduced, limit, n)
    return best


def improving(
    members: npt.NDArray[np.int32],
    which: npt.NDArray[np.int64],
    reduced: Ints,
    limit: int,
    n: int,
    more: int = 0,
) -> npt.NDArray[np.int64]:
    """Pick the candidates worth adding to the restricted master.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates.
    which : ndarray of int64, shape (M,)
        Those that are in play.
    reduced : ndarray of int64, shape (M,)
        Their reduced costs.
    limit : int
        Only candidates with a reduced cost below it count.
    n : int
        Number of units.
    more : int
        How many of the least reduced cost are picked besides, whichever units they hold.

    Returns
    -------
    ndarray of int64
        For every unit its best candidate below the limit, and some more, without repetition.
    """
    best = cheapest(members, which, reduced, n, limit)
    positions: Ints = np.unique(best[best >= 0])
    if more and len(positions):
        below = np.flatnonzero(reduced < limit)
        positions = np.union1d(positions, below[least(reduced[below], more)])
    return which[positions]
