"""Partition of a very large territory: bound and plan block by block, on any engine.

What is done where: `blocks` cuts the territory and says what each block needs; here are the
rounds, and what a worker does with a block. Workers return whole numbers, in the order of the
blocks, and so every engine gives the same plan and the same proof, to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from gangso.alliances.blocks import SHARE_UNIT, Block, Blocks, block_labels, inside
from gangso.alliances.cuts import violated_sets
from gangso.alliances.graph import Graph
from gangso.alliances.master import Master, SolverError, to_price
from gangso.alliances.pricing import COST_UNIT, PRICES_PER_COST, Prices, reduced_costs
from gangso.alliances.proof import Stage, bound_of, repair
from gangso.alliances.solve import INTEGRAL, Limits, Search, Start, solve
from gangso.engine import Engine

__all__ = ["solve_large"]

Ints = npt.NDArray[np.int64]
Members = npt.NDArray[np.int32]
Told = Callable[[float, float | None], None]

_RUN = 1 << 20  # candidates priced at a time
# A price of 1 in a block, where `SHARE_UNIT` plays the part of `COST_UNIT`, is this many
# of the whole territory's.
_FINER = PRICES_PER_COST // SHARE_UNIT


@dataclass(frozen=True)
class _Raised:
    """What a block adds to the prices: never so much that a reduced cost is negative."""

    units: Ints
    cuts: npt.NDArray[np.int32]
    cut_prices: Ints
    alliances: Ints
    """What the relaxation rounds to, as positions among all candidates."""


def _raise(block: Block) -> _Raised:
    """Find the prices that add most in a block: its relaxation, with cuts."""
    n = len(block.units)
    members, share, row = block.traces()
    search = Search(members, share, n, (), Limits(), None, None, None)
    active = np.arange(len(members), dtype=np.int64)
    master = Master(members, share, n, (), search.artificial)
    master.add_columns(search.start(active))
    history: list[int] = []
    while True:
        relaxed, stage, _ = search.relax(master, active)
        history.append(stage.bound)
        fractional = relaxed.values < 1 - INTEGRAL
        cuts = violated_sets(
            members[relaxed.columns[fractional]], relaxed.values[fractional], n, max(30, n // 2)
        )
        # Cuts go on while a round brings a twentieth of what all of them have brought.
        gains = np.diff(history)
        if not len(cuts) or (len(gains) and gains[-1] < 0.05 * gains.sum()):
            break
        master.add_cuts(cuts)
    prices = stage.prices
    mine = np.isin(block.units, block.core, assume_unique=True)
    # A cut on units of several blocks would be found by each of them.
    binding = (prices.cut_prices < 0) & mine[prices.cuts[:, 0]]
    if len(block.core) < n:
        binding &= (mine[prices.cuts] | (prices.cuts < 0)).all(axis=1)
    local = prices.cuts[binding]
    return _Raised(
        prices.units[mine] // _FINER,
        np.where(local >= 0, block.units[local], -1).astype(np.int32),
        prices.cut_prices[binding] // _FINER,
        _round(block, master, row) if len(block.core) < n else np.empty(0, dtype=np.int64),
    )


def _round(block: Block, master: Master, row: Ints) -> Ints:
    """Round a relaxation to alliances: those wholly inside whose lowest unit is the block's."""
    chosen = master.dive()
    if chosen is None:
        return np.empty(0, dtype=np.int64)
    groups = block.members[row[chosen]]
    whole = np.isin(groups, np.append(block.units, -1)).all(axis=1)
    return block.which[row[chosen[whole & np.isin(groups[:, 0], block.core)]]]


class _Total:
    """Prices of the whole territory, as the blocks raise them."""

    def __init__(self, n: int) -> None:
        self.units = np.zeros(n, dtype=np.int64)
        self.cuts: dict[tuple[int, ...], int] = {}
        self.alliances: list[Ints] = []

    def add(self, units: Ints, raised: _Raised) -> None:
        """Add what the block of some units has found."""
        self.units[units] += raised.units
        self.alliances.append(raised.alliances)
        for cut, price in zip(raised.cuts.tolist(), raised.cut_prices.tolist(), strict=True):
            self.cuts[tuple(cut)] = self.cuts.get(tuple(cut), 0) + price

    def prices(self) -> Prices:
        """Return them as they stand."""
        sets = sorted(self.cuts)
        return Prices(
            self.units.copy(),
            np.array(sets, dtype=np.int32).reshape(-1, 5),
            np.array([self.cuts[units] for units in sets], dtype=np.int64),
            np.empty(0, dtype=np.int64),
        )


def _reduced(members: Members, cost: Ints, prices: Prices) -> Ints:
    """Reduced costs of all candidates, run by run, to spare memory."""
    out = np.empty(len(cost), dtype=np.int64)
    none = np.empty((0, 0), dtype=np.int64)

    def run(first: int) -> None:
        part = slice(first, first + _RUN)
        here = members[part]
        out[part] = reduced_costs(
            here, np.arange(len(here), dtype=np.int64), to_price(cost[part]), prices, none
        )

    with ThreadPoolExecutor(numba.config.NUMBA_NUM_THREADS) as pool:
        list(pool.map(run, range(0, len(cost), _RUN)))
    return out


@dataclass(frozen=True, eq=False)
class _Window:
    """A part of the territory that is partitioned on its own."""

    members: Members
    cost: Ints
    n: int
    plan: Ints


