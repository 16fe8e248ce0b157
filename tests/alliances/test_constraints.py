"""Requirements of every kind, against walking all partitions."""

import itertools
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.alliances import AllianceModel, verify_certificate
from gangso.alliances.conflict import find_conflict
from gangso.alliances.pricing import COST_UNIT
from gangso.errors import BadInputError, InfeasibleError
from gangso.scenario import AllianceOptions, resolve
from gangso.territory import Territory
from tests.alliances.countries import code_of, countries, country, questions
from tests.alliances.strategies import connected, partitions


def road_minutes(land: Territory) -> dict[str, dict[str, float]]:
    """Shortest ways over the roads, by trying every stop in between."""
    ways = land.require("road_links")
    codes = [str(code) for code in land.municipalities.index]
    away = {a: {b: 0.0 if a == b else np.inf for b in codes} for a in codes}
    for a, b, minutes in ways[["a", "b", "minutes"]].itertuples(index=False):
        away[a][b] = away[b][a] = min(away[a][b], float(minutes))
    for stop, a, b in itertools.product(codes, repeat=3):
        away[a][b] = min(away[a][b], away[a][stop] + away[stop][b])
    return away


def reaches(
    codes: set[str], asked: dict[str, Any], land: Territory, away: dict[str, dict[str, float]]
) -> bool:
    """Whether members are near each other, and near the hubs asked for, by road."""
    limit = asked.get("max_span_min", np.inf)
    if limit < np.inf and any(
        away[a][b] > limit for a, b in itertools.combinations(sorted(codes), 2)
    ):
        return False
    hubs = land.require("hubs")
    for required in asked.get("hub_required", []):
        places = hubs.loc[hubs["kind"] == required["kind"], "municipalities"]
        within = required["within_min"] or 0.0
        if min(away[code][place] for code in codes for place in places) > within:
            return False
    return True


def fits(
    group: tuple[int, ...],
    asked: dict[str, Any],
    land: Territory,
    away: dict[str, dict[str, float]],
) -> bool:
    """Whether one group satisfies everything that is asked of single groups."""
    codes = {code_of(unit) for unit in group}
    table = land.municipalities.loc[sorted(codes)]
    if not asked.get("min_size", 1) <= len(group) <= asked["max_size"]:
        return False
    if len(group) > 1:
        residents = table["population"].sum()
        if not asked.get("min_population", 0) <= residents <= asked.get("max_population", 1e9):
            return False
        widest = max(
            float(np.hypot(*(land.xy_km[a] - land.xy_km[b])))
            for a, b in itertools.combinations(group, 2)
        )
        if widest > asked.get("max_span_km", 1e9):
            return False
        if "do_not_cross" in asked and table["province"].nunique() > 1:
            return False
        if not reaches(codes, asked, land, away):
            return False
    return (
        all((a in codes) == (b in codes) for a, b in asked.get("must_link", []))
        and not any({a, b} <= codes for a, b in asked.get("cannot_link", []))
        and not any(len(codes) > 1 and code in codes for code in asked.get("stand_alone", []))
        and all(not codes & set(fixed) or codes == set(fixed) for fixed in asked.get("fixed", []))
    )


def least(model: AllianceModel, asked: dict[str, Any], land: Territory) -> int | None:
    """Least cost over all partitions, walked one by one."""
    cost = {
        tuple(int(u) for u in row if u >= 0): int(value)
        for row, value in zip(
            model.candidates.members, model.costs(model.options.weights), strict=True
        )
    }
    away = {} if land.road_links is None else road_minutes(land)
    good = {group for group in cost if fits(group, asked, land, away)}
    best = None
    for plan in partitions(list(range(model.graph.n))):
        alliances = sum(len(group) > 1 for group in plan)
        if not asked.get("min_alliances", 0) <= alliances <= asked.get("max_alliances", 99):
            continue
        if all(group in good for group in plan):
            total = sum(cost[group] for group in plan)
            best = total if best is None else min(best, total)
    return best


@given(countries(7), st.data())
@settings(max_examples=400, deadline=None)
def test_equals_brute_force_with_every_requirement(land: Territory, data: st.DataObject) -> None:
    agree_with_brute_force(land, data.draw(questions(len(land.municipalities))))


@given(countries(6, roads=True), st.data())
@settings(max_examples=60, deadline=None)
def test_equals_brute_force_with_minutes_and_hubs_too(land: Territory, data: st.DataObject) -> None:
    agree_with_brute_force(land, data.draw(questions(len(land.municipalities), roads=True)))


