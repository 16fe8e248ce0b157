"""A plan whose tables or figures were touched does not pass."""

import copy
import json
from typing import Any

import pandas as pd
import pytest

from gangso.alliances import AllianceModel, Partition, check_data, check_tables
from gangso.scenario import Scenario, resolve
from gangso.territory.model import Territory


@pytest.fixture(scope="module")
def scenario(korea: Territory) -> Scenario:
    return resolve(korea.metadata.scenario)


@pytest.fixture(scope="module")
def plan(korea: Territory, scenario: Scenario) -> Partition:
    return AllianceModel(korea, scenario.alliances, scenario.leave_out).solve()


@pytest.fixture(scope="module")
def certificate(plan: Partition) -> dict[str, Any]:
    return json.loads(json.dumps(plan.certificate))  # type: ignore[no-any-return]


def passed(certificate: dict[str, Any], alliances: pd.DataFrame, membership: pd.DataFrame) -> bool:
    return check_tables(certificate, alliances, membership).passed


def test_untouched(
    plan: Partition, certificate: dict[str, Any], korea: Territory, scenario: Scenario
) -> None:
    assert passed(certificate, plan.alliances, plan.membership)
    assert check_data(certificate, korea, scenario).passed


def test_touched_tables(plan: Partition, certificate: dict[str, Any]) -> None:
    first = plan.alliances.index[0]
    population = plan.alliances.copy()
    population.loc[first, "population"] += 1
    assert not passed(certificate, population, plan.membership)
    members = plan.alliances.copy()
    members.loc[first, "members"] = members["members"].iloc[1]
    assert not passed(certificate, members, plan.membership)
    moved = plan.membership.copy()
    moved.loc[moved.index[moved["alliance"] == first][0], "alliance"] = plan.alliances.index[1]
    assert not passed(certificate, plan.alliances, moved)
    added = plan.membership.copy()
    added.loc[added.index[added["alliance"].isna()][0], "alliance"] = "A99"
    assert not passed(certificate, plan.alliances, added)


@pytest.mark.parametrize("key", ["units", "links", "weights", "measures", "requirements"])
def test_touched_figures(
    key: str, certificate: dict[str, Any], korea: Territory, scenario: Scenario
) -> None:
    forged = copy.deepcopy(certificate)
    if key == "measures":
        forged[key]["ties"]["flows"][0][2] += 0.5
    elif key == "requirements":
        forged[key]["stand_alone"] = []
    elif isinstance(forged[key], list):
        forged[key].pop()
    else:
        forged[key]["population"] += 0.1
    assert check_data(forged, korea, scenario).detail == key


def test_other_data(certificate: dict[str, Any], korea: Territory, scenario: Scenario) -> None:
    forged = {**certificate, "data_fingerprint": "0" * 64}
    assert not check_data(forged, korea, scenario).passed
