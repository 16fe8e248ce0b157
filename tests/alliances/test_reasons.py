"""Best alternatives, partings and prices of requirements against brute force."""

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gangso.alliances import AllianceModel, Partition
from gangso.alliances.pricing import COST_UNIT
from gangso.alliances.reasons import constraint_prices, municipality_reasons
from gangso.alliances.warm import Settled
from gangso.errors import InfeasibleError
from gangso.scenario import AllianceOptions, resolve
from gangso.territory.model import Territory
from tests.alliances.strategies import cheapest, groups_of, territories


@st.composite
def questions(draw: st.DrawFn) -> Partition:
    """Small plans under a few requirements."""
    territory = draw(territories(6))
    codes = list(territory.municipalities.index)
    links = territory.contiguity[["a", "b"]].to_numpy().tolist()
    asked: dict[str, Any] = {"max_size": draw(st.integers(2, 4))}
    if draw(st.booleans()):
        asked["must_link"] = [draw(st.sampled_from(links))]
    if draw(st.booleans()):
        asked["cannot_link"] = [draw(st.sampled_from(links))]
    if draw(st.booleans()):
        asked["stand_alone"] = [draw(st.sampled_from(codes))]
    if draw(st.booleans()):
        asked["max_population"] = draw(st.sampled_from([150_000.0, 300_000.0]))
    try:
        return AllianceModel(territory, AllianceOptions(**asked)).solve()
    except InfeasibleError:
        assume(False)
        raise


def plan_of(settled: Settled) -> dict[int, set[int]]:
    """The alliance of every unit, by its members."""
    groups = [{int(u) for u in settled.pool.members[j] if u >= 0} for j in settled.solution.chosen]
    return {unit: group for group in groups for unit in group}


@given(questions())
@settings(max_examples=40)
def test_the_best_alternative_and_its_loss_equal_brute_force(found: Partition) -> None:
    settled = found.settled
    groups, own = groups_of(settled), plan_of(settled)
    n = settled.model.graph.n
    table = municipality_reasons(found)
    for unit in range(n):
        partners = own[unit] - {unit}

        def stays(group: set[int], unit: int = unit, partners: set[int] = partners) -> bool:
            if not partners:
                return group == {unit}
            return len(group & partners) * 2 >= len(partners)

        other = {g: c for g, c in groups.items() if set(g) != own[unit]}
        parted = {g: c for g, c in groups.items() if unit not in g or not stays(set(g))}
        row = table.iloc[unit]
        for prefix, pool in (("", other), ("parting_", parted)):
            least = cheapest(n, pool)
            if least is None:
                assert row[f"{prefix}certainty"] == "none"
                assert np.isnan(row[f"{prefix}loss"])
                continue
            assert row[f"{prefix}certainty"] == "exact"
            loss = (least - settled.solution.cost) * COST_UNIT
            assert abs(row[f"{prefix}loss"] - loss) < 1e-9
            members = row[f"{prefix or 'alternative_'}members"].split("|")
            named = tuple(sorted(settled.model.units.codes.get_indexer(members).tolist()))
            assert unit in named
            # The alliance it names really belongs to a plan of that cost.
            rest = {g: c for g, c in pool.items() if not set(g) & set(named)} | {named: pool[named]}
            assert cheapest(n, rest) == least


@given(questions())
@settings(max_examples=40)
def test_the_price_of_a_requirement_equals_brute_force(found: Partition) -> None:
    settled = found.settled
    model = settled.model
    table = constraint_prices(found)
    assert len(table) == len(settled.constraints)
    every = model.candidates
    cost = model.costs(settled.options.weights)
    for row, dropped in zip(table.itertuples(), settled.constraints, strict=True):
        keep = np.ones(len(every), dtype=bool)
        for constraint in settled.constraints:
            if constraint is not dropped:
                keep &= constraint.allows(every)
        pool = {
            tuple(int(u) for u in members if u >= 0): int(c)
            for members, c in zip(every.members[keep], cost[keep], strict=True)
        }
        least = cheapest(model.graph.n, pool)
        assert least is not None
        assert row.certainty == "exact"
        assert abs(row.gain - (settled.solution.cost - least) * COST_UNIT) < 1e-9
        assert (row.changed > 0) == (row.gain > 0)


def test_bounds_for_large_territories_hold(korea: Territory, monkeypatch: Any) -> None:
    """What is said without solving again never contradicts what solving again finds."""
    scenario = resolve(
        korea.metadata.scenario,
        {"alliances": {"cannot_link": [["34360", "34370"]], "max_population": 600_000}},
    )
    found = AllianceModel(korea, scenario.alliances, scenario.leave_out).solve()
    exact, prices = municipality_reasons(found), constraint_prices(found)
    monkeypatch.setattr("gangso.alliances.warm.EXACT_UP_TO", 0)
    bounds, limits = municipality_reasons(found), constraint_prices(found)
    for prefix in ("", "parting_"):
        known = exact[f"{prefix}certainty"] == "exact"
        assert known.sum() > 100
        assert (bounds.loc[known, f"{prefix}certainty"] == "at_least").all()
        loss, least = exact[f"{prefix}loss"], bounds[f"{prefix}loss"]
        assert (least[known] <= loss[known] + 1e-9).all()
        assert least[known].sum() > 0
    assert set(limits["certainty"]) == {"at_most"}
    assert (limits["gain"] >= prices["gain"] - 1e-9).all()
    assert prices.loc[prices["key"] == "cannot_link", "gain"].item() > 0.1
