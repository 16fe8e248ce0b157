"""The national imbalance ledger: how many small places, on how much land, with how few people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gangso.diagnosis.decline import item_by_year
from gangso.diagnosis.rules import rule_matches
from gangso.errors import BadInputError, Fault, MissingTableError
from gangso.scenario import LedgerOptions, Rule
from gangso.territory.metadata import Item
from gangso.territory.model import Territory
from gangso.texts import LANGUAGES, say

__all__ = ["draw_up_ledger", "ledger_population", "left_out_groups"]

_COLUMNS = (
    "group", "label_ko", "label_en", "municipalities", "population", "population_pct",
    "area_km2", "land_pct", "land_pct_cities", "jobs_pct", "source_ko", "source_en",
)  # fmt: skip
_NUMBERS = (
    "population", "population_pct", "area_km2", "land_pct", "land_pct_cities", "jobs_pct",
)  # fmt: skip


def ledger_population(
    territory: Territory, options: LedgerOptions
) -> tuple[pd.Series, int | None, str]:
    """Population that the ledger counts, by municipality.

    Parameters
    ----------
    territory : Territory
        The territory.
    options : LedgerOptions
        Item and year. Without an item it is the registered population of the year, from the
        population table or, failing that table, the municipalities table. Without a year
        it is the reference year, or the latest of the item.

    Returns
    -------
    population : Series of float
        By municipality; missing where unknown.
    year : int or None
        Its year; None where the package does not say.
    item : str
        ``"registered"``, ``"residents"`` (of the municipalities table), or the item's name.

    Raises
    ------
    MissingTableError
        If an item is asked for and there are no indicators.
    BadInputError
        If the item or the year does not exist.
    """
    codes = territory.municipalities.index
    reference = territory.metadata.reference_year
    if options.item is None:
        table = territory.population
        if table is None:
            if options.year not in (None, reference):
                raise MissingTableError([Fault("table_missing", "population")])
            return territory.municipalities["population"].astype("float64"), reference, "residents"
        sums = table.groupby(["municipality", "year"], observed=True)["persons"].sum()
        values = sums.astype("float64")
    else:
        values = item_by_year(territory.require("indicators"), options.item, "value")
        if values.empty:
            known = sorted(territory.require("indicators")["item"].astype("str").unique())
            raise BadInputError([_unknown("diagnosis.ledger.item", options.item, ", ".join(known))])
    years = sorted({int(y) for y in values.index.get_level_values("year")})
    year = options.year
    if year is None:
        year = reference if reference in years else years[-1]
    if year not in years:
        known_years = ", ".join(map(str, years))
        raise BadInputError([_unknown("diagnosis.ledger.year", str(year), known_years)])
    found = values.xs(year, level="year").reindex(codes)
    return found, year, options.item or "registered"


def _unknown(column: str, value: str, known: str) -> Fault:
    return Fault("not_in_data", "scenario", column=column, value=value, details={"known": known})


def draw_up_ledger(territory: Territory, options: LedgerOptions) -> pd.DataFrame:
    """Draw up the national imbalance ledger.

    Parameters
    ----------
    territory : Territory
        The territory.
    options : LedgerOptions
        Threshold, population, who is no city or county, and the reference rows.

    Returns
    -------
    DataFrame
        As in `Diagnosis.ledger`: the small, the other cities and counties, one row for each
        group left out, those of unknown population, all; references.

    Raises
    ------
    BadInputError
        If the item, the year or a rule's column does not exist.
    """
    population, year, item = ledger_population(territory, options)
    table = territory.municipalities
    small = np.where(population < options.threshold, "small", "other")
    group = pd.Series(np.where(population.isna(), "unknown", small), table.index)
    # Where nothing is left out, every municipality counts, whatever it is called there.
    plain = "" if options.leave_out else "_of_all"
    labels = {
        key: _both(f"diagnosis.ledger.{key}{plain}", threshold=options.threshold)
        for key in ("small", "other", "unknown", "all")
    }
    order = ["small", "other"]
    taken = pd.Series(False, index=table.index)
    for number, (rule, label) in enumerate(
        left_out_groups(options, territory.metadata.items), start=1
    ):
        match = rule_matches(rule, table) & ~taken
        key = f"left_out_{number}"
        group = pd.Series(np.where(match, key, group), table.index)
        labels[key] = label
        order.append(key)
        taken |= match
    source = _source(territory, item, year)
    area = table["area_km2"].astype("float64")
    cities_area = area[group != "left_out_1"].sum() if options.leave_out else np.nan
    rows = []
    for key in (*order, "unknown", "all"):
        inside = pd.Series(True, index=table.index) if key == "all" else group == key
        if key == "unknown" and not inside.any():
            continue
        rows.append(
            {
                "group": key,
                **{f"label_{lang}": labels[key][lang] for lang in LANGUAGES},
                "municipalities": int(inside.sum()),
                "population": population[inside].sum(min_count=1),
                "population_pct": _pct(population[inside].sum(min_count=1), population.sum()),
                "area_km2": area[inside].sum(),
                "land_pct": _pct(area[inside].sum(), area.sum()),
                # The district's share of a land that leaves districts out says nothing.
                "land_pct_cities": _pct(area[inside].sum(), cities_area)
                if key not in ("left_out_1", "all")
                else np.nan,
                "jobs_pct": np.nan,
                **{f"source_{lang}": source[lang] for lang in LANGUAGES},
            }
        )
    rows += [
        {
            "group": "reference",
            **{f"label_{lang}": row.label.get(lang, row.source) for lang in LANGUAGES},
            "municipalities": row.municipalities,
            "land_pct": row.land_pct,
            "population_pct": row.population_pct,
            "jobs_pct": row.jobs_pct,
            **{f"source_{lang}": row.source for lang in LANGUAGES},
        }
        for row in options.references
    ]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return frame.astype({**dict.fromkeys(_NUMBERS, "float64"), "municipalities": "Int64"})


def left_out_groups(
    options: LedgerOptions, items: Mapping[str, Item]
) -> list[tuple[Rule, dict[str, str]]]:
    """Split the rules that leave municipalities out into groups with a name.

    Parameters
    ----------
    options : LedgerOptions
        Options of the ledger.
    items : mapping of str to Item
        What the territory calls its kinds of municipality.

    Returns
    -------
    list of (Rule, dict of str to str)
        One group for every value that a rule names, in order: districts and counties of
        metropolitan cities differ in land a hundredfold. The second denominator of land
        leaves out the first group only.
    """
    groups: list[tuple[Rule, dict[str, str]]] = []
    for rule in options.leave_out:
        reason = {lang: rule.reason.get(lang, rule.column) for lang in LANGUAGES}
        if rule.is_in is None or len(rule.is_in) == 1:
            groups.append((rule, reason))
            continue
        for value in rule.is_in:
            known = items[value].label if value in items else {}
            label = {lang: known.get(lang, f"{reason[lang]}: {value}") for lang in LANGUAGES}
            groups.append((rule.model_copy(update={"is_in": (value,)}), label))
    return groups


def _pct(part: float, whole: float) -> float:
    return 100.0 * part / whole if whole > 0 else float("nan")


def _both(key: str, **values: object) -> dict[str, str]:
    return {lang: say(key, lang, **values) for lang in LANGUAGES}


def _source(territory: Territory, item: str, year: int | None) -> dict[str, str]:
    """Name item, year and the source that the package gives for them, by language."""
    homes = {"registered": ("population", "persons"), "residents": ("municipalities", "population")}
    table, wanted = homes.get(item, ("indicators", item))
    for source in territory.metadata.sources:
        if source.table == table and wanted in source.columns:
            return {lang: _dated(source.said(lang).title, year) for lang in LANGUAGES}
    named = f"diagnosis.{item}"
    return {lang: _dated(say(named, lang) if item in homes else item, year) for lang in LANGUAGES}


def _dated(name: str, year: int | None) -> str:
    return name if year is None else f"{name} ({year})"
