"""Backtests see nothing of the future, and beat the naive rules on Korea."""

import numpy as np
import pytest

from gangso.projection.backtest import DEFAULT, History, Window, choose, naive
from gangso.projection.cohorts import read_cohorts
from gangso.projection.measure import backtest, measures
from gangso.scenario import RateOptions
from tests.projection.conftest import province, table

OPTIONS = RateOptions()


def test_steady_growth_goes_on() -> None:
    found = History(read_cohorts(table(), province()))
    window = Window(2015, 2018)
    actual, known = found.actual(window)
    assert known.all()
    exponential = naive(found, window, "exponential")
    assert exponential == pytest.approx(actual, rel=1e-6)
    still = naive(found, window, "constant").sum(axis=(1, 2))
    assert still == pytest.approx([20_000 * np.exp(-0.1), 50_000, 200_000 * np.exp(0.05)])


def test_hamilton_perry_of_five_years_is_the_textbook() -> None:
    found = History(read_cohorts(table(), province()))
    window = Window(2015, 2020)
    groups = found.cohorts.persons
    now, then = groups[:, 5], groups[:, 0]
    wanted = now[:, :, :-2] * now[:, :, 1:-1] / then[:, :, :-2]
    made = naive(found, window, "hamilton_perry")
    assert made[:, :, 1:-1] == pytest.approx(wanted, rel=1e-9)
    last = now[..., -2:].sum(-1) * now[..., -1] / then[..., -2:].sum(-1)
    assert made[..., -1] == pytest.approx(last, rel=1e-9)


def test_the_future_does_not_reach_the_past(history: History) -> None:
    cohorts = history.cohorts
    blind = History(cohorts.until(2019))
    chosen = choose(history, 2019, OPTIONS)
    assert chosen == choose(blind, 2019, OPTIONS)
    assert max(window.target for window in chosen.windows) <= 2019
    assert np.array_equal(
        history.project(2019, 4, OPTIONS, chosen.chosen),
        blind.project(2019, 4, OPTIONS, chosen.chosen),
    )


def test_without_a_past_window_the_defaults_stand() -> None:
    found = History(read_cohorts(table(years=(2017, 2018)), province()))
    choice = choose(found, 2018, OPTIONS)
    assert choice.chosen == DEFAULT
    assert choice.windows == ()


def test_what_is_given_is_not_chosen(history: History) -> None:
    options = RateOptions(level_memory=0.9, level_damping=0.55, fertility_trend=0.1)
    found = choose(history, 2019, options).chosen
    assert (found.level_memory, found.level_damping, found.fertility_trend) == (0.9, 0.55, 0.1)


def test_errors_of_a_perfect_projection_are_nil() -> None:
    persons = np.random.default_rng(1).uniform(1, 100, (5, 2, 21))
    found = measures(persons, persons)
    assert found == {"mape": 0, "median_ape": 0, "bias": 0, "age_wape": 0, "class_right": 100}
    assert measures(1.1 * persons, persons)["mape"] == pytest.approx(10)


@pytest.mark.slow
def test_korea_is_better_than_every_naive_rule(history: History) -> None:
    windows = [Window(base, 2023) for base in (2018, 2020, 2021, 2022)]
    found = backtest(history.cohorts, windows, history=history)
    assert (found.chosen["until"] <= found.chosen["base"]).all()
    for size in ("all", "under_100000"):
        here = found.errors[found.errors["size"] == size].set_index(["base", "rule"])
        for base in (2018, 2020, 2021, 2022):
            for key in ("mape", "age_wape"):
                by_rule = here.loc[base][key]
                assert by_rule["model"] < by_rule.drop("model").min(), (base, size, key)
    longest = found.errors[
        (found.errors["size"] == "all") & (found.errors["rule"] == "model")
    ].set_index("base")
    assert longest.loc[2018, "mape"] < 4.0
    assert longest.loc[2018, "age_wape"] < 5.5
    assert longest.loc[2022, "mape"] < 0.9
