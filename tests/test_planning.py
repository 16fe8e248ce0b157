"""The line from scenario to plan."""

import pytest

import gangso
from gangso.errors import BadInputError
from gangso.planning import GapProgress, plan
from gangso.scenario import Scenario
from gangso.territory import Territory

STEPS = (
    "territory", "diagnosis", "travel", "services", "alliances", "answers", "bases", "compact",
    "evaluation", "projection",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(korea: Territory) -> gangso.Plan:
    return plan({"language": "en", "seed": 7}, territory=korea)


def test_the_territory_lies_beneath_the_planner(made: gangso.Plan) -> None:
    assert made.scenario.seed == 7
    assert made.scenario.territory == "korea"
    assert made.scenario.diagnosis.ledger.item == "census_population"
    assert [rule.column for rule in made.scenario.leave_out] == ["kind", "capital_region"]


def test_the_plan_is_whole(made: gangso.Plan) -> None:
    assert made.partition.status == "proven"
    assert made.diagnosis.counts.loc[2016, "index_below_0.5"] == 83
    assert tuple(made.seconds) == STEPS
    assert made.projection is not None
    assert made.projection.effect is not None
    assert {"python", "gangso", "highspy"} <= set(made.versions)


def test_the_summary_says_how_good_it_is(made: gangso.Plan) -> None:
    assert "Proven optimal" in made.summary()
    assert "증명" in made.summary("ko")
    assert made.summary() == made.partition.summary(made.scenario.language)


def test_a_resolved_scenario_is_taken_as_it_is(korea: Territory, made: gangso.Plan) -> None:
    again = plan(made.scenario, territory=korea)
    assert again.scenario is made.scenario
    assert again.partition.cost == made.partition.cost
    assert again.partition.certificate == made.partition.certificate


def test_progress_goes_through_the_steps_in_order(korea: Territory) -> None:
    told: list[tuple[str, float]] = []
    plan(territory=korea, progress=lambda step, share, *_: told.append((step, share)))
    steps = list(dict.fromkeys(step for step, _ in told))
    assert tuple(steps) == STEPS
    assert all(0 <= share <= 1 for _, share in told)
    assert [step for step, share in told if share == 1.0][-1] == STEPS[-1]


def test_progress_of_a_search_is_the_gap_that_is_closed() -> None:
    told: list[tuple[float, dict[str, float]]] = []
    search = GapProgress(lambda _, share, figures: told.append((share, dict(figures))))
    for bound, best in ((0.0, None), (0.0, 10.0), (5.0, 10.0), (6.0, 6.0)):
        search(bound, best)
    assert told == [
        (0.0, {"bound": 0.0}),
        (0.0, {"bound": 0.0, "cost": 10.0, "gap": 1.0}),
        (0.5, {"bound": 5.0, "cost": 10.0, "gap": 0.5}),
        (1.0, {"bound": 6.0, "cost": 6.0, "gap": 0.0}),
    ]


def test_a_year_the_data_lack_is_refused(korea: Territory) -> None:
    with pytest.raises(BadInputError):
        plan(Scenario(year=1900), territory=korea)


@pytest.mark.parametrize("name", gangso.__all__)
def test_public_names_are_there(name: str) -> None:
    assert getattr(gangso, name) is not None
    assert name in dir(gangso)


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="unicorn"):
        _ = gangso.unicorn
