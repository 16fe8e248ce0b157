"""Bases for a whole territory: every alliance, every municipality that stays alone."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import geopandas as gpd
import numba
import pandas as pd

from gangso.alliances.result import Partition
from gangso.bases.coalitions import CoalitionCosts
from gangso.bases.needs import build_needs
from gangso.bases.siting import Siting, site_group
from gangso.bases.tables import (
    Outcome,
    base_table,
    group_table,
    lacking_table,
    mode_table,
    unmet_table,
    visit_table,
)
from gangso.scenario import BasesOptions, ServicesOptions
from gangso.services import Services, desert_areas
from gangso.territory import Territory
from gangso.territory.travel import Network, hub_minutes

__all__ = ["Bases", "hub_ties", "plan_bases"]


@dataclass(frozen=True, eq=False)
class Bases:
    """Where shared bases go.

    Attributes
    ----------
    groups : DataFrame
        One row a group, index ``group`` (id of the alliance, or code of a municipality that
        stays alone): ``members`` (codes joined by ``|``), ``population``, ``lacking`` (people who
        lack some national minimum, summed over the services), ``served``, ``unmet`` (of
        those), ``cost`` (a year, currency, of the national minimum), ``bound``, ``status``,
        ``budget``, ``extra_cost`` (of the local optimum; at least ``extra_bound`` for as
        many people), ``optimum_people``,
        ``optimum_bound``, ``optimum_status``.
    bases : DataFrame
        One row a new base: ``group``, ``municipality``, ``settlement``, ``name``, ``lon``,
        ``lat``, ``service``, ``aim`` (``minimum`` or ``optimum``), ``cost`` (a year, its share
        of the site included), ``people`` (newly within the limit, nearest new base),
        ``cost_per_person``.
    visits : DataFrame
        One row a settlement and service that another mode serves: ``group``,
        ``municipality``, ``settlement``, ``name``, ``lon``, ``lat``, ``service``, ``mode``,
        ``part``, ``people``, ``cost``.
    unmet : DataFrame
        One row a settlement that cannot be brought within a national minimum: ``group``,
        ``municipality``, ``settlement``, ``name``, ``lon``, ``lat``, ``service``, ``people``,
        ``reason`` (key of ``bases.reason.<reason>``), ``partly`` (mode that could meet a part).
    modes : DataFrame
        People by service and the way in which the promise is kept: ``service``, ``way``
        (``existing``, ``fixed``, key of another mode, ``unmet``), ``people``.
    minutes : DataFrame
        Settlement × service: minutes to the nearest facility with the plan.
    lacking : DataFrame
        Settlement: ``before``, ``after`` (services whose national minimum is not kept; keys
        joined by ``|``).
    areas : mapping of str to GeoDataFrame
        The land by what it lacks ``before`` and ``after``, see `gangso.services.desert_areas`.
    ties : DataFrame
        One row an alliance and kind of hub: ``group``, ``kind``, ``hub``, ``minutes`` (from
        its centre), ``may_drain``.
    unit : float
        Costs are whole multiples of it.
    left_out : tuple of str
        Services of the scenario that the data do not let us plan for.
    costs : CoalitionCosts
        What any coalition would pay for the national minimum by itself, by the same model.
    """

    groups: pd.DataFrame
    bases: pd.DataFrame
    visits: pd.DataFrame
    unmet: pd.DataFrame
    modes: pd.DataFrame
    minutes: pd.DataFrame
    lacking: pd.DataFrame
    areas: Mapping[str, gpd.GeoDataFrame]
    ties: pd.DataFrame
    unit: float
    left_out: tuple[str, ...]
    costs: CoalitionCosts


def _groups(territory: Territory, partition: Partition) -> dict[str, tuple[tuple[str, ...], bool]]:
    """Members of every group, and whether it is in the scope of the plan."""
    groups = {
        str(ident): (tuple(sorted(row["members"].split("|"))), True)
        for ident, row in partition.alliances.iterrows()
    }
    status = partition.membership["status"]
    for code in territory.municipalities.index:
        if status.get(code) != "allied":
            groups[str(code)] = ((str(code),), status.get(code) == "alone")
    return groups


def plan_bases(
    territory: Territory,
    network: Network,
    services: Services,
    partition: Partition,
    options: BasesOptions,
    standards: ServicesOptions,
) -> Bases:
    """Site the bases of every alliance and of everyone else.

    Parameters
    ----------
    territory : Territory
        The territory.
    network : Network
        Its travel times.
    services : Services
        Who reaches what today.
    partition : Partition
        Who is allied with whom.
    options : BasesOptions
        What is planned for, by which modes, at what cost.
    standards : ServicesOptions
        The standards.

    Returns
    -------
    Bases
        The plan.

    Raises
    ------
    BadInputError
        If the options plan for a standard that the scenario does not have.
    """
    needs = build_needs(network, services, dict(standards.standards), options)
    budgets: dict[str, int] = {}
    groups = _groups(territory, partition)
    town = pd.Series(needs.residents, index=needs.home)
    residents = town.groupby(level=0).sum()
    for ident, (members, _) in groups.items():
        people = float(residents.reindex(list(members)).fillna(0).sum())
        budgets[ident] = int(people * options.optimum_budget / needs.unit)

    def site(ident: str) -> Siting:
        members, in_scope = groups[ident]
        return site_group(needs, members, options.nodes, budgets[ident] if in_scope else None)

    # Groups are independent, and HiGHS lets go of the interpreter while it solves.
    with ThreadPoolExecutor(numba.config.NUMBA_NUM_THREADS) as pool:
        found = dict(zip(groups, pool.map(site, groups), strict=True))
    outcome = Outcome(needs, groups, found, budgets)
    lacking = lacking_table(outcome)
    return Bases(
        groups=group_table(outcome, residents),
        bases=base_table(outcome, services),
        visits=visit_table(outcome, services),
        unmet=unmet_table(outcome, services),
        modes=mode_table(outcome),
        minutes=pd.DataFrame(outcome.minutes, index=needs.codes),
        lacking=lacking,
        areas={when: _areas(territory, services, lacking[when]) for when in ("before", "after")},
        ties=hub_ties(territory, network, partition.alliances, options),
        unit=needs.unit,
        left_out=needs.left_out,
        costs=CoalitionCosts(needs, options.nodes),
    )


def _areas(territory: Territory, services: Services, lacking: pd.Series) -> gpd.GeoDataFrame:
    count = lacking.map(lambda keys: len(keys.split("|")) if keys else 0)
    deserts = pd.DataFrame({"unmet": lacking.astype("str"), "count": count})
    return desert_areas(territory, services.people, deserts, services.ground)


def hub_ties(
    territory: Territory, network: Network, alliances: pd.DataFrame, options: BasesOptions
) -> pd.DataFrame:
    """Tie every alliance to its nearest hub of each kind.

    Parameters
    ----------
    territory : Territory
        The territory.
    network : Network
        Its travel times.
    alliances : DataFrame
        As `Partition.alliances`, or some of its rows.
    options : BasesOptions
        Kinds of hub, and when one may drain an alliance.

    Returns
    -------
    DataFrame
        As `Bases.ties`.
    """
    columns = ["group", "kind", "hub", "minutes", "may_drain"]
    parts = []
    for hub in options.hubs if territory.hubs is not None and len(alliances) else ():
        nearest = hub_minutes(network, territory, hub.kind, alliances["centre"].to_list())
        near = nearest["minutes"].to_numpy() <= options.drain_min
        small = alliances["population"].to_numpy(dtype=float) < options.drain_population
        parts.append(
            pd.DataFrame(
                {
                    "group": alliances.index.to_numpy(),
                    "kind": hub.kind,
                    "hub": nearest["hub"].to_numpy(),
                    "minutes": nearest["minutes"].to_numpy(),
                    "may_drain": hub.drains & near & small,
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
