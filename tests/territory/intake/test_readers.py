"""Timetables, population grids, OpenStreetMap places, encodings and numbers."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gangso.errors import BadInputError
from gangso.territory import load
from gangso.territory.encodings import guess_encoding
from gangso.territory.intake import make_package, read_mapping
from gangso.territory.intake.crosswalk import read_crosswalk
from gangso.territory.intake.gtfs import read_stops, read_timetable
from gangso.territory.intake.numerals import detect_format, plain_numbers
from gangso.territory.intake.osm_places import read_places

FEED = {
    "stops.txt": """stop_id,stop_name,stop_lat,stop_lon,parent_station
C,Centro,45.00,9.00,
C1,Centro 1,45.00,9.00,C
N,Nord,45.10,9.00,
S,Sud,44.90,9.00,
""",
    "routes.txt": "route_id,route_type\nR,2\nB,3\n",
    "trips.txt": "route_id,service_id,trip_id\nR,week,t1\nR,week,t2\nB,sunday,t3\n",
    "calendar.txt": """service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,\
start_date,end_date
week,1,1,1,1,1,1,1,20240101,20240107
sunday,0,0,0,0,0,0,1,20240101,20240107
""",
    "stop_times.txt": """trip_id,arrival_time,departure_time,stop_id,stop_sequence
t1,08:00:00,08:00:00,N,1
t1,08:12:00,08:14:00,C1,2
t1,08:30:00,08:30:00,S,3
t2,23:50:00,23:50:00,N,1
t2,24:10:00,24:12:00,C1,2
t3,10:00:00,10:00:00,C,1
t3,,,N,2
t3,10:45:00,10:45:00,S,3
""",
}


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "feed.zip", "w") as archive:
        for name, text in FEED.items():
            archive.writestr(name, text)
    return tmp_path / "feed.zip"


def test_stations_and_rides_of_a_timetable(feed: Path) -> None:
    stops = read_stops(feed).set_index("name")
    # Platforms count for their station; the Sunday bus is a seventh of a departure a day.
    assert stops["departures"].to_dict() == {"Centro": 2.14, "Nord": 2.14, "Sud": 1.14}
    assert stops["kind"].to_dict() == dict.fromkeys(("Centro", "Nord", "Sud"), "rail_station")
    assert read_stops(feed, least=2)["name"].tolist() == ["Centro", "Nord"]
    rides = read_timetable(feed).set_index(["a", "b", "kind"])
    assert rides.loc[("N", "C", "rail_station"), "minutes"] == 16  # mean of 12 and 20
    assert rides.loc[("C", "S", "rail_station"), "minutes"] == 16
    assert rides.loc[("C", "S", "bus_stop"), "minutes"] == 45  # past a stop without times
    assert rides.loc[("C", "S", "bus_stop"), "departures"] == pytest.approx(1 / 7, abs=0.01)


@pytest.mark.usefixtures("feed")
def test_a_feed_becomes_hubs_and_a_timetable(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("code,name,population,area_km2,lon,lat\n1,A,5,1,9,45\n")
    (tmp_path / "m.yaml").write_text("""
tables:
  municipalities:
    file: own.csv
    columns: {code: code, name: name, population: population, area_km2: area_km2}
    keep: [lon, lat]
  hubs: {file: feed.zip, least_departures: 2}
