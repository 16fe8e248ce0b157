"""Scheduled rides in a network: board, ride on, change, alight."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from gangso.errors import Fault, MissingTableError
from gangso.scenario.travel import TravelOptions
from gangso.territory.model import Territory
from gangso.territory.travel.network import Network, Shores, metric_km
from gangso.texts import LANGUAGES, say

__all__ = ["with_timetable"]

_KIND = "scheduled"


def with_timetable(network: Network, territory: Territory, options: TravelOptions) -> Network:
    r"""Add the scheduled rides between hubs to a network.

    Every ride from a station to the next one is a node: to be on it. It is boarded from the road
    after the expected wait of passengers who come at random, half the interval between its
    departures,

    .. math:: w = \min(\tfrac{60 h}{2 d}, w_{max})

    with :math:`d` departures over :math:`h` hours a day. On arrival one alights, or stays for
    the next ride of the kind; where that one runs more rarely, the difference of the waits is
    added, as only so many vehicles go on.

    Parameters
    ----------
    network : Network
        Roads, given or estimated.
    territory : Territory
        Its territory, with hubs and a timetable.
    options : TravelOptions
        Hours of service and the longest wait.

    Returns
    -------
    Network
        With nodes that only rides reach, and links that lead one way.

    Raises
    ------
    MissingTableError
        If the territory has no timetable or no hubs.

    References
    ----------
    Spiess, H., and Florian, M. (1989), "Optimal strategies: a new assignment model for transit
    networks", Transportation Research B 23(2), 83-102. DOI 10.1016/0191-2615(89)90034-9
    (waits from frequencies).
    """
    lacking = [name for name in ("hubs", "timetable") if getattr(territory, name) is None]
    if lacking:
        raise MissingTableError([Fault("table_missing", name) for name in lacking])
    rides = territory.require("timetable").reset_index(drop=True)
    if "departures" not in rides:
        raise MissingTableError([Fault("no_departures", "timetable", 1, "departures")])
    hubs = territory.require("hubs").drop_duplicates("name").set_index("name")
    runs = rides[rides["departures"].fillna(0) > 0].reset_index(drop=True)
    ends = {end: hubs.index.get_indexer(pd.Index(runs[end])) for end in ("a", "b")}
    stations = network.locate(hubs["lon"], hubs["lat"])
    joined = (stations.node[ends["a"]] >= 0) & (stations.node[ends["b"]] >= 0)
    runs = runs[joined].reset_index(drop=True)
    a, b = ends["a"][joined], ends["b"][joined]
    minutes = runs["minutes"].to_numpy(dtype=float)
    interval = 60.0 * options.service_hours / runs["departures"].to_numpy(dtype=float)
    wait = np.minimum(interval / 2.0, options.longest_wait_min)
    on_board = len(network) + np.arange(len(runs))
    lon, lat = hubs["lon"].to_numpy(dtype=float), hubs["lat"].to_numpy(dtype=float)
    xy = metric_km(lon, lat, network.metric_crs)
    km = np.hypot(*(xy[a] - xy[b]).T) if len(runs) else np.zeros(0)
    board = (stations.node[a], on_board, stations.minutes[a] + wait, np.zeros(len(runs)))
    alight = (on_board, stations.node[b], minutes + stations.minutes[b], km)
    kind = runs["kind"].fillna("").to_numpy() if "kind" in runs else np.full(len(runs), "")
    legs = pd.DataFrame({"ride": np.arange(len(runs)), "a": a, "b": b, "kind": kind})
    on = legs.merge(legs, left_on=["b", "kind"], right_on=["a", "kind"], suffixes=("", "_on"))
    on = on[on["b_on"] != on["a"]]  # nobody rides back at once
    one, next_one = on["ride"].to_numpy(), on["ride_on"].to_numpy()
    longer = np.maximum(wait[next_one] - wait[one], 0.0)
    stay = (on_board[one], on_board[next_one], minutes[one] + longer, km[one])
    parts = [np.concatenate([part[at] for part in (board, alight, stay)]) for at in range(4)]
    links = pd.DataFrame(
        {
            "a": parts[0].astype(np.int64),
            "b": parts[1].astype(np.int64),
            "minutes": parts[2],
            "km": parts[3],
            "kind": pd.array([_KIND] * len(parts[0]), dtype="str"),
            "oneway": True,
        }
    )
    told = {
        lang: (
            *network.assumptions[lang],
            say("travel.assume.timetable", lang, rides=len(runs), stations=len(set(a) | set(b)),
                hours=options.service_hours, wait=options.longest_wait_min),
        )
        for lang in LANGUAGES
    }  # fmt: skip
    shores = network.shores
    if shores is not None:
        nowhere = np.full(len(runs), -1, dtype=shores.piece.dtype)
        shores = Shores(np.concatenate([shores.piece, nowhere]), shores.of_municipality)
    return replace(
        network,
        lon=np.concatenate([network.lon, lon[a]]),
        lat=np.concatenate([network.lat, lat[a]]),
        access_kmh=np.concatenate([network.access_kmh, np.zeros(len(runs))]),
        links=pd.concat([network.links, links], ignore_index=True),
        assumptions=MappingProxyType(told),
        shores=shores,
    )
