"""One problem behind the location models: arcs in whole units, sorted, with limits on sites."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gangso.bases.dual import ascend, branch
from gangso.bases.interchange import interchange

__all__ = ["Arcs", "Effort", "Outcome", "Problem", "solve"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_FINEST = 10  # prices are held to 2^-10 of a unit of cost where the figures leave room
_LARGEST = 2**61


@dataclass(frozen=True, eq=False)
class Arcs:
    """Which site can serve whom at which cost: rows sorted from cheap to dear.

    Attributes
    ----------
    start : ndarray of int64, shape (n + 1,)
        Where the arcs of each demand point begin.
    site : ndarray of int32, shape (a,)
        Site of each arc.
    cost : ndarray of int64, shape (a,)
        Cost of each arc, whole units.
    sites : int
        Number of sites.
    """

    start: Ints
    site: npt.NDArray[np.int32]
    cost: Ints
    sites: int

    @property
    def points(self) -> int:
        """Number of demand points."""
        return len(self.start) - 1

    @classmethod
    def from_triples(
        cls, point: npt.NDArray[np.int_], site: npt.NDArray[np.int_], cost: Ints, n: int, m: int
    ) -> Arcs:
        """Sort loose arcs.

        Parameters
        ----------
        point, site, cost : ndarray, shape (a,)
            Demand point, site and cost of each arc.
        n, m : int
            Numbers of demand points and sites.

        Returns
        -------
        Arcs
            The same arcs by demand point, from cheap to dear, ties by site.
        """
        order = np.lexsort((site, cost, point))
        start = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(point, minlength=n), out=start[1:])
        return cls(start, site[order].astype(np.int32), cost[order].astype(np.int64), m)

    def by_site(self, factor: int) -> tuple[Ints, npt.NDArray[np.int32], Ints]:
        """Return the same arcs by site, with costs multiplied by ``factor``."""
        point = np.repeat(np.arange(self.points, dtype=np.int32), np.diff(self.start))
        order = np.argsort(self.site, kind="stable")
        start = np.zeros(self.sites + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.site, minlength=self.sites), out=start[1:])
        return start, point[order], self.cost[order] * factor


@dataclass(frozen=True)
class Effort:
    """How hard to try. Steps are counted, not timed, so that a result can be repeated.

    Attributes
    ----------
    root : int
        Most steps of the dual at the root.
    node : int
        Most steps of the dual at a node of the tree.
    nodes : int
        Most nodes of the tree; beyond, the gap that is left is reported.
    visits : int
        Most visits of arcs in the tree, which lowers the number of nodes of large problems.
    """

    root: int = 800
    node: int = 60
    nodes: int = 20_000
    visits: int = 20_000_000_000

    def nodes_for(self, arcs: int) -> int:
        """Return the most nodes for a problem of so many arcs."""
        return min(self.nodes, self.visits // max(1, arcs * self.node))


@dataclass(frozen=True, eq=False)
class Problem:
    """``min sum f_j y_j + sum_i min(o_i, min over open j of c_ij)``, ``low <= sum y <= high``.

    Attributes
    ----------
    arcs : Arcs
        Who can be served by whom at which cost.
    outside : ndarray of int64, shape (n,)
        Cost of serving a demand point by none of its arcs.
    opening : ndarray of int64, shape (m,)
        Cost of opening each site.
    status : ndarray of int8, shape (m,)
        1: must be open; -1: must be closed; 0: free.
    low, high : int
        Limits on the number of open sites, those that must be open included.
    """

    arcs: Arcs
    outside: Ints
    opening: Ints
    status: npt.NDArray[np.int8]
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the search found.

    Attributes
    ----------
    cost, bound : int
        Cost of the set, and what no set can go below. Equal when proven; ``cost`` is the
        ``below`` of the question if no set costs less.
    is_open : ndarray of bool, shape (m,)
        The set (all false if none was found below ``below``).
    nodes : int
        Nodes of the tree.
    status : ndarray of int8, shape (m,)
        State that a site has in any better set (0: not known).
    """

    cost: int
    bound: int
    is_open: Bools = field(repr=False)
    nodes: int
    status: npt.NDArray[np.int8] = field(repr=False)


