"""A `Network`: nodes, links with minutes, and where the settlements join it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from pyproj import Transformer
from scipy.spatial import cKDTree

__all__ = ["Network", "Places", "Shores", "build_network", "metric_km", "morton_order"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Places:
    """Points where they join a network.

    Attributes
    ----------
    node : ndarray of int, shape (k,)
        Node of each point; −1 if it is off the network.
    minutes : ndarray of float, shape (k,)
        Way between point and node; infinite if it is off the network.
    """

    node: Ints
    minutes: Floats

    def __len__(self) -> int:
        """Count the points."""
        return len(self.node)

    def take(self, chosen: Ints) -> Places:
        """Return some of the points.

        Parameters
        ----------
        chosen : ndarray of int
            Their positions.

        Returns
        -------
        Places
            Those points, in that order.
        """
        return Places(self.node[chosen], self.minutes[chosen])


@dataclass(frozen=True, eq=False)
class Shores:
    """Which nodes are joined by land.

    Attributes
    ----------
    piece : ndarray of int, shape (n,)
        Number of the piece of land of each node.
    of_municipality : mapping of str to frozenset of int
        Pieces on which each municipality has settlements.
    """

    piece: Ints
    of_municipality: Mapping[str, frozenset[int]]


@dataclass(frozen=True, eq=False)
class Network:
    """Roads (and ferries) with minutes, or an estimate of them.

    Nodes are in Morton order, so that neighbours lie close in memory.

    Attributes
    ----------
    lon, lat : ndarray of float, shape (n,)
        Nodes (WGS 84).
    access_kmh : ndarray of float, shape (n,)
        Straight-line speed between a node and a point beside it; 0 where nothing joins the
        network (the interchanges of estimated main roads).
    links : DataFrame
        One row a link: nodes ``a``, ``b``, ``minutes``, ``km``, ``kind`` (text), ``oneway``
        (only from a to b).
    estimated : bool
        Whether the network was estimated and not given.
    assumptions : mapping of str to tuple of str
        What the minutes rest on, by language; to be printed beside every figure.
    metric_crs : str
        Reference system for straight lines.
    farthest_access_km : float
        Points farther than this from every node are off the network.
    settlements : Places
        Where the settlements join, in the order of `codes`.
    codes : Index
        Settlement codes.
    shores : Shores or None
        Which nodes lie on which island, where that is known.
    """

    lon: Floats
    lat: Floats
    access_kmh: Floats
    links: pd.DataFrame
    estimated: bool
    assumptions: Mapping[str, tuple[str, ...]]
    metric_crs: str
    farthest_access_km: float
    settlements: Places
    codes: pd.Index
    shores: Shores | None = None

    def __len__(self) -> int:
        """Count the nodes."""
        return len(self.lon)

    @cached_property
    def graph(self) -> sp.csr_array:
        """Minutes from node to node along single links, shape (n, n); parallel links: the best."""
        links = self.links
        a, b = links["a"].to_numpy(), links["b"].to_numpy()
        minutes = links["minutes"].to_numpy()
        both = ~links["oneway"].to_numpy()
        rows = np.concatenate([a, b[both]])
        columns = np.concatenate([b, a[both]])
        data = np.concatenate([minutes, minutes[both]])
        order = np.lexsort((data, columns, rows))
        rows, columns, data = rows[order], columns[order], data[order]
        first = np.ones(len(rows), dtype=bool)
        first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
        first &= rows != columns
        starts = np.zeros(len(self) + 1, dtype=np.int32)
        np.cumsum(np.bincount(rows[first], minlength=len(self)), out=starts[1:])
        return sp.csr_array(
            (data[first], columns[first].astype(np.int32), starts), shape=(len(self), len(self))
        )

    @cached_property
    def directed(self) -> bool:
        """Whether any link leads one way only."""
        return bool(self.links["oneway"].any())

    @cached_property
    def _open_nodes(self) -> tuple[Ints, Floats]:
        """Nodes that points can join, and where they lie (km)."""
        nodes = np.flatnonzero(self.access_kmh > 0)
        return nodes, metric_km(self.lon[nodes], self.lat[nodes], self.metric_crs)

    def locate(
        self,
        lon: npt.ArrayLike,
        lat: npt.ArrayLike,
        municipality: npt.ArrayLike | None = None,
    ) -> Places:
        """Join points to their nearest node.

        Parameters
        ----------
        lon, lat : array_like of float, shape (k,)
            Points (WGS 84).
        municipality : array_like of str, optional
            Municipality of each point: it then joins no node on land where that municipality
            has no settlement (across a strait), if the network knows its shores.

        Returns
        -------
        Places
            Where they join; those farther off than `farthest_access_km` do not.
        """
        xy = metric_km(np.asarray(lon, float), np.asarray(lat, float), self.metric_crs)
        nodes, at = self._open_nodes
        groups = [(np.arange(len(xy)), np.ones(len(nodes), dtype=bool))]
        if municipality is not None and self.shores is not None:
            groups = self._by_shore(np.asarray(municipality, dtype=object), nodes)
        node = np.full(len(xy), -1, dtype=np.int64)
        minutes = np.full(len(xy), np.inf)
        for points, allowed in groups:
            candidates = nodes[allowed]
            if not len(points) or not len(candidates):
                continue
            km, nearest = map(np.asarray, cKDTree(at[allowed]).query(xy[points]))
            near = km <= self.farthest_access_km
            found = candidates[nearest[near]]
            node[points[near]] = found
            minutes[points[near]] = 60.0 * km[near] / self.access_kmh[found]
        return Places(node, minutes)

    def _by_shore(
        self, municipality: npt.NDArray[np.object_], nodes: Ints
    ) -> list[tuple[Ints, npt.NDArray[np.bool_]]]:
        """Points that may join the same pieces of land, with the nodes there."""
        assert self.shores is not None
        everywhere = frozenset(np.unique(self.shores.piece[nodes]).tolist())
        pieces = self.shores.of_municipality
        of_code = {
            str(c): pieces.get(str(c), everywhere) for c in np.unique(municipality.astype(str))
        }
        allowed = [of_code[str(code)] for code in municipality]
        return [
            (
                np.flatnonzero([each == chosen for each in allowed]),
                np.isin(self.shores.piece[nodes], sorted(chosen)),
            )
            for chosen in sorted(set(allowed), key=sorted)
        ]

    def at(self, codes: npt.ArrayLike) -> Places:
        """Return where settlements join.

        Parameters
        ----------
        codes : array_like of str, shape (k,)
            Settlement codes.

        Returns
        -------
        Places
            Their places.

        Raises
        ------
        KeyError
            If a code is unknown.
        """
        position = self.codes.get_indexer(pd.Index(np.asarray(codes, dtype=object)))
        if (position < 0).any():
            unknown = np.asarray(codes, dtype=object)[position < 0]
            raise KeyError(f"unknown settlement {unknown[0]!r}")
        return self.settlements.take(position.astype(np.int64))

    def with_settlements(self, codes: pd.Index, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Network:
        """Return the same network with settlements joined to it.

        Parameters
        ----------
        codes : Index
            Settlement codes.
        lon, lat : array_like of float
            Where they lie (WGS 84).

        Returns
        -------
        Network
            A new network.
        """
        return replace(self, codes=codes, settlements=self.locate(lon, lat))

    def with_minutes(self, minutes: Floats) -> Network:
        """Return the same network with other minutes on its links.

        Parameters
        ----------
        minutes : ndarray of float, shape (m,)
            In the order of `links`; infinite closes a link.

        Returns
        -------
        Network
            A new network.

        Raises
        ------
        ValueError
            If a value is negative or missing, or their number is wrong.
        """
        if minutes.shape != (len(self.links),) or not (minutes >= 0).all():
            raise ValueError("one number of minutes of 0 or more is needed for every link")
        return replace(self, links=self.links.assign(minutes=minutes))

    def with_links(self, new: pd.DataFrame) -> Network:
        """Return the network with further links (a new road, a new rail link).

        Parameters
        ----------
        new : DataFrame
            ``lon_a``, ``lat_a``, ``lon_b``, ``lat_b``, ``minutes`` and, optionally, ``kind``.
            Ends join at their nearest node; the way there is added to the minutes.

        Returns
        -------
        Network
            A new network.

        Raises
        ------
        ValueError
            If an end is off the network, or minutes are negative or missing.
        """
        a = self.locate(new["lon_a"], new["lat_a"])
        b = self.locate(new["lon_b"], new["lat_b"])
        minutes = new["minutes"].to_numpy(dtype=float)
        if (a.node < 0).any() or (b.node < 0).any():
            raise ValueError("an end of a new link is off the network")
        if not (minutes >= 0).all():
            raise ValueError("a new link needs 0 minutes or more")
        kind = new["kind"].to_numpy() if "kind" in new else np.full(len(new), "new")
        ends = metric_km(self.lon, self.lat, self.metric_crs)
        rows = pd.DataFrame(
            {
                "a": a.node,
                "b": b.node,
                "minutes": minutes + a.minutes + b.minutes,
                "km": np.hypot(*(ends[a.node] - ends[b.node]).T),
                "kind": pd.array(kind, dtype="str"),
                "oneway": False,
            }
        )
        return replace(self, links=pd.concat([self.links, rows], ignore_index=True))


def metric_km(lon: Floats, lat: Floats, metric_crs: str) -> Floats:
    """Lay points out in a plane.

    Parameters
    ----------
    lon, lat : ndarray of float, shape (k,)
        Points (WGS 84).
    metric_crs : str
        Reference system in metres.

    Returns
    -------
    ndarray of float, shape (k, 2)
        Kilometres.
    """
    x, y = _projection(metric_crs).transform(lon, lat)
    return np.column_stack([x, y]) / 1000.0


@cache
def _projection(metric_crs: str) -> Transformer:
    return Transformer.from_crs("EPSG:4326", metric_crs, always_xy=True)


def morton_order(xy: Floats) -> Ints:
    """Order points along a Z-shaped curve, so that near points get near numbers.

    Parameters
    ----------
    xy : ndarray of float, shape (k, 2)
        Points.

    Returns
    -------
    ndarray of int, shape (k,)
        Positions in the order of the curve.
    """
    if not len(xy):
        return np.zeros(0, dtype=np.int64)
    low = xy.min(axis=0)
    side = max(float(np.ptp(xy, axis=0).max()), 1e-12)
    cells = ((xy - low) / side * (2**31 - 1)).astype(np.uint64)
    key = np.zeros(len(xy), dtype=np.uint64)
    for axis in (0, 1):
        part = cells[:, axis]
        for shift, mask in (
            (16, 0x0000FFFF0000FFFF),
            (8, 0x00FF00FF00FF00FF),
            (4, 0x0F0F0F0F0F0F0F0F),
            (2, 0x3333333333333333),
            (1, 0x5555555555555555),
        ):
            part = (part | (part << np.uint64(shift))) & np.uint64(mask)
        key |= part << np.uint64(axis)
    return np.argsort(key, kind="stable")


def build_network(
    lon: Floats,
    lat: Floats,
    access_kmh: Floats,
    links: pd.DataFrame,
    *,
    estimated: bool,
    assumptions: Mapping[str, tuple[str, ...]],
    metric_crs: str,
    farthest_access_km: float,
    codes: pd.Index | None = None,
    settlement_node: Ints | None = None,
    shores: Shores | None = None,
) -> Network:
    """Put nodes into Morton order and make a `Network`.

    Parameters
    ----------
    lon, lat, access_kmh : ndarray of float, shape (n,)
        Nodes, as in `Network`.
    links : DataFrame
        As in `Network`; ``a``, ``b`` are positions in `lon`.
    estimated, assumptions, metric_crs, farthest_access_km
        As in `Network`.
    codes : Index, optional
        Settlement codes.
    settlement_node : ndarray of int, optional
        Position in `lon` of the node of each settlement.
    shores : Shores, optional
        As in `Network`, in the order of `lon`.

    Returns
    -------
    Network
        The network.
    """
    order = morton_order(metric_km(lon, lat, metric_crs))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    a, b = rank[links["a"].to_numpy()], rank[links["b"].to_numpy()]
    links = links.assign(a=a, b=b)[["a", "b", "minutes", "km", "kind", "oneway"]]
    at = rank[settlement_node] if settlement_node is not None else np.zeros(0, dtype=np.int64)
    return Network(
        lon=lon[order],
        lat=lat[order],
        access_kmh=access_kmh[order],
        links=links.sort_values(["a", "b", "kind"], ignore_index=True, kind="stable"),
        estimated=estimated,
        assumptions=assumptions,
        metric_crs=metric_crs,
        farthest_access_km=farthest_access_km,
        settlements=Places(at, np.zeros(len(at))),
        codes=codes if codes is not None else pd.Index([], dtype="str"),
        shores=None if shores is None else Shores(shores.piece[order], shores.of_municipality),
    )
