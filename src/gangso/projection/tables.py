"""Tables of a projection: arrays in, named columns out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.diagnosis.decline import classify
from gangso.projection.ages import index_of
from gangso.projection.cohorts import SEXES, WIDTH, Cohorts
from gangso.projection.model import Path
from gangso.scenario import DiagnosisOptions

__all__ = [
    "age_table",
    "effect_age_table",
    "effect_table",
    "first_years",
    "nation_table",
    "place_table",
]

Floats = npt.NDArray[np.float64]
Futures = npt.NDArray[np.float32]  # (D, 4, H, n): population, index, births, the young

INTERVAL = (0.1, 0.9)  # an 80 % interval
POPULATION, INDEX, BIRTHS, YOUNG = range(4)


def _cells(cohorts: Cohorts, years: list[int]) -> pd.MultiIndex:
    return pd.MultiIndex.from_product(
        [pd.Index(list(cohorts.codes), dtype="str"), years], names=["municipality", "year"]
    )


def _ahead(cohorts: Cohorts, path: Path) -> list[int]:
    base = cohorts.years[-1]
    return [base + k for k in range(len(path.persons))]


def _bounds(futures: Futures, which: int) -> tuple[Floats, Floats]:
    """Bounds of the interval, shape (H, n); missing without futures."""
    if not len(futures):
        missing = np.full(futures.shape[2:], np.nan)
        return missing, missing
    low, high = np.quantile(futures[:, which].astype(float), INTERVAL, axis=0)
    return low, high


def place_table(
    cohorts: Cohorts,
    path: Path,
    paths: Mapping[str, Path],
    futures: Futures,
    diagnosis: DiagnosisOptions,
) -> pd.DataFrame:
    """Every municipality in every year; see `Projection.places`.

    Parameters
    ----------
    cohorts : Cohorts
        Who is projected.
    path : Path
        The main projection.
    paths : mapping of str to Path
        The projection under every strength of the feedback.
    futures : ndarray, shape (D, 4, H, n)
        Simulated futures of the main projection.
    diagnosis : DiagnosisOptions
        Index and classes.

    Returns
    -------
    DataFrame
        Index (``municipality``, ``year``).
    """
    years = _ahead(cohorts, path)
    unknown = np.full((1, len(cohorts.codes)), np.nan)

    def column(values: Floats) -> Floats:
        if len(values) < len(years):  # flows have none in the base year
            values = np.concatenate([unknown, values])
        return np.asarray(values.T.ravel())

    index = index_of(path.persons, diagnosis)
    columns = {
        "population": column(path.totals),
        "births": column(path.births),
        "deaths": column(path.deaths),
        "net_migration": column(path.net_migration),
        "extinction_index": column(index),
    }
    named = (("population", POPULATION), ("births", BIRTHS), ("index", INDEX))
    for name, which in named:
        low, high = _bounds(futures, which)
        columns |= {f"{name}_low": column(low), f"{name}_high": column(high)}
    for key, other in paths.items():
        name = "population_off" if key == "off" else f"population_{key}_feedback"
        columns[name] = column(other.totals)
    columns["index_off"] = column(index_of(paths["off"].persons, diagnosis))
    frame = pd.DataFrame(columns, index=_cells(cohorts, years))
    frame.insert(5, "extinction_class", classify(frame["extinction_index"], diagnosis.classes))
    return frame


def age_table(cohorts: Cohorts, path: Path) -> pd.DataFrame:
    """Age groups in the base year and every fifth year after.

    Parameters
    ----------
    cohorts : Cohorts
        Who is projected.
    path : Path
        The projection.

    Returns
    -------
    DataFrame
        ``municipality``, ``year``, ``sex``, ``age``, ``persons``.
    """
    years = np.array(_ahead(cohorts, path))
    marks = np.arange(0, len(years), WIDTH)
    ages = WIDTH * np.arange(cohorts.groups)
    index = pd.MultiIndex.from_product(
        [pd.Index(list(cohorts.codes), dtype="str"), years[marks], list(SEXES), ages],
        names=["municipality", "year", "sex", "age"],
    )
    persons = np.moveaxis(path.persons[marks], 0, 1)
    return pd.DataFrame({"persons": persons.ravel()}, index=index).reset_index()


def nation_table(
    places: pd.DataFrame, futures: Futures, diagnosis: DiagnosisOptions
) -> pd.DataFrame:
    """Sums over the municipalities, and how many are in each class.

    Parameters
    ----------
    places : DataFrame
        As returned by `place_table`.
    futures : ndarray, shape (D, 4, H, n)
        Simulated futures.
    diagnosis : DiagnosisOptions
        Classes and threshold of births.

    Returns
    -------
    DataFrame
        Index ``year``; ``population``, its interval, ``births``, ``deaths``,
        ``population_off``, ``births_below_threshold``, and one column a class.
    """
    sums = ["population", "births", "deaths", "population_off"]
    frame = places.groupby("year")[sums].sum(min_count=1)
    total = futures[:, POPULATION].astype(float).sum(axis=2)
    empty = np.full(total.shape[1], np.nan)
    low, high = np.quantile(total, INTERVAL, axis=0) if len(total) else (empty, empty)
    frame["population_low"] = [np.nan, *low]
    frame["population_high"] = [np.nan, *high]
    year = places.index.get_level_values("year")
    below = (places["births"] < diagnosis.births_threshold).groupby(year).sum()
    frame["births_below_threshold"] = below.where(frame["births"].notna()).astype("Int64")
    for item in diagnosis.classes:
        count = places["extinction_class"].eq(item.key).fillna(False).astype(int)
        frame[item.key] = count.groupby(year).sum()
    return frame


def first_years(
    cohorts: Cohorts, path: Path, futures: Futures, diagnosis: DiagnosisOptions
) -> pd.DataFrame:
    """First year under each threshold; see `Projection.first_years`.

    Parameters
    ----------
    cohorts : Cohorts
        Who is projected.
    path : Path
        The main projection.
    futures : ndarray, shape (D, 4, H, n)
        Simulated futures; without any, the projection itself is the only one.
    diagnosis : DiagnosisOptions
        Threshold of births; the index's lowest bound above nought.

    Returns
    -------
    DataFrame
        Index ``municipality``.
    """
    base = cohorts.years[-1]
    bounds = sorted(item.at_least for item in diagnosis.classes)
    lowest = next((bound for bound in bounds if bound > 0), 0.0)
    index = index_of(path.persons, diagnosis)
    columns = {}
    for name, which, own, limit, now in (
        ("births", BIRTHS, path.births, diagnosis.births_threshold, None),
        ("index", INDEX, index[1:], lowest, index[0]),
    ):
        values = futures[:, which].astype(float) if len(futures) else own[None]
        under = values < limit
        horizon = under.shape[1]
        first = np.where(under.any(axis=1), under.argmax(axis=1), horizon) + base + 1.0
        if now is not None:
            first = np.where(now < limit, 0.0, first)
        shown = np.where(first > base + horizon, np.inf, first)
        # Order statistics, not interpolation: a year is a year, and "not within" stays so.
        low, median, high = np.quantile(
            shown, [INTERVAL[0], 0.5, INTERVAL[1]], axis=0, method="higher"
        )
        for key, found in (("year", median), ("low", low), ("high", high)):
            columns[f"{name}_{key}"] = np.where(np.isfinite(found), found, np.nan)
        columns[f"{name}_share"] = np.isfinite(shown).mean(axis=0)
    frame = pd.DataFrame(columns)
    frame.index = pd.Index(list(cohorts.codes), name="municipality", dtype="str")
    years = [name for name in frame if not str(name).endswith("share")]
    return frame.astype(dict.fromkeys(years, "Int64"))


def effect_table(
    cohorts: Cohorts,
    without: Mapping[str, Path],
    with_plan: Mapping[str, Path],
    pair: tuple[Futures, Futures] | None,
) -> pd.DataFrame:
    """With the plan less without it; see `Projection.effect`.

    Parameters
    ----------
    cohorts : Cohorts
        Who is projected.
    without, with_plan : mapping of str to Path
        Paths by strength of the feedback.
    pair : (ndarray, ndarray) or None
        Futures without and with the plan under the same chance.

    Returns
    -------
    DataFrame
        Index (``municipality``, ``year``), every fifth year.
    """
    strengths = list(with_plan)
    years = np.array(_ahead(cohorts, with_plan[strengths[0]]))
    marks = np.arange(WIDTH, len(years), WIDTH)
    columns = {
        key: (with_plan[key].totals - without[key].totals)[marks].T.ravel() for key in strengths
    }
    middle = "mid" if "mid" in strengths else strengths[0]
    gained = (with_plan[middle].persons - without[middle].persons)[marks][..., 3:8]
    columns["young"] = gained.sum(axis=(2, 3)).T.ravel()
    if pair is not None and len(pair[0]):
        change = (pair[1] - pair[0])[:, POPULATION].astype(float)[:, marks - 1]
        low, high = np.quantile(change, INTERVAL, axis=0)
        columns |= {"interval_low": low.T.ravel(), "interval_high": high.T.ravel()}
    return pd.DataFrame(columns, index=_cells(cohorts, [int(year) for year in years[marks]]))


def effect_age_table(
    cohorts: Cohorts,
    without: Mapping[str, Path],
    with_plan: Mapping[str, Path],
    alliance: npt.NDArray[np.int64],
) -> pd.DataFrame:
    """The same by age group, for the allied municipalities.

    Parameters
    ----------
    cohorts : Cohorts
        Who is projected.
    without, with_plan : mapping of str to Path
        Paths by strength of the feedback.
    alliance : ndarray of int, shape (n,)
        Number of the alliance; -1 for none.

    Returns
    -------
    DataFrame
        Index (``municipality``, ``year``, ``age``), every fifth year; a column a strength.
    """
    rows = np.flatnonzero(alliance >= 0)
    strengths = list(with_plan)
    years = np.array(_ahead(cohorts, with_plan[strengths[0]]))
    marks = np.arange(WIDTH, len(years), WIDTH)
    codes = pd.Index([cohorts.codes[row] for row in rows], dtype="str")
    index = pd.MultiIndex.from_product(
        [codes, years[marks], WIDTH * np.arange(cohorts.groups)],
        names=["municipality", "year", "age"],
    )
    columns = {}
    for key in strengths:
        gained = (with_plan[key].persons - without[key].persons)[marks][:, rows].sum(axis=2)
        columns[key] = np.moveaxis(gained, 0, 1).ravel()
    return pd.DataFrame(columns, index=index)
