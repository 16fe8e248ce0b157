"""Draws are reproducible wherever they are solved, and count what they say."""

import importlib
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gangso.alliances import AllianceModel, Partition
from gangso.alliances.limits import Limits
from gangso.alliances.robustness import Robustness, robustness
from gangso.engine import open_engine
from gangso.scenario import AllianceOptions, RobustnessOptions, Rule
from gangso.territory.model import Territory

MODULE = importlib.import_module("gangso.alliances.robustness")  # a function has its name


@pytest.fixture(scope="module")
def found(korea: Territory) -> Partition:
    elsewhere = [p for p in korea.municipalities["province_en"].unique() if p != "Jeonnam"]
    rule = Rule(column="province_en", is_in=tuple(elsewhere), reason={"en": "elsewhere"})
    return AllianceModel(korea, leave_out=[rule]).solve()


def draw(found: Partition, count: int = 12, seed: int = 5, **options: float) -> Robustness:
    asked = RobustnessOptions(draws=count, **options)
    return robustness(found, asked, np.random.default_rng(seed))


def test_same_seed_same_tables_and_other_seed_other_draws(found: Partition) -> None:
    first, second, other = draw(found), draw(found), draw(found, seed=6)
    for table in ("municipalities", "pairs", "draws"):
        pd.testing.assert_frame_equal(getattr(first, table), getattr(second, table))
    assert not np.allclose(first.draws["ties"], other.draws["ties"])


def test_processes_find_the_same(found: Partition) -> None:
    asked = RobustnessOptions(draws=4)
    with open_engine("processes:1") as engine:
        there = robustness(found, asked, np.random.default_rng(5), engine)
    here = robustness(found, asked, np.random.default_rng(5))
    for table in ("municipalities", "pairs", "draws"):
        pd.testing.assert_frame_equal(getattr(here, table), getattr(there, table))


def test_every_draw_is_the_plan_of_its_weights(found: Partition) -> None:
    answer = draw(found, 3)
    model = found.settled.model
    share = pd.Series(0.0, index=answer.municipalities.index)
    for _, row in answer.draws.iterrows():
        weights = {key: float(row[key]) for key in model.scores}
        asked = AllianceOptions(weights=weights, target_population=row["target_population"])
        again = AllianceModel(model.units.territory, asked, model.leave_out).solve()
        assert again.cost == pytest.approx(row["cost"], abs=1e-9)
        share += again.membership["alliance"].isna().loc[share.index].astype(float) / 3
    assert np.allclose(share, answer.municipalities["alone"])


def test_what_is_not_proven_is_told_with_its_gap(
    found: Partition, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = draw(found, 20, concentration=5)
    assert exact.draws["proven"].all()
    assert (exact.draws["gap"] == 0).all()
    monkeypatch.setattr(MODULE, "_LIMITS", Limits(cut_rounds=0, nodes=1))
    rough = draw(found, 20, concentration=5)
    unproven = ~rough.draws["proven"].astype(bool)
    assert unproven.any()
    assert (rough.draws["cost"] * (1 - rough.draws["gap"]) <= exact.draws["cost"] + 1e-9).all()
    said = f"{unproven.sum()} of the plans"
    assert any(said in note["en"] and "gap of at most" in note["en"] for note in rough.notes)


def test_a_draw_without_a_plan_is_searched_on(
    found: Partition, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, solve = draw(found, 3), MODULE.solve

    def stumbling(*args: Any, **how: Any) -> Any:
        answer = solve(*args, **how)
        return answer if args[4] is None else replace(answer, chosen=answer.chosen[:0])

    monkeypatch.setattr(MODULE, "solve", stumbling)
    pd.testing.assert_frame_equal(draw(found, 3).municipalities, usual.municipalities)


def test_without_any_spread_nothing_is_unsure(found: Partition) -> None:
    answer = draw(found, 3, concentration=1e9, target_spread=0.0)
    assert (answer.municipalities["sureness"] == 1).all()
    assert (answer.municipalities["same"] == 1).all()
    assert (answer.pairs["together"] == 1).all()
    assert answer.pairs["in_plan"].all()


def test_shares_agree_with_each_other(found: Partition) -> None:
    answer = draw(found)
    table = answer.municipalities
    assert (table["same"] <= table["sureness"] + 1e-12).all()
    assert table["sureness"].between(0, 1).all()
    assert answer.draws["changed"].mean() == pytest.approx(1 - table["sureness"].mean())
    outside = answer.pairs[~answer.pairs["in_plan"]]
    for code, row in table.dropna(subset=["rival"]).iterrows():
        mine = outside[(outside["a"] == code) | (outside["b"] == code)]
        assert mine["together"].max() == pytest.approx(row["rival_share"])


def test_names_and_order_of_municipalities_do_not_matter(korea: Territory) -> None:
    """The same places under other codes, and so in another order, are as sure as before."""
    table = korea.municipalities
    codes = list(table.index[table["province_en"] == "Gangwon"])
    new = {code: f"{len(codes) - number:02d}" for number, code in enumerate(codes)}

    def territory(named: dict[str, str]) -> Territory:
        units = table.loc[codes, ["name", "province", "population", "lon", "lat", "area_km2"]]
        units = (
            units.assign(code=[named[c] for c in codes]).reset_index(drop=True).sort_values("code")
        )
        links = korea.contiguity
        links = links[links["a"].isin(codes) & links["b"].isin(codes)]
        links = pd.DataFrame({"a": links["a"].map(named), "b": links["b"].map(named),
                              "link": "land"})  # fmt: skip
        return Territory.from_tables(
            {"municipalities": units.reset_index(drop=True), "contiguity": links},
            {"metric_crs": "EPSG:5179", "languages": ["ko"]},
        )

    one = draw(AllianceModel(territory({code: code for code in codes})).solve())
    other = draw(AllianceModel(territory(new)).solve())
    for column in ("sureness", "same", "alone", "rival_share"):
        expected = one.municipalities[column].rename(index=new).sort_index()
        assert np.allclose(expected, other.municipalities[column].sort_index())
