"""Shared capacity on a fine grid (E2SFCA): both steps tile by tile, on any engine.

The halo of a tile is all that people in it can reach within the catchment, by road: the fastest
way to a facility that counts leads through no other node. So each tile knows the minutes to its
facilities exactly, and its border does not show. The first step adds up, tile by tile, who
demands each facility; the second gives every cell its share of what each has for one person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra

from gangso.engine import Engine
from gangso.scenario import Decay
from gangso.services.floating import decay_weights
from gangso.services.grid_nodes import Nodes
from gangso.territory.tiles import Cells, read_tile
from gangso.territory.travel import Network, Places
from gangso.territory.travel.paths import minutes_towards, ranges

__all__ = ["GridCatchment", "Shares", "facility_shares", "tile_access"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PAIRS_AT_ONCE = 2_000_000  # pairs of cell and facility that are weighed at a time
# A node on the very edge of the catchment may be summed to a hair beyond it from the other side.
_EDGE = 1.0 + 1e-9


@dataclass(frozen=True, eq=False)
class GridCatchment:
    """Facilities whose capacity the cells share.

    Attributes
    ----------
    facilities : Places
        Where they join the network, k of them.
    capacity : ndarray of float, shape (k,)
        What each has to share.
    limit_min : float
        Size of the catchment.
    decay : Decay
        How much a facility counts, by minutes.
    """

    facilities: Places
    capacity: Floats
    limit_min: float
    decay: Decay


@dataclass(frozen=True, eq=False)
class Shares:
    """The first step, done.

    Attributes
    ----------
    ratio : ndarray of float, shape (k,)
        Capacity per weighted person of each facility; 0 where nobody reaches it.
    limit_min : float
        Size of the catchment.
    decay : Decay
        How much a facility counts, by minutes.
    """

    ratio: Floats
    limit_min: float
    decay: Decay


@dataclass(frozen=True, eq=False)
class _Ground:
    """What the first step reads for every tile."""

    nodes: Nodes
    graph: sp.csr_array
    directed: bool
    catchment: GridCatchment


@dataclass(frozen=True, eq=False)
class _Near:
    """Minutes from the nodes of a tile to the facilities in reach."""

    at: Ints  # positions of the nodes, sorted
    facility: Ints  # numbers of the facilities
    minutes: sp.csr_array


def facility_shares(
    network: Network,
    nodes: Nodes,
    catchment: GridCatchment,
    tiles: list[Path],
    engine: Engine,
    progress: Callable[[int, int], None] | None = None,
) -> Shares:
    """Find what each facility has for one person: the first step.

    Parameters
    ----------
    network : Network
        The roads.
    nodes : Nodes
        Its nodes that cells can join.
    catchment : GridCatchment
        The facilities.
    tiles : list of Path
        The grid, as `gangso.territory.tiles.cut_tiles` has cut it. The minutes of each tile
        are left beside it, for the second step.
    engine : Engine
        Where tiles are measured.
    progress : callable, optional
        Called with the number of tiles done and their total.

    Returns
    -------
    Shares
        The same on every engine: sums are added up in the order of the tiles.
    """
    shared = _Ground(nodes, network.graph, network.directed, catchment)
    demand = np.zeros(len(catchment.capacity))
    pieces = [str(tile.resolve()) for tile in tiles]
    for facility, people in engine.map(_demand, pieces, shared=shared, progress=progress):
        demand[facility] += people
    ratio = np.divide(catchment.capacity, demand, out=np.zeros_like(demand), where=demand > 0)
    return Shares(ratio, catchment.limit_min, catchment.decay)


def tile_access(shares: Shares, tile: Path, at: Ints, way: Floats) -> Floats:
    """Give the cells of a tile what they can reach: the second step.

    Parameters
    ----------
    shares : Shares
        The first step.
    tile : Path
        The tile, beside which the first step has left its minutes.
    at : ndarray of int, shape (n,)
        Node of each cell among the `Nodes`; −1 if it is off the network.
    way : ndarray of float, shape (n,)
        Minutes between cell and node.

    Returns
    -------
    ndarray of float, shape (n,)
        Capacity per person.
    """
    near = _read(_beside(tile))
    access = np.zeros(len(at))
    for cell, column, weight in _weighed(near, at, way, shares.limit_min, shares.decay):
        low, high = cell[0], cell[-1] + 1
        given = weight * shares.ratio[near.facility[column]]
        access[low:high] += np.bincount(cell - low, given, high - low)
    return access


def _demand(ground: _Ground, tile: str) -> tuple[Ints, Floats]:
    """Who of a tile demands which facility; its minutes are written beside it."""
    cells: Cells = read_tile(Path(tile))
    at, way = ground.nodes.join(cells)
    near = _search(ground, np.unique(at[at >= 0]))
    _write(_beside(Path(tile)), near)
    demand = np.zeros(len(near.facility))
    limit, decay = ground.catchment.limit_min, ground.catchment.decay
    for cell, column, weight in _weighed(near, at, way, limit, decay):
        demand += np.bincount(column, weight * cells.population[cell], len(demand))
    return near.facility, demand


def _search(ground: _Ground, at: Ints) -> _Near:
    """Minutes from some nodes to the facilities in reach, over the nodes in reach."""
    catchment, graph = ground.catchment, ground.graph
    starts = ground.nodes.number[at]
    nobody = _Near(at, np.empty(0, dtype=np.int64), sp.csr_array((len(at), 0)))
    if not len(at):
        return nobody
    reached = dijkstra(
        graph, directed=True, indices=starts, min_only=True, limit=catchment.limit_min * _EDGE
    )
    inside = np.flatnonzero(np.isfinite(reached))
    place = np.full(graph.shape[0], -1, dtype=np.int64)
    place[inside] = np.arange(len(inside))
    node = catchment.facilities.node
    facility = np.flatnonzero((node >= 0) & (place[node] >= 0))
    if not len(facility):
        return nobody
    part = graph[inside][:, inside]
    minutes = minutes_towards(
        sp.csr_array(part.T) if ground.directed else part,
        Places(place[starts], np.zeros(len(starts))),
        Places(place[node[facility]], catchment.facilities.minutes[facility]),
        catchment.limit_min,
    )
    return _Near(at, facility, minutes)


def _weighed(
    near: _Near, at: Ints, way: Floats, limit_min: float, decay: Decay
) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Cell, facility (position in `near`) and weight of each pair, so many at a time."""
    starts = np.asarray(near.minutes.indptr, dtype=np.int64)
    row = np.searchsorted(near.at, at)  # cells off the network have no pairs: see the next line
    lengths = np.append(np.diff(starts), 0)[np.where(at >= 0, row, -1)]
    ends = np.cumsum(lengths)
    low = 0
    while low < len(at):
        before = ends[low - 1] if low else 0
        high = max(low + 1, int(np.searchsorted(ends, before + _PAIRS_AT_ONCE, side="right")))
        here = lengths[low:high]
        if here.any():
            entry = ranges(starts[row[low:high]], here)
            cell = np.repeat(np.arange(low, high), here)
            minutes = near.minutes.data[entry] + way[cell]
            weight = decay_weights(minutes, limit_min, decay)
            yield cell, near.minutes.indices[entry].astype(np.int64), weight
        low = high


def _beside(tile: Path) -> Path:
    return tile.with_suffix(".near.npz")


def _write(path: Path, near: _Near) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(
            file, at=near.at, facility=near.facility, data=near.minutes.data,
            indices=near.minutes.indices, indptr=near.minutes.indptr,
        )  # fmt: skip
    part.replace(path)


def _read(path: Path) -> _Near:
    with np.load(path) as found:
        at, facility = found["at"], found["facility"]
        triple = (found["data"], found["indices"], found["indptr"])
    return _Near(at, facility, sp.csr_array(triple, shape=(len(at), len(facility))))
