"""Fastest ways over a `Network`: to the nearest of many places, and between many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra

from gangso.territory.travel.network import Floats, Ints, Network, Places

__all__ = ["minutes_matrix", "minutes_towards", "nearest_minutes", "ranges"]

# Distances of at most this many node pairs are held at once (eight bytes each).
_PAIRS_AT_ONCE = 16_000_000


def nearest_minutes(
    network: Network,
    sources: Places,
    origins: Places | None = None,
    *,
    limit_min: float = np.inf,
) -> tuple[Floats, Ints]:
    """Find the nearest of many places from everywhere.

    Parameters
    ----------
    network : Network
        The network; minutes are of the way *to* a source.
    sources : Places
        Places to reach (facilities, hubs), k of them.
    origins : Places, optional
        Points to start from; all settlements by default.
    limit_min : float
        Farther ones count as unreachable.

    Returns
    -------
    minutes : ndarray of float, shape (n,)
        To the nearest source; infinite if none can be reached.
    which : ndarray of int, shape (n,)
        Position of that source; −1 if none can be reached.

    Notes
    -----
    One multi-source search (Dijkstra 1959, DOI 10.1007/BF01386390) by SciPy. Sources that lie
    off their node are nodes of their own, one link away from it.
    """
    origins = network.settlements if origins is None else origins
    minutes = np.full(len(origins), np.inf)
    which = np.full(len(origins), -1, dtype=np.int64)
    usable = np.flatnonzero(sources.node >= 0)
    starts = np.flatnonzero(origins.node >= 0)
    if not len(usable) or not len(starts):
        return minutes, which
    graph, seeds, owner = _seeded(network, sources.take(usable))
    found, _, nearest = dijkstra(
        graph,
        directed=True,
        indices=seeds,
        min_only=True,
        return_predecessors=True,
        limit=limit_min,
    )
    at = origins.node[starts]
    total = found[at] + origins.minutes[starts]
    reached = total <= limit_min if np.isfinite(limit_min) else np.isfinite(total)
    minutes[starts[reached]] = total[reached]
    which[starts[reached]] = usable[owner[nearest[at[reached]]]]
    return minutes, which


def _seeded(network: Network, sources: Places) -> tuple[sp.csr_array, Ints, Ints]:
    """Graph against the direction of travel with a node for every source that needs one."""
    # Against the direction: the search begins at the places that people travel to.
    graph = sp.csr_array(network.graph.T) if network.directed else network.graph
    n = len(network)
    if not sources.minutes.any():
        # Of several sources at one node the first one stands for all.
        nodes, first = np.unique(sources.node, return_index=True)
        owner = np.full(n, -1, dtype=np.int64)
        owner[nodes] = first
        return graph, nodes, owner
    order = np.argsort(sources.node, kind="stable")
    k = len(sources)
    starts = np.concatenate([graph.indptr, graph.indptr[-1] + np.arange(1, k + 1)])
    grown = sp.csr_array(
        (
            np.concatenate([graph.data, sources.minutes]),
            np.concatenate([graph.indices, sources.node.astype(graph.indices.dtype)]),
            starts.astype(graph.indptr.dtype),
        ),
        shape=(n + k, n + k),
    )
    owner = np.full(n + k, -1, dtype=np.int64)
    owner[n:] = np.arange(k)
    return grown, n + order, owner


def minutes_matrix(
    network: Network, origins: Places, destinations: Places, limit_min: float
) -> sp.csr_array:
    """Find the minutes between many places, up to a limit.

    Parameters
    ----------
    network : Network
        The network.
    origins, destinations : Places
        From and to: n and k places.
    limit_min : float
        Pairs farther apart are left out.

    Returns
    -------
    csr_array, shape (n, k)
        Minutes; a pair that is not stored is farther apart than the limit. A stored zero is a
        pair at one point.

    Notes
    -----
    The searches begin at the side that has fewer nodes, and stop at the limit.
    """
    from_nodes, _ = _by_node(origins)
    to_nodes, _ = _by_node(destinations)
    if len(from_nodes) > len(to_nodes):
        graph = sp.csr_array(network.graph.T) if network.directed else network.graph
        return minutes_towards(graph, origins, destinations, limit_min)
    nodes = _search(network.graph, from_nodes, to_nodes, limit_min)
    return _spread(nodes, origins, destinations, limit_min)


def minutes_towards(
    against: sp.csr_array, origins: Places, destinations: Places, limit_min: float
) -> sp.csr_array:
    """Find the minutes between many places, searching from the destinations.

    Parameters
    ----------
    against : csr_array
        Minutes along single links, against the direction of travel.
    origins, destinations : Places
        From and to: n and k places.
    limit_min : float
        Pairs farther apart are left out.

    Returns
    -------
    csr_array, shape (n, k)
        As of `minutes_matrix`; but the minutes of a pair are the same to the last bit whatever
        other places there are, as each is summed from the destination on.
    """
    from_nodes, _ = _by_node(origins)
    to_nodes, _ = _by_node(destinations)
    nodes = _transposed(_search(against, to_nodes, from_nodes, limit_min))
    return _spread(nodes, origins, destinations, limit_min)


def _search(graph: sp.csr_array, seeds: Ints, ends: Ints, limit_min: float) -> sp.csr_array:
    """Minutes from seeds to ends, so many seeds at a time as memory allows."""
    step = max(1, _PAIRS_AT_ONCE // max(graph.shape[0], 1))
    blocks = [
        _block(graph, seeds[low : low + step], ends, limit_min)
        for low in range(0, len(seeds), step)
    ]
    if not blocks:
        return sp.csr_array((len(seeds), len(ends)))
    return sp.csr_array(sp.vstack(blocks, format="csr"))


def _by_node(places: Places) -> tuple[Ints, Ints]:
    """Different nodes of the places, and which of them each place has (−1: none)."""
    on = places.node >= 0
    nodes, inverse = np.unique(places.node[on], return_inverse=True)
    index = np.full(len(places), -1, dtype=np.int64)
    index[on] = inverse
    return nodes, index


def _block(graph: sp.csr_array, seeds: Ints, ends: Ints, limit_min: float) -> sp.csr_array:
    found = dijkstra(graph, directed=True, indices=seeds, limit=limit_min)[:, ends]
    row, column = np.nonzero(np.isfinite(found))
    return _csr(row, column, found[row, column], (len(seeds), len(ends)))


Whole = npt.NDArray[np.integer]


def _csr(row: Whole, column: Whole, data: Floats, shape: tuple[int, int]) -> sp.csr_array:
    """Make a matrix from sorted rows; zeros stay stored."""
    starts = np.zeros(shape[0] + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=shape[0]), out=starts[1:])
    return sp.csr_array((data, column, starts), shape=shape)


def _transposed(matrix: sp.csr_array) -> sp.csr_array:
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((row, matrix.indices))
    shape = (matrix.shape[1], matrix.shape[0])
    return _csr(matrix.indices[order], row[order], matrix.data[order], shape)


def _spread(
    nodes: sp.csr_array, origins: Places, destinations: Places, limit_min: float
) -> sp.csr_array:
    """Give every pair of places the minutes of its nodes and the ways to them."""
    _, from_place = _by_node(origins)
    _, to_place = _by_node(destinations)
    at_node = np.argsort(to_place, kind="stable")
    at_node = at_node[to_place[at_node] >= 0]
    counts = np.bincount(to_place[at_node], minlength=nodes.shape[1])
    begin = np.concatenate([[0], np.cumsum(counts)])
    # Rows first: each origin takes the row of its node.
    rows_of = np.where(from_place >= 0, from_place, 0)
    starts = np.asarray(nodes.indptr, dtype=np.int64)
    stored = np.append(np.diff(starts), 0)  # the last one for places off the network
    lengths = stored[from_place]
    origin = np.repeat(np.arange(len(origins)), lengths)
    entry = ranges(starts[rows_of], lengths)
    # Then columns: each node gives its destinations.
    node = nodes.indices[entry]
    repeat = counts[node]
    destination = at_node[ranges(begin[node], repeat)]
    origin = np.repeat(origin, repeat)
    minutes = np.repeat(nodes.data[entry], repeat)
    minutes = minutes + origins.minutes[origin] + destinations.minutes[destination]
    keep = minutes <= limit_min
    origin, destination, minutes = origin[keep], destination[keep], minutes[keep]
    order = np.lexsort((destination, origin))
    shape = (len(origins), len(destinations))
    return _csr(origin[order], destination[order], minutes[order], shape)


def ranges(begin: Whole, lengths: Whole) -> Ints:
    """Concatenate ``begin[i], begin[i] + 1, …`` of the given lengths.

    Parameters
    ----------
    begin, lengths : ndarray of int, shape (k,)
        Where each range begins, and how long it is.

    Returns
    -------
    ndarray of int
        One range after the other.
    """
    total = int(lengths.sum())
    offset = np.repeat(np.cumsum(lengths) - lengths, lengths)
    ranges: Ints = np.repeat(begin.astype(np.int64), lengths) + np.arange(total) - offset
    return ranges
