"""Broken and odd packages: each a correct result, or a complete report and nothing written.

Every case goes through ``gangso check`` or ``gangso new`` as a planner would: what is wrong is
named with its place, both languages have the words, exit code 2, no file left behind.
"""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from gangso.cli.app import app
from gangso.errors import BadInputError
from gangso.scenario import resolve
from gangso.territory import Territory, check, load, make_package, read_mapping
from gangso.territory.intake import NewReport
from gangso.texts import LANGUAGES
from tests.territory.conftest import SOUND

Make = Callable[..., Path]

BOTH = """
tables:
  municipalities: {file: own.csv, columns: {code: code, name: name, population: population}}
  boundaries: {file: %s, columns: {code: code}%s}
"""
OWN = "code,name,population\n01,A,5\n02,B,6\n03,C,7\n"


def boxes(count: int = 3, west: float = 9.0, south: float = 45.0) -> list[shapely.Polygon]:
    return [shapely.box(west + i / 10, south, west + (i + 1) / 10, south + 0.1)
            for i in range(count)]  # fmt: skip


def polygons(
    path: Path, shapes: list[object], crs: object = "EPSG:4326", codes: object = None
) -> Path:
    listed = codes if codes is not None else [f"{i + 1:02d}" for i in range(len(shapes))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it writes files without a system, as asked
        gpd.GeoDataFrame({"code": listed}, geometry=shapes, crs=crs).to_file(path)
    return path


def new(folder: Path, text: str, own: str | bytes = OWN) -> tuple[Territory, NewReport]:
    (folder / "own.csv").write_bytes(own if isinstance(own, bytes) else own.encode())
    (folder / "mapping.yaml").write_text(text, encoding="utf-8")
    report = make_package(read_mapping(folder / "mapping.yaml"), folder / "out")
    return load(folder / "out"), report


def refused(folder: Path, text: str, own: str | bytes = OWN) -> set[str]:
    """Kinds of fault of a package that cannot be made; nothing may be written."""
    with pytest.raises(BadInputError) as caught:
        new(folder, text, own)
    assert not (folder / "out").exists()
    for fault in caught.value.faults:
        for lang in LANGUAGES:
            assert fault.problem(lang)
            assert fault.fix(lang)
    return {fault.kind for fault in caught.value.faults}


def kinds(path: Path) -> list[str]:
    return [fault.kind for fault in check(path)]


# 1-4: reference systems


def test_01_metres_under_the_name_of_degrees(tmp_path: Path) -> None:
    metres = [shapely.box(4e6 + i * 1e4, 2e6, 4e6 + (i + 1) * 1e4, 2e6 + 1e4) for i in range(3)]
    polygons(tmp_path / "b.geojson", metres, crs=None)  # GeoJSON is WGS 84 by its standard
    assert refused(tmp_path, BOTH % ("b.geojson", "")) == {"off_the_world"}
    territory, _ = new(tmp_path, BOTH % ("b.geojson", ", crs: EPSG:3035"))
    assert territory.municipalities["lat"].between(40, 45).all()


def test_02_no_reference_system(tmp_path: Path) -> None:
    polygons(tmp_path / "b.shp", boxes(), crs=None)
    assert refused(tmp_path, BOTH % ("b.shp", "")) == {"no_crs_in"}
    territory, _ = new(tmp_path, BOTH % ("b.shp", ", crs: EPSG:4326"))
    assert len(territory.boundaries) == 3


def test_03_a_reference_system_that_does_not_exist(tmp_path: Path) -> None:
    polygons(tmp_path / "b.shp", boxes(), crs=None)
    assert "bad_crs" in refused(tmp_path, BOTH % ("b.shp", ", crs: EPSG:999999"))


def test_04_axes_exchanged_in_the_polygons(tmp_path: Path) -> None:
    """In Italy both orders are possible on earth; the country's bounds tell."""
    polygons(
        tmp_path / "b.gpkg", [shapely.box(45, 9 + i / 10, 45.1, 9.1 + i / 10) for i in range(3)]
    )
    assert refused(tmp_path, "preset: IT" + BOTH % ("b.gpkg", "")) == {"axes_exchanged"}
    polygons(tmp_path / "b.gpkg", boxes(west=30))
    assert refused(tmp_path, "preset: IT" + BOTH % ("b.gpkg", "")) == {"outside_country"}


# 5-9: codes


def test_05_duplicate_and_orphan_codes(package: Make) -> None:
    own = SOUND["municipalities"].replace("04,라온군", "03,라온군")
    found = kinds(package(municipalities=own))
    assert found.count("duplicate_key") == 1
    # What spoke of 04 is now an orphan: its town and its bridge.
    assert found.count("unknown_municipality") == 2


def test_06_leading_zeros_lost_everywhere_but_in_the_map(tmp_path: Path) -> None:
    polygons(tmp_path / "b.gpkg", boxes())
    territory, report = new(tmp_path, BOTH % ("b.gpkg", ""), OWN.replace("\n0", "\n"))
    assert territory.municipalities.index.tolist() == ["01", "02", "03"]
    assert "zeros_restored" in {note.kind for note in report.notes}


def test_07_codes_that_are_nan(tmp_path: Path) -> None:
    polygons(tmp_path / "b.gpkg", boxes())
    own = OWN.replace("03,", "NaN,")
    assert refused(tmp_path, BOTH % ("b.gpkg", ""), own) == {
        "missing_value",
        "unknown_municipality",
    }


def test_08_codes_with_a_decimal_point(tmp_path: Path) -> None:
    polygons(tmp_path / "b.gpkg", boxes(), codes=["101", "102", "103"])
    own = "code,name,population\n101.0,A,5\n102.0,B,6\n103.0,C,7\n"
    territory, _ = new(tmp_path, BOTH % ("b.gpkg", ""), own)
    assert territory.municipalities.index.tolist() == ["101", "102", "103"]


def test_09_headers_of_mixed_case(package: Make, tmp_path: Path) -> None:
    found = check(package(municipalities=SOUND["municipalities"].replace("code,name", "Code,NAME")))
    assert [(f.kind, f.column) for f in found if f.table == "municipalities"] == [
        ("missing_column", "code"), ("missing_column", "name"),
    ]  # fmt: skip
    polygons(tmp_path / "b.gpkg", boxes())
    territory, _ = new(tmp_path, BOTH % ("b.gpkg", ""), OWN.replace("code,name", "Code,NAME"))
    assert territory.municipalities["name"].tolist() == ["A", "B", "C"]


# 10-13: texts


def test_10_one_file_in_two_encodings(tmp_path: Path) -> None:
    polygons(tmp_path / "b.gpkg", boxes())
    mixed = b"code,name,population\n01,Agli\xc3\xa8,5\n02,M\xfcnchen,6\n03,\x81\x8d,7\n"
    stated = (BOTH % ("b.gpkg", "")).replace("own.csv,", "own.csv, encoding: utf-8,")
    assert refused(tmp_path, stated, mixed) == {"mixed_encoding"}


def test_11_byte_order_marks(package: Make) -> None:
    for mark, encoding in (("\ufeff", "utf-8"), ("", "utf-16")):
        data = (mark + SOUND["municipalities"]).encode(encoding)
        found = kinds(package(f"p{encoding}", municipalities=data))
        assert found == ([] if encoding == "utf-8" else ["wrong_encoding"])


def test_12_control_characters_in_names(package: Make, tmp_path: Path) -> None:
    spoilt = SOUND["municipalities"].replace("가람시", '"가람\n시\u202e"')
    assert "control_character" in kinds(package(municipalities=spoilt))
    polygons(tmp_path / "b.gpkg", boxes())
    own = OWN.replace(",A,", ',"A\n\x07  e",')
    territory, report = new(tmp_path, BOTH % ("b.gpkg", ""), own)
    assert territory.municipalities["name"].iloc[0] == "A e"
    assert "texts_cleaned" in {note.kind for note in report.notes}


def test_13_formulas_in_cells(package: Make) -> None:
    spoilt = SOUND["municipalities"].replace("가람시", '"=HYPERLINK(""http://x"")"')
    assert kinds(package(municipalities=spoilt)) == ["formula_cell"]
    assert kinds(
        package("n", municipalities=SOUND["municipalities"].replace("50000", "=A1+1"))
    ) == ["not_a_number"]


# 14-16: numbers


def test_14_decimal_commas_and_thousands(tmp_path: Path) -> None:
    polygons(tmp_path / "b.gpkg", boxes())
    own = 'code;name;population\n01;A;"1.005,0"\n02;B;1 234\n03;C;12’345\n'
    territory, _ = new(tmp_path, BOTH % ("b.gpkg", ""), own)
    assert territory.municipalities["population"].tolist() == [1005, 1234, 12345]


def test_15_negative_numbers_and_future_years(package: Make) -> None:
    finance = "municipality,year,item,amount\n01,20230,x,1\n"
    people = "municipality,year,sex,age,persons\n01,2023,f,0,-5\n"
    assert sorted(kinds(package(finance=finance, population=people))) == ["bad_year", "negative"]


def test_16_ages_that_are_no_groups_of_five(package: Make) -> None:
    people = "municipality,year,sex,age,persons\n01,2023,f,0,5\n01,2023,f,15,5\n01,2023,f,65,5\n"
    assert kinds(package(population=people)) == ["age_groups"]


# 17-22: polygons


def test_17_multipart_municipalities_in_pieces(tmp_path: Path) -> None:
    polygons(tmp_path / "b.gpkg", boxes(4), codes=["01", "02", "03", "01"])
    territory, report = new(tmp_path, BOTH % ("b.gpkg", ""))
    assert territory.boundaries["01"].geom_type == "MultiPolygon"
    assert [f.value for f in report.mended if f.kind == "polygons_joined"] == ["01"]


def test_18_empty_and_missing_polygons(tmp_path: Path) -> None:
    polygons(tmp_path / "b.gpkg", [boxes()[0], shapely.Polygon(), None])
    assert refused(tmp_path, BOTH % ("b.gpkg", "")) == {"empty_polygon"}


def test_19_self_crossing_polygons(tmp_path: Path) -> None:
    bow = shapely.Polygon([(9, 45), (9.1, 45.1), (9.1, 45), (9, 45.1)])
    polygons(tmp_path / "b.gpkg", [bow, *boxes(2, west=9.1)])
    territory, report = new(tmp_path, BOTH % ("b.gpkg", ""))
    assert territory.boundaries.is_valid.all()
    assert [f.value for f in report.mended] == ["01"]


def test_20_the_same_polygon_under_two_codes(tmp_path: Path) -> None:
    polygons(tmp_path / "b.gpkg", [boxes()[0], boxes()[0], boxes()[2]])
    assert refused(tmp_path, BOTH % ("b.gpkg", "")) == {"same_polygon"}


def test_21_huge_and_infinite_coordinates(tmp_path: Path, package: Make) -> None:
    polygons(tmp_path / "b.gpkg", [shapely.box(1e30, 1e30, 2e30, 2e30), *boxes(2)], crs="EPSG:3035")
    assert "off_the_world" in refused(tmp_path, BOTH % ("b.gpkg", ""))
    for value in ("1e300", "inf", "127000000"):
        town = SOUND["settlements"].replace("127.00,37.00,50", f"{value},37.00,50")
        found = set(kinds(package(f"p{value}", settlements=town)))
        assert found & {"bad_longitude", "not_a_number"}, found


def test_22_points_and_lines_where_polygons_should_be(tmp_path: Path) -> None:
    polygons(tmp_path / "b.gpkg", [shapely.Point(9, 45), shapely.LineString([(9, 45), (10, 45)]),
                                   boxes()[2]])  # fmt: skip
    assert refused(tmp_path, BOTH % ("b.gpkg", "")) == {"empty_polygon"}


# 23-27: small and strange countries


def country(**columns: object) -> Territory:
    count = len(columns["code"])  # type: ignore[arg-type]
    frame = pd.DataFrame({"name": columns["code"], "area_km2": 1.0, "lat": 45.0, **columns})
    shapes = gpd.GeoDataFrame(
        {"code": columns["code"]},
        geometry=[shapely.box(x, 44.9, x + 0.1, 45.1) for x in np.asarray(columns["lon"])],
        crs="EPSG:4326",
    )
    assert len(frame) == count
    return Territory.from_tables({"municipalities": frame, "boundaries": shapes})


def allied(territory: Territory) -> pd.Series:
    from gangso.alliances import partition

    scenario = resolve({"alliances": {"weights": {"population": 1, "span": 1}}})
    return partition(territory, scenario.alliances).membership["status"]


def test_23_one_municipality() -> None:
    territory = country(code=["1"], lon=[9.0], population=[5])
    assert allied(territory).tolist() == ["alone"]
    assert territory.islands == ("1",)


def test_24_no_neighbours_at_all() -> None:
    territory = country(code=["1", "2", "3"], lon=[9.0, 12.0, 15.0], population=[5, 6, 7])
    assert territory.islands == ("1", "2", "3")
    assert allied(territory).tolist() == ["alone"] * 3


def test_25_nobody_lives_there() -> None:
    territory = country(code=["1", "2"], lon=[9.0, 9.1], population=[0, 0])
    assert set(allied(territory)) <= {"alone", "allied"}


def test_26_missing_and_empty_tables(package: Make) -> None:
    assert kinds(package("none", municipalities=None))[0] == "table_missing"
    assert kinds(package("empty", municipalities="code,name,population\n"))[0] == "empty_table"
    assert "empty_table" in kinds(package("blank", settlements=" \n"))


# 28-30: archives


@pytest.mark.parametrize("name", ["../own.csv", "/etc/own.csv", "..\\own.csv", "C:own.csv"])
def test_27_archives_that_lead_outside(tmp_path: Path, name: str) -> None:
    for path in (tmp_path / "p.zip", tmp_path / "b.zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, "code\n1\n")
            archive.writestr("b.geojson", "{}")
    assert kinds(tmp_path / "p.zip") == ["archive_path"]
    assert "archive_path" in refused(tmp_path, BOTH % ("b.zip", ""))


def test_28_a_bomb(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("own.csv", b"0" * (80 << 20))
    text = BOTH.replace("own.csv", "b.zip") % ("b.gpkg", "")
    assert "archive_bomb" in refused(tmp_path, text)


def test_29_an_archive_of_several_maps(tmp_path: Path) -> None:
    for name in ("a", "b"):
        polygons(tmp_path / f"{name}.geojson", boxes())
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for name in ("a", "b"):
            archive.write(tmp_path / f"{name}.geojson", f"{name}.geojson")
    assert "which_layer" in refused(tmp_path, BOTH % ("two.zip", ""))
    territory, _ = new(tmp_path, BOTH % ("two.zip", ", layer: a"))
    assert len(territory.boundaries) == 3


def test_30_the_command_reports_and_leaves_nothing(tmp_path: Path) -> None:
    polygons(tmp_path / "b.shp", boxes(2), crs=None, codes=["01", "77"])
    (tmp_path / "own.csv").write_text("code,name,population\n01,A,5\n01,B,-6\n03,,many\n")
    (tmp_path / "mapping.yaml").write_text(BOTH % ("b.shp", ""))
    asked = ["new", "--mapping", str(tmp_path / "mapping.yaml"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*asked, "--lang", "en", "--json"])
    assert done.exit_code == 2
    assert not (tmp_path / "out").exists()
    faults = json.loads(done.stdout)["error"]["faults"]
    assert {(f["kind"], f["row"]) for f in faults} >= {
        ("duplicate_key", 3), ("negative", 3), ("missing_value", 4), ("not_a_number", 4),
        ("no_crs_in", None), ("unknown_municipality", 3), ("boundary_missing", None),
    }  # fmt: skip
