"""Set partitioning to proof: column generation over the listed candidates, cuts, branching.

The linear relaxation is solved over a few thousand columns and priced against the whole
pool; subset-row cuts on triples close most of what is left; what remains after every
candidate too dear for a better plan has been ruled out is split by deciding, for one pair of
units after the other, whether they go together (Ryan and Foster 1981).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from gangso.alliances.cuts import NO_CUTS, take_cuts
from gangso.alliances.dive import dive
from gangso.alliances.graph import Graph
from gangso.alliances.limits import Limits
from gangso.alliances.master import ExtraRow, Master, Relaxation, to_price
from gangso.alliances.patches import components_of, label_patches, merge_patches, raise_bound
from gangso.alliances.pricing import (
    COST_UNIT,
    PRICES_PER_COST,
    Prices,
    improving,
    least,
    reduced_costs,
)
from gangso.alliances.proof import Node, Stage, bound_of, closes, repair
from gangso.alliances.solution import Solution, Start
from gangso.alliances.subsets import violated_sets
from gangso.alliances.sweeps import sweep_plan
from gangso.alliances.windows import improve_by_windows
from gangso.alliances.zerohalf import half_cuts
from gangso.engine import Engine, open_engine

__all__ = ["INTEGRAL", "Limits", "Search", "Solution", "Start", "solve"]

Ints = npt.NDArray[np.int64]
Progress = Callable[[float, float | None], None]

# A reduced cost this close to zero (10^-9) is rounding of the solver, not an improvement;
# what it leaves on the table is repaired exactly before anything is claimed.
_TOLERANCE = 1_000
# Candidates that enter a relaxation at a time beside the best of every unit: fewer relaxations.
_MORE = 300
# Candidates a unit of least reduced cost: what may enter next, and what plans are made of.
_LIKELY = 40
# From so many candidates a unit on, the likely ones are priced before all others.
_MANY = 4 * _LIKELY
# Up to so many candidates a unit, all enter a relaxation: holding them is cheaper than pricing.
_FEW = 8
INTEGRAL = 1e-6
# No limit on reduced costs.
_ALL = np.iinfo(np.int64).max


class Search:
    """One run: the pool, the best plan so far, and the tree."""

    def __init__(
        self,
        members: npt.NDArray[np.int32],
        cost: Ints,
        n: int,
        rows: tuple[ExtraRow, ...],
        limits: Limits,
        progress: Progress | None,
        graph: Graph | None,
        ceiling: int | None,
    ) -> None:
        self.members, self.cost, self.n, self.rows = members, cost, n, rows
        self.limits, self.progress, self.graph = limits, progress, graph
        self.price_cost = to_price(cost)
        self.size = (members >= 0).sum(axis=1)
        self.coefficients = np.array([row.coefficients for row in rows], dtype=np.int64).reshape(
            len(rows), len(cost)
        )
        # Every plan is cheaper than this, whether or not there is one: each unit would sit in
        # a candidate that is the dearest per member. Like the cost of a plan, it is a multiple
        # of the step.
        self.best = self._above(int((-(-cost // self.size)).max(initial=0)) * n)
        # A unit left uncovered, even by a quarter, must cost more than any plan, so that a
        # case without a plan is closed by its bound like any other.
        self.artificial = 4.0 * self.best * COST_UNIT
        if ceiling is not None:
            self.best = min(self.best, self._above(ceiling))
            self.artificial = 4.0 * self.best * COST_UNIT
        self.plan = np.empty(0, dtype=np.int64)
        self.wide = graph is not None and n > 2 * limits.window and not rows
        self.nodes = 0
        self.rng = np.random.default_rng(0)  # counts, not chance: the same input, the same answer
        self.left = Start(np.empty(0, dtype=np.int64))
        self._near, self._near_of = self.left.columns, self.left.columns

    def _above(self, cost: int) -> int:
        return (cost // self.limits.step + 1) * self.limits.step

    def hopeless(self, covered: npt.NDArray[np.bool_]) -> Node:
        """Prove that there is no plan: a unit in no candidate may have any price."""
        units = np.zeros(self.n, dtype=np.int64)
        units[np.argmin(covered)] = self.best * PRICES_PER_COST
        prices = Prices(
            units, NO_CUTS, np.empty(0, dtype=np.int64),
            np.zeros(len(self.rows), dtype=np.int64),
        )  # fmt: skip
        return Node([Stage(prices, bound_of(prices, self.rows))])

    def offer(self, chosen: Ints) -> None:
        """Take a plan if it is cheaper than the best so far."""
        total = int(self.cost[chosen].sum())
        if total < self.best:
            self.best, self.plan = total, np.sort(chosen)

    def relax(self, master: Master, active: Ints) -> tuple[Relaxation, Stage]:
        """Solve a relaxation to the optimum over all candidates in play."""
        if self._near_of is not active:  # they are likely among these candidates only
            self._near, self._near_of = np.empty(0, dtype=np.int64), active
        while True:
            relaxed = master.solve()
            near = self._near
            if len(near) and master.add_columns(self._improving(near, relaxed.prices)[0]):
                continue
            new, reduced = self._improving(active, relaxed.prices)
            if not (master.add_columns(new) or (self._breaks(relaxed) and master.insist())):
                break
            if len(active) > _MANY * self.n:
                self._near = active[least(reduced, _LIKELY * self.n)]
        prices, _ = repair(self.members, active, reduced, relaxed.prices)
        return relaxed, Stage(prices, bound_of(prices, self.rows))

    def _breaks(self, relaxed: Relaxation) -> bool:
        """Whether a relaxation has no pair to decide and is no plan: breaking a row is cheap."""
        if not self.rows or relaxed.artificial.max(initial=0.0) <= INTEGRAL:
            return False
        return self._pair(relaxed) is None

    def beyond(self, active: Ints, stage: Stage) -> Ints:
        """Reduced costs; what costs more than the gap is in no better plan: how much is left."""
        gap = self.best * PRICES_PER_COST - stage.bound if len(self.plan) else _ALL
        return self._reduced(active, stage.prices, max(gap, 0))

    def _reduced(self, which: Ints, prices: Prices, limit: int = _ALL) -> Ints:
        return reduced_costs(self.members, which, self.price_cost, prices, self.coefficients, limit)

    def _improving(self, which: Ints, prices: Prices) -> tuple[Ints, Ints]:
        """Return which of some candidates improve a relaxation, and the reduced costs of those."""
        few = len(which) <= _MANY * self.n  # else the likely ones are found by these costs
        reduced = self._reduced(which, prices, 0 if few else _ALL)
        return improving(self.members, which, reduced, -_TOLERANCE, self.n, _MORE), reduced

    def integral(self, relaxed: Relaxation) -> bool:
        """Whether a relaxation is a plan; if so, offer it."""
        if relaxed.artificial.max(initial=0.0) > INTEGRAL:
            return False
        fractional = (relaxed.values > INTEGRAL) & (relaxed.values < 1 - INTEGRAL)
        if fractional.any():
            return False
        self.offer(relaxed.columns[relaxed.values > 0.5])
        return True

    def start(self, active: Ints) -> Ints:
        """First columns: for each unit its best candidates by cost per member."""
        per_member = self.price_cost[active] // self.size[active]
        singles = active[self.size[active] == 1]
        best = improving(self.members, active, per_member, np.iinfo(np.int64).max, self.n)
        return np.unique(np.concatenate([singles, best]))

    def make_plan(self, master: Master, active: Ints, stage: Stage) -> None:
        """Look for a plan among the candidates with the least reduced cost; improve the best."""
        reduced = self.beyond(active, stage)
        near = least(reduced, _LIKELY * self.n)
        likely, reduced = active[near], reduced[near]
        chosen = dive(master, self.members, likely, self.n, lambda *what: self.relax(*what)[0])
        if chosen is not None:
            self.offer(chosen)
        if self.graph is not None and not self.rows and len(self.plan):
            self._polish(likely, reduced, stage.bound, self.graph)

    def _polish(self, likely: Ints, reduced: Ints, bound: int, graph: Graph) -> None:
        """Improve the plan: small windows searched through; large territories: wide ones too."""
        likely, place = np.unique(np.concatenate([likely, self.plan]), return_index=True)
        # What the plan has that is not in play is not likely at all: it may be kept, not chosen.
        dear = np.full(len(self.plan), (self.best * PRICES_PER_COST - bound))
        reduced = np.concatenate([reduced, dear])[place]
        swept = sweep_plan(
            self.members[likely], self.cost[likely], reduced, graph,
            np.searchsorted(likely, self.plan), self.limits.sweeps, self.limits.sweep_steps,
        )  # fmt: skip
        self.offer(likely[swept])
        if not self.wide:
            return
        doubtful = np.ones(self.n, dtype=bool)
        agreed = self.members[np.intersect1d(self.plan, likely[reduced == 0])]
        doubtful[agreed[agreed >= 0]] = False
        # Dear candidates are in no good plan: windows choose among the likely ones.
        limit = (self.best - self.limits.step) * PRICES_PER_COST - bound
        likely = np.union1d(likely[reduced <= limit], self.plan)
        better = improve_by_windows(
            self.members[likely], self.cost[likely], self.n,
            np.searchsorted(likely, self.plan), graph, self._window, doubtful,
            self.limits.window,
        )  # fmt: skip
        self.offer(likely[better])

    @staticmethod
    def _window(members: npt.NDArray[np.int32], cost: Ints, n: int, ceiling: int) -> Ints:
        return solve(members, cost, n, (), Limits(nodes=50), ceiling=ceiling).chosen

    def node(self, active: Ints, columns: Ints, cuts: npt.NDArray[np.int32], depth: int) -> Node:
        """Settle one case; recursion depth is at most the number of pairs decided."""
        self.nodes += 1
        node = Node()
        master = Master(self.members, self.cost, self.n, self.rows, self.artificial)
        master.add_columns(active if len(active) <= _FEW * self.n else columns)
        if len(cuts):
            master.add_cuts(cuts)
        halves = False
        history: list[int] = []
        reported = -1
        for round_number in range(self.limits.cut_rounds + 1):
            relaxed, stage = self.relax(master, active)
            if self.progress is not None and depth == 0:
                known = self.best * COST_UNIT if len(self.plan) else None
                self.progress(stage.bound / PRICES_PER_COST * COST_UNIT, known)
            if depth == 0:
                self.left = Start(master.columns, self._binding(stage))
            whole = self.integral(relaxed)
            history.append(stage.bound)
            if whole or closes(stage.bound, self.best, self.limits.step):
                node.stages.append(stage)
                return node
            master.drop_slack_cuts()
            stalled = self._stalled(history) if halves else self._tailing(history)
            exhausted = round_number == self.limits.cut_rounds
            new_cuts = NO_CUTS
            if not (halves or stalled or exhausted):
                new_cuts = self._sets(relaxed)
            if not (halves or len(new_cuts) or exhausted):
                halves, history, stalled = True, history[-1:], False
                if depth == 0:
                    self.make_plan(master, active, stage)
            if halves and not (stalled or exhausted):
                new_cuts = self._halves(relaxed, master.cuts)
            last = not len(new_cuts)
            if last and depth == 0:
                before = self.best
                self.make_plan(master, active, stage)
                if self.best < before and not exhausted:
                    history, last = history[-1:], False  # fewer candidates: cuts may bite again
                    new_cuts = self._halves(relaxed, master.cuts)
            if closes(stage.bound, self.best, self.limits.step):
                node.stages.append(stage)
                return node
            if len(self.plan):
                limit = (self.best - self.limits.step) * PRICES_PER_COST - stage.bound
                keep = self.beyond(active, stage) <= limit
                if last or keep.sum() < 0.5 * len(active):
                    node.stages.append(stage)
                    reported = stage.bound
                    active = active[keep]
                    master.drop_columns(np.isin(master.columns, active, assume_unique=True))
                    if len(active) <= _FEW * self.n:
                        master.add_columns(active)
            if last:
                break
            if len(new_cuts):
                master.add_cuts(new_cuts)
        if stage.bound > reported:
            node.stages.append(stage)
        if depth == 0 and self.wide:
            # Doubts of a large territory lie far apart, and branching would multiply them.
            if len(self.plan):
                active = self.patch(node, active, relaxed, stage)
            if closes(node.bound, self.best, self.limits.step):
                return node
            if len(active) > self.limits.branch_on * self.n:
                return node
        if self.nodes >= (self.limits.wide_nodes if self.wide else self.limits.nodes):
            return node
        pair = self._pair(relaxed)
        if pair is None:
            return node
        node.pair = pair
        in_a = (self.members[active] == pair[0]).any(axis=1)
        in_b = (self.members[active] == pair[1]).any(axis=1)
        useful = self._binding(stage)
        for name, keep in (("together", in_a == in_b), ("apart", ~(in_a & in_b))):
            part = active[keep]
            inside = master.columns[np.isin(master.columns, part, assume_unique=True)]
            setattr(node, name, self.node(part, inside, useful, depth + 1))
        return node

    def patch(self, node: Node, active: Ints, relaxed: Relaxation, stage: Stage) -> Ints:
        """Raise the bound where the relaxation is undecided; return what stays in play."""
        assert self.graph is not None
        undecided = self.members[relaxed.columns[relaxed.values < 1 - INTEGRAL]]
        prices = stage.prices
        base = bound_of(prices, self.rows)
        whole = False
        for hops, largest in self.limits.patches:
            reduced = self._reduced(active, prices)
            component = components_of(self.members[active], self.n)
            whole = np.bincount(component).max() <= self.limits.component
            labels = component
            if not whole:
                labels = label_patches(undecided, self.graph, hops)
                labels = merge_patches(self.members, active, labels, largest)
            patches, credit, chosen = raise_bound(
                self.members, active, reduced, np.flatnonzero(np.isin(active, self.plan)), labels,
                self._local,
            )  # fmt: skip
            bound = base + sum(patch.gain for patch in patches)
            node.stages.append(Stage(prices, bound, patches))
            if whole and not self.rows and all(len(part) for part in chosen):
                # Nothing crosses: the optima of the components are a plan.
                self.offer(np.unique(active[np.concatenate(chosen)]))
            if self.progress is not None:
                self.progress(bound / PRICES_PER_COST * COST_UNIT, self.best * COST_UNIT)
            if closes(bound, self.best, self.limits.step) or whole:
                break
            limit = (self.best - self.limits.step) * PRICES_PER_COST
            active = active[bound - credit + reduced <= limit]
        return active

    def _local(
        self, members: npt.NDArray[np.int32], cost: Ints, n: int, start: Ints, ceiling: int | None
    ) -> tuple[Ints, int, Node]:
        limits = Limits(nodes=self.limits.patch_nodes)
        found = solve(members, cost, n, (), limits, None, Start(start), None, ceiling)
        return found.chosen, found.cost, found.proof

    def _sets(self, relaxed: Relaxation) -> npt.NDArray[np.int32]:
        """Cuts on three or five units."""
        undecided = relaxed.values < 1 - INTEGRAL
        return violated_sets(
            self.members[relaxed.columns[undecided]], relaxed.values[undecided], self.n,
            max(30, self.n // 4),
        )  # fmt: skip

    def _halves(self, relaxed: Relaxation, cuts: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Cuts made of units and of cuts."""
        return half_cuts(
            self.members[relaxed.columns], relaxed.values, cuts, self.n, max(30, self.n // 4),
            self.rng,
        )  # fmt: skip

    @staticmethod
    def _tailing(history: list[int]) -> bool:
        """Whether the last two rounds of sets brought little of what all have."""
        return len(history) > 3 and history[-1] - history[-3] < 0.1 * (history[-1] - history[0])

    def _stalled(self, history: list[int]) -> bool:
        """Whether the last three rounds of halves closed less than a fifth of what was open."""
        if len(history) < 5:
            return False
        if not len(self.plan):
            return history[-1] - history[-4] < 1e-4 * abs(history[-1])
        target = self.best * PRICES_PER_COST
        return history[-1] - history[-4] < 0.2 * (target - history[-4])

    def _binding(self, stage: Stage) -> npt.NDArray[np.int32]:
        return take_cuts(stage.prices.cuts, stage.prices.cut_prices < 0, self.n)[0]

    def _pair(self, relaxed: Relaxation) -> tuple[int, int] | None:
        """Pair of units that the relaxation is least sure about, lowest units first."""
        together: dict[tuple[int, int], float] = {}
        covered = np.zeros(self.n)
        for column, value in zip(relaxed.columns.tolist(), relaxed.values.tolist(), strict=True):
            group = [int(u) for u in self.members[column] if u >= 0]
            covered[group] += value
            for position, a in enumerate(group):
                for b in group[position + 1 :]:
                    together[a, b] = together.get((a, b), 0.0) + value
        # Where a row is hard to keep, a unit may be covered by less than one whole candidate.
        unsure = [
            (abs(value - 0.5), pair)
            for pair, value in together.items()
            if INTEGRAL < value < covered[list(pair)].max() - INTEGRAL
        ]
        return min(unsure)[1] if unsure else None


def solve(
    members: npt.NDArray[np.int32],
    cost: Ints,
    n: int,
    rows: tuple[ExtraRow, ...] = (),
    limits: Limits | None = None,
    progress: Progress | None = None,
    start: Start | None = None,
    graph: Graph | None = None,
    ceiling: int | None = None,
    engine: Engine | None = None,
) -> Solution:
    """Choose candidates so that every unit is in exactly one and the total cost is least.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates in ascending order of units, padded with -1.
    cost : ndarray of int64, shape (N,)
        Their costs in `COST_UNIT`.
    n : int
        Number of units.
    rows : tuple of ExtraRow
        Further requirements on the whole plan.
    limits : Limits, optional
        How hard to try.
    progress : callable, optional
        Called with the bound and the best cost so far.
    start : Start, optional
        What an earlier solve has left.
    graph : Graph, optional
        Neighbourhood of the units; with it, large instances are taken apart: plans are
        improved window by window and bounds raised patch by patch.
    ceiling : int, optional
        Cost of a plan known to exist; only plans as cheap are looked for.
    engine : Engine, optional
        Where the blocks of a very large territory are worked on; by default here.

    Returns
    -------
    Solution
        The plan, its cost and the proof; without a plan, the units that stay uncovered.
    """
    limits = limits or Limits()
    if graph is not None and n > limits.whole and not rows:
        from gangso.alliances.large import solve_large

        chosen, stage = solve_large(members, cost, graph, limits, engine or open_engine(), progress)
        if len(chosen):
            nothing = np.empty(0, dtype=np.int64)
            total = int(cost[chosen].sum())
            return Solution(chosen, total, Node([stage]), nothing, Start(chosen))
    search = Search(members, cost, n, rows, limits, progress, graph, ceiling)
    if n == 0:
        return Solution(search.plan, 0, Node(), np.empty(0, dtype=np.int64), search.left)
    covered = np.zeros(n, dtype=bool)
    covered[members[members >= 0]] = True
    if not covered.all():
        return Solution(
            search.plan, search.best, search.hopeless(covered), np.flatnonzero(~covered),
            search.left,
        )  # fmt: skip
    active = np.arange(len(cost), dtype=np.int64)
    columns, cuts = search.start(active), NO_CUTS
    if start is not None:
        columns, cuts = np.union1d(columns, start.columns), start.cuts
        if start.plan is not None and all(
            row.low <= int(row.coefficients[start.plan].sum()) <= row.high for row in rows
        ):
            search.offer(start.plan)
    proof = search.node(active, columns, cuts, 0)
    stuck = np.empty(0, dtype=np.int64)
    if not len(search.plan):
        if not closes(proof.bound, search.best, limits.step):
            return Solution(search.plan, search.best, proof, stuck, search.left)
        master = Master(members, cost, n, rows, search.artificial)
        master.add_columns(columns)
        relaxed, _ = search.relax(master, active)
        stuck = np.flatnonzero(relaxed.artificial[:n] > INTEGRAL)
        if not len(stuck):  # covered in fractions only: name the units of those fractions
            half = members[relaxed.columns[relaxed.values < 1 - INTEGRAL]]
            stuck = np.unique(half[half >= 0]).astype(np.int64)
        if not len(stuck):  # every unit finds its place, but a further row cannot hold
            stuck = np.arange(n, dtype=np.int64)
    return Solution(search.plan, search.best, proof, stuck, search.left)
