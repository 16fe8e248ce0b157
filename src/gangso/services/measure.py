"""Measure every standard, test, catchment and threshold of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from gangso.scenario import Catchment, ServicesOptions, Standard, UnderservedTest
from gangso.services.closures import CLOSURE_COLUMNS, close_each
from gangso.services.deserts import desert_areas, settlement_ground, unmet_minimums
from gangso.services.floating import decay_weights, e2sfca
from gangso.services.people import People, count_people
from gangso.services.result import Services
from gangso.services.shares import beyond_by_area
from gangso.services.supply import Supply, capacity_per_thousand, facilities_of
from gangso.services.sustain import sustainable
from gangso.territory import Territory
from gangso.territory.travel import Network, minutes_matrix, nearest_minutes

__all__ = ["measure"]

_BY_BOAT = ("ferry", "local_ferry")


def measure(
    territory: Territory,
    network: Network,
    options: ServicesOptions | None = None,
    year: int | None = None,
) -> Services:
    """Measure who can reach what.

    Parameters
    ----------
    territory : Territory
        The territory.
    network : Network
        Its roads, given or estimated.
    options : ServicesOptions, optional
        Standards and tests; the territory's own by default.
    year : int, optional
        Year of the people; the reference year by default.

    Returns
    -------
    Services
        Everything that could be measured; what could not is named in `unmeasured`.

    Raises
    ------
    BadInputError
        If a rule names a column that the municipalities do not have.
    """
    if options is None:
        fragment = territory.metadata.scenario.get("services", {})
        options = ServicesOptions.model_validate(fragment)
    people = count_people(territory, network.codes, year)
    unmeasured: list[tuple[str, str]] = []
    minutes, nearest, bare = {}, {}, {}
    for key, standard in options.standards.items():
        way = _way(network, territory, standard, options.walk_kmh)
        supply = facilities_of(network, territory, standard.services, standard.assumed_where)
        if supply is None or way is None:
            unmeasured.append((key, "no_data" if supply is None else "too_coarse"))
            continue
        minutes[key], which = nearest_minutes(way, supply.places)
        nearest[key] = supply.table["id"].reindex(which).to_numpy()
        if supply.table["assumed"].any():
            bare[key] = _without_assumed(way, supply)
    index = people.table.index
    minutes_table = pd.DataFrame(minutes, index=index)
    home = people.table["municipality"]
    by_municipality = beyond_by_area(people, minutes_table, options.standards, home)
    nation = pd.Series("nation", index=index)
    underserved = _underserved(by_municipality, options.underserved, options.standards, unmeasured)
    access, municipal = _catchments(network, territory, people, options.catchments, unmeasured)
    deserts = unmet_minimums(minutes_table, options.standards)
    ground = settlement_ground(territory, people)
    residents = people.table["all"].groupby(home).sum().reindex(territory.municipalities.index)
    return Services(
        year=_year(territory, year),
        estimated=network.estimated,
        assumptions=network.assumptions,
        people=people,
        minutes=minutes_table,
        nearest=pd.DataFrame(nearest, index=index),
        municipalities=by_municipality,
        nation=beyond_by_area(people, minutes_table, options.standards, nation),
        underserved=underserved,
        counts=_counts(underserved, people, minutes_table.assign(**bare), options),
        access=access,
        municipal_access=municipal,
        capacity=(
            capacity_per_thousand(territory, residents)
            if territory.facilities is not None
            else pd.DataFrame(index=residents.index)
        ),
        closures=_closures(network, territory, people, options, unmeasured),
        sustain=sustainable(territory.municipalities["population"], options.thresholds),
        unmeasured=pd.DataFrame(unmeasured, columns=["standard", "reason"], dtype="str"),
        deserts=deserts,
        desert_areas=desert_areas(territory, people, deserts, ground),
        ground=ground,
    )


def _year(territory: Territory, year: int | None) -> int | None:
    if territory.population is None:
        return territory.metadata.reference_year
    return year if year is not None else territory.metadata.reference_year


def _way(
    network: Network, territory: Territory, standard: Standard, walk_kmh: float
) -> Network | None:
    """Network for the standard's mode; None where settlements are too coarse for walking."""
    if standard.mode == "car":
        return network
    reach_km = walk_kmh * standard.minutes / 60.0
    towns = territory.settlements
    area = towns["area_km2"].median() if towns is not None and "area_km2" in towns else np.nan
    # Who lives where inside a settlement is unknown; minutes on foot mean something only if the
    # whole settlement is within a walk of its point.
    if not np.sqrt(area / np.pi) <= reach_km:
        return None
    links = network.links
    walked = np.where(links["kind"].isin(_BY_BOAT), links["minutes"], links["km"] * 60.0 / walk_kmh)
    slower = np.minimum(network.access_kmh, walk_kmh)
    return replace(network.with_minutes(np.maximum(walked, links["minutes"])), access_kmh=slower)


