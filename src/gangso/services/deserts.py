"""Service deserts: where people are beyond the national minimum, settlement by settlement."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gangso.scenario import Standard
from gangso.services.people import People
from gangso.territory import Territory
from gangso.territory.boundaries import Ground, lay_ground

__all__ = ["desert_areas", "settlement_ground", "unmet_minimums"]

_WGS84 = "EPSG:4326"


def unmet_minimums(minutes: pd.DataFrame, standards: Mapping[str, Standard]) -> pd.DataFrame:
    """Name the national minimums that each settlement is beyond the limit of.

    Parameters
    ----------
    minutes : DataFrame
        Settlement × standard, minutes to the nearest facility.
    standards : mapping of str to Standard
        Limits.

    Returns
    -------
    DataFrame
        Settlement: ``unmet`` (keys joined by ``|``), ``count``.
    """
    keys = [key for key in map(str, minutes) if standards[key].level == "national_minimum"]
    beyond = np.column_stack(
        [minutes[key].to_numpy() > standards[key].minutes for key in keys]
        or [np.zeros((len(minutes), 0), dtype=bool)]
    )
    names = np.array(keys, dtype=object)
    unmet = pd.array(["|".join(names[row]) for row in beyond], dtype="str")
    return pd.DataFrame({"unmet": unmet, "count": beyond.sum(axis=1)}, index=minutes.index)


def settlement_ground(territory: Territory, people: People) -> Ground:
    """Find the land that is nearest to each settlement.

    Parameters
    ----------
    territory : Territory
        The territory.
    people : People
        People by settlement.

    Returns
    -------
    Ground
        Cells and land, in the order of the settlements.
    """
    table = people.table
    sites = table[["lon", "lat"]].copy()
    if territory.settlements is not None and "area_km2" in territory.settlements:
        area = territory.settlements.set_index("code")["area_km2"].reindex(table.index)
        # Municipalities that stand for themselves bring their own area.
        sites["area_km2"] = area.fillna(territory.municipalities["area_km2"].reindex(table.index))
    return lay_ground(sites, territory.metadata.metric_crs)


def desert_areas(
    territory: Territory, people: People, deserts: pd.DataFrame, ground: Ground
) -> gpd.GeoDataFrame:
    """Draw the land of each municipality by the national minimums that it lacks.

    The land of a settlement is what lies nearest to it, as for drawn boundaries; within given
    boundaries it is cut to them. A municipality with a given boundary whose settlements all
    lack the same is that boundary.

    Parameters
    ----------
    territory : Territory
        The territory.
    people : People
        People by settlement.
    deserts : DataFrame
        As `unmet_minimums`.
    ground : Ground
        As `settlement_ground`.

    Returns
    -------
    GeoDataFrame
        One row a municipality and set of lacking minimums (also the empty one):
        ``municipality``, ``unmet``, ``count``, ``residents``, geometry (WGS 84).
    """
    table = people.table.join(deserts)
    cells = table["municipality"].astype(str) + "\t" + table["unmet"].astype(str)
    # Where all settlements of a municipality lack the same, its given boundary is the answer.
    whole = np.zeros(len(table), dtype=bool)
    if not territory.boundaries_drawn:
        whole = (cells.groupby(table["municipality"]).transform("nunique") == 1).to_numpy()
    drawn = gpd.GeoSeries([], index=pd.Index([], dtype="str"), crs=_WGS84)
    if not whole.all():
        drawn = ground.dissolve(cells.to_numpy(dtype=str))
        drawn = drawn[drawn.index.isin(cells[~whole])]
    named = sorted({*drawn.index, *cells[whole]})
    parts = pd.Series(named, index=named).str.split("\t", n=1, expand=True)
    shapes = drawn.reindex(named).to_numpy()
    if not territory.boundaries_drawn:
        own = shapely.make_valid(territory.boundaries.reindex(parts[0]).to_numpy())
        missing = shapely.is_missing(shapes)
        shapes = np.where(missing, own, shapely.intersection(shapes, own))
    sums = table.groupby(cells).agg(residents=("all", "sum"), count=("count", "first"))
    return gpd.GeoDataFrame(
        {
            "municipality": parts[0].to_numpy(),
            "unmet": parts[1].to_numpy(),
            "count": sums["count"].reindex(named).to_numpy(),
            "residents": sums["residents"].reindex(named).to_numpy(),
        },
        geometry=shapes,
        crs=_WGS84,
    )
