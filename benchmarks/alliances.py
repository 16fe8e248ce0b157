"""The partition: Korea under 200 random scenarios, the golden graphs, US counties, Italy.

Run ``uv run benchmarks/alliances.py [korea|answers|graphs|us|italy ...]``. Every certificate is
verified. Instances that are not embedded are read from ``../shared``.

``corruptions [1000] [large=100] [korea|graphs|us|italy ...]`` corrupts certificates at random and
counts how many the verifier refuses; US counties and Italy get as many as ``large`` says.

``points [100000] [processes:2|serial|dask://host:port] [kill:20] [out=FILE]`` solves random
points block by block and prints bound, best plan and gap as they come; with ``kill`` a second
time, with a worker killed after so many seconds. ``check FILE`` verifies what ``out`` has written.
"""

from __future__ import annotations

import copy
import json
import os
import resource
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gangso.alliances import (
    AllianceModel,
    Alternatives,
    Partition,
    alternatives,
    compare,
    groupings_of,
    reasons,
    robustness,
    verify_certificate,
)
from gangso.alliances.limits import Limits
from gangso.alliances.verify import digest, list_groups
from gangso.engine import Processes, open_engine
from gangso.errors import InfeasibleError
from gangso.scenario import AllianceOptions, AlternativeOptions, RobustnessOptions, resolve
from gangso.territory import Territory, korea

SHARED = Path(__file__).resolve().parents[2] / "shared"
CRITERIA = ("population", "ties", "span", "province", "alone")


def holds(found: Partition) -> bool:
    """Verify a certificate as it would be read from its file."""
    checks = verify_certificate(json.loads(json.dumps(found.certificate)))
    return all(check.passed for check in checks)


class Milestone:
    """Takes note of when, seconds after it was made, the gap was first so small."""

    def __init__(self, gap: float) -> None:
        self.gap, self.reached = gap, ""
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def __call__(self, bound: float, plan: float | None) -> None:
        """Be told of a bound and of the best plan so far."""
        if not self.reached and plan is not None and plan - bound <= self.gap * plan:
            wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
            self.reached = f"gap <= {self.gap:.2%} after {wall:.2f} s ({cpu:.2f} CPU)"


def cpu_solve(model: AllianceModel) -> tuple[Partition, float, Milestone]:
    """Solve, and say how many processor seconds it took: wall time depends on who else is there."""
    before = time.process_time()
    milestone = Milestone(0.0005)
    found = model.solve(progress=milestone)
    milestone(found.bound, found.cost)
    return found, time.process_time() - before, milestone


