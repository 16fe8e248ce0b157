"""Access on a fine grid: the nearest facility of every cell, tile by tile on any engine.

The network is searched once, from all facilities at the same time. Every cell then joins its
nearest node, and for that a tile needs only the nodes in it and in a halo about it as wide as the
farthest way to a node. Tiles are read and written by the workers, so that memory is bounded by
the network and one tile for each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from gangso.engine import Engine
from gangso.territory.tiles import read_tile, write_tile
from gangso.territory.travel import Network, Places, nearest_minutes
from gangso.territory.travel.network import metric_km

__all__ = ["GridAccess", "grid_access"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GridAccess:
    """Access of a grid.

    Attributes
    ----------
    tiles : DataFrame
        One row a tile, index ``tile``. Columns: ``cells``, ``population``,
        ``population_within`` (of those within the limit), ``population_reached`` (of those
        who reach a facility at all), ``person_minutes`` (sum over the latter).
    limit_min : float
        The limit.
    """

    tiles: pd.DataFrame
    limit_min: float


@dataclass(frozen=True, eq=False)
class _Nodes:
    """What every tile reads: nodes that points can join, and how far each is from a facility."""

    xy: Floats  # km, sorted by x
    access_kmh: Floats
    minutes: Floats
    facility: Ints
    farthest_km: float
    metric_crs: str
    limit_min: float


def _measure(nodes: _Nodes, tile: tuple[str, str]) -> tuple[int, float, float, float, float]:
    """Measure one tile: read it, join its cells to nodes, write it."""
    source, target = map(Path, tile)
    cells = read_tile(source)
    xy = metric_km(cells.lon, cells.lat, nodes.metric_crs)
    low, high = xy.min(axis=0) - nodes.farthest_km, xy.max(axis=0) + nodes.farthest_km
    first, last = np.searchsorted(nodes.xy[:, 0], [low[0], np.nextafter(high[0], np.inf)])
    here = first + np.flatnonzero(
        (nodes.xy[first:last, 1] >= low[1]) & (nodes.xy[first:last, 1] <= high[1])
    )
    minutes = np.full(len(cells), np.inf)
    facility = np.full(len(cells), -1, dtype=np.int64)
    if len(here):
        km, nearest = map(np.asarray, cKDTree(nodes.xy[here]).query(xy))
        near = np.flatnonzero(km <= nodes.farthest_km)
        node = here[nearest[near]]
        minutes[near] = nodes.minutes[node] + 60.0 * km[near] / nodes.access_kmh[node]
        facility[near] = np.where(np.isfinite(minutes[near]), nodes.facility[node], -1)
    write_tile(target, cells, {"minutes": minutes, "facility": facility})
    reached = np.isfinite(minutes)
    people = cells.population
    return (
        len(cells),
        float(people.sum()),
        float(people[minutes <= nodes.limit_min].sum()),
        float(people[reached].sum()),
        # Not a product of BLAS, whose sums depend on how many threads it has.
        float((people[reached] * minutes[reached]).sum()),
    )


def grid_access(
    network: Network,
    facilities: Places,
    tiles: list[Path],
    out: Path,
    limit_min: float,
    engine: Engine,
    progress: Callable[[int, int], None] | None = None,
) -> GridAccess:
    """Find the nearest facility of every cell of a grid.

    Parameters
    ----------
    network : Network
        The roads.
    facilities : Places
        Where the facilities join them.
    tiles : list of Path
        The grid, as `gangso.territory.tiles.cut_tiles` has cut it.
    out : Path
        Folder for one GeoParquet file a tile, with ``population``, ``minutes`` (infinite if
        no facility can be reached) and ``facility`` (position among the facilities, or −1).
    limit_min : float
        Minutes that count as within reach.
    engine : Engine
        Where tiles are measured. Workers elsewhere must see the same folders.
    progress : callable, optional
        Called with the number of tiles done and their total.

    Returns
    -------
    GridAccess
        Sums by tile; the same on every engine.
    """
    every = Places(np.arange(len(network)), np.zeros(len(network)))
    minutes, facility = nearest_minutes(network, facilities, every)
    open_nodes = np.flatnonzero(network.access_kmh > 0)
    xy = metric_km(network.lon[open_nodes], network.lat[open_nodes], network.metric_crs)
    order = np.argsort(xy[:, 0], kind="stable")
    chosen = open_nodes[order]
    shared = _Nodes(
        xy[order], network.access_kmh[chosen], minutes[chosen], facility[chosen],
        network.farthest_access_km, network.metric_crs, limit_min,
    )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    pieces = [(str(tile.resolve()), str((out / tile.name).resolve())) for tile in tiles]
    found = engine.map(_measure, pieces, shared=shared, progress=progress)
    columns = ["cells", "population", "population_within", "population_reached", "person_minutes"]
    names = pd.Index([tile.stem for tile in tiles], name="tile", dtype="str")
    return GridAccess(pd.DataFrame(found, columns=columns, index=names), limit_min)
