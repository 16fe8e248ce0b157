"""Find the municipality of points from the map, where a table does not name it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gangso.errors import Fault
from gangso.territory.columns import as_text

__all__ = ["locate"]

# Points this near a border or coast (km) belong to the nearest municipality: maps are generalised.
_NEAR_KM = 2.0


def locate(
    frame: pd.DataFrame,
    boundaries: gpd.GeoDataFrame,
    metric_crs: str,
    name: str,
    notes: list[Fault],
) -> tuple[pd.DataFrame, pd.Series]:
    """Name the municipality in which each point lies.

    Parameters
    ----------
    frame : DataFrame
        With ``lon`` and ``lat`` (WGS 84).
    boundaries : GeoDataFrame
        With ``code``.
    metric_crs : str
        Reference system in metres.
    name : str
        Name of the table, for the note.
    notes : list of Fault
        Takes how many were found inside, and how many only near.

    Returns
    -------
    DataFrame
        With ``municipality``; missing where no municipality is near.
    Series of bool
        Where that is so.
    """
    xy = frame[["lon", "lat"]].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    points = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs="EPSG:4326").to_crs(metric_crs)
    known = boundaries.dropna(subset=["code"])
    shapes = known.geometry.to_crs(metric_crs).to_numpy()
    codes = as_text(known["code"]).to_numpy(dtype=object)
    found = np.full(len(points), None, dtype=object)
    sound = np.isfinite(shapely.get_x(points.to_numpy()))
    tree = shapely.STRtree(shapes)
    at = points.to_numpy()[sound]
    rows, hits = tree.query(at, predicate="intersects")
    inside = np.flatnonzero(sound)
    # On a common border the first polygon takes the point.
    found[inside[rows[::-1]]] = codes[hits[::-1]]
    rest = np.flatnonzero(sound & np.array([code is None for code in found]))
    near = 0
    if len(rest):
        rows, hits = tree.query_nearest(
            points.to_numpy()[rest], max_distance=_NEAR_KM * 1000, all_matches=False
        )
        found[rest[rows]] = codes[hits]
        near = len(rows)
    lost = pd.Series([code is None for code in found], index=frame.index)
    details = {"near": f"{near:,}", "lost": f"{int(lost.sum()):,}", "km": f"{_NEAR_KM:g}"}
    notes.append(Fault("located", name, value=f"{len(frame):,}", details=details))
    return frame.assign(municipality=pd.Series(found, index=frame.index, dtype="str")), lost
