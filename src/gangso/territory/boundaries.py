"""Boundaries drawn from settlements where a package has none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from gangso.territory.outlines import mend_polygons

__all__ = ["Ground", "draw_boundaries", "estimate_areas", "lay_ground"]

_GRID_M = 1.0
_ARC = 4  # segments in a quarter of a disc: enough at the scale of a town

# Land about a lone point, in mean distances to the nearest four, and at most so many times
# what is usual about it: an island far off does not own the sea. See `estimate_areas`.
_REACH, _USUAL, _NEAREST, _AROUND = 0.7, 1.3, 4, 8

Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Ground:
    """The land that is nearest to each settlement, whatever it is then dissolved by.

    Attributes
    ----------
    points : ndarray of Point, shape (k,)
        The different points, metric.
    area : ndarray of float64, shape (k,)
        Area that belongs to each (m2).
    row : ndarray of int64, shape (k,)
        Row of the settlement that each belongs to.
    gap : float
        As `draw_boundaries`.
    metric_crs : str
        Their reference system.
    """

    points: Geometries
    area: npt.NDArray[np.float64]
    row: npt.NDArray[np.int64]
    gap: float
    metric_crs: str

    @cached_property
    def cells(self) -> Geometries:
        """Voronoi cells of the points, rounded to the grid, metric; shape (k,)."""
        radius = np.sqrt(self.area / np.pi)
        # Rounded to one grid first, neighbouring cells keep the very same corners.
        return shapely.set_precision(_cells(self.points, float(2 * radius.max())), _GRID_M)

    @cached_property
    def land(self) -> Any:
        """What the cells are to be clipped to (Polygon or MultiPolygon)."""
        width = self.gap * float(np.sqrt(self.area.mean() / np.pi))
        return _land(self.points, np.sqrt(self.area / np.pi), width)

    def dissolve(self, labels: npt.ArrayLike) -> gpd.GeoSeries:
        """Draw the land of each label.

        Parameters
        ----------
        labels : array_like of str, shape (n,)
            Label of each settlement.

        Returns
        -------
        GeoSeries
            Valid polygons without overlaps (WGS 84), indexed by label, sorted.
        """
        own = np.asarray(labels, dtype=str)[self.row]
        names, group = np.unique(own, return_inverse=True)
        # Dissolved before they are clipped, no slits are left between cells.
        dissolved = [shapely.union_all(self.cells[group == number]) for number in range(len(names))]
        merged = shapely.intersection(
            np.array(dissolved, dtype=object), self.land, grid_size=_GRID_M
        )
        drawn = gpd.GeoSeries(
            merged, index=pd.Index(names, name="code", dtype="str"), crs=self.metric_crs
        ).to_crs("EPSG:4326")
        # Slivers may fold over when the reference system changes.
        return gpd.GeoSeries(mend_polygons(drawn.to_numpy()), index=drawn.index, crs=drawn.crs)


def _sites(settlements: pd.DataFrame, metric_crs: str) -> pd.DataFrame:
    """Points in metres with the area that belongs to each (m2)."""
    points = gpd.GeoSeries(
        shapely.points(settlements[["lon", "lat"]].to_numpy(dtype=float)), crs="EPSG:4326"
    ).to_crs(metric_crs)
    xy = shapely.get_coordinates(points.to_numpy())
    area = (
        settlements["area_km2"].to_numpy(dtype=float) * 1e6
        if "area_km2" in settlements
        else np.full(len(xy), np.nan)
    )
    frame = pd.DataFrame(
        {
            "row": np.arange(len(xy)),
            "x": xy[:, 0],
            "y": xy[:, 1],
            "area": area,
        }
    )
    # Settlements on one point share a cell, which the first one named takes.
    sites = frame.groupby(["x", "y"], as_index=False, sort=False).agg(
        row=("row", "first"), area=("area", "sum")
    )
    known = sites["area"] > 0
    if not known.any():
        return sites.assign(area=_areas_about(sites[["x", "y"]].to_numpy()))
    return sites.assign(area=sites["area"].where(known, sites.loc[known, "area"].median()))


def _cells(points: Geometries, margin: float) -> Geometries:
    """Voronoi cell of each point, in their order."""
    west, south, east, north = shapely.total_bounds(points)
    frame = shapely.box(west - margin, south - margin, east + margin, north + margin)
    if len(points) == 1:
        return np.array([frame], dtype=object)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=frame)
    )
    cell, site = shapely.STRtree(points).query(cells, predicate="contains")
    ordered = np.empty(len(points), dtype=object)
    ordered[site] = cells[cell]
    return ordered


def estimate_areas(
    lon: npt.ArrayLike, lat: npt.ArrayLike, metric_crs: str
) -> npt.NDArray[np.float64]:
    """Estimate areas where nothing but points is known: the land nearest to each, near by.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,)
        Places of the municipalities (degrees, WGS 84), all known.
    metric_crs : str
        Reference system in metres.

    Returns
    -------
    ndarray of float64, shape (n,)
        km2. Voronoi cell of each point within a disc of 0.7 mean distances to its nearest
        four; the disc is at most 1.3 times the usual one of its surroundings.

    Notes
    -----
    From the points alone the sum is 105 % of the true area for Korea's 229 municipalities and
    92 % for Italy's 7,900; eight of ten estimates lie within 0.54 to 2.2 times the true area.
    """
    places = gpd.GeoSeries(
        gpd.points_from_xy(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)),
        crs="EPSG:4326",
    ).to_crs(metric_crs)
    xy, which, sharing = np.unique(
        shapely.get_coordinates(places.to_numpy()), axis=0, return_inverse=True, return_counts=True
    )
    found: npt.NDArray[np.float64] = (_areas_about(xy) / 1e6 / sharing)[which.ravel()]
    return found


def _areas_about(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Area (m2) that belongs to each of some different points (m)."""
    if len(xy) == 1:
        return np.array([1e6])
    near = min(_AROUND, len(xy) - 1) + 1
    distance, other = map(np.asarray, cKDTree(xy).query(xy, k=near))
    radius = _REACH * distance[:, 1 : _NEAREST + 1].mean(axis=1)
    radius = np.minimum(radius, _USUAL * np.median(radius[other[:, 1:]], axis=1))
    points: Geometries = np.asarray(shapely.points(xy), dtype=object)
    cells = _cells(points, float(2 * radius.max()))
    area: npt.NDArray[np.float64] = shapely.area(
        shapely.intersection(cells, shapely.buffer(points, radius))
    )
    return area


