"""What the measurement of services returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gangso.services.people import People
from gangso.territory.boundaries import Ground

__all__ = ["Services"]


@dataclass(frozen=True, eq=False)
class Services:
    """Who cannot reach what.

    Attributes
    ----------
    year : int or None
        Year of the people.
    estimated : bool
        Whether the minutes rest on an estimated network.
    assumptions : mapping of str to tuple of str
        What the minutes rest on, by language.
    people : People
        People by settlement and group.
    minutes : DataFrame
        Settlement × standard: minutes to the nearest facility; infinite if none is in reach.
    nearest : DataFrame
        Settlement × standard: ``id`` of that facility; missing if none is in reach.
    municipalities, nation : DataFrame
        One row an area, standard and group: ``area``, ``standard``, ``level``, ``group``,
        ``people``, ``beyond`` (people beyond the limit), ``share_beyond``, ``unreachable``
        (people with no way at all), ``mean_minutes`` (of those with a way). The nation's area
        is ``"nation"``.
    underserved : DataFrame
        One row a municipality, test and cut: ``share`` (worst of the test's standards),
        ``standard`` (which one that is), ``cut``, ``underserved``.
    counts : DataFrame
        One row a test and cut: ``underserved``, ``municipalities``; ``without_assumed``: how
        many would be underserved if facilities that are only assumed did not exist.
    access : DataFrame
        Settlement × catchment: capacity within reach per thousand people (E2SFCA).
    municipal_access : DataFrame
        The same by municipality, weighted by people.
    capacity : DataFrame
        Municipality × service: capacity per thousand residents.
    closures : DataFrame
        One row a test and site: ``id`` (facilities joined by ``|``), ``municipality``,
        ``facilities``, ``pushed`` (people of the test's group whom its closing pushes beyond
        the limit), ``threshold``, ``critical``; only sites that somebody depends on.
    sustain : DataFrame
        Municipality × threshold: ``"safe"`` (80 % of such places have the service), ``"even"``
        (50 %) or ``"no"``; missing thresholds make ``safe`` impossible.
    unmeasured : DataFrame
        ``standard`` (or other key) and ``reason`` (key of ``services.unmeasured.<reason>``).
    deserts : DataFrame
        Settlement: ``unmet`` (national minimums beyond the limit; standards' keys joined by
        ``|``), ``count``.
    desert_areas : GeoDataFrame
        The land of each municipality by the minimums that it lacks, see
        `gangso.services.desert_areas`.
    ground : Ground
        The land nearest to each settlement, from which such areas are drawn.
    """

    year: int | None
    estimated: bool
    assumptions: Mapping[str, tuple[str, ...]]
    people: People
    minutes: pd.DataFrame
    nearest: pd.DataFrame
    municipalities: pd.DataFrame
    nation: pd.DataFrame
    underserved: pd.DataFrame
    counts: pd.DataFrame
    access: pd.DataFrame
    municipal_access: pd.DataFrame
    capacity: pd.DataFrame
    closures: pd.DataFrame
    sustain: pd.DataFrame
    unmeasured: pd.DataFrame
    deserts: pd.DataFrame
    desert_areas: gpd.GeoDataFrame
    ground: Ground
