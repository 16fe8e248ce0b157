"""Every fault is found, at its place, in one report."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gangso.errors import BadInputError, Fault
from gangso.territory import Metadata, Territory, check, inspect, load
from gangso.territory.check import check_package
from gangso.territory.dictionary import TABLES, attributes
from gangso.territory.read import RawPackage
from gangso.texts import LANGUAGES, catalogue
from tests.territory.conftest import SOUND

Make = Callable[..., Path]


def only(faults: list[Fault], kind: str) -> Fault:
    found = [fault for fault in faults if fault.kind == kind]
    assert len(found) == 1, [(f.kind, f.table, f.row, f.column, f.value) for f in faults]
    return found[0]


def test_sound_package_has_no_fault(package: Make) -> None:
    assert check(package()) == []


def test_every_fault_at_once_gives_one_report(package: Make) -> None:
    spoilt = package(
        municipalities="""code,name,province,area_km2,population,lon,lat
01,가람시,북도,100,50000,127.0,37.0
01,나래군,북도,200,30000,127.3,37.0
02,다솜군,남도,300,-20000,127.0,36.7
03,라온군,남도,약 150,10000,127.3,36.7
""",
        settlements="""code,municipality,lon,lat,population
0101,01,127.00,37.00,30000
0102,99,127.05,37.05,20000
0201,02,37.00,127.30,30000
""",
        contiguity="a,b\n01,02\n02,77\n",
        flows="kind,origin,year,amount\ntrips,01,,100\n",
        hubs="kind,name,lon,lat\ninnovation_city,가람혁신도시,127.0,37.0\n".encode("cp949"),
        finance="municipality,year,item,amount\n",
    )
    faults = check(spoilt)
    found = {(f.kind, f.table, f.row, f.column, f.value) for f in faults}
    assert found == {
        ("duplicate_key", "municipalities", 3, "code", "01"),
        ("unknown_municipality", "contiguity", 3, "b", "77"),
        ("negative", "municipalities", 4, "population", "-20000"),
        ("not_a_number", "municipalities", 5, "area_km2", "약 150"),
        ("unknown_municipality", "settlements", 3, "municipality", "99"),
        ("coordinates_swapped", "settlements", 4, "lon+lat", "37, 127.3"),
        ("missing_column", "flows", 1, "destination", None),
        ("wrong_encoding", "hubs", 2, None, "b0 a1 b6 f7 c7 f5 bd c5"),
        ("empty_table", "finance", None, None, None),
    }
    assert only(faults, "wrong_encoding").details["encoding"] == "cp949"
    for fault in faults:
        for lang in LANGUAGES:
            assert fault.problem(lang)
            assert fault.fix(lang)
    with pytest.raises(BadInputError) as caught:
        load(spoilt)
    assert len(caught.value.faults) == len(faults)


def test_the_nearest_code_is_proposed(package: Make) -> None:
    faults = check(package(contiguity="a,b\n01,나래군\n"))
    assert only(faults, "unknown_municipality").details["nearest"] == "02 (나래군)"


def test_links_to_itself_and_pairs_given_twice(package: Make) -> None:
    faults = check(package(contiguity="a,b\n01,01\n01,02\n02,01\n"))
    assert only(faults, "self_link").row == 2
    assert only(faults, "duplicate_pair").row == 4


def test_one_swapped_settlement_whose_numbers_are_all_possible(package: Make) -> None:
    """In Italy both coordinates fit either way: only the neighbours tell."""
    faults = check(
        package(
            municipalities="code,name,area_km2,population\n1,A,1,10\n2,B,1,10\n",
            settlements="""code,municipality,lon,lat,population