def show(name: str, found: Partition, cpu: float, milestone: Milestone) -> None:
    """One line per instance."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    before = time.process_time()
    verified = "holds" if holds(found) else "REFUSED"
    checked = time.process_time() - before
    seconds = found.seconds
    prepared = seconds["candidates"] + seconds["scores"]
    print(
        f"{name:<12} {found.candidates:>9,} candidates  listed and scored {prepared:6.2f} s  "
        f"solved {seconds['solve']:7.2f} s ({cpu:.2f} CPU)  {found.status:<6} "
        f"cost {found.cost:.6f}  gap {found.gap:.4%}, {milestone.reached}  {memory:4.1f} GB  "
        f"certificate {verified} ({checked:.1f} CPU)",
        flush=True,
    )


def random_korea() -> None:
    """200 random scenarios: weights, target, three must-links, eight cannot-links."""
    territory = korea()
    scenario = resolve(territory.metadata.scenario)
    rng = np.random.default_rng(2018)
    base = AllianceModel(territory, scenario.alliances, scenario.leave_out)
    base.solve()  # compiles the kernels
    edges, codes = base.graph.edges(), base.units.codes
    seconds, gaps, infeasible, refused = [], [], 0, 0
    for _ in range(200):
        pairs = edges[rng.choice(len(edges), 11, replace=False)]
        named = [[str(codes[a]), str(codes[b])] for a, b in pairs]
        options = resolve(
            territory.metadata.scenario,
            {
                "alliances": {
                    "weights": dict(
                        zip(CRITERIA, rng.dirichlet(np.ones(5)).round(3).tolist(), strict=True)
                    ),
                    "target_population": float(rng.choice([2e5, 2.5e5, 3e5, 4e5, 5e5])),
                    "max_span_km": None,
                    "must_link": named[:3],
                    "cannot_link": named[3:],
                }
            },
        ).alliances
        model = AllianceModel(territory, options, scenario.leave_out)
        try:
            found = model.solve()
        except InfeasibleError:
            infeasible += 1
            continue
        seconds.append(found.seconds["solve"])
        gaps.append(found.gap)
        refused += not holds(found)
    print(
        f"Korea, random  {len(seconds)} solved, {infeasible} infeasible (named); proven "
        f"{sum(gap == 0 for gap in gaps)}; median {np.median(seconds):.3f} s, 95 % within "
        f"{np.quantile(seconds, 0.95):.3f} s, slowest {max(seconds):.3f} s; "
        f"certificates refused: {refused}"
    )


def default_korea() -> None:
    """The embedded default, and the change of one weight at a time."""
    territory = korea()
    scenario = resolve(territory.metadata.scenario)
    model = AllianceModel(territory, scenario.alliances, scenario.leave_out)
    model.solve()
    found, cpu, milestone = cpu_solve(model)  # with compiled kernels
    show("Korea", found, cpu, milestone)
    for what in ("weight", "lock"):
        cold, warm = [], []
        changes = list(single_changes(model, scenario.alliances, what, 50))
        for options in changes:
            for times, start in ((cold, None), (warm, found)):
                wall, cpu = time.perf_counter(), time.process_time()
                again = model.solve(options, start=start)
                times.append((time.perf_counter() - wall, time.process_time() - cpu))
                assert again.status == "proven"
        print(
            f"Korea, one {what} changed, with all tables: median of {len(changes)}, warm "
            f"{np.median([w for w, _ in warm]):.3f} s ({np.median([c for _, c in warm]):.3f} CPU), "
            f"slowest {max(w for w, _ in warm):.3f} s; cold "
            f"{np.median([w for w, _ in cold]):.3f} s ({np.median([c for _, c in cold]):.3f} CPU); "
            f"all proven"
        )


def single_changes(
    model: AllianceModel, options: AllianceOptions, what: str, count: int
) -> Iterator[AllianceOptions]:
    """Change one weight, or add one lock that leaves a plan possible."""
    rng = np.random.default_rng(1)
    edges, codes = model.graph.edges(), model.units.codes
    made = 0
    while made < count:
        if what == "weight":
            key = str(rng.choice(CRITERIA))
            update: dict[str, Any] = {
                "weights": {**options.weights, key: round(float(rng.uniform(0, 3)), 2)}
            }
        else:
            pair = tuple(str(codes[u]) for u in edges[rng.integers(len(edges))])
            kind = str(rng.choice(["must_link", "cannot_link", "stand_alone"]))
            update = {kind: pair[:1] if kind == "stand_alone" else (pair,)}
        changed = options.model_copy(update=update)
        try:
            model.solve(changed)
        except InfeasibleError:
            continue
        made += 1
        yield changed


def answers_korea() -> None:
    """What is asked about the embedded plan: reasons, robustness, alternatives, comparison."""
    territory = korea()
    scenario = resolve(territory.metadata.scenario)
    found = AllianceModel(territory, scenario.alliances, scenario.leave_out).solve()
    alternatives(found, AlternativeOptions(count=1))  # compiles the kernels
    zones = groupings_of(found)[0]
    steps: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("reasons (best alternative, parting, prices)", lambda: reasons(found)),
        ("robustness, 100 draws",
         lambda: robustness(found, RobustnessOptions(), np.random.default_rng(2018))),
        ("two alternatives within 1 %", lambda: alternatives(found, AlternativeOptions())),
        ("18 lifestyle zones beside the plan",
         lambda: compare(found, zones.name, zones.label, zones.table)),
    )  # fmt: skip
    for name, run in steps:
        wall, cpu = time.perf_counter(), time.process_time()
        result = run()
        print(
            f"Korea, {name}: {time.perf_counter() - wall:.2f} s "
            f"({time.process_time() - cpu:.2f} CPU)"
        )
        if isinstance(result, Alternatives):
            print(result.plans.to_string())


def territory_of(units: pd.DataFrame, links: pd.DataFrame, metadata: dict[str, Any]) -> Territory:
    """A territory from the golden tables."""
    return Territory.from_tables({"municipalities": units, "contiguity": links}, metadata)


def graphs() -> Iterator[tuple[str, AllianceModel]]:
    """The four graphs of Korean units."""
    for name in ("kr44", "kr123", "kr160", "kr229"):
        folder = SHARED / "golden/korea_instances"
        units = pd.read_csv(folder / f"{name}_units.csv", dtype={"unit": "str"})
        links = pd.read_csv(folder / f"{name}_contiguity.csv", dtype="str")
        import geopandas as gpd

        points = gpd.GeoSeries(
            gpd.points_from_xy(units["x_km"] * 1000, units["y_km"] * 1000), crs="EPSG:5179"
        ).to_crs("EPSG:4326")
        table = pd.DataFrame(
            {
                "code": units["unit"],
                "name": units["name"],
                "province": units["name"].str.split("/").str[-1],
                "population": units["population"],
                "lon": points.x,
                "lat": points.y,
                "area_km2": 1.0,
            }
        )
        territory = territory_of(table, links, {"metric_crs": "EPSG:5179", "languages": ["ko"]})
        yield name, AllianceModel(territory)


def us_counties() -> Territory:
    """3,085 US counties; without flows, states as provinces."""
    folder = SHARED / "golden/us_counties"
    units = pd.read_csv(folder / "counties.csv", dtype={"code": "str"})
    links = pd.read_csv(folder / "contiguity.csv", dtype="str")
    return territory_of(
        units.rename(columns={"state": "province"}).assign(area_km2=1.0),
        links,
        {"metric_crs": "EPSG:5070", "languages": ["en"]},
    )


def us() -> Iterator[tuple[str, AllianceModel]]:
    """US counties."""
    yield "US counties", AllianceModel(us_counties())


def italy() -> Iterator[tuple[str, AllianceModel]]:
    """7,900 comuni, made into a package first."""
    import tempfile

    from gangso.territory import load, make_package, read_mapping

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "italy"
        mapping = Path(__file__).resolve().parents[1] / "examples/italy.yaml"
        make_package(read_mapping(mapping), out)
        yield "Italy", AllianceModel(load(out), AllianceOptions())


def the_korea() -> Iterator[tuple[str, AllianceModel]]:
    """Korea as embedded."""
    territory = korea()
    scenario = resolve(territory.metadata.scenario)
    yield "Korea", AllianceModel(territory, scenario.alliances, scenario.leave_out)


INSTANCES = {"graphs": graphs, "us": us, "italy": italy}


def numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all numbers in a part of a certificate."""
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers(item, (*path, key))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path


