"""How fast and how exact the location models are, beside a peer on the same machine.

Run ``uv run benchmarks/siting.py [orlib] [large] [mclp]``, or, beside a peer,
``uv run --group bench benchmarks/siting.py peer``. Times are CPU seconds with compiled kernels;
the time of loading or compiling them is printed as well. The peer is spopt with the faster of
HiGHS and CBC, model building included and import left out, stopped after ``CAP`` seconds on
the clock an instance, which then counts as ``CAP``: on a quiet machine the ratio is then a lower
bound, on a busy one the peer had less than that of a processor. It gets
the instances from the smallest on until ``PEER_S`` seconds a model are spent.
"""

from __future__ import annotations

import os
import signal
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from gangso.bases import Effort, mclp, p_centre, p_median

FOLDER = Path(__file__).resolve().parents[2] / "shared/golden/orlib"
CAP = 12.0
PEER_S = 120.0  # clock seconds of the peer for each model: the largest instances are left out


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


def spopt_solve(model: str, cost: np.ndarray, p: int, solver: str) -> None:
    """Build and solve the model of the peer."""
    import pulp
    from spopt.locate import PCenter, PMedian

    if model == "p_median":
        built = PMedian.from_cost_matrix(cost, np.ones(len(cost)), p_facilities=p)
    else:
        built = PCenter.from_cost_matrix(cost, p_facilities=p)
    with_solver = {"highs": pulp.HiGHS, "cbc": pulp.PULP_CBC_CMD}[solver]
    built.solve(with_solver(msg=False, threads=1))


def peer(model: str, cost: np.ndarray, p: int, solver: str) -> float:
    """CPU seconds of the peer, its own processes included, or ``CAP``.

    It runs in a fork, so that importing it is not counted, in a session of its own, so that
    the cap ends the solver's process (CBC) as well.
    """
    child = os.fork()
    if child == 0:
        os.setsid()
        try:
            spopt_solve(model, cost, p, solver)
        except BaseException as error:
            print(f"spopt: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    end = time.monotonic() + CAP
    while time.monotonic() < end:
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            if status:
                raise RuntimeError(f"spopt failed on {model} with {solver}")
            return used.ru_utime + used.ru_stime
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.wait4(child, 0)
    return CAP


def orlib(beside_peer: bool) -> None:
    """All thirty instances, each model at the known optimum and proven."""
    if beside_peer:
        import pulp  # noqa: F401
        import spopt.locate  # noqa: F401  (before the clock runs)
    started = time.process_time()
    for model in (p_median, p_centre):
        model(*instance(1))
    print(f"first calls (compiling or loading kernels): {time.process_time() - started:.1f} s CPU")
    for model, key in ((p_median, "median"), (p_centre, "center")):
        known, total, ratios, proven = optima(key), 0.0, [], 0
        end, capped = time.monotonic() + PEER_S, 0
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
            if beside_peer and time.monotonic() < end:
                other = min(peer(model.__name__, cost, p, solver) for solver in ("highs", "cbc"))
                ratios.append(other / max(seconds, 1e-4))
                capped += other >= CAP
                line += f"   spopt {other:6.2f} s{'+' if other >= CAP else ''}"
                line += f"   ratio {ratios[-1]:,.0f}"
            print(line, flush=True)
        print(
            f"p-{key}: {proven} of 30 at the known optimum and proven; {total:.2f} s CPU together"
        )
        if ratios:
            print(
                f"median ratio to spopt: {statistics.median(ratios):,.0f} "
                f"({len(ratios)} instances, {capped} of them stopped by the cap)"
            )


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
