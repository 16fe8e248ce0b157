"""How far off the projection would have been, beside naive rules, and the choice by it.

A backtest from a base year sees nothing later than that year: ages are split, rates estimated
and the free figures chosen on windows that end at the base at the latest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from gangso.projection.ages import fold
from gangso.projection.cohorts import WIDTH, Cohorts
from gangso.projection.kernel import no_loop, run_path
from gangso.projection.model import Chosen, inputs_of
from gangso.projection.rates import Past, Rates, estimate, look_back
from gangso.scenario.projection import RateOptions

__all__ = ["DEFAULT", "RULES", "Choice", "History", "Window", "choose", "naive"]

Floats = npt.NDArray[np.float64]

# Without any past window to choose on: the middle of the grid.
DEFAULT = Chosen(level_memory=0.5, level_damping=0.8, fertility_trend=0.0)
# A trend of fertility is carried on by at most one further year's change in all (0.5 + 0.25
# + ...): a longer trend wins the windows of a steady decline and misses every turn.
_GRID = {
    "level_memory": (0.3, 0.5, 0.7),
    "level_damping": (0.7, 0.75, 0.8, 0.85, 0.9, 1.0),
    "fertility_trend": (0.0, 0.5),
}
_MOST_BASES = 4
RULES = ("constant", "linear", "exponential", "hamilton_perry")


@dataclass(frozen=True)
class Window:
    """A base year and a later year to compare with.

    Attributes
    ----------
    base : int
        Last year the projection may see.
    target : int
        Year that is projected and compared.
    """

    base: int
    target: int

    @property
    def horizon(self) -> int:
        """Years ahead."""
        return self.target - self.base


@dataclass(frozen=True)
class Choice:
    """What was chosen, and on what.

    Attributes
    ----------
    chosen : Chosen
        The figures.
    windows : tuple of Window
        The past windows they were compared on; none: the defaults stand.
    """

    chosen: Chosen
    windows: tuple[Window, ...]


class History:
    """Everything observed, seen from any base year; what is dear is kept.

    Parameters
    ----------
    cohorts : Cohorts
        All years.
    """

    def __init__(self, cohorts: Cohorts) -> None:
        self.cohorts = cohorts
        self.past = cache(self._past)
        self.rates = cache(self._rates)

    def _rates(self, base: int, options: RateOptions, level_memory: float) -> Rates:
        return estimate(
            self.past(base),
            level_memory=level_memory,
            pattern_memory=options.pattern_memory,
            level_shrinkage=options.level_shrinkage,
            pattern_shrinkage=options.pattern_shrinkage,
            fertility_shrinkage=options.fertility_shrinkage,
        )

    def _past(self, base: int) -> Past:
        return look_back(self.cohorts.until(base))

    @property
    def years(self) -> list[int]:
        """Years in which someone is observed."""
        return self.cohorts.known_years

    def windows(self, until: int) -> tuple[Window, ...]:
        """Windows that end by a year, from the latest bases that have a past.

        Parameters
        ----------
        until : int
            Last year that may be seen.

        Returns
        -------
        tuple of Window
            Of every length; at most four bases.
        """
        bases = [year for year in self.years[1:] if year < until][-_MOST_BASES:]
        return tuple(Window(b, t) for b in bases for t in self.years if b < t <= until)

    def actual(self, window: Window) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Persons in the target year of whoever is known at the base.

        Parameters
        ----------
        window : Window
            Base and target.

        Returns
        -------
        persons : ndarray, shape (n, 2, A)
            Rows as in the projection from that base.
        known : ndarray of bool, shape (n,)
            Whether the target year was observed, and the past that naive rules need.
        """
        cohorts = self.cohorts
        start = cohorts.years.index(window.base)
        rows = cohorts.observed[:, start]
        at = cohorts.years.index(window.target)
        past = cohorts.observed[:, max(start - WIDTH, 0)]
        return cohorts.persons[rows, at], (cohorts.observed[:, at] & past)[rows]

    def project(self, base: int, years: int, options: RateOptions, chosen: Chosen) -> Floats:
        """Project from a base year.

        Parameters
        ----------
        base : int
            Last year seen.
        years : int
            Years ahead.
        options : RateOptions
            Shrinkage.
        chosen : Chosen
            Memory, damping and trend.

        Returns
        -------
        ndarray, shape (years, n, 2, A)
            Persons in every year ahead.
        """
        rates = self.rates(base, options, chosen.level_memory)
        inputs = inputs_of(rates, options, chosen, years)
        return fold(run_path(inputs, no_loop(len(rates.base)), years))[1:]


