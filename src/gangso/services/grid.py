"""Access on a fine grid: the nearest facility of every cell, tile by tile on any engine.

The network is searched once, from all facilities at the same time. Every cell then joins its
nearest node, and for that a tile needs only the nodes in it and in a halo about it as wide as the
farthest way to a node. Tiles are read and written by the workers, so that memory is bounded by
the network and one tile for each of them. Shared capacity is in `grid_floating`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.engine import Engine
from gangso.services.grid_floating import GridCatchment, Shares, facility_shares, tile_access
from gangso.services.grid_nodes import Nodes, open_nodes
from gangso.territory.tiles import read_tile, write_tile
from gangso.territory.travel import Network, Places, nearest_minutes

__all__ = ["GridAccess", "GridCatchment", "grid_access"]

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
        who reach a facility at all), ``person_minutes`` (sum over the latter); with a
        catchment also ``population_sharing`` (of those with any capacity in reach) and
        ``capacity_reached`` (capacity that the tile's residents have between them).
    limit_min : float
        The limit.
    ratio : ndarray of float, shape (k,), or None
        With a catchment: capacity per weighted person of each facility; 0 where nobody
        reaches it.
    """

    tiles: pd.DataFrame
    limit_min: float
    ratio: Floats | None = None


@dataclass(frozen=True, eq=False)
class _Shared:
    """What the measuring of every tile reads."""

    nodes: Nodes
    minutes: Floats  # of each node, to its nearest facility
    facility: Ints
    limit_min: float
    shares: Shares | None


def _measure(shared: _Shared, tile: tuple[str, str]) -> tuple[int | float, ...]:
    """Measure one tile: read it, join its cells to nodes, write it."""
    source, target = map(Path, tile)
    cells = read_tile(source)
    at, way = shared.nodes.join(cells)
    minutes = np.full(len(cells), np.inf)
    facility = np.full(len(cells), -1, dtype=np.int64)
    near = np.flatnonzero(at >= 0)
    minutes[near] = shared.minutes[at[near]] + way[near]
    facility[near] = np.where(np.isfinite(minutes[near]), shared.facility[at[near]], -1)
    columns: dict[str, npt.NDArray[np.generic]] = {"minutes": minutes, "facility": facility}
    people = cells.population
    reached = np.isfinite(minutes)
    sums: tuple[int | float, ...] = (
        len(cells),
        float(people.sum()),
        float(people[minutes <= shared.limit_min].sum()),
        float(people[reached].sum()),
        # Not a product of BLAS, whose sums depend on how many threads it has.
        float((people[reached] * minutes[reached]).sum()),
    )
    if shared.shares is not None:
        access = tile_access(shared.shares, source, at, way)
        columns["access"] = access
        sums = (*sums, float(people[access > 0].sum()), float((people * access).sum()))
    write_tile(target, cells, columns)
    return sums


def grid_access(
    network: Network,
    facilities: Places,
    tiles: list[Path],
    out: Path,
    limit_min: float,
    engine: Engine,
    progress: Callable[[int, int], None] | None = None,
    *,
    catchment: GridCatchment | None = None,
) -> GridAccess:
    """Find the nearest facility of every cell of a grid, and its share of capacity.

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
        no facility can be reached), ``facility`` (position among the facilities, or −1) and,
        with a catchment, ``access`` (capacity per person within it).
    limit_min : float
        Minutes that count as within reach.
    engine : Engine
        Where tiles are measured. Workers elsewhere must see the same folders.
    progress : callable, optional
        Called with the number of tiles done and their total; a catchment counts them twice.
    catchment : GridCatchment, optional
        Facilities whose capacity is shared by all cells that can reach them (E2SFCA). It goes
        over the tiles twice and leaves working files beside them.

    Returns
    -------
    GridAccess
        Sums by tile; the same on every engine.

    References
    ----------
    Luo and Qi (2009), DOI 10.1016/j.healthplace.2009.06.002
    """
    every = Places(np.arange(len(network)), np.zeros(len(network)))
    minutes, facility = nearest_minutes(network, facilities, every)
    nodes = open_nodes(network)
    count = len(tiles)
    shares, before = None, 0

    def tell(done: int, _: int) -> None:
        if progress is not None:
            progress(before + done, count + (count if catchment is not None else 0))

    if catchment is not None:
        shares = facility_shares(network, nodes, catchment, tiles, engine, tell)
        before = count
    shared = _Shared(nodes, minutes[nodes.number], facility[nodes.number], limit_min, shares)
    out.mkdir(parents=True, exist_ok=True)
    pieces = [(str(tile.resolve()), str((out / tile.name).resolve())) for tile in tiles]
    found = engine.map(_measure, pieces, shared=shared, progress=tell)
    columns = ["cells", "population", "population_within", "population_reached", "person_minutes"]
    if shares is not None:
        columns += ["population_sharing", "capacity_reached"]
    names = pd.Index([tile.stem for tile in tiles], name="tile", dtype="str")
    table = pd.DataFrame(found, columns=columns, index=names)
    return GridAccess(table, limit_min, None if shares is None else shares.ratio)
