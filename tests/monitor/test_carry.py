"""A plan is carried over to data in which units merged, split, were renamed, or left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gangso.errors import BadInputError
from gangso.monitor import Record, carry_over
from gangso.territory.intake import open_crosswalk
from gangso.territory.intake.crosswalk import Crosswalk


def walk(*changes: tuple[str, str, float]) -> Crosswalk:
    frame = pd.DataFrame(changes, columns=["old", "new", "share"])
    return Crosswalk(frame.assign(date=pd.Timestamp("2021-01-01")))


@pytest.fixture
def record() -> Record:
    alliances = pd.DataFrame(
        {"name": ["ab", "cd"], "members": ["a|b", "c|d"], "population": [100.0, 100.0]},
        index=pd.Index(["A01", "A02"], name="alliance"),
    )
    membership = pd.DataFrame(
        {"alliance": ["A01", "A01", "A02", "A02", None],
         "status": ["allied"] * 4 + ["alone"]},
        index=pd.Index(list("abcde"), name="code"),
    )  # fmt: skip
    index = pd.MultiIndex.from_product(
        [list("abcde"), [2020, 2021]], names=["municipality", "year"]
    )
    columns = ("population", "population_low", "population_high")
    projection = pd.DataFrame(dict.fromkeys(columns, 50.0), index=index)
    return Record(alliances, membership, {"projection": projection})


SCENARIO: dict[str, Any] = {
    "alliances": {
        "must_link": [["a", "b"]],
        "cannot_link": [["b", "c"]],
        "fixed": [["c", "d"]],
        "stand_alone": ["e"],
        "wishes": [{"who": "a", "whom": "e", "strength": 1.0}],
    }
}


def test_a_renamed_unit_takes_everything_along(record: Record) -> None:
    found = carry_over(record, SCENARIO, list("xbcde"), walk(("a", "x", 1.0)))
    assert found.record.alliances["members"].tolist() == ["x|b", "c|d"]
    assert set(found.record.membership.index) == set("xbcde")
    assert found.record.membership.loc["x", "alliance"] == "A01"
    assert found.scenario["alliances"]["must_link"] == [("x", "b")]
    assert found.scenario["alliances"]["wishes"][0]["who"] == "x"
    assert found.record.tables["projection"].loc[("x", 2021), "population"] == 50
    assert any("a of the plan is x" in note["en"] for note in found.notes)


def test_two_units_merged(record: Record) -> None:
    found = carry_over(record, SCENARIO, ["ab", *"cde"], walk(("a", "ab", 1.0), ("b", "ab", 1.0)))
    assert found.record.alliances["members"].tolist() == ["ab", "c|d"]
    assert found.scenario["alliances"]["must_link"] == []  # with itself, a unit always is
    assert found.scenario["alliances"]["cannot_link"] == [("ab", "c")]
    assert found.record.tables["projection"].loc[("ab", 2020), "population"] == 100


def test_units_of_two_alliances_merged(record: Record) -> None:
    changes = walk(("b", "bc", 1.0), ("c", "bc", 1.0))
    found = carry_over(record, {}, ["a", "bc", "d", "e"], changes)
    assert found.record.alliances["members"].tolist() == ["a|bc", "d"]
    assert any("bc" in note["en"] and "A02" in note["en"] for note in found.notes)


def test_a_unit_was_split(record: Record) -> None:
    changes = walk(("a", "a1", 0.75), ("a", "a2", 0.25))
    found = carry_over(record, SCENARIO, ["a1", "a2", *"bcde"], changes)
    assert found.record.alliances["members"].tolist() == ["a1|a2|b", "c|d"]
    assert found.scenario["alliances"]["must_link"] == [("a1", "b"), ("a2", "b")]
    assert found.record.tables["projection"].loc[("a2", 2021), "population"] == 12.5


def test_a_unit_left(record: Record) -> None:
    found = carry_over(record, SCENARIO, list("abce"))
    assert found.record.alliances["members"].tolist() == ["a|b", "c|d"]  # its alliance is broken
    assert found.scenario["alliances"]["fixed"] == []
    assert [note["en"] for note in found.notes if "c · d" in note["en"]]
    assert [note["ko"] for note in found.notes if "c · d" in note["ko"]]


def test_a_plan_of_anplan_elsewhere(record: Record) -> None:
    with pytest.raises(BadInputError) as caught:
        carry_over(record, {}, ["11010", "11020", "a"])
    assert [fault.kind for fault in caught.value.faults] == ["plan_elsewhere"]
    assert caught.value.exit_code == 2


def test_a_plan_of_another_version_lacks_columns_all_of_which_are_named(record: Record) -> None:
    old = Record(
        record.alliances.drop(columns=["members"]),
        record.membership.drop(columns=["status"]),
        {"projection": record.tables["projection"].drop(columns=["population_low"])},
    )
    with pytest.raises(BadInputError) as caught:
        carry_over(old, {}, list("abcde"))
    assert [(f.kind, f.table, f.column) for f in caught.value.faults] == [
        ("plan_lacks", "plan/alliances", "members"),
        ("plan_lacks", "plan/membership", "status"),
        ("plan_lacks", "plan/projection", "population_low"),
    ]


def test_a_table_of_changes_in_another_language(tmp_path: Path) -> None:
    path = tmp_path / "changes.csv"
    path.write_text("이전코드,새코드\na,x\n", encoding="utf-8")
    assert open_crosswalk(path).weights(["a", "b"], None)["new"].tolist() == ["x", "b"]
    path.write_text("one,other\na,x\n")
    with pytest.raises(BadInputError) as caught:
        open_crosswalk(path)
    assert [fault.kind for fault in caught.value.faults] == ["no_crosswalk"]
    with pytest.raises(BadInputError) as caught:
        open_crosswalk(tmp_path / "nowhere.csv")
    assert [fault.kind for fault in caught.value.faults] == ["file_missing"]
