"""Single years: they add up, they follow cohorts, and they find a known pyramid again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.projection.ages import expand, fold, local_ages, national_ages
from gangso.projection.backtest import History


def pyramid(years: int, seed: int = 0) -> np.ndarray:
    """A closed nation with a baby boom that begins within a group, shape (years, 101)."""
    rng = np.random.default_rng(seed)
    born = 1000.0 + 300.0 * np.sin(np.arange(101 + years) / 7.0) + rng.normal(0, 10, 101 + years)
    born[40 + years :] *= 1.5
    survival = np.exp(-np.cumsum(np.exp(-10.3 + 0.105 * np.arange(101))))
    return np.stack([born[years - t : years - t + 101] * survival for t in range(years)])


def test_fold_and_expand() -> None:
    single = np.arange(11.0)
    assert fold(single).tolist() == [10, 35, 10]
    assert expand(np.array([1.0, 2.0, 3.0])).tolist() == [1] * 5 + [2] * 5 + [3]


def test_the_nations_single_years_are_found_again() -> None:
    true = pyramid(9)
    found, log_survival = national_ages(fold(true), np.full(9, np.nan))
    assert fold(found) == pytest.approx(fold(true), rel=1e-9)
    error = np.abs(found[-1, 5:90] - true[-1, 5:90]).sum() / true[-1, 5:90].sum()
    even = expand(fold(true) / 5)[-1, 5:90]
    assert error < 0.02
    assert error < 0.5 * np.abs(even - true[-1, 5:90]).sum() / true[-1, 5:90].sum()
    hazard = np.exp(-10.3 + 0.105 * np.arange(1, 101))
    assert log_survival[40:80] == pytest.approx(-hazard[40:80], abs=0.01)


def test_unobserved_years_are_bridged() -> None:
    true = pyramid(9)
    groups = fold(true)
    groups[[1, 2, 5, 6]] = np.nan
    found, _ = national_ages(groups, np.full(9, np.nan))
    error = np.abs(found[5, 5:90] - true[5, 5:90]).sum() / true[5, 5:90].sum()
    assert error < 0.03


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_places_add_up_and_nobody_is_negative(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nation = pyramid(4)
    groups = fold(nation)[None] * rng.uniform(0.0, 0.4, (3, 4, 21))
    groups[0, :, rng.integers(0, 21)] = 0.0
    groups[1, 0] = np.nan
    found = local_ages(groups, nation)
    assert (found >= 0).all()
    seen = np.isfinite(groups)
    assert fold(found)[seen] == pytest.approx(groups[seen], rel=1e-9, abs=1e-6)


def test_korea_adds_up(history: History) -> None:
    past = history.past(2023)
    persons = past.cohorts.persons[:, -1]
    assert fold(past.single[:, -1]) == pytest.approx(persons, rel=1e-9, abs=1e-6)
    # Recorded births hold the youngest: 303, 272 and 261 thousand in 2019, 2020 and 2021.
    youngest = past.nation[4:7, :, 0].sum(axis=1)
    assert youngest == pytest.approx([302_676, 272_337, 260_562], rel=0.02)
