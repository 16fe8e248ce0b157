"""One municipality, and the nation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gangso.alliances.reasons import municipality_reasons
from gangso.errors import BadInputError, Fault
from gangso.services import sustainable
from gangso.texts import LANGUAGES
from gangso.workbench.cards.naming import locks_naming, names_of
from gangso.workbench.edits import Lock
from gangso.workbench.ground import Ground
from gangso.workbench.outlook import fan
from gangso.workbench.session import Session

__all__ = [
    "MunicipalityCard",
    "NationalLedger",
    "best_alternative",
    "municipality_card",
    "municipality_fan",
    "national_ledger",
]


@dataclass(frozen=True, eq=False)
class MunicipalityCard:
    """One municipality.

    Attributes
    ----------
    code : str
        Its code.
    name : mapping of str to str
        Its name by language.
    status : str
        ``allied``, ``alone`` or ``outside``.
    alliance : str or None
        Id of its alliance.
    reason : mapping of str to str
        Why it is alone, by language; empty if it is not.
    price : float or None
        Dual price, cost units.
    facts : mapping of str to object
        Columns of the municipalities table.
    indicators : DataFrame
        Its indicators by year (`gangso.diagnosis.Diagnosis.indicators`).
    pyramid : DataFrame
        Index (``sex``, ``age``): ``persons`` in the latest year; empty without the table.
    pyramid_year : int or None
        That year.
    alone, allied : mapping of str to str
        What it sustains by itself, and what its alliance does: ``safe``, ``even`` or ``no``
        by service.
    locks : tuple of Lock
        Locks that name it.
    """

    code: str
    name: Mapping[str, str]
    status: str
    alliance: str | None
    reason: Mapping[str, str]
    price: float | None
    facts: Mapping[str, Any]
    indicators: pd.DataFrame
    pyramid: pd.DataFrame
    pyramid_year: int | None
    alone: Mapping[str, str]
    allied: Mapping[str, str]
    locks: tuple[Lock, ...]


@dataclass(frozen=True, eq=False)
class NationalLedger:
    """The nation: its imbalance, and what the plan makes of it.

    Attributes
    ----------
    ledger, counts : DataFrame
        As in `gangso.diagnosis.Diagnosis`.
    definitions, notes : tuple of dict
        How the figures are defined and what is missing, by language.
    plan : mapping of str to float
        ``alliances``, ``allied``, ``alone``, ``outside``, ``allied_population``, ``cost``,
        ``bound``, ``gap``, ``candidates``.
    services : DataFrame
        Index service: ``label_ko``, ``label_en``, ``before`` (municipalities in scope that
        sustain it at least evenly by themselves), ``after`` (those in a group that does).
    """

    ledger: pd.DataFrame
    counts: pd.DataFrame
    definitions: tuple[dict[str, str], ...]
    notes: tuple[dict[str, str], ...]
    plan: Mapping[str, float]
    services: pd.DataFrame


def municipality_fan(session: Session, code: str) -> pd.DataFrame:
    """Say how many people will live in a municipality; the first takes seconds.

    Parameters
    ----------
    session : Session
        The session.
    code : str
        Code of the municipality.

    Returns
    -------
    DataFrame
        As `gangso.workbench.outlook.fan`.

    Raises
    ------
    BadInputError
        If there is no such municipality, or the data do not allow a projection.
    """
    _known(session, code)
    outlook = session.ground.outlook(session.scenario)
    if code not in outlook.prepared.cohorts.codes:
        raise BadInputError([Fault("no_projection", "population", value=code)])
    return fan(outlook, [code])


def _known(session: Session, code: str) -> None:
    if code not in session.ground.territory.municipalities.index:
        raise BadInputError([Fault("code_unknown", "plan", column="code", value=code)])


def municipality_card(session: Session, code: str) -> MunicipalityCard:
    """Describe a municipality.

    Parameters
    ----------
    session : Session
        The session.
    code : str
        Its code.

    Returns
    -------
    MunicipalityCard
        The card.

    Raises
    ------
    BadInputError
        If there is no such municipality.
    """
    _known(session, code)
    ground, scenario, plan = session.ground, session.scenario, session.plan
    territory = ground.territory
    place: dict[str, Any] = dict(plan.membership.loc[code])
    indicators = ground.diagnosis(scenario).indicators
    known = indicators.index.get_level_values("municipality")
    own = indicators[known == code].droplevel("municipality")
    pyramid, year = _pyramid(ground, scenario.year, code)
    alliance = None if pd.isna(place["alliance"]) else str(place["alliance"])
    people = {"alone": float(territory.municipalities["population"].loc[code])}
    if alliance is not None:
        people["allied"] = float(plan.alliances["population"].loc[alliance])
    thresholds = scenario.services.thresholds
    holds = sustainable(pd.Series(people), thresholds)
    return MunicipalityCard(
        code=code,
        name=names_of(ground, code),
        status=str(place["status"]),
        alliance=alliance,
        reason={lang: str(place[f"reason_{lang}"]) for lang in LANGUAGES},
        price=None if pd.isna(place["price"]) else float(place["price"]),
        facts={
            str(name): None if pd.isna(value) else value
            for name, value in territory.municipalities.loc[code].items()
        },
        indicators=own,
        pyramid=pyramid,
        pyramid_year=year,
        alone={str(key): str(value) for key, value in holds.loc["alone"].items()},
        allied={str(key): str(value) for key, value in holds.loc["allied"].items()}
        if alliance is not None
        else {},
        locks=locks_naming(session, {code}),
    )


def _pyramid(ground: Ground, year: int | None, code: str) -> tuple[pd.DataFrame, int | None]:
    table = ground.territory.population
    empty = pd.DataFrame(columns=["sex", "age", "persons"]).set_index(["sex", "age"])
    if table is None:
        return empty, None
    own = table[table["municipality"] == code]
    if own.empty:
        return empty, None
    shown = int(own["year"].max()) if year is None else year
    own = own[own["year"] == shown]
    return own.groupby(["sex", "age"], observed=True)[["persons"]].sum(), shown


def best_alternative(session: Session, code: str) -> pd.Series | None:
    """Find the best alliance for a municipality other than its own, and the loss by it.

    Parameters
    ----------
    session : Session
        The session.
    code : str
        Code of the municipality.

    Returns
    -------
    Series or None
        As a row of `gangso.alliances.Reasons.municipalities`; None outside the scope.

    Raises
    ------
    BadInputError
        If there is no such municipality.
    """
    _known(session, code)
    plan = session.plan
    if plan.membership.loc[code, "status"] == "outside":
        return None
    return municipality_reasons(plan, [code]).iloc[0]


def national_ledger(session: Session) -> NationalLedger:
    """Draw up the nation's ledger and what the plan makes of it.

    Parameters
    ----------
    session : Session
        The session.

    Returns
    -------
    NationalLedger
        The ledger.
    """
    plan, scenario = session.plan, session.scenario
    found = session.ground.diagnosis(scenario)
    status = plan.membership["status"].value_counts()
    model = plan.settled.model
    residents = pd.Series(model.units.population, index=[str(c) for c in model.units.codes])
    home = plan.membership["alliance"].reindex(residents.index)
    group = home.where(home.notna(), residents.index.to_series())
    together = residents.groupby(group).transform("sum")
    thresholds = scenario.services.thresholds
    before, after = sustainable(residents, thresholds), sustainable(together, thresholds)
    services = pd.DataFrame(
        {
            **{
                f"label_{lang}": [item.label.get(lang, key) for key, item in thresholds.items()]
                for lang in LANGUAGES
            },
            "before": (before != "no").sum().to_numpy(),
            "after": (after != "no").sum().to_numpy(),
        },
        index=pd.Index(list(thresholds), name="service"),
    )
    return NationalLedger(
        ledger=found.ledger,
        counts=found.counts,
        definitions=found.definitions,
        notes=found.notes,
        plan={
            "alliances": len(plan.alliances),
            **{key: int(status.get(key, 0)) for key in ("allied", "alone", "outside")},
            "allied_population": float(plan.alliances["population"].sum()),
            "cost": plan.cost,
            "bound": plan.bound,
            "gap": plan.gap,
            "candidates": plan.candidates,
        },
        services=services,
    )
