"""Korea: what must hold of the embedded figures, whatever the counts."""

from __future__ import annotations

import pytest

from gangso import korea
from gangso.opening import open_scenario
from gangso.services import Services, measure
from gangso.territory import Territory
from gangso.territory.travel import estimate_network


@pytest.fixture(scope="module")
def measured() -> tuple[Territory, Services]:
    scenario, territory = open_scenario(None, territory=korea())
    network = estimate_network(territory, scenario.travel)
    return territory, measure(territory, network, scenario.services)


def test_people_add_up_to_the_register(measured: tuple[Territory, Services]) -> None:
    territory, found = measured
    cohort = territory.population
    assert cohort is not None
    of_year = cohort[cohort["year"] == 2023]
    people = found.people.table
    assert people["all"].sum() == pytest.approx(of_year["persons"].sum())
    women = of_year[(of_year["sex"] == "f") & of_year["age"].between(15, 45)]
    by_home = people.groupby("municipality")["women_15_49"].sum()
    expected = women.groupby("municipality")["persons"].sum()
    assert (by_home - expected).abs().max() < 1e-6


def test_every_sourced_standard_is_measured_or_said_not_to_be(
    measured: tuple[Territory, Services],
) -> None:
    territory, found = measured
    standards = territory.metadata.scenario["services"]["standards"]
    assert all(row["source"] for row in standards.values())
    assert set(found.minutes) | set(found.unmeasured["standard"]) == set(standards)
    assert standards["delivery_room"]["minutes"] == 60
    assert standards["delivery_room"]["group"] == "women_15_49"


def test_cuts_are_kept_apart_and_ordered(measured: tuple[Territory, Services]) -> None:
    counts = measured[1].counts.set_index(["test", "cut"])["underserved"]
    assert counts["emergency", 0.27] >= counts["emergency", 0.30]
    assert counts["emergency_strict", 0.30] >= counts["emergency", 0.30]
    assert (counts > 0).all()


def test_islands_and_cities_stand_where_they_must(measured: tuple[Territory, Services]) -> None:
    table = measured[1].municipalities
    delivery = table[(table["standard"] == "delivery_room") & (table["group"] == "women_15_49")]
    share = delivery.set_index("area")["share_beyond"]
    assert share["37430"] == 1.0  # Ulleung, an island far out
    assert share["36480"] > 0.5  # Sinan, nothing but islands
    assert share["11010"] == 0.0  # Seoul
    assert share["33040"] < 0.05  # Cheongju
