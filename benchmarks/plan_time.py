"""How long ``gangso plan`` takes: cold (no compiled kernels) and warm, with the split by step.

Run ``uv run benchmarks/plan_time.py [RUNS]``. Each run is a process of its own that writes a
whole plan into a temporary folder; cold runs get an empty cache of compiled kernels.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMITS = {"cold": 60.0, "warm": 25.0, "partition": 3.0}  # seconds, issue 2


def once(cache: Path) -> tuple[float, dict[str, float]]:
    """Make one plan; return wall-clock seconds and seconds by step."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "plan")
        arguments = ["-c", "from gangso.cli import main; main()", "plan", "--json", "--out", out]
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
            check=True,
            capture_output=True,
            text=True,
        )
        wall = time.perf_counter() - start
    content = json.loads(done.stdout)
    return wall, {**content["seconds"], "partition": sum(content["partition"]["seconds"].values())}


def show(name: str, walls: list[float], steps: list[dict[str, float]]) -> None:
    """Print the median and the split."""
    limit = LIMITS[name]
    spread = f"{min(walls):.1f} to {max(walls):.1f} s"
    print(f"{name}: median {statistics.median(walls):.2f} s ({spread}) of at most {limit:.0f} s")
    for key in steps[0]:
        print(f"    {key:<12} {statistics.median(step[key] for step in steps):6.2f} s")


def main() -> None:
    """Measure."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    cold: list[tuple[float, dict[str, float]]] = []
    warm: list[tuple[float, dict[str, float]]] = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(once(Path(cache)))
            warm.append(once(Path(cache)))
    for name, found in (("cold", cold), ("warm", warm)):
        show(name, [wall for wall, _ in found], [step for _, step in found])
    partition = statistics.median(step["partition"] for _, step in warm)
    print(
        f"partition with kernels cached: {partition:.2f} s of at most {LIMITS['partition']:.0f} s"
    )


if __name__ == "__main__":
    main()
