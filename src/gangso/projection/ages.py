r"""Single years of age out of five-year groups, so that a year's step moves every cohort by one.

The nation first. With :math:`p_{t,x}` persons of age x in year t, :math:`\bar p_x` the mean
of the age's group, and a survival ratio :math:`s_x` smooth in age,

.. math:: \min_p \sum_{t,x} \big(\Delta^2_x \tfrac{p_{t,x}}{\bar p_x}\big)^2
    + c^2 \sum_{t,x} \Big(\frac{p_{t+1,x+1} - s_x p_{t,x}}{\bar p_{x+1}}\Big)^2
    \quad\text{s.t. the groups add up,}

alternating with a Whittaker smoothing of :math:`\log s`. The same people are seen every year in
another group, so two or more years tell the size of each year's cohort far better than any
formula for one year. Recorded births, where known, hold the youngest.

Then every municipality, as its share :math:`q_{t,x}` of the nation's single years: smooth in
age, and changing from one year to the next as :math:`\mu_x` for the same cohort.

References
----------
Eilers, P. and Marx, B. (1996), Flexible smoothing with B-splines and penalties, *Statistical
Science* 11(2), doi:10.1214/ss/1038425655 (difference penalties). Rizzi, S., Gampe, J. and
Eilers, P. (2015), Efficient estimation of smooth distributions from coarsely grouped data,
*American Journal of Epidemiology* 182(2), doi:10.1093/aje/kwv020.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse
from scipy.linalg import solveh_banded
from scipy.sparse.linalg import splu

from gangso.projection.cohorts import WIDTH
from gangso.scenario import DiagnosisOptions

__all__ = ["expand", "fold", "index_of", "local_ages", "national_ages"]

Floats = npt.NDArray[np.float64]
sp: Any = scipy.sparse  # its stubs know no mixture of formats

_COHORT = 20.0  # c: how much a cohort keeps to its size, against smoothness in age
_SURVIVAL = 50.0  # smoothness of log survival
_BIRTHS = 20.0  # how closely recorded births are kept
_LOCAL = 3.0  # c for the shares of a municipality, which migration moves
_EXACT = 1e4  # weight of a group's total; what is left is made up by proportional adjustment
_ROUNDS = 5
# Gompertz, the start of the alternation only: log hazard about 0.105 a year of age.
_START = (-10.3, 0.105)


def fold(single: Floats) -> Floats:
    """Add single years up to five-year groups.

    Parameters
    ----------
    single : ndarray, shape (..., X)
        X = 5 (A - 1) + 1 ages, the last one open.

    Returns
    -------
    ndarray, shape (..., A)
        The groups.
    """
    starts = np.arange(0, single.shape[-1], WIDTH)
    return np.asarray(np.add.reduceat(single, starts, axis=-1))


def expand(groups: Floats) -> Floats:
    """Give every single age the value of its group.

    Parameters
    ----------
    groups : ndarray, shape (..., A)
        One value a group, the last one open.

    Returns
    -------
    ndarray, shape (..., X)
        One value an age.
    """
    return np.concatenate([np.repeat(groups[..., :-1], WIDTH, axis=-1), groups[..., -1:]], -1)


def index_of(persons: Floats, options: DiagnosisOptions) -> Floats:
    """Extinction-risk index of age groups.

    Parameters
    ----------
    persons : ndarray, shape (..., 2, A)
        Women first.
    options : DiagnosisOptions
        Age limits.

    Returns
    -------
    ndarray, shape (...)
        Women between the limits over the old; NaN where nobody is old.
    """
    young = slice(options.women_from_age // WIDTH, options.women_below_age // WIDTH)
    women = persons[..., 0, young].sum(axis=-1)
    old = persons[..., options.old_from_age // WIDTH :].sum(axis=(-2, -1))
    return np.asarray(women / np.where(old > 0, old, np.nan))


def _second_differences(size: int) -> Any:
    return sp.csr_matrix(np.diff(np.eye(size), 2, axis=0))


def _by_group(ages: int) -> Any:
    groups = (ages - 1) // WIDTH + 1
    return sp.csr_matrix(
        (np.ones(ages), (np.arange(ages) // WIDTH, np.arange(ages))), (groups, ages)
    )


def _roughness(years: int, ages: int) -> Any:
    """Second differences over the closed ages of every year."""
    one = sp.hstack([_second_differences(ages - 1), sp.csr_matrix((ages - 3, 1))])
    return sp.csr_matrix(sp.block_diag([one] * years))


def _next_year(years: int, ages: int, kept: Floats) -> Any:
    """Rows p[t+1, x+1] - kept[x] p[t, x], over the closed ages."""
    now = sp.hstack([sp.diags(kept), sp.csr_matrix((ages - 2, 2))])
    then = sp.hstack([sp.csr_matrix((ages - 2, 1)), sp.eye(ages - 2), sp.csr_matrix((ages - 2, 1))])
    later = sp.kron(sp.eye(years - 1, years, k=1), then)
    return sp.csr_matrix(later - sp.kron(sp.eye(years - 1, years), now))


def national_ages(groups: Floats, births: Floats) -> tuple[Floats, Floats]:
    """Split the nation's groups of one sex into single years, and read off survival.

    Parameters
    ----------
    groups : ndarray, shape (T, A)
        Persons; a row of NaN is a year that was not observed.
    births : ndarray, shape (T,)
        Persons of age 0 as recorded; NaN where unknown.

    Returns
    -------
    single : ndarray, shape (T, X)
        Persons by single age; its groups equal `groups` where observed.
    log_survival : ndarray, shape (X - 1,)
        Log ratio of a cohort from one year to the next, from age x; mortality and net
        migration across the national border together.
    """
    years, size = groups.shape
    ages = WIDTH * (size - 1) + 1
    seen = np.flatnonzero(np.isfinite(groups).all(axis=1))
    mean = groups[seen].mean(axis=0)
    flat = np.repeat(mean[:-1] / WIDTH, WIDTH)
    flat = np.convolve(np.pad(flat, WIDTH, mode="edge"), np.ones(WIDTH) / WIDTH, "same")
    scale = np.append(flat[WIDTH:-WIDTH], mean[-1])
    scale = np.maximum(scale, scale.max() * 1e-6)
    log_survival = np.maximum(-np.exp(_START[0] + _START[1] * np.arange(ages - 1)), -0.7)
    weight = 1.0 / np.maximum(groups[seen], 1.0)
    pick = sp.kron(sp.eye(years, format="csr")[seen], _by_group(ages))
    total = sp.diags(weight.ravel()) @ pick @ sp.diags(np.tile(scale, years))
    wanted = (groups[seen] * weight).ravel()
    known = np.flatnonzero(np.isfinite(births))
    born = sp.csr_matrix(
        (np.ones(len(known)), (np.arange(len(known)), known * ages)), (len(known), years * ages)
    )
    rough = _roughness(years, ages)
    fixed = rough.T @ rough + _EXACT**2 * (total.T @ total) + _BIRTHS**2 * (born.T @ born)
    fixed = fixed + 1e-9 * sp.eye(years * ages)
    right = _EXACT**2 * (total.T @ wanted) + _BIRTHS**2 * (born.T @ (births[known] / scale[0]))
    single = np.empty((years, ages))
    for _ in range(_ROUNDS):
        kept = np.exp(log_survival[:-1]) * scale[:-2] / scale[1:-1]
        step = _next_year(years, ages, kept)
        solver = splu(sp.csc_matrix(fixed + _COHORT**2 * (step.T @ step)))
        single = np.maximum(solver.solve(right).reshape(years, ages), 1e-6) * scale
        log_survival = _smooth_survival(single)
    single[seen] *= expand(groups[seen] / fold(single[seen]))
    return single, log_survival


def _smooth_survival(single: Floats) -> Floats:
    """Whittaker smoothing of the log cohort ratio; the oldest age keeps its neighbour's."""
    after, before = single[1:, 1:-1].sum(axis=0), single[:-1, :-2].sum(axis=0)
    weight = np.sqrt(before / before.max())
    rough = np.diff(np.eye(len(weight)), 2, axis=0)
    full = np.diag(weight) + _SURVIVAL * rough.T @ rough
    bands = np.zeros((3, len(weight)))
    for above in range(3):
        bands[2 - above, above:] = np.diagonal(full, above)
    smooth = solveh_banded(bands, weight * np.log(after / before))
    return np.append(smooth, smooth[-1])


