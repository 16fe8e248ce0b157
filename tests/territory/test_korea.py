"""The embedded country: the figures that its sources publish."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from gangso.scenario import resolve
from gangso.territory import Territory, inspect, korea, load, write_package
from gangso.texts import LANGUAGES


@pytest.fixture(scope="module")
def territory() -> Territory:
    return korea()


def test_sizes(territory: Territory) -> None:
    assert len(territory.municipalities) == 229
    assert len(territory.require("settlements")) == 3504
    assert territory.contiguity["link"].value_counts().to_dict() == {
        "land": 581,
        "bridge": 17,
        "ferry": 7,
    }
    assert territory.missing == ("programmes",)  # no public table of them is at hand
    assert territory.islands == ()
    assert territory.municipalities["name"].is_unique
    assert territory.municipalities["name_en"].is_unique


def test_the_same_country_as_csv(territory: Territory, tmp_path: Path) -> None:
    """Text that looks like numbers (codes) stays text, and floats stay what they are."""
    folder = Path(str(resources.files("gangso.territory.datasets") / "korea"))
    raw = inspect(folder)
    write_package(tmp_path / "korea", raw.tables, territory.metadata, form="csv")
    assert load(tmp_path / "korea").fingerprint == territory.fingerprint


def test_it_fits_the_wheel() -> None:
    folder = Path(str(resources.files("gangso.territory.datasets") / "korea"))
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 3_000_000


def test_registered_population_of_december_2016(territory: Territory) -> None:
    table = territory.require("indicators")
    chosen = table[(table["item"] == "registered_population") & (table["year"] == 2016)]
    assert chosen["value"].sum() == 51_696_216


def test_small_places_of_the_census(territory: Territory) -> None:
    table = territory.require("indicators")
    census = table[(table["item"] == "census_population") & (table["year"] == 2015)]
    people = census.set_index("municipality")["value"]
    kind = territory.municipalities["kind"]
    counted = ~kind.isin(["metropolitan_district", "metropolitan_county"])
    small = counted & (people < 100_000)
    assert small.sum() == 87
    assert round(100 * people[small].sum() / people.sum(), 2) == 8.34


def test_extinction_index_of_december_2016(territory: Territory) -> None:
    table = territory.require("population")
    table = table[table["year"] == 2016]
    women = table[(table["sex"] == "f") & table["age"].between(20, 35)]
    old = table[table["age"] >= 65]
    index = (
        women.groupby("municipality")["persons"].sum()
        / old.groupby("municipality")["persons"].sum()
    )
    assert (index < 0.5).sum() == 83
    assert (index < 0.2).sum() == 5


def test_figures_that_are_no_counts_are_marked(territory: Territory) -> None:
    table = territory.require("population")
    marked = table[table["carried_back"] == 1].groupby("municipality")["year"].unique()
    assert {code: sorted(years) for code, years in marked.items()} == {
        "23030": [2015, 2016, 2017],
        "37310": list(range(2015, 2023)),
    }


def test_births_coverage_marks_the_known_gaps(territory: Territory) -> None:
    table = territory.require("indicators")
    coverage = table[table["item"] == "births_coverage"].set_index(["municipality", "year"])[
        "value"
    ]
    assert coverage[("36420", 2019)] < 0.97  # Muan
    births = table[table["item"] == "births"].set_index(["municipality", "year"])["value"]
    assert ("29010", 2018) not in births.index
    assert ("29010", 2019) in births.index
    assert set(births.index) <= set(coverage.index)


def test_scope_of_the_country(territory: Territory) -> None:
    scenario = resolve(territory.metadata.scenario)
    own = territory.municipalities
    kinds = own["kind"].isin(["metropolitan_district", "metropolitan_county"])
    assert (~kinds & (own["capital_region"] != "true")).sum() == 124
    assert scenario.diagnosis.ledger.references[0].municipalities == 3057
    for rule in scenario.leave_out:
        assert set(rule.reason) == set(LANGUAGES)


def test_every_item_has_a_label_and_every_column_a_source(territory: Territory) -> None:
    said = territory.metadata
    for table, column in (
        ("indicators", "item"),
        ("finance", "item"),
        ("flows", "kind"),
        ("facilities", "service"),
        ("hubs", "kind"),
        ("groupings", "grouping"),
    ):
        for key in territory.require(table)[column].unique():
            assert set(said.items[key].label) == set(LANGUAGES), key
    named = {source.table for source in said.sources}
    assert {"municipalities", "settlements", "population", "indicators", "facilities"} <= named
    for note in said.notes:
        assert set(note) == set(LANGUAGES)


def test_facilities_keep_their_vintage(territory: Territory) -> None:
    table = territory.require("facilities")
    years = table.groupby("service")["year"].unique()
    assert years["general_hospital"].tolist() == [2022]
    assert years["pharmacy"].tolist() == [2024]
    assert years["delivery_institution"].tolist() == [2026]
    assert (table["service"] == "clinic").sum() > 2000


def test_every_source_is_cited_in_korean(territory: Territory) -> None:
    for source in territory.metadata.sources:
        said = source.said("ko")
        assert said.title != source.title
        # What is left in Latin letters are names of columns and abbreviations.
        prose = f"{said.title} {said.vintage} {said.note}"
        assert not [w for w in prose.split() if w.isalpha() and w.isascii() and w.islower()
                    and w not in ("imputed", "carried_back", "m", "km")]  # fmt: skip
    assert territory.metadata.sources[0].cited("ko") == "통계청, 한국행정구역분류 (2018)"
    assert territory.metadata.sources[0].cited("fr").startswith("Statistics Korea")


def test_a_reader_of_another_language_is_told_the_english_names(territory: Territory) -> None:
    abroad = replace(
        territory, metadata=territory.metadata.model_copy(update={"languages": ("ja",)})
    )
    assert [territory.name_column(lang) for lang in LANGUAGES] == ["name", "name_en"]
    assert [abroad.name_column(lang) for lang in LANGUAGES] == ["name_en", "name_en"]
    assert abroad.names("ko").loc["34080"] == "Dangjin-si"
