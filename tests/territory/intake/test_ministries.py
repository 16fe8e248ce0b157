"""What ministries hand out: heads of two lines, totals, notes, codes in pieces or too long."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from openpyxl import Workbook

from gangso.errors import BadInputError, Fault
from gangso.territory import Territory, load
from gangso.territory.intake import Mapping, make_package, propose_mapping, read_mapping
from gangso.territory.intake.new import NewReport
from gangso.territory.intake.numerals import plain_numbers


def kinds(faults: tuple[Fault, ...] | list[Fault]) -> set[str]:
    return {fault.kind for fault in faults}


def squares(path: Path, codes: list[str], column: str = "id", **further: object) -> None:
    shapes = [shapely.box(10 + i / 10, 45, 10.1 + i / 10, 45.1) for i in range(len(codes))]
    gpd.GeoDataFrame({**further, column: codes}, geometry=shapes, crs="EPSG:4326").to_file(path)


def made(mapping: Mapping, folder: Path) -> tuple[Territory, NewReport]:
    report = make_package(mapping, folder / "out", form="csv", overwrite=True)
    return load(folder / "out"), report


def dropping(mapping: Mapping) -> Mapping:
    changes = {"drop_incomplete": True, "drop_unmatched": True}
    tables = {
        name: tuple(part.model_copy(update=changes) for part in parts)
        for name, parts in mapping.tables.items()
    }
    return mapping.model_copy(update={"tables": tables})


JAPAN = """総人口,,,,,,
1月1日現在,,,,,,
団体コード,都道府県名,市区町村名,人口,,,世帯数
,,,男,女,計,
010006,北海道,-,"370","430","800","300"
012025,北海道,函館市,"１００","120","220","90"
012033,北海道,小樽市,"150","160","310","120"
012041,北海道,旭川市,"120","150","270","90"
,,,,,,
注) 外国人を含む,,,,,,
"""


def test_japan_two_lines_of_names_totals_and_check_digits(tmp_path: Path) -> None:
    (tmp_path / "jinko.csv").write_bytes(JAPAN.encode("cp932"))
    squares(tmp_path / "N03.geojson", ["01202", "01203", "01204"], "N03_007")
    proposal = propose_mapping(sorted(tmp_path.iterdir()))
    own = proposal.mapping.tables["municipalities"][0]
    assert (own.header, own.header_lines) == (3, 2)
    assert own.columns["population"] == "人口 計"  # not that of the men, which stands first
    territory, report = made(dropping(proposal.mapping), tmp_path)
    assert territory.municipalities["population"].to_dict() == {
        "01202": 220, "01203": 310, "01204": 270,
    }  # fmt: skip
    assert "codes_shortened" in kinds(report.notes)
    off = next(fault for fault in report.dropped if fault.kind == "off_the_map")
    assert off.value == "01000 -"
    assert off.row == 5


def test_a_total_is_no_municipality(tmp_path: Path) -> None:
    lines = ["code,name,state,residents,lon,lat", "10000,Land,A,60,10,45", "10001,a,A,10,10,45",
             "10002,b,A,20,10.1,45", "10003,c,A,30,10.2,45"]  # fmt: skip
    (tmp_path / "t.csv").write_text("\n".join(lines))
    mapping = propose_mapping([tmp_path / "t.csv"]).mapping
    with pytest.raises(BadInputError) as caught:
        made(mapping, tmp_path)
    assert [(f.kind, f.row) for f in caught.value.faults] == [("total_row", 2)]
    territory, report = made(dropping(mapping), tmp_path)
    assert territory.municipalities.index.tolist() == ["10001", "10002", "10003"]
    assert "total_dropped" in kinds(report.dropped)


def test_america_codes_in_two_columns_and_the_last_of_several_years(tmp_path: Path) -> None:
    lines = [
        "SUMLEV,STATE,COUNTY,STNAME,CTYNAME,CENSUS2010POP,POPESTIMATE2018,POPESTIMATE2019",
        "40,20,0,Kansas,Kansas,60,66,69",
        "50,20,1,Kansas,Allen County,10,11,12",
        "50,20,3,Kansas,Doña Ana County,20,22,23",
        "50,20,5,Kansas,Atchison County,30,33,34",
    ]
    (tmp_path / "co-est.csv").write_bytes("\n".join(lines).encode("latin-1"))
    frame = gpd.GeoDataFrame(
        {"GEOID20": ["20001", "20003", "20005"], "ALAND20": [1, 2, 3]},
        geometry=[shapely.box(-98 + i / 10, 38, -97.9 + i / 10, 38.1) for i in range(3)],
        crs="EPSG:4326",
    ).to_crs("EPSG:5070")
    frame.to_parquet(tmp_path / "tl.parquet")
    mapping = propose_mapping(sorted(tmp_path.iterdir())).mapping
    own = mapping.tables["municipalities"][0]
    assert own.combine == {"code": "{STATE:02}{COUNTY:03}"}
    assert own.columns["population"] == "POPESTIMATE2019"
    assert mapping.metadata.reference_year == 2019
    assert read_back(mapping, tmp_path) == mapping
    territory, _ = made(dropping(mapping), tmp_path)
    assert territory.municipalities["population"].to_dict() == {
        "20001": 12, "20003": 23, "20005": 34,
    }  # fmt: skip
    assert territory.municipalities.loc["20003", "name"] == "Doña Ana County"


def read_back(mapping: Mapping, folder: Path) -> Mapping:
    (folder / "m.yaml").write_text(mapping.to_yaml(), encoding="utf-8")
    return read_mapping(folder / "m.yaml")


def test_spain_a_workbook_with_titles_and_the_axes_exchanged(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    page.title = "Índice"
    page["A1"] = "Instituto"
    page = book.create_sheet("Tabla 1")
    page["A1"] = "Cifras oficiales de población"
    page.merge_cells("A1:E1")
    page.append([])
    page.append(["Código INE", "Municipio", "Población", None, None])
    page.append([None, None, "Total", "Hombres", "Mujeres"])
    for row in ([1001, "Alegría", 300, 140, 160], [1002, "Amurrio", 500, 260, 240],
                [1003, "Añana", 150, 70, 80], ["Fuente: INE", None, None, None, None]):  # fmt: skip
        page.append(row)
    book.save(tmp_path / "pobmun.xlsx")
    shapes = [shapely.box(42, -3 + i / 10, 42.1, -2.9 + i / 10) for i in range(3)]
    gpd.GeoDataFrame(
        {"CODIGOINE": ["01001", "01002", "01003"]}, geometry=shapes, crs="EPSG:4326"
    ).to_file(tmp_path / "recintos.geojson")
    mapping = propose_mapping(sorted(tmp_path.iterdir())).mapping
    own = mapping.tables["municipalities"][0]
    assert (own.sheet, own.header, own.header_lines) == ("Tabla 1", 3, 2)
    assert own.columns["population"] == "Población Total"
    turned = mapping.tables["boundaries"][0].model_copy(update={"swap_axes": True})
    mapping = mapping.model_copy(update={"tables": {**mapping.tables, "boundaries": (turned,)}})
    territory, _ = made(dropping(mapping), tmp_path)
    assert territory.municipalities.index.tolist() == ["01001", "01002", "01003"]
    assert territory.municipalities["lat"].round(2).tolist() == [42.05, 42.05, 42.05]


def test_small_areas_add_up_to_municipalities(tmp_path: Path) -> None:
    lines = ["GID_2,NAME_2,GID_3,pop", "L.1_1,Uno,L.1.1_1,10", "L.1_1,Uno,L.1.2_1,30",
             "L.2_1,Due,L.2.1_1,25"]  # fmt: skip
    (tmp_path / "areas.csv").write_text("\n".join(lines))
    squares(tmp_path / "gadm.gpkg", ["L.1.1_1", "L.1.2_1", "L.2.1_1"], "GID_3",
            GID_2=["L.1_1", "L.1_1", "L.2_1"])  # fmt: skip
    text = """
