"""Fastest ways: against SciPy on the plain graph, and in the awkward cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from gangso.territory.travel import Network, Places, build_network, minutes_matrix, nearest_minutes


def network(count: int, edges: list[tuple[int, int, float]], *, oneway: bool = False) -> Network:
    """Nodes on a line of 0.01 degrees a step, and given links."""
    table = np.array(edges, dtype=float).reshape(-1, 3)
    links = pd.DataFrame(
        {
            "a": table[:, 0].astype(np.int64),
            "b": table[:, 1].astype(np.int64),
            "minutes": table[:, 2],
            "km": table[:, 2],
            "kind": pd.array(["road"] * len(table), dtype="str"),
            "oneway": np.full(len(table), oneway),
        }
    )
    return build_network(
        127 + np.arange(count) * 0.01,
        np.full(count, 36.0),
        np.full(count, 30.0),
        links,
        estimated=False,
        assumptions={"ko": (), "en": ()},
        metric_crs="EPSG:5179",
        farthest_access_km=5.0,
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Network, Places, Places]:
    count = draw(st.integers(2, 12))
    node = st.integers(0, count - 1)
    edges = draw(st.lists(st.tuples(node, node, st.integers(0, 20)), max_size=30))
    made = network(count, edges, oneway=draw(st.booleans()))
    sides = []
    for _ in range(2):
        at = draw(st.lists(st.integers(-1, count - 1), min_size=1, max_size=8))
        extra = draw(st.lists(st.integers(0, 5), min_size=len(at), max_size=len(at)))
        off = np.array(at) < 0
        sides.append(Places(np.array(at), np.where(off, np.inf, np.array(extra, dtype=float))))
    return made, sides[0], sides[1]


def brute(made: Network, origins: Places, destinations: Places) -> np.ndarray:
    every = dijkstra(made.graph, directed=True)
    found = np.full((len(origins), len(destinations)), np.inf)
    for i in range(len(origins)):
        for j in range(len(destinations)):
            if origins.node[i] >= 0 and destinations.node[j] >= 0:
                found[i, j] = (
                    origins.minutes[i]
                    + every[origins.node[i], destinations.node[j]]
                    + destinations.minutes[j]
                )
    return found


@given(cases(), st.sampled_from([5.0, 15.0, np.inf]))
@settings(max_examples=150, deadline=None)
def test_against_all_pairs(case: tuple[Network, Places, Places], limit: float) -> None:
    made, origins, destinations = case
    every = brute(made, origins, destinations)
    matrix = minutes_matrix(made, origins, destinations, limit)
    dense = np.full(every.shape, np.inf)
    row = np.repeat(np.arange(every.shape[0]), np.diff(matrix.indptr))
    dense[row, matrix.indices] = matrix.data
    within = (every <= limit) & np.isfinite(every)
    np.testing.assert_allclose(dense, np.where(within, every, np.inf), rtol=1e-12)
    minutes, which = nearest_minutes(made, destinations, origins, limit_min=limit)
    best = dense.min(axis=1)
    np.testing.assert_allclose(minutes, best, rtol=1e-12)
    hit = which >= 0
    assert (hit == np.isfinite(best)).all()
    np.testing.assert_allclose(dense[np.flatnonzero(hit), which[hit]], best[hit], rtol=1e-12)


def test_disconnected_part_is_out_of_reach() -> None:
    made = network(4, [(0, 1, 5.0), (2, 3, 5.0)])
    everywhere = made.locate(127 + np.arange(4) * 0.01, np.full(4, 36.0))
    minutes, which = nearest_minutes(made, everywhere.take(np.array([0])), everywhere)
    assert minutes.tolist() == [0.0, 5.0, np.inf, np.inf]
    assert which.tolist() == [0, 0, -1, -1]


def test_no_sources_reach_nobody() -> None:
    made = network(2, [(0, 1, 5.0)])
    nothing = Places(np.zeros(0, dtype=np.int64), np.zeros(0))
    both = made.locate([127.0, 127.01], [36.0, 36.0])
    assert np.isinf(nearest_minutes(made, nothing, both)[0]).all()


def test_point_in_the_sea_is_off_the_network() -> None:
    made = network(2, [(0, 1, 5.0)])
    far = made.locate([127.0, 131.0], [36.0, 36.0])
    assert far.node[1] == -1
    assert np.isinf(far.minutes[1])
    minutes, which = nearest_minutes(made, far, far)
    assert minutes[0] == pytest.approx(2 * far.minutes[0])
    assert which[0] == 0
    assert np.isinf(minutes[1])


def test_new_link_and_other_minutes() -> None:
    made = network(3, [(0, 1, 50.0), (1, 2, 50.0)])
    ends = made.locate([127.0, 127.02], [36.0, 36.0])
    assert minutes_matrix(made, ends, ends, 200).toarray()[0, 1] == 100
    rail = made.with_links(
        pd.DataFrame({"lon_a": [127.0], "lat_a": [36.0], "lon_b": [127.02], "lat_b": [36.0],
                      "minutes": [12.0], "kind": ["rail"]})
    )  # fmt: skip
    assert minutes_matrix(rail, ends, ends, 200).toarray()[0, 1] == pytest.approx(12)
    closed = made.with_minutes(np.array([np.inf, 50.0]))
    assert minutes_matrix(closed, ends, ends, 200)[0, 1] == 0
    assert minutes_matrix(closed, ends, ends, 200).nnz == 2
    with pytest.raises(ValueError, match="0 or more"):
        made.with_minutes(np.array([-1.0, 50.0]))
