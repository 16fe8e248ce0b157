"""Boundaries drawn from settlements where a package has none."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

__all__ = ["draw_boundaries"]


def draw_boundaries(
    settlements: pd.DataFrame, metric_crs: str, *, reach: float = 1.9
) -> gpd.GeoSeries:
    """Draw every municipality as the land that is nearest to its settlements.

    The Voronoi cells of the settlement points, each clipped to a disc about its settlement,
    are dissolved by municipality.

    Parameters
    ----------
    settlements : DataFrame
        Columns ``municipality``, ``lon``, ``lat`` and, if known, ``area_km2``.
    metric_crs : str
        Reference system in metres.
    reach : float
        Radius of the discs, in radii of a circle of the settlement's area. A town is no
        circle about its point: with 1 the discs leave holes between neighbours, and without
        a limit the cells of the coast reach out to sea.

    Returns
    -------
    GeoSeries
        Valid polygons without overlaps (WGS 84), indexed by municipality code, sorted.
    """
    points = gpd.GeoSeries(
        shapely.points(settlements[["lon", "lat"]].to_numpy(dtype=float)), crs="EPSG:4326"
    ).to_crs(metric_crs)
    xy = shapely.get_coordinates(points.to_numpy())
    if "area_km2" in settlements:
        area = settlements["area_km2"].to_numpy(dtype=float) * 1e6
    else:
        area = np.full(len(xy), np.nan)
    frame = pd.DataFrame(
        {"municipality": settlements["municipality"].to_numpy(), "x": xy[:, 0], "y": xy[:, 1]}
    )
    frame["area"] = area
    # Settlements on one point share a cell, which would belong to both municipalities; the
    # first one named takes it.
    frame = frame.groupby(["x", "y"], as_index=False, sort=False).agg(
        {"municipality": "first", "area": "sum"}
    )
    area = frame["area"].where(frame["area"] > 0).to_numpy()
    sites = shapely.points(frame[["x", "y"]].to_numpy())
    span = np.ptp(frame[["x", "y"]].to_numpy(), axis=0).max() if len(frame) > 1 else 0.0
    fallback = np.nanmedian(area) if np.isfinite(area).any() else (span**2 / len(frame) or 1e6)
    radius = reach * np.sqrt(np.where(np.isfinite(area), area, fallback) / np.pi)
    discs = shapely.buffer(sites, radius, quad_segs=8)
    if len(frame) > 1:
        cells = shapely.get_parts(
            shapely.voronoi_polygons(
                shapely.multipoints(sites), extend_to=shapely.box(*shapely.total_bounds(discs))
            )
        )
        _, owner = shapely.STRtree(sites).query(cells, predicate="intersects")
        cell_of, site_of = shapely.STRtree(sites).query(cells, predicate="contains")
        del owner
        order = np.empty(len(sites), dtype=np.int64)
        order[site_of] = cell_of
        discs = shapely.intersection(cells[order], discs)
    drawn = gpd.GeoSeries(discs, index=frame["municipality"].to_numpy(), crs=metric_crs)
    names, group = np.unique(drawn.index.to_numpy(dtype=str), return_inverse=True)
    merged = [shapely.union_all(discs[group == number]) for number in range(len(names))]
    return gpd.GeoSeries(
        shapely.make_valid(np.array(merged, dtype=object)),
        index=pd.Index(names, name="code", dtype="str"),
        crs=metric_crs,
    ).to_crs("EPSG:4326")
