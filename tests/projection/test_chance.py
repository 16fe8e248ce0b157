"""Chance: calibrated on past errors, the same by seed, the same everywhere."""

import numpy as np
import pytest

from gangso.engine import open_engine
from gangso.opening import open_scenario
from gangso.projection import prepare, project
from gangso.projection.backtest import History, Window, choose
from gangso.projection.chance import Noise, draw_shocks, learn_noise
from gangso.projection.cohorts import read_cohorts
from gangso.projection.measure import backtest
from gangso.scenario import RateOptions
from gangso.territory.model import Territory
from tests.projection.conftest import province, table


def noise(count: int, share: float = 0.3, persistence: float = 0.0) -> Noise:
    """Chance of known size."""
    return Noise(
        scale=np.full(count, 0.01),
        young_scale=np.full(count, 0.02),
        persistence=persistence,
        province_share=share,
        load=np.ones(4),
        fertility_scale=0.05,
        pool=np.random.default_rng(3).normal(size=5000),
        errors=5000,
    )


def test_shocks_have_the_size_and_correlation_asked_for() -> None:
    provinces = np.repeat(np.arange(2), 2)
    shocks, fertility = draw_shocks(noise(4), provinces, np.arange(4), 3, 7, range(4000))
    assert shocks.std(axis=0) == pytest.approx(np.tile([0.01, 0.02], (3, 4, 1)), rel=0.06)
    between = np.corrcoef(shocks[:, 0, :, 0].T)
    assert between[0, 1] == pytest.approx(0.3, abs=0.06)
    assert between[0, 2] == pytest.approx(0.0, abs=0.06)
    assert fertility[:, 2].std() == pytest.approx(0.05 * np.sqrt(3), rel=0.05)


def test_a_future_is_the_same_in_whatever_company() -> None:
    provinces = np.zeros(3, dtype=int)
    all_of_them, _ = draw_shocks(noise(3), provinces, np.arange(3), 4, 5, range(10))
    some, _ = draw_shocks(noise(3), provinces, np.arange(3), 4, 5, range(6, 8))
    assert np.array_equal(all_of_them[6:8], some)


def test_a_place_keeps_its_shocks_when_places_are_reordered() -> None:
    provinces = np.array([0, 1, 0])
    order = np.array([2, 0, 1])
    straight, _ = draw_shocks(noise(3), provinces, np.arange(3), 4, 5, range(3))
    mixed, _ = draw_shocks(noise(3), provinces[order], order, 4, 5, range(3))
    assert np.array_equal(mixed, straight[:, :, order])


def test_without_a_past_the_defaults_are_named() -> None:
    history = History(read_cohorts(table(years=(2017, 2018)), province()))
    chosen = choose(history, 2018, RateOptions()).chosen
    assert learn_noise(history, 2018, RateOptions(), chosen).errors == 0


@pytest.mark.slow
def test_intervals_of_korea_cover(history: History) -> None:
    found = backtest(history.cohorts, [Window(2021, 2023), Window(2022, 2023)], history=history)
    assert found.coverage["population"].between(70, 92).all()
    assert found.coverage["index"].between(65, 92).all()


@pytest.mark.slow
def test_more_draws_narrow_the_error_and_the_seed_decides(korea: Territory) -> None:
    scenario, _ = open_scenario({"projection": {"horizon": 5, "draws": 30}}, territory=korea)
    prepared = prepare(korea, scenario.projection, scenario.diagnosis)

    def bound(draws: int, seed: int) -> np.ndarray:
        asked = scenario.model_copy(
            update={
                "seed": seed,
                "projection": scenario.projection.model_copy(update={"draws": draws}),
            }
        )
        found = project(korea, asked, prepared=prepared)
        return found.places["population_high"].xs(2028, level="year").to_numpy()

    assert np.array_equal(bound(30, 1), bound(30, 1))
    few = np.std([bound(20, seed) for seed in range(6)], axis=0).mean()
    many = np.std([bound(180, seed) for seed in range(6)], axis=0).mean()
    assert many < 0.6 * few


@pytest.mark.slow
def test_processes_give_the_same_figures(korea: Territory) -> None:
    scenario, _ = open_scenario({"projection": {"horizon": 5, "draws": 60}}, territory=korea)
    prepared = prepare(korea, scenario.projection, scenario.diagnosis)
    here = project(korea, scenario, prepared=prepared)
    with open_engine("processes:2") as engine:
        beside = project(korea, scenario, prepared=prepared, engine=engine)
    assert here.places.equals(beside.places)
    assert here.first_years.equals(beside.first_years)
