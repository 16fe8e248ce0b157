"""Accessibility beside its peers: E2SFCA against ``access``, nearest facility against pandana.

Run with the group of peers:  ``uv run --group bench python benchmarks/access.py``

Prints seconds of CPU (process time), the ratio, the largest difference and peak memory.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from gangso.scenario import Decay
from gangso.services import decay_weights, e2sfca
from gangso.territory.travel import Places, build_network, nearest_minutes
from gangso.territory.travel.proximity import neighbours, prune

# This file has the name of the library that it measures, and would stand in its way.
sys.path[:] = [p for p in sys.path if Path(p).resolve() != Path(__file__).resolve().parent]

DEMAND, SUPPLY, PAIRS = 100_000, 2_000, 5_000_000
NODES, FACILITIES = 200_000, 1_000


def timed(call: Callable[[], Any], repeat: int) -> tuple[Any, float]:
    """Result and median of the CPU seconds."""
    seconds = []
    for _ in range(repeat):
        start = time.process_time()
        result = call()
        seconds.append(time.process_time() - start)
    return result, float(np.median(seconds))


def peak_mb() -> float:
    """Peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def floating(repeat: int) -> None:
    """E2SFCA on 100,000 demand and 2,000 supply points."""
    rng = np.random.default_rng(1)
    homes, sites = rng.random((DEMAND, 2)), rng.random((SUPPLY, 2))
    radius = np.sqrt(PAIRS / DEMAND / SUPPLY / np.pi)
    found = cKDTree(homes).query_ball_point(sites, radius * 1.04)
    supply = np.repeat(np.arange(SUPPLY), [len(f) for f in found])
    demand = np.concatenate([np.array(f, dtype=np.int64) for f in found])
    minutes = np.hypot(*(homes[demand] - sites[supply]).T) / radius * 60.0
    people = rng.integers(1, 500, DEMAND).astype(float)
    capacity = rng.integers(1, 50, SUPPLY).astype(float)
    near = sp.csr_array((minutes, (demand, supply)), shape=(DEMAND, SUPPLY))
    steps = Decay(kind="steps", weights=(1.0, 0.68, 0.22))

    def ours() -> np.ndarray:
        data = decay_weights(near.data, 60.0, steps)
        weights = sp.csr_array((data, near.indices, near.indptr), shape=near.shape)
        return e2sfca(weights, people, capacity)[0]

    before = peak_mb()
    access_of, seconds = timed(ours, repeat)
    memory = peak_mb() - before
    print(f"E2SFCA, {DEMAND:,} demand × {SUPPLY:,} supply, {near.nnz:,} pairs, three steps")
    print(f"  gangso   {seconds:8.3f} s CPU   +{memory:,.0f} MB at the peak")

    import access.fca
    import access.weights

    costs = pd.DataFrame({"origin": demand, "dest": supply, "cost": minutes})
    weigh = access.weights.step_fn({20: 1.0, 40: 0.68, 60: 0.22})
    demand_df = pd.DataFrame({"pop": people})
    supply_df = pd.DataFrame({"doctors": capacity})

    def peer() -> pd.Series:
        return access.fca.two_stage_fca(
            demand_df, supply_df, costs, max_cost=60, demand_index=True, demand_name="pop",
            supply_index=True, supply_name="doctors", weight_fn=weigh,
        )  # fmt: skip

    before = peak_mb()
    theirs, peer_seconds = timed(peer, 1)
    memory = peak_mb() - before
    other = theirs.reindex(range(DEMAND)).fillna(0.0).to_numpy()
    worst = np.abs(access_of - other).max() / np.abs(other).max()
    print(f"  access   {peer_seconds:8.3f} s CPU   +{memory:,.0f} MB at the peak")
    print(f"  ratio {peer_seconds / seconds:,.0f}; largest difference {worst:.1e} of the largest")


def nearest(repeat: int) -> None:
    """Nearest facility from every node of a network of 200,000 nodes."""
    rng = np.random.default_rng(2)
    xy = rng.random((NODES, 2)) * 4.0 + np.array([126.0, 34.0])
    pairs = neighbours(xy)
    pairs = pairs[prune(xy, pairs)]
    km = np.hypot(*((xy[pairs[:, 0]] - xy[pairs[:, 1]]) * [91.0, 111.0]).T)
    minutes = km * rng.uniform(0.8, 2.0, len(km))
    at = np.sort(rng.choice(NODES, FACILITIES, replace=False))
    links = pd.DataFrame(
        {
            "a": pairs[:, 0], "b": pairs[:, 1], "minutes": minutes, "km": km,
            "kind": pd.array(["road"] * len(km), dtype="str"), "oneway": False,
        }
    )  # fmt: skip
    zero = np.zeros

    def ours() -> tuple[np.ndarray, Any]:
        network = build_network(
            xy[:, 0], xy[:, 1], np.full(NODES, 30.0), links, estimated=False,
            assumptions={}, metric_crs="EPSG:5179", farthest_access_km=5.0,
            codes=pd.RangeIndex(NODES), settlement_node=np.arange(NODES),
        )  # fmt: skip
        sources = Places(network.settlements.node[at], zero(len(at)))
        return nearest_minutes(network, sources)[0], network

    before = peak_mb()
    (found, network), seconds = timed(ours, repeat)
    memory = peak_mb() - before
    sources = Places(network.settlements.node[at], zero(len(at)))
    _, query = timed(lambda: nearest_minutes(network, sources), repeat)
    print(f"Nearest of {FACILITIES:,} facilities, {NODES:,} nodes, {len(pairs):,} links")
    print(f"  gangso   {seconds:8.3f} s CPU, of it the query {query:.3f}   +{memory:,.0f} MB")

    graph = sp.csr_array((minutes, (pairs[:, 0], pairs[:, 1])), shape=(NODES, NODES))
    exact, plain = timed(lambda: dijkstra(graph, directed=False, indices=at, min_only=True), repeat)
    both = np.isfinite(exact)
    same = (both == np.isfinite(found)).all()
    worst = np.abs(exact - found)[both].max()
    print(f"  SciPy    {plain:8.3f} s CPU   difference {worst:.1e} min, same reach: {same}")

    import pandana

    def peer() -> pd.DataFrame:
        other = pandana.Network(
            pd.Series(xy[:, 0]), pd.Series(xy[:, 1]),
            pd.Series(pairs[:, 0]), pd.Series(pairs[:, 1]),
            pd.DataFrame({"minutes": minutes}),
        )  # fmt: skip
        other.set_pois("facility", 1e6, 1, pd.Series(xy[at, 0]), pd.Series(xy[at, 1]))
        return other.nearest_pois(1e6, "facility", num_pois=1)

    before = peak_mb()
    theirs, peer_seconds = timed(peer, 1)
    memory = peak_mb() - before
    worst = np.abs(theirs[1].to_numpy() - exact)[both].max()
    print(f"  pandana  {peer_seconds:8.3f} s CPU, build included   +{memory:,.0f} MB")
    print(f"  ratio {peer_seconds / seconds:,.1f}; pandana differs by {worst:.1e} min at most")


PARTS = {"floating": floating, "nearest": nearest}


def main() -> None:
    """Run each part in a process of its own, so that its peak memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--part", choices=PARTS)
    options = parser.parse_args()
    if options.part:
        PARTS[options.part](options.repeat)
        return
    for part in PARTS:
        again = [sys.executable, "-W", "ignore", __file__, "--part", part]
        subprocess.run([*again, "--repeat", str(options.repeat)], check=True)


if __name__ == "__main__":
    main()
