"""Indicators of decline on small tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gangso.diagnosis.decline import ageing, births, classify, count_by_year, item_by_year
from gangso.errors import BadInputError
from gangso.scenario import DiagnosisOptions

OPTIONS = DiagnosisOptions()
AGES = (0, 20, 35, 40, 65, 80)


def cell(code: str, year: int, women: float = 10, old: float = 10, rest: float = 5) -> pd.DataFrame:
    """One municipality and year: women of 20-39, old of both sexes, the rest."""
    persons = {("f", 20): women, ("f", 65): old / 2, ("m", 80): old / 2, ("m", 0): rest}
    return pd.DataFrame(
        [
            {
                "municipality": code,
                "year": year,
                "sex": sex,
                "age": age,
                "persons": float(persons.get((sex, age), 0)),
            }
            for sex in "fm"
            for age in AGES
        ]
    )


def test_index_is_young_women_over_the_old() -> None:
    row = ageing(cell("a", 2016, women=30, old=60, rest=10), OPTIONS).loc[("a", 2016)]
    assert row["extinction_index"] == pytest.approx(0.5)
    assert row["extinction_class"] == "caution"
    assert row["share_65plus"] == pytest.approx(0.6)
    assert row["population"] == 100


def test_men_and_women_of_forty_do_not_count() -> None:
    table = cell("a", 2016)
    table.loc[(table["sex"] == "m") & (table["age"] == 20), "persons"] = 999
    table.loc[(table["sex"] == "f") & (table["age"] == 40), "persons"] = 999
    assert ageing(table, OPTIONS).loc[("a", 2016), "extinction_index"] == pytest.approx(1.0)


def test_index_is_missing_where_nobody_is_old() -> None:
    row = ageing(cell("a", 2016, old=0), OPTIONS).loc[("a", 2016)]
    assert np.isnan(row["extinction_index"])
    assert pd.isna(row["extinction_class"])
    assert row["share_65plus"] == 0


def test_nobody_at_all_is_no_share() -> None:
    row = ageing(cell("a", 2016, 0, 0, 0), OPTIONS).loc[("a", 2016)]
    assert np.isnan(row["share_65plus"])


def test_change_needs_the_year_before() -> None:
    years = [cell("a", year, rest=rest) for year, rest in ((2015, 0), (2016, 2), (2018, 40))]
    change = ageing(pd.concat(years), OPTIONS)["change_pct"].xs("a", level="municipality")
    assert np.isnan(change[2015])
    assert change[2016] == pytest.approx(10.0)
    assert np.isnan(change[2018])


def test_change_never_crosses_from_one_place_to_the_next() -> None:
    found = ageing(pd.concat([cell("a", 2015), cell("b", 2016)]), OPTIONS)
    assert found["change_pct"].isna().all()


def test_a_cell_that_lacks_a_group_is_missing() -> None:
    table = pd.concat([cell("a", 2016), cell("b", 2016).iloc[1:]])
    found = ageing(table, OPTIONS)
    assert found.loc[("a", 2016), "population"] == 25
    assert found.loc[("b", 2016)].drop("extinction_class").isna().all()


def test_an_age_limit_between_two_groups_is_refused() -> None:
    options = DiagnosisOptions(women_from_age=18, old_from_age=67)
    with pytest.raises(BadInputError) as caught:
        ageing(cell("a", 2016), options)
    assert [fault.value for fault in caught.value.faults] == ["18", "67"]
    assert "0, 20, 35" in caught.value.faults[0].fix("en")


@given(st.lists(st.floats(0, 5) | st.just(float("nan")), min_size=1))
def test_classes_cover_every_index_once(values: list[float]) -> None:
    index = pd.Series(values, dtype="float64")
    found = classify(index, OPTIONS.classes)
    assert found.isna().equals(index.isna())
    lower = {item.key: item.at_least for item in OPTIONS.classes}
    for value, key in zip(index.dropna(), found.dropna(), strict=True):
        reached = [bound for bound in lower.values() if bound <= value]
        assert lower[key] == max(reached)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10_000), st.integers(2, 1000))
def test_index_does_not_depend_on_the_size(women: int, old: int, rest: int, times: int) -> None:
    one = ageing(cell("a", 2016, women, old, rest), OPTIONS)["extinction_index"]
    many = ageing(cell("a", 2016, times * women, times * old, times * rest), OPTIONS)
    assert many["extinction_index"].to_numpy() == pytest.approx(one.to_numpy(), nan_ok=True)


def long(*rows: tuple[str, int, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["municipality", "year", "item", "value"])


def test_births_with_too_little_coverage_are_missing() -> None:
    table = long(
        ("a", 2017, "births", 100), ("a", 2017, "births_coverage", 0.96),
        ("b", 2017, "births", 100), ("b", 2017, "births_coverage", 0.97),
        ("c", 2017, "births", 300),
    )  # fmt: skip
    found = births(table, OPTIONS)
    assert np.isnan(found.loc[("a", 2017), "births"])
    assert found.loc[("a", 2017), "births_below_threshold"] is pd.NA
    assert found.loc[("b", 2017), "births_below_threshold"]
    assert not found.loc[("c", 2017), "births_below_threshold"]  # 300 is not below 300


def test_coverage_of_the_nearest_year_stands_in() -> None:
    table = long(
        ("a", 2016, "births", 1), ("a", 2018, "births", 1), ("a", 2020, "births", 1),
        ("a", 2017, "births_coverage", 0.5), ("a", 2019, "births_coverage", 1.0),
    )  # fmt: skip
    found = births(table, OPTIONS)["undercounted"].xs("a", level="municipality")
    assert found.to_dict() == {2016: True, 2018: True, 2020: False}


def test_no_table_is_an_empty_series() -> None:
    assert item_by_year(None, "births", "value").empty
    assert births(None, OPTIONS).empty


def test_counts_of_an_unknown_year_are_missing_not_zero() -> None:
    cohort = ageing(pd.concat([cell("a", 2016, women=1), cell("b", 2016)]), OPTIONS)
    clinics = item_by_year(long(("a", 2026, "delivery_institutions", 2)),
                           "delivery_institutions", "value")  # fmt: skip
    born = births(None, OPTIONS).drop(columns="undercounted")
    counts = count_by_year(pd.concat([cohort, born, clinics], axis=1), OPTIONS.classes)
    assert counts.loc[2016, "high"] == 1
    assert counts.loc[2016, "normal"] == 1
    assert counts.loc[2016, "index_below_0.2"] == 1
    assert counts.loc[2016, "delivery_0"] is pd.NA
    assert counts.loc[2026, "high"] is pd.NA
    assert counts.loc[2026, "delivery_0"] == 0
    assert counts.loc[2026, "delivery_1_or_2"] == 1