tables:
  municipalities:
    file: areas.csv
    columns: {code: GID_2, name: NAME_2, population: pop}
    add_up: true
  boundaries: {file: gadm.gpkg, columns: {code: GID_2}}
"""
    (tmp_path / "m.yaml").write_text(text)
    territory, report = made(read_mapping(tmp_path / "m.yaml"), tmp_path)
    assert territory.municipalities["population"].to_dict() == {"L.1_1": 40, "L.2_1": 25}
    assert {"rows_added_up"} <= kinds(report.notes)
    assert {"polygons_joined"} == kinds(report.mended)


def test_marks_of_notes_are_no_digits() -> None:
    column = pd.Series(["1.234(1)", "2.345", "987³", "12 345 r", "4.567*"])
    plain, unsure, _ = plain_numbers(column, None, counts=True)
    assert not unsure.any() or plain.notna().all()
    figures, _, _ = plain_numbers(pd.Series(["987³", "12 r", "5*", "1 234(2)"]), None)
    assert figures.tolist() == ["987", "12", "5", "1234"]


def test_the_map_is_keyed_by_the_column_whose_values_meet(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("code,name,population\nA7,x,10\nB7,y,20\nC7,z,30\n")
    squares(tmp_path / "map.gpkg", ["900", "901", "902"], "id", region_key=["A7", "B7", "C7"])
    mapping = propose_mapping(sorted(tmp_path.iterdir())).mapping
    assert mapping.tables["boundaries"][0].columns == {"code": "region_key"}


def test_names_serve_where_there_are_no_codes(tmp_path: Path) -> None:
    lines = ["Town,Region,Latitude,Longitude,Residents (2016)", 'Ash,N,45,10,"1,200"',
             'Birch,N,45.1,10.2,"900"', 'Cedar,S,44.9,10.1,"12,000"']  # fmt: skip
    (tmp_path / "towns.csv").write_text("\n".join(lines))
    proposal = propose_mapping([tmp_path / "towns.csv"])
    assert "code_from_name" in kinds(proposal.notes)
    assert ("municipalities", "code") in proposal.doubts
    territory, _ = made(proposal.mapping, tmp_path)
    assert territory.municipalities["population"].to_dict() == {
        "Ash": 1200, "Birch": 900, "Cedar": 12000,
    }  # fmt: skip
    assert territory.metadata.reference_year == 2016


def test_residents_by_year_are_an_indicator(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("code,name,population\n101,x,10\n102,y,20\n")
    (tmp_path / "jinko_suii.csv").write_text(
        "code,name,2010年,2015年,2020年\n101,x,1,2,3\n102,y,4,5,6\n"
    )
    squares(tmp_path / "map.gpkg", ["101", "102"])
    mapping = propose_mapping(sorted(tmp_path.iterdir())).mapping
    territory, _ = made(mapping, tmp_path)
    assert territory.indicators is not None
    rows = territory.indicators.set_index(["municipality", "year"])
    assert rows.loc[("102", 2015), "value"] == 5
    assert set(rows["item"]) == {"jinko_suii"}


def test_points_in_metres_are_told_before_anything_is_made(tmp_path: Path) -> None:
    lines = ["code,name,x,y,population", "1,a,600000,5000000,10", "2,b,610000,5010000,20"]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    proposal = propose_mapping([tmp_path / "t.csv"])
    assert proposal.unplaced == {tmp_path / "t.csv"}
    assert "no_crs_in" in kinds(proposal.notes)


def test_a_line_of_names_beyond_the_end(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("code,name,population\n1,a,10\n")
    text = "tables: {municipalities: {file: t.csv, header: 9, columns: {code: code}}}"
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(BadInputError) as caught:
        made(read_mapping(tmp_path / "m.yaml"), tmp_path)
    assert "no_such_line" in kinds(caught.value.faults)


def test_a_mapping_that_is_wrong_throughout_is_one_report(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("code,name,population\n1,a,10\n")
    squares(tmp_path / "map.gpkg", ["1"])
    book = Workbook()
    book.save(tmp_path / "book.xlsx")
    text = """
