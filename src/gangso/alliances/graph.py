"""The graph of the municipalities that may ally: who touches whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Graph", "graph_from_edges"]


@dataclass(frozen=True, eq=False)
class Graph:
    """An undirected graph in compressed sparse rows, neighbours in ascending order.

    Attributes
    ----------
    indptr : ndarray of int64, shape (n + 1,)
        Where the neighbours of each unit begin.
    indices : ndarray of int32, shape (2 * m,)
        The neighbours.
    """

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.indptr) - 1

    def edges(self) -> npt.NDArray[np.int32]:
        """Return the links once each, shape (m, 2), the lower unit first, sorted."""
        rows = np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.indptr))
        keep = rows < self.indices
        return np.column_stack([rows[keep], self.indices[keep]])


def graph_from_edges(n: int, edges: npt.NDArray[np.integer]) -> Graph:
    """Build a graph from links in any order and direction.

    Parameters
    ----------
    n : int
        Number of units.
    edges : ndarray of int, shape (m, 2)
        Links; repeated ones count once, a unit is never its own neighbour.

    Returns
    -------
    Graph
        The graph.

    Examples
    --------
    >>> import numpy as np
    >>> graph_from_edges(3, np.array([[2, 1], [0, 1], [1, 0]])).edges().tolist()
    [[0, 1], [1, 2]]
    """
    pairs = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    keys = np.unique(both[both[:, 0] != both[:, 1]] @ np.array([n, 1]))
    rows, columns = np.divmod(keys, n) if n else (keys, keys)
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=indptr[1:])
    return Graph(indptr, columns.astype(np.int32))
