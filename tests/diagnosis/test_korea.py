"""The published figures, computed from the embedded data."""

import pytest

from gangso.diagnosis import Diagnosis, diagnose
from gangso.scenario import resolve
from gangso.territory import Territory


@pytest.fixture(scope="module")
def diagnosis(korea: Territory) -> Diagnosis:
    return diagnose(korea, resolve(korea.metadata.scenario).diagnosis)


def test_ledger_of_the_census_of_2015_is_the_published_one(diagnosis: Diagnosis) -> None:
    small = diagnosis.ledger.set_index("group").loc["small"]
    assert small["municipalities"] == 87
    assert round(small["population_pct"], 2) == 8.34
    assert round(small["land_pct"], 1) == 57.7
    assert round(small["land_pct_cities"], 1) == 59.8


def test_ledger_leaves_out_districts_and_the_five_counties(diagnosis: Diagnosis) -> None:
    groups = diagnosis.ledger.set_index("group")["municipalities"]
    assert (groups["left_out_1"], groups["left_out_2"]) == (69, 5)
    assert groups["all"] == 229


def test_ledger_ends_with_germany(diagnosis: Diagnosis) -> None:
    last = diagnosis.ledger.iloc[-1]
    assert last["group"] == "reference"
    assert (last["municipalities"], last["land_pct"]) == (3057, 70)
    assert (last["population_pct"], last["jobs_pct"]) == (61, 56)


def test_shares_of_the_nation_add_up(diagnosis: Diagnosis) -> None:
    computed = diagnosis.ledger[~diagnosis.ledger["group"].isin(["all", "reference"])]
    assert computed["population_pct"].sum() == pytest.approx(100)
    assert computed["land_pct"].sum() == pytest.approx(100)


def test_index_in_december_2016(diagnosis: Diagnosis) -> None:
    row = diagnosis.counts.loc[2016]
    assert row["index_known"] == 229
    assert (row["index_below_0.5"], row["index_below_0.2"]) == (83, 5)
    assert row["entering"] + row["high"] == 83


def test_undercounted_births_are_missing(diagnosis: Diagnosis) -> None:
    muan = diagnosis.indicators.xs("36420", level="municipality")["births"]
    assert muan.loc[2017:2021].isna().all()
    assert diagnosis.counts.loc[2017, "births_known"] == 205


def test_carried_back_figures_show_no_change(diagnosis: Diagnosis) -> None:
    gunwi = diagnosis.indicators.xs("37310", level="municipality")
    assert gunwi["population"].loc[2015:2023].notna().all()
    assert gunwi["change_pct"].isna().all()


def test_places_without_a_figure_of_delivery_institutions_are_not_zero(
    diagnosis: Diagnosis,
) -> None:
    row = diagnosis.counts.loc[2026]
    assert row["delivery_known"] == 160
    assert row["delivery_0"] < 229 - 160 + row["delivery_0"]


def test_every_definition_and_note_stands_in_both_languages(diagnosis: Diagnosis) -> None:
    for text in (*diagnosis.definitions, *diagnosis.notes):
        assert text["ko"]
        assert text["en"]
        assert "{" not in text["ko"] + text["en"]
