"""The Lagrangian dual of a location problem, and branch and bound on it, in whole numbers.

The problem (uncapacitated location with a limit on the number of sites)::

    min  sum_j f_j y_j + sum_i min(o_i, min over open j of c_ij),   low <= sum_j y_j <= high

is p-median, p-centre's question "is radius r enough", maximal covering, set covering and
facility location, by the choice of f, c and o. Relaxing "everyone is served once" with a
price u_i <= o_i for each demand point leaves a sum over sites, and

    L(u) = sum_i u_i + min over sets of sites of sum_j (f_j + sum_i min(0, c_ij - u_i))

is a bound for every u. All figures are int64, prices in fractions of a unit, so a bound is
exact: nothing rests on a tolerance.

References
----------
Cornuejols, G., Fisher, M. L., and Nemhauser, G. L. (1977). Location of bank accounts to
optimize float. Management Science 23 (8). https://doi.org/10.1287/mnsc.23.8.789
Beasley, J. E. (1993). Lagrangean heuristics for location problems. European Journal of
Operational Research 65 (3). https://doi.org/10.1016/0377-2217(93)90118-7
"""

from __future__ import annotations

import numba
import numpy as np

from gangso.bases.interchange import cost_of, interchange

__all__ = ["ascend", "branch"]

HUGE = np.int64(2**62)
_DEEPEST = 400


@numba.njit(cache=True, nogil=True)
def _reduced(start, site, cost, prices, opening, rho):  # type: ignore[no-untyped-def]
    total = np.int64(0)
    rho[:] = opening
    for i in range(len(prices)):
        price = prices[i]
        total += price
        for e in range(start[i], start[i + 1]):
            c = cost[e]
            if c >= price:
                break
            rho[site[e]] += c - price
    return total


@numba.njit(cache=True, nogil=True)
def _select(rho, status, low, high, chosen, buffer):  # type: ignore[no-untyped-def]
    """Choose the cheapest allowed set; return its value, the dearest free site taken,
    the cheapest not taken, how many were taken freely, how many are free, forced."""
    m = len(rho)
    value = np.int64(0)
    forced = 0
    free = 0
    negative = 0
    for j in range(m):
        chosen[j] = False
        if status[j] == 1:
            value += rho[j]
            forced += 1
            chosen[j] = True
        elif status[j] == 0:
            buffer[free] = rho[j]
            free += 1
            if rho[j] < 0:
                negative += 1
    take = min(max(negative, low - forced), high - forced)
    if take > free or take < 0:
        return HUGE, np.int64(0), HUGE, take, free, forced
    last, following = -HUGE, HUGE
    if take > 0:
        if take < free:
            part = np.partition(buffer[:free], take - 1)
            last = part[take - 1]
            following = part[take:].min()
        else:
            last = buffer[:free].max()
    elif free > 0:
        following = buffer[:free].min()
    ties = take
    if take > 0:
        for j in range(m):
            if status[j] == 0 and rho[j] < last:
                chosen[j] = True
                value += rho[j]
                ties -= 1
        for j in range(m):
            if ties == 0:
                break
            if status[j] == 0 and rho[j] == last:
                chosen[j] = True
                value += rho[j]
                ties -= 1
    return value, last, following, take, free, forced


@numba.njit(cache=True, nogil=True)
def _fix(value, rho, status, chosen, picked, low, high, limit, trail, length):  # type: ignore[no-untyped-def]
    """Fix the sites whose other state would push the bound beyond ``limit``."""
    last, following, take, forced = picked
    for j in range(len(rho)):
        if status[j] != 0:
            continue
        if chosen[j]:  # what if it were closed?
            if forced + take - 1 >= low:
                other = value - rho[j] + min(following, np.int64(0))
            else:
                other = value - rho[j] + following if following < HUGE else HUGE
            if other > limit:
                status[j] = 1
                trail[length] = j
                length += 1
        else:  # what if it were open?
            if forced + take < high:
                other = value + rho[j] - (max(last, np.int64(0)) if take > 0 else np.int64(0))
            elif take > 0:
                other = value + rho[j] - last
            else:
                other = HUGE
            if other > limit:
                status[j] = -1
                trail[length] = j
                length += 1
    return length


