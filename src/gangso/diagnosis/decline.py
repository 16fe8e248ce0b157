"""Indicators of decline by municipality and year, and how many places they hit.

References
----------
Masuda, H. (2014), Chiho shometsu; Lee, S. (2016), "Local extinction in Korea", Korea
Employment Information Service: women aged 20-39 over residents of 65 and older, five
classes with bounds 1.5, 1.0, 0.5 and 0.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gangso.errors import BadInputError, Fault
from gangso.scenario import DiagnosisOptions, ExtinctionClass

__all__ = ["ageing", "births", "classify", "count_by_year", "item_by_year"]

_CELL = ["municipality", "year"]


def _check_bounds(population: pd.DataFrame, options: DiagnosisOptions) -> None:
    """Refuse an age limit that would cut through a group of the table."""
    bounds = sorted({int(age) for age in population["age"].unique()})
    faults = []
    for name in ("women_from_age", "women_below_age", "old_from_age"):
        age = getattr(options, name)
        if age not in bounds:
            faults.append(
                Fault(
                    "age_bound",
                    "scenario",
                    column=f"diagnosis.{name}",
                    value=str(age),
                    details={"known": ", ".join(map(str, bounds))},
                )
            )
    if faults:
        raise BadInputError(faults)


def ageing(population: pd.DataFrame, options: DiagnosisOptions) -> pd.DataFrame:
    r"""Population, its change, the share of the old, and the extinction-risk index.

    The index is :math:`W_{[a, b)} / P_{\ge c}`: women from `women_from_age` to below
    `women_below_age` over residents of `old_from_age` and older.

    Parameters
    ----------
    population : DataFrame
        Long table ``municipality``, ``year``, ``sex``, ``age`` (lower bound), ``persons``;
        optionally ``carried_back`` (1: the figure is really that of a later year).
    options : DiagnosisOptions
        Age limits and classes.

    Returns
    -------
    DataFrame
        Index (``municipality``, ``year``); ``population``, ``change_pct``,
        ``share_65plus`` (in [0, 1]), ``extinction_index``, ``extinction_class``. A cell that
        lacks one of the year's groups is missing; so is the index where nobody is old.

    Raises
    ------
    BadInputError
        If an age limit is not the lower bound of a group.
    """
    _check_bounds(population, options)
    age = population["age"]
    women = population["sex"].eq("f") & age.between(
        options.women_from_age, options.women_below_age, inclusive="left"
    )
    persons = population["persons"].astype("float64")
    parts = pd.DataFrame(
        {
            "municipality": population["municipality"].astype("str"),
            "year": population["year"].astype("int64"),
            "population": persons,
            "women": persons.where(women, 0.0),
            "old": persons.where(age >= options.old_from_age, 0.0),
            "groups": 1,
            "carried": population["carried_back"].astype("float64")
            if "carried_back" in population
            else 0.0,
        }
    )
    sums = parts.groupby(_CELL, sort=True).sum()
    # A group that a municipality lacks is unknown, not zero: its sums would be too low.
    full = sums["groups"].groupby("year").transform("max")
    sums = sums.where(sums["groups"] == full)
    total, old = sums["population"], sums["old"]
    index = sums["women"] / old.where(old > 0)
    return pd.DataFrame(
        {
            "population": total,
            "change_pct": _change_pct(total, sums["carried"] > 0),
            "share_65plus": old / total.where(total > 0),
            "extinction_index": index,
            "extinction_class": classify(index, options.classes),
        }
    )


def _change_pct(total: pd.Series, carried: pd.Series) -> pd.Series:
    """Per cent since the year before; missing after a gap in the years.

    A figure carried back from another year shows no change, in its own year or the next.
    """
    moved = total.where(~carried)
    cells = pd.MultiIndex.from_arrays(
        [total.index.get_level_values(0), total.index.get_level_values(1) + 1], names=_CELL
    )
    before = moved.set_axis(cells).reindex(total.index)
    return 100.0 * (moved / before.where(before > 0) - 1.0)


def classify(index: pd.Series, classes: Sequence[ExtinctionClass]) -> pd.Series:
    """Put each value of the index into its class.

    Parameters
    ----------
    index : Series of float
        Extinction-risk index.
    classes : sequence of ExtinctionClass
        Classes in any order; each reaches from its `at_least` up to the next one.

    Returns
    -------
    Series of str
        Key of the class; missing where the index is missing or below every class.

    Examples
    --------
    >>> from gangso.scenario import DiagnosisOptions
    >>> list(classify(pd.Series([0.19, 0.2, 1.5]), DiagnosisOptions().classes))
    ['high', 'entering', 'very_low']
    """
    ordered = sorted(classes, key=lambda item: item.at_least)
    bounds = np.array([item.at_least for item in ordered])
    values = index.to_numpy(dtype=float)
    place = np.searchsorted(bounds, values, side="right") - 1
    known = np.isfinite(values) & (place >= 0)
    keys = [ordered[p].key if ok else None for p, ok in zip(place, known, strict=True)]
    return pd.Series(keys, index=index.index, dtype="str", name="extinction_class")


def item_by_year(table: pd.DataFrame | None, item: str, value: str) -> pd.Series:
    """Take one item out of a long table.

    Parameters
    ----------
    table : DataFrame or None
        Long table with ``municipality``, ``year``, ``item`` and the values.
    item : str
        Name of the item.
    value : str
        Column of the values.

    Returns
    -------
    Series of float
        Index (``municipality``, ``year``); empty when the table or the item is absent.
    """
    if table is None:
        empty = pd.MultiIndex.from_arrays([np.array([], dtype="str"), np.array([], dtype="int64")])
        return pd.Series(index=empty.set_names(_CELL), dtype="float64", name=item)
    rows = table[table["item"].eq(item)]
    cells = pd.MultiIndex.from_arrays(
        [rows["municipality"].astype("str"), rows["year"].astype("int64")], names=_CELL
    )
    return pd.Series(rows[value].to_numpy(dtype="float64"), index=cells, name=item).sort_index()


def births(indicators: pd.DataFrame | None, options: DiagnosisOptions) -> pd.DataFrame:
    """Births, missing where too little of the municipality was counted.

    Parameters
    ----------
    indicators : DataFrame or None
        Long table with the items ``births`` and ``births_coverage`` (share of the
        municipality's population in the towns that were counted).
    options : DiagnosisOptions
        Threshold and least coverage.

    Returns
    -------
    DataFrame
        Index (``municipality``, ``year``); ``births``, ``births_below_threshold`` (nullable
        boolean) and ``undercounted`` (bool: a figure was set aside). The coverage of a year
        without one is that of the nearest year known, the earlier of two.
    """
    counted = item_by_year(indicators, "births", "value")
    coverage = _nearest_year(item_by_year(indicators, "births_coverage", "value"), counted.index)
    undercounted = coverage < options.births_coverage  # unknown coverage: the figure stands
    value = counted.where(~undercounted)
    below = (value < options.births_threshold).astype("boolean").where(value.notna())
    return pd.DataFrame(
        {"births": value, "births_below_threshold": below, "undercounted": undercounted}
    )


def _nearest_year(known: pd.Series, cells: pd.Index) -> pd.Series:
    """Value of the nearest year in which the municipality has one."""
    known = known.dropna()
    if known.empty:
        return pd.Series(np.nan, index=cells, dtype="float64")
    wanted = cells.to_frame(index=False)
    have = known.rename("known").reset_index()
    pairs = wanted.reset_index(names="cell").merge(have, on="municipality", suffixes=("", "_known"))
    pairs["distance"] = (pairs["year"] - pairs["year_known"]).abs()
    pairs = pairs.sort_values(["cell", "distance", "year_known"]).drop_duplicates("cell")
    values = pairs.set_index("cell")["known"].reindex(range(len(cells)))
    return pd.Series(values.to_numpy(dtype="float64"), index=cells)


def count_by_year(indicators: pd.DataFrame, classes: Sequence[ExtinctionClass]) -> pd.DataFrame:
    """Count the municipalities in each class and beyond each threshold, by year.

    Parameters
    ----------
    indicators : DataFrame
        As in `Diagnosis.indicators`.
    classes : sequence of ExtinctionClass
        Classes of the index.

    Returns
    -------
    DataFrame
        As in `Diagnosis.counts`; nullable integers.
    """
    year = indicators.index.get_level_values("year")
    index = indicators["extinction_index"]
    clinics = indicators["delivery_institutions"]
    below = indicators["births_below_threshold"]
    flags: dict[str, pd.Series] = {
        item.key: indicators["extinction_class"].eq(item.key) for item in classes
    }
    flags |= {
        "index_known": index.notna(),
        "index_below_0.5": index < 0.5,
        "index_below_0.2": index < 0.2,
        "births_known": below.notna(),
        "births_below_threshold": below.fillna(False).astype(bool),
        "delivery_known": clinics.notna(),
        "delivery_0": clinics == 0,
        "delivery_1_or_2": clinics.isin([1.0, 2.0]),
    }
    counts = pd.DataFrame(flags).fillna(False).groupby(year).sum().astype("Int64")
    # Nothing known of a year is not "zero municipalities".
    known_by = dict.fromkeys((*(c.key for c in classes), *_INDEX_COUNTS), "index_known")
    known_by |= {"births_below_threshold": "births_known"}
    known_by |= {"delivery_0": "delivery_known", "delivery_1_or_2": "delivery_known"}
    for column, known in known_by.items():
        counts[column] = counts[column].where(counts[known] > 0)
    counts.index.name = "year"
    return counts


_INDEX_COUNTS = ("index_below_0.5", "index_below_0.2")
