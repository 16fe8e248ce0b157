"""Whose figures are incomplete is named, and the rest is used."""

import numpy as np
import pytest

from gangso.errors import BadInputError
from gangso.projection import cohorts_of, notes_of
from gangso.projection.cohorts import read_cohorts
from gangso.territory.model import Territory
from tests.projection.conftest import province, table


def test_all_there() -> None:
    found = read_cohorts(table(), province())
    assert found.persons.shape == (3, 9, 2, 21)
    assert found.unusable == {}
    assert found.totals[0, 0] == pytest.approx(20_000)


def test_a_missing_year_is_named_and_the_place_kept() -> None:
    rows = table()
    rows = rows[~((rows["municipality"] == "01") & (rows["year"] == 2014))]
    found = read_cohorts(rows, province())
    assert found.unusable == {"gap": ("01",)}
    assert not found.observed[1, 4]
    assert len(found.codes) == 3


def test_a_missing_group_sets_the_year_aside() -> None:
    rows = table()
    lost = (rows["municipality"] == "00") & (rows["year"] == 2012) & (rows["age"] == 45)
    found = read_cohorts(rows[~lost], province())
    assert found.unusable == {"gap": ("00",)}
    assert not found.observed[0, 2]


def test_without_a_last_year_a_place_is_left_out_by_name() -> None:
    rows = table()
    rows = rows[~((rows["municipality"] == "02") & (rows["year"] == 2018))]
    found = read_cohorts(rows, province())
    assert found.unusable["no_base"] == ("02",)
    assert found.codes == ("00", "01")


def test_a_new_code_has_no_past() -> None:
    rows = table()
    rows = rows[~((rows["municipality"] == "02") & (rows["year"] < 2018))]
    found = read_cohorts(rows, province())
    assert found.unusable["no_past"] == ("02",)


def test_a_change_of_boundary_hides_what_was_before() -> None:
    rows = table()
    before = (rows["municipality"] == "01") & (rows["year"] < 2015)
    rows["persons"] = rows["persons"].where(~before, rows["persons"] * 0.6)
    found = read_cohorts(rows, province())
    assert found.unusable == {"step": ("01",)}
    assert found.observed[1].tolist() == [False] * 5 + [True] * 4


def test_tiny_places_are_named() -> None:
    found = read_cohorts(table(size=(300, 50_000, 200_000)), province())
    assert found.unusable == {"tiny": ("00",)}


def test_all_faults_at_once() -> None:
    rows = table(years=(2018,))
    rows = rows[rows["sex"] == "f"]
    rows["age"] = rows["age"] + 1
    with pytest.raises(BadInputError) as caught:
        read_cohorts(rows, province())
    kinds = {fault.kind for fault in caught.value.faults}
    assert kinds == {"projection_ages", "projection_sexes", "projection_years"}


def test_years_in_between_may_be_missing_for_all() -> None:
    found = read_cohorts(table(years=(2010, 2015, 2018)), province())
    assert found.years == tuple(range(2010, 2019))
    assert found.known_years == [2010, 2015, 2018]


def test_korea_names_its_two_traps(korea: Territory) -> None:
    found = cohorts_of(korea)
    assert found.unusable == {"carried": ("23030", "37310"), "no_past": ("37310",)}
    notes = notes_of(found, korea)
    assert any("군위군" in note["ko"] for note in notes)
    assert not found.observed[found.codes.index("23030"), :3].any()
    assert np.isfinite(found.persons[:, -1]).all()
