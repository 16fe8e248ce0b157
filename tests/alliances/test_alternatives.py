"""The most different plans against every partition of small territories."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.alliances import AllianceModel
from gangso.alliances.alternatives import alternatives
from gangso.scenario import AllianceOptions, AlternativeOptions
from gangso.territory.model import Territory
from tests.alliances.strategies import groups_of, partitions, territories

Pair = tuple[int, int]


def pairs_of(groups: list[tuple[int, ...]]) -> set[Pair]:
    return {pair for group in groups for pair in itertools.combinations(sorted(group), 2)}


@given(territories(6), st.integers(2, 4), st.sampled_from([0.02, 0.1, 0.5]))
@settings(max_examples=40)
def test_they_are_as_different_as_brute_force_allows(
    territory: Territory, most: int, loss: float
) -> None:
    found = AllianceModel(territory, AllianceOptions(max_size=most)).solve()
    settled = found.settled
    cost = groups_of(settled)
    n = settled.model.graph.n
    best = settled.solution.cost
    own = [tuple(int(u) for u in settled.pool.members[j] if u >= 0)
           for j in settled.solution.chosen]  # fmt: skip
    every = [
        pairs_of(plan)
        for plan in partitions(list(range(n)))
        if all(group in cost for group in plan)
        and sum(cost[group] for group in plan) <= int(best * (1 + loss))
    ]
    home = pairs_of(own)
    answer = alternatives(found, AlternativeOptions(count=2, loss=loss, apart=0.5))
    codes = settled.model.units.codes
    before: list[set[Pair]] = []
    first = 0
    for ident, row in answer.plans.iterrows():
        listed = answer.membership[answer.membership["alternative"] == ident]
        together = listed.dropna(subset=["alliance"]).groupby("alliance")["code"]
        pairs = pairs_of([tuple(codes.get_indexer(members).tolist()) for _, members in together])
        assert pairs in every
        assert len(pairs ^ home) == row["distance"]
        possible = [p for p in every if all(len(p ^ b) >= np.ceil(0.5 * first) for b in before)]
        farthest = max(len(p ^ home) for p in possible)
        assert row["distance"] <= farthest <= row["distance_at_most"]
        assert row["proven"] == (row["distance"] == row["distance_at_most"])
        assert row["proven"] or before  # the first one is always settled on so few units
        first = first or farthest
        before.append(pairs)
    if len(before) < 2:
        possible = [p for p in every if all(len(p ^ b) >= np.ceil(0.5 * first) for b in before)]
        assert max((len(p ^ home) for p in possible), default=0) == 0


def test_the_embedded_default_has_a_proven_alternative(korea: Territory) -> None:
    from gangso.scenario import resolve

    scenario = resolve(korea.metadata.scenario)
    found = AllianceModel(korea, scenario.alliances, scenario.leave_out).solve()
    answer = alternatives(found, AlternativeOptions(count=1))
    row = answer.plans.loc["B1"]
    assert row["proven"]
    assert 0 < row["loss_share"] <= 0.01
    assert 0 < row["parted"] <= row["changed"]
    listed = answer.alliances
    assert set(listed.loc[listed["in_plan"], "members"]) <= set(found.alliances["members"])
    none = alternatives(found, AlternativeOptions(count=1, loss=0))
    assert none.plans.empty
    assert len(none.notes) == 2