tables:
  municipalities: {file: t.csv, columns: {code: AGS, name: Gemeinde, population: Einwohner}}
  population: {file: t.csv, encoding: utf8x, columns: {municipality: code}}
  finance: {file: book.xlsx, sheet: Nada, columns: {municipality: code}}
  boundaries: {file: map.gpkg, columns: {code: ARS}, crs: "EPSG:99999"}
  flows: {file: nothere.csv, columns: {origin: a}}
  indicators: {file: map.gpkg, layer: other, columns: {municipality: id}}
"""
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(BadInputError) as caught:
        made(read_mapping(tmp_path / "m.yaml"), tmp_path)
    found = {(fault.kind, fault.table) for fault in caught.value.faults}
    assert found >= {
        ("no_such_column", "municipalities"), ("no_such_column", "boundaries"),
        ("no_such_encoding", "population"), ("no_such_sheet", "finance"),
        ("bad_crs", "boundaries"), ("file_missing", "flows"), ("no_such_layer", "indicators"),
    }  # fmt: skip
    for fault in caught.value.faults:
        assert all((fault.problem(lang), fault.fix(lang)) for lang in ("ko", "en"))
    (tmp_path / "m.yaml").write_text(
        "tables: {municipality: {file: t.csv}, municipalities: {file: t.csv, columns: {kode: x}}}"
    )
    with pytest.raises(BadInputError) as caught:
        read_mapping(tmp_path / "m.yaml")
    said = str(caught.value)
    assert "'municipality' is no table" in said
    assert "no attribute kode" in said
