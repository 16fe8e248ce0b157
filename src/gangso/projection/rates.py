r"""Rates of change from the years observed.

For every municipality i, sex s and age x the population of next year is

.. math:: p_{i,s,x+1}(t+1) = p_{i,s,x}(t)\; S_{s,x}\; e^{\lambda_i(t) + \pi_{i,s,g(x+1)}(t)},

with :math:`S` the nation's cohort ratio (survival, and migration across the national border),
:math:`\lambda` the *level* of a place (its net migration against the nation, all ages
together) and :math:`\pi` its *pattern* by age group g (students leave, the retired come). The level
is remembered briefly and damped, the pattern slowly: who leaves is a lasting trait of a place, how
many leave is not. Both are drawn towards the province by as many persons as the options say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from gangso.errors import BadInputError, Fault
from gangso.projection.ages import fold, local_ages, national_ages
from gangso.projection.cohorts import WIDTH, Cohorts

__all__ = ["Past", "Rates", "estimate", "look_back"]

Floats = npt.NDArray[np.float64]

_FERTILE = slice(3, 10)  # groups 15-19 to 45-49
_FERTILITY_YEARS = 3  # the schedule and the places' relative fertility are of these last years
_DEATHS_FROM = 50  # from this age on a cohort of the nation changes by death alone
_OLDEST_FIT = 90
_FEWEST_ALWAYS = 0.5


@dataclass(frozen=True, eq=False)
class Past:
    """What was observed, by single year of age.

    Attributes
    ----------
    cohorts : Cohorts
        The observed groups.
    single : ndarray, shape (n, T, 2, X)
        Persons by single age, estimated.
    nation : ndarray, shape (T, 2, X)
        The same for all municipalities observed every year, together.
    log_survival : ndarray, shape (2, X - 1)
        Log of the nation's cohort ratio from age x to x + 1.
    usable : ndarray of bool, shape (n, T - 1)
        Which steps from one year to the next are between years observed.
    """

    cohorts: Cohorts
    single: Floats
    nation: Floats
    log_survival: Floats
    usable: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rates:
    """Everything that carries the population from one year to the next.

    Attributes
    ----------
    base : ndarray, shape (n, 2, X)
        Persons in the last year observed, by single age.
    kept : ndarray, shape (2, X)
        Ratio of the nation by age *reached*; the last entry is for those who reach the open
        group, `kept_open` for those who stay in it. Entry 0 is unused.
    kept_open : ndarray, shape (2,)
        See `kept`.
    hazard : ndarray, shape (2, X)
        Deaths a year per person, by age left.
    level : ndarray, shape (n,)
        Log net migration a year against the nation.
    pattern : ndarray, shape (n, 2, A)
        Log deviation by age group reached.
    schedule : ndarray, shape (X,)
        Relative fertility of women by age.
    fertility : float
        Births in the last year over women weighted by the schedule.
    fertility_change : float
        Log change a year of the same, over the last two years.
    relative_fertility : ndarray, shape (n,)
        Fertility of a place over that of the nation.
    girls : float
        Share of girls among the youngest.
    """

    base: Floats
    kept: Floats
    kept_open: Floats
    hazard: Floats
    level: Floats
    pattern: Floats
    schedule: Floats
    fertility: float
    fertility_change: float
    relative_fertility: Floats
    girls: float


def look_back(cohorts: Cohorts) -> Past:
    """Estimate single years of age for everything observed.

    Parameters
    ----------
    cohorts : Cohorts
        The observed groups.

    Returns
    -------
    Past
        Single years of age, and the nation's cohort ratios.

    Raises
    ------
    BadInputError
        If the municipalities observed in every year hold less than half of the people.
    """
    someone = np.asarray(cohorts.observed.any(axis=0))
    always = np.asarray(cohorts.observed[:, someone].all(axis=1))
    base = cohorts.totals[:, -1]
    if base[always].sum() < _FEWEST_ALWAYS * base.sum() or someone.sum() < 2:
        share = f"{base[always].sum() / base.sum():.0%}"
        raise BadInputError([Fault("projection_overlap", "population", value=share)])
    groups = cohorts.persons[always].sum(axis=0)
    youngest = groups[:, :, 0]
    total = np.nansum(youngest, axis=1)
    split = youngest / np.where(total > 0, total, np.nan)[:, None]
    born = _national_births(cohorts, always)
    parts = [national_ages(groups[:, sex], born * split[:, sex]) for sex in range(2)]
    nation = np.stack([part[0] for part in parts], axis=1)
    single = np.stack(
        [local_ages(cohorts.persons[:, :, sex], nation[:, sex]) for sex in range(2)], axis=2
    )
    first = cohorts.observed.argmax(axis=1)  # a gap inside the years observed is bridged
    usable = np.arange(len(cohorts.years) - 1)[None, :] >= first[:, None]
    return Past(cohorts, single, nation, np.stack([part[1] for part in parts]), usable)


def _national_births(cohorts: Cohorts, always: npt.NDArray[np.bool_]) -> Floats:
    """Recorded births of those always observed, raised by the youngest where some lack them."""
    births = np.where(always[:, None], cohorts.births, np.nan)
    youngest = cohorts.persons[..., 0].sum(axis=2)
    known = np.isfinite(births) & np.isfinite(youngest)
    counted = np.where(known, youngest, 0.0).sum(axis=0)
    whole = np.where(always[:, None], youngest, 0.0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        raised = np.where(known, births, 0.0).sum(axis=0) * whole / counted
    return np.where(counted > 0.5 * whole, raised, np.nan)


def estimate(
    past: Past,
    *,
    level_memory: float,
    pattern_memory: float,
    level_shrinkage: float,
    pattern_shrinkage: float,
    fertility_shrinkage: float,
) -> Rates:
    """Estimate rates from the past.

    Parameters
    ----------
    past : Past
        As returned by `look_back`.
    level_memory, pattern_memory : float
        Weight of a year against the next one, in (0, 1].
    level_shrinkage, pattern_shrinkage : float
        Persons of the province mixed into a place, and into each of its cells.
    fertility_shrinkage : float
        Births of the province mixed into a place's fertility.

    Returns
    -------
    Rates
        The rates.
    """
    kept, kept_open = _kept(past)
    reached, expected = _steps(past)
    level, pattern = _migration(
        past, reached, expected, level_memory, pattern_memory, level_shrinkage, pattern_shrinkage
    )
    schedule = _schedule(past)
    weighted = past.nation[:, 0] @ schedule
    rate = past.nation[:, :, 0].sum(axis=1) / weighted
    back = min(2, len(rate) - 1)
    recent = past.nation[-_FERTILITY_YEARS:, :, 0].sum(axis=0)
    return Rates(
        base=past.single[:, -1].copy(),
        kept=kept,
        kept_open=kept_open,
        hazard=_hazard(past),
        level=level,
        pattern=pattern,
        schedule=schedule,
        fertility=float(rate[-1]),
        fertility_change=float(np.log(rate[-1] / rate[-1 - back]) / back),
        relative_fertility=_relative_fertility(past, schedule, rate, fertility_shrinkage),
        girls=float(recent[0] / recent.sum()),
    )


def _kept(past: Past) -> tuple[Floats, Floats]:
    kept = np.ones((2, past.nation.shape[2]))
    kept[:, 1:] = np.exp(past.log_survival)
    # Those who stay in the open group: the middle of the last three years, since registers
    # are cleared of the very old now and then.
    stay = past.nation[1:, :, -1] - past.nation[:-1, :, -2] * kept[:, -1]
    ratio = stay / np.maximum(past.nation[:-1, :, -1], 1e-9)
    return kept, np.clip(np.median(ratio[-3:], axis=0), 0.3, 0.95)


def _hazard(past: Past) -> Floats:
    """Deaths: the nation's own cohorts from 50 on; a Gompertz line through them below."""
    ages = past.nation.shape[2]
    hazard = np.empty((2, ages))
    for sex in range(2):
        own = np.append(-past.log_survival[sex], 0.0)
        top = min(_OLDEST_FIT, ages - 2)
        fit = np.arange(_DEATHS_FROM, top)
        fit = fit[own[fit] > 1e-5]
        slope, start = np.polyfit(fit, np.log(own[fit]), 1) if len(fit) > 5 else (0.105, -10.3)
        hazard[sex] = np.exp(start + slope * np.arange(ages))
        hazard[sex, _DEATHS_FROM:] = np.maximum(own[_DEATHS_FROM:], 0.0)
    _, stay = _kept(past)
    hazard[:, -1] = -np.log(stay)
    return 1.0 - np.exp(-hazard)


