"""Partition of a very large territory: bound and plan block by block, on any engine.

Prices come first (`raising`). They say which candidates are likely, and a plan is made of
those in three ways: relaxations of overlapping blocks, rounded one colour of blocks after
the other; very many small windows, searched through (`sweeps`); windows of 150 units,
solved anew. Workers return whole numbers, in the order of the pieces, and so every engine gives
the same plan and the same proof, to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gangso.alliances.blocks import block_labels, colours, cut_in, inside, within
from gangso.alliances.dive import dive
from gangso.alliances.graph import Graph
from gangso.alliances.master import Master
from gangso.alliances.pricing import COST_UNIT, PRICES_PER_COST, least
from gangso.alliances.proof import Stage
from gangso.alliances.raising import raise_prices
from gangso.alliances.solve import Limits, Search, Start, solve
from gangso.alliances.sweeps import Region, sweep
from gangso.engine import Engine

__all__ = ["solve_large"]

Ints = npt.NDArray[np.int64]
Members = npt.NDArray[np.int32]
Told = Callable[[float, float | None], None]

_SETTLED = 4  # columns a unit that a relaxation begins with
_NODES = 5  # of the tree of a window


@dataclass(frozen=True, eq=False)
class _Pool:
    """The candidates that a plan is made from, sorted by their lowest unit."""

    members: Members
    cost: Ints
    reduced: Ints


# --- a first plan ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Gap:
    """A block with its surroundings, as far as nobody has taken them."""

    members: Members
    cost: Ints
    reduced: Ints
    own: npt.NDArray[np.bool_]
    """Which of the units are the block's own."""
    cuts: npt.NDArray[np.int32]


def _round(gap: _Gap) -> Ints:
    """Round the relaxation of a gap; the positions of those that hold units of its block."""
    n = len(gap.own)
    search = Search(gap.members, gap.cost, n, (), Limits(), None, None, None)
    active = np.arange(len(gap.cost), dtype=np.int64)
    master = Master(gap.members, gap.cost, n, (), search.artificial)
    master.add_columns(np.union1d(least(gap.reduced, _SETTLED * n), search.start(active)))
    if len(gap.cuts):
        master.add_cuts(gap.cuts)
    chosen = dive(master, gap.members, active, n, lambda *what: search.relax(*what)[0], gap.own)
    return np.empty(0, dtype=np.int64) if chosen is None else chosen


class _Gaps(Sequence[_Gap]):
    """The blocks of one colour; each is put together when it is asked for."""

    def __init__(
        self, pool: _Pool, graph: Graph, labels: Ints, working: Ints, free: npt.NDArray[np.bool_],
        cuts: npt.NDArray[np.int32], halo: int,
    ) -> None:  # fmt: skip
        self._cuts, self._pool, self.columns = cuts, pool, []
        self._cores = [labels == block for block in working.tolist()]
        # Blocks of one colour are so far apart that surroundings do not meet.
        self._of = np.full(graph.n, -1, dtype=np.int64)
        for number, core in enumerate(self._cores):
            self._of[within(graph, np.flatnonzero(core), halo) & free] = number
        which, start = inside(pool.members, self._of)
        self.columns = np.split(which, start[1:-1])
        self._cut_in = cut_in(cuts, self._of)

    def __len__(self) -> int:
        return len(self._cores)

    def __getitem__(self, number: int) -> _Gap:  # type: ignore[override]
        units = np.flatnonzero(self._of == number)
        which = self.columns[number]
        return _Gap(
            _local(self._pool.members[which], units), self._pool.cost[which],
            self._pool.reduced[which], self._cores[number][units],
            _local(self._cuts[self._cut_in == number], units),
        )  # fmt: skip


def _first_plan(
    pool: _Pool, graph: Graph, cuts: npt.NDArray[np.int32], limits: Limits, engine: Engine
) -> Ints:
    """Round relaxations, one colour of blocks after the other; empty if that comes to nothing."""
    labels = block_labels(graph, limits.round_block, limits.price_rounds)
    free = np.ones(graph.n, dtype=bool)
    chosen: list[Ints] = []
    for working in colours(graph, labels, 2 * limits.halo):
        gaps = _Gaps(pool, graph, labels, working, free, cuts, limits.halo)
        for columns, picked in zip(gaps.columns, engine.map(_round, gaps), strict=True):
            chosen.append(columns[picked])
            taken = pool.members[columns[picked]]
            free[taken[taken >= 0]] = False
    single = np.flatnonzero(_single(pool.members))
    alone = single[free[pool.members[single, 0]]]
    if len(alone) < free.sum():
        return np.empty(0, dtype=np.int64)
    return np.sort(np.concatenate([*chosen, alone]))