def _start(problem: Problem) -> Bools:
    """Take the sites that must be open, and the first free ones up to the least number."""
    is_open: Bools = problem.status == 1
    free = np.flatnonzero(problem.status == 0)
    is_open[free[: max(0, problem.low - int(is_open.sum()))]] = True
    return is_open


def solve(
    problem: Problem,
    effort: Effort = Effort(),
    below: int | None = None,
    hint: npt.NDArray[np.float64] | None = None,
) -> Outcome:
    """Solve to proof, or to the end of the effort.

    Parameters
    ----------
    problem : Problem
        The problem. ``low`` and ``high`` must leave room for the sites that must be open.
    effort : Effort
        When to give up.
    below : int, optional
        Only sets that cost less than this are wanted.
    hint : ndarray of float, shape (n,), optional
        Prices to begin with, from a linear programme.

    Returns
    -------
    Outcome
        The best set found and the bound.
    """
    arcs, outside = problem.arcs, problem.outside
    m = arcs.sites
    largest = int(outside.astype(object).sum()) + int(problem.opening.astype(object).sum()) + 1
    shift = _FINEST
    while shift and largest << shift > _LARGEST:
        shift -= 1
    if largest << shift > _LARGEST:
        raise OverflowError("costs are too large for whole-number arithmetic; use a coarser unit")
    unit = 1 << shift
    rows = (arcs.start, arcs.site, arcs.cost * unit)
    columns = arcs.by_site(unit)
    outside, opening = outside * unit, problem.opening * unit
    status = problem.status.copy()
    is_open = _start(problem)
    upper = interchange(rows, columns, outside, opening, status, problem.low, problem.high, is_open)
    if below is not None and upper >= below * unit:
        upper = below * unit
        known = False
    else:
        known = True
    incumbent = is_open.copy()
    prices, floor = _first_prices(rows, outside, is_open)
    if hint is not None:
        prices = np.clip(np.rint(hint * unit).astype(np.int64), floor, outside)
    best, mean = prices.copy(), is_open.astype(float)
    trail = np.empty(2 * m + 2, dtype=np.int32)
    before = upper
    bound, upper, _ = ascend(
        rows, columns, outside, opening, floor, outside, status, problem.low, problem.high, unit,
        prices, best, incumbent, upper, mean, effort.root, 20, 50, trail, 0,
    )  # fmt: skip
    nodes = 0
    fixed = status.copy()
    bound = max(bound, int(floor.sum()))
    if bound <= upper - unit:
        bound, upper, nodes = branch(
            rows, columns, outside, opening, floor, outside, status, problem.low, problem.high,
            unit, best, incumbent, upper, mean, bound,
            effort.node, effort.nodes_for(len(arcs.cost)),
        )  # fmt: skip
    known = known or upper < before
    bound = min(-(-int(bound) // unit), int(upper) // unit)
    return Outcome(int(upper) // unit, bound, incumbent & known, int(nodes), fixed)


def _first_prices(
    rows: tuple[Ints, npt.NDArray[np.int32], Ints], outside: Ints, is_open: Bools
) -> tuple[Ints, Ints]:
    """Return prices between nearest and second nearest open site, and the least useful ones."""
    start, site, cost = rows
    n = len(outside)
    point = np.repeat(np.arange(n), np.diff(start))
    used = np.flatnonzero(is_open[site])
    owner = point[used]
    first = np.searchsorted(owner, np.arange(n))
    count = np.bincount(owner, minlength=n)
    padded = np.append(cost[used], [0, 0])
    one = np.where(count > 0, padded[np.minimum(first, len(used))], outside)
    two = np.where(count > 1, padded[np.minimum(first + 1, len(used))], outside)
    has = np.diff(start) > 0
    least = np.where(has, np.append(cost, 0)[np.minimum(start[:-1], len(cost))], outside)
    floor = np.minimum(least, outside)
    one, two = np.minimum(one, outside), np.minimum(two, outside)
    # Where the second choice is "outside" at a forbidding cost, the middle would be absurd.
    middle = np.where(count > 1, (one + two) // 2, np.minimum(two, 2 * one))
    return np.maximum(middle, floor), floor
