"""Improve a plan window by window: small neighbourhoods, each solved to proof.

A plan for thousands of municipalities is rarely wrong everywhere. A window is a few whole
alliances that lie together; its units are partitioned anew, exactly, and the plan can only
get better. Windows overlap, and are visited until a full round brings nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
import numpy.typing as npt

from gangso.alliances.graph import Graph

__all__ = ["improve_by_windows", "window_of"]

Ints = npt.NDArray[np.int64]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _inside(members, starts, window, number, out):  # type: ignore[no-untyped-def]
    """Collect the candidates all of whose members lie in the window.

    ``number`` is the position of a unit in the window, or -1. Candidates are sorted by
    their lowest unit, so those of a unit stand together.
    """
    found = 0
    for u in window:
        for j in range(starts[u], starts[u + 1]):
            fits = True
            for c in range(1, members.shape[1]):
                v = members[j, c]
                if v < 0:
                    break
                if number[v] < 0:
                    fits = False
                    break
            if fits:
                if found < len(out):
                    out[found] = j
                found += 1
    return found


def window_of(seed: int, group_of: Ints, groups: list[Ints], graph: Graph, size: int) -> list[int]:
    """Gather whole groups around a unit, nearest first, until `size` units are together.

    Parameters
    ----------
    seed : int
        Unit to begin with.
    group_of : ndarray of int64, shape (n,)
        Group of every unit.
    groups : list of ndarray of int64
        Units of every group.
    graph : Graph
        Neighbourhood of the units.
    size : int
        Number of units wanted.

    Returns
    -------
    list of int
        Groups, nearest first.
    """
    order = [int(group_of[seed])]
    taken = set(order)
    total = len(groups[order[0]])
    for group in order:  # grows while it is walked: breadth first
        for unit in groups[group].tolist():
            for other in graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]].tolist():
                candidate = int(group_of[other])
                if candidate not in taken and total < size:
                    taken.add(candidate)
                    order.append(candidate)
                    total += len(groups[candidate])
    return order


def improve_by_windows(
    members: npt.NDArray[np.int32],
    cost: Ints,
    n: int,
    plan: Ints,
    graph: Graph,
    solve_small: Callable[[npt.NDArray[np.int32], Ints, int, int], Ints],
    doubtful: npt.NDArray[np.bool_],
    size: int = 120,
    rounds: int = 4,
) -> Ints:
    """Re-solve overlapping windows of a plan until nothing improves.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates, sorted by their lowest unit.
    cost : ndarray of int64, shape (N,)
        Their costs.
    n : int
        Number of units.
    plan : ndarray of int64
        Chosen candidates.
    graph : Graph
        Neighbourhood of the units.
    solve_small : callable
        Best plan of a small instance: (members, cost, n, ceiling) -> chosen, empty if none that
        costs at most the ceiling was found.
    doubtful : ndarray of bool, shape (n,)
        Units around which something better may be found.
    size : int
        Units in a window.
    rounds : int
        Most rounds over the whole territory.

    Returns
    -------
    ndarray of int64
        A plan that costs no more.
    """
    starts = np.searchsorted(members[:, 0], np.arange(n + 1)).astype(np.int64)
    group_of = np.empty(n, dtype=np.int64)
    groups: list[Ints] = []
    chosen = list(plan.tolist())

    def regroup() -> None:
        groups.clear()
        for number, column in enumerate(chosen):
            units = members[column][members[column] >= 0].astype(np.int64)
            group_of[units] = number
            groups.append(units)

    number = np.full(n, -1, dtype=np.int64)
    buffer = np.empty(1 << 14, dtype=np.int64)
    stale = doubtful.copy()  # units around which something changed, or is to be looked at
    for _ in range(rounds):
        todo = stale.copy()
        stale[:] = False
        while todo.any():
            regroup()
            near = window_of(int(np.argmax(todo)), group_of, groups, graph, size)
            window = np.sort(np.concatenate([groups[group] for group in near]))
            # The nearer half is settled by this window; the rim is left to other windows.
            for group in near[: (len(near) + 1) // 2]:
                todo[groups[group]] = False
            number[window] = np.arange(len(window))
            found = _inside(members, starts, window, number, buffer)
            if found > len(buffer):
                buffer = np.empty(2 * found, dtype=np.int64)
                found = _inside(members, starts, window, number, buffer)
            columns = buffer[:found]
            small = members[columns].astype(np.int64)
            local = np.where(small >= 0, number[small], -1).astype(np.int32)
            number[window] = -1
            before = sum(int(cost[chosen[group]]) for group in near)
            better = columns[solve_small(local, cost[columns], len(window), before - 1)]
            if len(better):
                gone = set(near)
                chosen = [c for g, c in enumerate(chosen) if g not in gone] + better.tolist()
                stale[window] = True
        if not stale.any():
            break
    return np.sort(np.array(chosen, dtype=np.int64))
