"""The `Territory`: one country's municipalities and what is known of them, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gangso.errors import Fault, MissingTableError
from gangso.territory.boundaries import draw_boundaries
from gangso.territory.contiguity import derive_contiguity
from gangso.territory.metadata import Metadata

__all__ = ["Territory"]


@dataclass(frozen=True, eq=False)
class Territory:
    """A country (or part of one), checked and ready.

    Made by `gangso.territory.load`, `gangso.korea` or `Territory.from_tables`; every
    constructor checks the whole package first. Optional tables are None when absent.

    Parameters
    ----------
    metadata : Metadata
        Titles, languages, currency, sources, the country's scenario fragment.
    municipalities : DataFrame
        Indexed by ``code`` (str), sorted by it; columns of the data dictionary plus any
        further ones. ``lon``, ``lat``, ``area_km2`` and ``flow_zone`` are always filled.
    settlements, population, indicators, facilities, hubs, flows, finance, groupings, \
programmes : DataFrame or None
        As in the data dictionary.
    listed_contiguity : DataFrame or None
        The ``contiguity`` table as given.
    listed_boundaries : GeoSeries or None
        The polygons as given (WGS 84, index ``code``).
    fingerprint : str
        SHA-256 of the content of all tables: same data, same fingerprint, in any format.
    road_nodes, road_links : DataFrame or None
        As in the data dictionary; without them travel times are estimated.
    timetable : DataFrame or None
        As in the data dictionary: scheduled rides between hubs.
    """

    metadata: Metadata
    municipalities: pd.DataFrame
    settlements: pd.DataFrame | None
    population: pd.DataFrame | None
    indicators: pd.DataFrame | None
    facilities: pd.DataFrame | None
    hubs: pd.DataFrame | None
    flows: pd.DataFrame | None
    finance: pd.DataFrame | None
    groupings: pd.DataFrame | None
    programmes: pd.DataFrame | None
    listed_contiguity: pd.DataFrame | None
    listed_boundaries: gpd.GeoSeries | None
    fingerprint: str
    road_nodes: pd.DataFrame | None = None
    road_links: pd.DataFrame | None = None
    timetable: pd.DataFrame | None = None

    @cached_property
    def boundaries(self) -> gpd.GeoSeries:
        """Polygon of every municipality (WGS 84, index ``code``): given, or drawn.

        Drawn from the settlements; a municipality without any is drawn about its own centre.
        """
        if self.listed_boundaries is not None:
            return self.listed_boundaries
        columns = ["municipality", "lon", "lat", "area_km2"]
        own = self.municipalities.rename_axis("municipality").reset_index()[columns]
        if self.settlements is None:
            return draw_boundaries(own, self.metadata.metric_crs)
        towns = self.settlements.reindex(columns=columns)
        bare = own[~own["municipality"].isin(towns["municipality"])]
        sites = pd.concat([towns, bare], ignore_index=True) if len(bare) else towns
        return draw_boundaries(sites, self.metadata.metric_crs).reindex(self.municipalities.index)

    @property
    def boundaries_drawn(self) -> bool:
        """Whether the polygons were drawn from settlements (an approximation to be named)."""
        return self.listed_boundaries is None

    @cached_property
    def contiguity(self) -> pd.DataFrame:
        """Links between neighbours (a, b, link, shared_km, opened): given, or derived."""
        if self.listed_contiguity is not None:
            return self.listed_contiguity
        return derive_contiguity(self.boundaries, self.metadata.metric_crs)

    @cached_property
    def islands(self) -> tuple[str, ...]:
        """Codes of municipalities without any link."""
        linked = set(self.contiguity["a"]) | set(self.contiguity["b"])
        return tuple(code for code in self.municipalities.index if code not in linked)

    @cached_property
    def xy_km(self) -> npt.NDArray[np.float64]:
        """Population-weighted centres in the metric reference system, shape (n, 2), in km."""
        points = gpd.GeoSeries(
            shapely.points(self.municipalities[["lon", "lat"]].to_numpy(dtype=float)),
            crs="EPSG:4326",
        ).to_crs(self.metadata.metric_crs)
        return np.column_stack([points.x, points.y]) / 1000.0

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the optional tables that the package does not have."""
        optional = (
            "settlements", "population", "indicators", "facilities",
            "hubs", "flows", "finance", "groupings", "programmes",
        )  # fmt: skip
        return tuple(name for name in optional if getattr(self, name) is None)

    def require(self, table: str) -> pd.DataFrame:
        """Return an optional table, or say that it is missing and what is lost.

        Parameters
        ----------
        table : str
            Name of the table.

        Returns
        -------
        DataFrame
            The table.

        Raises
        ------
        MissingTableError
            If the package does not have it.
        """
        found = getattr(self, table)
        if found is None:
            raise MissingTableError([Fault("table_missing", table)])
        return found  # type: ignore[no-any-return]

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Lay the municipalities on their boundaries, for geopandas and whatever reads it.

        Returns
        -------
        GeoDataFrame
            The table of municipalities with polygons (WGS 84), index ``code``; drawn
            boundaries are approximate (`boundaries_drawn`).
        """
        shapes = self.boundaries.reindex(self.municipalities.index)
        return gpd.GeoDataFrame(
            self.municipalities, geometry=shapes.to_numpy(), crs="EPSG:4326"
        ).copy()

    def name_column(self, lang: str) -> str:
        """Name the column that holds names in a language, in every table that names places."""
        return "name" if lang == self.metadata.languages[0] else "name_en"

    def names(self, lang: str) -> pd.Series:
        """Names of the municipalities in a language, by code."""
        return self.municipalities[self.name_column(lang)]

    @classmethod
    def from_tables(
        cls, tables: Mapping[str, pd.DataFrame], metadata: Mapping[str, Any] | None = None
    ) -> Territory:
        """Check tables held in memory and build a territory from them.

        Parameters
        ----------
        tables : mapping of str to DataFrame
            Tables of the data dictionary; ``boundaries`` is a GeoDataFrame with ``code``.
        metadata : mapping, optional
            The ``gangso`` part of a ``datapackage.json``.

        Returns
        -------
        Territory
            The territory.

        Raises
        ------
        BadInputError
            With every fault that was found.
        """
        from gangso.territory.load import build  # the builder makes this class

        return build(tables, metadata or {})