@numba.njit(cache=True, nogil=True)
def ascend(  # type: ignore[no-untyped-def]
    arcs, columns, outside, opening, floor, cap, status, low, high, unit,
    prices, best_prices, incumbent, upper, mean, iterations, patience, searches, trail, length,
):  # fmt: skip
    """Raise the bound by subgradient steps; fix sites; improve the incumbent.

    Returns
    -------
    bound, upper, length : int
        Best bound (`HUGE` if nothing better than `upper` remains here), cost of the
        incumbent, length of the trail of fixed sites.
    """
    start, site, cost = arcs
    n, m = len(outside), len(opening)
    rho = np.empty(m, dtype=np.int64)
    buffer = np.empty(m, dtype=np.int64)
    chosen = np.zeros(m, dtype=np.bool_)
    trial = np.zeros(m, dtype=np.bool_)
    direction = np.zeros(n)
    best = -HUGE
    pace = 1.5
    waited = 0
    best_prices[:] = prices
    for it in range(iterations):
        total = _reduced(start, site, cost, prices, opening, rho)
        value, last, following, take, free, forced = _select(rho, status, low, high, chosen, buffer)
        if value >= HUGE:
            return HUGE, upper, length
        value += total
        if free == 0 or forced == high or forced + free == low:
            # Nothing is left to choose: the set is what it is.
            here = cost_of(start, site, cost, outside, opening, chosen)
            if here < upper:
                upper = here
                incumbent[:] = chosen
            return HUGE, upper, length
        limit = upper - unit
        if value > limit:
            return HUGE, upper, length
        improved = value > best
        for j in range(m):
            mean[j] = 0.9 * mean[j] + (0.1 if chosen[j] else 0.0)
        if improved:
            waited = waited if value - best < (upper - value) // 1000 else 0
            best = value
            best_prices[:] = prices
            here = cost_of(start, site, cost, outside, opening, chosen)
            if here < upper:
                upper = here
                incumbent[:] = chosen
        if searches > 0 and it % searches == searches - 1:
            trial[:] = chosen
            here = interchange(arcs, columns, outside, opening, status, low, high, trial)
            if here < upper:
                upper = here
                incumbent[:] = trial
        limit = upper - unit
        if value > limit:
            return HUGE, upper, length
        length = _fix(
            value, rho, status, chosen, (last, following, take, forced), low, high,
            limit, trail, length,
        )  # fmt: skip
        if not improved:
            waited += 1
            if waited >= patience:
                waited = 0
                pace *= 0.5
                if pace < 0.004:
                    break
                prices[:] = best_prices
                direction[:] = 0.0
                continue
        norm = 0.0
        for i in range(n):
            g = 1.0
            for e in range(start[i], start[i + 1]):
                if cost[e] >= prices[i]:
                    break
                if chosen[site[e]]:
                    g -= 1.0
            if (g > 0 and prices[i] >= cap[i]) or (g < 0 and prices[i] <= floor[i]):
                g = 0.0
            direction[i] = g + 0.3 * direction[i]
            norm += direction[i] * direction[i]
        if norm == 0.0:
            break
        step = pace * (upper - value) / norm
        for i in range(n):
            moved = prices[i] + np.int64(np.rint(step * direction[i]))
            prices[i] = min(max(moved, floor[i]), cap[i])
    return best, upper, length


@numba.njit(cache=True, nogil=True)
def branch(  # type: ignore[no-untyped-def]
    arcs, columns, outside, opening, floor, cap, status, low, high, unit,
    prices, incumbent, upper, mean, bound, iterations, most_nodes,
):  # fmt: skip
    """Search depth first what the root could not exclude.

    Returns
    -------
    bound, upper, nodes : int
        Best bound proven (`upper` when the search is complete), cost of the incumbent,
        nodes visited.
    """
    n, m = len(outside), len(opening)
    trail = np.empty(2 * m + 2, dtype=np.int32)
    length = 0
    kept = np.empty((_DEEPEST, n), dtype=np.int64)
    fork = np.empty(_DEEPEST, dtype=np.int32)
    other = np.empty(_DEEPEST, dtype=np.int8)  # the state still to be tried; 0: none
    mark = np.empty(_DEEPEST, dtype=np.int32)
    value = np.empty(_DEEPEST, dtype=np.int64)  # bound of the node that was split
    best_prices = prices.copy()
    depth = 0
    nodes = 0
    here = bound
    unfinished = HUGE
    while True:
        if here < HUGE and here <= upper - unit:
            site = -1
            score = -1.0
            for j in range(m):
                if status[j] == 0:
                    s = 1.0 - abs(mean[j] - 0.5)
                    if s > score:
                        score = s
                        site = j
            if site >= 0 and depth < _DEEPEST and nodes < most_nodes:
                kept[depth] = best_prices
                fork[depth] = site
                mark[depth] = length
                value[depth] = here
                first = 1 if mean[site] >= 0.5 else -1
                other[depth] = -first
                depth += 1
                status[site] = first
                trail[length] = site
                length += 1
            else:
                if site < 0:  # everything is fixed: the set is what it is
                    _, upper, length = ascend(
                        arcs, columns, outside, opening, floor, cap, status, low, high, unit,
                        prices, best_prices, incumbent, upper, mean, 1, 8, 0, trail, length,
                    )  # fmt: skip
                else:
                    unfinished = min(unfinished, here)
                here = HUGE
                continue
        else:
            while depth > 0 and other[depth - 1] == 0:
                depth -= 1
                while length > mark[depth]:
                    length -= 1
                    status[trail[length]] = 0
            if depth == 0:
                break
            top = depth - 1
            while length > mark[top]:
                length -= 1
                status[trail[length]] = 0
            if value[top] > upper - unit:
                other[top] = 0
                here = HUGE
                continue
            if nodes >= most_nodes:
                unfinished = min(unfinished, value[top])
                other[top] = 0
                here = HUGE
                continue
            status[fork[top]] = other[top]
            trail[length] = fork[top]
            length += 1
            other[top] = 0
            best_prices[:] = kept[top]
        nodes += 1
        prices[:] = best_prices
        here, upper, length = ascend(
            arcs, columns, outside, opening, floor, cap, status, low, high, unit,
            prices, best_prices, incumbent, upper, mean, iterations, 8, 0, trail, length,
        )  # fmt: skip
        if here < HUGE:
            here = max(here, value[depth - 1])
    return min(unfinished, upper), upper, nodes
