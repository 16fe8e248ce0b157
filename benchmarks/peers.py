"""Alliances by other libraries, on the same units and by the same criteria.

Run ``uv run --group bench benchmarks/peers.py [--cap SECONDS] [kr44 kr123 kr160 kr229 us ...]``.

The question: alliances of one to five neighbours at least cost, where cost is that of gangso's
default criteria (population fit, span, province, and what being alone costs). No peer knows
these criteria or a largest size, so each is adapted as kindly as we can:

- spopt and pygeoda get the coordinates as attributes (compact regions) and either a least
  population or the number of regions of the optimum, several values each; the best counts.
- GerryChain's ReCom starts from a greedy plan within the sizes, is kept within them, and is
  steered by gangso's cost itself (short bursts).
- Whatever region has more than five members is then split **optimally** by gangso's solver;
  the cost of that is the peer's cost. So the size limit binds on everyone.

Each peer runs in a process of its own with a time cap for all its seeds under one setting.
Links are given, islands are linked already, no polygons are needed: nothing else can crash.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import json
import platform
import subprocess
import sys
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
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gangso.alliances import AllianceModel, Partition
from gangso.alliances.pricing import COST_UNIT
from gangso.alliances.solve import solve
from gangso.scenario import AllianceOptions
from gangso.territory import Territory

GOLDEN = Path(__file__).resolve().parents[2] / "shared/golden"
LOW, HIGH, LARGEST = 150_000, 450_000, 5
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
    near: dict[int, list[int]] = {unit: [] for unit in range(len(frame))}
    for a, b in instance.edges:
        near[a].append(b)
        near[b].append(a)
    return frame, libpysal.weights.W(near, silence_warnings=True)


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
    near: dict[int, list[int]] = {unit: [] for unit in range(n)}
    for a, b in instance.edges:
        near[a].append(b)
        near[b].append(a)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "links.gal"
        lines = [f"0 {n} links id"]
        for unit, others in near.items():
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
    near: dict[int, set[int]] = {unit: set() for unit in range(n)}
    for a, b in instance.edges:
        near[a].add(b)
        near[b].add(a)

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
        return (100_000, 150_000, 200_000) if peer.library == "pygeoda" else (150_000, 200_000)
    if peer.by == "regions":
        return (regions, -(-units // 3))
    return (10,)


# --- measuring -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """One partition, as it was given and once its regions are within the sizes."""

    regions: int
    alone: int
    largest: int
    in_band: float
    in_size: float
    connected: float
    cost: float
    seconds: float


def measure(instance: Instance, labels: Labels, seconds: float) -> Measured:
    """Look at a partition, and split optimally whatever is too large or not connected."""
    n, people = len(labels), instance.people
    assert len(labels) == len(people)
    region = np.unique(labels, return_inverse=True)[1]
    size = np.bincount(region)
    total = np.bincount(region, weights=people)
    pairs = np.array([(a, b) for a, b in instance.edges if region[a] == region[b]]).reshape(-1, 2)
    inside = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    part = connected_components(inside, directed=False)[1]
    pieces = np.bincount(region[np.unique(part, return_index=True)[1]], minlength=len(size))
    members = instance.model.candidates.members
    of = np.append(region, -1)[members]
    together = ((of == of[:, :1]) | (members < 0)).all(axis=1)
    best = solve(members[together], instance.cost[together], n, graph=instance.model.graph)
    joint = size > 1
    return Measured(
        regions=len(size),
        alone=int((~joint).sum()),
        largest=int(size.max()),
        in_band=float(((total >= LOW) & (total <= HIGH))[joint].mean()) if joint.any() else 0.0,
        in_size=float((size <= LARGEST).mean()),
        connected=float((pieces == 1).mean()),
        cost=best.cost * COST_UNIT,
        seconds=seconds,
    )


def labels_of(instance: Instance, found: Partition) -> Labels:
    """Regions of a plan of gangso; who is in no alliance is a region alone."""
    alliance = found.membership["alliance"].reindex(instance.model.units.codes)
    own = pd.Series(alliance.index, index=alliance.index)
    return pd.factorize(alliance.astype("object").where(alliance.notna(), own))[0]


def run_peer(name: str, key: str, setting: int, out: Path) -> None:
    """Run one method with all its seeds; one line of JSON each, written at once."""
    instance, peer = read(name), PEERS[key]
    _ = instance.edges
    if key in ("recom", "greedy"):
        _ = instance.cost_of
    with out.open("a") as file:
        for seed in peer.seeds:
            clock = time.perf_counter()
            labels = peer.run(instance, setting, seed)
            record = {"labels": labels.tolist(), "seconds": time.perf_counter() - clock}
            file.write(json.dumps(record) + "\n")
            file.flush()


def collect(
    name: str, instance: Instance, key: str, setting: int, cap: float
) -> tuple[list[Measured], str]:
    """Run a method in a process of its own; what it gave, and what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "labels.jsonl"
        out.touch()
        command = [sys.executable, __file__, "--one", name, key, str(setting), str(out)]
        trouble = ""
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=cap, check=False)
            if done.returncode:
                lines = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
                trouble = lines[-1][:90]
        except subprocess.TimeoutExpired:
            trouble = f"stopped after {cap:.0f} s"
        records = [json.loads(line) for line in out.read_text().splitlines()]
    return [measure(instance, np.array(r["labels"]), r["seconds"]) for r in records], trouble