def choose(history: History, base: int, options: RateOptions) -> Choice:
    """Choose memory, damping and trend on windows that end at the base at the latest.

    The rule: of all combinations of the grid take the one whose mean absolute percentage
    error of population, plus error by age, is least over those windows. Each window's errors
    are divided by those of the rule "nothing changes" and weigh as many times as it is years
    long, since planning looks far ahead. Figures given in the options are not chosen.

    Parameters
    ----------
    history : History
        What was observed.
    base : int
        Last year that may be seen.
    options : RateOptions
        What is given.

    Returns
    -------
    Choice
        The figures and the windows.
    """
    windows = history.windows(base)
    given = {key: getattr(options, key) for key in _GRID}
    axes = [_GRID[key] if value is None else (value,) for key, value in given.items()]
    combinations = [Chosen(**dict(zip(given, one, strict=True))) for one in product(*axes)]
    if not windows or len(combinations) == 1:
        kept = {key: getattr(DEFAULT, key) if v is None else v for key, v in given.items()}
        return Choice(Chosen(**kept), ())
    targets = {}
    for window in windows:
        actual, known = history.actual(window)
        still = naive(history, window, "constant")[known]
        targets[window] = known, actual[known], [m(still, actual[known]) for m in _MEASURES]

    def loss(one: Chosen) -> float:
        total = 0.0
        for base in sorted({window.base for window in windows}):
            mine = [window for window in windows if window.base == base]
            path = history.project(base, max(w.horizon for w in mine), options, one)
            for window in mine:
                known, actual, still = targets[window]
                made = path[window.horizon - 1][known]
                total += window.horizon * sum(
                    measure(made, actual) / max(of_still, 1e-9)
                    for measure, of_still in zip(_MEASURES, still, strict=True)
                )
        return total

    losses = {one: loss(one) for one in combinations}
    return Choice(min(combinations, key=lambda one: losses[one]), windows)


def _mape(projected: Floats, actual: Floats) -> float:
    return float(np.abs(projected.sum(axis=(1, 2)) / actual.sum(axis=(1, 2)) - 1.0).mean())


def _by_age(projected: Floats, actual: Floats) -> float:
    return float(np.abs(projected - actual).sum() / actual.sum())


_MEASURES = (_mape, _by_age)


def naive(history: History, window: Window, rule: str) -> Floats:
    r"""Project by a rule that needs no thought, from the same past.

    ``constant``: nothing changes. ``linear``, ``exponential``: the change of the last five
    years (or as many as there are) goes on, ages keep their shares. ``hamilton_perry``:
    cohort change ratios :math:`p_{x+k}(b) / p_x(b-k)` over the last five years (or as many,
    w, as there are) raised to the power horizon / w, and the child-woman ratio of the base;
    over five years from five years of past these are the textbook's ratios of groups.

    Parameters
    ----------
    history : History
        What was observed.
    window : Window
        Base and target.
    rule : {"constant", "linear", "exponential", "hamilton_perry"}
        The rule.

    Returns
    -------
    ndarray, shape (n, 2, A)
        Persons in the target year.

    References
    ----------
    Swanson, D., Schlottmann, A. and Schmidt, B. (2010), Forecasting the population of census
    tracts by age and sex, *Population Research and Policy Review* 29,
    doi:10.1007/s11113-009-9144-7.
    """
    past = history.past(window.base)
    groups = fold(past.single)
    width = min(WIDTH, groups.shape[1] - 1)
    now, then = groups[:, -1], groups[:, -1 - width]
    reach = window.horizon / width
    if rule == "hamilton_perry":
        return _hamilton_perry(past.single, width, window.horizon)
    after, before = now.sum(axis=(1, 2)), then.sum(axis=(1, 2))
    if rule == "linear":
        factor = np.maximum(1.0 + reach * (after - before) / after, 0.0)
    elif rule == "exponential":
        factor = (after / before) ** reach
    else:
        factor = np.ones(len(after))
    return np.asarray(now * factor[:, None, None])


def _hamilton_perry(single: Floats, width: int, horizon: int) -> Floats:
    def older(persons: Floats, years: int) -> Floats:
        moved = np.zeros_like(persons)
        moved[..., years:] = persons[..., : persons.shape[-1] - years]
        moved[..., -1] += persons[..., persons.shape[-1] - years :].sum(axis=-1)
        return fold(moved)

    now = single[:, -1]
    before = older(single[:, -1 - width], width)
    # Where nobody was there before, there is no ratio: the cohort is left as it is.
    ratio = np.where(before > 0.5, fold(now) / np.maximum(before, 0.5), 1.0)
    years = min(horizon, WIDTH)
    # Every further five years take the same ratios of the groups then reached.
    out = older(now, years) * ratio ** (years / width)
    women = slice(3, 10)
    child_woman = fold(now)[..., 0] / fold(now)[:, 0, women].sum(axis=-1)[:, None]
    out[..., 0] = child_woman * out[:, 0, women].sum(axis=-1)[:, None]
    left = horizon - years
    while left > 0:
        step = min(left, WIDTH)
        spread = np.concatenate(
            [np.repeat(out[..., :-1] / WIDTH, WIDTH, axis=-1), out[..., -1:]], axis=-1
        )
        out = older(spread, step) * ratio ** (step / width)
        out[..., 0] = child_woman * out[:, 0, women].sum(axis=-1)[:, None]
        left -= step
    return np.asarray(out)
