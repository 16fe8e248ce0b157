"""Small made-up countries with known movements, and the real one looked at once."""

import numpy as np
import pandas as pd
import pytest

from gangso.projection import cohorts_of
from gangso.projection.backtest import History
from gangso.territory.model import Territory

AGES = tuple(range(0, 105, 5))


def table(
    size: tuple[float, ...] = (20_000, 50_000, 200_000),
    years: tuple[int, ...] = tuple(range(2010, 2019)),
    growth: tuple[float, ...] = (-0.02, 0.0, 0.01),
) -> pd.DataFrame:
    """A population table of places that keep their age shape and grow at their own pace."""
    rows = []
    shape = np.exp(-((np.array(AGES) - 35.0) ** 2) / 1800.0)
    shape = shape / shape.sum() / 2.0
    for number, (people, pace) in enumerate(zip(size, growth, strict=True)):
        for year in years:
            now = people * np.exp(pace * (year - years[0]))
            for sex in "fm":
                for age, share in zip(AGES, shape, strict=True):
                    rows.append((f"{number:02d}", year, sex, age, now * share))
    return pd.DataFrame(rows, columns=["municipality", "year", "sex", "age", "persons"])


def province(count: int = 3) -> pd.Series:
    """Everyone in one province."""
    return pd.Series("p", index=[f"{number:02d}" for number in range(count)], name="province")


@pytest.fixture(scope="session")
def history(korea: Territory) -> History:
    """Everything observed in Korea, its ages split where a test asks."""
    return History(cohorts_of(korea))