def _steps(past: Past) -> tuple[Floats, Floats]:
    """Persons in each group who were there the year before, and how many the nation's own
    change of that year would have left; shape (n, T - 1, 2, A), zero where not usable."""
    before, after = past.single[:, :-1], past.single[:, 1:]
    moved = np.zeros_like(after)
    moved[..., 1:] = before[..., :-1]
    moved[..., -1] += before[..., -1]
    source = np.zeros_like(past.nation[1:])
    source[..., 1:] = past.nation[:-1, :, :-1]
    source[..., -1] += past.nation[:-1, :, -1]
    ratio = past.nation[1:] / np.maximum(source, 1e-12)
    ratio[..., 0] = 0.0
    came = after.copy()
    came[..., 0] = 0.0
    mask = past.usable[:, :, None, None]
    return fold(came) * mask, fold(moved * ratio) * mask


def _memory(steps: int, memory: float) -> Floats:
    return memory ** np.arange(steps - 1, -1, -1.0)


def _by_province(values: Floats, province: npt.NDArray[np.int64]) -> Floats:
    total = np.zeros((province.max() + 1, *values.shape[1:]))
    np.add.at(total, province, values)
    return np.asarray(total[province])


def _migration(
    past: Past,
    reached: Floats,
    expected: Floats,
    level_memory: float,
    pattern_memory: float,
    level_shrinkage: float,
    pattern_shrinkage: float,
) -> tuple[Floats, Floats]:
    province = past.cohorts.province
    steps = reached.shape[1]

    def pooled(memory: float) -> tuple[Floats, Floats]:
        weight = _memory(steps, memory)
        weight = weight / weight.sum()
        return (
            np.einsum("t,ntsg->nsg", weight, reached),
            np.einsum("t,ntsg->nsg", weight, expected),
        )

    def ratio(over: Floats, under: Floats, prior: Floats | float, persons: float) -> Floats:
        """Log of over / under, mixed with so many persons of the prior; 0 where unknown."""
        persons = max(persons, 1e-6)
        return np.asarray(np.log((over + persons * np.exp(prior)) / (under + persons)))

    seen, usual = pooled(level_memory)
    own, own_usual = seen.sum(axis=(1, 2)), usual.sum(axis=(1, 2))
    wide = ratio(_by_province(own, province), _by_province(own_usual, province), 0.0, 0.0)
    level = ratio(own, own_usual, wide, level_shrinkage)

    seen, usual = pooled(pattern_memory)
    mean = ratio(seen.sum(axis=(1, 2)), usual.sum(axis=(1, 2)), 0.0, 0.0)[:, None, None]
    seen_wide, usual_wide = _by_province(seen, province), _by_province(usual, province)
    mean_wide = ratio(seen_wide.sum(axis=(1, 2)), usual_wide.sum(axis=(1, 2)), 0.0, 0.0)
    prior = ratio(seen_wide, usual_wide, mean_wide[:, None, None], 1.0) - mean_wide[:, None, None]
    pattern = ratio(seen, usual, prior + mean, pattern_shrinkage) - mean
    pattern[..., 0] = np.where(np.isfinite(pattern[..., 0]), pattern[..., 0], 0.0)
    return level, pattern