def local_ages(groups: Floats, nation: Floats) -> Floats:
    """Split every municipality's groups of one sex into single years.

    Parameters
    ----------
    groups : ndarray, shape (n, T, A)
        Persons; NaN where a year of a municipality was not observed.
    nation : ndarray, shape (T, X)
        As returned by `national_ages`.

    Returns
    -------
    ndarray, shape (n, T, X)
        Persons, never negative; the groups add up where observed, and are estimated where not.
    """
    observed = np.asarray(np.isfinite(groups).all(axis=2))
    seen = np.flatnonzero(np.asarray(observed.any(axis=0)))
    # One factorisation serves all: a year that only some places lack is taken from their
    # nearest year, and never used as an observation.
    nearest = np.abs(np.subtract.outer(np.arange(len(nation)), np.arange(len(nation))))
    nearest = np.where(observed[:, None, :], nearest[None], len(nation)).argmin(axis=2)
    groups = np.take_along_axis(groups, nearest[:, :, None], axis=1)
    years, ages = nation.shape
    total = fold(nation)
    share = groups[:, seen].sum(axis=(1, 2)) / nation[seen].sum()
    scale = np.maximum(share, 1e-12)
    wanted = (groups[:, seen] / total[seen]).reshape(len(groups), -1) / scale[:, None]
    pick = sp.kron(sp.eye(years, format="csr")[seen], _by_group(ages))
    adds = sp.diags(1.0 / total[seen].ravel()) @ pick @ sp.diags(nation.ravel())
    # Unknowns: the shares q, and for every age the usual change mu of a cohort's share.
    adds = sp.hstack([adds, sp.csr_matrix((adds.shape[0], ages - 2))])
    rough = sp.hstack([_roughness(years, ages), sp.csr_matrix((years * (ages - 3), ages - 2))])
    step = sp.hstack([
        _next_year(years, ages, np.ones(ages - 2)), -sp.vstack([sp.eye(ages - 2)] * (years - 1))
    ])  # fmt: skip
    even = sp.hstack([
        sp.csr_matrix((ages - 3, years * ages)), sp.csr_matrix(np.diff(np.eye(ages - 2), axis=0))
    ])  # fmt: skip
    normal = rough.T @ rough + _LOCAL**2 * (step.T @ step) + even.T @ even
    normal = normal + 1e6 * (adds.T @ adds) + 1e-8 * sp.eye(adds.shape[1])
    solution = splu(sp.csc_matrix(normal)).solve(1e6 * (adds.T @ wanted.T)).T
    shares = solution[:, : years * ages].reshape(len(groups), years, ages)
    # The least share keeps an empty group from dividing nothing by nothing.
    single = np.maximum(shares, 1e-9) * scale[:, None, None] * nation
    single[:, seen] *= expand(groups[:, seen] / fold(single[:, seen]))
    return np.asarray(single)
