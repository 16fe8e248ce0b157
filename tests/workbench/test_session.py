"""Moves on the real territory: what they change, what they cost, and back again."""

import numpy as np
import pytest

from gangso.alliances import partition
from gangso.engine import CancelledError
from gangso.errors import BadInputError
from gangso.scenario import resolve
from gangso.workbench.change import Change
from gangso.workbench.edits import (
    FixAlliance,
    Forbid,
    LockTogether,
    Reset,
    SetSize,
    SetTarget,
    SetWeights,
    StandAlone,
    Unlock,
)
from gangso.workbench.ground import Ground
from gangso.workbench.session import NoStepError, Session


def alliance_of(session: Session, code: str) -> set[str]:
    name = session.plan.membership.loc[code, "alliance"]
    if not isinstance(name, str):
        return {code}
    return set(str(session.plan.alliances.loc[name, "members"]).split("|"))


def split_neighbours(session: Session) -> list[tuple[str, str]]:
    """Neighbours that the plan keeps apart and no rule sets alone."""
    model = session.plan.settled.model
    codes = [str(code) for code in model.units.codes]
    status = session.plan.membership["status"]
    pairs = [(codes[a], codes[b]) for a, b in model.graph.edges().tolist()]
    return [
        (a, b)
        for a, b in pairs
        if status[a] == status[b] == "allied" and b not in alliance_of(session, a)
    ]


def members_cost(change: Change) -> tuple[float, float]:
    return change.members["before"].sum(), change.members["after"].sum()


def test_a_lock_moves_the_plan_and_has_a_price(ground: Ground) -> None:
    session = Session(ground)
    first = session.plan
    a, b = split_neighbours(session)[3]
    change = session.apply(LockTogether(codes=(a, b)))
    assert change.adopted
    assert change.status == session.plan.status == "proven"
    assert b in alliance_of(session, a)
    assert {a, b} <= set(change.moved)
    assert change.cost_before == change.cost_then == first.cost
    assert change.price is not None
    assert change.price.exact
    assert change.price.cost == pytest.approx(session.plan.cost - first.cost)
    assert change.price.cost > 0
    assert sum(change.price.by_criterion.values()) == pytest.approx(change.price.cost, abs=1e-3)
    # What the whole loses is what its members lose, less what others gain.
    before, after = members_cost(change)
    assert after - before == pytest.approx(change.price.cost)
    assert change.members["gain"].sum() == pytest.approx(-change.price.cost)
    assert set(change.gainers) | set(change.losers) <= set(change.moved)
    formed = {code for members in change.formed for code in members}
    gone = {code for members in change.dissolved for code in members}
    assert set(change.moved) <= formed | gone
    # The command line finds the same from the scenario as it is written.
    told = resolve(session.scenario.model_dump(mode="json"))
    cold = partition(
        ground.territory, told.alliances, told.leave_out,
        network=ground.network(told), thresholds=told.services.thresholds,
    )  # fmt: skip
    assert cold.cost == session.plan.cost


def test_undo_and_redo_walk_over_proven_plans(ground: Ground) -> None:
    session = Session(ground)
    costs = [session.plan.cost]
    a, b = split_neighbours(session)[0]
    c, d = split_neighbours(session)[-1]
    for edit in (LockTogether(codes=(a, b)), Forbid(codes=(c, d)), SetTarget(population=200_000)):
        session.apply(edit)
        costs.append(session.plan.cost)
    assert not session.can_redo
    assert [session.undo().cost_after for _ in range(3)] == costs[2::-1]
    with pytest.raises(NoStepError):
        session.undo()
    assert [session.redo().cost_after for _ in range(3)] == costs[1:]
    with pytest.raises(NoStepError):
        session.redo()
    session.undo()
    session.apply(StandAlone(codes=(c,)))
    assert not session.can_redo
    again = Session(ground, session.opened, session.trail, session.position)
    assert again.scenario == session.scenario
    assert again.plan.cost == session.plan.cost


def test_prices_of_locks_are_what_the_optimum_gains_without_each(ground: Ground) -> None:
    session = Session(ground)
    pairs = split_neighbours(session)
    session.apply(LockTogether(codes=pairs[5]))
    session.apply(LockTogether(codes=pairs[-5]))
    prices = session.prices()
    assert [price.lock for price in prices] == list(session.locks)
    for price in prices:
        other = [lock.codes for lock in session.locks if lock != price.lock]
        alone = Session(ground)
        for codes in other:
            alone.apply(LockTogether(codes=codes))  # type: ignore[arg-type]
        assert price.cost == pytest.approx(session.plan.cost - alone.plan.cost)
    unlocked = session.apply(Unlock(lock=LockTogether(codes=pairs[5][::-1])))
    assert unlocked.price is not None
    assert unlocked.price.cost == pytest.approx(prices[0].cost)
    assert [lock.codes for lock in session.locks] == [pairs[-5]]
    session.apply(Reset(what="locks"))
    assert session.plan.cost == Session(ground).plan.cost


