"""The p-median problem, to proof."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gangso.bases.inputs import (
    Matrix,
    impossible,
    is_sparse,
    read,
    shape_and_faults,
    site_status,
    whole_costs,
)
from gangso.bases.problem import Effort, Ints, Problem, solve
from gangso.bases.result import Location
from gangso.errors import BadInputError

__all__ = ["p_median"]


def p_median(
    cost: Matrix,
    p: int,
    *,
    weights: npt.ArrayLike | None = None,
    fixed_open: Sequence[int] = (),
    unit: float | None = None,
    effort: Effort = Effort(),  # noqa: B008
) -> Location:
    r"""Open p sites so that the weighted sum of costs to the nearest open site is least.

    .. math::

        \min \sum_{i} \min_{j \in S} w_i c_{ij}, \qquad |S| = p

    Fast interchange gives sites, a Lagrangian dual in whole numbers the bound; sites whose
    reduced cost excludes them are fixed, and branch and bound settles the rest.

    Parameters
    ----------
    cost : array_like or scipy.sparse, shape (n, m)
        Cost (minutes) from demand point to site. Infinite, or absent from a sparse matrix
        (a stored zero is a cost of zero): the site cannot serve the point.
    p : int
        Number of open sites, those in `fixed_open` included.
    weights : array_like, shape (n,), optional
        Demand at each point; 1 by default.
    fixed_open : sequence of int
        Sites that are open already and stay.
    unit : float, optional
        Weighted costs are rounded to whole multiples of it. By default 1 if they are whole
        numbers, otherwise a power of ten near a ten-millionth of the average sum.
    effort : Effort
        When to stop without a proof.

    Returns
    -------
    Location
        Open sites, assignment, objective and bound.

    Raises
    ------
    BadInputError
        With every fault of the input.
    InfeasibleError
        If p sites cannot serve every point; the points or the least number are named.

    References
    ----------
    Hakimi, S. L. (1964). Optimum locations of switching centers and the absolute centers and
    medians of a graph. Operations Research 12 (3). https://doi.org/10.1287/opre.12.3.450

    Examples
    --------
    >>> import numpy as np
    >>> from gangso.bases import p_median
    >>> places = np.array([0, 1, 2, 10, 11])
    >>> found = p_median(abs(places[:, None] - places[None, :]), 2)
    >>> found.status, found.objective, found.sites.tolist()
    ('proven', 3.0, [1, 3])
    """
    started = time.perf_counter()
    _, m, w, faults = shape_and_faults(cost, weights, p, fixed_open)
    if faults:
        raise BadInputError(faults)
    reading = read(cost, w, unit, p)
    arcs = reading.arcs
    served = np.diff(arcs.start) > 0
    if not served.all():
        lost = np.flatnonzero(~served)
        raise impossible("unserved", points=", ".join(map(str, lost[:10])), count=len(lost))
    last = arcs.cost[arcs.start[1:] - 1]
    whole = np.diff(arcs.start) == m
    forbidding = int(np.maximum(last, reading.beyond).sum()) + 1
    outside = np.where(reading.beyond >= 0, reading.beyond, np.where(whole, last, forbidding))
    problem = Problem(arcs, outside, np.zeros(m, np.int64), site_status(m, fixed_open), p, p)
    found = solve(problem, effort)
    if found.bound >= forbidding:
        raise impossible("too_few", p=p)
    sites = np.flatnonzero(found.is_open)
    assignment, total = _assign(cost, w, reading.unit, sites)
    if total is None:
        raise impossible("undecided", p=p)
    bound = min(found.bound, total)
    return Location(
        model="p-median",
        status="proven" if bound == total else "gap",
        objective=total * reading.unit,
        bound=bound * reading.unit,
        gap=(total - bound) / total if total else 0.0,
        sites=sites,
        assignment=assignment,
        unit=reading.unit,
        nodes=found.nodes,
        seconds=time.perf_counter() - started,
    )


def _assign(
    cost: Matrix, weights: npt.NDArray[np.float64], unit: float, sites: Ints
) -> tuple[Ints, int | None]:
    """Give everyone the cheapest open site; return the assignment and the whole total."""
    if is_sparse(cost):
        entries = sp.coo_array(sp.csc_array(cost)[:, sites])
        value, point, column = entries.data, entries.row, entries.col
        good = np.isfinite(value)
        value, point, column = value[good], point[good], column[good]
        order = np.lexsort((column, value, point))
        first = np.searchsorted(point[order], np.arange(cost.shape[0]))
        known = np.bincount(point, minlength=cost.shape[0]) > 0
        pick = order[np.minimum(first, len(order) - 1)]
        nearest, best = column[pick], np.where(known, value[pick], np.inf)
    else:
        part = np.asarray(cost)[:, sites]
        nearest = part.argmin(axis=1)
        best = part[np.arange(len(part)), nearest].astype(float)
        known = np.isfinite(best)
    assignment = np.where(known, sites[nearest], -1)
    if not known.all():
        return assignment, None
    return assignment, int(whole_costs(best, weights, unit).sum())
