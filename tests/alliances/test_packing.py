"""Set packing and minimal sets against brute force."""

import itertools

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.alliances.candidates import enumerate_candidates
from gangso.alliances.graph import Graph, graph_from_edges
from gangso.alliances.minimal import minimal_sets, sampled_sets
from gangso.alliances.packing import label, minimal, pack
from tests.alliances.strategies import connected, graphs


def groups(members: npt.NDArray[np.int32]) -> list[tuple[int, ...]]:
    return [tuple(unit for unit in row if unit >= 0) for row in members.tolist()]


def heaviest(masks: list[int], gain: list[int], taken: int = 0, first: int = 0) -> int:
    """Largest total gain of disjoint sets, by trying all."""
    best = 0
    for position in range(first, len(masks)):
        if not masks[position] & taken:
            rest = heaviest(masks, gain, taken | masks[position], position + 1)
            best = max(best, gain[position] + rest)
    return best


@given(graphs(8), st.integers(0, 2**32), st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_packing_equals_brute_force(graph: Graph, seed: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    pool = enumerate_candidates(graph, 3)
    pool = pool.take(rng.random(len(pool)) < min(1.0, 15 / len(pool)))
    gain = rng.integers(1, most + 1, len(pool)).astype(np.int64)
    packed = pack(pool.members, gain, graph.n)
    masks = [sum(1 << u for u in group) for group in groups(pool.members)]
    assert packed.value == heaviest(masks, gain.tolist())
    assert packed.proven
    assert gain[packed.chosen].sum() == packed.value
    units = pool.members[packed.chosen]
    assert len(np.unique(units[units >= 0])) == (units >= 0).sum()


def test_a_packing_known_beforehand_is_not_lost() -> None:
    members = np.array([[0, 1], [1, 2], [2, 3]], dtype=np.int32)
    ones = np.ones(3, dtype=np.int64)
    packed = pack(members, ones, 4, known=np.array([0, 2]))
    assert (packed.chosen.tolist(), packed.value, packed.bound) == ([0, 2], 2, 2)


def test_a_packing_that_needs_a_tree() -> None:
    """Pairs of a cycle of five: the relaxation says two and a half, a packing has two."""
    pairs = [sorted((u, (u + 1) % 5)) for u in range(5)]
    packed = pack(np.array(pairs, dtype=np.int32), np.ones(5, dtype=np.int64), 5)
    assert (packed.value, packed.bound) == (2, 2)


def test_regions_are_numbered_by_their_lowest_unit() -> None:
    members = np.array([[3, 4], [0, 2]], dtype=np.int32)
    assert label(members, 6).tolist() == [0, -1, 0, 1, 1, -1]


@given(graphs(8), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_minimal_keeps_what_holds_no_other(graph: Graph, seed: int) -> None:
    pool = enumerate_candidates(graph, 4)
    pool = pool.take(np.random.default_rng(seed).random(len(pool)) < 0.3)
    sets = [set(group) for group in groups(pool.members)]
    expected = [not any(other < one for other in sets) for one in sets]
    assert minimal(pool.members, graph.n).tolist() == expected


@given(graphs(), st.integers(1, 25), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_minimal_sets_are_found_each_once(graph: Graph, threshold: int, seed: int) -> None:
    weight = np.random.default_rng(seed).integers(0, 10, graph.n).astype(float)
    reach = [
        set(group)
        for size in range(1, graph.n + 1)
        for group in itertools.combinations(range(graph.n), size)
        if weight[list(group)].sum() >= threshold and connected(graph, group)
    ]
    expected = {tuple(sorted(one)) for one in reach if not any(other < one for other in reach)}
    found = minimal_sets(graph, weight, threshold, 10_000)
    listed = groups(found.members)
    assert found.complete
    assert len(listed) == len(set(listed))
    assert set(listed) == expected
    light = [group for group in expected if weight[list(group)].max() < threshold]
    drawn = groups(sampled_sets(graph, weight, threshold, 3, np.random.default_rng(0)))
    assert set(drawn) <= set(light)


def test_too_many_sets_are_not_listed() -> None:
    n = 12
    everyone = np.array(list(itertools.combinations(range(n), 2)))
    found = minimal_sets(graph_from_edges(n, everyone), np.ones(n), 6, 500)
    assert not found.complete
