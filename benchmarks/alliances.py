"""The partition: Korea under 200 random scenarios, the golden graphs, US counties, Italy.

Run ``uv run benchmarks/alliances.py [korea|graphs|us|italy ...]``. Every certificate is
verified. Instances that are not embedded are read from ``../shared``.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gangso.alliances import AllianceModel, Partition, verify_certificate
from gangso.errors import InfeasibleError
from gangso.scenario import AllianceOptions, resolve
from gangso.territory import Territory, korea

SHARED = Path(__file__).resolve().parents[2] / "shared"
CRITERIA = ("population", "ties", "span", "province", "alone")


def holds(found: Partition) -> bool:
    """Verify a certificate as it would be read from its file."""
    checks = verify_certificate(json.loads(json.dumps(found.certificate)))
    return all(check.passed for check in checks)


def show(name: str, found: Partition, verified: str) -> None:
    """One line per instance."""
    seconds = found.seconds
    prepared = seconds["candidates"] + seconds["scores"]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{name:<12} {found.candidates:>9,} candidates  listed and scored {prepared:6.2f} s  "
        f"solved {seconds['solve']:7.2f} s  {found.status:<6} gap {found.gap:.4%}  "
        f"{memory:4.1f} GB  certificate {verified}",
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
    found = model.solve()
    found = model.solve()  # with compiled kernels
    show("Korea", found, "holds" if holds(found) else "REFUSED")
    rng = np.random.default_rng(1)
    seconds = []
    for _ in range(50):
        key = str(rng.choice(CRITERIA))
        weights = {**scenario.alliances.weights, key: round(float(rng.uniform(0, 3)), 2)}
        started = time.perf_counter()
        model.solve(scenario.alliances.model_copy(update={"weights": weights}))
        seconds.append(time.perf_counter() - started)
    print(f"Korea, one weight changed: median of 50 {np.median(seconds):.3f} s to proof")


def territory_of(units: pd.DataFrame, links: pd.DataFrame, metadata: dict[str, Any]) -> Territory:
    """A territory from the golden tables."""
    return Territory.from_tables({"municipalities": units, "contiguity": links}, metadata)


def graphs() -> None:
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
        found = AllianceModel(territory).solve()
        show(name, found, "holds" if holds(found) else "REFUSED")


def us() -> None:
    """3,085 US counties; without flows, states as provinces."""
    folder = SHARED / "golden/us_counties"
    units = pd.read_csv(folder / "counties.csv", dtype={"code": "str"})
    links = pd.read_csv(folder / "contiguity.csv", dtype="str")
    territory = territory_of(
        units.rename(columns={"state": "province"}).assign(area_km2=1.0),
        links,
        {"metric_crs": "EPSG:5070", "languages": ["en"]},
    )
    found = AllianceModel(territory).solve()
    show("US counties", found, "holds" if holds(found) else "REFUSED")


def italy() -> None:
    """7,900 comuni, made into a package first."""
    import tempfile

    from gangso.territory import load, make_package, read_mapping

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "italy"
        mapping = Path(__file__).resolve().parents[1] / "examples/italy.yaml"
        make_package(read_mapping(mapping), out)
        found = AllianceModel(load(out), AllianceOptions()).solve()
    show("Italy", found, "holds" if holds(found) else "REFUSED")


def main(wanted: list[str]) -> None:
    """Run what was asked for; everything by default."""
    if not wanted or "korea" in wanted:
        default_korea()
        random_korea()
    for name, run in (("graphs", graphs), ("us", us), ("italy", italy)):
        if wanted and name not in wanted:
            continue
        if not SHARED.is_dir():
            print(f"{name}: SKIPPED, {SHARED} is not there", file=sys.stderr)
            continue
        run()


if __name__ == "__main__":
    main(sys.argv[1:])
