"""Which municipalities touch: derived from polygons where a package does not say."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gangso.territory.outlines import mend_polygons

__all__ = ["derive_contiguity"]

Geometries = npt.NDArray[np.object_]


def _rook(shapes: gpd.GeoSeries) -> set[tuple[int, int]]:
    """Pairs whose borders have points of a common edge, by libpysal's rook rule."""
    # libpysal brings scikit-learn along, more than a second of loading that only territories
    # without a contiguity table need.
    from libpysal.graph import Graph

    graph = Graph.build_contiguity(shapes.reset_index(drop=True), rook=True, strict=True)
    links = graph.adjacency[graph.adjacency > 0].index
    return {(int(a), int(b)) for a, b in links if a < b}


def _near(shapes: Geometries, gap_m: float) -> set[tuple[int, int]]:
    """Pairs that come as near as the tolerated gap."""
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=gap_m)
    return {(int(i), int(j)) for i, j in zip(a, b, strict=True) if i < j}


def _shared_m(a: Geometries, b: Geometries, gap_m: float) -> npt.NDArray[np.float64]:
    """Length of the border that each pair shares, gaps and overlaps up to `gap_m` allowed.

    The strips within half the gap of either outline meet in a strip of about the gap's width
    along the common border. Its area over its width is the border's length, whatever wiggles
    the two outlines have there.
    """
    lines = [shapely.boundary(side) for side in (a, b)]
    strips = [shapely.buffer(line, gap_m, quad_segs=1, cap_style="flat") for line in lines]
    along = [
        shapely.length(shapely.intersection(lines[0], strips[1])),
        shapely.length(shapely.intersection(lines[1], strips[0])),
    ]
    # Where two outlines only cross or touch in a corner, up to two gaps' length of each lies
    # within the other's strip without any common border.
    shared: npt.NDArray[np.float64] = np.minimum(*along) - 2 * gap_m
    return np.maximum(shared, 0.0)


def derive_contiguity(
    boundaries: gpd.GeoSeries, metric_crs: str, *, gap_m: float = 20.0, least_km: float = 0.05
) -> pd.DataFrame:
    """Find the neighbours that share a border on land.

    Parameters
    ----------
    boundaries : GeoSeries
        Polygons by municipality code.
    metric_crs : str
        Reference system in metres.
    gap_m : float
        Gaps and overlaps between neighbours up to this width are imprecision of drawing.
    least_km : float
        A shorter common border is a corner, not a border (rook, not queen).

    Returns
    -------
    DataFrame
        Columns ``a``, ``b`` (a < b), ``link`` ("land"), ``shared_km``, ``opened`` (missing),
        sorted. Municipalities without a neighbour (islands) are in no row.
    """
    shapes = boundaries.dropna().to_crs(metric_crs)
    shapes = shapes[~shapes.is_empty].sort_index()
    mended = mend_polygons(shapes.to_numpy())
    shapes = gpd.GeoSeries(mended, index=shapes.index, crs=shapes.crs)
    codes = shapes.index.to_numpy(dtype=str)
    exact = _rook(shapes)
    pairs = np.array(sorted(exact | _near(mended, gap_m)), dtype=np.int64).reshape(-1, 2)
    a, b = mended[pairs[:, 0]], mended[pairs[:, 1]]
    # Flush borders are measured to the last metre; only the rest needs the tolerance.
    common = shapely.length(shapely.intersection(shapely.boundary(a), shapely.boundary(b)))
    loose = common < least_km * 1000
    if loose.any():
        common[loose] = _shared_m(a[loose], b[loose], gap_m)
    keep = common >= least_km * 1000
    return pd.DataFrame(
        {
            "a": pd.array(codes[pairs[keep, 0]], dtype="str"),
            "b": pd.array(codes[pairs[keep, 1]], dtype="str"),
            "link": pd.array(["land"] * int(keep.sum()), dtype="str"),
            "shared_km": common[keep] / 1000.0,
            "opened": pd.array([pd.NA] * int(keep.sum()), dtype="Int64"),
        }
    ).sort_values(["a", "b"], ignore_index=True)