def agree_with_brute_force(land: Territory, asked: dict[str, Any]) -> None:
    options = AllianceOptions(**asked)
    model = AllianceModel(land, options)
    assert all(
        connected(model.graph, tuple(int(u) for u in row if u >= 0))
        for row in model.candidates.members
    )
    expected = least(model, asked, land)
    if expected is None:
        with pytest.raises(InfeasibleError) as caught:
            model.solve()
        assert caught.value.culprits["ko"]
        assert caught.value.way_out["en"]
        return
    found = model.solve()
    assert found.cost == pytest.approx(expected * COST_UNIT, abs=1e-12)
    assert found.status == "proven"
    checks = verify_certificate(json.loads(json.dumps(found.certificate)))
    assert [check for check in checks if not check.passed] == []


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_smallest_conflict_is_one(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 7))
    some = st.sets(st.integers(0, count - 1), min_size=1, max_size=4).map(frozenset)
    conflicts = data.draw(st.lists(some, min_size=1, max_size=5))

    def holds(items: Any) -> bool:
        return not any(conflict <= set(items) for conflict in conflicts)

    found = find_conflict(count, holds, 1000)
    assert found.smallest
    assert not holds(found.core)
    assert len(found.core) == min(len(conflict) for conflict in conflicts)
    for number in found.core:
        assert holds(set(found.core) - {number})
        alone = holds(set(range(count)) - {number})
        assert (number in found.repairs) is alone
    if not found.repairs:
        assert holds(set(range(count)) - set(found.correction))
    quick = find_conflict(count, holds, 0)
    assert not holds(quick.core)
    assert all(holds(set(quick.core) - {number}) for number in quick.core)


def chain(n: int) -> Territory:
    return country(n, [(unit, unit + 1) for unit in range(n - 1)], 1)


def refusal(land: Territory, **asked: Any) -> InfeasibleError:
    with pytest.raises(InfeasibleError) as caught:
        AllianceModel(land, AllianceOptions(**asked)).solve()
    return caught.value


def test_a_chain_too_long_is_said_to_be_too_long() -> None:
    error = refusal(chain(6), max_size=3, must_link=[("m00", "m04")], max_population=4_000_000)
    assert error.municipalities == ("m00", "m04")
    assert len(error.culprits["en"]) == 1
    assert "at least 3 more in between" in error.why["en"][0]
    assert "Dropping this is enough" in error.way_out["en"]


def test_a_torn_fixed_alliance_is_said_to_be_torn() -> None:
    error = refusal(chain(4), fixed=[("m00", "m02")])
    assert "does not hang together" in " ".join(error.why["en"])
    apart = refusal(country(3, [(0, 1)], 1), must_link=[("m00", "m02")])
    assert "No chain of neighbours" in apart.why["en"][0]


def test_contradictions_are_named_and_nothing_else() -> None:
    error = refusal(
        chain(5),
        must_link=[("m00", "m01"), ("m03", "m04")],
        cannot_link=[("m01", "m00")],
        stand_alone=["m02"],
    )
    assert len(error.culprits["en"]) == 2
    assert error.municipalities == ("m00", "m01")
    assert "both together and apart" in error.why["en"][0]
    alone = refusal(chain(3), must_link=[("m00", "m01")], stand_alone=["m01"])
    assert "both alone and with others" in alone.why["en"][0]
    more = refusal(chain(4), max_size=2, must_link=[("m00", "m01"), ("m01", "m02")])
    assert "holds at most 2" in more.why["en"][0]


def test_two_conflicts_at_once_need_two_repairs() -> None:
    error = refusal(
        chain(4),
        must_link=[("m00", "m01"), ("m02", "m03")],
        cannot_link=[("m00", "m01"), ("m02", "m03")],
    )
    assert len(error.culprits["en"]) == 2
    assert "dropping these together" in error.way_out["en"]


def test_a_number_out_of_reach_names_the_range(korea: Territory) -> None:
    scenario = resolve(korea.metadata.scenario, {"alliances": {"min_alliances": 70}})
    with pytest.raises(InfeasibleError) as caught:
        AllianceModel(korea, scenario.alliances, scenario.leave_out).solve()
    assert "alliances" in caught.value.culprits["en"][0]
    assert "With all other requirements" in caught.value.way_out["en"]


def test_the_number_of_alliances_is_kept_in_korea(korea: Territory) -> None:
    for count in (20, 40):
        scenario = resolve(
            korea.metadata.scenario,
            {"alliances": {"min_alliances": count, "max_alliances": count}},
        )
        found = AllianceModel(korea, scenario.alliances, scenario.leave_out).solve()
        assert len(found.alliances) == count
        assert found.status == "proven"
        checks = verify_certificate(json.loads(json.dumps(found.certificate)))
        assert all(check.passed for check in checks)


def test_faults_of_options_are_reported_together() -> None:
    with pytest.raises(BadInputError) as caught:
        AllianceModel(
            chain(3),
            AllianceOptions(do_not_cross="county", must_link=[("m00", "m09")], stand_alone=["x"]),
        ).solve()
    assert [fault.kind for fault in caught.value.faults] == [
        "no_labels",
        "code_unknown",
        "code_unknown",
    ]
