"""Enumeration: known counts, and against walking every subset."""

import itertools
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.alliances.candidates import count_candidates, enumerate_candidates
from gangso.alliances.graph import Graph, graph_from_edges
from tests.alliances.strategies import connected, graphs


def groups_of(graph: Graph, most: int, **limits: object) -> list[tuple[int, ...]]:
    pool = enumerate_candidates(graph, most, **limits)
    return [tuple(int(u) for u in row if u >= 0) for row in pool.members]


def path(n: int) -> Graph:
    return graph_from_edges(n, np.array([[i, i + 1] for i in range(n - 1)]))


def complete(n: int) -> Graph:
    return graph_from_edges(n, np.array(list(itertools.combinations(range(n), 2))))


def cycle(n: int) -> Graph:
    return graph_from_edges(n, np.array([[i, (i + 1) % n] for i in range(n)]))


def test_path_has_one_group_per_start_and_length() -> None:
    assert len(groups_of(path(12), 5)) == sum(12 - k + 1 for k in range(1, 6))


def test_cycle_has_n_groups_of_each_size() -> None:
    assert len(groups_of(cycle(12), 5)) == 12 * 5


def test_complete_graph_has_all_subsets() -> None:
    assert len(groups_of(complete(10), 5)) == sum(comb(10, k) for k in range(1, 6))


def grid(side: int) -> Graph:
    cells = range(side)
    edges = [(side * r + c, side * r + c + 1) for r in cells for c in cells[:-1]]
    edges += [(side * r + c, side * (r + 1) + c) for r in cells[:-1] for c in cells]
    return graph_from_edges(side * side, np.array(edges))


@pytest.mark.parametrize(("side", "count"), [(2, 13), (3, 218), (4, 11_506)])
def test_grid_has_the_known_number_of_connected_subgraphs(side: int, count: int) -> None:
    # All connected induced subgraphs of the n x n grid: OEIS A059525.
    assert len(groups_of(grid(side), side * side)) == count


def test_star_has_all_subsets_around_its_centre() -> None:
    star = graph_from_edges(12, np.array([[0, leaf] for leaf in range(1, 12)]))
    assert len(groups_of(star, 5)) == 11 + sum(comb(11, k) for k in range(5))


@given(graphs(), st.integers(1, 6))
@settings(max_examples=150, deadline=None)
def test_exactly_the_connected_subsets_each_once(graph: Graph, most: int) -> None:
    expected = {
        subset
        for size in range(1, most + 1)
        for subset in itertools.combinations(range(graph.n), size)
        if connected(graph, subset)
    }
    found = groups_of(graph, most)
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert count_candidates(graph, most).sum() == len(expected)


@given(graphs(), st.integers(0, 40), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_weight_cap_only_drops_heavier_groups(graph: Graph, cap: int, random: object) -> None:
    weight = np.array([random.randint(0, 15) for _ in range(graph.n)], dtype=float)  # type: ignore[attr-defined]
    capped = groups_of(graph, 5, weight=weight, cap=float(cap))
    expected = [g for g in groups_of(graph, 5) if weight[list(g)].sum() <= cap]
    assert sorted(capped) == sorted(expected)


def test_members_are_ascending_and_padded() -> None:
    pool = enumerate_candidates(complete(4), 3)
    for row, size in zip(pool.members.tolist(), pool.size.tolist(), strict=True):
        assert row[:size] == sorted(row[:size])
        assert row[size:] == [-1] * (3 - size)


@pytest.mark.parametrize("n", [1, 2])
def test_no_links_leave_only_single_units(n: int) -> None:
    assert groups_of(graph_from_edges(n, np.empty((0, 2), dtype=int)), 5) == [
        (u,) for u in range(n)
    ]
