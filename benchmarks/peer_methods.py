"""Units, cost and the methods of other libraries, for `peers.py`: how each is adapted."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances import AllianceModel
from gangso.alliances.pricing import COST_UNIT
from gangso.territory import Territory

GOLDEN = Path(__file__).resolve().parents[2] / "shared/golden"
LARGEST = 5
SEEDS = (1, 2, 3)
MANY = tuple(range(1, 21))  # for those that take no time
RECOM_SECONDS = 20
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Instance:
    """Units, links and the criteria."""

    territory: Territory

    @cached_property
    def model(self) -> AllianceModel:
        """Candidates and their scores."""
        return AllianceModel(self.territory)

    @cached_property
    def cost(self) -> npt.NDArray[np.int64]:
        """Cost of every candidate."""
        return self.model.costs(self.model.options.weights)

    @cached_property
    def cost_of(self) -> dict[tuple[int, ...], int]:
        """Cost by members."""
        rows = self.model.candidates.members.tolist()
        keys = (tuple(unit for unit in row if unit >= 0) for row in rows)
        return dict(zip(keys, self.cost.tolist(), strict=True))

    @property
    def people(self) -> npt.NDArray[np.int64]:
        """Residents."""
        return np.asarray(self.model.units.population, dtype=np.int64)

    @property
    def xy(self) -> npt.NDArray[np.float64]:
        """Coordinates in km."""
        return self.territory.xy_km

    @property
    def edges(self) -> list[tuple[int, int]]:
        """Links."""
        return [(int(a), int(b)) for a, b in self.model.graph.edges()]

    @property
    def near(self) -> dict[int, list[int]]:
        """Neighbours of every unit."""
        near: dict[int, list[int]] = {unit: [] for unit in range(len(self.people))}
        for a, b in self.edges:
            near[a].append(b)
            near[b].append(a)
        return near


def read(name: str) -> Instance:
    """One of the golden graphs."""
    if name == "us":
        units = pd.read_csv(GOLDEN / "us_counties/counties.csv", dtype={"code": "str"})
        links = pd.read_csv(GOLDEN / "us_counties/contiguity.csv", dtype="str")
        table = units.rename(columns={"state": "province"})
        metadata: dict[str, Any] = {"metric_crs": "EPSG:5070", "languages": ["en"]}
    else:
        units = pd.read_csv(GOLDEN / f"korea_instances/{name}_units.csv", dtype={"unit": "str"})
        links = pd.read_csv(GOLDEN / f"korea_instances/{name}_contiguity.csv", dtype="str")
        points = gpd.GeoSeries(
            gpd.points_from_xy(units["x_km"] * 1000, units["y_km"] * 1000), crs="EPSG:5179"
        ).to_crs("EPSG:4326")
        table = pd.DataFrame({
            "code": units["unit"], "name": units["name"], "population": units["population"],
            "province": units["name"].str.split("/").str[-1], "lon": points.x, "lat": points.y,
        })  # fmt: skip
        metadata = {"metric_crs": "EPSG:5179", "languages": ["ko"]}
    tables = {"municipalities": table.assign(area_km2=1.0), "contiguity": links}
    return Instance(Territory.from_tables(tables, metadata))


# --- the peers: (instance, setting, seed) -> region of every unit --------------------------


def _frame(instance: Instance) -> tuple[gpd.GeoDataFrame, Any]:
    import libpysal

    xy = instance.xy
    frame = gpd.GeoDataFrame(
        {"x": xy[:, 0], "y": xy[:, 1], "people": instance.people},
        geometry=gpd.points_from_xy(*xy.T),
    )
    return frame, libpysal.weights.W(instance.near, silence_warnings=True)


def spopt_maxp(instance: Instance, setting: int, seed: int) -> Labels:
    """MaxPHeuristic with a least population."""
    from spopt.region import MaxPHeuristic

    frame, w = _frame(instance)
    np.random.seed(seed)  # noqa: NPY002 - the peer draws from it
    found = MaxPHeuristic(frame, w, ["x", "y"], "people", setting)
    found.solve()
    return np.asarray(found.labels_)


def spopt_azp(instance: Instance, setting: int, seed: int) -> Labels:
    """AZP with a number of regions."""
    from spopt.region import AZP

    frame, w = _frame(instance)
    found = AZP(frame, w, ["x", "y"], n_clusters=setting, random_state=seed)
    found.solve()
    return np.asarray(found.labels_)


def spopt_skater(instance: Instance, setting: int, seed: int) -> Labels:
    """Skater with a number of regions; it draws nothing."""
    from spopt.region import Skater

    del seed
    frame, w = _frame(instance)
    found = Skater(frame, w, ["x", "y"], n_clusters=setting)
    found.solve()
    return np.asarray(found.labels_)


def _pygeoda(instance: Instance) -> tuple[Any, list[list[float]]]:
    import pygeoda

    n = len(instance.people)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "links.gal"
        lines = [f"0 {n} links id"]
        for unit, others in instance.near.items():
            lines += [f"{unit} {len(others)}", " ".join(map(str, others))]
        file.write_text("\n".join(lines) + "\n")
        w = pygeoda.read_gal(str(file), [str(unit) for unit in range(n)])
    return w, [list(column) for column in instance.xy.T]


def _numbers(found: Any) -> Labels:
    return np.asarray(found["Clusters"] if isinstance(found, dict) else found, dtype=np.int64)


def pygeoda_maxp_sa(instance: Instance, setting: int, seed: int) -> Labels:
    """Max-p by simulated annealing with a least population."""
    import pygeoda

    w, data = _pygeoda(instance)
    people = instance.people.tolist()
    return _numbers(pygeoda.maxp_sa(w, data, people, setting, random_seed=seed, cpu_threads=2))


def pygeoda_maxp_tabu(instance: Instance, setting: int, seed: int) -> Labels:
    """Max-p by tabu search with a least population."""
    import pygeoda

    w, data = _pygeoda(instance)
    people = instance.people.tolist()
    return _numbers(pygeoda.maxp_tabu(w, data, people, setting, random_seed=seed, cpu_threads=2))


def pygeoda_azp_sa(instance: Instance, setting: int, seed: int) -> Labels:
    """AZP by simulated annealing with a number of regions."""
    import pygeoda

    w, data = _pygeoda(instance)
    return _numbers(pygeoda.azp_sa(setting, w, data, random_seed=seed, cpu_threads=2))


def pygeoda_redcap(instance: Instance, setting: int, seed: int) -> Labels:
    """REDCAP, full order and Ward linkage, with a number of regions."""
    import pygeoda

    w, data = _pygeoda(instance)
    method = "fullorder-wardlinkage"
    return _numbers(pygeoda.redcap(setting, w, data, method, random_seed=seed, cpu_threads=2))


def greedy(instance: Instance, setting: int = 0, seed: int = 0) -> Labels:
    """Merge the two neighbouring groups whose merger saves most, as long as one saves."""
    del setting, seed
    n, cost = len(instance.people), instance.cost_of
    group = {unit: (unit,) for unit in range(n)}
    near = {unit: set(others) for unit, others in instance.near.items()}

    def saves(a: int, b: int) -> int:
        both = tuple(sorted(group[a] + group[b]))
        return cost[group[a]] + cost[group[b]] - cost[both] if both in cost else -1

    gain = {(a, b): saves(a, b) for a, b in instance.edges}
    while gain:
        (a, b), most = max(gain.items(), key=lambda item: (item[1], item[0]))
        if most <= 0:
            break
        group[a] = tuple(sorted(group[a] + group.pop(b)))
        near[a] = (near[a] | near.pop(b)) - {a, b}
        gain = {pair: value for pair, value in gain.items() if not {a, b} & set(pair)}
        for other in near[a]:
            near[other] = (near[other] - {b}) | {a}
            gain[min(a, other), max(a, other)] = saves(a, other)
    labels = np.empty(n, dtype=np.int64)
    for number, units in enumerate(group.values()):
        labels[list(units)] = number
    return labels


def recom(instance: Instance, setting: int, seed: int) -> Labels:
    """ReCom from the greedy plan, within the sizes, steered by the cost, in short bursts."""
    import random
    from functools import partial

    import networkx as nx
    from gerrychain import Graph, Partition, updaters
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.proposals import recom as proposal
    from gerrychain.tree import bipartition_tree

    people, cost = instance.people, instance.cost_of
    graph = nx.Graph(instance.edges)
    nx.set_node_attributes(graph, {u: int(p) for u, p in enumerate(people)}, "people")
    start = greedy(instance)
    initial = Partition(
        Graph.from_networkx(graph), {u: int(label) for u, label in enumerate(start)},
        {"people": updaters.Tally("people", alias="people")},
    )  # fmt: skip

    def groups(plan: Any) -> Iterator[tuple[int, ...]]:
        for nodes in plan.parts.values():
            yield tuple(sorted(int(plan.graph.original_nx_node_id_for_internal_node_id(u))
                               for u in nodes))  # fmt: skip

    def within(plan: Any) -> bool:
        return all(len(nodes) <= LARGEST for nodes in plan.parts.values())

    def total(plan: Any) -> float:
        return sum(cost[group] for group in groups(plan)) * COST_UNIT

    step = partial(
        proposal, pop_col="people", pop_target=float(people.sum()) / len(initial.parts),
        epsilon=0.95, node_repeats=1,
        bipartition_tree_fn=partial(
            bipartition_tree, max_attempts=20, allow_pair_reselection=True
        ),
    )  # fmt: skip
    optimizer = SingleMetricOptimizer(
        step, [within], initial, total, maximize=False, rng=random.Random(seed)
    )
    clock = time.perf_counter()
    for _ in optimizer.short_bursts(setting, 10**9):
        if time.perf_counter() - clock > RECOM_SECONDS:
            break
    labels = np.empty(len(people), dtype=np.int64)
    for number, group in enumerate(groups(optimizer.best_part)):
        labels[list(group)] = number
    return labels


@dataclass(frozen=True)
class Peer:
    """A method, and which settings suit it: least population, number of regions, or burst."""

    library: str
    name: str
    run: Callable[[Instance, int, int], Labels]
    by: str
    seeds: tuple[int, ...] = SEEDS


PEERS = {
    peer.run.__name__: peer
    for peer in (
        Peer("spopt", "MaxPHeuristic", spopt_maxp, "people"),
        Peer("spopt", "AZP", spopt_azp, "regions"),
        Peer("spopt", "Skater", spopt_skater, "regions", (0,)),
        Peer("pygeoda", "max-p, annealing", pygeoda_maxp_sa, "people", MANY),
        Peer("pygeoda", "max-p, tabu", pygeoda_maxp_tabu, "people", MANY),
        Peer("pygeoda", "AZP, annealing", pygeoda_azp_sa, "regions", MANY),
        Peer("pygeoda", "REDCAP", pygeoda_redcap, "regions", (1,)),
        Peer("gerrychain", "ReCom, short bursts", recom, "burst"),
        Peer("(ours)", "greedy mergers", greedy, "burst", (0,)),
    )
}


def settings(peer: Peer, units: int, regions: int) -> tuple[int, ...]:
    """What a peer is tried with."""
    if peer.by == "people":
        many = (100_000, 150_000, 200_000, 250_000, 300_000)
        return many if peer.library == "pygeoda" else (150_000, 200_000)
    if peer.by == "regions":
        return (regions, -(-units // 3))
    return (10,)
