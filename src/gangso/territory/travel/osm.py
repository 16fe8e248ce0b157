"""Roads from an OpenStreetMap extract, read by pyosmium (the extra ``osm``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Geod

from gangso.errors import BadInputError, Fault
from gangso.territory.travel.road_files import RoadRules, Roads

__all__ = ["roads_from_osm"]

_GEOD = Geod(ellps="WGS84")
_CLOSED = ("no", "private")
_KMH_PER_MPH = 1.609344


@dataclass
class _Way:
    """A way: its nodes, and what can be driven on it."""

    nodes: npt.NDArray[np.int64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    kind: str
    kmh: float
    minutes: float | None
    oneway: int


def roads_from_osm(path: Path, rules: RoadRules) -> Roads:
    """Read the roads and ferries of an OpenStreetMap extract.

    Nodes stay where ways meet or end; what lies between becomes one link.

    Parameters
    ----------
    path : Path
        ``.osm``, ``.osm.pbf`` or a compressed one.
    rules : RoadRules
        Speeds.

    Returns
    -------
    Roads
        Nodes and links, in the order of their first way.

    Raises
    ------
    BadInputError
        If pyosmium is not installed, the file cannot be read, or there is no road in it.
    """
    ways = _read(path, rules)
    if not ways:
        raise BadInputError([Fault("empty_table", "roads")])
    every = np.concatenate([way.nodes for way in ways])
    ends = np.concatenate([way.nodes[[0, -1]] for way in ways])
    ids, counts = np.unique(every, return_counts=True)
    kept = set(np.union1d(ids[counts > 1], ends).tolist())
    rows: list[tuple[int, int, float, float, str, str]] = []
    place: dict[int, tuple[float, float]] = {}
    for way in ways:
        steps = np.asarray(_GEOD.line_lengths(way.lon, way.lat)) / 1000.0
        along = np.concatenate([[0.0], np.cumsum(steps)])
        stops = [i for i, node in enumerate(way.nodes.tolist()) if node in kept]
        for first, last in pairwise(stops):
            km = float(along[last] - along[first])
            if way.minutes is None:
                minutes = 60.0 * km / way.kmh
            else:
                minutes = way.minutes * km / max(float(along[-1]), 1e-9)
            a, b = int(way.nodes[first]), int(way.nodes[last])
            if way.oneway < 0:
                a, b = b, a
            rows.append((a, b, minutes, km, way.kind, "yes" if way.oneway else "no"))
        for stop in stops:
            place[int(way.nodes[stop])] = (float(way.lon[stop]), float(way.lat[stop]))
    links = pd.DataFrame(rows, columns=["a", "b", "minutes", "km", "kind", "oneway"])
    nodes = pd.DataFrame([(node, *at) for node, at in place.items()], columns=["id", "lon", "lat"])
    as_text = {"a": "str", "b": "str"}
    return Roads(nodes.astype({"id": "str"}), links.astype(as_text))


def _read(path: Path, rules: RoadRules) -> list[_Way]:
    try:
        import osmium
    except ImportError as error:
        raise BadInputError([Fault("roads_no_reader", "roads", value=path.name)]) from error
    ways = []
    try:
        reader = (
            osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
            .with_locations()
            .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
            .with_filter(osmium.filter.KeyFilter("highway", "route"))
        )
        for item in reader:
            way = _way(item, rules)
            if way is not None:
                ways.append(way)
    except (RuntimeError, OSError) as error:
        details = {"message": str(error).splitlines()[0]}
        raise BadInputError(
            [Fault("roads_unreadable", "roads", value=path.name, details=details)]
        ) from error
    return ways


def _way(item: Any, rules: RoadRules) -> _Way | None:
    tags = item.tags
    kind = tags.get("highway")
    minutes: float | None = None
    if tags.get("route") == "ferry":
        kind, kmh = "ferry", rules.ferry_kmh
    elif kind in rules.kmh:
        limit = _limit(tags.get("maxspeed"))
        kmh = rules.kmh[kind] if limit is None else limit * rules.share_of_limit
    else:
        return None
    if "no" in (tags.get("motor_vehicle"), tags.get("motorcar")) or tags.get("access") in _CLOSED:
        return None
    # An extract cuts ways at its edge: nodes outside have no place and end the way there.
    here = [(n.ref, n.lon, n.lat) for n in item.nodes if n.location.valid()]
    if len(here) < 2:
        return None
    refs, lon, lat = zip(*here, strict=True)
    if kind == "ferry":
        km = _GEOD.line_length(lon, lat) / 1000.0
        said = _duration(tags.get("duration"))
        minutes = said if said is not None else 60.0 * km / kmh + rules.ferry_wait_min
    return _Way(
        np.array(refs, dtype=np.int64), np.array(lon), np.array(lat), str(kind), kmh, minutes,
        _oneway(tags, str(kind)),
    )  # fmt: skip


def _oneway(tags: Any, kind: str) -> int:
    """Direction of travel: 1 with the way, −1 against it, 0 both."""
    said = tags.get("oneway", "")
    if said in ("yes", "true", "1"):
        return 1
    if said in ("-1", "reverse"):
        return -1
    implied = said == "" and (kind == "motorway" or tags.get("junction") == "roundabout")
    return int(implied)


def _limit(text: str | None) -> float | None:
    """Speed limit in km/h; None where there is none in numbers."""
    found = re.match(r"\s*(\d+(?:\.\d+)?)\s*(mph)?", text or "")
    if not found or float(found[1]) <= 0:
        return None
    return float(found[1]) * (_KMH_PER_MPH if found[2] else 1.0)


def _duration(text: str | None) -> float | None:
    """Minutes of a duration as hh:mm."""
    found = re.fullmatch(r"\s*(\d+):(\d{2})(?::\d{2})?\s*", text or "")
    return None if not found else 60.0 * int(found[1]) + int(found[2])
