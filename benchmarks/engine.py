"""Every kind of divided work on Dask: a scheduler and two workers, one killed in the middle.

Run ``uv run benchmarks/engine.py [points=3000] [draws=1000] [cells=1000000]``; 0 leaves a part
out. Scheduler and workers are processes of their own. Each part runs here, on the two workers,
and on two workers of which one is killed with SIGKILL half-way; results must be equal, to the
byte. Prints seconds and throughput against serial.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

from grid import CRS, TILE_KM, cells_file, degrees, roads

from alliances import points
from gangso import opening
from gangso.alliances import AllianceModel
from gangso.alliances.limits import Limits
from gangso.engine import Engine, open_engine
from gangso.projection import project
from gangso.scenario import AllianceOptions
from gangso.services.grid import grid_access
from gangso.territory.tiles import cut_tiles


@contextmanager
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers of one thread each, and their address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    # Workers import the functions of the benchmarks, too.
    path = os.pathsep.join(
        filter(None, [str(Path(__file__).resolve().parent), os.environ.get("PYTHONPATH")])
    )
    environment = {**os.environ, **threads, "PYTHONPATH": path}
    python = [sys.executable, "-m"]
    scheduler = subprocess.Popen(
        [*python, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port),
         "--no-dashboard"],
        env=environment, **quiet,
    )  # fmt: skip
    for _ in range(600):  # until the scheduler listens
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    workers = [
        subprocess.Popen(
            [*python, "distributed.cli.dask_worker", f"tcp://127.0.0.1:{port}", "--nthreads", "1",
             "--no-nanny", "--no-dashboard", "--memory-limit", "0"],
            env=environment, **quiet,
        )
        for _ in range(2)
    ]  # fmt: skip
    try:
        yield f"dask://127.0.0.1:{port}", workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def frames(result: Any) -> str:
    """Digest of all tables and arrays of a result."""
    digest = hashlib.sha256()
    for field in dataclasses.fields(result):
        value = getattr(result, field.name)
        if isinstance(value, pd.DataFrame):
            digest.update(pd.util.hash_pandas_object(value).to_numpy().tobytes())
        elif isinstance(value, np.ndarray):
            digest.update(value.tobytes())
    return digest.hexdigest()


def partition_job(count: int) -> Callable[[Engine], str]:
    """Bound and plan of so many points, block by block."""
    model = AllianceModel(points(count, 1), AllianceOptions())

    def run(engine: Engine) -> str:
        model.engine = engine
        return str(model.solve(None, Limits(whole=min(1_000, count - 1))).certificate["digest"])

    return run


def projection_job(draws: int) -> Callable[[Engine], str]:
    """So many simulated futures of Korea."""
    scenario, territory = opening.open_scenario({"projection": {"draws": draws}})
    return lambda engine: frames(project(territory, scenario, engine=engine))


def grid_job(count: int, folder: Path) -> Callable[[Engine], str]:
    """Access of so many cells."""
    rng = np.random.default_rng(1)
    side = np.sqrt(count) / 10
    network = roads(max(count // 10, 100), side, rng)
    sites = network.locate(*degrees(rng.uniform(0, side, (max(count // 2_000, 5), 2))))
    cells_file(folder / "cells.parquet", count, side, rng)
    (folder / "cut").mkdir()
    tiles = cut_tiles(folder / "cells.parquet", folder / "cut", TILE_KM, CRS)

    def run(engine: Engine) -> str:
        found = grid_access(network, sites, tiles, folder / "out", 30.0, engine)
        digest = hashlib.sha256(frames(found).encode())
        for tile in tiles:
            digest.update((folder / "out" / tile.name).read_bytes())
            (folder / "out" / tile.name).unlink()
        return digest.hexdigest()

    return run


def timed(run: Callable[[Engine], str], engine: Engine) -> tuple[str, float]:
    """Digest and seconds."""
    start = time.perf_counter()
    return run(engine), time.perf_counter() - start


def compare(name: str, run: Callable[[Engine], str]) -> bool:
    """Here, on two workers, and on two of which one dies."""
    with open_engine("serial") as engine:
        run(engine)  # compiled kernels
        serial, serial_seconds = timed(run, engine)
    with cluster() as (address, workers), open_engine(address) as engine:
        while engine.workers < len(workers):
            time.sleep(0.1)
        run(engine)
        whole, seconds = timed(run, engine)

        def kill() -> None:
            time.sleep(seconds / 2)
            workers[0].send_signal(signal.SIGKILL)

        threading.Thread(target=kill).start()
        killed, killed_seconds = timed(run, engine)
        gone = workers[0].poll() is not None
    same = serial == whole == killed and gone
    print(
        f"{name}: serial {serial_seconds:.1f} s, Dask {seconds:.1f} s "
        f"(throughput {serial_seconds / seconds:.2f} of serial), one of two workers killed "
        f"half-way {killed_seconds:.1f} s; results {'equal' if same else 'DIFFER'}",
        flush=True,
    )
    return same


def main(arguments: list[str]) -> int:
    """Run the parts asked for."""
    sizes = {"points": 3_000, "draws": 1_000, "cells": 1_000_000}
    sizes |= {key: int(value) for key, value in (word.split("=") for word in arguments)}
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        jobs: dict[str, Callable[[], Callable[[Engine], str]]] = {
            "points": lambda: partition_job(sizes["points"]),
            "draws": lambda: projection_job(sizes["draws"]),
            "cells": lambda: grid_job(sizes["cells"], Path(folder)),
        }
        for key, make in jobs.items():
            if sizes[key]:
                fine &= compare(f"{sizes[key]:,} {key}", make())
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
