"""Good sets of sites, fast: interchange (one site in, one out) over sorted arcs.

The fast interchange of Whitaker, as reorganised by Resende and Werneck: every demand point
remembers its nearest and second nearest open site, so that what a site would gain and what
closing another would lose are found in one pass over the arcs of the site that comes in.

References
----------
Resende, M. G. C., and Werneck, R. F. (2007). A fast swap-based local search procedure for
location problems. Annals of Operations Research 150. https://doi.org/10.1007/s10479-006-0154-0
"""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["cost_of", "interchange"]


@numba.njit(cache=True, nogil=True)
def cost_of(start, site, cost, outside, opening, is_open):  # type: ignore[no-untyped-def]
    """Cost of a set of open sites: opening them, and serving everyone at the least cost."""
    total = np.int64(0)
    for j in range(len(opening)):
        if is_open[j]:
            total += opening[j]
    for i in range(len(outside)):
        served = outside[i]
        for e in range(start[i], start[i + 1]):
            if cost[e] >= served:
                break
            if is_open[site[e]]:
                served = cost[e]
                break
        total += served
    return total


@numba.njit(cache=True, nogil=True)
def _two_nearest(i, start, site, cost, outside, is_open, near, away):  # type: ignore[no-untyped-def]
    near[0, i] = -1
    near[1, i] = -1
    away[0, i] = outside[i]
    away[1, i] = outside[i]
    found = 0
    for e in range(start[i], start[i + 1]):
        if cost[e] >= outside[i]:
            break
        if is_open[site[e]]:
            near[found, i] = site[e]
            away[found, i] = cost[e]
            found += 1
            if found == 2:
                break


@numba.njit(cache=True, nogil=True)
def interchange(arcs, columns, outside, opening, status, low, high, is_open):  # type: ignore[no-untyped-def]
    """Improve a set of open sites until no single move helps.

    Moves: one site in and one out; one in; one out. `is_open` is changed in place and must
    respect `status` (1 open, -1 closed, 0 free) and ``low <= number open <= high``.

    Returns
    -------
    int
        Cost of the set.
    """
    start, site, cost = arcs
    column_start, column_demand, column_cost = columns
    n, m = len(outside), len(opening)
    near = np.empty((2, n), dtype=np.int32)
    away = np.empty((2, n), dtype=np.int64)
    loss = np.zeros(m, dtype=np.int64)
    extra = np.zeros(m, dtype=np.int64)
    opened = np.empty(m, dtype=np.int32)  # the open sites, in no order
    place = np.full(m, -1, dtype=np.int32)
    k = 0
    for j in range(m):
        if is_open[j]:
            opened[k] = j
            place[j] = k
            k += 1
            loss[j] = -opening[j]
    for i in range(n):
        _two_nearest(i, start, site, cost, outside, is_open, near, away)
        if near[0, i] >= 0:
            loss[near[0, i]] += away[1, i] - away[0, i]
    since = 0  # candidates looked at since the last improvement
    f = 0
    while since < m:
        f = f + 1 if f + 1 < m else 0
        since += 1
        enters = -1
        leaves = -1
        if is_open[f]:
            if k > low and status[f] == 0 and loss[f] < 0:
                leaves = f
        elif status[f] == 0:
            gain = -opening[f]
            for e in range(column_start[f], column_start[f + 1]):
                i, c = column_demand[e], column_cost[e]
                if c < away[0, i]:
                    gain += away[0, i] - c
                    if near[0, i] >= 0:
                        extra[near[0, i]] += away[1, i] - away[0, i]
                elif c < away[1, i]:
                    extra[near[0, i]] += away[1, i] - c
            best = gain if k < high else np.int64(0)
            if k < high and gain > 0:
                enters = f
            if k >= low:
                for q in range(k):
                    r = opened[q]
                    profit = gain + extra[r] - loss[r]
                    extra[r] = 0
                    if profit > best and profit > 0 and status[r] == 0:
                        best = profit
                        enters = f
                        leaves = r
            else:
                for q in range(k):
                    extra[opened[q]] = 0
        if enters < 0 and leaves < 0:
            continue
        since = 0
        if leaves >= 0:
            is_open[leaves] = False
            k -= 1
            opened[place[leaves]] = opened[k]
            place[opened[k]] = place[leaves]
            place[leaves] = -1
        if enters >= 0:
            is_open[enters] = True
            opened[k] = enters
            place[enters] = k
            k += 1
            loss[enters] = -opening[enters]
            for e in range(column_start[enters], column_start[enters + 1]):
                i, c = column_demand[e], column_cost[e]
                if c >= away[1, i]:
                    continue
                if near[0, i] >= 0:
                    loss[near[0, i]] -= away[1, i] - away[0, i]
                if c < away[0, i]:
                    near[1, i], away[1, i] = near[0, i], away[0, i]
                    near[0, i], away[0, i] = enters, c
                else:
                    near[1, i], away[1, i] = enters, c
                loss[near[0, i]] += away[1, i] - away[0, i]
        if leaves >= 0:
            for e in range(column_start[leaves], column_start[leaves + 1]):
                i = column_demand[e]
                if near[0, i] == leaves or near[1, i] == leaves:
                    if near[0, i] != leaves:
                        loss[near[0, i]] -= away[1, i] - away[0, i]
                    _two_nearest(i, start, site, cost, outside, is_open, near, away)
                    if near[0, i] >= 0:
                        loss[near[0, i]] += away[1, i] - away[0, i]
    total = np.int64(0)
    for q in range(k):
        total += opening[opened[q]]
    for i in range(n):
        total += away[0, i]
    return total


@numba.njit(cache=True, nogil=True)
def cover_all(arcs, columns, status, low, high, is_open, rounds):  # type: ignore[no-untyped-def]
    """Look for a set of sites that reaches everyone: interchange with growing weights.

    Whoever is left out after an interchange weighs one more in the next, until nobody is
    left out or the rounds are used up. `is_open` is changed in place.

    Returns
    -------
    bool
        Whether everyone is reached.

    References
    ----------
    Zhang, Q., et al. (2020). A vertex weighting-based tabu search for p-center problem.
    IJCAI 2020. https://doi.org/10.24963/ijcai.2020/206
    """
    start, site, _ = arcs
    n, m = len(start) - 1, len(columns[0]) - 1
    weight = np.ones(n, dtype=np.int64)
    opening = np.zeros(m, dtype=np.int64)
    for _ in range(rounds):
        if interchange(arcs, columns, weight, opening, status, low, high, is_open) == 0:
            return True
        for i in range(n):
            reached = False
            for e in range(start[i], start[i + 1]):
                if is_open[site[e]]:
                    reached = True
                    break
            if not reached:
                weight[i] += 1
    return False