def corrupted(
    certificate: dict[str, Any], path: tuple[Any, ...], rng: np.random.Generator
) -> dict[str, Any]:
    """Change one number; all that it does not concern is shared with the genuine one.

    A position of a unit becomes that of another unit, a number something up to a thousand away.
    """
    forged = target = copy.copy(certificate)
    for key in path[:-1]:
        target[key] = copy.copy(target[key])
        target = target[key]
    old, n = target[path[-1]], len(certificate["units"])
    of_patch = len(path) > 3 and path[-2] == "units" and path[-4] == "patches"
    if {"set", "pair", "plan"} & set(path) or of_patch:
        target[path[-1]] = (old + int(rng.integers(1, n))) % n
    else:
        target[path[-1]] = old + int(rng.integers(1, 1000)) * int(rng.choice([-1, 1]))
    return forged


def corrupt(name: str, model: AllianceModel, count: int) -> None:
    """Corrupt a certificate at random, one number at a time.

    *Accidents* concern any number of the file and leave its digest as it was. *Forgeries* concern
    what is claimed (plan, cost, bound, number of candidates, proof) and are given a digest that
    fits, so that only the mathematics can tell. The groups are listed and scored once: they do not
    depend on what is claimed, and the verifier makes sure of that.
    """
    rng = np.random.default_rng(7)
    certificate = json.loads(json.dumps(model.solve().certificate))
    accepted = all(check.passed for check in verify_certificate(certificate))
    known = list_groups(certificate)
    before = time.process_time()
    figures = list(numbers({k: v for k, v in certificate.items() if k != "digest"}))
    missed = 0
    for place in rng.integers(len(figures), size=count):
        forged = corrupted(certificate, figures[place], rng)
        missed += digest(forged) == forged["digest"]
    claims = ("plan", "proof", "cost", "bound", "candidates")
    claimed = [path for path in figures if path[0] in claims]
    by: Counter[str] = Counter()
    for place in rng.integers(len(claimed), size=count):
        forged = corrupted(certificate, claimed[place], rng)
        forged["digest"] = digest(forged)
        failed = [check.key for check in verify_certificate(forged, known) if not check.passed]
        # Prices and cuts that prove the same of the same plan are no forgery, but another proof.
        same = all(forged[key] == certificate[key] for key in claims if key != "proof")
        passed = "another proof" if same else "ACCEPTED"
        by[failed[0] if failed else passed] += 1
        if not failed:
            print(f"  {passed}: {claimed[place]}", flush=True)
    refused = count - by["ACCEPTED"] - by["another proof"]
    print(
        f"{name:<12} genuine {'accepted' if accepted else 'REFUSED'}; refused {count - missed} of "
        f"{count} accidents, {refused} of {count} signed forgeries "
        f"({', '.join(f'{key} {times}' for key, times in by.most_common())}); "
        f"{time.process_time() - before:.0f} CPU s",
        flush=True,
    )


