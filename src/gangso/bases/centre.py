"""The p-centre problem, to proof."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gangso.bases.cover import assign, reach_with
from gangso.bases.inputs import Matrix, impossible, is_sparse, shape_and_faults, site_status
from gangso.bases.problem import Effort
from gangso.bases.result import Location
from gangso.errors import BadInputError

__all__ = ["p_centre"]


def p_centre(
    time_min: Matrix,
    p: int,
    *,
    fixed_open: Sequence[int] = (),
    effort: Effort = Effort(),  # noqa: B008
) -> Location:
    r"""Open p sites so that the longest time to the nearest open site is least.

    .. math::

        \min \max_{i} \min_{j \in S} t_{ij}, \qquad |S| = p

    Bisection over the distinct times; at each, whether p sites reach everyone within it is
    a covering question, made small by dominance and settled by bound or by a set of sites.

    Parameters
    ----------
    time_min : array_like or scipy.sparse, shape (n, m)
        Times from demand point to site. Infinite, or absent from a sparse matrix: the site
        cannot serve the point.
    p : int
        Number of open sites, those in `fixed_open` included.
    fixed_open : sequence of int
        Sites that are open already and stay.
    effort : Effort
        When to stop without a proof.

    Returns
    -------
    Location
        Open sites (at most p: more would not shorten the longest time), assignment,
        objective and bound.

    Raises
    ------
    BadInputError
        With every fault of the input.
    InfeasibleError
        If p sites cannot serve every point at all.

    References
    ----------
    Minieka, E. (1970). The m-center problem. SIAM Review 12 (1).
    https://doi.org/10.1137/1012016

    Examples
    --------
    >>> import numpy as np
    >>> from gangso.bases import p_centre
    >>> places = np.array([0, 1, 2, 10, 11])
    >>> found = p_centre(abs(places[:, None] - places[None, :]), 2)
    >>> found.status, found.objective
    ('proven', 1.0)
    """
    started = time.perf_counter()
    _, m, _, faults = shape_and_faults(time_min, None, p, fixed_open, "time_min")
    if faults:
        raise BadInputError(faults)
    dense = _dense(time_min)
    already = site_status(m, fixed_open) == 1
    nearest = dense.min(axis=1)
    if not np.isfinite(nearest).all():
        lost = np.flatnonzero(~np.isfinite(nearest))
        raise impossible("unserved", points=", ".join(map(str, lost[:10])), count=len(lost))
    levels = np.unique(dense[np.isfinite(dense)])
    levels = levels[levels >= nearest.max()]  # nobody does better than the nearest site
    best, best_level = _quick(dense, p, already)
    high = int(np.searchsorted(levels, best_level)) if best is not None else len(levels)
    low, undecided, nodes = -1, len(levels), 0
    while high - low > 1:
        middle = (low + high) // 2
        answer = reach_with(dense <= levels[middle], p, already, effort)
        nodes += answer.nodes
        if answer.is_open is not None:
            best = np.flatnonzero(answer.is_open)
            high = int(np.searchsorted(levels, dense[:, best].min(axis=1).max()))
        else:
            undecided = len(levels) if answer.bound else min(undecided, middle)
            low = middle
    if best is None:
        raise impossible("too_few" if undecided == len(levels) else "undecided", p=p)
    objective = float(levels[high])
    bound = float(levels[min(undecided, high)])
    sites = np.sort(best)
    return Location(
        model="p-centre",
        status="proven" if bound == objective else "gap",
        objective=objective,
        bound=bound,
        gap=(objective - bound) / objective if objective else 0.0,
        sites=sites,
        assignment=assign(time_min, sites, objective),
        unit=1.0,
        nodes=nodes,
        seconds=time.perf_counter() - started,
    )


def _quick(
    dense: npt.NDArray[np.generic], p: int, already: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64] | None, float]:
    """Open the site nearest to whoever is worst off, p times; return the sites and the time."""
    chosen: list[int] = np.flatnonzero(already).tolist()
    away = dense[:, chosen].min(axis=1) if chosen else np.full(len(dense), np.inf)
    while len(chosen) < p and float(away.max()) > 0:
        site = int(dense[away.argmax()].argmin())
        if site in chosen:
            break
        chosen.append(site)
        away = np.minimum(away, dense[:, site])
    worst = float(away.max())
    return (np.array(chosen, dtype=np.int64), worst) if np.isfinite(worst) else (None, worst)


def _dense(times: Matrix) -> npt.NDArray[np.generic]:
    if not is_sparse(times):
        return np.asarray(times)
    full = np.full(times.shape, np.inf)
    entries = sp.coo_array(times)
    full[entries.row, entries.col] = entries.data
    return full
