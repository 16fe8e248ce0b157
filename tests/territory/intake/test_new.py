"""A planner's own files become a package."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gangso.errors import BadInputError
from gangso.territory import load
from gangso.territory.intake import (
    Mapping,
    TableMapping,
    make_package,
    propose_mapping,
    read_mapping,
)
from gangso.texts import say

COMUNI = """\ufeffPRO_COM,COMUNE,DEN_PROV,Pop_2021
001,Agliè,Torino,2600
002,None,Torino,7900
003,Nuova,Torino,
,,,
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    table = tmp_path / "comuni.csv"
    table.write_text(COMUNI, encoding="utf-8")
    bow = shapely.Polygon([(7, 45), (7.2, 45.2), (7.2, 45), (7, 45.2)])
    frame = gpd.GeoDataFrame(
        {"pro_com": ["001", "002", "003", None]},
        geometry=[bow, shapely.box(7.2, 45, 7.4, 45.2), shapely.box(7.4, 45, 7.6, 45.2), bow],
        crs="EPSG:4326",
    ).to_crs(32632)
    polygons = tmp_path / "confini.gpkg"
    frame.to_file(polygons)
    return table, polygons


def complete(mapping: Mapping, **changes: object) -> Mapping:
    tables = {
        name: tuple(p.model_copy(update={"drop_incomplete": True, **changes}) for p in parts)
        for name, parts in mapping.tables.items()
    }
    return mapping.model_copy(update={"tables": tables})


def test_a_mapping_is_proposed(files: tuple[Path, Path], tmp_path: Path) -> None:
    proposal = propose_mapping(files)
    mapping = proposal.mapping
    assert proposal.faults == []
    assert mapping.tables["municipalities"][0].columns == {
        "code": "PRO_COM", "name": "COMUNE", "province": "DEN_PROV", "population": "Pop_2021",
    }  # fmt: skip
    assert mapping.tables["boundaries"][0].columns == {"code": "pro_com"}
    (tmp_path / "mapping.yaml").write_text(mapping.to_yaml(), encoding="utf-8")
    assert read_mapping(tmp_path / "mapping.yaml") == mapping


def test_incomplete_rows_are_faults(files: tuple[Path, Path], tmp_path: Path) -> None:
    mapping = propose_mapping(files).mapping
    with pytest.raises(BadInputError) as caught:
        make_package(mapping, tmp_path / "out")
    assert [(f.table, f.row, f.column, f.kind) for f in caught.value.faults] == [
        ("municipalities", 4, "population", "missing_value"),
        ("boundaries", 5, "code", "missing_value"),
    ]
    assert "drop_incomplete" in caught.value.faults[0].fix("ko")
    assert not (tmp_path / "out").exists()


