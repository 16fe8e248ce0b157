"""The network of a territory: its own roads where it has them, else an estimate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gangso.errors import Fault, MissingTableError
from gangso.scenario.travel import TravelOptions
from gangso.territory.model import Territory
from gangso.territory.travel.estimate import estimate_network
from gangso.territory.travel.network import Network, build_network, metric_km
from gangso.territory.travel.timetable import with_timetable
from gangso.territory.travel.words import given_roads

__all__ = ["given_network", "travel_network"]


def travel_network(
    territory: Territory, options: TravelOptions | None = None, year: int | None = None
) -> Network:
    """Make the network of a territory.

    Parameters
    ----------
    territory : Territory
        The territory.
    options : TravelOptions, optional
        How travel times are found.
    year : int, optional
        Year of the bridges and ferries of an estimated network.

    Returns
    -------
    Network
        Over the territory's roads if it has them and the options want them used; else
        estimated. With the rides of its timetable, if they are asked for.

    Raises
    ------
    MissingTableError
        If the timetable is asked for and there is none.
    """
    options = options or TravelOptions()
    if territory.road_nodes is not None and options.use_roads:
        network = given_network(territory, options)
    else:
        network = estimate_network(territory, options, year)
    return with_timetable(network, territory, options) if options.use_timetable else network


def given_network(territory: Territory, options: TravelOptions | None = None) -> Network:
    """Make the network of a territory's own roads.

    Parameters
    ----------
    territory : Territory
        The territory, with roads.
    options : TravelOptions, optional
        How points join the roads.

    Returns
    -------
    Network
        The network. Settlements join their nearest node.

    Raises
    ------
    MissingTableError
        If the territory has no roads.
    """
    options = options or TravelOptions()
    nodes, links = territory.road_nodes, territory.road_links
    if nodes is None or links is None:
        raise MissingTableError([Fault("table_missing", "road_nodes")])
    crs = territory.metadata.metric_crs
    position = pd.Index(nodes["id"])
    ends = {end: position.get_indexer(pd.Index(links[end])).astype(np.int64) for end in ("a", "b")}
    lon, lat = nodes["lon"].to_numpy(float), nodes["lat"].to_numpy(float)
    xy = metric_km(lon, lat, crs)
    straight = pd.Series(np.hypot(*(xy[ends["a"]] - xy[ends["b"]]).T), index=links.index)
    km = links["km"].fillna(straight) if "km" in links else straight
    network = build_network(
        lon,
        lat,
        np.full(len(lon), options.access_kmh),
        pd.DataFrame(
            {
                **ends,
                "minutes": links["minutes"].to_numpy(float),
                "km": km.to_numpy(float),
                "kind": links["kind"].to_numpy(),
                "oneway": (links["oneway"] == "yes").to_numpy(dtype=bool),
            }
        ).astype({"kind": "str"}),
        estimated=False,
        assumptions=given_roads(options),
        metric_crs=crs,
        farthest_access_km=options.farthest_access_km,
    )
    return network.with_settlements(*_settlements(territory))


def _settlements(territory: Territory) -> tuple[pd.Index, pd.Series, pd.Series]:
    """Code, longitude and latitude of every settlement, or of a municipality without any."""
    own = territory.municipalities
    frames = [own[["lon", "lat"]]]
    if territory.settlements is not None:
        towns = territory.settlements.set_index("code")
        bare = own[~own.index.isin(towns["municipality"])]
        frames = [towns[["lon", "lat"]], bare[["lon", "lat"]]]
    table = pd.concat(frames)
    return pd.Index(table.index, dtype="str"), table["lon"], table["lat"]
