"""The whole projection on Korea, and on what is missing or odd."""

import numpy as np
import pandas as pd
import pytest

from gangso.errors import BadInputError, MissingTableError
from gangso.opening import open_scenario
from gangso.projection import Projection, prepare, project
from gangso.projection.backtest import History
from gangso.territory.model import Territory
from tests.projection.conftest import table


@pytest.fixture(scope="module")
def found(korea: Territory) -> Projection:
    """Fifteen years, few futures, with an alliance of three small counties of Gyeongbuk."""
    scenario, _ = open_scenario({"projection": {"horizon": 15, "draws": 20}}, territory=korea)
    members = pd.Series({"37310": "A", "37320": "A", "37330": "A"})
    return project(korea, scenario, membership=members)


def test_it_starts_from_what_was_observed(found: Projection, korea: Territory) -> None:
    base = found.places["population"].xs(2023, level="year")
    assert base.to_numpy() == pytest.approx(korea.municipalities["population"].to_numpy())
    assert (found.base_year, len(found.places)) == (2023, 229 * 16)


def test_the_balance_closes(found: Projection) -> None:
    wide = found.places
    before = wide["population"].groupby("municipality").shift(1)
    after = before + wide["births"] - wide["deaths"] + wide["net_migration"]
    flows = wide["births"].notna()
    assert after[flows].to_numpy() == pytest.approx(wide.loc[flows, "population"].to_numpy())


def test_feedback_off_is_beside_it_and_costs_the_nation_nothing(found: Projection) -> None:
    sums = found.places.groupby("year")[["population", "population_off"]].sum()
    assert sums["population"].to_numpy() == pytest.approx(sums["population_off"].to_numpy())
    small = found.places["population_off"].xs(2038, level="year") < 15_000
    lost = (found.places["population"] - found.places["population_off"]).xs(2038, level="year")
    assert lost[small].sum() < 0


def test_intervals_hold_the_projection_in_the_middle(found: Projection) -> None:
    later = found.places[found.places["births"].notna()]
    inside = later["population"].between(later["population_low"], later["population_high"])
    assert inside.mean() > 0.9


def test_an_alliance_keeps_people_and_the_young(found: Projection) -> None:
    assert found.effect is not None
    members = found.effect.loc[(["37310", "37320", "37330"], 2038), :]
    assert (members[["low", "mid", "high"]] >= 0).all().all()
    assert members["high"].sum() > members["mid"].sum() > members["low"].sum() > 0
    everyone = found.effect.xs(2038, level="year")["mid"]
    assert everyone.sum() == pytest.approx(0, abs=1e-3)
    assert found.effect_ages is not None
    ages = found.effect_ages.groupby("age")["mid"].sum()
    assert ages.idxmax() in range(15, 50)


def test_the_young_leave_small_places_faster_and_the_middle_aged_do_not(history: History) -> None:
    """The known gradient: 2015 to 2020, by size class, relative to the nation."""
    persons = history.cohorts.persons
    seen = history.cohorts.observed[:, 0]
    start, end = persons[seen, 0].sum(axis=1), persons[seen, 5].sum(axis=1)

    def change(low: int, high: int, rows: np.ndarray) -> float:
        """Cohorts aged from low to below high at the start, five years later."""
        cohort = slice(low // 5, high // 5), slice(low // 5 + 1, high // 5 + 1)
        own = end[rows, cohort[1]].sum() / start[rows, cohort[0]].sum()
        return float(own / (end[:, cohort[1]].sum() / start[:, cohort[0]].sum()) - 1)

    size = start.sum(axis=1)
    classes = [size < 50_000, (size >= 50_000) & (size < 100_000), size >= 300_000]
    young = [change(15, 30, rows) for rows in classes]
    middle = [change(45, 65, rows) for rows in classes]
    assert young[0] < young[1] < young[2]
    assert young[0] < -0.15
    assert min(middle[0], middle[1]) > middle[2]
    assert middle[0] > 0


def test_the_projection_keeps_the_gradient(found: Projection, korea: Territory) -> None:
    wide = found.ages.pivot_table(
        index=["municipality", "age"], columns="year", values="persons", aggfunc="sum"
    )
    cohort = wide[2028].groupby("municipality").shift(-1) / wide[2023]
    size = korea.municipalities["population"]
    young = cohort.xs(20, level="age")
    assert young[size < 50_000].median() < young[size >= 300_000].median() - 0.1


@pytest.mark.slow
def test_multiregional_stays_close_to_the_net_rates(korea: Territory, found: Projection) -> None:
    asked = {"projection": {"horizon": 2, "draws": 0, "migration": "multiregional"}}
    scenario, _ = open_scenario(asked, territory=korea)
    other = project(korea, scenario)
    mine = other.places["population"].xs(2025, level="year")
    theirs = found.places["population"].xs(2025, level="year")
    assert (mine / theirs - 1).abs().median() < 0.02
    assert not np.allclose(mine, theirs)
    assert other.places["population_low"].isna().all()


def test_a_given_total_is_hit(korea: Territory) -> None:
    asked = {"projection": {"horizon": 3, "draws": 0, "national_total": {2025: 51_000_000}}}
    scenario, _ = open_scenario(asked, territory=korea)
    made = project(korea, scenario)
    assert made.nation.loc[2025, "population"] == pytest.approx(51_000_000, rel=1e-12)


def small(rows: pd.DataFrame) -> Territory:
    codes = sorted(rows["municipality"].unique())
    towns = pd.DataFrame(
        {
            "code": codes,
            "name": codes,
            "province": "p",
            "lon": np.linspace(127, 127.5, len(codes)),
            "lat": 36.0,
            "area_km2": 100.0,
            "population": 1000,
        }
    )
    return Territory.from_tables({"municipalities": towns, "population": rows})


def test_another_country_with_three_hundred_residents_and_an_empty_group() -> None:
    rows = table(size=(300, 50_000, 200_000))
    empty = (rows["municipality"] == "00") & (rows["age"].isin([20, 25]))
    rows["persons"] = rows["persons"].where(~empty, 0.0)
    territory = small(rows)
    scenario, _ = open_scenario({"projection": {"horizon": 20, "draws": 10}}, territory=territory)
    made = project(territory, scenario)
    assert np.isfinite(made.places["population"]).all()
    assert (made.places["population"] >= 0).all()
    assert made.strength == "off"  # no thresholds of services, so no cycle; and it is said
    assert any("services.thresholds" in note["en"] for note in made.notes)
    assert any("1,000" in note["en"] for note in made.notes)


def test_without_tables_or_flows_it_says_what_is_missing() -> None:
    territory = small(table())
    asked = {"projection": {"migration": "multiregional"}}
    scenario, _ = open_scenario(asked, territory=territory)
    with pytest.raises(MissingTableError):
        prepare(territory, scenario.projection, scenario.diagnosis)
    bare = Territory.from_tables({"municipalities": territory.municipalities.reset_index()})
    with pytest.raises(MissingTableError):
        prepare(bare, scenario.projection, scenario.diagnosis)
    scenario, _ = open_scenario({"diagnosis": {"old_from_age": 63}}, territory=territory)
    with pytest.raises(BadInputError):
        prepare(territory, scenario.projection, scenario.diagnosis)
