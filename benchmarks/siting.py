"""How fast and how exact the location models are, beside a peer on the same machine.

Run ``uv run benchmarks/siting.py [orlib] [large] [mclp] [peer]``. Times are CPU seconds with
compiled kernels; the time of loading or compiling them is printed as well. The peer is spopt
(``uv pip install spopt`` beforehand) with the faster of HiGHS and CBC, stopped after ``CAP``
seconds an instance, which then counts as ``CAP``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from gangso.bases import Effort, mclp, p_centre, p_median

FOLDER = Path(__file__).resolve().parents[2] / "shared/golden/orlib"
CAP = 60.0
PEER = """
import sys, time, numpy, pulp
from spopt.locate import PMedian, PCenter
cost = numpy.load(sys.argv[1]); p = int(sys.argv[3])
started = time.process_time()
if sys.argv[2] == "p_median":
    model = PMedian.from_cost_matrix(cost, numpy.ones(len(cost)), p_facilities=p)
else:
    model = PCenter.from_cost_matrix(cost, p_facilities=p)
solvers = {"highs": pulp.HiGHS, "cbc": pulp.PULP_CBC_CMD}
solver = solvers[sys.argv[4]](msg=False, threads=1)
model.solve(solver)
print(time.process_time() - started, model.problem.objective.value())
"""


def instance(number: int) -> tuple[np.ndarray, int]:
    """All-pairs shortest paths of an OR-Library instance (the last of repeated edges counts)."""
    with (FOLDER / f"pmed{number}.txt").open() as file:
        n, _, p = map(int, file.readline().split())
        edges = np.loadtxt(file, dtype=np.int64)
    cost = {(min(i, j), max(i, j)): float(c) for i, j, c in edges.tolist()}
    a, b = np.array(list(cost)).T - 1
    graph = sp.csr_array((np.array(list(cost.values())), (a, b)), shape=(n, n))
    return np.rint(dijkstra(graph, directed=False)).astype(np.int64), p


def optima(problem: str) -> dict[str, int]:
    """Published optima."""
    words = (FOLDER / f"p_{problem}_optima.txt").read_text().split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


def peer(model: str, cost: np.ndarray, p: int, folder: Path, solver: str) -> float:
    """CPU seconds of the peer, or ``CAP``."""
    np.save(folder / "cost.npy", cost)
    command = [sys.executable, "-c", PEER, str(folder / "cost.npy"), model, str(p), solver]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=CAP, check=True)
    except subprocess.TimeoutExpired:
        return CAP
    return float(done.stdout.split()[-2])


def orlib(beside_peer: bool) -> None:
    """All thirty instances, each model at the known optimum and proven."""
    import tempfile

    started = time.process_time()
    for model in (p_median, p_centre):
        model(*instance(1))
    print(f"first calls (compiling or loading kernels): {time.process_time() - started:.1f} s CPU")
    for model, key in ((p_median, "median"), (p_centre, "center")):
        known, total, ratios, proven = optima(key), 0.0, [], 0
        for number in range(1, 31):
            cost, p = instance(number)
            started = time.process_time()
            found = model(cost, p)
            seconds = time.process_time() - started
            total += seconds
            right = found.status == "proven" and found.objective == known[f"pmed{number}"]
            proven += right
            line = f"pmed{number:<3} n={len(cost)} p={p:<4} {found.objective:>6.0f} {found.status}"
            line += f" nodes {found.nodes:<5} {seconds:7.3f} s"
            if beside_peer and number in (1, 2, 3, 4, 5, 6, 8, 10, 11, 15, 16, 20):
                with tempfile.TemporaryDirectory() as folder:
                    other = min(
                        peer(model.__name__, cost, p, Path(folder), s) for s in ("highs", "cbc")
                    )
                ratios.append(other / max(seconds, 1e-4))
                line += f"   spopt {other:6.1f} s{'+' if other >= CAP else ''}"
                line += f"   ratio {ratios[-1]:,.0f}"
            print(line, flush=True)
        print(
            f"p-{key}: {proven} of 30 at the known optimum and proven; {total:.2f} s CPU together"
        )
        if ratios:
            print(f"median ratio to spopt ({len(ratios)}): {statistics.median(ratios):,.0f}")


def large() -> None:
    """10,000 points of a plane, each a site as well."""
    rng = np.random.default_rng(0)
    point = rng.random((10_000, 2)).astype(np.float32) * 1000
    cost = np.rint(np.hypot(point[:, None, 0] - point[None, :, 0],
                            point[:, None, 1] - point[None, :, 1])).astype(np.int32)  # fmt: skip
    started = time.process_time()
    found = p_median(cost, 500, effort=Effort(root=300, nodes=0))
    seconds = time.process_time() - started
    print(f"10,000 nodes, p = 500: {found.objective:,.0f}, bound {found.bound:,.0f}, "
          f"gap {found.gap:.3%}, {seconds:.1f} s CPU")  # fmt: skip


def covering() -> None:
    """100,000 demand points, 2,000 sites, p = 200, at several limits."""
    rng = np.random.default_rng(0)
    demand, sites = rng.random((100_000, 2)) * 100, rng.random((2_000, 2)) * 100
    weights = rng.integers(1, 100, 100_000)
    for limit in (1.0, 1.5, 2.0, 2.5):
        near = cKDTree(demand).sparse_distance_matrix(
            cKDTree(sites), limit, output_type="coo_matrix"
        )
        times = sp.csr_array((near.data, (near.row, near.col)), shape=(100_000, 2_000))
        started = time.process_time()
        found = mclp(times, limit, 200, weights=weights)
        seconds = time.process_time() - started
        share = found.objective / weights.sum()
        print(f"MCLP limit {limit}: {times.nnz:,} pairs, {share:.1%} reached, {found.status}, "
              f"gap {found.gap:.4%}, {seconds:.2f} s CPU, model included", flush=True)  # fmt: skip


def main(wanted: list[str]) -> None:
    """Run what was asked for; everything by default."""
    if not wanted or "orlib" in wanted or "peer" in wanted:
        if FOLDER.is_dir():
            orlib("peer" in wanted)
        else:
            print(f"OR-Library: SKIPPED, {FOLDER} is not there", file=sys.stderr)
    if not wanted or "large" in wanted:
        large()
    if not wanted or "mclp" in wanted:
        covering()


if __name__ == "__main__":
    main(sys.argv[1:])
