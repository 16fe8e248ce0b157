"""Cuts: what no plan can do, though a relaxation does.

Take some rows that every plan obeys ("this unit exactly once"), add up half of each and round
down. Of three units at most one alliance can hold two or more; of five units, alliances can
hold at most two pairs: the subset-row cuts, found here. A cut is a row that every plan obeys, so
cuts can be halved and added again, with units and with each other (`gangso.alliances.zerohalf`).

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
           "limits_of", "take_cuts", "violated_sets", "walk"]  # fmt: skip

Ints = npt.NDArray[np.int64]
Cuts = npt.NDArray[np.int32]

# Members of a candidate up to which cuts on five units are looked for.
_WIDE = 8

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
        Which of them; a view of its members would cost more than all the rest.
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


@numba.njit(cache=True, nogil=True)
def _left_hand_side(rows, start, column_of, value, marked, weight, stamp):  # type: ignore[no-untyped-def]
    """Sum value * floor(hits / 2) over the columns that touch the units ``rows``."""
    total = 0.0
    for u in rows:
        for e in range(start[u], start[u + 1]):
            j = column_of[e]
            if marked[j] != stamp:
                marked[j] = stamp
                weight[j] = 0
            weight[j] += 1
            if weight[j] == 2 or weight[j] == 4:
                total += value[j]
    return total


@numba.njit(cache=True, nogil=True)
def _index(members, value, local, m):  # type: ignore[no-untyped-def]
    """Say how much units are together, and which columns hold each of them."""
    together = np.zeros((m, m))
    count = np.zeros(m, dtype=np.int64)
    for j in range(len(value)):
        for place in range(members.shape[1]):
            u = members[j, place]
            if u < 0:
                break
            count[local[u]] += 1
            for before in range(place):
                one, other = local[members[j, before]], local[u]
                together[one, other] += value[j]
                together[other, one] += value[j]
    start = np.zeros(m + 1, dtype=np.int64)
    for unit in range(m):
        start[unit + 1] = start[unit] + count[unit]
    column_of = np.empty(start[m], dtype=np.int64)
    filled = start[:-1].copy()
    for j in range(len(value)):
        for place in range(members.shape[1]):
            u = members[j, place]
            if u < 0:
                break
            column_of[filled[local[u]]] = j
            filled[local[u]] += 1
    return together, start, column_of


@numba.njit(cache=True, nogil=True)
def _both(d, e, triple, members, start, column_of, value, local):  # type: ignore[no-untyped-def]
    """Sum the columns that hold two units: those with an odd number of the triple count less."""
    total = 0.0
    for p in range(start[d], start[d + 1]):
        j = column_of[p]
        held, inside = False, 0
        for place in range(members.shape[1]):
            if members[j, place] < 0:
                break
            u = local[members[j, place]]
            held = held or u == e
            if u == triple[0] or u == triple[1] or u == triple[2]:
                inside += 1
        if held:
            total += value[j] if inside % 2 == 0 else -value[j]
    return total


@numba.njit(cache=True, nogil=True)
def _search(members, value, local, m, violation, enough):  # type: ignore[no-untyped-def]
    """Find violated triples, and, if they are not enough, fives grown from the fullest of them.

    Returns rows (violation, units...), padded with -1.
    """
    together, start, column_of = _index(members, value, local, m)
    near = [np.flatnonzero(together[unit] > 0.0) for unit in range(m)]
    marked = np.full(len(value), -1, dtype=np.int64)
    weight = np.zeros(len(value), dtype=np.int64)
    stamp = 0
    found = []
    full = []
    triple = np.empty(3, dtype=np.int64)
    gain = np.zeros(m)
    for a in range(m):
        for b in near[a]:
            if b <= a:
                continue
            for c in near[a]:
                if c <= b or together[b, c] <= 0.0:
                    continue
                if together[a, b] + together[a, c] + together[b, c] < 0.7:
                    continue
                triple[0], triple[1], triple[2] = a, b, c
                stamp += 1
                total = _left_hand_side(triple, start, column_of, value, marked, weight, stamp)
                if total > 1.0 + violation:
                    found.append((total - 1.0, a, b, c, np.int64(-1), np.int64(-1)))
                elif total >= 0.7:
                    full.append((a, b, c))
    # Wide candidates are next to nearly everything: fives would take minutes to look through.
    if len(found) >= enough or members.shape[1] > _WIDE:
        return found
    for a, b, c in full:
        # A column that holds w of a set counts w // 2. A unit more is worth its value in the
        # columns that hold an odd number; two more are worth what each is, and what those that
        # hold both of them and an even number are worth, less those that hold an odd number.
        triple[0], triple[1], triple[2] = a, b, c
        stamp += 1
        base = _left_hand_side(triple, start, column_of, value, marked, weight, stamp)
        gain[:] = 0.0
        for u in triple:
            for p in range(start[u], start[u + 1]):
                j = column_of[p]
                if marked[j] == stamp and weight[j] % 2 == 1:
                    marked[j] = -1  # once
                    for place in range(members.shape[1]):
                        if members[j, place] < 0:
                            break
                        gain[local[members[j, place]]] += value[j]
        best, first, second = 2.0 + violation, np.int64(-1), np.int64(-1)
        for one in triple:
            for d in near[one]:
                if d in (a, b, c):
                    continue
                for e in near[d]:
                    if e in (a, b, c, d) or base + gain[d] + gain[e] + together[d, e] <= best:
                        continue
                    total = (
                        base
                        + gain[d]
                        + gain[e]
                        + _both(d, e, triple, members, start, column_of, value, local)
                    )
                    if total > best + 1e-9:
                        best, first, second = total, min(d, e), max(d, e)
        if first >= 0:
            found.append((best - 2.0, a, b, c, first, second))
    return found


def violated_sets(
    members: npt.NDArray[np.int32],
    value: npt.NDArray[np.float64],
    n: int,
    at_most: int,
    violation: float = 1e-4,
) -> npt.NDArray[np.int32]:
    """Separate subset-row cuts on sets of three and five units.

    Parameters
    ----------
    members : ndarray of int32, shape (F, k)
        Columns with a fractional value.
    value : ndarray of float, shape (F,)
        Their values.
    n : int
        Number of units.
    at_most : int
        How many cuts to return; of equally violated ones those of lower units.
    violation : float
        Least violation.

    Returns
    -------
    ndarray of int32, shape (m, 5)
        The most violated sets, padded with -1, each unit in few of them so that the cuts
        are diverse.

    References
    ----------
    Jepsen, Petersen, Spoorendonk, Pisinger (2008), Subset-row inequalities applied to the
    vehicle-routing problem with time windows, Operations Research 56(2),
    doi:10.1287/opre.1070.0449.
    """
    used = np.unique(members[members >= 0])
    if not len(used):
        return np.empty((0, 5), dtype=np.int32)
    local = np.full(n, -1, dtype=np.int64)
    local[used] = np.arange(len(used))
    found = _search(members, value, local, len(used), violation, at_most)
    unique = {tuple(sorted(units)): excess for excess, *units in found}
    ranked = sorted(unique.items(), key=lambda item: (-round(item[1], 9), item[0]))
    taken = np.zeros(len(used), dtype=np.int64)
    chosen: list[list[int]] = []
    for units, _ in ranked:
        inside = [unit for unit in units if unit >= 0]
        if taken[inside].max() >= 5:
            continue
        taken[inside] += 1
        chosen.append([*used[inside].tolist(), *[-1] * (5 - len(inside))])
        if len(chosen) == at_most:
            break
    return np.array(chosen, dtype=np.int32).reshape(-1, 5)