def _without_assumed(network: Network, supply: Supply) -> np.ndarray:
    """Minutes to the nearest facility that is known."""
    known = np.flatnonzero(~supply.table["assumed"].to_numpy(dtype=bool))
    return nearest_minutes(network, supply.places.take(known))[0]


def _underserved(
    table: pd.DataFrame,
    tests: Mapping[str, UnderservedTest],
    standards: Mapping[str, Standard],
    unmeasured: list[tuple[str, str]] | None,
) -> pd.DataFrame:
    """Worst share of each test by municipality, held against each cut."""
    parts = []
    for key, test in tests.items():
        known = [name for name in test.any_of if (table["standard"] == name).any()]
        if len(known) < len(test.any_of):
            if unmeasured is not None:
                unmeasured.append((key, "test"))
            continue
        shares = pd.DataFrame(
            {
                name: table[
                    (table["standard"] == name) & (table["group"] == standards[name].group)
                ].set_index("area")["share_beyond"]
                for name in known
            }
        ).dropna(how="all")
        worst = shares.max(axis=1)
        for cut in test.cuts:
            over = worst > cut if test.at_cut == "above" else worst >= cut
            parts.append(
                pd.DataFrame(
                    {
                        "municipality": shares.index,
                        "test": key,
                        "cut": cut,
                        "share": worst.to_numpy(),
                        "standard": shares.idxmax(axis=1).to_numpy(),
                        "underserved": over.to_numpy(),
                    }
                )
            )
    columns = ["municipality", "test", "cut", "share", "standard", "underserved"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _counts(
    underserved: pd.DataFrame, people: People, bare: pd.DataFrame, options: ServicesOptions
) -> pd.DataFrame:
    """Underserved municipalities by test and cut, with and without assumed facilities."""
    table = beyond_by_area(people, bare, options.standards, people.table["municipality"])
    without = _underserved(table, options.underserved, options.standards, None)

    def count(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.groupby(["test", "cut"], sort=False)["underserved"].agg(["sum", "size"])

    found = count(underserved)
    return pd.DataFrame(
        {
            "underserved": found["sum"].astype("int64"),
            "municipalities": found["size"].astype("int64"),
            "without_assumed": count(without)["sum"].astype("int64"),
        }
    ).reset_index()


def _catchments(
    network: Network,
    territory: Territory,
    people: People,
    catchments: Mapping[str, Catchment],
    unmeasured: list[tuple[str, str]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """E2SFCA per thousand people, by settlement and by municipality."""
    columns, means = {}, {}
    home = people.table["municipality"]
    for key, catchment in catchments.items():
        supply = facilities_of(network, territory, catchment.services)
        if supply is None or people.table[catchment.group].isna().all():
            unmeasured.append((key, "no_data"))
            continue
        near = minutes_matrix(network, network.settlements, supply.places, catchment.minutes)
        weights = sp.csr_array(
            (
                decay_weights(near.data, catchment.minutes, catchment.decay),
                near.indices,
                near.indptr,
            ),
            shape=near.shape,
        )
        demand = people.table[catchment.group].to_numpy(dtype=float)
        access, _ = e2sfca(weights, demand, supply.table["capacity"].to_numpy(dtype=float))
        columns[key] = access * 1000.0
        total = pd.Series(demand, index=home.index).groupby(home).sum()
        reached = pd.Series(columns[key] * demand, index=home.index).groupby(home).sum()
        means[key] = reached / total.where(total > 0)
    return (
        pd.DataFrame(columns, index=people.table.index),
        pd.DataFrame(means, index=territory.municipalities.index),
    )


def _closures(
    network: Network,
    territory: Territory,
    people: People,
    options: ServicesOptions,
    unmeasured: list[tuple[str, str]],
) -> pd.DataFrame:
    parts = []
    for key, test in options.closures.items():
        supply = facilities_of(network, territory, test.services, test.assumed_where)
        if supply is None or people.table[test.group].isna().all():
            unmeasured.append((key, "no_data"))
            continue
        parts.append(close_each(network, territory, people, key, test, supply))
    if not parts:
        return pd.DataFrame(columns=list(CLOSURE_COLUMNS))
    return pd.concat(parts, ignore_index=True)
