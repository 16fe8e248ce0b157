"""The whole compact: the real Korea, and small territories that lack nearly everything."""

import numpy as np
import pandas as pd
import pytest

from gangso.alliances import Partition, partition
from gangso.compact import Compact, draft_compact
from gangso.errors import BadInputError
from gangso.scenario import CompactOptions, SeatOptions
from gangso.territory.model import Territory
from tests.conftest import Sited


@pytest.fixture(scope="module")
def korea(sited: Sited) -> tuple[Compact, Partition]:
    made = draft_compact(
        sited.territory,
        sited.found,
        sited.scenario.compact,
        costs=sited.bases.costs,
        max_size=sited.scenario.alliances.max_size,
    )
    return made, sited.found


def test_what_is_shared_is_what_the_bases_cost(
    korea: tuple[Compact, Partition], sited: Sited
) -> None:
    made, found = korea
    assert made.sharing is not None
    cost = sited.bases.groups["cost"].reindex(found.alliances.index)
    assert (made.sharing.alliances["cost"] == cost).all()
    whole = made.sharing.games.groupby("alliance")["served"].max()
    served = sited.bases.groups["served"].reindex(found.alliances.index)
    assert whole.to_numpy() == pytest.approx(served.to_numpy())
    assert (made.bases[["bases", "visits"]].sum() > 0).all()


def test_no_move_improves_a_proven_plan(korea: tuple[Compact, Partition]) -> None:
    made, found = korea
    assert found.status == "proven"
    assert made.sharing is not None
    nation = made.sharing.exits["nation"]
    assert nation.notna().any()
    assert nation.isna().any()  # some moves are against a requirement
    assert (nation.dropna() >= 0).all()


def test_nobody_leaves_under_the_recommended_rule(korea: tuple[Compact, Partition]) -> None:
    made, found = korea
    assert made.sharing is not None
    table = made.sharing.alliances
    assert len(table) == len(found.alliances)
    assert (table["blocking"] == 0).all()
    assert ((table["recommended"] == "nucleolus") | (table["subsidy"] > 0)).all()
    per_head = made.sharing.rules[made.sharing.rules["rule"] == "population"]
    assert (per_head["blocking"] > 0).sum() > len(table) / 2  # the usual rule makes partners leave


def test_shares_seats_and_taxes_add_up(korea: tuple[Compact, Partition]) -> None:
    made, _ = korea
    assert made.sharing is not None
    paid = made.sharing.shares.groupby(["alliance", "rule"])["share"].sum().unstack()  # noqa: PD010
    table = made.sharing.alliances
    for rule in paid.columns:
        wanted = table["cost"] - (table["subsidy"] if rule == "subsidised" else 0)
        known = paid[rule].notna()
        assert (paid.loc[known, rule] == wanted[known]).all()
    seats = made.seats.groupby(["alliance", "method"])["seats"].sum().unstack()  # noqa: PD010
    for method in seats.columns:
        assert (seats[method] == made.councils["size"]).all()
    assert made.decentralisation is not None
    assert (made.decentralisation.balance["left"] == 0).all()


def test_no_group_gains_against_the_stakes(korea: tuple[Compact, Partition]) -> None:
    made, found = korea
    view = made.national
    assert view.gaining == 0
    assert view.groups == found.candidates
    assert view.plan_cost == pytest.approx(found.cost)
    assert 0 <= view.subsidy < 0.05 * view.plan_cost
    assert (view.alliances["subsidy"] >= 0).all()
    assert view.alliances["subsidy"].sum() <= view.subsidy + 1e-6  # the rest is of those alone


def test_every_task_has_a_level_and_a_reason(korea: tuple[Compact, Partition]) -> None:
    made, found = korea
    assert len(made.functions) == len(found.alliances) * len(made.register)
    assert made.functions["level"].isin(["municipality", "alliance", "province"]).all()
    assert made.functions[["reason_ko", "reason_en"]].map(len).min().min() > 5
    assert set(made.functions["level"]) == {"municipality", "alliance", "province"}
    said = " ".join(note["en"] for note in made.notes)
    assert "programmes" in said  # the embedded Korea has none
    assert "not in the data" in said  # grants by municipality
    assert "add up to 1.09 times" in said  # budgets by function against the budget


def small() -> tuple[Territory, Partition]:
    territory = Territory.from_tables(
        {
            "municipalities": pd.DataFrame(
                {"code": list("abcd"), "name": list("ABCD"),
                 "population": [150_000.0, 150_000.0, 40_000.0, 0.0],
                 "lon": 127.0 + 0.1 * np.arange(4), "lat": 36.0, "area_km2": 50.0}
            ),
            "contiguity": pd.DataFrame(
                {"a": ["a", "b", "c"], "b": ["b", "c", "d"], "link": "land", "shared_km": 5.0}
            ),
        }
    )  # fmt: skip
    return territory, partition(territory)


def test_a_bare_territory_gets_what_can_be_given_and_is_told_the_rest() -> None:
    territory, found = small()
    made = draft_compact(territory, found)
    assert made.sharing is None
    assert made.decentralisation is None
    assert made.functions.empty
    assert (made.seats.groupby(["alliance", "method"])["seats"].sum() > 0).all()
    said = " ".join(note["en"] for note in made.notes)
    for word in ("finance", "bases to plan", "programmes"):
        assert word in said


def test_a_council_that_is_too_small_is_refused() -> None:
    territory, found = small()
    with pytest.raises(BadInputError, match="cannot give"):
        draft_compact(territory, found, CompactOptions(seats=SeatOptions(size=1)))
