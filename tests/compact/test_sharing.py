"""Sharing the cost of bases: to the won, stable where it can be, subsidised where it cannot."""

from collections.abc import Callable, Mapping
from fractions import Fraction

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings

from gangso.compact.game import CostGame, blocking
from gangso.compact.sharing import share_costs, split


def table_of(costs: Mapping[str, int]) -> Callable[[tuple[str, ...]], int]:
    """Cost function from letters: "AB" is the coalition of A and B."""
    return lambda members: costs["".join(members)]


THREE = {"A": 10, "B": 10, "C": 10, "AB": 10, "AC": 10, "BC": 10}


def weights(population: list[float], capacity: list[float] | None = None) -> pd.DataFrame:
    codes = list("ABCDEF"[: len(population)])
    return pd.DataFrame(
        {"population": population, "use": population, "capacity": capacity or population},
        index=pd.Index(codes, name="code"),
    )


def test_equal_per_head_is_blocked_and_the_nucleolus_is_not() -> None:
    # A city of 80 with its own hospital nearby, two counties far away that can share one.
    costs = {"A": 10, "B": 20, "C": 20, "AB": 30, "AC": 30, "BC": 22, "ABC": 31}
    made = split("ABC", table_of(costs), {"population": [80, 10, 10]})
    assert made.shares["population"] == (25, 3, 3)
    (only,) = made.blocking["population"]
    assert only.coalition == {0}
    assert only.saves == 15
    assert made.subsidy == 0
    assert made.recommended == "nucleolus"
    assert not made.blocking["nucleolus"]
    assert sum(made.shares["nucleolus"]) == 31
    assert "capacity" not in made.shares  # nothing is known of it


def test_an_empty_core_is_filled_by_the_least_subsidy() -> None:
    # Any two can share one base, three need two: pairs pay 10, so all can be asked for 15 only.
    made = split("ABC", table_of({**THREE, "ABC": 20}), {"population": [1, 1, 1]})
    assert made.subsidy == 5
    assert made.recommended == "subsidised"
    assert made.shares["subsidised"] == (5, 5, 5)
    assert not made.blocking["subsidised"]
    assert len(made.blocking["nucleolus"]) == 3
    assert sum(made.shares["nucleolus"]) == 20


def test_half_a_won_of_subsidy_is_a_whole_one() -> None:
    # Pairs pay 15 at most, so 22.5 of 23 can be collected.
    costs = {"A": 20, "B": 20, "C": 20, "AB": 15, "AC": 15, "BC": 15}
    made = split("ABC", table_of({**costs, "ABC": 23}), {})
    assert made.recommended == "subsidised"
    assert made.subsidy == 1
    assert sum(made.shares["subsidised"]) == 22
    assert not made.blocking["subsidised"]


@settings(max_examples=120)
@given(st.integers(1, 4), st.data())
def test_shares_add_up_and_the_recommended_rule_holds(players: int, data: st.DataObject) -> None:
    names = "ABCD"[:players]
    game = CostGame.from_list(players, [0] * (2**players - 1))
    costs = {
        "".join(names[p] for p in sorted(s)): data.draw(st.integers(0, 40))
        for s in game.coalitions()
    }
    heads = data.draw(st.lists(st.integers(0, 9), min_size=players, max_size=players))
    made = split(names, table_of(costs), {"population": heads, "use": heads, "capacity": None})
    for rule, shares in made.shares.items():
        paid = sum(shares) + (made.subsidy if rule == "subsidised" else 0)
        assert paid == costs[names]
    assert not made.blocking[made.recommended]
    # A won less of subsidy, and no whole sharing would do.
    if made.subsidy > players:
        short = CostGame(
            players,
            {**made.game.costs, made.game.everyone: made.game.total - made.subsidy + players},
        )
        assert blocking(short, [Fraction(share) for share in made.shares["nucleolus"]])


