"""The imbalance ledger and the diagnosis of packages that lack tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gangso.diagnosis import diagnose, draw_up_ledger
from gangso.errors import BadInputError, MissingTableError
from gangso.scenario import DiagnosisOptions, LedgerOptions, ReferenceRow, Rule
from gangso.territory import Territory

REASON = {"ko": "자치구", "en": "Districts"}


def territory(populations: list[float], **tables: pd.DataFrame) -> Territory:
    count = len(populations)
    municipalities = pd.DataFrame(
        {
            "code": [f"m{i:02d}" for i in range(count)],
            "name": [f"Place {i}" for i in range(count)],
            "kind": ["district" if i == 0 else "county" for i in range(count)],
            "area_km2": [10.0 * (i + 1) for i in range(count)],
            "population": populations,
            "lon": [10.0 + i for i in range(count)],
            "lat": [50.0] * count,
        }
    )
    metadata = {"languages": ["en"], "reference_year": 2020, "metric_crs": "EPSG:3035"}
    return Territory.from_tables({"municipalities": municipalities, **tables}, metadata)


def indicators(*rows: tuple[str, int, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["municipality", "year", "item", "value"])


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.integers(1, 10**6))
def test_the_groups_share_out_the_nation(populations: list[int], threshold: int) -> None:
    options = LedgerOptions(threshold=threshold)
    ledger = draw_up_ledger(territory([float(p) for p in populations]), options).set_index("group")
    parts = ledger.drop("all")
    assert parts["municipalities"].sum() == ledger.loc["all", "municipalities"] == len(populations)
    assert parts["population"].sum() == sum(populations)
    assert ledger.loc["small", "municipalities"] == sum(p < threshold for p in populations)
    assert parts["land_pct"].sum() == pytest.approx(100)


def test_nobody_anywhere_is_no_share() -> None:
    ledger = draw_up_ledger(territory([0.0, 0.0]), LedgerOptions())
    assert ledger["population_pct"].isna().all()


def test_land_has_two_denominators() -> None:
    rule = Rule(column="kind", is_in=("district",), reason=REASON)
    options = LedgerOptions(threshold=100, leave_out=(rule,))
    ledger = draw_up_ledger(territory([50, 50, 200]), options).set_index("group")
    assert ledger.loc["small", "municipalities"] == 1
    assert ledger.loc["small", "land_pct"] == pytest.approx(100 * 20 / 60)
    assert ledger.loc["small", "land_pct_cities"] == pytest.approx(100 * 20 / 50)
    assert ledger.loc["left_out_1", "label_en"] == "Districts"
    assert np.isnan(ledger.loc["left_out_1", "land_pct_cities"])


def test_every_kind_left_out_is_a_group_and_the_first_leaves_the_land() -> None:
    rule = Rule(column="kind", is_in=("district", "county"), reason=REASON)
    ledger = draw_up_ledger(territory([50, 50, 200]), LedgerOptions(leave_out=(rule,)))
    ledger = ledger.set_index("group")
    assert ledger.loc["left_out_1", "municipalities"] == 1
    assert ledger.loc["left_out_2", "municipalities"] == 2
    assert ledger.loc["left_out_2", "land_pct_cities"] == pytest.approx(100)
    assert ledger.loc["left_out_2", "label_en"] == "Districts: county"


def test_a_place_that_two_rules_name_counts_once() -> None:
    rules = (
        Rule(column="kind", is_in=("district",), reason=REASON),
        Rule(column="population", below=100, reason=REASON),
    )
    ledger = draw_up_ledger(territory([50, 50, 200]), LedgerOptions(leave_out=rules))
    assert ledger.set_index("group").loc["left_out_2", "municipalities"] == 1


def test_an_item_of_the_latest_year() -> None:
    table = indicators(
        ("m00", 2010, "census", 5), ("m00", 2015, "census", 500), ("m01", 2015, "census", 7)
    )
    options = LedgerOptions(threshold=100, item="census")
    found = draw_up_ledger(territory([1, 1, 1], indicators=table), options).set_index("group")
    assert found.loc["other", "population"] == 500
    assert found.loc["small", "population"] == 7
    assert found.loc["unknown", "municipalities"] == 1
    assert np.isnan(found.loc["unknown", "population"])
    assert found.loc["all", "source_en"] == "census (2015)"


@pytest.mark.parametrize("wrong", [{"item": "nope"}, {"item": "census", "year": 1999}])
def test_what_is_not_in_the_data_is_named(wrong: dict[str, object]) -> None:
    place = territory([1, 1], indicators=indicators(("m00", 2010, "census", 5)))
    with pytest.raises(BadInputError) as caught:
        draw_up_ledger(place, LedgerOptions.model_validate(wrong))
    assert caught.value.faults[0].kind == "not_in_data"


def test_an_item_without_the_table_is_a_missing_table() -> None:
    with pytest.raises(MissingTableError):
        draw_up_ledger(territory([1]), LedgerOptions(item="census"))
    with pytest.raises(MissingTableError):
        draw_up_ledger(territory([1]), LedgerOptions(year=1990))


def test_references_stand_last_and_keep_what_is_unknown() -> None:
    row = ReferenceRow(label={"en": "Elsewhere"}, land_pct=70, source="a book")
    last = draw_up_ledger(territory([1]), LedgerOptions(references=(row,))).iloc[-1]
    assert (last["group"], last["label_en"], last["source_en"]) == (
        "reference",
        "Elsewhere",
        "a book",
    )
    assert last["label_ko"] == "a book"
    assert last["municipalities"] is pd.NA
    assert np.isnan(last["population_pct"])


def test_only_municipalities_still_make_a_diagnosis() -> None:
    found = diagnose(territory([10, 20]), DiagnosisOptions())
    assert found.year is None
    assert found.indicators["population"].tolist() == [10, 20]
    assert found.indicators["extinction_index"].isna().all()
    assert found.indicators["extinction_class"].isna().all()
    assert found.counts.loc[2020, "high"] is pd.NA
    lost = " ".join(note["en"] for note in found.notes)
    for word in ("population by age", "indicators", "finance"):
        assert f"Without {word}" in lost
    assert len(found.definitions) == 1  # nothing is defined that was not computed


def test_places_without_cohorts_are_named() -> None:
    cohorts = pd.DataFrame(
        [("m00", 2020, sex, age, 5) for sex in "fm" for age in range(0, 90, 5)],
        columns=["municipality", "year", "sex", "age", "persons"],
    )
    found = diagnose(territory([40, 20], population=cohorts))
    assert found.year == 2020
    assert any("Place 1" in note["en"] for note in found.notes)
    with pytest.raises(BadInputError):
        diagnose(territory([40, 20], population=cohorts), year=1999)
