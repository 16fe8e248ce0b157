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

__all__ = ["check_boundaries", "mend_polygons"]

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
    return series.sort_index(), faults


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
