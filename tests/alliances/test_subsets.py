"""Sets of three and five units: what is found is violated, and nothing worse is overlooked."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.alliances.candidates import enumerate_candidates
from gangso.alliances.graph import Graph
from gangso.alliances.subsets import violated_sets
from tests.alliances.strategies import graphs


def excess(
    members: npt.NDArray[np.int32], value: npt.NDArray[np.float64], units: tuple[int, ...]
) -> float:
    """What candidates count in a set beyond its limit, by the definition."""
    held = np.isin(members, units).sum(axis=1)
    return float((value * (held // 2)).sum()) - len(units) // 2


def worst_slowly(
    members: npt.NDArray[np.int32], value: npt.NDArray[np.float64], n: int
) -> tuple[float, float]:
    """Greatest violation of a triple, and of a five grown from a full triple by neighbours."""
    near: list[set[int]] = [set() for _ in range(n)]
    for group in members:
        inside = [int(u) for u in group if u >= 0]
        for a in inside:
            near[a] |= set(inside) - {a}
    triple, five = 0.0, 0.0
    for units in combinations(range(n), 3):
        if not all(b in near[a] for a, b in combinations(units, 2)):
            continue
        over = excess(members, value, units)
        triple = max(triple, over)
        if not -0.3 <= over <= 1e-4:
            continue
        for d in set().union(*(near[u] for u in units)) - set(units):
            for e in near[d] - set(units):
                five = max(five, excess(members, value, (*units, d, e)))
    return triple, five


@given(graphs(largest=8), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_the_worst_sets_are_found(graph: Graph, seed: int) -> None:
    members, n = enumerate_candidates(graph, 5).members, graph.n
    rng = np.random.default_rng(seed)
    members = members[np.sort(rng.choice(len(members), min(len(members), 14), replace=False))]
    value = rng.choice([0.25, 1 / 3, 0.5], len(members))
    found = violated_sets(members, value, n, 1_000)
    sets = [tuple(int(u) for u in units if u >= 0) for units in found]
    assert len(set(sets)) == len(sets)
    over = [excess(members, value, units) for units in sets]
    assert all(more > 1e-4 for more in over)
    triples = [more for more, units in zip(over, sets, strict=True) if len(units) == 3]
    fives = [more for more, units in zip(over, sets, strict=True) if len(units) == 5]
    triple, five = worst_slowly(members, value, n)
    assert max(over, default=0.0) >= max(triple, five) - 1e-4
    if triple > five + 1e-6:
        assert abs(max(triples) - triple) < 1e-9
    if five > max(triple, 1e-4) + 1e-6:
        assert abs(max(fives) - five) < 1e-9
