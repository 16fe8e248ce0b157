"""One alliance: who is in it and why, its bases, its council and costs, its future.

What is known at once (members, scores, services) is in `AllianceCard`; what has to be worked
out (bases, cost shares, the future) is asked for one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from gangso.alliances import Partition
from gangso.bases.plan import hub_ties
from gangso.bases.siting import site_group
from gangso.bases.tables import Outcome, base_table, group_table, unmet_table, visit_table
from gangso.compact.councils import councils
from gangso.compact.revenue import revenue
from gangso.compact.sharing import Sharing, share_costs
from gangso.errors import BadInputError, Fault
from gangso.scenario import Scenario
from gangso.services import sustained_together
from gangso.texts import LANGUAGES
from gangso.workbench.cards.naming import locks_naming, names_of
from gangso.workbench.edits import Lock
from gangso.workbench.ground import Ground
from gangso.workbench.outlook import fan
from gangso.workbench.session import Session

__all__ = [
    "AllianceBases",
    "AllianceCard",
    "AllianceCompact",
    "alliance_bases",
    "alliance_card",
    "alliance_compact",
    "alliance_fan",
    "every_base",
]


@dataclass(frozen=True, eq=False)
class AllianceCard:
    """One alliance, as far as it is known at once.

    Attributes
    ----------
    alliance : str
        Its id in the plan.
    name : mapping of str to str
        Its name by language.
    members : DataFrame
        Index ``code``, most populous first: ``name_ko``, ``name_en``, ``population``,
        ``price`` (dual price, cost units).
    population, cost, cost_per_member : float
        Residents; cost units.
    scores : DataFrame
        Index ``key`` of the criterion: ``label_ko``, ``label_en``, ``meaning_ko``,
        ``meaning_en``, ``unit``, ``raw``, ``score`` (0 best, 1 worst), ``weight``, ``part``
        (of the cost; the parts add up to it, rounding apart).
    gained, gained_safe : tuple of str
        Services (keys of the thresholds) that it sustains and no member does: at least
        evenly, and safely.
    service_labels : mapping of str to mapping of str to str
        What to call every service of the thresholds, by key and language.
    locks : tuple of Lock
        Locks that name a member.
    """

    alliance: str
    name: Mapping[str, str]
    members: pd.DataFrame
    population: float
    cost: float
    cost_per_member: float
    scores: pd.DataFrame
    gained: tuple[str, ...]
    gained_safe: tuple[str, ...]
    service_labels: Mapping[str, Mapping[str, str]]
    locks: tuple[Lock, ...]


@dataclass(frozen=True, eq=False)
class AllianceBases:
    """Shared bases of one alliance.

    Attributes
    ----------
    group : mapping of str to object
        As a row of `gangso.bases.Bases.groups`.
    bases, visits, unmet, ties : DataFrame
        As in `gangso.bases.Bases`, of this alliance.
    unit : float
        Costs are whole multiples of it.
    left_out : tuple of str
        Services that the data do not let us plan for.
    labels : mapping of str to mapping of str to str
        What to call the services, by key and language.
    """

    group: Mapping[str, Any]
    bases: pd.DataFrame
    visits: pd.DataFrame
    unmet: pd.DataFrame
    ties: pd.DataFrame
    unit: float
    left_out: tuple[str, ...]
    labels: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, eq=False)
class AllianceCompact:
    """Who decides and who pays in one alliance, and whether anyone would rather leave.

    Attributes
    ----------
    council : mapping of str to object
        As a row of `gangso.compact.Compact.councils`.
    seats : DataFrame
        As `Compact.seats`, of the method chosen.
    sharing : Sharing or None
        Costs and their shares by every rule; ``exits`` are the moves of its members to
        alliances next to it. None without planned services.
    """

    council: Mapping[str, Any]
    seats: pd.DataFrame
    sharing: Sharing | None


def _row(
    session: Session, alliance: str, plan: Partition | None = None
) -> tuple[Partition, pd.DataFrame]:
    plan = plan or session.plan
    if alliance not in plan.alliances.index:
        raise BadInputError([Fault("no_alliance", "plan", value=alliance)])
    return plan, plan.alliances.loc[[alliance]]


def alliance_card(session: Session, alliance: str) -> AllianceCard:
    """Describe an alliance, as far as it is known at once.

    Parameters
    ----------
    session : Session
        The session.
    alliance : str
        Id of the alliance in its plan.

    Returns
    -------
    AllianceCard
        The card.

    Raises
    ------
    BadInputError
        If the plan has no such alliance.
    """
    plan, table = _row(session, alliance)
    row = table.iloc[0]
    codes = str(row["members"]).split("|")
    territory = session.ground.territory
    model = plan.settled.model
    residents = pd.Series(model.units.population, index=[str(c) for c in model.units.codes])
    members = pd.DataFrame(
        {
            **{f"name_{lang}": territory.names(lang).loc[codes].astype(str) for lang in LANGUAGES},
            "population": residents.loc[codes],
            "price": plan.membership.loc[codes, "price"],
        },
        index=pd.Index(codes, name="code"),
    )
    scores = plan.criteria.copy()
    scores["raw"] = [float(row[key]) for key in scores.index]
    scores["score"] = [float(row[f"score_{key}"]) for key in scores.index]
    scores["part"] = len(codes) * scores["weight"] * scores["score"] / scores["weight"].sum()
    thresholds = session.scenario.services.thresholds
    served = sustained_together(
        residents.loc[codes], pd.Series(alliance, index=codes), thresholds
    ).iloc[0]
    return AllianceCard(
        alliance=alliance,
        name={
            lang: "·".join(names_of(session.ground, code)[lang] for code in codes)
            for lang in LANGUAGES
        },
        members=members,
        population=float(row["population"]),
        cost=float(row["cost"]),
        cost_per_member=float(row["cost"]) / len(codes),
        scores=scores,
        gained=tuple(key for key in str(served["gained"]).split("|") if key),
        gained_safe=tuple(key for key in str(served["gained_safe"]).split("|") if key),
        service_labels={key: dict(item.label) for key, item in thresholds.items()},
        locks=locks_naming(session, set(codes)),
    )


def alliance_bases(session: Session, alliance: str, plan: Partition | None = None) -> AllianceBases:
    """Site the shared bases of an alliance; the first in a territory takes seconds.

    Parameters
    ----------
    session : Session
        The session.
    alliance : str
        Id of the alliance in its plan.
    plan : Partition, optional
        The plan, if not the one that the session stands on now.

    Returns
    -------
    AllianceBases
        The bases.

    Raises
    ------
    BadInputError
        If the plan has no such alliance.
    """
    _, table = _row(session, alliance, plan)
    members = sorted(str(table["members"].iloc[0]).split("|"))
    centre = str(table["centre"].iloc[0])
    key = (centre, *(code for code in members if code != centre))
    found = session.ground.bases(
        session.scenario, key, lambda: _site(session.ground, session.scenario, table)
    )
    # The same alliance may have another number in another plan.
    return replace(
        found,
        **{
            name: getattr(found, name).assign(group=alliance)
            for name in ("bases", "visits", "unmet", "ties")
        },
    )


def _site(ground: Ground, scenario: Scenario, table: pd.DataFrame) -> AllianceBases:
    alliance = str(table.index[0])
    needs, services = ground.needs(scenario), ground.services(scenario)
    members = tuple(sorted(str(table["members"].iloc[0]).split("|")))
    residents = pd.Series(needs.residents, index=needs.home).groupby(level=0).sum()
    people = float(residents.reindex(list(members)).fillna(0).sum())
    budget = int(people * scenario.bases.optimum_budget / needs.unit)
    found = site_group(needs, members, scenario.bases.nodes, budget)
    outcome = Outcome(needs, {alliance: (members, True)}, {alliance: found}, {alliance: budget})
    return AllianceBases(
        group=dict(group_table(outcome, residents).iloc[0]),
        bases=base_table(outcome, services),
        visits=visit_table(outcome, services),
        unmet=unmet_table(outcome, services),
        ties=hub_ties(ground.territory, ground.network(scenario), table, scenario.bases),
        unit=needs.unit,
        left_out=needs.left_out,
        labels={key: dict(item.label) for key, item in scenario.services.standards.items()},
    )


def every_base(
    session: Session, plan: Partition, progress: Callable[[int, int], None] | None = None
) -> list[AllianceBases]:
    """Site the shared bases of every alliance of a plan.

    Parameters
    ----------
    session : Session
        The session.
    plan : Partition
        The plan.
    progress : callable, optional
        Called with the number of alliances done and their total; may raise to stop.

    Returns
    -------
    list of AllianceBases
        In the order of the plan; what was sited before is not sited again.
    """
    found = []
    for done, ident in enumerate(plan.alliances.index):
        if progress is not None:
            progress(done, len(plan.alliances))
        found.append(alliance_bases(session, str(ident), plan))
    return found


def alliance_compact(
    session: Session,
    alliance: str,
    plan: Partition | None = None,
    stop: Callable[[], None] | None = None,
) -> AllianceCompact:
    """Draft council and cost shares of an alliance and test who would leave it.

    Parameters
    ----------
    session : Session
        The session.
    alliance : str
        Id of the alliance in its plan.
    plan : Partition, optional
        The plan, if not the one that the session stands on now.
    stop : callable, optional
        Called before every coalition is priced; may raise to stop.

    Returns
    -------
    AllianceCompact
        The draft.

    Raises
    ------
    BadInputError
        If the plan has no such alliance, or the council is too small for its members.
    """
    plan, table = _row(session, alliance, plan)
    ground, scenario = session.ground, session.scenario
    territory = ground.territory
    population = territory.municipalities["population"]
    council, seats = councils(table, population, scenario.compact.seats)
    return AllianceCompact(
        council=dict(council.iloc[0]),
        seats=seats[seats["chosen"]].reset_index(drop=True),
        sharing=_sharing(session, plan, alliance, stop),
    )


def _sharing(
    session: Session, plan: Partition, alliance: str, stop: Callable[[], None] | None
) -> Sharing | None:
    ground, scenario = session.ground, session.scenario
    costs = ground.base_costs(scenario)
    if not costs.planned:
        return None
    territory = ground.territory
    index = territory.municipalities.index
    money = revenue(territory, scenario.compact.decentralisation.items)
    weights = pd.DataFrame(
        {
            "population": territory.municipalities["population"],
            "use": costs.lacking.reindex(index).fillna(0.0),
            "capacity": money.table["own"].reindex(index),
        }
    )
    home = plan.membership["alliance"]
    links = territory.contiguity
    pairs = [
        (str(a), str(b))
        for a, b in zip(links["a"], links["b"], strict=True)
        if home.get(a) != home.get(b) and alliance in (home.get(a), home.get(b))
    ]
    around = {str(home.get(code)) for pair in pairs for code in pair} | {alliance}
    listed = plan.alliances["members"]
    groups = {name: str(listed[name]).split("|") for name in listed.index if name in around}

    def cost_of(coalition: tuple[str, ...], /) -> int:
        if stop is not None:
            stop()
        return costs(coalition)

    made = share_costs(groups, cost_of, weights, pairs, scenario.alliances.max_size)

    def own(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["alliance"] == alliance].reset_index(drop=True)

    return Sharing(
        games=own(made.games),
        shares=own(made.shares),
        rules=own(made.rules),
        blocking=own(made.blocking),
        alliances=made.alliances.loc[[alliance]],
        exits=own(made.exits),
    )


def alliance_fan(session: Session, alliance: str, plan: Partition | None = None) -> pd.DataFrame:
    """Say how many people will live in an alliance; the first in a territory takes seconds.

    Parameters
    ----------
    session : Session
        The session.
    alliance : str
        Id of the alliance in its plan.
    plan : Partition, optional
        The plan, if not the one that the session stands on now.

    Returns
    -------
    DataFrame
        As `gangso.workbench.outlook.fan`.

    Raises
    ------
    BadInputError
        If the plan has no such alliance, or the data do not allow a projection.
    """
    _, table = _row(session, alliance, plan)
    members = str(table["members"].iloc[0]).split("|")
    return fan(session.ground.outlook(session.scenario), members)
