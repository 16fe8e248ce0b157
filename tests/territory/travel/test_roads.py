"""Roads that a package brings along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gangso.errors import MissingTableError
from gangso.scenario import TravelOptions
from gangso.territory import check, load
from gangso.territory.travel import (
    given_network,
    minutes_matrix,
    municipality_minutes,
    travel_network,
)
from tests.territory.conftest import package  # noqa: F401

NODES = """id,lon,lat
n1,127.00,37.00
n2,127.30,37.00
n3,127.00,36.70
n4,127.30,36.70
"""
LINKS = """a,b,minutes,kind,oneway
n1,n2,20,road,no
n1,n3,30,road,no
n3,n4,25,bridge,yes
"""

Make = Callable[..., Path]


def test_minutes_over_given_roads(package: Make) -> None:  # noqa: F811
    territory = load(package(road_nodes=NODES, road_links=LINKS))
    network = travel_network(territory)
    assert not network.estimated
    minutes = municipality_minutes(network, territory, limit_min=999)
    assert minutes[0, 1] == pytest.approx(20, abs=0.01)
    assert minutes[1, 2] == pytest.approx(50, abs=0.01)
    assert minutes[0, 3] == pytest.approx(55, abs=0.01)
    stored = {(int(i), int(j)) for i, j in zip(*minutes.nonzero(), strict=True)}
    assert (3, 0) not in stored  # the bridge leads one way only
    # A town off its node walks to it at the access speed.
    town = network.at(["0102"])
    centre = network.at(["0101"])
    way = minutes_matrix(network, town, centre, 999)[0, 0]
    assert way == pytest.approx(60 * np.hypot(5.55, 4.45) / 20, rel=0.01)


def test_roads_can_be_left_aside(package: Make) -> None:  # noqa: F811
    territory = load(package(road_nodes=NODES, road_links=LINKS))
    assert travel_network(territory, TravelOptions(use_roads=False)).estimated
    bare = load(package("bare"))
    assert travel_network(bare).estimated
    with pytest.raises(MissingTableError):
        given_network(bare)


def test_all_faults_of_roads_at_once(package: Make) -> None:  # noqa: F811
    links = "a,b,minutes\nn1,n9,20\nn8,n2,-3\n"
    faults = {(f.kind, f.row, f.value) for f in check(package(road_nodes=NODES, road_links=links))}
    assert faults == {
        ("unknown_node", 2, "n9"),
        ("unknown_node", 3, "n8"),
        ("negative", 3, "-3"),
    }
    alone = check(package("alone", road_nodes=NODES))
    assert [(f.kind, f.table) for f in alone] == [("table_missing", "road_links")]
