"""An estimated road network: from where people live to minutes, with every assumption named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gangso.scenario.travel import MainRoads, TravelOptions
from gangso.territory.model import Territory
from gangso.territory.travel.network import Floats, Ints, Network, Shores, build_network, metric_km
from gangso.territory.travel.proximity import neighbours, prune
from gangso.territory.travel.water import Land
from gangso.territory.travel.words import assumptions

__all__ = ["estimate_network"]

_COVERED = 0.5  # share of the municipalities' area from which settlements draw the land
_URBAN_FROM = 1_000.0  # persons per km2: the town that a main road has to cross


@dataclass(frozen=True, eq=False)
class _Sites:
    """Settlements as points of the network; those on one point are one site."""

    codes: pd.Index
    site: Ints
    xy: Floats
    lon: Floats
    lat: Floats
    municipality: npt.NDArray[np.object_]
    population: Floats
    area: Floats

    @property
    def density(self) -> Floats:
        return self.population / self.area


def _sites(territory: Territory) -> _Sites:
    own = territory.municipalities
    bare = own
    frames = []
    if territory.settlements is not None:
        towns = territory.settlements
        columns = ["code", "municipality", "lon", "lat", "population"]
        towns = towns.assign(area_km2=towns.get("area_km2", np.nan))[[*columns, "area_km2"]]
        frames.append(towns)
        bare = own[~own.index.isin(towns["municipality"])]
    if len(bare):
        frames.append(
            pd.DataFrame(
                {
                    "code": bare.index,
                    "municipality": bare.index,
                    **{c: bare[c].to_numpy() for c in ("lon", "lat", "population", "area_km2")},
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    # An unknown area is an even share of the municipality's.
    share = own["area_km2"] / table.groupby("municipality").size().reindex(own.index)
    area = table["area_km2"].where(table["area_km2"] > 0, table["municipality"].map(share))
    xy = metric_km(
        table["lon"].to_numpy(float), table["lat"].to_numpy(float), territory.metadata.metric_crs
    )
    _, first, site = np.unique(xy, axis=0, return_index=True, return_inverse=True)
    site = site.ravel()
    count = len(first)
    return _Sites(
        codes=pd.Index(table["code"], dtype="str"),
        site=site,
        xy=xy[first],
        lon=table["lon"].to_numpy(float)[first],
        lat=table["lat"].to_numpy(float)[first],
        municipality=table["municipality"].to_numpy(dtype=object)[first],
        population=_sum(site, table["population"], count),
        area=np.maximum(_sum(site, area, count), 1e-3),
    )


def _sum(site: Ints, values: pd.Series, count: int) -> Floats:
    total: Floats = np.bincount(site, values.to_numpy(float), count).astype(np.float64)
    return total


def _ground(territory: Territory) -> Land | None:
    """Land that roads must keep to; None where the settlements do not cover it."""
    towns = territory.settlements
    if territory.boundaries_drawn and towns is not None and "area_km2" in towns:
        covered = towns["area_km2"].sum()
        if 0 < covered < _COVERED * territory.municipalities["area_km2"].sum():
            # The areas are of the built-up ground alone: what lies between is no water.
            return None
    return Land(territory.boundaries, territory.metadata.metric_crs)


def _speed(density: Floats, options: TravelOptions) -> Floats:
    """Speed on ordinary roads (km/h) by density."""
    bands = sorted(options.speeds, key=lambda band: band.at_least)
    at = np.searchsorted([band.at_least for band in bands], density, side="right") - 1
    return np.array([band.kmh for band in bands])[at]


def _links(territory: Territory, kinds: tuple[str, ...], year: int | None) -> pd.DataFrame:
    """Listed links of some kinds that are open."""
    listed = territory.contiguity
    chosen = listed["link"].isin(kinds)
    if year is not None and "opened" in listed:
        chosen &= ~(listed["opened"] > year).fillna(False).astype(bool)
    return listed[chosen]


def _frame(pairs: Ints, minutes: Floats, km: Floats, kind: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "a": pairs[:, 0],
            "b": pairs[:, 1],
            "minutes": minutes,
            "km": km,
            "kind": pd.array([kind] * len(pairs), dtype="str"),
            "oneway": np.zeros(len(pairs), dtype=bool),
        }
    )


def _length(sites: _Sites, pairs: Ints) -> Floats:
    return np.asarray(np.hypot(*(sites.xy[pairs[:, 0]] - sites.xy[pairs[:, 1]]).T))


def _pieces(count: int, pairs: Ints) -> Ints:
    ones = np.ones(len(pairs), dtype=np.int8)
    graph = sp.csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    labels: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


def _members(municipality: npt.NDArray[np.object_]) -> dict[str, Ints]:
    """Sites of each municipality, in order of its code."""
    codes, number = np.unique(municipality.astype(str), return_inverse=True)
    order = np.argsort(number, kind="stable")
    cuts = np.searchsorted(number[order], np.arange(1, len(codes)))
    return {
        str(code): own.astype(np.int64)
        for code, own in zip(codes, np.split(order, cuts), strict=True)
    }


def _nearest_pair(xy: Floats, one: Ints, other: Ints) -> tuple[int, int]:
    """Positions of the two nearest points of two groups."""
    km, at = map(np.asarray, cKDTree(xy[other]).query(xy[one]))
    best = int(np.argmin(km))
    return int(one[best]), int(other[at[best]])


def _ordinary_roads(
    sites: _Sites, land: pd.DataFrame, ground: Land | None, options: TravelOptions
) -> Ints:
    """Pairs of neighbouring settlements that a road can join without crossing water."""
    pairs = neighbours(sites.xy)
    names, number = np.unique(sites.municipality.astype(str), return_inverse=True)
    own = pd.Index(names)
    linked = _keys(
        own.get_indexer(pd.Index(land["a"])), own.get_indexer(pd.Index(land["b"])), len(names)
    )
    one, two = number[pairs[:, 0]], number[pairs[:, 1]]
    possible = (one == two) | np.isin(_keys(one, two, len(names)), linked)
    pairs = pairs[possible]
    if ground is not None:
        wet = ground.km_off(sites.xy[pairs[:, 0]], sites.xy[pairs[:, 1]])
        pairs = pairs[wet <= options.water_km]
    pairs = pairs[prune(sites.xy, pairs)]
    # Neighbours by land are joined by land, even where no straight line between their
    # settlements keeps to it.
    piece = _pieces(len(sites.xy), pairs)
    members = _members(sites.municipality)
    more = []
    for a, b in zip(land["a"], land["b"], strict=True):
        if a not in members or b not in members:
            continue
        left, right = members[a], members[b]
        if not np.isin(piece[left], piece[right]).any():
            more.append(sorted(_nearest_pair(sites.xy, left, right)))
    return np.vstack([pairs, np.array(more, dtype=np.int64).reshape(-1, 2)])


def _keys(a: npt.NDArray[np.integer], b: npt.NDArray[np.integer], count: int) -> Ints:
    keys: Ints = np.minimum(a, b).astype(np.int64) * count + np.maximum(a, b)
    return keys


def _crossings(sites: _Sites, listed: pd.DataFrame) -> Ints:
    """Where listed bridges or ferries land: the nearest settlements of the two municipalities."""
    members = _members(sites.municipality)
    found = [
        sorted(_nearest_pair(sites.xy, members[a], members[b]))
        for a, b in zip(listed["a"], listed["b"], strict=True)
        if a in members and b in members
    ]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _local_ferries(sites: _Sites, joined: Ints) -> Ints:
    """Shortest crossings that join the settlements of each municipality to one piece."""
    piece = _pieces(len(sites.xy), joined)
    found: list[list[int]] = []
    for own in _members(sites.municipality).values():
        labels = piece[own]
        while len(different := np.unique(labels)) > 1:
            # The piece with the most people is where the others want to go.
            people = [sites.population[own[labels == each]].sum() for each in different]
            main = different[int(np.argmax(people))]
            here, there = own[labels == main], own[labels != main]
            a, b = _nearest_pair(sites.xy, there, here)
            labels[labels == piece[a]] = main
            found.append(sorted((a, b)))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _interchanges(
    territory: Territory, sites: _Sites, options: TravelOptions
) -> tuple[npt.NDArray[np.object_], Ints, Floats]:
    """Municipality, centre and minutes from there out of town, of every municipality."""
    table = pd.DataFrame(
        {
            "municipality": sites.municipality.astype(str),
            "population": sites.population,
            "area": sites.area,
            "site": np.arange(len(sites.xy)),
        }
    )
    centre = (
        table.sort_values(["population", "site"], ascending=[False, True], kind="stable")
        .drop_duplicates("municipality")
        .set_index("municipality")["site"]
        .reindex(territory.municipalities.index)
        .dropna()
        .astype("int64")
    )
    town = table[sites.density >= _URBAN_FROM].groupby("municipality")[["population", "area"]]
    urban = town.sum().reindex(centre.index).fillna(0.0)
    area = urban["area"].to_numpy()
    density = np.where(area > 0, urban["population"].to_numpy() / np.maximum(area, 1e-9), 0.0)
    km = np.sqrt(area / np.pi) * options.detour
    minutes = 60.0 * km / _speed(density, options)
    return np.asarray(centre.index, dtype=object), np.asarray(centre, dtype=np.int64), minutes


def _tier_pairs(
    territory: Territory,
    tier: MainRoads,
    codes: npt.NDArray[np.object_],
    xy: Floats,
    land: pd.DataFrame,
) -> Ints:
    """Pairs of municipalities (positions in `codes`) whose centres a tier of roads may join."""
    if tier.places_over <= 0:
        position = pd.Index(codes)
        a, b = (position.get_indexer(pd.Index(land[end])) for end in ("a", "b"))
        pairs = np.column_stack([np.minimum(a, b), np.maximum(a, b)]).astype(np.int64)
        return np.unique(pairs[(pairs >= 0).all(axis=1)], axis=0)
    population = territory.municipalities["population"].reindex(codes).to_numpy(dtype=float)
    large = np.flatnonzero(population >= tier.places_over)
    # Centres that share a point are one place of a road.
    _, first = np.unique(xy[large], axis=0, return_index=True)
    large = large[np.sort(first)]
    return np.sort(large[neighbours(xy[large])], axis=1)


def estimate_network(
    territory: Territory, options: TravelOptions | None = None, year: int | None = None
) -> Network:
    """Estimate a road network from the settlements.

    Ordinary roads join neighbouring settlements (a pruned Delaunay graph) of one municipality
    or of two that touch by land, unless the straight line leaves the land. Main roads join
    the centres of municipalities: each tier those from its size on. Listed bridges and ferries join
    the nearest settlements of their two municipalities.

    Parameters
    ----------
    territory : Territory
        The territory.
    options : TravelOptions, optional
        Speeds and detours.
    year : int, optional
        Bridges and ferries opened later are left out; all are taken by default.

    Returns
    -------
    Network
        The network, marked as estimated, with its assumptions.
    """
    options = options or TravelOptions()
    sites = _sites(territory)
    speed = _speed(sites.density, options)
    land = _links(territory, ("land",), None)
    ground = _ground(territory)
    parts = []

    roads = _ordinary_roads(sites, land, ground, options)
    km = _length(sites, roads) * options.detour
    # Half of the way lies in each settlement.
    pace = 30.0 / speed[roads[:, 0]] + 30.0 / speed[roads[:, 1]]
    parts.append(_frame(roads, km * pace, km, "road"))
    piece = _pieces(len(sites.xy), roads)

    bridges = _crossings(sites, _links(territory, ("bridge",), year))
    km = _length(sites, bridges) * options.detour
    parts.append(_frame(bridges, 60.0 * km / options.bridge_kmh, km, "bridge"))
    ferries = _crossings(sites, _links(territory, ("ferry",), year))
    local = np.zeros((0, 2), dtype=np.int64)
    if options.local_ferries:
        local = _local_ferries(sites, np.vstack([roads, bridges]))
    for kind, pairs in (("ferry", ferries), ("local_ferry", local)):
        km = _length(sites, pairs)
        minutes = options.ferry_wait_min + 60.0 * km / options.ferry_kmh
        parts.append(_frame(pairs, minutes, km, kind))

    codes, centre, out_of_town = _interchanges(territory, sites, options)
    lon, lat, access = [sites.lon], [sites.lat], [speed / options.detour]
    pieces = [piece]
    for number, tier in enumerate(options.main_roads):
        xy = sites.xy[centre]
        pairs = _tier_pairs(territory, tier, codes, xy, land)
        pairs = pairs[piece[centre[pairs[:, 0]]] == piece[centre[pairs[:, 1]]]]
        if ground is not None:
            wet = ground.km_off(xy[pairs[:, 0]], xy[pairs[:, 1]])
            pairs = pairs[wet <= options.water_km]
        if tier.places_over > 0:
            pairs = pairs[prune(xy, pairs)]
        base = len(sites.xy) + number * len(centre)
        km = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) * tier.detour
        parts.append(_frame(pairs + base, 60.0 * km / tier.kmh, km, tier.key))
        used = np.unique(pairs)
        ramps = np.column_stack([centre[used], used + base])
        parts.append(_frame(ramps, out_of_town[used], np.zeros(len(used)), "out_of_town"))
        lon.append(sites.lon[centre])
        lat.append(sites.lat[centre])
        access.append(np.zeros(len(centre)))
        pieces.append(piece[centre])

    of_municipality = {
        code: frozenset(piece[own].tolist()) for code, own in _members(sites.municipality).items()
    }
    return build_network(
        np.concatenate(lon),
        np.concatenate(lat),
        np.concatenate(access),
        pd.concat(parts, ignore_index=True),
        estimated=True,
        assumptions=assumptions(territory, options, year, dry=ground is None, local=len(local)),
        metric_crs=territory.metadata.metric_crs,
        farthest_access_km=options.farthest_access_km,
        codes=sites.codes,
        settlement_node=sites.site,
        shores=Shores(np.concatenate(pieces), of_municipality),
    )
