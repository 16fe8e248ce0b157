"""Subset-row cuts: sets of three and five units that a relaxation puts in too many alliances.

In a plan one alliance at most holds two or more of three units, and of five units alliances hold
two pairs at most. A relaxation has halves of alliances, and three halves can hold two of three
units each: what such a set counts beyond its limit is its violation.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["violated_sets"]

# Members of a candidate up to which cuts on five units are looked for.
_WIDE = 8


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
                    total = base + gain[d] + gain[e]
                    total += _both(d, e, triple, members, start, column_of, value, local)
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
