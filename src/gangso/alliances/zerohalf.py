"""Cuts made of units and of other cuts: halves that a relaxation relies on.

Add up some rows that a relaxation fulfils exactly ("this unit exactly once", cuts at their limit),
halve the sum and round down: if the limits add up to an odd number, and hardly any candidate
with a value counts in an odd number of them, rounding takes away from the limit what it does
not take away from the candidates, and the relaxation is cut off. Such sums are what Gaussian
elimination modulo 2 finds. As cuts are rows themselves, this goes on where cuts on single sets
of units end.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gangso.alliances.cuts import coefficients_of, count_ones, limits_of

__all__ = ["half_cuts"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_TIGHT = 1e-6
# Sums of many rows count nearly every candidate around them, and prices hardly move any.
_MOST_ROWS = 40
# How often a row may be used by the cuts of one round, so that they are diverse.
_SHARED = 8
_ORDERS = 4
# Combinations that an elimination may list; beyond it the later ones are left out.
_LISTED = 4_000


@numba.njit(cache=True, nogil=True)
def _pack(dense):  # type: ignore[no-untyped-def]
    """Pack rows of zeros and ones into 64-bit words."""
    words = np.zeros((dense.shape[0], (dense.shape[1] + 63) // 64), dtype=np.uint64)
    for row in range(dense.shape[0]):
        for column in range(dense.shape[1]):
            if dense[row, column]:
                words[row, column // 64] |= np.uint64(1) << np.uint64(column % 64)
    return words


@numba.njit(cache=True, nogil=True)
def _eliminate(dense, odd, value, order, least, number, found, excess):  # type: ignore[no-untyped-def]
    """List sums of rows, odd in limit, in which candidates of little value are odd.

    ``dense`` (rows, columns) and ``odd`` (rows,) are what rows and limits are modulo 2;
    ``order`` is the order in which columns are cleared. Each of ``found`` gets the numbers of the
    rows of a sum, padded with -1, and ``excess`` by how much the relaxation violates it.
    """
    rows = len(dense)
    parity, odd = _pack(dense), odd.copy()
    made = _pack(np.eye(rows, dtype=np.uint8))
    terms = np.ones(rows, dtype=np.int64)
    spent = np.zeros(rows, dtype=np.bool_)
    fresh = np.ones(rows, dtype=np.bool_)
    one = np.uint64(1)
    count = 0
    for step in range(len(order) + 1):
        for row in range(rows):
            if spent[row] or not fresh[row]:
                continue
            fresh[row] = False
            if odd[row] == 0 or terms[row] > _MOST_ROWS or count == len(found):
                continue
            total = 0.0
            for w in range(parity.shape[1]):
                word = parity[row, w]
                while word and total < 1 - 2 * least:
                    lowest = word & (~word + one)
                    total += value[64 * w + count_ones(lowest - one)]
                    word ^= lowest
            if total < 1 - 2 * least:
                length = 0
                for term in range(rows):
                    if made[row, term // 64] >> np.uint64(term % 64) & one:
                        found[count, length] = number[term]
                        length += 1
                found[count, length:] = -1
                excess[count] = (1 - total) / 2
                count += 1
        if step == len(order):
            break
        at, bit = order[step] // 64, one << np.uint64(order[step] % 64)
        pivot = -1
        for row in range(rows):
            if spent[row] or not parity[row, at] & bit:
                continue
            if pivot < 0 or terms[row] < terms[pivot]:
                pivot = row
        if pivot < 0:
            continue
        spent[pivot] = True
        for row in range(rows):
            if parity[row, at] & bit and not spent[row]:
                for w in range(parity.shape[1]):
                    parity[row, w] ^= parity[pivot, w]
                terms[row] = 0
                for w in range(made.shape[1]):
                    made[row, w] ^= made[pivot, w]
                    terms[row] += count_ones(made[row, w])
                odd[row] ^= odd[pivot]
                fresh[row] = True
    return count


@numba.njit(cache=True, nogil=True)
def _fingerprints(found):  # type: ignore[no-untyped-def]
    """Give every sum a number made of its rows, so that equals come together when sorted."""
    prints = np.zeros(len(found), dtype=np.uint64)
    for position in range(len(found)):
        for row in found[position]:
            if row < 0:
                break
            prints[position] = (prints[position] ^ np.uint64(row)) * np.uint64(0x100000001B3)
    return prints


@numba.njit(cache=True, nogil=True)
def _choose(found, order, at_most, rows):  # type: ignore[no-untyped-def]
    """Take sums in an order, none twice and no row in too many of them."""
    taken = np.zeros(rows, dtype=np.int64)
    chosen = np.empty(at_most, dtype=np.int64)
    count = 0
    before = -1
    for position in order:
        same = before >= 0 and (found[position] == found[before]).all()
        before = position
        fine = not same and count < at_most
        for row in found[position]:
            if row < 0 or not fine:
                break
            fine = taken[row] < _SHARED
        if not fine:
            continue
        for row in found[position]:
            if row < 0:
                break
            taken[row] += 1
        chosen[count] = position
        count += 1
    return chosen[:count]


def _rows(
    members: npt.NDArray[np.int32], value: Floats, cuts: npt.NDArray[np.int32], n: int
) -> tuple[Ints, Ints, Ints, npt.NDArray[np.uint8]]:
    """Rows that the relaxation fulfils exactly: entries that are odd, numbers, odd limits."""
    hits, limits = coefficients_of(members, cuts, n), limits_of(cuts, n)
    holder = np.repeat(np.arange(len(members)), np.diff(hits.indptr))
    activity = np.bincount(hits.indices, value[holder] * hits.data, minlength=len(cuts))
    odd = (activity > limits - _TIGHT)[hits.indices] & (hits.data % 2 == 1)
    column, row = holder[odd], n + hits.indices[odd].astype(np.int64)
    # Every unit of an undecided candidate is a row; of a decided one that counts in a cut, one
    # unit will do, since it is in no other candidate with a value.
    undecided = value < 1 - _TIGHT
    c, place = np.nonzero((members >= 0) & undecided[:, None])
    decided = np.unique(column[~undecided[column]])
    column = np.concatenate([column, c, decided])
    row = np.concatenate([row, members[c, place], members[decided, 0]])
    number, position = np.unique(row, return_inverse=True)
    odd_limit = np.append(np.ones(n, dtype=np.int64), limits)[number] % 2
    return position, column, number.astype(np.int64), odd_limit.astype(np.uint8)


def half_cuts(
    members: npt.NDArray[np.int32],
    value: Floats,
    cuts: npt.NDArray[np.int32],
    n: int,
    at_most: int,
    rng: np.random.Generator,
    least: float = 0.02,
) -> npt.NDArray[np.int32]:
    """Separate zero-half cuts, which may be made of cuts.

    Parameters
    ----------
    members : ndarray of int32, shape (F, k)
        Candidates with a value in the relaxation, padded with -1.
    value : ndarray of float, shape (F,)
        Their values.
    cuts : ndarray of int32, shape (m, w)
        The cuts of the relaxation.
    n : int
        Number of units.
    at_most : int
        How many cuts to return.
    rng : numpy.random.Generator
        Draws the orders of elimination.
    least : float
        Least violation.

    Returns
    -------
    ndarray of int32, shape (k, v)
        New cuts: units, and n + c for the cut c, padded with -1; the most violated first, of
        equally violated ones those of fewer rows.

    References
    ----------
    Caprara, Fischetti (1996), {0, 1/2}-Chvatal-Gomory cuts, Mathematical Programming 74,
    doi:10.1007/BF02592196. Koster, Zymolka, Kutschka (2009), Algorithms to separate
    {0, 1/2}-Chvatal-Gomory cuts, Algorithmica 55, doi:10.1007/s00453-008-9218-7.
    """
    row, column, number, odd = _rows(members, value, cuts, n)
    rows, columns = len(number), len(members)
    links = coo_array((np.ones(len(row)), (row, rows + column)), shape=(rows + columns,) * 2)
    part = connected_components(links, directed=False)[1][row]
    order = np.argsort(part, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(part[order])) + 1)
    found, excess = [np.empty((0, _MOST_ROWS), dtype=np.int32)], [np.empty(0)]
    for entries in parts:
        own, across = np.unique(row[entries], return_inverse=True)
        here, down = np.unique(column[entries], return_inverse=True)
        if len(own) < 3:
            continue
        dense = np.zeros((len(own), len(here)), dtype=np.uint8)
        dense[across, down] = 1
        weight = value[here]
        for draw in range(_ORDERS):
            # Large values first: what is cleared counts nothing. Near ties are broken anew.
            noise = rng.uniform(0.5, 1.5, len(here)) if draw else 1.0
            order = np.argsort(-weight * np.where(weight < 1 - _TIGHT, noise, 2.0), kind="stable")
            sums = np.empty((_LISTED, _MOST_ROWS), dtype=np.int32)
            violation = np.empty(_LISTED)
            count = _eliminate(dense, odd[own], weight, order, least, number[own], sums, violation)
            found.append(sums[:count])
            excess.append(violation[:count])
    sums, violation = np.concatenate(found), np.concatenate(excess).round(6)
    length = (sums >= 0).sum(axis=1)
    order = np.lexsort((_fingerprints(sums), length, -violation))
    chosen: npt.NDArray[np.int32] = sums[_choose(sums, order, at_most, n + len(cuts))]
    return chosen[:, : max(5, int((chosen >= 0).sum(axis=1).max(initial=0)))]
