"""Who came within which ring, when, and because of whom."""

import pytest

from gangso.errors import BadInputError, MissingTableError
from gangso.evaluation import expose
from gangso.scenario import TravelOptions
from gangso.territory import Territory
from gangso.territory.travel import travel_network
from tests.evaluation.countries import country, options


def _study(**changes: object):
    return options(**changes).studies["s"]


def test_hosts_rings_and_years() -> None:
    found = expose(country(), _study(), 2010, 2019).table
    assert found.loc["014", ["role", "ring", "cohort"]].tolist() == ["exposed", 0, 2014]
    assert found.loc["015", ["ring", "cohort", "hub"]].tolist() == [1, 2014, 0]  # 20 km east
    assert found.loc["016", "ring"] == 2  # 40 km from one hub, 100 from the other
    assert (found.loc[found["role"] == "unexposed", "distance"] > 60).all()
    assert set(found["role"]) == {"exposed", "unexposed"}


def test_what_opened_before_is_unchanged_and_never_compared_unasked() -> None:
    territory = country(hubs=[(14, 2005), (57, 2015), (21, 2015)])
    found = expose(territory, _study(), 2010, 2019).table
    assert found.loc["014", "role"] == "unchanged"
    assert found.loc["015", "role"] == "unchanged"
    assert found.loc["057", "role"] == "exposed"


def test_coming_nearer_twice_is_stepwise_and_other_years_are_others() -> None:
    territory = country(hubs=[(14, 2013), (16, 2015), (57, 2018)])
    found = expose(territory, _study(opened=[2011, 2016]), 2010, 2019).table
    assert found.loc["016", "role"] == "stepwise"  # 40 km in 2013, host in 2015
    assert found.loc["016", ["first", "cohort"]].tolist() == [2013, 2015]
    assert found.loc["057", "role"] == "other"


def test_rules_leave_out_with_their_reason() -> None:
    rule = {"column": "north", "at_least": 1, "reason": {"ko": "북", "en": "north"}}
    found = expose(country(), _study(leave_out=[rule]), 2010, 2019).table
    assert (found.loc[found["reason_en"] == "north", "role"] == "left_out").all()
    assert (found["role"] == "left_out").sum() == 36


def test_rings_in_minutes_follow_the_network(korea: Territory) -> None:
    network = travel_network(korea, TravelOptions(), 2023)
    study = _study(kind="innovation_city", opened=[2013, 2014], measure="minutes", rings=[30, 60])
    found = expose(korea, study, 2010, 2015, network).table
    near = found[(found["ring"] == 1) & (found["role"] == "exposed")]
    assert len(near) > 10
    assert near["distance"].le(30).all()


def test_faults_name_what_there_is() -> None:
    with pytest.raises(BadInputError, match="station"):
        expose(country(), _study(kind="port"), 2010, 2019)
    with pytest.raises(BadInputError, match="2014"):
        expose(country(), _study(opened=[1990, 1991]), 2010, 2019)


def test_no_hubs_no_study(korea: Territory) -> None:
    from dataclasses import replace

    with pytest.raises(MissingTableError):
        expose(replace(korea, hubs=None), _study(), 2010, 2019)