def test_other_weights_are_weighed_by_the_weights_now_in_force(ground: Ground) -> None:
    session = Session(ground)
    change = session.apply(SetWeights(weights={"ties": 0.2, "span": 3.0}))
    assert session.scenario.alliances.weights["population"] == 1.0
    assert change.price is None
    assert change.cost_before >= change.cost_after
    assert change.members["before"].sum() == pytest.approx(change.cost_before, abs=1e-3)
    assert change.cost_then == Session(ground).plan.cost
    assert session.apply(Reset(what="weights")).cost_after == change.cost_then


def test_larger_alliances_are_listed_anew(ground: Ground) -> None:
    session = Session(ground)
    before = session.plan.cost
    change = session.apply(SetSize(min_size=1, max_size=6))
    assert change.status == "proven"
    assert session.plan.cost <= before
    with pytest.raises(BadInputError, match="more than the"):
        Ground(ground.territory, 20_000).solve(session.scenario)


def test_what_cannot_be_names_culprits_and_leaves_the_plan(ground: Ground) -> None:
    session = Session(ground)
    codes = [str(code) for code in session.plan.settled.model.units.codes]
    change = session.apply(LockTogether(codes=(codes[0], codes[-1])))
    assert not change.adopted
    assert change.conflict is not None
    assert change.conflict.culprits["ko"]
    assert change.conflict.way_out["en"]
    assert {codes[0], codes[-1]} <= set(change.conflict.municipalities)
    assert not change.moved
    assert session.locks == ()
    assert not session.can_undo


def test_bad_edits_are_refused_and_change_nothing(ground: Ground) -> None:
    session = Session(ground)
    one = str(session.plan.settled.model.units.codes[0])
    for edit in (
        LockTogether(codes=(one, "nowhere")),
        LockTogether(codes=(one, one)),
        SetWeights(weights={"beauty": 1.0}),
        SetWeights(weights=dict.fromkeys(session.scenario.alliances.weights, 0.0)),
        SetSize(min_size=4, max_size=3),
        Unlock(lock=StandAlone(codes=(one,))),
        FixAlliance(codes=(one, one)),
    ):
        with pytest.raises(BadInputError):
            session.apply(edit)
    assert len(session.trail) == 1


def test_a_lock_twice_is_one_lock(ground: Ground) -> None:
    session = Session(ground)
    a, b = split_neighbours(session)[0]
    first = session.apply(LockTogether(codes=(a, b)))
    again = session.apply(LockTogether(codes=(b, a)))
    assert len(session.locks) == 1
    assert not again.moved
    assert first.price is not None
    assert again.price is not None
    assert again.price.cost == first.price.cost


def test_made_by_hand_is_weighed_against_the_best(ground: Ground) -> None:
    session = Session(ground)
    plan = [members.split("|") for members in session.plan.alliances["members"]]
    best = session.score(plan)
    assert best.loss == pytest.approx(0, abs=1e-9)
    moved = [list(group) for group in plan]
    large = next(g for g in moved if len(g) == 5)
    lost = large.pop()
    worse = session.score(moved)
    assert lost in worse.alone
    assert worse.loss is not None
    assert worse.loss > 0
    one = session.score([large])
    assert one.cost is None
    row = one.comparison.groups.iloc[0]
    fixed = session.apply(FixAlliance(codes=tuple(large)))
    assert fixed.price is not None
    assert row["keeping"] == pytest.approx(fixed.price.cost)
    overlapping = session.score([large, large])
    assert overlapping.cost is None
    assert "11010" in session.score([["11010", large[0]]]).comparison.members["code"].to_list()
    with pytest.raises(BadInputError):
        session.score([["nowhere"]])
    with pytest.raises(BadInputError):
        session.score([])


def test_a_cancelled_move_leaves_the_plan(ground: Ground) -> None:
    session = Session(ground)
    weights = {"ties": float(np.pi), "span": 0.1234}
    with pytest.raises(CancelledError):
        session.apply(SetWeights(weights=weights), cancelled=lambda: True)
    assert len(session.trail) == 1
    shares: list[float] = []
    session.apply(SetWeights(weights=weights), progress=shares.append)
    assert shares
    assert all(0 <= share <= 1 for share in shares)
