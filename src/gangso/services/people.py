"""How many people of each group live in each settlement, in the year of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gangso.territory import Territory
from gangso.texts import LANGUAGES, say

__all__ = ["GROUPS", "People", "count_people"]

#: Groups and the ages they span (from, below; years) and their sex.
GROUPS = ("all", "women_15_49", "65plus", "children")
_AGES = {"women_15_49": (15, 50, "f"), "65plus": (65, 999, None), "children": (0, 15, None)}
_COLUMNS = {"women_15_49": "women_15_49", "65plus": "population_65plus"}


@dataclass(frozen=True, eq=False)
class People:
    """People by settlement.

    Attributes
    ----------
    table : DataFrame
        Indexed by settlement code: ``municipality``, ``name``, ``lon``, ``lat`` and one column
        a group (`GROUPS`, persons; missing where it cannot be known).
    basis : mapping of str to tuple of str
        How the figures were found, by language.
    """

    table: pd.DataFrame
    basis: Mapping[str, tuple[str, ...]]


def count_people(territory: Territory, codes: pd.Index, year: int | None = None) -> People:
    """Count the people of each group in each settlement.

    Settlements give the distribution within a municipality, the population table gives the
    municipality's totals of the year: each settlement's figure is scaled to them. Groups that
    the settlements do not carry are spread over them by their residents under 65 (all residents
    where even those are unknown).

    Parameters
    ----------
    territory : Territory
        The territory.
    codes : Index
        Settlement codes of the network, in its order.
    year : int, optional
        Year of the totals; without a population table the settlements' own figures stand.

    Returns
    -------
    People
        People by settlement.
    """
    table = _settlements(territory).reindex(codes)
    totals, year = _totals(territory, year)
    groups: dict[str, pd.Series] = {}
    residents = table["population"].astype(float)
    old = table["population_65plus"].astype(float)
    young = (residents - old.fillna(0)).clip(lower=0)
    for group in GROUPS:
        own = residents if group == "all" else table.get(_COLUMNS.get(group, ""))
        known = own is not None and bool(own.notna().any())
        weight = own.astype(float) if known and own is not None else young
        groups[group] = _scaled(
            weight, table["municipality"], None if totals is None else totals[group], known
        )
    people = table[["municipality", "name", "lon", "lat"]].assign(**groups)
    spread = [
        group
        for group in ("women_15_49", "children")
        if _COLUMNS.get(group, "") not in table or table[_COLUMNS[group]].isna().all()
    ]
    basis = {}
    for lang in LANGUAGES:
        lines = []
        if totals is not None:
            lines.append(say("services.basis.scaled", lang, year=year))
            lines += [
                say("services.basis.spread", lang, group=say(f"services.group.{group}", lang))
                for group in spread
            ]
        else:
            lines.append(say("services.basis.plain", lang))
        basis[lang] = tuple(lines)
    return People(people.rename_axis("settlement"), basis)


def _settlements(territory: Territory) -> pd.DataFrame:
    columns = ["municipality", "name", "lon", "lat", "population", "population_65plus"]
    own = territory.municipalities
    bare = own
    frames = []
    if territory.settlements is not None:
        towns = territory.settlements.set_index("code")
        kept = [*columns, "women_15_49"] if "women_15_49" in towns else columns
        frames.append(towns.reindex(columns=kept))
        bare = own[~own.index.isin(towns["municipality"])]
    if len(bare):
        frames.append(bare.assign(municipality=bare.index).reindex(columns=columns))
    return pd.concat(frames)


def _totals(
    territory: Territory, year: int | None
) -> tuple[dict[str, pd.Series] | None, int | None]:
    """Municipal totals of each group in a year, or None without the population table."""
    cohort = territory.population
    if cohort is None:
        return None, None
    years = sorted(int(y) for y in cohort["year"].unique())
    year = year if year is not None else territory.metadata.reference_year or years[-1]
    cohort = cohort[cohort["year"] == (year if year in years else years[-1])]
    totals = {"all": cohort.groupby("municipality")["persons"].sum()}
    for group, (low, high, sex) in _AGES.items():
        chosen = cohort[(cohort["age"] >= low) & (cohort["age"] < high)]
        if sex is not None:
            chosen = chosen[chosen["sex"] == sex]
        totals[group] = chosen.groupby("municipality")["persons"].sum()
    return totals, year if year in years else years[-1]


def _scaled(
    weight: pd.Series, municipality: pd.Series, totals: pd.Series | None, known: bool
) -> pd.Series:
    """Scale weights to the totals of their municipality; even shares where all weigh nothing."""
    if totals is None:
        return weight if known else pd.Series(np.nan, index=weight.index)
    weight = weight.fillna(0.0)
    base = weight.groupby(municipality).transform("sum")
    weight = weight.where(base > 0, 1.0)
    share = weight / weight.groupby(municipality).transform("sum")
    return share * municipality.map(totals).astype(float)