# --- sweeps --------------------------------------------------------------------------------------


class _Regions(Sequence[Region]):
    """The regions of a round of sweeps."""

    def __init__(
        self, pool: _Pool, graph: Graph, plan: Ints, labels: Ints, window: int, steps: int
    ) -> None:
        self._pool, self._graph, self._window, self._steps = pool, graph, window, steps
        self._labels = _by_alliance(pool.members[plan], labels)
        which, start = inside(pool.members, self._labels)
        self.columns = np.split(which, start[1:-1])
        self._planned = np.zeros(len(pool.cost), dtype=bool)
        self._planned[plan] = True

    def __len__(self) -> int:
        return len(self.columns)

    def __getitem__(self, number: int) -> Region:  # type: ignore[override]
        units, which = np.flatnonzero(self._labels == number), self.columns[number]
        degree = np.diff(self._graph.indptr)[units]
        row = np.repeat(np.arange(len(units)), degree)
        step = np.arange(len(row)) - np.repeat(np.cumsum(degree) - degree, degree)
        near = self._graph.indices[self._graph.indptr[units][row] + step]
        here = self._labels[near] == number
        start = np.zeros(len(units) + 1, dtype=np.int64)
        np.cumsum(np.bincount(row[here], minlength=len(units)), out=start[1:])
        return Region(
            _local(self._pool.members[which], units), self._pool.cost[which],
            self._pool.reduced[which], start,
            np.searchsorted(units, near[here]).astype(np.int32),
            np.flatnonzero(self._planned[which]), self._window, self._steps, number,
        )  # fmt: skip


# --- windows -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Window:
    """A part of the territory that is partitioned on its own."""

    members: Members
    cost: Ints
    reduced: Ints
    n: int
    plan: Ints
    cuts: npt.NDArray[np.int32]


class _Windows(Sequence[_Window]):
    """The windows of a round; each is put together when it is asked for.

    Where a window's plan costs nothing beyond prices there is little to save, and it is left
    out; a candidate that would cost more beyond prices than the whole window does is left out
    too.
    """

    def __init__(self, pool: _Pool, labels: Ints, plan: Ints, cuts: npt.NDArray[np.int32]) -> None:
        self._pool, self._cuts = pool, cuts
        self._cut_in = cut_in(cuts, labels)
        which, start = inside(pool.members, labels)
        units = np.argsort(labels, kind="stable")
        cores = np.split(units, np.cumsum(np.bincount(labels))[:-1])
        planned = np.zeros(len(pool.cost), dtype=bool)
        planned[plan] = True
        self.kept: list[Ints] = []  # what stays as it is
        # Number, units, candidates, those of the plan.
        self._todo: list[tuple[int, Ints, Ints, Ints]] = []
        for number, core in enumerate(cores):
            mine = which[start[number] : start[number + 1]]
            if len(plan):
                own = mine[planned[mine]]
                waste = int(pool.reduced[own].sum())
                if waste == 0:
                    self.kept.append(own)
                    continue
                mine = mine[pool.reduced[mine] <= waste]
            self._todo.append((number, core, mine, np.flatnonzero(planned[mine])))

    def __len__(self) -> int:
        return len(self._todo)

    def __getitem__(self, number: int) -> _Window:  # type: ignore[override]
        label, units, which, plan = self._todo[number]
        return _Window(
            _local(self._pool.members[which], units), self._pool.cost[which],
            self._pool.reduced[which], len(units), plan,
            _local(self._cuts[self._cut_in == label], units),
        )  # fmt: skip

    def candidates(self, number: int) -> Ints:
        """Return the candidates of a window."""
        return self._todo[number][2]


def _partition(window: _Window) -> Ints:
    """Partition a window anew; its candidates' positions, none if it cannot be covered."""
    likely = least(window.reduced, _SETTLED * window.n)
    plan = window.plan if len(window.plan) else None
    start = Start(np.union1d(likely, window.plan), window.cuts, plan)
    limits = Limits(nodes=_NODES)
    return solve(window.members, window.cost, window.n, (), limits, None, start).chosen


