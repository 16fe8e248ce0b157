"""The plan as layers for a geographic information system."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from gangso.report.chapters import CHAPTERS
from gangso.report.plan import PlanLike

__all__ = ["write_geopackage"]

_WGS84 = "EPSG:4326"
# GeoPackages carry the date of their last change; a fixed one keeps the bytes the same.
_DATE = "2000-01-01T00:00:00.000Z"


def write_geopackage(plan: PlanLike, path: Path) -> None:
    """Write the layers: municipalities, those of every chapter, links, hubs, settlements.

    Parameters
    ----------
    plan : PlanLike
        The plan.
    path : Path
        File to write.
    """
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
    try:
        for name, layer in _layers(plan).items():
            layer.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _layers(plan: PlanLike) -> dict[str, gpd.GeoDataFrame]:
    territory = plan.territory
    table = territory.municipalities
    for chapter in CHAPTERS:
        columns = chapter.columns(plan)
        if columns is not None:
            table = table.join(columns)
    table = table.assign(boundary_drawn=territory.boundaries_drawn)
    shapes = territory.boundaries.rename_axis("code")
    layers = {
        "municipalities": gpd.GeoDataFrame(
            table.reset_index(), geometry=shapes.reindex(table.index).to_list(), crs=_WGS84
        )
    }
    for chapter in CHAPTERS:
        layers |= chapter.layers(plan)
    layers["links"] = _links(plan)
    for name in ("hubs", "settlements"):
        points = getattr(territory, name)
        if points is not None and len(points):
            layers[name] = gpd.GeoDataFrame(
                points.reset_index(drop=points.index.name is None),
                geometry=gpd.points_from_xy(points["lon"], points["lat"]),
                crs=_WGS84,
            )
    return layers


def _links(plan: PlanLike) -> gpd.GeoDataFrame:
    links = plan.territory.contiguity.reset_index(drop=True)
    centre = plan.territory.municipalities[["lon", "lat"]].to_numpy(dtype=float)
    index = plan.territory.municipalities.index
    ends = [centre[index.get_indexer(pd.Index(links[end]))] for end in ("a", "b")]
    lines = shapely.linestrings([[start, end] for start, end in zip(*ends, strict=True)])
    return gpd.GeoDataFrame(links, geometry=lines, crs=_WGS84)