def _schedule(past: Past) -> Floats:
    """Relative fertility by age: the youngest of all places explained by their women.

    Non-negative least squares over the municipalities, smooth in age and nought at both ends.
    """
    years = slice(-_FERTILITY_YEARS, None)
    women = fold(past.single[:, years, 0])[:, :, _FERTILE].sum(axis=1)
    young = past.single[:, years, :, 0].sum(axis=(1, 2))
    weight = 1.0 / np.sqrt(np.maximum(women.sum(axis=1), 1.0))
    matrix = women * weight[:, None]
    size = women.shape[1]
    bend = np.diff(np.eye(size + 2), 2, axis=0)[:, 1:-1]
    bend = bend * np.sqrt((matrix**2).sum() / size / 100.0)
    found, _ = nnls(np.vstack([matrix, bend]), np.append(young * weight, np.zeros(size)))
    if not found.any():
        found = np.ones(size)
    schedule = np.zeros(past.single.shape[-1])
    schedule[WIDTH * _FERTILE.start : WIDTH * _FERTILE.stop] = np.repeat(found, WIDTH)
    return schedule


def _relative_fertility(past: Past, schedule: Floats, rate: Floats, shrinkage: float) -> Floats:
    years = slice(-_FERTILITY_YEARS - 1, None)
    born = past.cohorts.births[:, years]
    born = np.where(np.isfinite(born), born, past.single[:, years, :, 0].sum(axis=2))
    usual = (past.single[:, years, 0] @ schedule) * rate[years]
    seen = past.cohorts.observed[:, years]
    over, under = (born * seen).sum(axis=1), (usual * seen).sum(axis=1)
    province = past.cohorts.province
    wide = _by_province(over, province) / np.maximum(_by_province(under, province), 1e-9)
    mixed = max(shrinkage, 1e-6)
    return np.asarray((over + mixed * wide) / (under + mixed))