def test_tables_of_two_alliances_and_moves_between_them() -> None:
    costs = {
        "A": 10, "B": 10, "AB": 12, "C": 10, "D": 10, "CD": 18,
        "ABC": 13, "ABD": 30, "ACD": 27, "BCD": 28, "AC": 11, "AD": 20, "BC": 11, "BD": 20,
    }  # fmt: skip
    made = share_costs(
        {"A01": ["B", "A"], "A02": ["C", "D"]},
        table_of(costs),
        weights([30, 10, 10, 0]),
        [("A", "C"), ("B", "C"), ("A", "B")],
        max_size=3,
    )
    assert made.alliances["cost"].tolist() == [12, 18]
    assert made.alliances["saved"].tolist() == [8, 2]
    assert made.alliances["blocking"].tolist() == [0, 0]
    own = made.shares.set_index(["alliance", "rule", "municipality"])["share"].sort_index()
    assert own["A01", "population"].tolist() == [9, 3]
    assert own["A01", "nucleolus"].tolist() == [6, 6]
    assert own["A02", "population"].tolist() == [18, 0]  # nobody lives in D
    assert made.shares.loc[made.shares["municipality"] == "D", "per_head"].isna().all()
    leaving = made.blocking[made.blocking["rule"] == "population"]
    assert leaving["coalition"].tolist() == ["C"]
    assert leaving["saves"].tolist() == [8]
    moves = made.exits.set_index(["municipality", "to"]).sort_index()
    assert set(moves.index) == {("A", "A02"), ("B", "A02"), ("C", "A01")}
    assert moves.loc[("C", "A01"), "offer"] == 1  # 13 with C against 12 without
    assert moves.loc[("C", "A01"), "saves"] == 8
    assert moves.loc[("A", "A02"), "saves"] == 6 - (27 - 18)
    assert not moves["full"].any()
    assert moves.loc[("C", "A01"), "moves"] == (moves.loc[("C", "A01"), "fair"] < 9)


def test_nobody_moves_where_there_is_no_room() -> None:
    costs = {"A": 10, "B": 10, "AB": 12, "C": 10, "D": 10, "CD": 18}
    made = share_costs(
        {"A01": ["A", "B"], "A02": ["C", "D"]},
        table_of(costs),  # no larger coalition is even asked for
        weights([30, 10, 10, 0]),
        [("A", "C")],
        max_size=2,
    )
    assert made.exits["full"].all()
    assert made.exits[["offer", "saves", "fair"]].isna().all(axis=None)
    assert not made.exits["moves"].any()


def test_a_newcomer_pays_by_the_same_rule() -> None:
    costs = {"A": 10, "B": 10, "AB": 18, "C": 10, "AC": 20, "BC": 10, "ABC": 18}
    made = share_costs(
        {"A01": ["A", "B"], "A02": ["C"]}, table_of(costs), weights([1, 1, 1]), [("B", "C")]
    )
    moves = made.exits.set_index(["municipality", "to"]).sort_index()
    # B pays 9 with A; with C the two would pay 10, and halve it.
    assert moves.loc[("B", "A02"), "offer"] == 0
    assert moves.loc[("B", "A02"), "fair"] == 5
    assert moves.loc[("B", "A02"), "moves"]


def test_an_alliance_of_one_equal_players_and_no_budget() -> None:
    alone = split(["A"], table_of({"A": 7}), {"population": [5], "capacity": [0]})
    assert all(parts == (7,) for parts in alone.shares.values())
    assert not alone.blocking["nucleolus"]
    equal = split("ABC", table_of({**THREE, "ABC": 12}), {"population": [1, 1, 1]})
    assert {tuple(parts) for parts in equal.shares.values()} == {(4, 4, 4)}
    made = share_costs(
        {"A01": ["A", "B"]}, table_of({"A": 10, "B": 10, "AB": 12}), weights([1, 1], [0, 5])
    )
    own = made.shares.set_index(["rule", "municipality"])["share"].sort_index()
    assert own["capacity"].tolist() == [0, 12]  # no capacity, no share; B would rather leave
    missing = share_costs(
        {"A01": ["A", "B"]},
        table_of({"A": 10, "B": 10, "AB": 12}),
        weights([1, 1], [float("nan"), 5]),
    )
    assert "capacity" not in set(missing.rules["rule"])


def test_a_missing_coalition_is_not_made_up() -> None:
    with pytest.raises(KeyError):
        split("AB", table_of({"A": 1, "B": 1}), {})