LINE = "| {:<6} | {:<11} | {:<22} | {:>8} | {:>5} | {:>7} | {:>7} | {:>8} | {:>8} | {:>9} | {:>8} | {:>8} | {:>8} | {:>7} |"  # noqa: E501


def row(
    name: str, library: str, method: str, setting: str, runs: list[Measured], ours: float
) -> str:
    """The best run in figures, and the median cost and time of all."""
    best = min(runs, key=lambda one: one.cost)
    median = float(np.median([one.cost for one in runs]))
    return LINE.format(
        name, library, method, setting, len(runs), best.regions, best.alone, best.largest,
        f"{best.in_size:.0%}", f"{best.in_band:.0%}", f"{best.connected:.0%}",
        f"{best.cost:.2f}", f"+{median / ours - 1:.1%} ", f"+{best.cost / ours - 1:.1%}",
    ) + f" {np.median([one.seconds for one in runs]):>7.1f} |"  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["kr44", "kr123", "kr160", "kr229"])
    parser.add_argument("--cap", type=float, default=180, help="seconds for a method and setting")
    parser.add_argument("--one", nargs=4, metavar=("NAME", "PEER", "SETTING", "OUT"))
    given = parser.parse_args()
    if not GOLDEN.is_dir():
        sys.exit(f"SKIPPED: {GOLDEN} is not there")
    if given.one:
        run_peer(given.one[0], given.one[1], int(given.one[2]), Path(given.one[3]))
        return
    versions = {
        library: importlib.metadata.version(library)
        for library in ("gangso", "spopt", "pygeoda", "gerrychain", "numpy", "highspy")
    }
    print(", ".join(f"{library} {version}" for library, version in versions.items()))
    print(
        f"Python {platform.python_version()}, {platform.machine()}; seeds 1 to {len(SEEDS)}, "
        f"pygeoda 1 to {len(MANY)}; cap {given.cap:.0f} s for all seeds of a setting; "
        f"ReCom {RECOM_SECONDS} s a seed\n"
    )
    print(LINE.format(
        "graph", "library", "method", "setting", "runs", "regions", "alone", "largest",
        "size <=5", "in band", "connect.", "cost", "median", "best",
    ) + " seconds |")  # fmt: skip
    print("|" + "|".join(["---"] * 15) + "|", flush=True)
    for name in given.names:
        instance = read(name)
        solved = instance.model.solve()
        plans = [("default", solved)]
        band = AllianceOptions(min_population=LOW, max_population=HIGH)
        plans.append(("in band", instance.model.solve(band)))
        ours = solved.cost
        for method, plan in plans:
            one = measure(instance, labels_of(instance, plan), plan.seconds["solve"])
            text = f"{method}, " + ("proven" if plan.gap == 0 else f"gap {plan.gap:.2%}")
            print(row(name, "gangso", text, "", [one], ours), flush=True)
        regions = len(np.unique(labels_of(instance, solved)))
        for key, peer in PEERS.items():
            tried = []
            for setting in settings(peer, len(instance.people), regions):
                runs, trouble = collect(name, instance, key, setting, given.cap)
                tried.append((runs, trouble, setting))
            useful = [one for one in tried if one[0]]
            for _, trouble, setting in itertools.filterfalse(lambda one: not one[1], tried):
                print(f"| {name:<6} | {peer.library:<11} | {peer.name}, {setting}: {trouble} |")
            if useful:
                runs, _, setting = min(useful, key=lambda one: min(run.cost for run in one[0]))
                shown = "" if peer.by == "burst" else f"{setting:,}"
                print(row(name, peer.library, peer.name, shown, runs, ours), flush=True)


if __name__ == "__main__":
    main()
