"""Lines that leave the land."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gangso.territory.outlines import mend_polygons
from gangso.territory.travel.network import Floats

__all__ = ["Land"]


class Land:
    """What lies in any of the municipalities.

    Parameters
    ----------
    boundaries : GeoSeries
        Polygons of all municipalities.
    metric_crs : str
        Reference system in metres.
    """

    def __init__(self, boundaries: gpd.GeoSeries, metric_crs: str) -> None:
        shapes = mend_polygons(boundaries.dropna().to_crs(metric_crs).to_numpy())
        self._shapes = shapely.STRtree(shapes[~shapely.is_empty(shapes)])
        # Only lines that cross a shore can leave the land; looking for those against short
        # pieces of shore is fast, whatever the size of the polygons.
        shore = shapely.boundary(shapely.union_all(self._shapes.geometries))
        self._shore = shapely.STRtree(_segments(shore))

    def km_off(self, begin: Floats, end: Floats) -> Floats:
        """Measure how much of straight lines lies off the land.

        Parameters
        ----------
        begin, end : ndarray of float, shape (m, 2)
            Ends of the lines (km).

        Returns
        -------
        ndarray of float, shape (m,)
            Kilometres outside.
        """
        outside = np.zeros(len(begin))
        if not len(begin):
            return outside
        lines = np.asarray(shapely.linestrings(np.stack([begin, end], axis=1) * 1000.0))
        some = np.unique(self._shore.query(lines, predicate="intersects")[0])
        line, shape = self._shapes.query(lines[some], predicate="intersects")
        shapes = self._shapes.geometries[shape]
        within = shapely.length(shapely.intersection(lines[some][line], shapes))
        total = np.bincount(line, weights=within, minlength=len(some))
        outside[some] = np.maximum(shapely.length(lines[some]) - total, 0.0) / 1000.0
        return outside


def _segments(outline: shapely.Geometry) -> npt.NDArray[np.object_]:
    points, part = shapely.get_coordinates(shapely.get_parts(outline), return_index=True)
    same = part[1:] == part[:-1]
    pairs = np.stack([points[:-1][same], points[1:][same]], axis=1)
    return np.asarray(shapely.linestrings(pairs), dtype=object)
