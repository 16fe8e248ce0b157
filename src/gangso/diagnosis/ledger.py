"""The national imbalance ledger: how many small places, on how much land, with how few people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gangso.diagnosis.decline import item_by_year
from gangso.diagnosis.rules import rule_matches
from gangso.errors import BadInputError, Fault, MissingTableError
from gangso.scenario import LedgerOptions
from gangso.territory.model import Territory
from gangso.texts import LANGUAGES, say

__all__ = ["draw_up_ledger", "ledger_population"]

_COLUMNS = (
    "group", "label_ko", "label_en", "municipalities", "population", "population_pct",
    "area_km2", "land_pct", "land_pct_cities", "jobs_pct", "source",
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
        ``"registered"``, or the name of the item.

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
            return territory.municipalities["population"].astype("float64"), reference, "registered"
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
        rule that leaves municipalities out, those of unknown population, all; references.

    Raises
    ------
    BadInputError
        If the item, the year or a rule's column does not exist.
    """
    population, year, item = ledger_population(territory, options)
    table = territory.municipalities
    group = pd.Series(np.where(population < options.threshold, "small", "other"), table.index)
    group = group.mask(population.isna(), "unknown")
    labels = {
        key: _both(f"diagnosis.ledger.{key}", threshold=options.threshold)
        for key in ("small", "other", "unknown", "all")
    }
    order = ["small", "other"]
    taken = pd.Series(False, index=table.index)
    for number, rule in enumerate(options.leave_out, start=1):
        match = rule_matches(rule, table) & ~taken
        key = f"left_out_{number}"
        group = group.mask(match, key)
        labels[key] = {lang: rule.reason.get(lang, rule.column) for lang in LANGUAGES}
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
                "source": source,
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
            "source": row.source,
        }
        for row in options.references
    ]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return frame.astype({**dict.fromkeys(_NUMBERS, "float64"), "municipalities": "Int64"})


def _pct(part: float, whole: float) -> float:
    return 100.0 * part / whole if whole > 0 else float("nan")


def _both(key: str, **values: object) -> dict[str, str]:
    return {lang: say(key, lang, **values) for lang in LANGUAGES}


def _source(territory: Territory, item: str, year: int | None) -> str:
    """Name item, year and the source that the package gives for them."""
    table = "population" if item == "registered" else "indicators"
    wanted = {"registered": "persons"}.get(item, item)
    for source in territory.metadata.sources:
        if source.table == table and wanted in source.columns:
            return f"{source.title} ({year})"
    return f"{item} ({year})"
