"""Tax shift: money is conserved to the won, and small counties can lose."""

from itertools import product

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

import gangso
from gangso.compact.decentralisation import Decentralisation, decentralise, gini
from gangso.compact.revenue import Revenue, revenue
from gangso.scenario import DecentralisationOptions, FinanceItems
from gangso.territory.model import Territory

OPTIONS = DecentralisationOptions(
    local_share_pct=24, targets_pct=(30, 40), grant_rate_pct=19.24, pool_share=0.4
)


def made(rows: list[tuple[int, int, int, int, int]]) -> Revenue:
    """Revenue of municipalities given as residents, own, carried, general, earmarked."""
    table = pd.DataFrame(rows, columns=["population", "own", "carried", "general", "earmarked"])
    table["budget"] = table[["own", "carried", "general", "earmarked"]].sum(axis=1)
    table.index = pd.Index([f"m{i}" for i in range(len(rows))], name="municipality")
    return Revenue(table.astype("int64"), 2023, False, (), ())


def alliances(names: list[str | None]) -> pd.Series:
    return pd.Series(names, index=[f"m{i}" for i in range(len(names))], dtype="object")


def run(
    rows: list[tuple[int, int, int, int, int]], names: list[str | None], **changes: object
) -> Decentralisation:
    found = decentralise(made(rows), alliances(names), OPTIONS.model_copy(update=changes))
    assert found is not None
    return found


money = st.integers(0, 10**9)


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), money, money, money, money), min_size=1, max_size=6),
    st.lists(st.sampled_from(["A01", "A02", None]), min_size=6, max_size=6),
)
def test_nothing_is_lost_and_nothing_invented(
    rows: list[tuple[int, int, int, int, int]], names: list[str | None]
) -> None:
    found = run(rows, names[: len(rows)])
    assert len(found.cases) == 12
    assert (found.balance["left"] == 0).all()
    for case, row in found.cases.iterrows():
        own = found.outcomes.loc[case]
        assert own["tax"].sum() == row["tax_shift"]
        assert -own["grants"].sum() == row["grants_cut"]
        assert own["change"].sum() == row["tax_shift"] - row["grants_cut"]
        assert row["gained"] - row["lost"] == own["change"].sum()
        assert ((own["change"] + own["floor"]) >= 0).all()  # nobody is worse off with the floor
        assert row["floor_cost"] == row["lost"] == own["floor"].sum()
        assert row["gain"] + row["lose"] + row["same"] == len(rows)
        pooled = own.groupby(np.array(names[: len(rows)], dtype="object"))
        for _, members in pooled:
            assert members["paid_in"].sum() == members["received"].sum()
        alone = own[pd.isna(np.array(names[: len(rows)], dtype="object"))]
        assert (alone["paid_in"] == 0).all()


def test_figures_by_hand() -> None:
    # Own revenue 240 in all; from 24 to 30 per cent it grows by a quarter: 60.
    rows = [(100, 200, 0, 10, 90), (100, 40, 0, 110, 50)]
    found = run(rows, [None, None])
    by_tax = found.outcomes.loc["30/offset/own_revenue"]
    assert by_tax["tax"].tolist() == [50, 10]
    assert by_tax["grants"].tolist() == [-5, -55]
    assert by_tax["change"].tolist() == [45, -45]  # the poor county pays for the rich city
    assert by_tax["floor"].tolist() == [0, 45]
    assert by_tax["self_reliance_after"].tolist() == [100 * 250 / 345, 100 * 50 / 155]
    assert by_tax["autonomy_after"].tolist() == [100 * 255 / 345, 100 * 105 / 155]
    by_people = found.outcomes.loc["30/kept/population"]
    assert by_people["tax"].tolist() == [30, 30]
    law = found.cases.loc["30/law/population"]
    assert law["grants_cut"] == 12  # 19.24 % of 60, to the won
    assert found.cases.loc["30/kept/population", "state_change"] == -60


def test_the_pool_hands_out_by_residents_and_inverse_capacity() -> None:
    rows = [(100, 200, 0, 0, 0), (100, 40, 0, 0, 0)]
    own = run(rows, ["A01", "A01"]).outcomes.loc["30/kept/own_revenue"]
    assert own["paid_in"].tolist() == [20, 4]
    # Capacities 2.0 and 0.4 against 1.2: indices 60 and 300, so a sixth and five sixths of 24.
    assert own["received"].tolist() == [4, 20]
    nothing = run(rows, ["A01", "A01"], pool_share=0.0).outcomes.loc["30/kept/own_revenue"]
    assert nothing["received"].tolist() == [0, 0]


