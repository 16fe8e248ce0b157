"""Roads from a planner's files: lines of a GeoPackage, or an OpenStreetMap extract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely
from pyproj import Geod

from gangso.errors import BadInputError, Fault

__all__ = ["DRIVEN_KMH", "RoadRules", "Roads", "read_roads", "roads_from_lines"]

_GEOD = Geod(ellps="WGS84")
_OSM = (".osm", ".pbf", ".osm.gz", ".osm.bz2")
_DIGITS = 6  # of a degree, a tenth of a metre: ends nearer than that are one node

#: Speed driven on roads of OpenStreetMap without a speed limit (km/h); assumed.
DRIVEN_KMH: Mapping[str, float] = MappingProxyType(
    {
        "motorway": 90, "motorway_link": 50, "trunk": 70, "trunk_link": 45, "primary": 55,
        "primary_link": 40, "secondary": 45, "secondary_link": 35, "tertiary": 40,
        "tertiary_link": 30, "unclassified": 30, "residential": 25, "living_street": 15,
        "service": 15, "road": 30,
    }
)  # fmt: skip


@dataclass(frozen=True)
class RoadRules:
    """How minutes are found where a file does not say them.

    Parameters
    ----------
    kmh : mapping of str to float
        Speed driven by kind of road, where it has no limit; other kinds are left out.
    share_of_limit : float
        Speed driven as a share of the limit, where there is one (ambulances of Korea's
        emergency test: 0.65).
    ferry_kmh, ferry_wait_min : float
        Of ferries without a duration.
    """

    kmh: Mapping[str, float] = field(default_factory=lambda: DRIVEN_KMH)
    share_of_limit: float = 0.85
    ferry_kmh: float = 30.0
    ferry_wait_min: float = 30.0


@dataclass(frozen=True, eq=False)
class Roads:
    """Tables of roads for a territory package.

    Attributes
    ----------
    nodes : DataFrame
        As ``road_nodes`` of the data dictionary.
    links : DataFrame
        As ``road_links``.
    """

    nodes: pd.DataFrame
    links: pd.DataFrame


def read_roads(path: Path, rules: RoadRules | None = None, layer: str | None = None) -> Roads:
    """Read roads from a file.

    Parameters
    ----------
    path : Path
        An OpenStreetMap extract (``.osm``, ``.osm.pbf``), or lines (GeoPackage and other
        formats of maps).
    rules : RoadRules, optional
        Speeds.
    layer : str, optional
        Layer of a GeoPackage; the only one by default.

    Returns
    -------
    Roads
        Nodes and links.

    Raises
    ------
    BadInputError
        If the file cannot be read or holds no usable roads.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInputError([Fault("roads_unreadable", "roads", value=str(path),
                                   details={"message": "–"})])  # fmt: skip
    rules = rules or RoadRules()
    if path.name.lower().endswith(_OSM):
        from gangso.territory.travel.osm import roads_from_osm  # the reader is an extra

        return roads_from_osm(path, rules)
    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if layer is None and len(layers) > 1:
            details = {"known": ", ".join(layers)}
            raise BadInputError([Fault("roads_layer", "roads", value=path.name, details=details)])
        lines = gpd.read_file(path, layer=layer or layers[0])
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, BadInputError):
            raise
        details = {"message": str(error).splitlines()[0]}
        raise BadInputError(
            [Fault("roads_unreadable", "roads", value=path.name, details=details)]
        ) from error
    return roads_from_lines(lines, rules)


def roads_from_lines(lines: gpd.GeoDataFrame, rules: RoadRules | None = None) -> Roads:
    """Make roads of lines that meet in their ends.

    Parameters
    ----------
    lines : GeoDataFrame
        Lines with ``minutes``, or else ``kmh``, or else ``kind`` (one of `RoadRules.kmh`);
        optionally ``kind`` and ``oneway`` (yes/no).
    rules : RoadRules, optional
        Speeds.

    Returns
    -------
    Roads
        Nodes and links. Lines that cross without an end there do not meet (bridges).

    Raises
    ------
    BadInputError
        With every fault that was found.
    """
    rules = rules or RoadRules()
    if lines.crs is None:
        raise BadInputError([Fault("no_crs", "roads")])
    lines = lines[lines.geometry.notna() & ~lines.geometry.is_empty]
    lines = lines.to_crs("EPSG:4326").explode(ignore_index=True)
    faults = []
    wrong = np.flatnonzero((lines.geom_type != "LineString").to_numpy())
    faults += [Fault("roads_no_line", "roads", row=int(row) + 2) for row in wrong]
    if lines.empty:
        faults.append(Fault("empty_table", "roads"))
    if not {"minutes", "kmh", "kind"} & set(lines.columns):
        known = ", ".join(str(column) for column in lines.columns)
        faults.append(Fault("roads_no_time", "roads", column="minutes", details={"known": known}))
    if faults:
        raise BadInputError(faults)
    km = np.array([_GEOD.geometry_length(line) for line in lines.geometry]) / 1000.0
    minutes = _minutes(lines, km, rules)
    bad = np.flatnonzero(~(minutes >= 0) | np.isinf(minutes))
    if len(bad):
        raise BadInputError(
            [Fault("roads_bad_time", "roads", row=int(row) + 2, column="minutes") for row in bad]
        )
    shapes = lines.geometry.to_numpy()
    ends = np.vstack(
        [
            shapely.get_coordinates(shapely.get_point(shapes, 0)),
            shapely.get_coordinates(shapely.get_point(shapes, -1)),
        ]
    ).round(_DIGITS)
    points, inverse = np.unique(ends, axis=0, return_inverse=True)
    names = np.array([f"n{number}" for number in range(len(points))], dtype=object)
    a, b = names[inverse.ravel()[: len(lines)]], names[inverse.ravel()[len(lines) :]]
    return Roads(
        pd.DataFrame({"id": names, "lon": points[:, 0], "lat": points[:, 1]}),
        pd.DataFrame(
            {
                "a": a,
                "b": b,
                "minutes": minutes,
                "km": km,
                "kind": lines["kind"].fillna("road") if "kind" in lines else "road",
                "oneway": _oneway(lines),
            }
        ),
    )


def _minutes(
    lines: gpd.GeoDataFrame, km: npt.NDArray[np.float64], rules: RoadRules
) -> npt.NDArray[np.float64]:
    """Minutes as given, else by the speed as given, else by kind; missing where none is known."""
    found = pd.Series(np.nan, index=lines.index)
    if "minutes" in lines:
        found = pd.to_numeric(lines["minutes"], errors="coerce")
    speeds = pd.Series(np.nan, index=lines.index)
    if "kmh" in lines:
        speeds = pd.to_numeric(lines["kmh"], errors="coerce")
    if "kind" in lines:
        speeds = speeds.fillna(lines["kind"].map(dict(rules.kmh)))
    by_speed = 60.0 * pd.Series(km, index=lines.index) / speeds.where(speeds > 0)
    return np.asarray(found.fillna(by_speed), dtype=np.float64)


def _oneway(lines: gpd.GeoDataFrame) -> pd.Series | str:
    if "oneway" not in lines:
        return "no"
    said = lines["oneway"].astype("str").str.lower().isin(["yes", "true", "1", "1.0"])
    found: pd.Series = said.map({True: "yes", False: "no"})
    return found
