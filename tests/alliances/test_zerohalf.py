"""Cuts made of cuts: valid for every plan, and able to close what single sets cannot."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.alliances.candidates import enumerate_candidates
from gangso.alliances.cuts import (
    NO_CUTS,
    append_cuts,
    coefficients_of,
    limits_of,
    take_cuts,
)
from gangso.alliances.graph import Graph
from gangso.alliances.master import Master
from gangso.alliances.pricing import Prices, reduced_costs
from gangso.alliances.subsets import violated_sets
from gangso.alliances.zerohalf import half_cuts
from tests.alliances.strategies import graphs, partitions


def random_cuts(n: int, seed: int, count: int = 12) -> npt.NDArray[np.int32]:
    """Cuts of random rows, units and earlier cuts alike."""
    rng = np.random.default_rng(seed)
    cuts = np.full((count, 7), -1, dtype=np.int32)
    for cut in range(count):
        rows = rng.choice(n + cut, size=min(n + cut, int(rng.integers(2, 8))), replace=False)
        cuts[cut, : len(rows)] = np.sort(rows)
    return cuts


def counted_slowly(
    members: npt.NDArray[np.int32], cuts: npt.NDArray[np.int32], n: int
) -> npt.NDArray[np.int64]:
    """The definition, word for word."""
    out = np.zeros((len(members), len(cuts)), dtype=np.int64)
    for number, cut in enumerate(cuts):
        for row in cut[cut >= 0]:
            inside = (members == row).any(axis=1) if row < n else out[:, row - n]
            out[:, number] += inside
        out[:, number] //= 2
    return out


@given(graphs(), st.integers(0, 2**32), st.sampled_from([12, 100]))
@settings(max_examples=100, deadline=None)
def test_counts_are_those_of_the_definition(graph: Graph, seed: int, count: int) -> None:
    members, n = enumerate_candidates(graph, 5).members, graph.n
    cuts = random_cuts(n, seed, count)
    slow = counted_slowly(members, cuts, n)
    assert np.array_equal(coefficients_of(members, cuts, n).toarray(), slow)
    prices = Prices(
        np.zeros(n, dtype=np.int64), cuts,
        -np.random.default_rng(seed).integers(0, 100, len(cuts)), np.empty(0, dtype=np.int64),
    )  # fmt: skip
    every, cost = np.arange(len(members)), np.random.default_rng(seed).integers(0, 99, len(members))
    none = np.empty((0, len(members)), dtype=np.int64)
    reduced = reduced_costs(members, every, cost, prices, none)
    assert np.array_equal(reduced, cost - slow @ prices.cut_prices)
    # With a limit: what reaches it without cuts stays there, below the truth but not the limit.
    limited = reduced_costs(members, every, cost, prices, none, 50)
    assert np.array_equal(limited, np.where(cost < 50, reduced, cost))


@given(graphs(7), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_every_partition_obeys_any_cut(graph: Graph, seed: int) -> None:
    """Connected or not: the argument needs only that every unit is in one group."""
    cuts = random_cuts(graph.n, seed)
    limits = limits_of(cuts, graph.n)
    for plan in partitions(list(range(graph.n))):
        groups = np.full((len(plan), graph.n), -1, dtype=np.int32)
        for row, group in enumerate(plan):
            groups[row, : len(group)] = group
        assert (coefficients_of(groups, cuts, graph.n).sum(axis=0) <= limits).all()


@given(st.integers(0, 2**32), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_what_is_taken_brings_what_it_is_made_of(seed: int, which: int) -> None:
    n = 6
    cuts = append_cuts(NO_CUTS, random_cuts(n, seed))
    wanted = np.random.default_rng(which).random(len(cuts)) < 0.3
    taken, kept = take_cuts(cuts, wanted, n)
    assert wanted[kept].sum() == wanted.sum()
    groups = np.array([[0, 1, 2, -1], [3, 4, -1, -1], [1, 2, 3, 5]], dtype=np.int32)
    before = coefficients_of(groups, cuts, n).toarray()[:, kept]
    assert np.array_equal(coefficients_of(groups, taken, n).toarray(), before)
    assert np.array_equal(limits_of(taken, n), limits_of(cuts, n)[kept])


def test_halves_raise_a_bound_where_sets_of_three_and_five_are_used_up() -> None:
    """Seven units in a ring, alliances of two: a heptagon of halves needs a set of seven."""
    ring = np.array([[u, (u + 1) % 7] for u in range(7)], dtype=np.int32)
    members = np.sort(ring, axis=1)
    members = np.concatenate([members, np.column_stack([np.arange(7), np.full(7, -1)])])
    members = members.astype(np.int32)
    cost = np.array([10] * 7 + [9] * 7, dtype=np.int64) * 10**6
    master = Master(members, cost, 7, (), 1e6)
    master.add_columns(np.arange(14))
    relaxed = master.solve()
    assert (relaxed.values < 0.6).all()
    assert not len(violated_sets(members[relaxed.columns], relaxed.values, 7, 10))
    found = half_cuts(
        members[relaxed.columns], relaxed.values, master.cuts, 7, 10, np.random.default_rng(0)
    )
    assert found.tolist() == [list(range(7))]
    master.add_cuts(found)
    better = master.solve()
    assert float(better.values @ cost[better.columns]) == 39e6  # three pairs and a single


def test_each_round_cuts_the_relaxation_off() -> None:
    """Whatever is returned is violated by as much as asked for, cuts made of cuts included."""
    rng = np.random.default_rng(4)
    n = 30
    rows = np.sort(rng.permuted(np.tile(np.arange(n), (900, 1)), axis=1)[:, :4], axis=1)
    members = np.unique(rows.astype(np.int32), axis=0)
    cost = rng.integers(10**6, 2 * 10**6, len(members))
    master = Master(members, cost, n, (), 1e6)
    master.add_columns(np.arange(len(members)))
    made_of_cuts = 0
    before = -np.inf
    for _ in range(8):
        relaxed = master.solve()
        value = float(relaxed.values @ cost[relaxed.columns])
        assert value >= before - 1e-3
        before = value
        inside = members[relaxed.columns]
        new = half_cuts(inside, relaxed.values, master.cuts, n, 20, rng)
        if not len(new):
            break
        made_of_cuts += int((new >= n).any(axis=1).sum())
        old = len(master.cuts)
        master.add_cuts(new)
        count = coefficients_of(inside, master.cuts, n).T @ relaxed.values
        assert (count[old:] > limits_of(master.cuts, n)[old:] + 0.02 - 1e-6).all()
    assert made_of_cuts > 0


def test_cuts_that_hold_nothing_back_leave_and_the_relaxation_stays_what_it_was() -> None:
    rng = np.random.default_rng(6)
    n = 24
    rows = np.sort(rng.permuted(np.tile(np.arange(n), (500, 1)), axis=1)[:, :4], axis=1)
    members = np.unique(rows.astype(np.int32), axis=0)
    cost = rng.integers(10**6, 2 * 10**6, len(members))
    master = Master(members, cost, n, (), 1e6)
    master.add_columns(np.arange(len(members)))
    relaxed = master.solve()
    dropped = 0
    for _ in range(8):
        inside = members[relaxed.columns]
        new = half_cuts(inside, relaxed.values, master.cuts, n, 20, rng)
        if not len(new):
            break
        master.add_cuts(new)
        relaxed = master.solve()
        value, before = float(relaxed.values @ cost[relaxed.columns]), len(master.cuts)
        master.drop_slack_cuts()
        dropped += before - len(master.cuts)
        relaxed = master.solve()
        assert float(relaxed.values @ cost[relaxed.columns]) == pytest.approx(value, rel=1e-9)
        # What stays is numbered anew, and still says of every candidate what it said.
        count = coefficients_of(members[relaxed.columns], master.cuts, n).T @ relaxed.values
        assert (count <= limits_of(master.cuts, n) + 1e-6).all()
    assert dropped > 0
    assert (master.cuts >= n).any()
