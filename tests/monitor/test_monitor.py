"""A plan is held against data in which something happened."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gangso.alliances import Partition, partition
from gangso.diagnosis import diagnose
from gangso.monitor import Monitoring, Record, monitor
from gangso.scenario import Scenario, resolve
from gangso.services import measure, sustainable, sustained_together
from gangso.territory import Territory
from gangso.territory.travel import travel_network

SCENARIO = {
    "alliances": {
        "target_population": 100,
        "min_population": 60,
        "max_size": 2,
        "weights": {"population": 1, "span": 0.1},
    },
    "diagnosis": {"ledger": {"threshold": 45}},
    "services": {
        "thresholds": {"school": {"label": {"ko": "학교", "en": "School"}, "population_50": 85}}
    },
}


def country(people: dict[str, float], until: int) -> Territory:
    """Municipalities side by side; half of the people are women of 20, half men of 65."""
    codes = list(people)
    own = pd.DataFrame({"code": codes, "name": codes, "population": people.values()})
    shapes = gpd.GeoDataFrame(
        {"code": codes},
        geometry=[shapely.box(9 + i / 10, 45, 9.1 + i / 10, 45.1) for i in range(len(codes))],
        crs="EPSG:4326",
    )
    ages = list(range(0, 90, 5))
    rows = [
        (code, year, sex, age, count / 2 if (sex, age) in (("f", 20), ("m", 65)) else 0.0)
        for code, count in people.items()
        for year in range(2018, until + 1)
        for sex in ("f", "m")
        for age in ages
    ]
    table = pd.DataFrame(rows, columns=["municipality", "year", "sex", "age", "persons"])
    return Territory.from_tables({"municipalities": own, "boundaries": shapes, "population": table})


def best(territory: Territory, scenario: Scenario) -> Partition:
    return partition(territory, scenario.alliances)


def record(territory: Territory, scenario: Scenario, **tables: pd.DataFrame) -> Record:
    found = best(territory, scenario)
    population = territory.municipalities["population"]
    thresholds = scenario.services.thresholds
    kept = {
        "indicators": diagnose(territory, scenario.diagnosis, None).indicators,
        "service_sustain": sustainable(population, thresholds),
        "service_sustain_alliances": sustained_together(
            population, found.membership["alliance"], thresholds
        ),
    }
    return Record(found.alliances, found.membership, {**kept, **tables})


def held(before: Record, territory: Territory, **changes: Any) -> Monitoring:
    scenario = resolve(SCENARIO, changes)
    network = travel_network(territory, scenario.travel, None)
    return monitor(
        before,
        territory,
        scenario,
        best(territory, scenario),
        diagnose(territory, scenario.diagnosis, None),
        measure(territory, network, scenario.services, None),
    )


THEN = {"a": 50.0, "b": 50.0, "c": 40.0, "d": 60.0}


@pytest.fixture(scope="module")
def before() -> Record:
    return record(country(THEN, 2020), resolve(SCENARIO))


def test_nothing_happened(before: Record) -> None:
    found = held(before, country(THEN, 2020))
    assert found.best == "yes"
    assert found.loss == pytest.approx(0, abs=1e-9)
    assert found.alliances["holds"].all()
    assert found.crossings.empty
    assert found.moves.empty
    assert {"no_projection"} <= {
        key for key in ("no_projection",) if any("projection" in n["en"] for n in found.notes)
    }


def test_decline_breaks_a_promise_and_crosses_thresholds(before: Record) -> None:
    found = held(before, country({**THEN, "a": 20.0, "b": 30.0}, 2021))
    row = found.alliances[found.alliances["members"].isin(["a|b", "b|a"])].iloc[0]
    assert not row["holds"]  # 50 residents, 60 are asked for
    assert row["breaches_en"]
    assert row["breaches_ko"]
    assert row["population_then"] == 100
    assert row["population_now"] == 50
    assert row["services_lost"] == "school"
    assert found.best == "impossible"
    crossed = found.crossings.set_index(["what", "municipality"])
    assert crossed.loc[("size", "a"), ["then", "now"]].tolist() == ["above", "below"]
    assert set(found.moves["municipality"]) >= {"a", "b"}


def test_a_plan_that_can_be_kept_but_is_no_longer_best(before: Record) -> None:
    shifted = country({"a": 62.0, "b": 98.0, "c": 2.0, "d": 98.0}, 2021)
    found = held(before, shifted)
    if found.best == "no":
        assert found.cost_plan > found.cost_best
        assert found.loss > 0
    assert found.cost_best == pytest.approx(best(shifted, resolve(SCENARIO)).cost)


def test_projected_and_actual(before: Record) -> None:
    index = pd.MultiIndex.from_product([list(THEN), [2020, 2021]], names=["municipality", "year"])
    foreseen = pd.DataFrame(
        {"population": 50.0, "population_low": 45.0, "population_high": 55.0}, index=index
    )
    tables = {**before.tables, "projection": foreseen}
    with_it = Record(before.alliances, before.membership, tables)
    found = held(with_it, country(THEN, 2021))
    assert found.projected.set_index("municipality")["inside"].to_dict() == {
        "a": True, "b": True, "c": False, "d": False,
    }  # fmt: skip
    year = found.projected_nation.loc[2021]
    assert (year["inside"], year["municipalities"], year["error_pct"]) == (2, 4, 0)


def test_units_that_are_gone_are_named(before: Record) -> None:
    found = held(before, country({"a": 50.0, "b": 50.0, "cd": 100.0}, 2021))
    assert found.gone == ("c", "d")
    assert found.added == ("cd",)
    assert found.best == "impossible"
    assert not found.alliances.loc[found.alliances["members"].str.contains("c"), "holds"].any()
    assert not set(found.moves["municipality"]) & {"c", "d"}  # who is gone has no new partners
