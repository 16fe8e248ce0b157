"""Covering: the fewest or cheapest sites that reach everyone, and the most people that p reach."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gangso.bases.inputs import Matrix, impossible, is_sparse, shape_and_faults, site_status
from gangso.bases.interchange import cover_all
from gangso.bases.problem import Arcs, Bools, Effort, Ints, Problem, solve
from gangso.bases.reductions import reduce_cover
from gangso.bases.result import Location
from gangso.errors import BadInputError, Fault

__all__ = ["Cover", "fewest", "lscp", "reach_with"]

_ROUNDS = 1000  # interchanges with growing weights before the tree is searched


@dataclass(frozen=True, eq=False)
class Cover:
    """Answer to a covering question.

    Attributes
    ----------
    is_open : ndarray of bool, shape (m,) or None
        A cover, if one was found.
    cost, bound : int
        Its cost, and what no cover goes below.
    nodes : int
        Nodes of the search tree.
    """

    is_open: Bools | None
    cost: int
    bound: int
    nodes: int


def _mask(m: int, *parts: Ints) -> Bools:
    mask = np.zeros(m, dtype=bool)
    for part in parts:
        mask[part] = True
    return mask


def _core_arcs(covers: Bools) -> Arcs:
    point, site = np.nonzero(covers)
    start = np.zeros(len(covers) + 1, dtype=np.int64)
    np.cumsum(covers.sum(axis=1), out=start[1:])
    return Arcs(start, site.astype(np.int32), np.zeros(len(point), dtype=np.int64), covers.shape[1])


def cheapest_cover(covers: Bools, price: Ints, open_already: Bools, effort: Effort) -> Cover:
    """Find the cheapest set of sites that reaches every point.

    Parameters
    ----------
    covers : ndarray of bool, shape (n, m)
        Which site reaches which point; every point is reached by some site.
    price : ndarray of int64, shape (m,)
        Cost of each site, at least 0; sites that are open already cost nothing.
    open_already : ndarray of bool, shape (m,)
        Sites that are open whatever happens.
    effort : Effort
        When to stop.

    Returns
    -------
    Cover
        The best cover found and the bound.
    """
    price = np.where(open_already, 0, price)
    core = reduce_cover(covers, price, open_already)
    m = covers.shape[1]
    fixed = int(price[core.forced].sum())
    if not len(core.points):
        return Cover(_mask(m, core.forced), fixed, fixed, 0)
    arcs = _core_arcs(core.covers)
    inner = price[core.sites]
    # Whoever is not reached costs the cheapest site that would: no cover is lost by that.
    cheapest = np.where(core.covers, inner, np.iinfo(np.int64).max)
    problem = Problem(
        arcs, cheapest.min(axis=1), inner, np.zeros(len(inner), np.int8), 0, len(inner)
    )
    found = solve(problem, effort)
    chosen = found.is_open.copy()
    for i in np.flatnonzero(~core.covers[:, chosen].any(axis=1)):
        if not core.covers[i, chosen].any():
            chosen[cheapest[i].argmin()] = True
    cost = fixed + int(inner[chosen].sum())
    return Cover(
        _mask(m, core.forced, core.sites[chosen]), cost, min(cost, fixed + found.bound), found.nodes
    )


def fewest(arcs: Arcs, status: npt.NDArray[np.int8], effort: Effort) -> Cover:
    """Find the least number of sites that serve every point over any arc.

    Parameters
    ----------
    arcs : Arcs
        Who can serve whom.
    status : ndarray of int8, shape (m,)
        1 for sites that are open already (they count).
    effort : Effort
        When to stop.

    Returns
    -------
    Cover
        A least cover; its cost is the number of sites.
    """
    covers = np.zeros((arcs.points, arcs.sites), dtype=bool)
    covers[np.repeat(np.arange(arcs.points), np.diff(arcs.start)), arcs.site] = True
    already = status == 1
    found = cheapest_cover(covers, np.ones(arcs.sites, np.int64), already, effort)
    more = int(already.sum())
    return Cover(found.is_open, found.cost + more, found.bound + more, found.nodes)


def reach_with(covers: Bools, p: int, open_already: Bools, effort: Effort) -> Cover:
    """Say whether p sites can reach every point.

    Parameters
    ----------
    covers : ndarray of bool, shape (n, m)
        Which site reaches which point.
    p : int
        Number of sites, those open already included.
    open_already : ndarray of bool, shape (m,)
        Sites that are open whatever happens.
    effort : Effort
        When to stop.

    Returns
    -------
    Cover
        ``is_open`` if they can (at most p sites); ``bound`` 1 if proven that they cannot, 0 if
        that is open; ``cost`` is 0 or 1 accordingly.
    """
    if not covers.any(axis=1).all():
        return Cover(None, 1, 1, 0)
    m = covers.shape[1]
    core = reduce_cover(covers, np.ones(m, np.int64), open_already)
    left = p - len(core.forced)
    if left < 0 or (left == 0 and len(core.points)):
        return Cover(None, 1, 1, 0)
    if not len(core.points):
        return Cover(_mask(m, core.forced), 0, 0, 0)
    arcs, k = _core_arcs(core.covers), len(core.sites)
    left = min(left, k)
    status = np.zeros(k, dtype=np.int8)
    question = Problem(
        arcs, np.ones(arcs.points, np.int64), np.zeros(k, np.int64), status, left, left
    )
    found = solve(question, Effort(effort.root, effort.node, 0), below=1)
    chosen, cost, bound, nodes = found.is_open, found.cost, found.bound, 0
    if cost > bound:
        chosen = np.zeros(k, dtype=bool)
        chosen[:left] = True
        rows = (arcs.start, arcs.site, arcs.cost)
        if cover_all(rows, arcs.by_site(1), status, left, left, chosen, _ROUNDS):
            cost = 0
        else:
            found = solve(question, effort, below=1)
            chosen, cost, bound, nodes = found.is_open, found.cost, found.bound, found.nodes
    if cost == 0:
        return Cover(_mask(m, core.forced, core.sites[chosen]), 0, 0, nodes)
    return Cover(None, 1, bound, nodes)


def within(time_min: Matrix, limit: float) -> sp.csr_array:
    """Return who reaches what within the limit, as a sparse boolean matrix.

    Parameters
    ----------
    time_min : array_like or sparse, shape (n, m)
        Times; infinite, or absent from a sparse matrix: out of reach.
    limit : float
        Longest time that counts as reached.

    Returns
    -------
    csr_array of bool, shape (n, m)
        True where the time is within the limit.
    """
    if is_sparse(time_min):
        rows = sp.coo_array(time_min)
        good = rows.data <= limit
        at = (rows.row[good], rows.col[good])
        return sp.csr_array((np.ones(int(good.sum()), dtype=bool), at), shape=rows.shape)
    return sp.csr_array(np.asarray(time_min) <= limit)


def assign(time_min: Matrix, sites: Ints, limit: float) -> Ints:
    """Give every point the nearest of the sites within the limit, or -1.

    Parameters
    ----------
    time_min : array_like or sparse, shape (n, m)
        Times.
    sites : ndarray of int64
        Open sites, ascending.
    limit : float
        Longest time that counts as reached.

    Returns
    -------
    ndarray of int64, shape (n,)
        Site of each point.
    """
    n = time_min.shape[0]
    part = sp.coo_array(
        sp.csc_array(time_min)[:, sites] if is_sparse(time_min) else _explicit(time_min, sites)
    )
    good = part.data <= limit
    point, column, value = part.row[good], part.col[good], part.data[good]
    order = np.lexsort((column, value, point))
    point, column = point[order], column[order]
    first = np.searchsorted(point, np.arange(n))
    result = np.full(n, -1, dtype=np.int64)
    known = np.bincount(point, minlength=n) > 0
    result[known] = sites[column[first[known]]]
    return result


def _explicit(times: Matrix, sites: Ints) -> sp.coo_array:
    part = np.asarray(times)[:, sites]
    row, col = np.nonzero(np.isfinite(part))
    return sp.coo_array((part[row, col], (row, col)), shape=part.shape)


def lscp(
    time_min: Matrix,
    limit: float,
    *,
    price: npt.ArrayLike | None = None,
    fixed_open: Sequence[int] = (),
    effort: Effort = Effort(),  # noqa: B008
) -> Location:
    r"""Open the fewest (or cheapest) sites so that everyone reaches one within a limit.

    The location set covering problem:

    .. math::

        \min \sum_j f_j y_j, \qquad \sum_{j: t_{ij} \le T} y_j \ge 1 \quad \forall i

    Parameters
    ----------
    time_min : array_like or scipy.sparse, shape (n, m)
        Times from demand point to site. Infinite, or absent from a sparse matrix: out of reach.
    limit : float
        Longest time that counts as reached (inclusive).
    price : array_like of int, shape (m,), optional
        Whole cost of opening each site; 1 by default.
    fixed_open : sequence of int
        Sites that are open already. They cost nothing and are not counted in the objective.
    effort : Effort
        When to stop without a proof.

    Returns
    -------
    Location
        ``objective`` is the number (or price) of the sites opened in addition.

    Raises
    ------
    BadInputError
        With every fault of the input.
    InfeasibleError
        If no site reaches some point; the points are named.

    References
    ----------
    Toregas, C., et al. (1971). The location of emergency service facilities. Operations
    Research 19 (6). https://doi.org/10.1287/opre.19.6.1363

    Examples
    --------
    >>> import numpy as np
    >>> from gangso.bases import lscp
    >>> places = np.array([0, 10, 20, 30, 40])
    >>> found = lscp(abs(places[:, None] - places[None, :]), 10)
    >>> found.status, found.objective
    ('proven', 2.0)
    """
    started = time.perf_counter()
    _, m, _, faults = shape_and_faults(time_min, None, None, fixed_open, "time_min")
    whole = np.ones(m) if price is None else np.asarray(price, dtype=float)
    if whole.shape != (m,):
        faults.append(
            Fault("location.weights", "price", value=str(whole.shape), details={"n": str(m)})
        )
    elif not (np.isfinite(whole) & (whole >= 0) & (whole == np.rint(whole))).all():
        faults.append(Fault("location.whole", "price"))
    if faults:
        raise BadInputError(faults)
    reach = within(time_min, limit)
    lost = np.flatnonzero(np.diff(reach.indptr) == 0)
    if len(lost):
        raise impossible(
            "beyond_limit", points=", ".join(map(str, lost[:10])), count=len(lost), limit=limit
        )
    already = site_status(m, fixed_open) == 1
    distinct = np.unique(reach.toarray(), axis=0)
    found = cheapest_cover(distinct, whole.astype(np.int64), already, effort)
    assert found.is_open is not None  # every point is reached by some site
    sites = np.flatnonzero(found.is_open)
    return Location(
        model="LSCP",
        status="proven" if found.cost == found.bound else "gap",
        objective=float(found.cost),
        bound=float(found.bound),
        gap=(found.cost - found.bound) / found.cost if found.cost else 0.0,
        sites=sites,
        assignment=assign(time_min, sites, limit),
        unit=1.0,
        nodes=found.nodes,
        seconds=time.perf_counter() - started,
    )
