"""Services measured on a small country whose answers can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.scenario import ServicesOptions, SpeedClass, TravelOptions
from gangso.services import (
    Services,
    beyond_by_area,
    facilities_of,
    measure,
    sustainable,
    sustained_together,
)
from gangso.territory import Territory
from gangso.territory.travel import estimate_network

TRAVEL = TravelOptions(
    detour=1.0, speeds=(SpeedClass(at_least=0, kmh=60),), main_roads=(), local_ferries=False
)
# On one meridian, 0.1 degrees (11.1 km, so minutes) apart; a is 0 and 1, b is 2 and 3; c is an
# island that nothing joins.
TOWNS = [
    ("a1", "a", 36.0, 600), ("a2", "a", 36.1, 400), ("b1", "b", 36.2, 300), ("b2", "b", 36.3, 100),
    ("c1", "c", 37.9, 50),
]  # fmt: skip
FACILITIES = {
    "id": ["h1", "h2", "h3"],
    "service": ["hospital", "hospital", "clinic"],
    "municipality": ["a", "b", "b"],
    "lon": [127.0] * 3,
    "lat": [36.0, 36.3, 36.3],
    "capacity": [10, 5, 0],
}


def country(facilities: dict[str, list[object]] | None) -> Territory:
    own = pd.DataFrame(
        {"code": list("abc"), "name": list("ABC"), "population": [1000, 400, 50],
         "area_km2": [200.0, 200.0, 10.0], "kind": ["city", "county", "island"]}
    )  # fmt: skip
    towns = pd.DataFrame(TOWNS, columns=["code", "municipality", "lat", "population"])
    towns = towns.assign(lon=127.0, area_km2=100.0, women_15_49=towns["population"] / 5)
    links = pd.DataFrame({"a": ["a"], "b": ["b"], "link": ["land"]})
    tables = {"municipalities": own, "settlements": towns, "contiguity": links}
    if facilities is not None:
        tables["facilities"] = pd.DataFrame(facilities)
    return Territory.from_tables(tables, {"languages": ["en"], "metric_crs": "EPSG:5179"})


def limit(minutes: float, *services: str, **more: object) -> dict[str, object]:
    return {"label": {"en": "x", "ko": "x"}, "services": services, "minutes": minutes, **more}


def run(territory: Territory, **options: object) -> Services:
    network = estimate_network(territory, TRAVEL)
    return measure(territory, network, ServicesOptions.model_validate(options))


def share(table: pd.DataFrame, area: str, standard: str, group: str = "all") -> float:
    rows = table[(table["area"] == area) & (table["standard"] == standard)]
    return float(rows[rows["group"] == group]["share_beyond"].iloc[0])


def test_shares_beyond() -> None:
    found = run(country(FACILITIES), standards={"care": limit(10, "hospital")})
    assert found.minutes["care"].round(1).tolist()[:4] == [0.0, 11.1, 11.1, 0.0]
    assert np.isinf(found.minutes["care"]["c1"])
    assert found.nearest["care"].tolist()[:4] == ["h1", "h1", "h2", "h2"]
    assert share(found.municipalities, "a", "care") == pytest.approx(0.4)
    assert share(found.municipalities, "b", "care", "women_15_49") == pytest.approx(0.75)
    assert share(found.municipalities, "c", "care") == 1.0
    nation = found.nation[found.nation["group"] == "all"].iloc[0]
    assert nation["beyond"] == 400 + 300 + 50
    assert nation["unreachable"] == 50
    assert nation["mean_minutes"] == pytest.approx(11.1 * 700 / 1400, rel=0.01)
    assert found.deserts["unmet"].tolist() == ["", "care", "care", "", "care"]
    assert found.estimated
    assert "estimated" in found.assumptions["en"][0]


def test_no_data_zero_capacity_and_no_facilities_differ() -> None:
    standards = {"care": limit(10, "hospital"), "first": limit(10, "clinic"), "x": limit(9, "spa")}
    found = run(country(FACILITIES), standards=standards)
    # Every clinic has capacity zero: nobody can reach one.
    assert np.isinf(found.minutes["first"]).all()
    assert share(found.municipalities, "a", "first") == 1.0
    # Of spas nothing is known: not measured, rather than out of everybody's reach.
    assert found.unmeasured.to_numpy().tolist() == [["x", "no_data"]]
    assert "x" not in found.minutes
    nothing = run(country(None), standards=standards)
    assert set(nothing.unmeasured["standard"]) == {"care", "first", "x"}
    assert nothing.municipalities.empty
    assert nothing.deserts["count"].eq(0).all()


def test_facility_in_the_sea_serves_nobody_and_is_named() -> None:
    sea = {**FACILITIES, "lon": [127.0, 131.0, 127.0]}
    territory = country(sea)
    supply = facilities_of(estimate_network(territory, TRAVEL), territory, ["hospital"])
    assert supply is not None
    assert supply.off_network["id"].tolist() == ["h2"]
    found = run(territory, standards={"care": limit(10, "hospital")})
    assert set(found.nearest["care"].dropna()) == {"h1"}


def test_assumed_facilities_are_counted_with_and_without() -> None:
    rule = {"column": "kind", "is_in": ["island"], "reason": {"en": "no figure", "ko": "없음"}}
    options = {
        "standards": {"care": limit(15, "hospital", assumed_where=[rule], level="test")},
        "underserved": {"weak": {"label": {"en": "w"}, "any_of": ["care"], "cuts": [0.3, 0.9]}},
    }
    found = run(country(FACILITIES), **options)
    assert found.minutes["care"]["c1"] == 0
    assert found.counts["underserved"].tolist() == [0, 0]
    assert found.counts["without_assumed"].tolist() == [1, 1]


def test_underserved_cuts() -> None:
    def count(at_cut: str, cut: float) -> list[str]:
        options = {
            "standards": {"care": limit(10, "hospital", level="test")},
            "underserved": {
                "weak": {"label": {"en": "w"}, "any_of": ["care"], "cuts": [cut], "at_cut": at_cut}
            },
        }
        rows = run(country(FACILITIES), **options).underserved
        return rows[rows["underserved"]]["municipality"].tolist()

    assert count("above", 0.4) == ["b", "c"]
    assert count("at_least", 0.4) == ["a", "b", "c"]
    assert count("at_least", 0.76) == ["c"]


def test_closing_the_only_hospital() -> None:
    tests = {"basic": limit(25, "hospital", people=350, sparse_people=100)}
    found = run(country(FACILITIES), closures=tests).closures.set_index("id")
    # Within 25 minutes a1 has h1 alone, b2 has h2 alone, a2 and b1 have both.
    assert found["pushed"].to_dict() == {"h1": 600.0, "h2": 100.0}
    assert found["threshold"].to_dict() == {"h1": 100.0, "h2": 100.0}
    assert found["critical"].all()


def test_catchment_by_municipality() -> None:
    catchment = limit(15, "hospital", decay={"kind": "binary"})
    found = run(country(FACILITIES), catchments={"beds": catchment})
    # h1 serves a (1,000 people), h2 serves b (400 people).
    assert found.municipal_access["beds"].tolist() == pytest.approx([10.0, 12.5, 0.0])
    total = (found.access["beds"] * found.people.table["all"]).sum() / 1000
    assert total == pytest.approx(15)


def test_capacity_per_thousand() -> None:
    found = run(country(FACILITIES))
    assert found.capacity["hospital"].tolist() == pytest.approx([10.0, 12.5, 0.0])


def test_walking_needs_small_settlements() -> None:
    standards = {"school": limit(15, "hospital", mode="walk")}
    coarse = run(country(FACILITIES), standards=standards)
    assert coarse.unmeasured.to_numpy().tolist() == [["school", "too_coarse"]]
    territory = country(FACILITIES)
    assert territory.settlements is not None
    fine = replace(territory, settlements=territory.settlements.assign(area_km2=0.5))
    network = estimate_network(fine, TRAVEL)
    options = ServicesOptions.model_validate({"standards": standards})
    walked = measure(fine, network, options).minutes["school"]
    driven = run(territory, standards={"school": limit(15, "hospital")}).minutes["school"]
    ways = np.isfinite(driven) & (driven > 0)
    assert ways.any()
    # 60 km/h by car, 3 km/h on foot.
    np.testing.assert_allclose(walked[ways], driven[ways] * 20, rtol=1e-6)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_adding_a_facility_never_worsens_access(data: st.DataObject) -> None:
    lat = data.draw(st.lists(st.floats(35.9, 36.4), min_size=2, max_size=5))
    standards = {"care": limit(12, "hospital")}

    def minutes(places: list[float]) -> pd.Series:
        table = {
            "id": [f"h{i}" for i in range(len(places))],
            "service": ["hospital"] * len(places),
            "municipality": ["a"] * len(places),
            "lon": [127.0] * len(places),
            "lat": list(places),
        }
        return run(country(table), standards=standards).minutes["care"]

    assert (minutes(lat) <= minutes(lat[:-1]) + 1e-9).all()


def test_sustainable_alone_and_together() -> None:
    from gangso.scenario import Threshold

    thresholds = {
        "clinic": Threshold(label={}, population_50=300, population_80=500),
        "hospital": Threshold(label={}, population_50=1100, population_80=1300),
        "university": Threshold(label={}, population_50=900),
    }
    population = pd.Series([1000.0, 400.0, 50.0], index=list("abc"))
    alone = sustainable(population, thresholds)
    assert alone["clinic"].tolist() == ["safe", "even", "no"]
    assert alone["university"].tolist() == ["even", "no", "no"]
    joined = pd.Series(["x", "x", None], index=list("abc"))
    both = sustained_together(population, joined, thresholds)
    assert both.loc["x", "gained"] == "hospital"
    assert both.loc["x", "gained_safe"] == "hospital"
    assert both.loc["x", ["alone", "together"]].tolist() == [2, 3]


def test_areas_may_be_anything() -> None:
    found = run(country(FACILITIES), standards={"care": limit(10, "hospital")})
    options = ServicesOptions.model_validate({"standards": {"care": limit(10, "hospital")}})
    alliance = found.people.table["municipality"].map({"a": "x", "b": "x"})
    table = beyond_by_area(found.people, found.minutes, options.standards, alliance)
    assert share(table, "x", "care") == pytest.approx(700 / 1400)
    assert set(table["area"]) == {"x"}
