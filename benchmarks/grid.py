"""Access on a fine grid: cells x facilities over a road network, with growth by size.

Run ``uv run benchmarks/grid.py [cells ...] [engine]``, for instance
``uv run benchmarks/grid.py 1000000 10000000 processes:2``. A synthetic country: nodes at random,
roads between neighbours (Gabriel's graph), a tenth as many nodes as cells, one facility for 2,000
cells, cells of 100 m with random residents. Prints seconds (of wall and of processor) and peak
memory, and writes ``grid-growth.png`` when there is more than one size.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import Transformer

from gangso.engine import open_engine
from gangso.services.grid import grid_access
from gangso.territory.tiles import cut_tiles
from gangso.territory.travel import Network, build_network
from gangso.territory.travel.proximity import neighbours, prune

CRS = "EPSG:6933"
TILE_KM = 25.0


def processor() -> float:
    """Seconds of processor, with those of workers that have ended."""
    return sum(os.times()[:4])


def peak_gb() -> str:
    """Peaks of this process and of its largest worker."""
    here, there = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return (
        f"{resource.getrusage(here).ru_maxrss / 1e6:.2f} GB here, "
        f"{resource.getrusage(there).ru_maxrss / 1e6:.2f} GB the largest worker"
    )


def degrees(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of points in km."""
    back = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    return back.transform(xy[:, 0] * 1000, xy[:, 1] * 1000)


def roads(count: int, side: float, rng: np.random.Generator) -> Network:
    """A network of so many nodes in a square."""
    xy = rng.uniform(0, side, (count, 2))
    pairs = neighbours(xy)
    links = pairs[prune(xy, pairs)]
    km = np.hypot(*(xy[links[:, 0]] - xy[links[:, 1]]).T)
    lon, lat = degrees(xy)
    table = pd.DataFrame(
        {
            "a": links[:, 0],
            "b": links[:, 1],
            "minutes": km * 1.3,  # 46 km/h
            "km": km,
            "kind": "road",
            "oneway": False,
        }
    )
    return build_network(
        lon, lat, np.full(count, 5.0), table, estimated=False, assumptions={},
        metric_crs=CRS, farthest_access_km=10.0,
    )  # fmt: skip


def cells_file(path: Path, count: int, side: float, rng: np.random.Generator) -> None:
    """Write a grid of cells of 100 m, row by row as statistical offices do."""
    width = round(side * 10)
    schema = pa.schema([(name, pa.float64()) for name in ("lon", "lat", "population")])
    with pq.ParquetWriter(path, schema) as writer:
        for low in range(0, count, 500_000):
            number = np.arange(low, min(low + 500_000, count))
            xy = np.column_stack([number % width + 0.5, number // width + 0.5]) / 10
            lon, lat = degrees(xy)
            people = rng.poisson(3.0, len(number)).astype(float)
            writer.write_table(pa.table([lon, lat, people], schema=schema))


def run(count: int, where: str) -> tuple[float, float]:
    """One size: seconds of wall and processor."""
    rng = np.random.default_rng(1)
    side = np.sqrt(count) / 10
    nodes, facilities = max(count // 10, 100), max(count // 2_000, 5)
    network = roads(nodes, side, rng)
    sites = network.locate(*degrees(rng.uniform(0, side, (facilities, 2))))
    with tempfile.TemporaryDirectory() as folder:
        source, cut = Path(folder, "cells.parquet"), Path(folder, "cut")
        cells_file(source, count, side, rng)
        cut.mkdir()
        wall, cpu = time.perf_counter(), processor()
        tiles = cut_tiles(source, cut, TILE_KM, CRS)
        cutting = time.perf_counter() - wall
        with open_engine(where) as engine:
            found = grid_access(network, sites, tiles, Path(folder, "out"), 30.0, engine)
        wall, cpu = time.perf_counter() - wall, processor() - cpu
    sums = found.tiles.sum()
    assert sums["cells"] == count
    print(
        f"{count:>12,} cells x {facilities:,} facilities, {nodes:,} nodes, {len(tiles)} tiles, "
        f"{where}: {wall:.1f} s ({cutting:.1f} s to cut the tiles), {cpu:.1f} s of processor; "
        f"{peak_gb()}; {sums['population_within'] / sums['population']:.3%} within 30 minutes, "
        f"mean {sums['person_minutes'] / sums['population_reached']:.6f} min",
        flush=True,
    )
    return wall, cpu


def main(arguments: list[str]) -> None:
    """Run every size asked for."""
    sizes = [int(word) for word in arguments if word.isdecimal()] or [100_000, 1_000_000]
    where = next((word for word in arguments if not word.isdecimal()), "processes:2")
    seconds = [run(count, where) for count in sizes]
    if len(sizes) > 1:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(6, 4))
        axes.loglog(sizes, [wall for wall, _ in seconds], "o-", label="wall")
        axes.loglog(sizes, [cpu for _, cpu in seconds], "s--", label="processor")
        axes.set(xlabel="cells", ylabel="seconds", title=f"Access on a grid, {where}")
        axes.legend()
        figure.savefig("grid-growth.png", dpi=150, bbox_inches="tight")
        print("growth: grid-growth.png")


if __name__ == "__main__":
    main(sys.argv[1:])
