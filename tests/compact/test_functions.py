"""Who does what: each rule decides where it should, and says why."""

import pandas as pd
import pytest

from gangso.compact.functions import assign_functions, budget_notes, register_of
from gangso.compact.programmes import match_programmes
from gangso.scenario import Function, FunctionOptions
from gangso.territory.model import Territory

LABEL = {"ko": "사무", "en": "Task"}
OPTIONS = FunctionOptions(
    tasks={
        "decided": Function(
            label=LABEL, level="province", reason={"en": "so agreed", "ko": "합의"}, shareable=False
        ),
        "own": Function(label=LABEL, shareable=False, spills=True),
        "births": Function(label=LABEL, threshold_item="births", threshold=300),
        "small": Function(label=LABEL, threshold=900),
        "large": Function(label=LABEL, threshold=9_000_000),
        "spills": Function(label=LABEL, spills=True, budget=("budget:x", "budget:y")),
        "scale": Function(label=LABEL, elasticity_population=0.3, se_population=0.03,
                          elasticity_area=0.3, se_area=0.04, budget=("budget:x",)),
        "unsure": Function(label=LABEL, elasticity_population=0.3, se_population=0.03,
                           elasticity_area=0.3, se_area=0.14),
        "nothing": Function(label=LABEL),
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def territory() -> Territory:
    codes = ["a", "b", "c"]
    births = [("a", 250), ("b", 100), ("c", 400)]
    covered = [("a", 1.0), ("b", 1.0), ("c", 0.9)]
    return Territory.from_tables(
        {
            "municipalities": pd.DataFrame(
                {"code": codes, "name": ["A", "B", "C"], "population": [1000.0, 2000.0, 3000.0],
                 "lon": [127.0, 127.1, 127.2], "lat": 36.0, "area_km2": 10.0}
            ),
            "indicators": pd.DataFrame(
                [(c, 2020, "births", v) for c, v in births]
                + [(c, 2020, "births_coverage", v) for c, v in covered],
                columns=["municipality", "year", "item", "value"],
            ),
            "finance": pd.DataFrame(
                [("a", 2020, "budget:x", 5.0), ("b", 2020, "budget:x", 0.0),
                 ("b", 2020, "budget:y", 7.0)],
                columns=["municipality", "year", "item", "amount"],
            ),
            "programmes": pd.DataFrame(
                {"name": ["P", "Q", "R", "S"], "ministry": "M",
                 "municipalities": ["a|b", "b|c", "a", "a"],
                 "function": ["spills", "spills", "spills", "unheard"],
                 "budget": [10.0, 20.0, 40.0, 1.0], "start": [2019, 2019, 2019, 2019],
                 "end": [2025, 2025, 2020, 2025]}
            ),
        }
    )  # fmt: skip


ALLIANCES = pd.DataFrame(
    {"members": ["b|a", "c"], "size": [2, 1], "ties": [0.5, 0.1]},
    index=pd.Index(["A01", "A02"], name="alliance"),
)


def test_every_rule_decides_in_its_order(territory: Territory) -> None:
    found, notes = assign_functions(territory, ALLIANCES, OPTIONS)
    first = found[found["alliance"] == "A01"].set_index("function")
    assert first["level"].to_dict() == {
        "decided": "province", "own": "municipality", "births": "alliance",
        "small": "municipality", "large": "province", "spills": "alliance",
        "scale": "alliance", "unsure": "municipality", "nothing": "municipality",
    }  # fmt: skip
    assert first["rule"].to_dict() == {
        "decided": "decided", "own": "nature", "births": "threshold", "small": "threshold",
        "large": "threshold", "spills": "spillover", "scale": "scale", "unsure": "otherwise",
        "nothing": "otherwise",
    }  # fmt: skip
    assert "so agreed" in first.loc["decided", "reason_en"]
    assert "350" in first.loc["births", "reason_en"]  # 250 and 100 together
    assert first.loc["spills", "budget"] == 12.0
    assert first.loc["scale", "budget"] == 5.0
    assert pd.isna(first.loc["nothing", "budget"])
    second = found[found["alliance"] == "A02"].set_index("function")
    assert second.loc["spills", "level"] == "province"  # few of its trips stay
    assert second.loc["births", "rule"] == "otherwise"  # births cover 90 % of the towns only
    assert any("no savings" in note["en"] for note in notes)


def test_the_register_states_the_upper_limit() -> None:
    row = register_of(OPTIONS).loc["scale"]
    assert row["elasticity"] == pytest.approx(0.6)
    assert row["se"] == pytest.approx(0.05)
    assert row["upper"] == pytest.approx(0.6 + 1.96 * 0.05)


def test_without_trips_and_indicators_it_is_said(territory: Territory) -> None:
    bare = Territory.from_tables(
        {"municipalities": territory.municipalities.reset_index()[["code", "name", "population"]]
         .assign(lon=127.0, lat=36.0, area_km2=1.0)}
    )  # fmt: skip
    found, notes = assign_functions(bare, ALLIANCES.drop(columns="ties"), OPTIONS)
    assert found["budget"].isna().all()
    said = " ".join(note["en"] for note in notes)
    assert "births" in said
    assert "Without trips" in said


def test_programmes_are_matched(territory: Territory) -> None:
    functions, _ = assign_functions(territory, ALLIANCES, OPTIONS)
    found, notes = match_programmes(territory.programmes, ALLIANCES, functions, 2023)
    row = found.set_index(["alliance", "function"]).sort_index().loc[("A01", "spills")]
    assert row["programmes"] == "P|Q"  # R has ended
    assert row["members"] == "b|a"
    assert row["doubled"] == "b"
    assert row["missing"] == ""
    assert row["poolable"]
    assert row["budget"] == 30.0
    other = found.set_index(["alliance", "function"]).sort_index().loc[("A02", "births")]
    assert other["count"] == 0
    assert other["missing"] == "c"
    assert "unheard" in notes[0]["en"]
    nothing, said = match_programmes(None, ALLIANCES, functions)
    assert nothing.empty
    assert "programmes" in said[0]["en"]


def test_budgets_by_function_that_do_not_add_up_are_said() -> None:
    def notes(rows: list[tuple[str, int, str, float]]) -> tuple[dict[str, str], ...]:
        municipalities = pd.DataFrame(
            {"code": ["a", "b"], "name": ["A", "B"], "population": [1000.0, 2000.0],
             "lon": [127.0, 127.1], "lat": 36.0, "area_km2": 10.0}
        )  # fmt: skip
        finance = pd.DataFrame(rows, columns=["municipality", "year", "item", "amount"])
        tables = {"municipalities": municipalities, "finance": finance}
        return budget_notes(Territory.from_tables(tables), "budget_total")

    total = [("a", 2020, "budget_total", 100.0), ("b", 2020, "budget_total", 300.0)]
    equal = [("a", 2020, "budget:x", 60.0), ("a", 2020, "budget:y", 40.0),
             ("b", 2020, "budget:x", 300.0)]  # fmt: skip
    assert notes(total + equal) == ()
    assert notes(total) == ()  # nothing to add up
    assert notes(equal) == ()  # no total
    more = [*equal[:2], ("b", 2020, "budget:x", 360.0), ("b", 2019, "budget:x", 999.0)]
    (said,) = notes(total + more)
    assert "1.15 times" in said["en"]
    assert "1.00 to 1.20" in said["en"]
    assert "1.15배" in said["ko"]