def _land(points: Geometries, radius: npt.NDArray[np.float64], gap: float) -> Any:
    """Area about the settlements: their discs, the gaps between them closed, no holes."""
    discs = shapely.union_all(shapely.buffer(points, radius, quad_segs=_ARC))
    closed = shapely.buffer(shapely.buffer(discs, gap, quad_segs=_ARC), -gap, quad_segs=_ARC)
    shores = shapely.get_exterior_ring(shapely.get_parts(closed))
    return shapely.union_all(shapely.polygons(shores))


def draw_boundaries(
    settlements: pd.DataFrame, metric_crs: str, *, gap: float = 0.6
) -> gpd.GeoSeries:
    """Draw every municipality as the land that is nearest to its settlements.

    The Voronoi cells of the settlement points are clipped to the land and dissolved by
    municipality. Land is what lies in a disc about a settlement, the disc being as large as
    the settlement: its radius is sqrt(area / pi), no more, so that the coast lies where it
    should on average and the total area comes out right (100 % for Korea). Towns are no
    circles, so the discs leave gaps between them; gaps narrower than twice `gap` mean
    radii are closed, and holes inside are filled: they are mountains, not sea.

    Parameters
    ----------
    settlements : DataFrame
        Columns ``municipality``, ``lon``, ``lat`` and, if known, ``area_km2``.
    metric_crs : str
        Reference system in metres.
    gap : float
        Half the width of the gaps to close, in mean radii of the settlements.

    Returns
    -------
    GeoSeries
        Valid polygons without overlaps (WGS 84), indexed by municipality code, sorted.

    Notes
    -----
    Against the official outline of Korea's 229 municipalities (generalised to 250 m) the
    drawn ones agree to 79 % (intersection over union); with the true coast and the same
    cells it would be 83 %.
    """
    ground = lay_ground(settlements, metric_crs, gap=gap)
    return ground.dissolve(settlements["municipality"].to_numpy(dtype=str))


def lay_ground(settlements: pd.DataFrame, metric_crs: str, *, gap: float = 0.6) -> Ground:
    """Find the land that is nearest to each settlement.

    Parameters
    ----------
    settlements : DataFrame
        Columns ``lon``, ``lat`` and, if known, ``area_km2``.
    metric_crs : str
        Reference system in metres.
    gap : float
        As `draw_boundaries`.

    Returns
    -------
    Ground
        Cells and land, the costly part of drawing, are made once, when they are first used.
    """
    sites = _sites(settlements, metric_crs)
    return Ground(
        points=np.asarray(shapely.points(sites[["x", "y"]].to_numpy()), dtype=object),
        area=sites["area"].to_numpy(dtype=np.float64),
        row=sites["row"].to_numpy(dtype=np.int64),
        gap=gap,
        metric_crs=metric_crs,
    )