""")
    make_package(read_mapping(tmp_path / "m.yaml"), tmp_path / "out")
    territory = load(tmp_path / "out")
    assert territory.require("hubs")["name"].tolist() == ["Centro", "Nord"]
    rides = territory.timetable
    assert rides is not None
    assert rides[["a", "b", "minutes"]].to_numpy().tolist() == [["Nord", "Centro", 16.0]]


def test_a_feed_that_lacks_a_table(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr("stops.txt", FEED["stops.txt"])
    with pytest.raises(BadInputError) as caught:
        read_stops(tmp_path / "f.zip")
    assert [f.value for f in caught.value.faults] == ["trips.txt"]


def test_a_population_grid(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    from gangso.territory.intake.grid import read_grid

    cells = np.zeros((4, 6), dtype="float32")
    cells[0, 0], cells[0, 1], cells[3, 5], cells[2, 2] = 10, 30, 7, -200  # -200: no data
    origin = rasterio.Affine(500, 0, 4_321_000, 0, -500, 3_210_000)
    with rasterio.open(
        tmp_path / "pop.tif", "w", driver="GTiff", width=6, height=4, count=1, dtype="float32",
        crs="EPSG:3035", transform=origin, nodata=-200,
    ) as target:  # fmt: skip
        target.write(cells, 1)
    own = read_grid(tmp_path / "pop.tif")
    assert own["population"].tolist() == [10, 30, 7]
    assert own["lon"].iloc[0] == pytest.approx(10.0, abs=0.05)
    whole = read_grid(tmp_path / "pop.tif", cell_km=1.0)
    assert whole["population"].tolist() == [40, 7]
    # The point of a square is the mean of its people: three quarters of the way to the second.
    share = (whole["lon"].iloc[0] - own["lon"].iloc[0]) / (own["lon"].iloc[1] - own["lon"].iloc[0])
    assert share == pytest.approx(0.75, abs=1e-3)


OSM = """<?xml version='1.0'?>
<osm version="0.6">
 <node id="1" lat="45.0" lon="9.0">
  <tag k="amenity" v="pharmacy"/><tag k="name" v="Centrale"/>
 </node>
 <node id="2" lat="45.0" lon="9.0"/><node id="3" lat="45.0" lon="9.2"/>
 <node id="4" lat="45.2" lon="9.1"/>
 <node id="5" lat="45.0" lon="9.0"><tag k="railway" v="station"/></node>
 <node id="6" lat="45.0" lon="9.0"><tag k="amenity" v="bench"/></node>
 <way id="7"><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="2"/>
  <tag k="amenity" v="hospital"/>
 </way>
</osm>
"""


def test_places_of_an_extract(tmp_path: Path) -> None:
    pytest.importorskip("osmium")
    (tmp_path / "x.osm").write_text(OSM)
    found = read_places(tmp_path / "x.osm").set_index("service")
    assert found.loc["pharmacy", "name"] == "Centrale"
    assert found.loc["hospital", ["lon", "lat"]].tolist() == pytest.approx([9.1, 45.0667], abs=1e-3)
    assert read_places(tmp_path / "x.osm", hubs=True)["kind"].tolist() == ["rail_station"]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp932", "団体コード,市区町村名\n01100,札幌市\n13101,千代田区\n"),
        ("cp949", "코드,이름\n33020,충주시\n"),
        ("gb18030", "代码,名称\n110000,北京市\n"),
        ("big5", "代碼,名稱\n63000,臺北市\n"),
        ("cp1251", "код,имя\n01,Москва\n"),
        ("cp1250", "kod,nazwa\n0201,Bolesławiec\n"),
        ("cp1252", "code,nom\n49001,Évry\n49002,L'Haÿ-les-Roses\n49003,Œuilly\n"),
        ("utf-16", "code,name\n1,A\n"),
        ("utf-8", "code,name\n1,Agliè\n"),
    ],
)
def test_encodings(encoding: str, text: str) -> None:
    assert guess_encoding(text.encode(encoding)) == encoding


@given(st.integers(0, 10**9), st.integers(0, 99), st.sampled_from(["., ", ",. ", ".’"]))
def test_any_way_of_writing_a_number_is_read_back(whole: int, cents: int, style: str) -> None:
    decimal, thousands = style[0], style[1]
    text = f"{whole:,}".replace(",", thousands) + f"{decimal}{cents:02d}"
    column = pd.Series([text])
    plain, unsure, unknown = plain_numbers(column, detect_format([column]), counts=True)
    assert not unsure.any()
    assert not unknown.any()
    assert float(plain[0]) == pytest.approx(whole + cents / 100)


@given(st.data())
def test_a_crosswalk_keeps_every_person(data: st.DataObject) -> None:
    codes = [f"{number:02d}" for number in range(6)]
    rows = []
    for year in (2001, 2002, 2003):
        for old in data.draw(st.lists(st.sampled_from(codes), unique=True, max_size=3)):
            ends = data.draw(st.lists(st.sampled_from(codes), unique=True, min_size=1, max_size=3))
            parts = np.array(data.draw(st.lists(st.integers(1, 9), min_size=len(ends),
                                                max_size=len(ends))), dtype=float)  # fmt: skip
            rows += [(old, new, f"{year}-01-01", share)
                     for new, share in zip(ends, parts / parts.sum(), strict=True)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["old", "new", "date", "share"])
    walk, faults = read_crosswalk(table, {c: c for c in table.columns}, None, None)
    assert faults == []
    people = pd.DataFrame(
        {"municipality": codes, "year": 2000, "sex": "f", "age": 0, "persons": range(1, 7)}
    )
    moved, faults = walk.apply(people, "population", None, [])
    assert faults == []
    assert moved["persons"].sum() == pytest.approx(21)
    assert not moved["municipality"].duplicated().any()
