"""Errors of a projection against what was observed later, and the backtest that prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.diagnosis.decline import classify
from gangso.projection.ages import index_of
from gangso.projection.backtest import RULES, Choice, History, Window, choose, naive
from gangso.projection.chance import draw_shocks, learn_noise
from gangso.projection.cohorts import WIDTH, Cohorts
from gangso.projection.kernel import no_loop, run_draws
from gangso.projection.model import Chosen, inputs_of
from gangso.scenario import DiagnosisOptions
from gangso.scenario.projection import RateOptions

__all__ = ["SIZES", "Backtest", "backtest", "measures", "size_classes"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Upper bounds of the size classes, by population at the base.
SIZES = (50_000.0, 100_000.0, 300_000.0)
MODEL = "model"


@dataclass(frozen=True, eq=False)
class Backtest:
    """How far off the projection and the naive rules were.

    Attributes
    ----------
    errors : DataFrame
        One row a window, rule and size class; columns ``base``, ``target``, ``rule``
        (``model``, ``constant``, ``linear``, ``exponential``, ``hamilton_perry``), ``size``
        (``all``, ``under_100000`` and the classes between the bounds), ``municipalities``,
        ``mape``, ``median_ape``, ``bias``, ``age_wape``, ``class_right`` (all per cent).
    by_age : DataFrame
        One row a window, rule and age group (both sexes together): ``base``, ``target``,
        ``rule``, ``age``, ``wape``, ``bias``, ``wape_small`` (places under 100,000), per cent.
    coverage : DataFrame
        One row a window: per cent of places within the 80 % interval of ``population``, of
        those under 100,000 (``population_small``), of the ``index``, and the interval's median
        width ``width_pct`` in per cent of the population.
    chosen : DataFrame
        What was chosen at every base, and on how many windows, the latest of which ended at
        ``until``.
    """

    errors: pd.DataFrame
    by_age: pd.DataFrame
    coverage: pd.DataFrame
    chosen: pd.DataFrame


def measures(
    projected: Floats, actual: Floats, options: DiagnosisOptions | None = None
) -> dict[str, float]:
    """Errors of a projection, in per cent.

    Parameters
    ----------
    projected, actual : ndarray, shape (n, 2, A)
        Persons of the same municipalities.
    options : DiagnosisOptions, optional
        Index and classes; the published ones by default.

    Returns
    -------
    dict of str to float
        ``mape`` (mean absolute percentage error of population), ``median_ape``, ``bias``
        (mean percentage error), ``age_wape`` (absolute errors of all cells over all
        persons), ``class_right`` (share of places in the right class of the index).
    """
    options = options or DiagnosisOptions()
    if not len(actual):
        keys = ("mape", "median_ape", "bias", "age_wape", "class_right")
        return dict.fromkeys(keys, float("nan"))
    error = 100.0 * (projected.sum(axis=(1, 2)) / actual.sum(axis=(1, 2)) - 1.0)
    classes = [
        classify(pd.Series(index_of(persons, options)), options.classes).astype("object")
        for persons in (projected, actual)
    ]
    return {
        "mape": float(np.abs(error).mean()),
        "median_ape": float(np.median(np.abs(error))),
        "bias": float(error.mean()),
        "age_wape": float(100.0 * np.abs(projected - actual).sum() / actual.sum()),
        "class_right": float(100.0 * (classes[0] == classes[1]).mean()),
    }


def size_classes(people: Floats) -> dict[str, Flags]:
    """Flags of every size class, ``all`` and ``under_100000`` first.

    Parameters
    ----------
    people : ndarray, shape (n,)
        Population at the base.

    Returns
    -------
    dict of str to ndarray of bool
        By key.
    """
    found = {"all": np.ones(len(people), dtype=bool), "under_100000": people < 100_000}
    low = 0.0
    for high in (*SIZES, np.inf):
        key = f"{low:.0f}_{high:.0f}" if np.isfinite(high) else f"{low:.0f}_and_more"
        found[key] = (people >= low) & (people < high)
        low = high
    return found


def backtest(
    cohorts: Cohorts,
    windows: Sequence[Window],
    rates: RateOptions | None = None,
    diagnosis: DiagnosisOptions | None = None,
    history: History | None = None,
    *,
    draws: int = 200,
    seed: int = 2018,
) -> Backtest:
    """Project from past bases and compare, beside naive rules.

    Parameters
    ----------
    cohorts : Cohorts
        Everything observed.
    windows : sequence of Window
        Bases and targets; memory, damping and trend are chosen anew at every base, on
        windows that end there.
    rates : RateOptions, optional
        Shrinkage.
    diagnosis : DiagnosisOptions, optional
        Index and classes.
    history : History, optional
        Saves splitting ages again, if it is at hand.
    draws, seed : int
        Simulated futures behind the intervals, and their seed.

    Returns
    -------
    Backtest
        Errors.
    """
    rates, diagnosis = rates or RateOptions(), diagnosis or DiagnosisOptions()
    history = history or History(cohorts)
    errors, by_age, coverage, choices, futures = [], [], [], {}, {}
    longest = {w.base: max(o.horizon for o in windows if o.base == w.base) for w in windows}
    for window in windows:
        if window.base not in choices:
            choices[window.base] = choose(history, window.base, rates)
            futures[window.base] = _futures(
                history, window.base, longest[window.base], rates,
                choices[window.base].chosen, diagnosis, draws, seed,
            )  # fmt: skip
        actual, known = history.actual(window)
        people = history.past(window.base).cohorts.totals[:, -1]
        made = {MODEL: history.project(
            window.base, window.horizon, rates, choices[window.base].chosen
        )[-1]}  # fmt: skip
        made |= {rule: naive(history, window, rule) for rule in RULES}
        for rule, projected in made.items():
            key = {"base": window.base, "target": window.target, "rule": rule}
            for size, flags in size_classes(people).items():
                rows = known & flags
                found = measures(projected[rows], actual[rows], diagnosis)
                errors.append({**key, "size": size, "municipalities": int(rows.sum()), **found})
            by_age += _by_age(key, projected, actual, known, known & (people < 100_000))
        coverage.append(
            {"base": window.base, "target": window.target}
            | _coverage(futures[window.base][:, :, window.horizon - 1], actual, known, diagnosis)
        )
    return Backtest(
        pd.DataFrame(errors), pd.DataFrame(by_age), pd.DataFrame(coverage), _chosen(choices)
    )


def _futures(
    history: History,
    base: int,
    years: int,
    options: RateOptions,
    chosen: Chosen,
    diagnosis: DiagnosisOptions,
    draws: int,
    seed: int,
) -> Floats:
    """Simulated futures from a past base, shape (D, 4, years, n)."""
    rates = history.rates(base, options, chosen.level_memory)
    noise = learn_noise(history, base, options, chosen, diagnosis)
    cohorts = history.past(base).cohorts
    count = len(cohorts.codes)
    shocks, fertility = draw_shocks(
        noise, cohorts.province, np.arange(count), years, seed, range(draws)
    )
    limits = (diagnosis.women_from_age, diagnosis.women_below_age, diagnosis.old_from_age)
    inputs = inputs_of(rates, options, chosen, years)
    return run_draws(inputs, no_loop(count), shocks, noise.load, fertility, np.array(limits))


def _coverage(
    futures: Floats, actual: Floats, known: Flags, diagnosis: DiagnosisOptions
) -> dict[str, float]:
    """Share of places within their 80 % intervals; futures of shape (D, 4, n)."""
    people = actual.sum(axis=(1, 2))
    low, high = np.quantile(futures[:, :2], (0.1, 0.9), axis=0)
    inside = (people >= low[0]) & (people <= high[0])
    index = index_of(actual, diagnosis)
    index_inside = (index >= low[1]) & (index <= high[1])
    small = known & (people < 100_000)
    return {
        "population": float(100.0 * inside[known].mean()),
        "population_small": float(100.0 * inside[small].mean()) if small.any() else float("nan"),
        "index": float(100.0 * index_inside[known].mean()),
        "width_pct": float(np.median(100.0 * (high[0] - low[0])[known] / people[known])),
    }


def _by_age(
    key: dict[str, object], projected: Floats, actual: Floats, known: Flags, small: Flags
) -> list[dict[str, object]]:
    made, true = projected.sum(axis=1), actual.sum(axis=1)
    miss = np.abs(projected - actual).sum(axis=1)
    rows = []
    for group in range(actual.shape[2]):
        total = true[known, group].sum()
        few = true[small, group].sum()
        rows.append(
            {
                **key,
                "age": WIDTH * group,
                "wape": 100.0 * miss[known, group].sum() / total if total else float("nan"),
                "bias": 100.0 * (made[known, group].sum() / total - 1) if total else float("nan"),
                "wape_small": 100.0 * miss[small, group].sum() / few if few else float("nan"),
            }
        )
    return rows


def _chosen(choices: dict[int, Choice]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "base": base,
                "level_memory": choice.chosen.level_memory,
                "level_damping": choice.chosen.level_damping,
                "fertility_trend": choice.chosen.fertility_trend,
                "windows": len(choice.windows),
                "until": max((w.target for w in choice.windows), default=base),
            }
            for base, choice in sorted(choices.items())
        ]
    )
