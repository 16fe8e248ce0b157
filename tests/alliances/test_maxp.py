"""Max-p and its banded form: against brute force, and the golden figures of Korea."""

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gangso
from gangso.alliances.candidates import Candidates
from gangso.alliances.graph import Graph, graph_from_edges
from gangso.alliances.heterogeneity import attach, heterogeneity, improve
from tests.alliances.strategies import connected, graphs, partitions

GOLDEN = Path(__file__).resolve().parents[3] / "shared/golden/korea_instances"
needs_golden = pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"{GOLDEN} is not there")


def tables(graph: Graph, population: list[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    names = [f"u{unit}" for unit in range(graph.n)]
    units = pd.DataFrame({"population": population}, index=names)
    links = pd.DataFrame(
        [(names[a], names[b]) for a, b in graph.edges().tolist()], columns=["a", "b"]
    )
    return units, links


def golden(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    return (
        pd.read_csv(GOLDEN / f"{name}_units.csv", index_col="unit"),
        pd.read_csv(GOLDEN / f"{name}_contiguity.csv"),
    )


def members(labels: pd.Series, graph: Graph) -> list[tuple[int, ...]]:
    """Units of every region; regions are numbered without gaps, and connected."""
    inside = labels.dropna()
    found = [
        tuple(int(str(name)[1:]) for name in inside.index[inside == region])
        for region in range(inside.nunique())
    ]
    assert sum(map(len, found)) == len(inside)
    assert all(connected(graph, group) for group in found)
    return found


def components(graph: Graph) -> list[tuple[int, ...]]:
    left, found = set(range(graph.n)), []
    while left:
        part = max(
            (
                group
                for size in range(1, len(left) + 1)
                for group in itertools.combinations(sorted(left), size)
                if min(left) in group and connected(graph, group)
            ),
            key=len,
        )
        found.append(part)
        left -= set(part)
    return found


@st.composite
def peopled(draw: st.DrawFn, largest: int = 8) -> tuple[Graph, list[int]]:
    graph = draw(graphs(largest))
    size = {"min_size": graph.n, "max_size": graph.n}
    return graph, draw(st.lists(st.integers(0, 9), **size))


@given(peopled(), st.integers(1, 20))
@settings(max_examples=120, deadline=None)
def test_max_p_equals_walking_every_partition(
    instance: tuple[Graph, list[int]], threshold: int
) -> None:
    graph, people = instance
    most, hopeless = 0, set()
    for part in components(graph):
        most_here = max(
            (
                len(plan)
                for plan in partitions(list(part))
                if all(
                    sum(people[u] for u in group) >= threshold and connected(graph, group)
                    for group in plan
                )
            ),
            default=0,
        )
        most += most_here
        hopeless |= set() if most_here else {f"u{unit}" for unit in part}
    found = gangso.max_p(*tables(graph, people), threshold)
    assert (found.regions, found.bound, found.proven) == (most, most, True)
    assert set(found.hopeless) == hopeless == set(found.labels.index[found.labels.isna()])
    regions = members(found.labels, graph)
    assert len(regions) == most
    assert all(sum(people[u] for u in group) >= threshold for group in regions)


@given(
    peopled(), st.integers(1, 12), st.integers(0, 10), st.none() | st.integers(1, 9),
    st.integers(1, 3), st.integers(0, 2**32),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_banded_equals_brute_force(
    instance: tuple[Graph, list[int]], low: int, width: int, centre: int | None, least: int,
    seed: int,
) -> None:  # fmt: skip
    graph, people = instance
    high, largest = low + width, least + 2
    fits = [
        group
        for size in range(least, largest + 1)
        for group in itertools.combinations(range(graph.n), size)
        if low <= sum(people[u] for u in group) <= high
        and max(people[u] for u in group) >= (centre or 0)
        and connected(graph, group)
    ]
    dice = np.random.default_rng(seed)
    price = {group: int(dice.integers(0, 50)) for group in fits}
    # Best of all packings: most regions; fewest left over, then least cost.
    most, fewest = 0, (graph.n, 0)
    todo = [(0, 0, 0, 0, 0)]
    masks = [(sum(1 << u for u in group), group) for group in fits]
    while todo:
        first, taken, regions, held, cost = todo.pop()
        most = max(most, regions)
        fewest = min(fewest, (graph.n - held, cost))
        for position in range(first, len(masks)):
            mask, group = masks[position]
            if not mask & taken:
                further = (regions + 1, held + len(group), cost + price[group])
                todo.append((position + 1, taken | mask, *further))
    units, links = tables(graph, people)

    def cost_of(pool: Candidates) -> npt.NDArray[np.float64]:
        return np.array(
            [price[tuple(u for u in row if u >= 0)] for row in pool.members.tolist()], dtype=float
        )

    for aim in ("regions", "unassigned"):
        found = gangso.banded(
            units, links, low, high, min_size=least, max_size=largest, centre=centre, aim=aim,
            cost=cost_of,
        )  # fmt: skip
        regions = members(found.labels, graph)
        assert len(regions) == found.regions
        assert set(regions) <= set(fits)
        assert found.proven
        assert found.candidates == len(fits)
        held_by_any = set(itertools.chain(*fits))
        assert found.hopeless == tuple(f"u{u}" for u in range(graph.n) if u not in held_by_any)
        assert set(found.hopeless) <= set(found.unassigned)
        assert found.cost == sum(price[group] for group in regions)
        if aim == "regions":
            assert found.regions == found.bound == most
        else:
            assert len(found.unassigned) == found.bound == fewest[0]
            assert found.cheapest
            assert found.cost == fewest[1]


@given(peopled(), st.integers(1, 12), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_the_local_search_keeps_regions_whole_and_is_never_worse(
    instance: tuple[Graph, list[int]], threshold: int, seed: int
) -> None:
    graph, people = instance
    units, links = tables(graph, people)
    plain = gangso.max_p(units, links, threshold)
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(graph.n, 2))
    labels = plain.labels.fillna(-1).to_numpy(dtype=np.int64)
    weight = np.array(people, dtype=float)
    better = improve(graph, weight, threshold, values, labels, rng)
    assert heterogeneity(better, values) <= heterogeneity(labels, values) + 1e-9
    assert ((better < 0) == (labels < 0)).all()
    named = pd.Series(better, index=units.index).where(better >= 0)
    regions = members(named, graph)
    assert len(regions) == plain.regions
    assert all(weight[list(group)].sum() >= threshold for group in regions)


def test_the_local_search_finds_the_two_clusters() -> None:
    """Two blocks of a grid differ; regions cut across them at first."""
    edges = [(4 * r + c, 4 * r + c + 1) for r in range(4) for c in range(3)]
    edges += [(4 * r + c, 4 * r + c + 4) for r in range(3) for c in range(4)]
    graph = graph_from_edges(16, np.array(edges))
    values = np.array([[float(unit % 4 >= 2)] for unit in range(16)])
    across = np.array([int(unit >= 8) for unit in range(16)])
    found = improve(graph, np.ones(16), 8, values, across, np.random.default_rng(0))
    assert heterogeneity(across, values) == 32
    assert heterogeneity(found, values) == 0


def test_what_is_left_over_joins_the_nearest_in_kind() -> None:
    row = graph_from_edges(3, np.array([[0, 1], [1, 2]]))
    values = np.array([[0.0], [4.0], [5.0]])
    assert attach(row, np.ones(3), values, np.array([0, -1, 1])).tolist() == [0, 1, 1]


def test_same_input_and_seed_give_the_same_labels() -> None:
    units, links = grid()
    one = gangso.max_p(units, links, 4, attributes=["x"], rng=np.random.default_rng(7))
    other = gangso.max_p(units, links, 4, attributes=["x"], rng=np.random.default_rng(7))
    pd.testing.assert_series_equal(one.labels, other.labels)
    assert one.heterogeneity == other.heterogeneity


def grid() -> tuple[pd.DataFrame, pd.DataFrame]:
    cells = [(r, c) for r in range(6) for c in range(6)]
    units = pd.DataFrame(
        {"population": 1, "x": [float((3 * r + 5 * c) % 7) for r, c in cells]}, index=range(36)
    )
    links = [(6 * r + c, 6 * r + c + 1) for r in range(6) for c in range(5)]
    links += [(6 * r + c, 6 * r + c + 6) for r in range(5) for c in range(6)]
    return units, pd.DataFrame(links, columns=["a", "b"])


def test_where_sets_cannot_be_listed_the_gap_is_told() -> None:
    units, links = grid()
    found = gangso.max_p(units, links, 5, most_sets=50)
    assert not found.listed
    assert found.bound == 7  # 36 residents over 5
    assert found.regions <= 7
    assert found.proven is (found.regions == 7)
    assert found.labels.notna().all()
    assert units["population"].groupby(found.labels).sum().min() >= 5


def test_all_faults_are_told_at_once() -> None:
    units = pd.DataFrame({"population": [1, -2, 3.5, "many"]}, index=["a", "b", "c", "c"])
    links = pd.DataFrame({"a": ["a", "x"], "b": ["b", "a"]})
    with pytest.raises(gangso.BadInputError) as caught:
        gangso.max_p(units, links, 0, attributes=["height"])
    kinds = {fault.kind for fault in caught.value.faults}
    assert kinds == {
        "not_positive", "no_column", "unit_twice", "negative", "not_whole", "not_a_number",
    }  # fmt: skip
    for fault in caught.value.faults:
        for lang in ("ko", "en"):
            assert fault.problem(lang)
            assert fault.fix(lang)
    with pytest.raises(gangso.BadInputError) as caught:
        gangso.max_p(units.iloc[:1], links, 1)
    assert [(f.kind, f.row, f.value) for f in caught.value.faults] == [
        ("unknown_unit", 3, "x"), ("unknown_unit", 2, "b"),
    ]  # fmt: skip
    with pytest.raises(gangso.BadInputError) as caught:
        gangso.banded(units.iloc[:1], links.iloc[:0], 5, 3, min_size=4, max_size=2, aim="peace")  # type: ignore[arg-type]
    assert {f.kind for f in caught.value.faults} == {"band_empty", "sizes_empty", "not_allowed"}
    with pytest.raises(gangso.BadInputError, match="function cost"):
        gangso.banded(
            units.iloc[:1], links.iloc[:0], 1, 3, min_size=1, aim="unassigned",
            cost=lambda pool: np.full(len(pool), -1.0),
        )  # fmt: skip


@pytest.mark.parametrize("how", ["max_p", "banded"])
def test_no_units_are_no_regions(how: str) -> None:
    units = pd.DataFrame({"population": []}, index=[])
    links = pd.DataFrame({"a": [], "b": []})
    found = (
        gangso.max_p(units, links, 5)
        if how == "max_p"
        else gangso.banded(units, links, 1, 5, aim="unassigned")
    )
    assert (found.regions, found.bound, found.proven) == (0, 0, True)


@needs_golden
def test_golden_max_p_of_44_units() -> None:
    units, links = golden("kr44")
    found = gangso.max_p(units, links, 300_000)
    assert (found.regions, found.bound) == (13, 13)
    assert units["population"].groupby(found.labels).sum().min() >= 300_000


@needs_golden
@pytest.mark.parametrize(
    ("name", "centre", "aim", "answer"),
    [
        ("kr123", 100_000, "regions", 30),
        ("kr123", None, "unassigned", 8),
        ("kr160", None, "regions", 55),
    ],
)
def test_golden_banded(name: str, centre: float | None, aim: str, answer: int) -> None:
    units, links = golden(name)
    found = gangso.banded(units, links, 150_000, 450_000, centre=centre, aim=aim)  # type: ignore[arg-type]
    assert found.bound == answer
    assert (found.regions if aim == "regions" else len(found.unassigned)) == answer
    total = units["population"].groupby(found.labels).sum()
    assert total.between(150_000, 450_000).all()