# --- all together --------------------------------------------------------------------------------


def solve_large(
    members: Members,
    cost: Ints,
    graph: Graph,
    limits: Limits,
    engine: Engine,
    progress: Told | None,
) -> tuple[Ints, Stage]:
    """Bound and plan of a very large territory.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates, sorted by their lowest unit.
    cost : ndarray of int64, shape (N,)
        Their costs in `COST_UNIT`.
    graph : Graph
        Neighbourhood.
    limits : Limits
        Sizes of blocks and windows, and how many rounds.
    engine : Engine
        Where the blocks are worked on.
    progress : callable, optional
        Called with the bound and the best cost so far.

    Returns
    -------
    chosen : ndarray of int64
        Candidates of the plan; empty if a block cannot be covered on its own.
    stage : Stage
        Prices and the bound they prove.

    Raises
    ------
    SolverError
        If a reduced cost came out negative; a fault of the program, not of the input.
    """

    def tell(stage: Stage, plan_cost: int | None = None) -> None:
        if progress is not None:
            known = None if plan_cost is None else plan_cost * COST_UNIT
            progress(stage.bound / PRICES_PER_COST * COST_UNIT, known)

    stage, reduced = raise_prices(members, cost, graph, limits, engine, tell)
    near = _near(members, reduced, limits.near * graph.n)
    pool = _Pool(members[near], cost[near], reduced[near])
    del reduced
    likely = _near(pool.members, pool.reduced, limits.rounded * graph.n)
    first = _Pool(pool.members[likely], pool.cost[likely], pool.reduced[likely])
    plan = likely[_first_plan(first, graph, stage.prices.cuts, limits, engine)]
    number = limits.price_rounds  # every step cuts the territory elsewhere

    def improve(windows: Sequence[int]) -> Ints:
        nonlocal number
        better = plan
        for window in windows:
            number += 1
            labels = block_labels(graph, limits.region, number)
            regions = _Regions(pool, graph, better, labels, window, limits.sweep_steps)
            found = engine.map(sweep, regions)
            picked = [c[r] for c, r in zip(regions.columns, found, strict=True)]
            better = np.sort(np.concatenate(picked))
            tell(stage, int(pool.cost[better].sum()))
        return better

    if len(plan):
        tell(stage, int(pool.cost[plan].sum()))
        plan = improve(limits.sweeps)
    for size in limits.wide_windows:
        number += 1
        labels = block_labels(graph, size, number)
        if len(plan):  # whole alliances: each goes where its lowest unit lies
            labels = _by_alliance(pool.members[plan], labels)
        windows = _Windows(pool, labels, plan, stage.prices.cuts)
        found = engine.map(_partition, windows)
        if not all(len(picked) for picked in found):
            return np.empty(0, dtype=np.int64), stage
        better = [windows.candidates(window)[picked] for window, picked in enumerate(found)]
        plan = np.sort(np.concatenate([*windows.kept, *better]))
        tell(stage, int(pool.cost[plan].sum()))
        plan = improve(limits.sweeps[-1:])
    return near[plan], stage


def _near(members: Members, reduced: Ints, count: int) -> Ints:
    """Singles, and the candidates with the least reduced cost: the likely ones."""
    count = min(count, len(reduced))
    limit = np.partition(reduced, count - 1)[count - 1]
    return np.flatnonzero((reduced <= limit) | _single(members))


def _single(members: Members) -> npt.NDArray[np.bool_]:
    if members.shape[1] == 1:
        return np.ones(len(members), dtype=bool)
    single: npt.NDArray[np.bool_] = members[:, 1] < 0
    return single


def _local(members: Members, units: Ints) -> Members:
    """Express units as positions in an ascending list of them, -1 as it is."""
    if not len(units):
        return members
    place = np.searchsorted(units, np.maximum(members, units[0]))
    return np.where(members >= 0, place, -1).astype(np.int32)


def _by_alliance(groups: Members, labels: Ints) -> Ints:
    """Give every unit the window of its alliance's lowest unit, numbered without gaps."""
    column = np.broadcast_to(labels[groups[:, :1]], groups.shape)
    out = np.empty_like(labels)
    real = groups >= 0
    out[groups[real]] = column[real]
    return np.unique(out, return_inverse=True)[1].astype(np.int64)
