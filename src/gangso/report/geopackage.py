"""The plan as layers for a geographic information system."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from gangso.report.chapters import CHAPTERS
from gangso.report.plan import PlanLike
from gangso.report.qgis import layer_styles

__all__ = ["layers", "write_geopackage"]

_WGS84 = "EPSG:4326"
# GeoPackages carry the date of their last change; a fixed one keeps the bytes the same.
_DATE = "2000-01-01T00:00:00.000Z"


def write_geopackage(plan: PlanLike, path: Path) -> None:
    """Write the layers, and beside them the styles that QGIS opens them with.

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
        found = layers(plan)
        for name, layer in found.items():
            layer.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
        pyogrio.write_dataframe(layer_styles(plan, found), path, layer="layer_styles")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def layers(plan: PlanLike) -> dict[str, gpd.GeoDataFrame]:
    """Lay out a plan as layers, those of its GeoPackage.

    Parameters
    ----------
    plan : PlanLike
        The plan.

    Returns
    -------
    dict of str to GeoDataFrame
        ``municipalities``, ``alliances`` and those of every other chapter, ``links``,
        ``hubs``, ``settlements``; WGS 84.

    Examples
    --------
    Each has whatever a GeoDataFrame has::

        gangso.layers(plan)["alliances"].plot("population")
        gangso.layers(plan)["alliances"].explore("population")
    """
    territory = plan.territory
    table = territory.municipalities
    for chapter in CHAPTERS:
        columns = chapter.columns(plan)
        if columns is not None:
            table = table.join(columns)
    table = table.assign(boundary_drawn=territory.boundaries_drawn)
    shapes = territory.boundaries.rename_axis("code")
    found = {
        "municipalities": gpd.GeoDataFrame(
            table.reset_index(), geometry=shapes.reindex(table.index).to_list(), crs=_WGS84
        )
    }
    for chapter in CHAPTERS:
        found |= chapter.layers(plan)
    found["links"] = _links(plan)
    for name in ("hubs", "settlements"):
        points = getattr(territory, name)
        if points is not None and len(points):
            found[name] = gpd.GeoDataFrame(
                points.reset_index(drop=points.index.name is None),
                geometry=gpd.points_from_xy(points["lon"], points["lat"]),
                crs=_WGS84,
            )
    return found


def _links(plan: PlanLike) -> gpd.GeoDataFrame:
    links = plan.territory.contiguity.reset_index(drop=True)
    centre = plan.territory.municipalities[["lon", "lat"]].to_numpy(dtype=float)
    index = plan.territory.municipalities.index
    ends = [centre[index.get_indexer(pd.Index(links[end]))] for end in ("a", "b")]
    lines = shapely.linestrings([[start, end] for start, end in zip(*ends, strict=True)])
    return gpd.GeoDataFrame(links, geometry=lines, crs=_WGS84)
