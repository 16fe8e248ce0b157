"""Cuts: what no plan can do, though a relaxation does.

Take some rows that every plan obeys ("this unit exactly once"), add up half of each and round
down. Of three units at most one alliance can hold two or more; of five units, alliances can
hold at most two pairs: the subset-row cuts (`gangso.alliances.subsets`). A cut is a row that every
plan obeys, so cuts can be halved and added again, with units and with each other
(`gangso.alliances.zerohalf`).

A cut is an array of *rows*, padded with -1: numbers below n are units, n + c is the cut c of the
same list, which comes earlier. Half the rows a candidate counts in, rounded down, is what it
counts in the cut; half the limits of the rows, rounded down, is the cut's limit.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

__all__ = ["NO_CUTS", "append_cuts", "coefficients_of", "count_ones", "cuts_by_row",
           "limits_of", "take_cuts", "walk"]  # fmt: skip

Ints = npt.NDArray[np.int64]
Cuts = npt.NDArray[np.int32]

NO_CUTS: Cuts = np.empty((0, 5), dtype=np.int32)


@numba.njit(cache=True, nogil=True)
def _limits(cuts, n):  # type: ignore[no-untyped-def]
    limits = np.zeros(len(cuts), dtype=np.int64)
    for cut in range(len(cuts)):
        for place in range(cuts.shape[1]):
            row = cuts[cut, place]
            if row < 0:
                break
            limits[cut] += 1 if row < n else limits[row - n]
        limits[cut] //= 2
    return limits


def limits_of(cuts: Cuts, n: int) -> Ints:
    """Return what the candidates of a plan count in every cut at most.

    Parameters
    ----------
    cuts : ndarray of int32, shape (m, w)
        Cuts.
    n : int
        Number of units.

    Returns
    -------
    ndarray of int64, shape (m,)
        The limits.

    Examples
    --------
    >>> limits_of(np.array([[0, 1, 2, -1, -1], [3, 4, 5, 6, 7]], dtype=np.int32), 8).tolist()
    [1, 2]
    """
    limits: Ints = _limits(cuts, n)
    return limits


def append_cuts(cuts: Cuts, more: Cuts) -> Cuts:
    """Put cuts behind others, whose numbers the new ones may refer to.

    Parameters
    ----------
    cuts, more : ndarray of int32, shape (m, w)
        Cuts.

    Returns
    -------
    ndarray of int32
        All of them.
    """
    width = max(cuts.shape[1], more.shape[1])
    both = np.full((len(cuts) + len(more), width), -1, dtype=np.int32)
    both[: len(cuts), : cuts.shape[1]] = cuts
    both[len(cuts) :, : more.shape[1]] = more
    return both


@numba.njit(cache=True, nogil=True)
def _take(cuts, wanted, n):  # type: ignore[no-untyped-def]
    m, most = cuts.shape
    kept = wanted.copy()
    count, width = 0, 5
    for cut in range(m - 1, -1, -1):
        if not kept[cut]:
            continue
        count += 1
        for place in range(most):
            row = cuts[cut, place]
            if row < 0:
                break
            width = max(width, place + 1)
            if row >= n:
                kept[row - n] = True
    number = np.empty(m, dtype=np.int32)
    which = np.empty(count, dtype=np.int64)
    rows = np.full((count, width), -1, dtype=np.int32)
    count = 0
    for cut in range(m):
        if not kept[cut]:
            continue
        number[cut] = count
        which[count] = cut
        for place in range(min(width, most)):
            row = cuts[cut, place]
            rows[count, place] = row if row < n else n + number[row - n]
        count += 1
    return rows, which


def take_cuts(cuts: Cuts, wanted: npt.NDArray[np.bool_], n: int) -> tuple[Cuts, Ints]:
    """Keep some cuts, and those that they are made of.

    Parameters
    ----------
    cuts : ndarray of int32, shape (m, w)
        Cuts.
    wanted : ndarray of bool, shape (m,)
        Which of them.
    n : int
        Number of units.

    Returns
    -------
    cuts : ndarray of int32, shape (k, w)
        Those, with references to each other put right.
    which : ndarray of int64, shape (k,)
        Which they were.
    """
    taken: tuple[Cuts, Ints] = _take(cuts, wanted, n)
    return taken


@numba.njit(cache=True, nogil=True)
def _by_row(n, cuts):  # type: ignore[no-untyped-def]
    m, width = cuts.shape
    start = np.zeros(n + m + 1, dtype=np.int64)
    for cut in range(m):
        for place in range(width):
            if cuts[cut, place] >= 0:
                start[cuts[cut, place] + 1] += 1
    for row in range(n + m):
        start[row + 1] += start[row]
    of = np.empty(start[n + m], dtype=np.int32)
    filled = start[:-1].copy()
    for cut in range(m):
        for place in range(width):
            row = cuts[cut, place]
            if row >= 0:
                of[filled[row]] = cut
                filled[row] += 1
    return start, of


def cuts_by_row(n: int, cuts: Cuts) -> tuple[Ints, Cuts]:
    """List for every unit and every cut the cuts that count it.

    Parameters
    ----------
    n : int
        Number of units.
    cuts : ndarray of int32, shape (m, w)
        Cuts.

    Returns
    -------
    start : ndarray of int64, shape (n + m + 1,)
        Where each row's cuts begin in `of`.
    of : ndarray of int32
        Cuts, row by row, ascending within each.
    """
    listed: tuple[Ints, Cuts] = _by_row(n, cuts)
    return listed


@numba.njit(cache=True, nogil=True)
def count_ones(word):  # type: ignore[no-untyped-def]
    """Count the ones of a 64-bit word."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    pairs = np.uint64(0x3333333333333333)
    word = (word & pairs) + ((word >> np.uint64(2)) & pairs)
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@numba.njit(cache=True, nogil=True)
def walk(members, j, n, start, of, hits, words, touched):  # type: ignore[no-untyped-def]
    """Find the cuts that a candidate counts in.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates, padded with -1.
    j : int
        Which of them.
    n : int
        Number of units.
    start, of : ndarray
        From `cuts_by_row`.
    hits : ndarray of int64, shape (m,)
        Zeros; on return twice what the candidate counts in each of the cuts touched (or one
        more). The caller sets it back to zero.
    words : ndarray of uint64, shape (m // 64 + 1,)
        Zeros, and zeros again on return: a bit for every cut still to be looked at.
    touched : ndarray of int32, shape (m,)
        On return the cuts touched, ascending.

    Returns
    -------
    int
        Number of cuts touched.
    """
    one = np.uint64(1)
    for c in range(members.shape[1]):
        u = members[j, c]
        if u < 0:
            break
        for e in range(start[u], start[u + 1]):
            cut = of[e]
            words[cut // 64] |= one << np.uint64(cut % 64)
            hits[cut] += 1
    count = 0
    for w in range(len(words)):
        while words[w]:  # grows while it is walked: a cut is made of earlier ones
            lowest = words[w] & (~words[w] + one)
            words[w] ^= lowest
            cut = 64 * w + count_ones(lowest - one)
            touched[count] = cut
            count += 1
            if hits[cut] < 2:
                continue
            for e in range(start[n + cut], start[n + cut + 1]):
                later = of[e]
                words[later // 64] |= one << np.uint64(later % 64)
                hits[later] += hits[cut] // 2
    return count


@numba.njit(cache=True, nogil=True)
def _coefficients(members, n, start, of, m):  # type: ignore[no-untyped-def]
    """List the entries of a sparse matrix, row by row."""
    hits = np.zeros(m, dtype=np.int64)
    words = np.zeros(m // 64 + 1, dtype=np.uint64)
    touched = np.empty(m, dtype=np.int32)
    filled = np.zeros(len(members) + 1, dtype=np.int64)
    index, value = np.empty(len(members) + m, dtype=np.int64), np.empty(len(members) + m)
    total = 0
    for j in range(len(members)):
        count = walk(members, j, n, start, of, hits, words, touched)
        if total + count > len(index):
            index = np.append(index, np.empty(len(index) + count, dtype=np.int64))
            value = np.append(value, np.empty(len(value) + count))
        for position in range(count):
            cut = touched[position]
            if hits[cut] >= 2:
                index[total] = cut
                value[total] = hits[cut] // 2
                total += 1
            hits[cut] = 0
        filled[j + 1] = total
    return value[:total], index[:total], filled


def coefficients_of(members: npt.NDArray[np.int32], cuts: Cuts, n: int) -> csr_array:
    """Return what candidates count in cuts.

    Parameters
    ----------
    members : ndarray of int32, shape (M, k)
        Candidates, padded with -1.
    cuts : ndarray of int32, shape (m, w)
        Cuts.
    n : int
        Number of units.

    Returns
    -------
    csr_array of float64, shape (M, m)
        Whole numbers, zeros left out.

    Examples
    --------
    The second cut is half of the first, of unit 3 and of unit 4:

    >>> cuts = np.array([[0, 1, 2, -1], [3, 4, 5, -1]], dtype=np.int32)
    >>> coefficients_of(np.array([[0, 1, 3], [1, 3, 4]], dtype=np.int32), cuts, 5).toarray()
    array([[1., 1.],
           [0., 1.]])
    """
    entries = _coefficients(members, n, *cuts_by_row(n, cuts), len(cuts))
    return csr_array(entries, shape=(len(members), len(cuts)))
