"""From the tables of a territory to one outcome by municipality and year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gangso.errors import BadInputError, Fault
from gangso.scenario import Outcome
from gangso.territory.model import Territory

__all__ = ["outcome_panel"]


def outcome_panel(territory: Territory, outcome: Outcome, path: str) -> pd.DataFrame:
    """Lay out one outcome by municipality and year, on the scale that is compared.

    Parameters
    ----------
    territory : Territory
        The territory.
    outcome : Outcome
        What is followed.
    path : str
        Dotted path of the outcome in the scenario, for faults.

    Returns
    -------
    DataFrame
        Index ``code`` (every municipality), one column a year; natural logarithms if the
        outcome says so. Missing where the table has no figure, its coverage is too low, or
        the figure (or what it is divided by) is zero and has no logarithm.

    Raises
    ------
    MissingTableError
        If the table is missing.
    BadInputError
        If the item is not in the table, or an age limit cuts through a group.
    """
    build = {"population": _people, "indicator": _indicator, "net_flow": _net_flow}
    values = build[outcome.table](territory, outcome, path)
    values = values.reindex(territory.municipalities.index).sort_index(axis=1)
    if outcome.years is not None:
        low, high = outcome.years
        kept = [year for year in values.columns if low <= int(str(year)) <= high]
        values = values[kept]
    if outcome.scale == "log":
        values = pd.DataFrame(
            np.log(values.where(values > 0)), index=values.index, columns=values.columns
        )
    return values.rename_axis(index="code", columns="year")


def _people(territory: Territory, outcome: Outcome, path: str) -> pd.DataFrame:
    table = territory.require("population")
    ages = sorted(table["age"].unique())
    limits = {"from_age": outcome.from_age, "below_age": outcome.below_age,
              "per_age": outcome.per_age}  # fmt: skip
    faults = [
        Fault("age_bound", "scenario", None, f"{path}.{name}", str(limit),
              {"known": ", ".join(map(str, ages))})
        for name, limit in limits.items()
        if limit is not None and limit not in ages and not limit > ages[-1]
    ]  # fmt: skip
    if faults:
        raise BadInputError(faults)
    keep = table["age"] >= (outcome.from_age or 0)
    if outcome.below_age is not None:
        keep &= table["age"] < outcome.below_age
    if outcome.sex is not None:
        keep &= table["sex"] == outcome.sex
    own = _by_year(table[keep], "persons")
    if outcome.per_age is None:
        return own
    return own / _by_year(table[table["age"] >= outcome.per_age], "persons").where(lambda x: x > 0)


def _by_year(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Add up a column by municipality and year; missing where nothing is known."""
    sums = table.groupby(["municipality", "year"], observed=True)[column].sum(min_count=1)
    return sums.reset_index().pivot_table(index="municipality", columns="year", values=column)


def _item(territory: Territory, item: str, path: str) -> pd.DataFrame:
    table = territory.require("indicators")
    rows = table[table["item"] == item]
    if rows.empty:
        details = {"known": ", ".join(sorted(table["item"].unique()))}
        raise BadInputError([Fault("evaluation_item", "scenario", None, path, item, details)])
    return rows.pivot_table(index="municipality", columns="year", values="value")


def _indicator(territory: Territory, outcome: Outcome, path: str) -> pd.DataFrame:
    values = _item(territory, str(outcome.item), f"{path}.item")
    if outcome.coverage is not None:
        known = _item(territory, outcome.coverage, f"{path}.coverage")
        values = values.where(~(known.reindex_like(values) < outcome.least_coverage))
    if outcome.per is not None:
        below = _item(territory, outcome.per, f"{path}.per").reindex_like(values)
        values = values / below.where(below > 0)
    return values


def _net_flow(territory: Territory, outcome: Outcome, path: str) -> pd.DataFrame:
    flows = territory.require("flows")
    rows = flows[(flows["kind"] == outcome.item) & flows["year"].notna()]
    rows = rows[rows["origin"] != rows["destination"]]
    if rows.empty:
        details = {"known": ", ".join(sorted(flows["kind"].unique()))}
        raise BadInputError(
            [Fault("evaluation_item", "scenario", None, f"{path}.item", outcome.item, details)]
        )
    index = territory.municipalities.index
    years = sorted(int(year) for year in rows["year"].unique())
    sides = [
        rows.pivot_table(index=end, columns="year", values="amount", aggfunc="sum")
        .reindex(index=index, columns=years)
        .fillna(0.0)
        for end in ("destination", "origin")
    ]
    # Those who live there now: a common yardstick, as the table may not have every year.
    return (sides[0] - sides[1]).div(territory.municipalities["population"], axis=0) * 1000.0
