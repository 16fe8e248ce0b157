"""Check polygons that a package brings along, and repair them for `gangso new`."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gangso.errors import Fault
from gangso.territory.columns import as_text, faults_at
from gangso.territory.metadata import Metadata

__all__ = ["check_boundaries", "mend_polygons", "outside_country"]

_POLYGONS = ("Polygon", "MultiPolygon")


def check_boundaries(
    given: gpd.GeoDataFrame, codes: Mapping[str, str]
) -> tuple[gpd.GeoSeries | None, list[Fault]]:
    """Check polygons against the municipalities.

    Parameters
    ----------
    given : GeoDataFrame
        With a column ``code``.
    codes : mapping of str to str
        Names of the municipalities by code; empty if unknown.

    Returns
    -------
    GeoSeries or None
        Polygons by code (WGS 84); None if they cannot be used at all.
    list of Fault
        What is wrong with them.
    """
    table = "boundaries"
    if "code" not in given.columns:
        found = ", ".join(str(c) for c in given.columns if c != given.geometry.name)
        details = {"description": "Municipality code", "found": found}
        return None, [Fault("missing_column", table, None, "code", None, details)]
    if given.empty:
        return None, [Fault("empty_table", table)]
    faults: list[Fault] = []
    if given.crs is None:
        faults.append(Fault("no_crs", table))
    code = as_text(pd.Series(given["code"].to_numpy(), name="code"))
    shapes = given.geometry.to_numpy()
    void = given.geometry.isna().to_numpy() | given.geometry.is_empty.to_numpy()
    kinds = given.geometry.geom_type.to_numpy()
    not_area = ~void & ~np.isin(kinds.astype("str"), _POLYGONS)
    invalid = ~void & ~not_area & ~shapely.is_valid(shapes)
    unknown = (~code.isin(list(codes))).to_numpy() & code.notna().to_numpy() & bool(codes)
    for kind, mask in (
        ("missing_value", code.isna().to_numpy()),
        ("duplicate_code", code.duplicated().to_numpy() & code.notna().to_numpy()),
        ("unknown_municipality", unknown),
        ("empty_polygon", void),
        ("not_a_polygon", not_area),
        ("invalid_polygon", invalid),
    ):
        if mask.any():
            reasons = shapely.is_valid_reason(shapes[mask])
            told = [{"reason": str(reason), "nearest": "–", "first": ""} for reason in reasons]
            faults += faults_at(kind, table, np.flatnonzero(mask), "code", code[mask], told)
    drawn = set(code.dropna())
    without = [c for c in codes if c not in drawn]
    faults += [
        Fault("boundary_missing", table, column="code", value=c, details={"name": codes[c]})
        for c in without
    ]
    if given.crs is None:
        return None, faults
    sound = ~(void | not_area | code.isna().to_numpy() | code.duplicated().to_numpy())
    series = gpd.GeoSeries(
        shapes[sound], index=pd.Index(code[sound], name="code"), crs=given.crs
    ).to_crs("EPSG:4326")
    row = pd.Series(np.flatnonzero(sound), index=series.index)
    faults += _off_the_world(series, row, str(given.crs.name))
    known = series.index.isin(list(codes)) if codes else np.ones(len(series), dtype=bool)
    faults += _twice(series[known], row[known])
    return series.sort_index(), faults


def _off_the_world(series: gpd.GeoSeries, row: pd.Series, crs: str) -> list[Fault]:
    """Find coordinates that no place on earth has: the reference system is not the stated one."""
    box = series.bounds
    off = ~(
        np.isfinite(box).all(axis=1)
        & (box["minx"] >= -180.001)
        & (box["maxx"] <= 180.001)
        & (box["miny"] >= -90.001)
        & (box["maxy"] <= 90.001)
    ).to_numpy()
    return faults_at(
        "off_the_world", "boundaries", row[off].to_numpy(), "code", series.index[off],
        [{"crs": crs, "x": f"{x:g}", "y": f"{y:g}"}
         for x, y in zip(box["minx"][off], box["miny"][off], strict=True)],
    )  # fmt: skip


def _twice(series: gpd.GeoSeries, row: pd.Series) -> list[Fault]:
    """Find different municipalities with one and the same polygon."""
    key = pd.Series(shapely.to_wkb(shapely.normalize(series.to_numpy())), index=series.index)
    again = key.duplicated().to_numpy()
    if not again.any():
        return []
    first = key[~again].reset_index().set_index(0)["code"]
    return faults_at(
        "same_polygon", "boundaries", row[again].to_numpy(), "code", series.index[again],
        [{"other": str(first[value])} for value in key[again]],
    )  # fmt: skip


def outside_country(
    metadata: Metadata, frames: Mapping[str, pd.DataFrame], boundaries: gpd.GeoSeries | None
) -> list[Fault]:
    """Find what lies outside the bounds of its country: a wrong system, or exchanged axes.

    Parameters
    ----------
    metadata : Metadata
        With ``bounds``; without them nothing is known and nothing is found.
    frames : mapping of str to DataFrame
        Typed tables.
    boundaries : GeoSeries or None
        Polygons by code (WGS 84).

    Returns
    -------
    list of Fault
        One for the polygons and one for each table that lies outside altogether or in part.
    """
    if metadata.bounds is None:
        return []
    west, south, east, north = metadata.bounds
    places = {
        name: frames[name][["lon", "lat"]].dropna().to_numpy(dtype=float)
        for name in ("municipalities", "settlements", "facilities")
        if name in frames and {"lon", "lat"} <= set(frames[name].columns)
    }
    if boundaries is not None and len(boundaries):
        box = boundaries.bounds.to_numpy()
        places["boundaries"] = np.column_stack([box[:, [0, 2]].mean(1), box[:, [1, 3]].mean(1)])
    faults = []
    for name, xy in places.items():
        out = ~((xy[:, 0] >= west) & (xy[:, 0] <= east) & (xy[:, 1] >= south) & (xy[:, 1] <= north))
        if not out.any():
            continue
        x, y = xy[out][0]
        exchanged = west <= y <= east and south <= x <= north
        kind = "axes_exchanged" if exchanged else "outside_country"
        details = {
            "count": f"{int(out.sum()):,}", "country": metadata.country,
            "bounds": f"{west:g}–{east:g}, {south:g}–{north:g}",
        }  # fmt: skip
        faults.append(Fault(kind, name, None, "lon+lat", f"{x:g}, {y:g}", details))
    return faults


def mend_polygons(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Make polygons valid and drop the lines and points that come with some of them.

    Parameters
    ----------
    shapes : array of geometries, shape (n,)
        Any geometries.

    Returns
    -------
    array of geometries, shape (n,)
        Valid polygons or multipolygons; empty where there is no area.
    """
    valid = shapely.make_valid(shapes)
    mixed = np.flatnonzero(
        ~np.isin(shapely.get_type_id(valid), (3, 6)) & ~shapely.is_missing(valid)
    )
    for number in mixed:
        parts = shapely.get_parts(shapely.get_parts(valid[number]))
        valid[number] = shapely.union_all(parts[shapely.get_type_id(parts) == 3])
    return valid
