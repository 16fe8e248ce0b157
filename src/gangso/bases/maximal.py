"""Maximal covering: the most people that p sites reach within a limit, to proof."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gangso.bases.cover import assign, within
from gangso.bases.inputs import Matrix, shape_and_faults, site_status, unit_for, whole_costs
from gangso.bases.linear import covering_prices, settle_covering
from gangso.bases.problem import Arcs, Effort, Ints, Problem, solve
from gangso.bases.result import Location
from gangso.errors import BadInputError

__all__ = ["mclp"]

_MOST_ARCS_FOR_LP = 250_000  # beyond, the dual is climbed without a linear programme


def mclp(
    time_min: Matrix,
    limit: float,
    p: int,
    *,
    weights: npt.ArrayLike | None = None,
    fixed_open: Sequence[int] = (),
    unit: float | None = None,
    effort: Effort = Effort(),  # noqa: B008
) -> Location:
    r"""Open p sites so that the most demand lies within a limit of one.

    The maximal covering location problem:

    .. math::

        \max \sum_i w_i z_i, \qquad z_i \le \sum_{j: t_{ij} \le T} y_j, \qquad \sum_j y_j = p

    Demand points that the same sites reach are one. What stays uncovered is then minimised
    by the same dual and branch and bound as the p-median, in whole numbers.

    Parameters
    ----------
    time_min : array_like or scipy.sparse, shape (n, m)
        Times from demand point to site. Infinite, or absent from a sparse matrix: out of reach.
    limit : float
        Longest time that counts as reached (inclusive).
    p : int
        Number of open sites, those in `fixed_open` included.
    weights : array_like, shape (n,), optional
        Demand at each point; 1 by default.
    fixed_open : sequence of int
        Sites that are open already and stay.
    unit : float, optional
        Weights are rounded to whole multiples of it. By default 1 if they are whole numbers,
        otherwise a power of ten near a ten-millionth of their sum.
    effort : Effort
        When to stop without a proof.

    Returns
    -------
    Location
        ``objective`` is the demand reached, ``bound`` what no p sites can surpass.

    Raises
    ------
    BadInputError
        With every fault of the input.

    References
    ----------
    Church, R., and ReVelle, C. (1974). The maximal covering location problem. Papers of the
    Regional Science Association 32. https://doi.org/10.1007/BF01942293

    Examples
    --------
    >>> import numpy as np
    >>> from gangso.bases import mclp
    >>> places = np.array([0, 10, 20, 30, 40])
    >>> found = mclp(abs(places[:, None] - places[None, :]), 10, 1)
    >>> found.status, found.objective
    ('proven', 3.0)
    """
    started = time.perf_counter()
    n, m, w, faults = shape_and_faults(time_min, weights, p, fixed_open, "time_min")
    if faults:
        raise BadInputError(faults)
    reach = within(time_min, limit)
    reach.sort_indices()
    unit = unit_for(unit, bool((w == np.rint(w)).all()), float(w.sum()))
    whole = whole_costs(np.ones(n), w, unit)
    arcs, heavy = _aggregate(reach, whole)
    nothing = np.zeros(m, dtype=np.int64)
    problem = Problem(arcs, heavy, nothing, site_status(m, fixed_open), p, p)
    if len(arcs.site) <= _MOST_ARCS_FOR_LP:
        hint = covering_prices(problem)
        found = solve(problem, Effort(effort.root, effort.node, min(effort.nodes, 20)), hint=hint)
        if found.bound < found.cost and effort.nodes:
            found = settle_covering(problem, found, effort.nodes)
    else:
        found = solve(problem, effort)
    sites = np.flatnonzero(found.is_open)
    total = int(heavy.sum())  # those whom some site reaches
    reached, most = total - found.cost, total - found.bound
    return Location(
        model="MCLP",
        status="proven" if reached == most else "gap",
        objective=reached * unit,
        bound=most * unit,
        gap=(most - reached) / reached if reached else float(most > 0),
        sites=sites,
        assignment=assign(time_min, sites, limit),
        unit=unit,
        nodes=found.nodes,
        seconds=time.perf_counter() - started,
    )


def _aggregate(reach: sp.csr_array, weight: Ints) -> tuple[Arcs, Ints]:
    """Make one of all points that the same sites reach; leave out those that none does.

    Parameters
    ----------
    reach : csr_array of bool, shape (n, m)
        Who reaches what, columns ascending in each row.
    weight : ndarray of int64, shape (n,)
        Whole demand.

    Returns
    -------
    arcs : Arcs
        Arcs at no cost of every distinct row.
    heavy : ndarray of int64
        Their demand.
    """
    start, site = reach.indptr.astype(np.int64), reach.indices.astype(np.int32)
    size = np.diff(start)
    weight = np.where(size > 0, weight, 0)
    counts, parts, heavy = [], [], []
    for length in np.unique(size[weight > 0]):
        rows = np.flatnonzero((size == length) & (weight > 0))
        table = site[start[rows][:, None] + np.arange(length)]
        keys = np.ascontiguousarray(table).view(np.dtype((np.void, 4 * int(length)))).ravel()
        _, first, group = np.unique(keys, return_index=True, return_inverse=True)
        together = np.zeros(len(first), dtype=np.int64)
        np.add.at(together, group.ravel(), weight[rows])
        parts.append(table[first].ravel())
        counts.append(np.full(len(first), length))
        heavy.append(together)
    none = [np.empty(0, dtype=np.int64)]
    sites = np.concatenate(parts or none).astype(np.int32)
    ends = np.cumsum(np.concatenate(counts or none))
    arcs = Arcs(
        np.concatenate([np.zeros(1, dtype=np.int64), ends]),
        sites,
        np.zeros(len(sites), dtype=np.int64),
        reach.shape[1],
    )
    return arcs, np.concatenate(heavy or none)
