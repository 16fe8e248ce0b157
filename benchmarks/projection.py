"""How long a simulated projection takes, and how far off it was.

    uv run python benchmarks/projection.py [--draws 1000] [--horizon 30] [--workers 2]

Prints wall and processor seconds and peak memory for all municipalities of Korea by sex and
single year of age, with the vicious cycle on; beside it a year's step in plain NumPy; then
the backtest's errors against Hamilton-Perry.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from gangso.engine import open_engine
from gangso.opening import open_scenario
from gangso.projection import backtest, prepare, project
from gangso.projection.backtest import Window
from gangso.projection.kernel import no_loop, run_path


def numpy_step(now: np.ndarray, kept: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """One year without births, feedback and chance: the arithmetic alone."""
    then = np.zeros_like(now)
    then[..., 1:] = now[..., :-1] * kept[:, 1:] * moved[..., 1:]
    nation = now.sum(axis=0)
    target = np.zeros_like(nation)
    target[:, 1:] = nation[:, :-1] * kept[:, 1:]
    return then * (target / np.maximum(then.sum(axis=0), 1e-9))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--horizon", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    asked = {"projection": {"draws": options.draws, "horizon": options.horizon}}
    scenario, territory = open_scenario(asked)
    start = time.perf_counter()
    prepared = prepare(territory, scenario.projection, scenario.diagnosis)
    print(f"looking back and choosing: {time.perf_counter() - start:.1f} s")
    n = len(prepared.cohorts.codes)
    with open_engine(f"processes:{options.workers}") as engine:
        start, spent = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        found = project(territory, scenario, prepared=prepared, engine=engine)
        wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    here = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{n} x 2 x 101 ages x {options.horizon} years x {options.draws} draws, cycle "
        f"{found.strength}, {options.workers} workers (started anew): {wall:.1f} s wall, "
        f"{after.ru_utime - spent.ru_utime:.1f} s of processor in the workers; peak memory "
        f"{here.ru_maxrss / 1e6:.2f} GB here, {after.ru_maxrss / 1e6:.2f} GB in a worker"
    )
    inputs = prepared.inputs
    run_path(inputs, no_loop(n), 1)
    start = time.process_time()
    run_path(inputs, no_loop(n), options.horizon)
    ours = (time.process_time() - start) / options.horizon
    moved = np.repeat(inputs.pattern[0], 5, axis=-1)[..., : inputs.base.shape[2]]
    now = inputs.base
    start = time.process_time()
    for _ in range(options.horizon):
        now = numpy_step(now, inputs.kept, moved)
    plain = (time.process_time() - start) / options.horizon
    print(
        f"a year's step: {1e3 * ours:.2f} ms of processor, plain NumPy without births, "
        f"chance and feedback {1e3 * plain:.2f} ms: ratio {plain / ours:.1f}"
    )
    years = prepared.cohorts.known_years
    windows = [Window(base, years[-1]) for base in years[3:-1]]
    errors = backtest(prepared.cohorts, windows).errors
    wide = errors[errors["size"].isin(["all", "under_100000"])]
    wide = wide[wide["rule"].isin(["model", "hamilton_perry"])]
    columns = ["base", "target", "size", "rule", "mape", "median_ape", "bias", "age_wape"]
    print(wide[columns].round(2).to_string(index=False))


if __name__ == "__main__":
    main()
