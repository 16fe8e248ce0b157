"""Random small instances, and brute force over all partitions of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from gangso.alliances.graph import Graph, graph_from_edges
from gangso.alliances.warm import Settled
from gangso.territory.model import Territory


@st.composite
def graphs(draw: st.DrawFn, largest: int = 9) -> Graph:
    """Graphs of one to nine units, connected or not."""
    n = draw(st.integers(1, largest))
    pairs = list(itertools.combinations(range(n), 2))
    edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return graph_from_edges(n, np.array(edges, dtype=np.int64).reshape(-1, 2))


def connected(graph: Graph, group: tuple[int, ...]) -> bool:
    """Whether a group hangs together, by walking it."""
    reached, todo = {group[0]}, [group[0]]
    while todo:
        unit = todo.pop()
        for near in graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]].tolist():
            if near in group and near not in reached:
                reached.add(near)
                todo.append(near)
    return len(reached) == len(group)


def partitions(units: list[int]) -> Iterator[list[tuple[int, ...]]]:
    """All partitions of some units."""
    if not units:
        yield []
        return
    first, rest = units[0], units[1:]
    for size in range(len(rest) + 1):
        for others in itertools.combinations(rest, size):
            left = [unit for unit in rest if unit not in others]
            for further in partitions(left):
                yield [(first, *others), *further]


def cheapest(n: int, cost: dict[tuple[int, ...], int]) -> int | None:
    """Least cost over all partitions into groups that have a cost, by dynamic programming."""
    best: dict[int, int] = {0: 0}
    masks = [(sum(1 << u for u in group), value) for group, value in cost.items()]
    for state in range(1 << n):
        if state not in best:
            continue
        free = next((u for u in range(n) if not state >> u & 1), None)
        if free is None:
            continue
        for mask, value in masks:
            if mask >> free & 1 and not mask & state:
                total = best[state] + value
                if total < best.get(state | mask, total + 1):
                    best[state | mask] = total
    return best.get((1 << n) - 1)


@st.composite
def territories(draw: st.DrawFn, largest: int = 7) -> Territory:
    """Small territories with residents, places, provinces and neighbours drawn at random."""
    graph = draw(graphs(largest).filter(lambda graph: len(graph.indices) > 0))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    codes = [f"{unit:02d}" for unit in range(graph.n)]
    units = pd.DataFrame(
        {
            "code": codes,
            "name": [f"place {code}" for code in codes],
            "province": rng.choice(["north", "south"], graph.n),
            "population": np.rint(rng.lognormal(11, 0.8, graph.n)),
            "lon": rng.uniform(127, 128, graph.n),
            "lat": rng.uniform(36, 37, graph.n),
            "area_km2": 1.0,
        }
    )
    edges = graph.edges()
    links = pd.DataFrame(
        {"a": [codes[a] for a, _ in edges], "b": [codes[b] for _, b in edges], "link": "land"}
    )
    return Territory.from_tables(
        {"municipalities": units, "contiguity": links},
        {"metric_crs": "EPSG:5179", "languages": ["en"]},
    )


def groups_of(settled: Settled) -> dict[tuple[int, ...], int]:
    """Cost of every alliance of the pool by its members."""
    return {
        tuple(int(u) for u in row if u >= 0): int(cost)
        for row, cost in zip(settled.pool.members, settled.cost, strict=True)
    }