class _Windows(Sequence[_Window]):
    """The windows of a round; each is put together when it is asked for.

    What a window's plan costs beyond the prices of its units is all that a better one could
    save; where there is nothing to save a window is left out, and a candidate that would
    cost more beyond prices than the whole window does is in no better plan of it.
    """

    def __init__(self, pool: _Pool, labels: Ints, plan: Ints) -> None:
        self._pool = pool
        which, start = inside(pool.members, labels)
        units = np.argsort(labels, kind="stable")
        cores = np.split(units, np.cumsum(np.bincount(labels))[:-1])
        planned = np.zeros(len(pool.cost), dtype=bool)
        planned[plan] = True
        self.kept: list[Ints] = []  # what stays as it is
        self._todo: list[tuple[Ints, Ints, Ints]] = []  # units, candidates, those of the plan
        for number, core in enumerate(cores):
            mine = which[start[number] : start[number + 1]]
            if len(plan):
                own = mine[planned[mine]]
                waste = int(pool.reduced[own].sum())
                if waste == 0:
                    self.kept.append(own)
                    continue
                mine = mine[pool.reduced[mine] <= waste]
            self._todo.append((core, mine, np.flatnonzero(planned[mine])))

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self._todo)

    def __getitem__(self, number: int) -> _Window:  # type: ignore[override]
        """Put a window together."""
        units, which, plan = self._todo[number]
        members = self._pool.members[which]
        place = np.searchsorted(units, np.maximum(members, units[0]))
        local = np.where(members >= 0, place, -1).astype(np.int32)
        return _Window(local, self._pool.cost[which], len(units), plan)

    def candidates(self, number: int) -> Ints:
        """Return the candidates of a window."""
        return self._todo[number][1]


@dataclass(frozen=True, eq=False)
class _Pool:
    """The candidates that a plan is made from."""

    members: Members
    cost: Ints
    reduced: Ints


def _partition(window: _Window) -> Ints:
    """Partition a window anew; its candidates' positions, none if it cannot be covered."""
    start = Start(window.plan, plan=window.plan) if len(window.plan) else None
    limits = Limits(nodes=20)
    return solve(window.members, window.cost, window.n, (), limits, None, start).chosen


def solve_large(
    members: Members,
    cost: Ints,
    n: int,
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
    n : int
        Number of units.
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

    def tell(plan_cost: int | None) -> None:
        if progress is not None:
            known = None if plan_cost is None else plan_cost * COST_UNIT
            progress(stage.bound / PRICES_PER_COST * COST_UNIT, known)

    total = _Total(n)
    reduced = to_price(cost)
    for number in range(limits.price_rounds):
        labels = block_labels(graph, limits.block, number)
        blocks = Blocks(members, reduced, graph, labels, 0 if number else limits.halo)
        for core, raised in zip(blocks.cores, engine.map(_raise, blocks), strict=True):
            total.add(core, raised)
        prices = total.prices()
        reduced = _reduced(members, cost, prices)
        if number == 0:  # halos overlap: what two blocks ask for may be too much for a third
            every = np.arange(len(cost), dtype=np.int64)
            prices, slack = repair(members, every, reduced, prices)
            total.units += slack
            reduced = _reduced(members, cost, prices)
        if int(reduced.min()) < 0:
            raise SolverError(f"a reduced cost of {int(reduced.min())} after round {number}")
        stage = Stage(prices, bound_of(prices, ()))
        tell(None)
    start = _fit_together(members, np.concatenate(total.alliances), n)
    return find_plan(members, cost, reduced, graph, limits, engine, start, tell), stage


def find_plan(
    members: Members,
    cost: Ints,
    reduced: Ints,
    graph: Graph,
    limits: Limits,
    engine: Engine,
    start: Ints,
    tell: Callable[[int], None],
) -> Ints:
    near = np.union1d(_near(members, reduced, limits.near * graph.n), start)
    pool = _Pool(members[near], cost[near], reduced[near])
    chosen = np.searchsorted(near, start)
    for number, size in enumerate(limits.wide_windows):
        labels = block_labels(graph, size, limits.price_rounds + number)
        if len(chosen):  # whole alliances: each goes where its lowest unit lies
            labels = _by_alliance(pool.members[chosen], labels)
        windows = _Windows(pool, labels, chosen)
        found = engine.map(_partition, windows)
        if not all(len(picked) for picked in found):
            return np.empty(0, dtype=np.int64)
        better = [windows.candidates(window)[picked] for window, picked in enumerate(found)]
        chosen = np.sort(np.concatenate([*windows.kept, *better]))
        tell(int(pool.cost[chosen].sum()))
    return near[chosen]


def _fit_together(members: Members, alliances: Ints, n: int) -> Ints:
    """Take alliances that do not overlap, in the order given; alone who is in none.

    Nothing is returned if somebody who is left cannot stay alone.
    """
    taken = np.zeros(n, dtype=bool)
    chosen = []
    for alliance in alliances.tolist():
        group = members[alliance][members[alliance] >= 0]
        if not taken[group].any():
            taken[group] = True
            chosen.append(alliance)
    single = np.flatnonzero(_single(members))
    alone = single[~taken[members[single, 0]]]
    if len(alone) < (~taken).sum():
        return np.empty(0, dtype=np.int64)
    return np.sort(np.concatenate([np.array(chosen, dtype=np.int64), alone]))


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


def _by_alliance(groups: Members, labels: Ints) -> Ints:
    """Give every unit the window of its alliance's lowest unit, numbered without gaps."""
    column = np.broadcast_to(labels[groups[:, :1]], groups.shape)
    out = np.empty_like(labels)
    real = groups >= 0
    out[groups[real]] = column[real]
    return np.unique(out, return_inverse=True)[1].astype(np.int64)
