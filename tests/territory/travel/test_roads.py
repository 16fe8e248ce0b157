"""Roads that a package brings along."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, Point
from typer.testing import CliRunner

from gangso.cli.app import app
from gangso.errors import BadInputError, MissingTableError
from gangso.scenario import TravelOptions
from gangso.territory import check, load
from gangso.territory.travel import (
    RoadRules,
    given_network,
    minutes_matrix,
    municipality_minutes,
    read_roads,
    roads_from_lines,
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


def lines() -> gpd.GeoDataFrame:
    shapes = [
        LineString([(127.0, 37.0), (127.1, 37.0)]),
        LineString([(127.1, 37.0), (127.1, 37.1)]),
        LineString([(127.05, 36.9), (127.05, 37.2)]),  # crosses the first one without meeting it
    ]
    table = {"minutes": [10.0, None, 7.0], "kmh": [None, 40.0, None], "oneway": ["no", "yes", "no"]}
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


def test_roads_from_a_geopackage(tmp_path: Path) -> None:
    lines().to_crs("EPSG:5179").to_file(tmp_path / "roads.gpkg", layer="roads")
    found = read_roads(tmp_path / "roads.gpkg")
    assert len(found.nodes) == 5
    assert found.links["minutes"].round(2).tolist() == [10.0, 16.65, 7.0]  # 11.1 km at 40 km/h
    assert found.links["oneway"].tolist() == ["no", "yes", "no"]
    assert found.links["b"][0] == found.links["a"][1]


def test_every_fault_of_lines() -> None:
    for change, kind in (
        (lines().drop(columns=["minutes", "kmh"]), "roads_no_time"),
        (lines().assign(minutes=[-1.0, 2.0, 3.0]), "roads_bad_time"),
        (lines().assign(geometry=[Point(127, 37)] * 3), "roads_no_line"),
        (lines().iloc[:0], "empty_table"),
    ):
        with pytest.raises(BadInputError) as error:
            roads_from_lines(change)
        assert {fault.kind for fault in error.value.faults} == {kind}
    with pytest.raises(BadInputError):
        read_roads(Path("nowhere.gpkg"))


OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="test">
<node id="1" lat="36.00" lon="127.0" version="1"/><node id="2" lat="36.01" lon="127.0" version="1"/>
<node id="3" lat="36.02" lon="127.0" version="1"/><node id="4" lat="36.02" lon="127.1" version="1"/>
<node id="5" lat="36.02" lon="127.3" version="1"/>
<way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/></way>
<way id="11" version="1"><nd ref="3"/><nd ref="4"/><tag k="highway" v="motorway"/>
<tag k="maxspeed" v="100"/></way>
<way id="12" version="1"><nd ref="4"/><nd ref="5"/><tag k="route" v="ferry"/>
<tag k="duration" v="01:10"/></way>
<way id="13" version="1"><nd ref="1"/><nd ref="4"/><tag k="highway" v="footway"/></way>
<way id="14" version="1"><nd ref="1"/><nd ref="4"/><tag k="highway" v="primary"/>
<tag k="access" v="private"/></way>
</osm>
"""


def test_roads_from_openstreetmap(tmp_path: Path) -> None:
    (tmp_path / "roads.osm").write_text(OSM)
    found = read_roads(tmp_path / "roads.osm", RoadRules(share_of_limit=0.65))
    links = found.links.set_index(["a", "b"])
    # Node 2 joins nothing: it is part of the link from 1 to 3.
    assert sorted(found.nodes["id"]) == ["1", "3", "4", "5"]
    assert links["km"].round(2).tolist() == [2.22, 9.01, 18.03]
    expected = [60 * 2.22 / 55, 60 * 9.01 / 65, 70.0]
    assert links["minutes"].tolist() == pytest.approx(expected, rel=2e-3)
    assert links["kind"].tolist() == ["primary", "motorway", "ferry"]
    assert links["oneway"].tolist() == ["no", "yes", "no"]  # a motorway's two sides are two ways


def test_an_extract_in_a_package(package: Make, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "roads.osm").write_text(OSM)
    folder = package()
    result = CliRunner().invoke(
        app, ["roads", str(tmp_path / "roads.osm"), "--into", str(folder), "--json"]
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["links"] == 3
    network = travel_network(load(folder))
    assert not network.estimated
    assert len(network) == 4
    broken = CliRunner().invoke(app, ["roads", str(folder / "flows.csv"), "--into", str(tmp_path)])
    assert broken.exit_code == 2


def test_a_broken_extract_is_said_to_be_broken(tmp_path: Path) -> None:
    (tmp_path / "roads.osm").write_text("<osm><node")
    with pytest.raises(BadInputError, match=r"roads\.osm"):
        read_roads(tmp_path / "roads.osm")