11,1,11.0,44.0,5
12,1,11.1,44.1,5
13,1,44.1,11.1,5
14,1,11.2,44.0,5
21,2,12.0,43.5,10
""",
            contiguity="a,b\n1,2\n",
            flows=None,
        )
    )
    assert [(f.kind, f.row) for f in faults] == [("coordinates_swapped", 4)]


def test_all_coordinates_swapped(package: Make) -> None:
    lines = SOUND["settlements"].splitlines()
    swapped = [lines[0].replace("lon,lat", "lat,lon"), *lines[1:]]
    faults = check(package(settlements="\n".join(swapped)))
    assert [f.kind for f in faults] == ["coordinates_swapped"] * 5


@pytest.mark.parametrize(
    ("table", "text", "kind", "row", "column"),
    [
        ("population", "municipality,year,sex,age,persons\n01,2023,f,0,1\n01,2023,f,0,2\n",
         "duplicate_key", 3, "municipality+year+sex+age"),
        ("population", "municipality,year,sex,age,persons\n01,2023,w,0,1\n",
         "not_allowed", 2, "sex"),
        ("population", "municipality,year,sex,age,persons\n01,2023,f,2.5,1\n",
         "not_whole", 2, "age"),
        ("population", "municipality,year,sex,age,persons\n01,23,f,0,1\n", "bad_year", 2, "year"),
        ("population", "municipality,year,sex,age,persons\n01,2023,f,0,\n",
         "missing_value", 2, "persons"),
        ("settlements", "code,municipality,lon,lat,population\n1,01,1270,37,5\n",
         "bad_longitude", 2, "lon"),
        ("flows", "kind,origin,destination,amount\ntrips,01,98,5\n",
         "unknown_zone", 2, "destination"),
        ("hubs", "kind,name,municipalities,lon,lat\ncity,H,01|88,127,37\n",
         "unknown_municipality", 2, "municipalities"),
        ("finance", "municipality,year,item,amount\n01,2023,x,\"1,234\"\n",
         "not_a_number", 2, "amount"),
        ("finance", "municipality,year,item,amount\n01,2023,x,1,5\n", "ragged_row", 2, None),
        ("finance", "municipality,year,item,item,amount\n01,2023,x,y,1\n",
         "duplicate_column", 1, "item"),
    ],
)  # fmt: skip
def test_single_faults(
    package: Make, table: str, text: str, kind: str, row: int, column: str | None
) -> None:
    faults = check(package(**{table: text}))
    assert [(f.kind, f.table, f.row, f.column) for f in faults] == [(kind, table, row, column)]


def test_byte_order_mark_semicolons_and_blank_lines(package: Make) -> None:
    text = "\ufeff" + SOUND["municipalities"].replace(",", ";").replace("\n02", "\n\n02")
    folder = package(municipalities=text)
    assert check(folder) == []
    assert list(load(folder).municipalities.index) == ["01", "02", "03", "04"]


def test_rows_are_counted_with_blank_lines(package: Make) -> None:
    text = "municipality,year,item,amount\n\n01,2023,x,abc\n"
    assert only(check(package(finance=text)), "not_a_number").row == 3


def test_latin_1_is_named(package: Make) -> None:
    data = "code,name,area_km2,population,lon,lat\n1,Agliè,1,5,7,45\n".encode("latin-1")
    faults = check(package(municipalities=data, settlements=None, contiguity=None, flows=None))
    assert only(faults, "wrong_encoding").details["encoding"] == "cp1252"


def test_missing_required_table_and_files(package: Make, tmp_path: Path) -> None:
    folder = package(municipalities=None)
    assert only(check(folder), "table_missing").table == "municipalities"
    assert only(check(tmp_path / "nowhere"), "package_missing")
    (folder / "datapackage.json").unlink()
    assert only(check(folder), "datapackage_missing")


@pytest.mark.parametrize("text", ["{", "[]", '{"gangso": {"colour": 1}}', '{"resources": [1]}'])
def test_bad_datapackage(package: Make, text: str) -> None:
    folder = package()
    (folder / "datapackage.json").write_text(text)
    assert only(check(folder), "datapackage")


def test_unknown_tables_are_notes_and_no_faults(package: Make) -> None:
    folder = package(municipality="code\n1\n")
    report = inspect(folder)
    assert report.faults == []
    assert [note.value for note in report.notes] == ["municipality.csv"]


def test_unreadable_parquet(package: Make) -> None:
    folder = package(contiguity=None)
    (folder / "contiguity.parquet").write_bytes(b"no parquet")
    assert only(check(folder), "unreadable_file").table == "contiguity"


def test_no_place_and_no_area(package: Make) -> None:
    text = "code,name,population\n1,A,5\n"
    faults = check(package(municipalities=text, settlements=None, contiguity=None, flows=None))
    assert {f.kind for f in faults} == {"no_location"}


def test_boundary_faults(package: Make) -> None:
    folder = package()
    bow = shapely.Polygon([(127, 37), (127.2, 37.2), (127.2, 37), (127, 37.2)])
    square = shapely.box(127, 37, 127.1, 37.1)
    frame = gpd.GeoDataFrame(
        {"code": ["01", "02", "02", "9", "03"]},
        geometry=[bow, square, square, square, shapely.Point(127, 37)],
        crs="EPSG:4326",
    )
    frame.to_file(folder / "boundaries.gpkg", mode="w")
    faults = check(folder)
    assert {(f.kind, f.row, f.value) for f in faults} == {
        ("invalid_polygon", 2, "01"),
        ("duplicate_code", 4, "02"),
        ("unknown_municipality", 5, "9"),
        ("not_a_polygon", 6, "03"),
        ("boundary_missing", None, "04"),
    }
    for fault in faults:
        assert fault.problem("ko")
        assert fault.fix("ko")


def test_boundaries_without_a_reference_system_or_code() -> None:
    square = shapely.box(0, 0, 1, 1)
    tables = {"municipalities": pd.DataFrame({"code": ["1"], "name": ["A"], "population": [5]})}
    for columns, kind in ((["code"], "no_crs"), (["id"], "missing_column")):
        frame = gpd.GeoDataFrame({columns[0]: ["1"]}, geometry=[square])
        with pytest.raises(BadInputError) as caught:
            Territory.from_tables({**tables, "boundaries": frame})
        assert [f.kind for f in caught.value.faults] == [kind]


def test_every_fault_kind_has_both_texts() -> None:
    keys = catalogue()
    kinds = [key.removeprefix("fault.") for key in keys if key.startswith("fault.")]
    assert [kind for kind in kinds if f"fix.{kind}" not in keys] == []


def test_the_dictionary_is_complete() -> None:
    for table in TABLES:
        for attribute in attributes(table):
            assert attribute.description, (table, attribute.name)


@given(st.text(string.printable + "가나é", max_size=12), st.sampled_from(["population", "lon"]))
def test_any_text_in_a_number_is_a_fault_or_a_number(text: str, column: str) -> None:
    frame = pd.DataFrame(
        {"code": ["1"], "name": ["A"], "population": ["1"], "area_km2": ["1"],
         "lon": ["1"], "lat": ["1"]}
    )  # fmt: skip
    frame[column] = text
    faults = check_package(RawPackage({"municipalities": frame}, None, Metadata(), [], [])).faults
    if faults:
        assert {f.column for f in faults} <= {column, "lon+lat"}
        assert json.dumps([f.problem("ko") + f.fix("ko") for f in faults])
    else:
        territory = Territory.from_tables({"municipalities": frame})
        assert float(text) == territory.municipalities[column].iloc[0]
