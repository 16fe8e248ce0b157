"""The panels say what the whole plan says, one place at a time."""

import numpy as np
import pandas as pd
import pytest

from gangso.bases import plan_bases
from gangso.errors import BadInputError
from gangso.workbench.cards import (
    alliance_bases,
    alliance_card,
    alliance_compact,
    alliance_fan,
    best_alternative,
    municipality_card,
    municipality_fan,
    national_ledger,
)
from gangso.workbench.edits import StandAlone
from gangso.workbench.ground import Ground
from gangso.workbench.session import Session


@pytest.fixture(scope="module")
def session(ground: Ground) -> Session:
    return Session(ground)


def test_the_parts_of_an_alliance_add_up(session: Session) -> None:
    for name, row in session.plan.alliances.iterrows():
        card = alliance_card(session, str(name))
        assert card.scores["part"].sum() == pytest.approx(row["cost"], abs=1e-5)
        assert card.members["population"].sum() == pytest.approx(row["population"])
        assert "|".join(card.members.index) == row["members"]
        assert set(card.gained_safe) <= set(card.service_labels)
    with pytest.raises(BadInputError):
        alliance_card(session, "A99")


def test_locks_are_named_on_the_cards(ground: Ground) -> None:
    session = Session(ground)
    code = str(session.plan.alliances["centre"].iloc[0])
    session.apply(StandAlone(codes=(code,)))
    card = municipality_card(session, code)
    assert card.status == "alone"
    assert card.reason["ko"]
    assert [lock.codes for lock in card.locks] == [(code,)]


def test_bases_of_one_alliance_are_those_of_the_whole_plan(session: Session) -> None:
    ground, scenario = session.ground, session.scenario
    whole = plan_bases(
        ground.territory, ground.network(scenario), ground.services(scenario), session.plan,
        scenario.bases, scenario.services,
    )  # fmt: skip
    for name in session.plan.alliances.index[:3]:
        own = alliance_bases(session, str(name))
        expected = whole.bases[whole.bases["group"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(own.bases, expected)
        assert own.group["cost"] == whole.groups.loc[name, "cost"]
        assert own.group["unmet"] == whole.groups.loc[name, "unmet"]
        ties = whole.ties[whole.ties["group"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(own.ties, ties)


def test_the_compact_of_one_alliance_shares_its_whole_cost(session: Session) -> None:
    name = str(session.plan.alliances.index[0])
    made = alliance_compact(session, name)
    assert made.seats["seats"].sum() == made.council["size"]
    assert made.sharing is not None
    total = int(made.sharing.alliances.loc[name, "cost"])
    assert total == pytest.approx(alliance_bases(session, name).group["cost"])
    by_rule = made.sharing.shares.groupby("rule")["share"].sum().drop("subsidised", errors="ignore")
    assert (by_rule == total).all()
    members = set(str(session.plan.alliances.loc[name, "members"]).split("|"))
    assert set(made.sharing.exits["municipality"]) <= members
    assert not made.sharing.exits.empty


def test_the_fan_of_one_is_the_projection_and_of_many_is_narrower(session: Session) -> None:
    name = str(session.plan.alliances.index[0])
    codes = str(session.plan.alliances.loc[name, "members"]).split("|")
    places = session.ground.outlook(session.scenario).projection.places
    one = municipality_fan(session, codes[0])
    ahead = one[~one["observed"]]
    expected = places.loc[codes[0]].loc[ahead.index]
    assert np.allclose(ahead["population"], expected["population"])
    assert np.allclose(ahead["low"], expected["population_low"])
    assert np.allclose(ahead["high"], expected["population_high"])
    together = alliance_fan(session, name)
    last = together.index[-1]
    apart = sum(places.loc[(code, last), "population_high"] for code in codes) - sum(
        places.loc[(code, last), "population_low"] for code in codes
    )
    assert 0 < together.loc[last, "high"] - together.loc[last, "low"] < apart
    assert together.loc[last, "together"] > together.loc[last, "population"]
    assert together["observed"].sum() > 2


def test_a_municipality_has_its_pyramid_and_its_alternative(session: Session) -> None:
    code = str(session.plan.alliances["centre"].iloc[2])
    card = municipality_card(session, code)
    assert card.pyramid["persons"].sum() == pytest.approx(
        card.indicators.loc[card.pyramid_year, "population"]
    )
    assert card.alliance == session.plan.alliances.index[2]
    assert set(card.alone) == set(card.allied) == set(session.scenario.services.thresholds)
    other = best_alternative(session, code)
    assert other is not None
    settled = session.plan.settled
    own = settled.column_of[settled.model.units.codes.get_loc(code)]
    best = settled.without([own])
    assert other["loss"] == pytest.approx((best.cost - settled.solution.cost) / 1e6)
    assert code in str(other["alternative_members"]).split("|")
    assert str(other["alternative_members"]) != session.plan.alliances["members"].iloc[2]
    outside = municipality_card(session, "11010")
    assert outside.status == "outside"
    assert best_alternative(session, "11010") is None
    with pytest.raises(BadInputError):
        municipality_card(session, "nowhere")


def test_the_ledger_counts_everybody_once(session: Session) -> None:
    ledger = national_ledger(session)
    whole = len(session.ground.territory.municipalities)
    assert sum(ledger.plan[key] for key in ("allied", "alone", "outside")) == whole
    assert (ledger.services["after"] >= ledger.services["before"]).all()
    assert not ledger.ledger.empty