def test_alone_equal_and_without_money() -> None:
    alone = run([(100, 50, 0, 50, 0)], ["A01"]).outcomes.loc["30/kept/own_revenue"]
    assert alone["paid_in"].tolist() == alone["received"].tolist()
    equal = run([(100, 480, 0, 480, 0)] * 3, ["A01"] * 3)
    for case, row in equal.cases.iterrows():
        change = equal.outcomes.loc[case, "change"]
        assert change.max() - change.min() <= 2  # to the won: tax and grants are rounded apart
        assert row["gini_after"] == pytest.approx(0.0, abs=0.01)
    nothing = run([(100, 0, 0, 0, 0), (100, 50, 0, 50, 0)], ["A01", "A01"])
    poor = nothing.outcomes.xs("m0", level="municipality")
    assert poor["self_reliance_before"].isna().all()
    assert (poor.loc["30/kept/own_revenue", "received"]) > 0  # the pool reaches it


def test_grants_that_cannot_offset_are_named() -> None:
    found = run([(100, 400, 0, 10, 0)], [None])
    assert found.cases.loc["30/offset/own_revenue", "grants_cut"] == 10
    assert any("30/offset/own_revenue" in note["en"] for note in found.notes)


def test_gini_weighs_residents() -> None:
    assert gini(pd.Series([1, 1]), pd.Series([5, 5])) == pytest.approx(0.0)
    # A place of two with 10 each and one of two with 0 is as unequal as four such people.
    both = gini(pd.Series([20, 0]), pd.Series([2, 2]))
    assert both == pytest.approx(gini(pd.Series([10, 10, 0, 0]), pd.Series([1, 1, 1, 1])))
    assert np.isnan(gini(pd.Series([0, 0]), pd.Series([1, 1])))


@pytest.fixture(scope="module")
def korea() -> Territory:
    return gangso.korea()


def korean_items() -> FinanceItems:
    return FinanceItems(own_pct="self_reliance_new_pct")


def test_korea_is_split_as_the_indices_say(korea: Territory) -> None:
    found = revenue(korea, korean_items())
    assert found.year == 2023
    assert found.estimated
    assert len(found.table) == 226
    assert set(found.missing) == {"37310", "39010", "39020"}  # Gunwi and the two of Jeju
    parts = found.table[["own", "carried", "general", "earmarked"]]
    assert (parts >= 0).all().all()
    assert (parts.sum(axis=1) == found.table["budget"]).all()
    gangnam = found.table.loc["11230"] / found.table.loc["11230", "budget"]
    assert gangnam["own"] == pytest.approx(0.548)
    assert gangnam["general"] == pytest.approx(0.0183)
    assert any("self-reliance" in note["en"] for note in found.notes)


def test_in_korea_small_counties_lose_when_grants_offset(korea: Territory) -> None:
    options = OPTIONS.model_copy(update={"items": korean_items()})
    found = decentralise(
        revenue(korea, korean_items()), pd.Series(dtype="object", index=[]), options
    )
    assert found is not None
    assert (found.balance["left"] == 0).all()
    for target, key in product((30, 40), ("own_revenue", "population")):
        kept = found.cases.loc[f"{target}/kept/{key}"]
        offset = found.cases.loc[f"{target}/offset/{key}"]
        assert kept["lose"] == 0
        assert offset["state_change"] == 0
        assert offset["lose_small"] > 0.9 * offset["small"]
        assert offset["gini_after"] != kept["gini_after"]


def test_amounts_in_the_table_are_used_as_they_are() -> None:
    territory = Territory.from_tables(
        {
            "municipalities": pd.DataFrame(
                {"code": ["a", "b"], "name": ["A", "B"], "population": [10, 20],
                 "area_km2": [1.0, 1.0], "lon": [0.0, 0.1], "lat": [0.0, 0.0]}
            ),
            "finance": pd.DataFrame(
                [
                    (code, 2020, item, amount)
                    for code, amounts in {"a": (100, 30, 50), "b": (100, 80, 90)}.items()
                    for item, amount in zip(
                        ("budget_total", "own_revenue", "general_grants"), amounts, strict=True
                    )
                ],
                columns=["municipality", "year", "item", "amount"],
            ),
        }
    )  # fmt: skip
    found = revenue(territory)
    assert not found.estimated
    assert found.table.loc["a"].tolist() == [10, 100, 30, 0, 50, 20]
    assert found.table.loc["b"].tolist() == [20, 100, 80, 0, 20, 0]  # fitted to the budget
    assert any("B" in note["en"] for note in found.notes)


def test_what_is_missing_is_said() -> None:
    territory = Territory.from_tables(
        {
            "municipalities": pd.DataFrame(
                {"code": ["a"], "name": ["A"], "population": [10], "area_km2": [1.0],
                 "lon": [0.0], "lat": [0.0]}
            )
        }
    )  # fmt: skip
    found = revenue(territory)
    assert found.table.empty
    assert "tax shift" in found.notes[0]["en"]
    assert decentralise(found, pd.Series(dtype="object"), OPTIONS) is None
