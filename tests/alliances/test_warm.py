"""A warm re-solve finds what a cold one finds, and what brute force finds."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.alliances import AllianceModel
from gangso.alliances.solve import Start
from gangso.alliances.warm import carry_over
from gangso.scenario import AllianceOptions, resolve
from gangso.territory.model import Territory
from tests.alliances.strategies import cheapest, groups_of, territories

CRITERIA = ("population", "ties", "span", "province", "alone")


@pytest.fixture(scope="module")
def model(korea: Territory) -> AllianceModel:
    scenario = resolve(korea.metadata.scenario)
    return AllianceModel(korea, scenario.alliances, scenario.leave_out)


def changes(model: AllianceModel, count: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(3)
    edges, codes = model.graph.edges(), model.units.codes
    found: list[dict[str, Any]] = []
    for number in range(count):
        a, b = (str(codes[u]) for u in edges[rng.integers(len(edges))])
        weight = {str(rng.choice(CRITERIA)): float(rng.uniform(0, 3))}
        found.append(
            [{"weights": weight}, {"cannot_link": [[a, b]]}, {"stand_alone": [a]}][number % 3]
        )
    return found


def test_the_summary_speaks_the_territorys_language_unless_told(model: AllianceModel) -> None:
    found = model.solve()
    assert found.summary() == found.summary("ko")
    first, second = found.summary("en").splitlines()
    allied = int((found.membership["status"] == "allied").sum())
    assert f"{len(found.alliances)} alliances of {allied} municipalities" in first
    assert f"no plan costs less than {found.cost:.4f}" in second


def test_warm_equals_cold_and_is_proven(korea: Territory, model: AllianceModel) -> None:
    base = model.solve()
    for change in changes(model, 12):
        options = resolve(korea.metadata.scenario, {"alliances": change}).alliances
        warm, cold = model.solve(options, start=base), model.solve(options)
        assert warm.status == cold.status == "proven"
        assert warm.cost == cold.cost
        assert warm.certificate["proven"]


def test_what_a_unit_could_join_is_the_cheapest_that_holds_it(model: AllianceModel) -> None:
    settled = model.solve().settled
    members, several = settled.pool.members, settled.pool.size > 1
    for unit, column in enumerate(settled.joining.tolist()):
        could = np.flatnonzero((members == unit).any(axis=1) & several)
        if not len(could):
            assert column == -1
            continue
        assert column in could
        assert settled.reduced[column] == settled.reduced[could].min()


def test_a_plan_of_another_model_is_refused(korea: Territory, model: AllianceModel) -> None:
    other = AllianceModel(korea, model.options, model.leave_out)
    with pytest.raises(ValueError, match="other candidates"):
        model.solve(start=other.solve())


def test_what_is_left_is_carried_over_by_candidate() -> None:
    left = Start(np.array([0, 2, 3]), plan=np.array([1, 3]))
    old, new = np.array([10, 11, 15, 17]), np.array([10, 11, 12, 17])
    moved = carry_over(left, old, new)
    assert moved.columns.tolist() == [0, 3]
    assert moved.plan is not None
    assert moved.plan.tolist() == [1, 3]
    assert carry_over(left, old, np.array([10, 11])).plan is None


@given(territories(), st.integers(1, 4))
@settings(max_examples=50)
def test_the_best_plan_without_an_alliance_equals_brute_force(
    territory: Territory, most: int
) -> None:
    model = AllianceModel(territory, AllianceOptions(max_size=most))
    settled = model.solve().settled
    groups = groups_of(settled)
    assert settled.solution.cost == cheapest(model.graph.n, groups)
    for column in settled.solution.chosen:
        members = tuple(int(u) for u in settled.pool.members[column] if u >= 0)
        least = cheapest(model.graph.n, {g: c for g, c in groups.items() if g != members})
        other = settled.without([int(column)])
        assert other.feasible is (least is not None)
        if least is not None:
            assert (other.cost, other.proven) == (least, True)
            assert column not in other.chosen


@given(territories())
@settings(max_examples=30)
def test_insisting_on_a_candidate_costs_at_least_its_bound(territory: Territory) -> None:
    settled = AllianceModel(territory, AllianceOptions(max_size=3)).solve().settled
    groups = groups_of(settled)
    n = settled.model.graph.n
    every = np.arange(len(settled.cost))
    for (members, cost), bound in zip(
        groups.items(), settled.insisting_costs(every).tolist(), strict=True
    ):
        rest = {g: c for g, c in groups.items() if not set(g) & set(members)} | {members: cost}
        least = cheapest(n, rest)
        assert least is None or least - settled.solution.cost >= bound
