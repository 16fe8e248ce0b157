"""The bound of a very large territory: prices, raised block by block on any engine.

Block-coordinate ascent of the dual: every block solves its own relaxation, with cuts, against
what its candidates still cost beyond the prices found so far (`blocks` says what that is).
Blocks return whole numbers, in their order, and so every engine gives the same prices, to the
byte.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from gangso.alliances.blocks import SHARE_UNIT, Block, Blocks, block_labels, colours
from gangso.alliances.graph import Graph
from gangso.alliances.master import Master, SolverError, to_price
from gangso.alliances.pricing import PRICES_PER_COST, Prices, least, reduced_costs
from gangso.alliances.proof import Stage, bound_of
from gangso.alliances.solve import INTEGRAL, Limits, Search
from gangso.alliances.subsets import violated_sets
from gangso.engine import Engine

__all__ = ["raise_prices"]

Ints = npt.NDArray[np.int64]
Members = npt.NDArray[np.int32]

_RUN = 1 << 20  # candidates priced at a time
# A price of 1 in a block, where `SHARE_UNIT` plays the part of `COST_UNIT`, is this many
# of the whole territory's.
_FINER = PRICES_PER_COST // SHARE_UNIT
# Cuts go on while a round brings this much of what all of them have brought.
_WORTH = 0.05
# Columns a unit that a block's relaxation begins with: those of least cost beyond the prices
# found before.
_SETTLED = 8


@dataclass(frozen=True)
class _Raised:
    """Prices of a block: what its units gain, and its cuts anew."""

    units: Ints
    cuts: npt.NDArray[np.int32]
    cut_prices: Ints


def _raise(block: Block) -> _Raised:
    """Find the prices that add most in a block: its relaxation, with cuts."""
    n = len(block.units)
    members, share = block.traces()
    search = Search(members, share, n, (), Limits(), None, None, None)
    active = np.arange(len(members), dtype=np.int64)
    master = Master(members, share, n, (), search.artificial)
    master.add_columns(search.start(active))
    if block.alone:
        master.add_columns(least(share, _SETTLED * n))
    if len(block.cuts):
        master.add_cuts(block.local_cuts())
    history: list[int] = []
    while True:
        relaxed, stage = search.relax(master, active)
        history.append(stage.bound)
        if not block.alone:  # a first look: cuts are for when the neighbours have theirs
            break
        fractional = relaxed.values < 1 - INTEGRAL
        cuts = violated_sets(
            members[relaxed.columns[fractional]], relaxed.values[fractional], n, max(30, n // 2)
        )
        gains = np.diff(history)
        if not len(cuts) or (len(gains) and gains[-1] < _WORTH * gains.sum()):
            break
        master.add_cuts(cuts)
    prices = stage.prices
    binding = prices.cut_prices < 0
    local = prices.cuts[binding]
    return _Raised(
        prices.units // _FINER,  # rounded down, cuts too: no reduced cost turns negative
        np.where(local >= 0, block.units[local], -1).astype(np.int32),
        prices.cut_prices[binding] // _FINER,
    )


class _Total:
    """Prices of the whole territory, as the blocks raise them."""

    def __init__(self, n: int) -> None:
        self.units = np.zeros(n, dtype=np.int64)
        self.cuts: dict[tuple[int, ...], int] = {}

    def settle(self, block: Ints, released: npt.NDArray[np.int32], raised: _Raised) -> None:
        """Put what a block has found in place of what it has released."""
        self.units[block] += raised.units
        for cut in released.tolist():
            del self.cuts[tuple(cut)]
        for cut, price in zip(raised.cuts.tolist(), raised.cut_prices.tolist(), strict=True):
            # The same set twice in one relaxation: both prices count.
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


def _price(
    members: Members, cost: Ints, prices: Prices, changed: npt.NDArray[np.bool_], out: Ints
) -> None:
    """Reduced costs of the candidates that hold units whose prices have changed.

    Run by run, to spare memory; ``changed`` has one more entry than there are units, False,
    for the padding.
    """
    none = np.empty((0, 0), dtype=np.int64)

    def run(first: int) -> None:
        part = slice(first, first + _RUN)
        here = members[part]
        which = np.flatnonzero(changed[here].any(axis=1))
        out[part][which] = reduced_costs(here, which, to_price(cost[part]), prices, none)

    with ThreadPoolExecutor(numba.config.NUMBA_NUM_THREADS) as pool:
        list(pool.map(run, range(0, len(cost), _RUN)))


def raise_prices(
    members: Members,
    cost: Ints,
    graph: Graph,
    limits: Limits,
    engine: Engine,
    tell: Callable[[Stage], None],
) -> tuple[Stage, Ints]:
    """Raise the prices of a very large territory, and with them its bound.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates, sorted by their lowest unit.
    cost : ndarray of int64, shape (N,)
        Their costs in `COST_UNIT`.
    graph : Graph
        Neighbourhood.
    limits : Limits
        Size of a block, and how many rounds.
    engine : Engine
        Where the blocks are worked on.
    tell : callable
        Called with the prices whenever they have risen.

    Returns
    -------
    stage : Stage
        Prices, and the bound they prove.
    reduced : ndarray of int64, shape (N,)
        What every candidate costs beyond them, in `PRICE_UNIT`; none is negative.

    Raises
    ------
    SolverError
        If a reduced cost came out negative; a fault of the program, not of the input.
    """
    total = _Total(graph.n)
    prices = total.prices()
    reduced = to_price(cost)
    for number in range(limits.price_rounds):
        labels = block_labels(graph, limits.block, number)
        # At first all blocks at once: whoever came first would take too much.
        every = [np.arange(int(labels.max()) + 1)]
        alone = number > 0
        for working in colours(graph, labels, members.shape[1] - 1) if alone else every:
            blocks = Blocks(
                members, reduced, graph, labels, working, prices.cuts, prices.cut_prices, alone
            )
            released = [prices.cuts[blocks.cuts_of(block)] for block in range(len(blocks))]
            for core, cuts, raised in zip(
                blocks.cores, released, engine.map(_raise, blocks), strict=True
            ):
                total.settle(core, cuts, raised)
            prices = total.prices()
            changed = np.append(np.isin(labels, working), False)
            _price(members, cost, prices, changed, reduced)
            if len(reduced) and int(reduced.min()) < 0:
                raise SolverError(f"a reduced cost of {int(reduced.min())} in round {number}")
            stage = Stage(prices, bound_of(prices, ()))
            tell(stage)
    return stage, reduced
