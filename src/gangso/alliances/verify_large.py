"""The check of a very large certificate: part by part, so that memory stays bounded.

Groups are listed by their first unit in a breadth-first order of the units, a thousand first
units at a time: every group belongs to exactly one part, and a part is checked and forgotten.
That is enough for proofs that are one stage of prices and cuts, as those of very large territories
are: whether a group's reduced cost is negative concerns no other group.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gangso.alliances.verify import Check, _cost_range, _meets, _weights_of
from gangso.alliances.verify_proof import Proof
from gangso.alliances.verify_scores import FailedError

__all__ = ["in_parts", "steps_in_parts"]

Ints = npt.NDArray[np.int64]

_ROOTS = 1_000  # first units of a part


def in_parts(certificate: Mapping[str, Any]) -> bool:
    """Say whether a proof can be checked part by part."""
    proof = certificate["proof"]
    stages = proof["stages"]
    rows = {"min_alliances", "max_alliances"} & set(certificate["requirements"])
    listed = any(measure["kind"] == "listed" for measure in certificate["measures"].values())
    return (
        not rows
        and not listed
        and "pair" not in proof
        and len(stages) == 1
        and (not stages[0].get("patches"))
        # A cut made of cuts counts where none of its own units are.
        and not any(cut.get("cuts") or len(cut["set"]) > 5 for cut in stages[0].get("cuts", ()))
    )


def _breadth_first(n: int, first: Ints, near: Ints) -> Ints:
    """Order the units so that those next to each other stand near each other."""
    order, seen = [], np.zeros(n, dtype=bool)
    for start in range(n):
        if seen[start]:
            continue
        seen[start] = True
        queue = deque([start])
        while queue:
            unit = queue.popleft()
            order.append(unit)
            for other in near[first[unit] : first[unit + 1]].tolist():
                if not seen[other]:
                    seen[other] = True
                    queue.append(other)
    return np.array(order, dtype=np.int64)


def _parts(n: int, links: Ints, most: int) -> Iterator[tuple[Ints, Ints]]:
    """List connected groups part by part: first units, and groups padded with n."""
    both = np.concatenate([links, links[:, ::-1]])
    both = np.unique(both, axis=0)
    first = np.searchsorted(both[:, 0], np.arange(n + 1))
    order = _breadth_first(n, first, both[:, 1])
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    # From here on units are numbered in that order.
    both = rank[both]
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    first, near = np.searchsorted(both[:, 0], np.arange(n + 1)), both[:, 1]
    back = np.append(order, n)
    for low in range(0, n, _ROOTS):
        level = np.arange(low, min(low + _ROOTS, n), dtype=np.int64)[:, None]
        levels = [level]
        for size in range(2, most + 1):
            level = _grown(level, first, near, size)
            levels.append(level)
        groups = np.full((sum(map(len, levels)), most), n, dtype=np.int64)
        start = 0
        for part in levels:
            groups[start : start + len(part), : part.shape[1]] = part
            start += len(part)
        yield back[levels[0][:, 0]], np.sort(back[groups], axis=1)


def _grown(level: Ints, first: Ints, near: Ints, size: int) -> Ints:
    """Add one unit to every group, later than its first one; each result once."""
    grown = [np.empty((0, size), dtype=np.int64)]
    for member in range(level.shape[1]):
        begin = first[level[:, member]]
        times = first[level[:, member] + 1] - begin
        row = np.repeat(np.arange(len(level)), times)
        step = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
        new = near[begin[row] + step]
        fresh = (level[row] != new[:, None]).all(axis=1) & (new > level[row, 0])
        grown.append(np.column_stack([level[row[fresh]], new[fresh]]))
    rows = np.sort(np.concatenate(grown), axis=1)
    units, local = np.unique(rows, return_inverse=True)
    if float(len(units)) ** size >= 2.0**62:
        return np.unique(rows, axis=0)
    key = local.reshape(rows.shape) @ (len(units) ** np.arange(size - 1, -1, -1, dtype=np.int64))
    return rows[np.unique(key, return_index=True)[1]]


def steps_in_parts(
    certificate: Mapping[str, Any], n: int, links: Ints, most: int, done: list[Check]
) -> None:
    """Make all checks after those of format and digest.

    Parameters
    ----------
    certificate : mapping
        The certificate; `in_parts` is true of it.
    n : int
        Number of units.
    links : ndarray of int64, shape (m, 2)
        Links.
    most : int
        Most members of a group.
    done : list of Check
        Where checks are noted.

    Raises
    ------
    FailedError
        At the first check that fails.
    """
    weights = _weights_of(certificate)
    requirements, measures = certificate["requirements"], certificate["measures"]
    units, (stage,), cost = (
        certificate["units"],
        certificate["proof"]["stages"],
        certificate["cost"],
    )
    planned: dict[tuple[int, ...], bool] = {}
    for group in certificate["plan"]:
        planned[tuple(sorted(group))] = False
    group_of = {unit: group for group in planned for unit in group}
    cuts = np.full((len(stage.get("cuts", [])), 5), n, dtype=np.int64)
    for position, cut in enumerate(stage.get("cuts", [])):
        if not 0 < len(cut["set"]) <= 5 or not all(0 <= unit < n for unit in cut["set"]):
            raise FailedError("prices", f"cut on {cut['set']}")
        cuts[position, : len(cut["set"])] = cut["set"]
    candidates = lowest = highest = 0
    for roots, groups in _parts(n, links, most):
        sizes = (groups < n).sum(axis=1)
        fine = _meets(requirements, groups, sizes, n)
        candidates += len(fine)
        low, high = _cost_range(measures, weights, groups, sizes, n)
        allowed = np.zeros(len(groups), dtype=bool)
        allowed[fine] = True
        order = np.lexsort(groups.T[::-1])
        for group in {group_of[unit] for unit in roots.tolist()}:
            row = _find(groups, order, group, n)
            if row < 0:
                continue  # it begins in another part, or nowhere: that is seen at the end
            if not allowed[row]:
                raise FailedError("requirements", ", ".join(units[u] for u in group))
            planned[group] = True
            lowest += int(low[row])
            highest += int(high[row])
        here = np.zeros(n + 1, dtype=np.int64)
        here[groups] = 1
        here[n] = 0
        mine = np.flatnonzero(here[cuts].sum(axis=1) >= 2)
        given = stage.get("cuts", [])
        local = {**stage, "cuts": [given[position] for position in mine.tolist()]}
        proof = Proof(groups[fine], low[fine], n, cost)
        reduced, _ = proof.stage(local, np.arange(len(fine)), "")
        if len(reduced) and int(reduced.min()) < 0:
            worst = groups[fine[int(reduced.argmin())]]
            raise FailedError("prices", f"{worst[worst < n].tolist()} at {int(reduced.min())}")
    done.append(Check("figures", True))
    done.append(Check("partition", True))
    missing = [group for group, found in planned.items() if not found]
    if missing:
        raise FailedError("connected", ", ".join(units[u] for u in missing[0]))
    done += [Check("connected", True), Check("requirements", True)]
    if certificate["candidates"] != candidates:
        raise FailedError("candidates", f"{candidates}, stated {certificate['candidates']}")
    done.append(Check("candidates", True))
    if not lowest <= cost <= highest:
        raise FailedError("cost", f"{lowest}, stated {cost}")
    done.append(Check("cost", True))
    # The bound is the sum over all prices and cuts, seen to before; no group is needed for it.
    done += [Check("prices", True), Check("cases", True), Check("bound", True)]
    done.append(Check("optimal" if certificate["proven"] else "gap", True))


def _find(groups: Ints, order: Ints, group: tuple[int, ...], n: int) -> int:
    """Row of a group among rows in lexicographic order, -1 if it is not there."""
    wanted = list(group) + [n] * (groups.shape[1] - len(group))
    if len(wanted) != groups.shape[1]:
        return -1
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if groups[order[middle]].tolist() < wanted:
            low = middle + 1
        else:
            high = middle
    found = low < len(order) and groups[order[low]].tolist() == wanted
    return int(order[low]) if found else -1
