"""Existing groupings are scored like alliances, and what they breach is named."""

import pandas as pd
import pytest

from gangso.alliances import AllianceModel, Partition, compare
from gangso.alliances.comparison import Comparison
from gangso.errors import BadInputError
from gangso.scenario import resolve
from gangso.territory.model import Territory


@pytest.fixture(scope="module")
def found(korea: Territory) -> Partition:
    scenario = resolve(korea.metadata.scenario)
    return AllianceModel(korea, scenario.alliances, scenario.leave_out).solve()


def scored(found: Partition, **groups: list[str]) -> Comparison:
    rows = [(name, code) for name, codes in groups.items() for code in codes]
    table = pd.DataFrame(rows, columns=["name", "municipality"])
    return compare(found, "mine", {"ko": "내 구분", "en": "mine"}, table)


def test_the_plan_beside_itself_is_the_same(found: Partition) -> None:
    own = {ident: row["members"].split("|") for ident, row in found.alliances.iterrows()}
    answer = scored(found, **{str(ident): members for ident, members in own.items()})
    assert answer.groups["in_plan"].all()
    assert answer.groups["admissible"].all()
    assert (answer.groups["keeping"] == 0).all()
    assert (answer.groups["breaches_en"] == "").all()
    assert answer.cost_there == pytest.approx(answer.cost_in_plan)
    for column in ("population", "ties", "span", "score_ties", "score_population"):
        assert answer.groups[column].to_numpy() == pytest.approx(found.alliances[column].to_numpy())
    assert (answer.members["partners_kept"] == answer.members["group"].map(
        found.alliances["size"]) - 1).all()  # fmt: skip


def test_the_lifestyle_zones_of_2014(korea: Territory, found: Partition) -> None:
    assert korea.groupings is not None
    label = korea.metadata.items["lifestyle_zones_2014"].label
    answer = compare(found, "lifestyle_zones_2014", label, korea.groupings)
    assert len(answer.groups) == 18
    assert "18" in label["en"]
    assert "56" in label["ko"]
    # 무주군 and 영주시 are each in two zones; 포천시 and 연천군 are in the capital region.
    twice = answer.groups["breaches_en"].str.contains("another group")
    assert set(answer.groups.index[twice]) >= {
        "영주·봉화",
        "소백산권",
        "무주·진안·장수",
        "삼도봉권",
    }
    assert "포천시" in answer.groups.loc["한탄강권", "breaches_ko"]
    assert not answer.groups.loc["한탄강권", "admissible"]
    assert answer.members["cost_in_plan"].isna().sum() == 2
    assert answer.cost_in_plan < answer.cost_there
    kept = answer.groups.dropna(subset=["keeping"])
    assert (kept["keeping"] >= 0).all()
    assert (kept.loc[~kept["in_plan"], "keeping"] > 0).all()


def test_breaches_are_named(found: Partition) -> None:
    answer = scored(
        found,
        torn=["32010", "36460"],
        crowd=["36310", "36320", "36330", "36350", "36360", "36370"],
    )
    assert "hang together" in answer.groups.loc["torn", "breaches_en"]
    assert "span" in answer.groups.loc["torn", "breaches_en"]
    assert "above the limit of 5" in answer.groups.loc["crowd", "breaches_en"]
    assert answer.groups["keeping"].isna().all()
    assert answer.groups["cost"].notna().all()


def test_an_unknown_code_is_a_fault(found: Partition) -> None:
    with pytest.raises(BadInputError) as raised:
        scored(found, good=["32010"], bad=["nowhere", "32020", "elsewhere"])
    assert [(fault.row, fault.value) for fault in raised.value.faults] == [
        (3, "nowhere"), (5, "elsewhere")
    ]  # fmt: skip
