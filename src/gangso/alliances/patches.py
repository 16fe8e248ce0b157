"""Raise a bound patch by patch, where the relaxation is undecided.

Under feasible prices every candidate has a reduced cost of zero or more, and a plan costs the
sum of the prices plus the reduced costs of its candidates. In a *patch* (a set of units) some
reduced cost may be unavoidable: how much is a small partition problem over the traces of the
candidates in the patch, and it is solved to proof. Patches do not overlap; a candidate that
touches several brings an equal share of its reduced cost to each, so what the patches
prove can be added up. In a large territory undecided places lie far apart, and so a proof
need not try the outcomes of one against those of every other.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gangso.alliances.graph import Graph
from gangso.alliances.proof import PATCH_UNIT, Node, Patch

__all__ = ["components_of", "label_patches", "merge_patches", "raise_bound"]

Ints = npt.NDArray[np.int64]
SolveLocal = Callable[[npt.NDArray[np.int32], Ints, int, Ints, int | None], tuple[Ints, int, Node]]


def components_of(members: npt.NDArray[np.int32], n: int) -> Ints:
    """Label the units by what the candidates connect, shape (n,).

    Parameters
    ----------
    members : ndarray of int32, shape (M, k)
        Candidates still in play.
    n : int
        Number of units.

    Returns
    -------
    ndarray of int64, shape (n,)
        Component of every unit.
    """
    first = np.repeat(members[:, :1], members.shape[1] - 1, axis=1).ravel()
    other = members[:, 1:].ravel()
    real = other >= 0
    links = coo_array(
        (np.ones(int(real.sum()), dtype=np.int8), (first[real], other[real])), shape=(n, n)
    )
    return connected_components(links.tocsr(), directed=False)[1].astype(np.int64)


def label_patches(fractional: npt.NDArray[np.int32], graph: Graph, hops: int) -> Ints:
    """Put the surroundings of every undecided place into a patch of its own.

    Parameters
    ----------
    fractional : ndarray of int32, shape (F, k)
        Candidates with a fractional value.
    graph : Graph
        Neighbourhood of the units.
    hops : int
        How far a patch reaches; between two places the nearer one takes a unit.

    Returns
    -------
    ndarray of int64, shape (n,)
        Patch of every unit, -1 for units in none.
    """
    n = graph.n
    component = components_of(fractional, n)
    labels = np.full(n, -1, dtype=np.int64)
    touched = np.unique(fractional[fractional >= 0])
    labels[touched] = np.unique(component[touched], return_inverse=True)[1]
    edges = graph.edges().astype(np.int64)
    both = np.concatenate([edges, edges[:, ::-1]])
    for _ in range(hops):
        reach = (labels[both[:, 0]] >= 0) & (labels[both[:, 1]] < 0)
        target, source = both[reach, 1], labels[both[reach, 0]]
        order = np.lexsort((source, target))  # of two that arrive together the lower number
        new, first = np.unique(target[order], return_index=True)
        labels[new] = source[order][first]
    return labels


def merge_patches(members: npt.NDArray[np.int32], which: Ints, labels: Ints, largest: int) -> Ints:
    """Merge patches that many candidates cross between, while they stay small enough.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates.
    which : ndarray of int64
        Those in play.
    labels : ndarray of int64, shape (n,)
        Patch of every unit, -1 for none.
    largest : int
        Most units of a merged patch.

    Returns
    -------
    ndarray of int64, shape (n,)
        Merged patches, numbered anew.
    """
    of = np.append(labels, -1)[members[which]]
    low = of.max(axis=1)
    crossing: dict[tuple[int, int], int] = {}
    for column in range(of.shape[1]):
        other = of[:, column]
        differs = (other >= 0) & (other != low)
        pairs, counts = np.unique(
            np.sort(np.column_stack([low[differs], other[differs]]), axis=1),
            axis=0, return_counts=True,
        )  # fmt: skip
        for (a, b), count in zip(pairs.tolist(), counts.tolist(), strict=True):
            crossing[a, b] = crossing.get((a, b), 0) + count
    size = np.bincount(labels[labels >= 0]).tolist()
    root = list(range(len(size)))

    def find(patch: int) -> int:
        while root[patch] != patch:
            root[patch] = root[root[patch]]
            patch = root[patch]
        return patch

    for (a, b), _ in sorted(crossing.items(), key=lambda item: (-item[1], item[0])):
        one, other_root = find(a), find(b)
        if one != other_root and size[one] + size[other_root] <= largest:
            root[other_root] = one
            size[one] += size[other_root]
    merged = np.full(len(labels), -1, dtype=np.int64)
    inside = labels >= 0
    roots = np.array([find(patch) for patch in labels[inside].tolist()])
    merged[inside] = np.unique(roots, return_inverse=True)[1]
    return merged


@numba.njit(cache=True, nogil=True)
def _touches(members, which, labels):  # type: ignore[no-untyped-def]
    """Count the different patches that each candidate touches."""
    out = np.zeros(len(which), dtype=np.int64)
    for position in range(len(which)):
        row = members[which[position]]
        for c in range(len(row)):
            if row[c] < 0:
                break
            label = labels[row[c]]
            if label < 0:
                continue
            new = True
            for d in range(c):
                if labels[row[d]] == label:
                    new = False
                    break
            if new:
                out[position] += 1
    return out


def _by_patch(members: npt.NDArray[np.int32], which: Ints, labels: Ints) -> tuple[Ints, Ints]:
    """Pairs (patch, position) of what touches what, sorted by patch."""
    padded = np.append(labels, -1)
    of = padded[members[which]]  # the padding -1 reads the last entry, which is "no patch"
    position = np.broadcast_to(np.arange(len(which))[:, None], of.shape)[of >= 0]
    keys = np.unique(of[of >= 0] * (len(which) + 1) + position)
    patch, column = np.divmod(keys, len(which) + 1)
    return patch.astype(np.int64), column.astype(np.int64)


def _traces(
    members: npt.NDArray[np.int32], cost: Ints, units: Ints
) -> tuple[npt.NDArray[np.int32], Ints, Ints]:
    """What candidates are within a patch: distinct traces, their least cost, and whose."""
    number = np.full(int(members.max()) + 2, -1, dtype=np.int64)
    number[units] = np.arange(len(units))
    local = np.where(members >= 0, number[members], -1)
    size = len(units)
    # Sorted with the real positions first, -1 last.
    local = np.sort(np.where(local < 0, size, local), axis=1)
    key = np.zeros(len(local), dtype=np.int64)
    for column in range(local.shape[1]):
        key = key * (size + 1) + local[:, column]
    order = np.lexsort((np.arange(len(key)), cost, key))
    distinct, first = np.unique(key[order], return_index=True)
    rows = order[first]
    # Ordered by their lowest unit, as the solver's other users do.
    rows = rows[np.lexsort((distinct, local[rows, 0]))]
    traces = np.where(local[rows] == size, -1, local[rows]).astype(np.int32)
    return traces, cost[rows], rows


def raise_bound(
    members: npt.NDArray[np.int32],
    active: Ints,
    reduced: Ints,
    plan: Ints,
    labels: Ints,
    solve_local: SolveLocal,
) -> tuple[tuple[Patch, ...], Ints, list[Ints]]:
    """Prove what each patch adds to the bound.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates.
    active : ndarray of int64, shape (M,)
        Those in play; the plan's own among them or not.
    reduced : ndarray of int64, shape (M,)
        Their reduced costs, none negative.
    plan : ndarray of int64
        Positions in `active` of the best plan's candidates that are in play.
    labels : ndarray of int64, shape (n,)
        Patch of every unit, -1 for none.
    solve_local : callable
        Exact solver: (members, cost, n, start, ceiling) -> (chosen, cost, proof).

    Returns
    -------
    patches : tuple of Patch
        Patches with their proofs; those that add nothing are left out.
    credit : ndarray of int64, shape (M,)
        For each candidate in play the gains of the patches it touches.
    chosen : list of ndarray of int64
        For each patch the positions in `active` that its optimum uses; none where what is
        in play cannot cover the patch.
    """
    touched = _touches(members, active, labels)
    share = reduced // np.maximum(touched, 1) // PATCH_UNIT
    patch_of, position = _by_patch(members, active, labels)
    in_plan = np.zeros(len(active), dtype=bool)
    in_plan[plan] = True
    patches: list[Patch] = []
    chosen: list[Ints] = []
    credit = np.zeros(len(active), dtype=np.int64)
    bounds = np.searchsorted(patch_of, np.arange(int(labels.max()) + 2))
    for patch in range(int(labels.max()) + 1):
        mine = position[bounds[patch] : bounds[patch + 1]]
        units = np.flatnonzero(labels == patch)
        traces, cost, rows = _traces(members[active[mine]], share[mine], units)
        # The plan itself is a way to cover the patch, unless some of it has left play.
        own = mine[in_plan[mine]]
        covered = int((labels[members[active[own]]] == patch)[members[active[own]] >= 0].sum())
        ceiling = int(share[own].sum()) if covered == len(units) else None
        start = np.flatnonzero(in_plan[mine[rows]])
        picked, local, proof = solve_local(traces, cost, len(units), start, ceiling)
        chosen.append(mine[rows[picked]])
        found = Patch(units, local, proof)
        if found.gain > 0:
            patches.append(found)
            credit[mine] += found.gain
    return tuple(patches), credit, chosen
