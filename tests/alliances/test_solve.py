"""The solver against brute force, and the proof against the verifier's rules."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.alliances.candidates import Candidates, enumerate_candidates
from gangso.alliances.graph import Graph, graph_from_edges
from gangso.alliances.master import ExtraRow
from gangso.alliances.pricing import PRICES_PER_COST, Prices
from gangso.alliances.proof import closes
from gangso.alliances.solve import Limits, Search, Solution, solve
from tests.alliances.strategies import cheapest, connected, graphs, partitions


def costs_of(pool: Candidates, seed: int, spread: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, spread, len(pool)) * pool.size


def brute(n: int, pool: Candidates, cost: npt.NDArray[np.int64]) -> int | None:
    groups = [tuple(int(u) for u in row if u >= 0) for row in pool.members]
    return cheapest(n, dict(zip(groups, cost.tolist(), strict=True)))


def assert_partition(pool: Candidates, solution: Solution, n: int) -> None:
    covered = pool.members[solution.chosen]
    assert sorted(covered[covered >= 0].tolist()) == list(range(n))


@given(graphs(), st.integers(1, 5), st.integers(0, 2**32), st.sampled_from([3, 50, 10**6]))
@settings(max_examples=300, deadline=None)
def test_equals_brute_force(graph: Graph, most: int, seed: int, spread: int) -> None:
    pool = enumerate_candidates(graph, most)
    cost = costs_of(pool, seed, spread)
    solution = solve(pool.members, cost, graph.n)
    assert solution.cost == brute(graph.n, pool, cost)
    assert solution.proven
    assert_partition(pool, solution, graph.n)


@given(graphs(7), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_equals_walking_every_partition(graph: Graph, seed: int) -> None:
    """The dynamic programme above is itself checked by listing all partitions."""
    pool = enumerate_candidates(graph, 5)
    cost = costs_of(pool, seed, 1000)
    of = {
        tuple(int(u) for u in row if u >= 0): int(c)
        for row, c in zip(pool.members, cost, strict=True)
    }
    least = min(
        sum(of[group] for group in plan)
        for plan in partitions(list(range(graph.n)))
        if all(len(group) <= 5 and connected(graph, group) for group in plan)
    )
    assert solve(pool.members, cost, graph.n).cost == least


@given(graphs(), st.integers(0, 2**32), st.floats(0.1, 0.9))
@settings(max_examples=150, deadline=None)
def test_a_missing_pool_is_infeasible_exactly_when_brute_force_says_so(
    graph: Graph, seed: int, share: float
) -> None:
    pool = enumerate_candidates(graph, 4)
    keep = np.random.default_rng(seed).random(len(pool)) < share
    pool = pool.take(keep)
    if not len(pool):
        return
    cost = costs_of(pool, seed, 100)
    solution = solve(pool.members, cost, graph.n)
    least = brute(graph.n, pool, cost)
    assert solution.feasible is (least is not None)
    if least is not None:
        assert (solution.cost, solution.proven) == (least, True)


@given(graphs(6), st.integers(0, 2**32), st.floats(1.0, 1.5))
@settings(max_examples=150, deadline=None)
def test_a_row_of_large_figures_is_kept_to_the_last_unit(
    graph: Graph, seed: int, loss: float
) -> None:
    """A limit in millions, as on what a plan may cost: breaking it by little must not pay."""
    pool = enumerate_candidates(graph, 4)
    figures = costs_of(pool, seed, 10**6)
    least = brute(graph.n, pool, figures)
    assert least is not None
    cap = int(least * loss)
    cost = 10_000 * np.random.default_rng(seed).integers(0, 4, len(pool))
    row = ExtraRow(figures, 0, cap)
    solution = solve(pool.members, cost, graph.n, (row,), Limits(nodes=150, step=10_000))
    of = {
        tuple(int(u) for u in group if u >= 0): position
        for position, group in enumerate(pool.members)
    }
    plans = [
        [of[group] for group in plan]
        for plan in partitions(list(range(graph.n)))
        if all(group in of for group in plan)
    ]
    best = min(int(cost[plan].sum()) for plan in plans if figures[plan].sum() <= cap)
    assert solution.cost == best
    assert closes(solution.proof.bound, best, 10_000)
    assert figures[solution.chosen].sum() <= cap


def test_a_plan_in_fractions_only_is_no_plan() -> None:
    """Three units, three pairs: each pair half is a relaxation, but there is no plan."""
    graph = graph_from_edges(3, np.array([[0, 1], [1, 2], [0, 2]]))
    pool = enumerate_candidates(graph, 2)
    pool = pool.take(pool.size == 2)
    solution = solve(pool.members, np.ones(3, dtype=np.int64), 3)
    assert not solution.feasible
    assert solution.proven
    assert solution.stuck.tolist() == [0, 1, 2]


def hard_instance() -> tuple[Candidates, npt.NDArray[np.int64], int]:
    """An 8 x 8 grid whose relaxation is far from integral."""
    side = 8
    edges = [(side * r + c, side * r + c + 1) for r in range(side) for c in range(side - 1)]
    edges += [(side * r + c, side * r + c + side) for r in range(side - 1) for c in range(side)]
    graph = graph_from_edges(side * side, np.array(edges))
    pool = enumerate_candidates(graph, 4)
    cost = np.random.default_rng(5).integers(0, 1000, len(pool)) * pool.size
    # Only threes and fours of which most units like the wrong ones: odd structure everywhere.
    cost[pool.size < 3] = 10_000
    return pool, cost, graph.n


def test_cuts_and_branching_are_exercised_and_proven() -> None:
    pool, cost, n = hard_instance()
    solution = solve(pool.members, cost, n)
    assert solution.proven
    plain = solve(pool.members, cost, n, limits=Limits(cut_rounds=0))
    assert plain.cost == solution.cost
    assert plain.proof.count() > 1  # without cuts it must branch
    assert_partition(pool, solution, n)


def test_pricing_the_likely_first_changes_no_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, cost, n = hard_instance()
    usual = solve(pool.members, cost, n)
    monkeypatch.setattr("gangso.alliances.solve._LIKELY", 3)
    monkeypatch.setattr("gangso.alliances.solve._MANY", 0)
    asked: list[int] = []
    improving = Search._improving

    def counted(self: Search, which: npt.NDArray[np.int64], prices: Prices) -> Any:
        asked.append(len(which))
        return improving(self, which, prices)

    monkeypatch.setattr(Search, "_improving", counted)
    found = solve(pool.members, cost, n)
    assert 3 * n in asked  # a few of the candidates were asked alone
    assert len(cost) in asked  # and all of them in the end
    assert (found.cost, found.proven) == (usual.cost, True)


def test_a_bound_is_stated_when_effort_runs_out() -> None:
    pool, cost, n = hard_instance()
    solution = solve(pool.members, cost, n, limits=Limits(cut_rounds=0, nodes=1))
    best = solve(pool.members, cost, n).cost
    assert solution.cost >= best
    assert solution.proof.bound <= best * PRICES_PER_COST
    assert solution.gap >= 0


def test_same_input_same_answer() -> None:
    pool, cost, n = hard_instance()
    first, second = (solve(pool.members, cost, n) for _ in range(2))
    assert first.chosen.tolist() == second.chosen.tolist()
    assert [s.prices.units.tolist() for s in first.proof.stages] == [
        s.prices.units.tolist() for s in second.proof.stages
    ]
