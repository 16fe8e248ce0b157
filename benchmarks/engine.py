"""Every kind of divided work on Dask: a scheduler and two workers, one killed in the middle.

Run ``uv run benchmarks/engine.py [us=1] [draws=1000] [cells=10000000] [points=0]``; 0 leaves a
part out. ``us`` is the largest real partition, 3,085 US counties, block by block; ``points`` as
many random ones. Scheduler and workers are processes of their own. Each part runs here, on the
two workers, and on two workers of which one is killed with SIGKILL half-way; results must be
equal, to the byte. Prints seconds, processor and throughput against serial, and ends with 1 if
anything differs. Kernels are compiled by a small run of each part first.
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

from alliances import points, us_counties
from gangso import opening
from gangso.alliances import AllianceModel
from gangso.alliances.limits import Limits
from gangso.engine import Engine, open_engine
from gangso.projection import project
from gangso.scenario import AllianceOptions
from gangso.services.grid import grid_access
from gangso.territory import Territory
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


def partition_job(territory: Territory) -> Callable[[Engine], str]:
    """Bound and plan of a territory, block by block."""
    model = AllianceModel(territory, AllianceOptions())
    whole = min(1_000, len(territory.municipalities) - 1)

    def run(engine: Engine) -> str:
        model.engine = engine
        found = model.solve(None, Limits(whole=whole))
        return f"{found.certificate['digest']} gap {found.gap:.3%}"

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
    folder.mkdir()
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


def compare(name: str, run: Callable[[Engine], str], small: Callable[[Engine], str]) -> bool:
    """Here, on two workers, and on two of which one dies."""
    print(f"{name}: here ...", flush=True)
    with open_engine("serial") as engine:
        small(engine)  # compiled kernels
        before = time.process_time()
        serial, serial_seconds = timed(run, engine)
        processor = time.process_time() - before
    with cluster() as (address, workers), open_engine(address) as engine:
        while engine.workers < len(workers):
            time.sleep(0.1)
        small(engine)
        whole, seconds = timed(run, engine)
        over = threading.Event()
        alive: list[bool] = []

        def kill() -> None:
            # Killed only while the work is still going on: after it nothing would be proven.
            if not over.wait(seconds / 2):
                alive.append(workers[0].poll() is None)
                workers[0].send_signal(signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        killed, killed_seconds = timed(run, engine)
        over.set()
        killer.join()
        gone = alive == [True] and workers[0].wait() == -signal.SIGKILL
    same = serial == whole == killed and gone
    print(
        f"{name}: serial {serial_seconds:.1f} s ({processor:.1f} s of processor), Dask "
        f"{seconds:.1f} s (throughput {serial_seconds / seconds:.2f} of serial), one of two "
        f"workers killed half-way {killed_seconds:.1f} s; "
        f"results {'equal' if same else 'DIFFER'}: {serial[:12]}{serial[64:]}"
        + ("" if gone else " (no worker was killed in the middle)"),
        flush=True,
    )
    return same


def main(arguments: list[str]) -> int:
    """Run the parts asked for."""
    sizes = {"us": 1, "draws": 1_000, "cells": 10_000_000, "points": 0}
    sizes |= {key: int(value) for key, value in (word.split("=") for word in arguments)}
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        some = Path(folder)
        jobs: dict[str, tuple[str, Callable[[], Callable[[Engine], str]], Callable[..., Any]]] = {
            "us": ("US counties", lambda: partition_job(us_counties()),
                   lambda: partition_job(points(600, 1))),
            "draws": ("draws", lambda: projection_job(sizes["draws"]),
                      lambda: projection_job(20)),
            "cells": ("cells", lambda: grid_job(sizes["cells"], some / "cells"),
                      lambda: grid_job(20_000, some / "few")),
            "points": ("points", lambda: partition_job(points(sizes["points"], 1)),
                       lambda: partition_job(points(600, 2))),
        }  # fmt: skip
        for key, (name, make, make_small) in jobs.items():
            if sizes[key]:
                count = 3_085 if key == "us" else sizes[key]
                fine &= compare(f"{count:,} {name}", make(), make_small())
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