def corruptions_command(arguments: list[str]) -> None:
    """``corruptions [count] [large=count] [instance ...]``."""
    count = next((int(word) for word in arguments if word.isdecimal()), 1_000)
    few = next((int(word[6:]) for word in arguments if word.startswith("large=")), 100)
    everything = {"korea": the_korea, **INSTANCES}
    wanted = [word for word in arguments if word in everything] or list(everything)
    for word in wanted:
        if word != "korea" and not SHARED.is_dir():
            print(f"{word}: SKIPPED, {SHARED} is not there", file=sys.stderr)
            continue
        for name, model in everything[word]():
            corrupt(name, model, few if word in ("us", "italy") else count)


def points(count: int, seed: int) -> Territory:
    """Random points, neighbours in their Delaunay triangulation, lognormal populations.

    One point to 100 km2 on average; populations with the median (22,000) and the spread
    (standard deviation of the logarithm 1.36) of the US counties of 1990.
    """
    from scipy.spatial import Delaunay

    rng = np.random.default_rng(seed)
    side = np.sqrt(count) * 10 / 111.3  # degrees, at the equator
    xy = rng.uniform(0, side, (count, 2))
    corners = Delaunay(xy).simplices
    pairs = np.unique(
        np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])),
        axis=0,
    )
    codes = np.array([f"{number:06d}" for number in range(count)])
    units = pd.DataFrame(
        {
            "code": codes,
            "name": codes,
            "population": np.round(rng.lognormal(np.log(22_000), 1.36, count)) + 1,
            "lon": xy[:, 0] + 100,
            "lat": xy[:, 1] - side / 2,
            "area_km2": 100.0,
        }
    )
    links = pd.DataFrame({"a": codes[pairs[:, 0]], "b": codes[pairs[:, 1]]})
    return territory_of(units, links, {"metric_crs": "EPSG:6933", "languages": ["en"]})


def memory_gb() -> str:
    """Peak of this process, and of the largest of those it has started and seen end."""
    here, there = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return (
        f"{resource.getrusage(here).ru_maxrss / 1e6:.2f} GB here, "
        f"{resource.getrusage(there).ru_maxrss / 1e6:.2f} GB the largest worker"
    )


def processor_seconds() -> float:
    """Seconds of processor, of this process and of workers that have ended."""
    return sum(os.times()[:4])


