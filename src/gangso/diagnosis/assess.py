"""The diagnosis: every indicator of decline, the national ledger, and what they mean."""

from __future__ import annotations

import pandas as pd

from gangso.diagnosis.decline import ageing, births, classify, count_by_year, item_by_year
from gangso.diagnosis.ledger import draw_up_ledger
from gangso.diagnosis.result import Diagnosis
from gangso.diagnosis.words import definitions, notes
from gangso.errors import BadInputError, Fault
from gangso.scenario import DiagnosisOptions
from gangso.territory.model import Territory

__all__ = ["diagnose"]


def diagnose(
    territory: Territory, options: DiagnosisOptions | None = None, year: int | None = None
) -> Diagnosis:
    """Say what is wrong, by municipality and year and for the nation.

    Parameters
    ----------
    territory : Territory
        The territory. Only the municipalities are required; what a missing table costs is
        in the result's notes.
    options : DiagnosisOptions, optional
        Thresholds; the published ones by default.
    year : int, optional
        Year to show; the reference year of the package, or the latest one, by default.

    Returns
    -------
    Diagnosis
        Indicators, counts, ledger, definitions and notes.

    Raises
    ------
    BadInputError
        If a year, an item, an age limit or a rule's column does not exist in the data.

    References
    ----------
    Masuda, H. (2014), *Chiho shometsu*; Lee, S. (2016), Korea Employment Information
    Service (extinction-risk index).
    """
    options = options or DiagnosisOptions()
    shown = _year(territory, year)
    cohort = _population(territory, options)
    born = births(territory.indicators, options)
    clinics = item_by_year(territory.indicators, "delivery_institutions", "value")
    money = [item_by_year(territory.finance, item, "amount") for item in _FINANCE]
    # One row a municipality and year of which anything is known.
    parts = [cohort, born.drop(columns="undercounted"), clinics, *money]
    indicators = pd.concat(parts, axis=1).sort_index()
    indicators.index = indicators.index.set_names(["municipality", "year"])
    indicators["births_below_threshold"] = indicators["births_below_threshold"].astype("boolean")
    return Diagnosis(
        year=shown if territory.population is not None else None,
        indicators=indicators,
        counts=count_by_year(indicators, options.classes),
        ledger=draw_up_ledger(territory, options.ledger),
        definitions=definitions(territory, options),
        notes=notes(territory, options, cohort, born),
    )


_FINANCE = ("self_reliance_pct", "autonomy_pct")


def _year(territory: Territory, year: int | None) -> int | None:
    if territory.population is None:
        return year
    years = sorted({int(y) for y in territory.population["year"].unique()})
    if year is None:
        reference = territory.metadata.reference_year
        return reference if reference in years else years[-1]
    if year not in years:
        raise BadInputError(
            [
                Fault(
                    "not_in_data",
                    "scenario",
                    column="year",
                    value=str(year),
                    details={"known": ", ".join(map(str, years))},
                )
            ]
        )
    return year


def _population(territory: Territory, options: DiagnosisOptions) -> pd.DataFrame:
    """Cohort indicators, or only the residents of the reference year without the table."""
    if territory.population is not None:
        return ageing(territory.population, options)
    reference = territory.metadata.reference_year
    residents = territory.municipalities["population"].astype("float64")
    if reference is None:
        residents = residents.iloc[:0]
    cells = pd.MultiIndex.from_arrays(
        [residents.index.astype("str"), [reference or 0] * len(residents)],
        names=["municipality", "year"],
    )
    frame = pd.DataFrame({"population": residents.to_numpy()}, index=cells)
    for column in ("change_pct", "share_65plus", "extinction_index"):
        frame[column] = float("nan")
    frame["extinction_class"] = classify(frame["extinction_index"], options.classes)
    return frame
