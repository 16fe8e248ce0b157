"""Facilities and hubs from an OpenStreetMap extract, read by pyosmium (the extra ``osm``)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from gangso.errors import BadInputError, Fault

__all__ = ["read_places"]


@cache
def _services(table: str) -> dict[tuple[str, str], str]:
    path = resources.files(__package__) / "osm_services.csv"
    with path.open(encoding="utf-8") as file:
        return {
            (row["key"], row["value"]): row["kind"]
            for row in csv.DictReader(file)
            if row["table"] == table
        }


def read_places(path: Path, *, hubs: bool = False) -> pd.DataFrame:
    """Read the places of an extract that are a service or a hub.

    Parameters
    ----------
    path : Path
        ``.osm``, ``.osm.pbf`` or a compressed one.
    hubs : bool
        Read stations, airports and the like instead of facilities.

    Returns
    -------
    DataFrame
        Columns ``id``, ``service`` (or ``kind``), ``name``, ``lon``, ``lat``. A building or
        area stands at the mean of its outline's points; relations are left out.

    Raises
    ------
    BadInputError
        If pyosmium is not installed, or the file cannot be read.
    """
    try:
        import osmium
    except ImportError as error:
        raise BadInputError([Fault("roads_no_reader", "osm", value=path.name)]) from error
    wanted = _services("hubs" if hubs else "facilities")
    keys = sorted({key for key, _ in wanted})
    rows = []
    try:
        reader = (
            osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
            .with_locations()
            .with_filter(osmium.filter.KeyFilter(*keys))
        )
        found: Iterable[Any] = reader
        for item in found:
            kind = next((wanted[k, item.tags.get(k)] for k in keys
                         if (k, item.tags.get(k)) in wanted), None)  # fmt: skip
            if kind is None:
                continue
            if item.is_node():
                points = [(item.lon, item.lat)]
            else:
                points = [(n.lon, n.lat) for n in item.nodes if n.location.valid()]
                # A closed outline names its first point twice.
                points = points[:-1] if len(points) > 1 and points[0] == points[-1] else points
            if points:
                lon, lat = (sum(p) / len(points) for p in zip(*points, strict=True))
                letter = "n" if item.is_node() else "w"
                name = item.tags.get("name") or item.tags.get("ref") or f"{kind} {item.id}"
                rows.append((f"{letter}{item.id}", kind, name, lon, lat))
    except (RuntimeError, OSError) as error:
        details = {"message": str(error).splitlines()[0]}
        raise BadInputError(
            [Fault("unreadable_file", "osm", None, None, path.name, details)]
        ) from error
    label = "kind" if hubs else "service"
    frame = pd.DataFrame(rows, columns=["id", label, "name", "lon", "lat"])
    if hubs:  # the dictionary knows a hub by kind and name
        again = frame.duplicated(["kind", "name"], keep=False)
        frame["name"] = frame["name"].where(~again, frame["name"] + " (" + frame["id"] + ")")
    return frame