def kill_one(engine: Processes, after: float) -> None:
    """Kill a worker, as nobody should, once it has had some seconds to get deep into work."""
    time.sleep(after)
    while True:
        running = list(engine._pool._processes or {}) if engine._pool is not None else []
        if running:
            os.kill(running[0], signal.SIGKILL)
            print(f"  worker {running[0]} killed after {after:.0f} s", flush=True)
            return
        time.sleep(0.1)


def large(count: int, where: str, kill_after: float | None = None, out: Path | None = None) -> str:
    """Random points on an engine: bound, plan and gap over time; returns the digest."""
    territory = points(count, seed=1)
    model = AllianceModel(territory, AllianceOptions())
    seconds = model.seconds["candidates"] + model.seconds["scores"]
    print(
        f"{count:,} points, {len(model.candidates):,} candidates listed and scored in "
        f"{seconds:.1f} s, {memory_gb()}; engine {where}",
        flush=True,
    )
    wall, processor = time.perf_counter(), processor_seconds()

    def told(bound: float, plan: float | None) -> None:
        state = f"plan {plan:12.3f}  gap {1 - bound / plan:7.3%}" if plan else ""
        print(f"  {time.perf_counter() - wall:7.1f} s  bound {bound:12.3f}  {state}", flush=True)

    with open_engine(where) as engine:
        model.engine = engine
        if kill_after is not None:
            assert isinstance(engine, Processes)
            threading.Thread(target=kill_one, args=(engine, kill_after), daemon=True).start()
        # Beyond ten thousand units this is how it is done anyway.
        found = model.solve(None, Limits(whole=min(1_000, count - 1)), told)
    wall = time.perf_counter() - wall
    digest = str(found.certificate["digest"])
    print(
        f"{count:,} points: gap {found.gap:.3%}, cost {found.cost:.3f}, bound {found.bound:.3f}; "
        f"{wall:.0f} s, {processor_seconds() - processor:.0f} s of processor; {memory_gb()}; "
        f"digest {digest[:16]}",
        flush=True,
    )
    if out is not None:
        out.write_text(json.dumps(found.certificate))
    return digest


def points_command(arguments: list[str]) -> None:
    """``points [count] [engine] [kill[:seconds]] [out=certificate.json]``."""
    count = next((int(word) for word in arguments if word.isdecimal()), 5_000)
    where = next((w for w in arguments if w.startswith(("serial", "processes", "dask"))), None)
    out = next((Path(word[4:]) for word in arguments if word.startswith("out=")), None)
    undisturbed = large(count, where or "processes:2", None, out)
    kill = next((word for word in arguments if word.startswith("kill")), None)
    if kill is not None:
        same = undisturbed == large(count, "processes:2", float(kill[5:] or 20))
        print(f"a worker killed in the middle: the result is {'the same' if same else 'ANOTHER'}")


def check_command(file: Path) -> None:
    """Verify a certificate, in a process that knows nothing else."""
    wall, certificate = time.perf_counter(), json.loads(file.read_text())
    for check in verify_certificate(certificate):
        print(f"  {'passed' if check.passed else 'FAILED'}  {check.key}")
    print(f"{file}: {time.perf_counter() - wall:.0f} s, {memory_gb()}")


def main(wanted: list[str]) -> None:
    """Run what was asked for; everything by default."""
    if wanted[:1] == ["check"]:
        check_command(Path(wanted[1]))
        return
    if wanted[:1] == ["points"]:
        points_command(wanted[1:])
        return
    if wanted[:1] == ["corruptions"]:
        corruptions_command(wanted[1:])
        return
    if not wanted or "korea" in wanted:
        default_korea()
        random_korea()
    if not wanted or "answers" in wanted:
        answers_korea()
    for word, models in INSTANCES.items():
        if wanted and word not in wanted:
            continue
        if not SHARED.is_dir():
            print(f"{word}: SKIPPED, {SHARED} is not there", file=sys.stderr)
            continue
        for name, model in models():
            show(name, *cpu_solve(model))


if __name__ == "__main__":
    main(sys.argv[1:])
