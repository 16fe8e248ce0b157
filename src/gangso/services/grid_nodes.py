"""Where the cells of a grid join the network: what every tile reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from gangso.territory.tiles import Cells
from gangso.territory.travel import Network
from gangso.territory.travel.network import metric_km

__all__ = ["Nodes", "open_nodes"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Nodes:
    """Nodes that points can join, from west to east.

    Attributes
    ----------
    xy : ndarray of float, shape (n, 2)
        Where they lie (km), sorted by x.
    number : ndarray of int, shape (n,)
        Their numbers in the network.
    access_kmh : ndarray of float, shape (n,)
        Straight-line speed between a node and a point beside it.
    farthest_km : float
        Points farther than this from every node are off the network.
    metric_crs : str
        Reference system for straight lines.
    """

    xy: Floats
    number: Ints
    access_kmh: Floats
    farthest_km: float
    metric_crs: str

    def join(self, cells: Cells) -> tuple[Ints, Floats]:
        """Join the cells of a tile to their nearest nodes.

        Only nodes in the tile, and in a halo about it as wide as the farthest way to a node,
        are looked at.

        Parameters
        ----------
        cells : Cells
            The cells.

        Returns
        -------
        at : ndarray of int, shape (k,)
            Position of the node among these; −1 if the cell is off the network.
        minutes : ndarray of float, shape (k,)
            Way between cell and node; infinite if the cell is off the network.
        """
        xy = metric_km(cells.lon, cells.lat, self.metric_crs)
        low, high = xy.min(axis=0) - self.farthest_km, xy.max(axis=0) + self.farthest_km
        first, last = np.searchsorted(self.xy[:, 0], [low[0], np.nextafter(high[0], np.inf)])
        here = first + np.flatnonzero(
            (self.xy[first:last, 1] >= low[1]) & (self.xy[first:last, 1] <= high[1])
        )
        at = np.full(len(cells), -1, dtype=np.int64)
        minutes = np.full(len(cells), np.inf)
        if len(here):
            km, nearest = map(np.asarray, cKDTree(self.xy[here]).query(xy))
            near = np.flatnonzero(km <= self.farthest_km)
            at[near] = here[nearest[near]]
            minutes[near] = 60.0 * km[near] / self.access_kmh[at[near]]
        return at, minutes


def open_nodes(network: Network) -> Nodes:
    """Collect the nodes of a network that points can join.

    Parameters
    ----------
    network : Network
        The network.

    Returns
    -------
    Nodes
        Those nodes.
    """
    number = np.flatnonzero(network.access_kmh > 0)
    xy = metric_km(network.lon[number], network.lat[number], network.metric_crs)
    order = np.argsort(xy[:, 0], kind="stable")
    number = number[order]
    return Nodes(
        xy[order], number, network.access_kmh[number], network.farthest_access_km,
        network.metric_crs,
    )  # fmt: skip
