"""Max-p and its banded form on the golden graphs of Korea, beside what is measured there.

Run ``uv run benchmarks/maxp.py``. Needs ``../shared``. Every answer is checked from scratch:
regions connected, within their limits, no unit twice. Kernels are compiled beforehand.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

import gangso

GOLDEN = Path(__file__).resolve().parents[2] / "shared/golden/korea_instances"
LINE = "{:<6} {:<42} {:<32} {:>8} {:>10} {:>9} {:>8} {:>7}"


def read(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Units and links of one graph."""
    units = pd.read_csv(GOLDEN / f"{name}_units.csv", index_col="unit")
    return units, pd.read_csv(GOLDEN / f"{name}_contiguity.csv")


def holds(units: pd.DataFrame, links: pd.DataFrame, labels: pd.Series, low: float) -> bool:
    """Whether regions are connected and heavy enough."""
    inside = labels[links["a"]].to_numpy() == labels[links["b"]].to_numpy()
    inside = inside & labels[links["a"]].notna().to_numpy()
    pairs = links[inside.astype(bool)]
    ones = [1] * len(pairs)
    n = len(units)
    graph = csr_array((ones, (pairs["a"], pairs["b"])), shape=(n, n))
    parts = pd.Series(connected_components(graph, directed=False)[1], index=units.index)
    apart = parts.groupby(labels)
    connected = bool((apart.min() == apart.max()).all())
    return connected and bool(units["population"].groupby(labels).sum().min() >= low)


def main() -> None:
    """Print the table."""
    measured = pd.read_csv(GOLDEN / "measured.csv", dtype=str).fillna("")
    print(LINE.format(
        "graph", "problem", "method", "regions", "unassigned", "proven", "seconds", "cpu s",
    ))  # fmt: skip
    units, links = read("kr44")
    gangso.max_p(units, links, 300_000, attributes=["x_km", "y_km"])
    for aim in ("regions", "unassigned"):
        gangso.banded(units, links, 150_000, 450_000, centre=100_000, aim=aim)
    for (graph, problem), known in measured.groupby(["instance", "problem"], sort=False):
        for row in known.itertuples():
            print(LINE.format(
                graph, problem, row.method, row.regions, row.unassigned, "", row.seconds, "",
            ))  # fmt: skip
        units, links = read(graph.lower())
        if problem.startswith("max-p"):
            clock, cpu = time.perf_counter(), time.process_time()
            found = gangso.max_p(units, links, 300_000)
            clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
            assert holds(units, links, found.labels, 300_000)
            print(LINE.format(
                graph, problem, "gangso", found.regions, len(found.hopeless),
                f"<= {found.bound}", f"{clock:.2f}", f"{cpu:.2f}",
            ))  # fmt: skip
            continue
        centre = 100_000 if "member" in problem.split("with a ")[-1] and "same" in problem else None
        for aim in ("regions", "unassigned"):
            clock, cpu = time.perf_counter(), time.process_time()
            result = gangso.banded(units, links, 150_000, 450_000, centre=centre, aim=aim)
            clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
            assert holds(units, links, result.labels, 150_000)
            sign = "<=" if aim == "regions" else ">="
            print(LINE.format(
                graph, problem, f"gangso, aim {aim}", result.regions, len(result.unassigned),
                f"{sign} {result.bound}", f"{clock:.2f}", f"{cpu:.2f}",
            ))  # fmt: skip
            if aim == "unassigned":
                names = ", ".join(units.loc[list(result.hopeless), "name"])
                print(f"       cost {result.cost:.6f}, least: {result.cheapest}; "
                      f"in no feasible region: {len(result.hopeless)} ({names})")  # fmt: skip


if __name__ == "__main__":
    if not GOLDEN.is_dir():
        sys.exit(f"SKIPPED: {GOLDEN} is not there")
    main()