def test_incomplete_rows_are_dropped_by_name_when_asked(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    mapping = propose_mapping(files).mapping
    report = make_package(complete(mapping), tmp_path / "out.zip")
    assert report.rows == {"municipalities": 2, "boundaries": 2}
    assert [(f.table, f.value) for f in report.dropped] == [
        ("municipalities", "003 Nuova"), ("boundaries", "–"), ("boundaries", "003"),
    ]  # fmt: skip
    assert [f.value for f in report.mended] == ["001"]
    for fault in report.dropped + report.mended:
        assert fault.problem("ko")
        assert fault.fix("en")
    territory = load(tmp_path / "out.zip")
    assert territory.municipalities["name"].tolist() == ["Agliè", "None"]
    assert territory.municipalities.loc["002", "lon"] == pytest.approx(7.3, abs=0.01)
    assert [*zip(territory.contiguity["a"], territory.contiguity["b"], strict=True)] == [
        ("001", "002")
    ]
    assert "flows" in report.missing
    for table in report.missing:
        for lang in ("ko", "en"):
            assert say(f"missing.{table}", lang)


def test_points_in_metres_and_facilities_without_ids(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("code,name,population,area_km2,x,y\n1,A,5,2,1000000,2000000\n")
    shops = tmp_path / "shops.xlsx"
    pd.DataFrame({"service": ["shop"], "code": ["1"], "lon": [127.5], "lat": [38.0]}).to_excel(
        shops, index=False
    )
    mapping = Mapping(
        tables={
            "municipalities": TableMapping(
                file=own,
                crs="EPSG:5179",
                columns={c: c for c in ("code", "name", "population", "area_km2")}
                | {"lon": "x", "lat": "y"},
                constants={"kind": "city"},
            ),
            "facilities": TableMapping(
                file=shops,
                columns={"service": "service", "municipality": "code", "lon": "lon", "lat": "lat"},
            ),
        }
    )
    make_package(mapping, tmp_path / "out", form="csv")
    territory = load(tmp_path / "out")
    assert territory.municipalities.loc["1", ["lon", "lat"]].tolist() == pytest.approx([127.5, 38])
    assert territory.municipalities.loc["1", "kind"] == "city"
    assert territory.require("facilities")["id"].tolist() == ["f1"]


def test_faults_of_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    for text in ("tables: {towns: {file: a.csv}}", "tables: [", "colour: red", ""):
        path.write_text(text)
        with pytest.raises(BadInputError):
            read_mapping(path)
    missing = Mapping(tables={"municipalities": TableMapping(file=tmp_path / "nowhere.csv")})
    with pytest.raises(BadInputError) as caught:
        make_package(missing, tmp_path / "out")
    assert "file_missing" in {f.kind for f in caught.value.faults}


def test_a_column_that_is_not_there(files: tuple[Path, Path], tmp_path: Path) -> None:
    mapping = Mapping(
        tables={"municipalities": TableMapping(file=files[0], columns={"code": "ISTAT"})}
    )
    with pytest.raises(BadInputError) as caught:
        make_package(mapping, tmp_path / "out")
    assert "no_such_column" in {f.kind for f in caught.value.faults}


def test_wide_ages_several_files_and_what_only_names_say(tmp_path: Path) -> None:
    ages = ",".join(f"a{age}" for age in range(0, 105, 5))
    figures = ",".join(["10"] * 21)
    texts = {
        "units_2020.csv": "code,name,lon,lat,population\n001,A,7.1,45.1,420\n002,B,7.2,45.1,420\n",
        "people.csv": f"code,year,sex,{ages}\n"
        + "".join(f"{c},2020,{s},{figures}\n" for c in ("001", "002") for s in "fm"),
        "moves_2019.csv": "origin,destination,moves\n001,002,5\n",
        "moves_2020.csv": "origin,destination,moves\n001,002,7\n",
        "od.csv": "origin,destination,trips\n001,002,70\n",
        "pharmacies_202006.csv": "lon,lat,insee\n7.1,45.1,001\n",
        "krankenhaus.csv": "lon,lat,insee\n7.2,45.1,002\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    proposal = propose_mapping([tmp_path / name for name in texts])
    assert proposal.faults == []
    assert set(proposal.doubts) == {("facilities", "service")}
    assert proposal.mapping.metadata.reference_year == 2020
    made = make_package(proposal.mapping, tmp_path / "land")
    assert made.rows["population"] == 2 * 2 * 21
    territory = load(tmp_path / "land")
    assert territory.metadata.title["en"] == "land"
    assert territory.flows is not None
    told = territory.flows[["kind", "year", "amount"]].astype(object).fillna(0).to_numpy().tolist()
    assert sorted(told) == [["migration", 2019, 5], ["migration", 2020, 7], ["trips", 0, 70]]
    assert territory.facilities is not None
    assert sorted(territory.facilities["service"]) == ["hospital", "pharmacy"]


def test_titles_sheets_layers_and_two_lost_zeros(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"Codice": ["002002", "002003"], "Comune": ["Alagna", "Albano"], "Popolazione": [400, 300]}
    )
    with pd.ExcelWriter(tmp_path / "comuni.xlsx") as book:
        pd.DataFrame({"read me": ["nothing here"]}).to_excel(book, sheet_name="info", index=False)
        table.astype({"Codice": int}).to_excel(book, sheet_name="dati", startrow=3, index=False)
    shapes = gpd.GeoDataFrame(
        {"pro_com": table["Codice"]},
        geometry=[shapely.box(7, 45, 7.2, 45.2), shapely.box(7.2, 45, 7.4, 45.2)], crs=4326,
    )  # fmt: skip
    shapes.to_file(tmp_path / "mappa.gpkg", layer="comuni")
    shapes.dissolve().to_file(tmp_path / "mappa.gpkg", layer="regione")
    shapes.set_geometry(shapes.representative_point()).to_file(
        tmp_path / "mappa.gpkg", layer="punti"
    )
    proposal = propose_mapping([tmp_path / "comuni.xlsx", tmp_path / "mappa.gpkg"])
    assert proposal.faults == []
    own, drawn = (proposal.mapping.tables[name][0] for name in ("municipalities", "boundaries"))
    assert (own.sheet, own.header, drawn.layer) == ("dati", 4, "comuni")
    assert {note.kind for note in proposal.notes} == {"header_found", "layer_chosen"}
    report = make_package(proposal.mapping, tmp_path / "out")
    assert "zeros_restored" in {note.kind for note in report.notes}
    assert load(tmp_path / "out").municipalities.index.tolist() == ["002002", "002003"]
