"""Alliances by other libraries, on the same units and by the same criteria.

Run ``uv run --group bench benchmarks/peers.py [--cap SECONDS] [kr44 kr123 kr160 kr229 us ...]``.

The question: alliances of one to five neighbours at least cost, where cost is that of gangso's
default criteria (population fit, span, province, and what being alone costs). No peer knows
these criteria or a largest size, so each is adapted as kindly as we can:

- spopt and pygeoda get the coordinates as attributes (compact regions) and either a least
  population or the number of regions of the optimum, several values each; the best counts.
- GerryChain's ReCom starts from a greedy plan within the sizes, is kept within them, and is
  steered by gangso's cost itself (short bursts).
- Every region is then split **optimally** by gangso's solver wherever that is cheaper, and so
  is whatever has more than five members; the cost of that is the peer's cost. So the size
  limit binds on everyone, and nobody pays for not knowing the criteria inside a region.

*given* is the cost of the best run as it stands ("inf" if a region is too large), *split* what it
is after that; *median* and *best* say how far the split costs lie above the proven optimum.

Each peer runs in a process of its own with a time cap for all its seeds under one setting.
Links are given and islands are linked already. The row shows the setting with the best run;
regions, sizes and band are of that run, as the peer gave it.
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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from peer_methods import (
    GOLDEN,
    LARGEST,
    MANY,
    PEERS,
    RECOM_SECONDS,
    SEEDS,
    Instance,
    Labels,
    read,
    settings,
)
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gangso.alliances import Partition
from gangso.alliances.pricing import COST_UNIT
from gangso.alliances.solve import solve
from gangso.scenario import AllianceOptions

LOW, HIGH = 150_000, 450_000


@dataclass(frozen=True)
class Measured:
    """One partition, as it was given and once its regions are within the sizes."""

    regions: int
    alone: int
    largest: int
    in_band: float
    in_size: float
    connected: float
    given: float
    cost: float
    seconds: float


def measure(instance: Instance, labels: Labels, seconds: float) -> Measured:
    """Look at a partition, and split optimally whatever is too large or not connected."""
    n, people = len(labels), instance.people
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
    # As given: only whole regions, which are candidates if they are connected and not too large.
    whole = together & (instance.model.candidates.size == size[of[:, 0]])
    given = instance.cost[whole].sum() * COST_UNIT if whole.sum() == len(size) else np.inf
    joint = size > 1
    return Measured(
        regions=len(size),
        alone=int((~joint).sum()),
        largest=int(size.max()),
        in_band=float(((total >= LOW) & (total <= HIGH))[joint].mean()) if joint.any() else 0.0,
        in_size=float((size <= LARGEST).mean()),
        connected=float((pieces == 1).mean()),
        given=float(given),
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


LINE = "| {:<6} | {:<11} | {:<22} | {:>8} | {:>5} | {:>7} | {:>7} | {:>8} | {:>8} | {:>9} | {:>8} | {:>8} | {:>8} | {:>8} | {:>7} |"  # noqa: E501


def row(
    name: str, library: str, method: str, setting: str, runs: list[Measured], ours: float
) -> str:
    """The best run in figures, and the median cost and time of all."""
    best = min(runs, key=lambda one: one.cost)
    median = float(np.median([one.cost for one in runs]))
    return LINE.format(
        name, library, method, setting, len(runs), best.regions, best.alone, best.largest,
        f"{best.in_size:.0%}", f"{best.in_band:.0%}", f"{best.connected:.0%}",
        f"{best.given:.4f}", f"{best.cost:.4f}",
        f"+{median / ours - 1:.2%} ", f"+{best.cost / ours - 1:.2%}",
    ) + f" {np.median([one.seconds for one in runs]):>7.1f} |"  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["kr44", "kr123", "kr160", "kr229"])
    parser.add_argument("--cap", type=float, default=180, help="seconds for a method and setting")
    parser.add_argument("--only", help="one library")
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
        "size <=5", "in band", "connect.", "given", "split", "median", "best",
    ) + " seconds |")  # fmt: skip
    print("|" + "|".join(["---"] * 16) + "|", flush=True)
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
            if given.only not in (None, peer.library):
                continue
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
