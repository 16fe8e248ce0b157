"""Raw files as the statistical offices of several countries publish them (small, of our making)."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gangso.errors import BadInputError, Fault
from gangso.territory import Territory, load
from gangso.territory.intake import Mapping, make_package, propose_mapping, read_mapping
from gangso.territory.intake.new import NewReport


def kinds(faults: tuple[Fault, ...] | list[Fault]) -> set[str]:
    return {fault.kind for fault in faults}


def squares(
    path: Path, codes: list[str], column: str, west: float, south: float, **save: object
) -> None:
    shapes = [shapely.box(west + i * 0.1, south, west + (i + 1) * 0.1, south + 0.1)
              for i in range(len(codes))]  # fmt: skip
    frame = gpd.GeoDataFrame({column: codes}, geometry=shapes, crs="EPSG:4326")
    crs = save.pop("crs", "EPSG:4326")
    frame.to_crs(crs).to_file(path, **save)


def made(text: str, folder: Path) -> tuple[Territory, NewReport]:
    (folder / "mapping.yaml").write_text(text, encoding="utf-8")
    report = make_package(read_mapping(folder / "mapping.yaml"), folder / "out", form="csv")
    return load(folder / "out"), report


def test_japan_shift_jis_and_codes_of_five_digits(tmp_path: Path) -> None:
    head = "団体コード,都道府県名,市区町村名,人口"
    table = "\n".join([head, '01202,北海道,函館市,"244,431"', '01203,北海道,小樽市,"107,432"\n'])
    (tmp_path / "jinko.csv").write_bytes(table.encode("cp932"))
    squares(tmp_path / "N03.geojson", ["01202", "01203"], "N03_007", 140.7, 41.8)
    proposal = propose_mapping(sorted(tmp_path.iterdir()))
    own = proposal.mapping.tables["municipalities"][0]
    assert own.columns == {
        "code": "団体コード", "name": "市区町村名", "province": "都道府県名", "population": "人口",
    }  # fmt: skip
    assert own.encoding == "cp932"
    assert kinds(proposal.notes) == {"encoding_guessed"}
    text = proposal.mapping.model_copy(update={"preset": None}).to_yaml()
    territory, report = made("preset: JP\n" + text, tmp_path)
    assert territory.municipalities["name"].tolist() == ["函館市", "小樽市"]
    assert territory.municipalities.index.tolist() == ["01202", "01203"]
    assert territory.municipalities["population"].tolist() == [244431, 107432]
    assert territory.metadata.currency == "JPY"
    assert "no_source" in kinds(report.notes)
    assert territory.names("en").tolist() == ["函館市", "小樽市"]


GERMAN = """AGS;Gemeinde;Fläche km²;Insgesamt
9162000;München, Landeshauptstadt;310,70;1.488.202
9163000;Rosenheim;37,22;63.591
9172111;Ainring;33,02;-
"""


def test_germany_lost_zeros_decimal_commas_and_title_lines(tmp_path: Path) -> None:
    (tmp_path / "gemeinden.csv").write_bytes(
        ("Bevölkerung\nStand 2021\n" + GERMAN).encode("cp1252")
    )
    squares(tmp_path / "vg250.shp", ["09162000", "09163000", "09172111"], "AGS", 11.5, 48.0,
            crs="EPSG:25832")  # fmt: skip
    territory, report = made(
        """
preset: DE
tables:
  municipalities:
    file: gemeinden.csv
    header: 3
    columns: {code: AGS, name: Gemeinde, area_km2: Fläche km², population: Insgesamt}
    drop_incomplete: true
    source: {title: Destatis, vintage: 2021, licence: dl-de/by-2-0}
  boundaries: {file: vg250.shp, columns: {code: AGS}, drop_unmatched: true,
               source: {title: "BKG, VG250", vintage: 2022, licence: dl-de/by-2-0}}
""",
        tmp_path,
    )
    own = territory.municipalities
    assert own.index.tolist() == ["09162000", "09163000"]
    assert own["population"].tolist() == [1488202, 63591]
    assert own["area_km2"].tolist() == [310.70, 37.22]
    assert own["name"].iloc[0] == "München, Landeshauptstadt"
    assert {"zeros_restored", "encoding_guessed", "unknown_signs"} <= kinds(report.notes)
    assert [f.value for f in report.dropped if f.kind == "row_dropped"] == ["9172111 Ainring"]
    assert [s.title for s in territory.metadata.sources] == ["Destatis", "BKG, VG250"]
    assert "dl-de/by-2-0" in (tmp_path / "out" / "datapackage.json").read_text()


def test_numbers_that_can_be_read_in_two_ways_are_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("code;name;population\n01;A;1.234\n02;B;5.678\n")
    squares(tmp_path / "b.geojson", ["01", "02"], "code", 11, 48)
    text = """
tables:
  municipalities: {file: g.csv, columns: {code: code, name: name, population: population}}
  boundaries: {file: b.geojson, columns: {code: code}}
"""
    with pytest.raises(BadInputError) as caught:
        made(text, tmp_path)
    assert [(f.kind, f.row, f.value) for f in caught.value.faults] == [
        ("ambiguous_number", 2, "1.234"), ("ambiguous_number", 3, "5.678"),
    ]  # fmt: skip
    for line, expected in (("preset: DE", 1234), ("", 1234)):
        stated = text if line else text.replace("g.csv,", "g.csv, decimal: ',',")
        territory, _ = made(line + stated, tmp_path)
        assert territory.municipalities["population"].iloc[0] == expected
        (tmp_path / "out").rename(tmp_path / f"out{line[-2:]}")


def test_spain_code_and_name_in_one_column_and_a_long_table(tmp_path: Path) -> None:
    (tmp_path / "ine.csv").write_bytes(
        "Municipios;Sexo;Periodo;Total\n"
        "15030 Coruña, A;Total;2022;244.700\n15030 Coruña, A;Hombres;2022;113.100\n"
        "15031 Culleredo;Total;2022;30.758\n15031 Culleredo;Hombres;2022;14.800\n".encode("latin-1")
    )
    squares(tmp_path / "recintos.gpkg", ["15030", "15031"], "natcode", -8.4, 43.3, crs="EPSG:25829")
    territory, _ = made(
        r"""
metadata: {name: galicia, languages: [es, en], currency: EUR}
tables:
  municipalities:
    file: ine.csv
    where: {Sexo: Total, Periodo: 2022}
    split: {Municipios: '^(?P<code>\d{5}) (?P<name>.+)$'}
    decimal: ","
    columns: {code: code, name: name, population: Total}
  boundaries: {file: recintos.gpkg, columns: {code: natcode}}
""",
        tmp_path,
    )
    own = territory.municipalities
    assert own["name"].tolist() == ["Coruña, A", "Culleredo"]
    assert own["population"].tolist() == [244700, 30758]
    (tmp_path / "simple.csv").write_text(
        "Municipios;Población\n15030 Coruña, A;244.700\n15031 Culleredo;30.758\n"
    )
    proposal = propose_mapping([tmp_path / "simple.csv"])
    assert proposal.mapping.tables["municipalities"][0].split


def test_france_mergers_by_a_dated_crosswalk(tmp_path: Path) -> None:
    """Two communes merge in 2019 and one is renamed in 2021; figures are of 2018."""
    (tmp_path / "pop.csv").write_text(
        "CODGEO,LIBGEO,PMUN\n49001,Bourg,900\n49002,Petit,100\n49003,Vieux,50\n49004,Reste,70\n"
    )
    (tmp_path / "cog.csv").write_text(
        "COM_AV,COM_AP,DATE_EFF\n49001,49001,2019-01-01\n49002,49001,2019-01-01\n49003,49033,2021-01-01\n49004,99999,2030-01-01\n"
    )
    (tmp_path / "od.csv").write_text("o,d,n\n49002,49003,5\n49001,49003,7\n49003,49004,1\n")
    squares(tmp_path / "communes.geojson", ["49001", "49033", "49004"], "code", -0.6, 47.4)
    territory, report = made(
        """
crosswalk: {file: cog.csv, old: COM_AV, new: COM_AP, date: DATE_EFF, until: 2022-01-01}
tables:
  municipalities:
    file: pop.csv
    columns: {code: CODGEO, name: LIBGEO, population: PMUN}
    codes_of: 2018-01-01
  boundaries: {file: communes.geojson, columns: {code: code}}
  flows:
    file: od.csv
    columns: {origin: o, destination: d, amount: n}
    constants: {kind: commuting}
    codes_of: 2018-01-01
""",
        tmp_path,
    )
    own = territory.municipalities
    assert own["population"].to_dict() == {"49001": 1000, "49004": 70, "49033": 50}
    assert own.loc["49001", "name"] == "Bourg"
    assert territory.require("flows").set_index(["origin", "destination"])["amount"].to_dict() == {
        ("49001", "49033"): 12, ("49033", "49004"): 1,
    }  # fmt: skip
    changed = {(f.value, f.details["new"]) for f in report.notes if f.kind == "code_changed"}
    assert changed == {("49002", "49001"), ("49003", "49033")}


def test_a_split_divides_counts_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "pop.csv").write_text("code,name,persons\nA,Alt,1000\nC,Bleibt,10\n")
    (tmp_path / "walk.csv").write_text("old,new,share\nA,A1,0.25\nA,A2,0.75\n")
    (tmp_path / "own.csv").write_text(
        "code,name,population,area_km2,lon,lat\nA1,P,200,1,7,50\nA2,Q,800,1,7.1,50\nC,R,10,1,7.2,50\n"
    )
    (tmp_path / "fin.csv").write_text("code,year,item,amount\nA,2020,budget,5\n")
    text = """
crosswalk: {file: walk.csv, day: 2020-06-01, share: share}
tables:
  municipalities:
    file: own.csv
    columns: {code: code, name: name, population: population, area_km2: area_km2}
    keep: [lon, lat]
  population:
    file: pop.csv
    columns: {municipality: code, persons: persons}
    constants: {year: 2019, sex: f, age: 0}
    codes_of: 2020-01-01
"""
    territory, _ = made(text, tmp_path)
    rows = territory.require("population").set_index("municipality")["persons"]
    assert rows.to_dict() == {"A1": 250, "A2": 750, "C": 10}
    money = """
  finance:
    file: fin.csv
    columns: {municipality: code, year: year, item: item, amount: amount}
    codes_of: 2020-01-01
"""
    (tmp_path / "out").rename(tmp_path / "first")
    with pytest.raises(BadInputError) as caught:
        made(text + money, tmp_path)
    assert kinds(list(caught.value.faults)) >= {"cannot_split"}
    (tmp_path / "walk.csv").write_text("old,new,share\nA,A1,0.25\nA,A2,0.7\n")
    with pytest.raises(BadInputError) as caught:
        made(text, tmp_path)
    assert ("bad_share", "A") in {(f.kind, f.value) for f in caught.value.faults}


def test_united_states_fips_from_two_files_and_a_zipped_shapefile(tmp_path: Path) -> None:
    (tmp_path / "co-est.csv").write_text(
        "STNAME,CTYNAME,FIPS,POPESTIMATE2023\nAlabama,Autauga County,1001,60342\n"
        "Alabama,Baldwin County,1003,253507\nAlabama,Alabama,1000,5108468\n"
    )
    folder = tmp_path / "shape"
    folder.mkdir()
    squares(folder / "tl_county.shp", ["01001", "01003"], "GEOID", -86.9, 32.3, crs="EPSG:4269")
    shutil.make_archive(str(tmp_path / "tl_county"), "zip", folder)
    territory, report = made(
        """
metadata: {name: alabama, languages: [en], currency: USD}
tables:
  municipalities:
    file: co-est.csv
    columns: {code: FIPS, name: CTYNAME, province: STNAME, population: POPESTIMATE2023}
    where: {CTYNAME: [Autauga County, Baldwin County]}
    pad: {code: 5}
  boundaries: {file: tl_county.zip, columns: {code: GEOID}}
""",
        tmp_path,
    )
    assert territory.municipalities.index.tolist() == ["01001", "01003"]
    assert territory.municipalities["area_km2"].notna().all()
    assert "population" in report.missing


WIDE = """코드,연도,남_0~4세,남_5~9세,여_0~4세,여_5~9세,남_10~14세,여_10~14세
01,2020,1,2,3,4,5,6
02,2020,7,8,9,10,11,12
"""


def test_wide_tables_of_ages_and_trips(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(
        "code,name,population,area_km2,lon,lat\n01,가,21,1,127,37\n02,나,57,1,127.1,37\n03,다,5,1,127.2,37\n"
    )
    (tmp_path / "ages.csv").write_bytes(WIDE.encode("cp949"))
    (tmp_path / "od_2020.csv").write_text("출발지,01,02,03\n01,0,5,\n02,6,0,1\n03,,2,0\n")
    proposal = propose_mapping([tmp_path / n for n in ("own.csv", "ages.csv", "od_2020.csv")])
    assert set(proposal.mapping.tables) == {"municipalities", "population", "flows"}
    report = make_package(proposal.mapping, tmp_path / "out")
    territory = load(tmp_path / "out")
    table = territory.require("population").set_index(["municipality", "sex", "age"])["persons"]
    assert table["01", "f", 5] == 4
    assert table["02", "m", 10] == 11
    assert len(table) == 12
    flows = territory.require("flows").set_index(["origin", "destination"])["amount"]
    assert flows.to_dict() == {("01", "02"): 5, ("02", "01"): 6, ("02", "03"): 1, ("03", "02"): 2}
    assert {"empty_cells", "no_rows_for"} <= kinds(report.notes)
    assert "encoding_guessed" in kinds(proposal.notes)


def test_long_ages_in_words_with_totals_and_single_years(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("code,name,population,area_km2,lon,lat\n1,A,21,1,9,45\n")
    rows = ["1,2020,Totale,Totale,99"]
    for sex in ("Maschi", "Femmine"):
        rows.append(f"1,2020,{sex},Totale,50")
        rows += [f"1,2020,{sex},{age} anni,{age + 1}" for age in range(10)]
        rows.append(f"1,2020,{sex},10 anni e più,7")
    (tmp_path / "eta.csv").write_text("Codice comune,Anno,Sesso,Età,Valore\n" + "\n".join(rows))
    (tmp_path / "walk.csv").write_text("x")
    proposal = propose_mapping([tmp_path / "own.csv", tmp_path / "eta.csv"])
    report = make_package(proposal.mapping, tmp_path / "out")
    table = load(tmp_path / "out").require("population").set_index(["sex", "age"])["persons"]
    assert table["f"].to_dict() == {0: 15, 5: 40, 10: 7}
    assert {"totals_left_out", "ages_summed"} <= kinds(report.notes)


def test_excel_formulas_and_whole_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"code": ["01", "02"], "name": ["A", "B"], "population": [5, 6],
                          "area_km2": [1, 1], "lon": [9.0, 9.1], "lat": [45.0, 45.0]})  # fmt: skip
    frame.to_excel(tmp_path / "own.xlsx", index=False)
    proposal = propose_mapping([tmp_path / "own.xlsx"])
    make_package(proposal.mapping, tmp_path / "out")
    assert load(tmp_path / "out").municipalities.index.tolist() == ["01", "02"]
    frame["population"] = ["=1+2", "=A1"]
    frame.to_excel(tmp_path / "own.xlsx", index=False)
    with pytest.raises(BadInputError) as caught:
        make_package(proposal.mapping, tmp_path / "new")
    found = [(f.row, f.column, f.value) for f in caught.value.faults
             if f.kind == "formula_not_calculated"]  # fmt: skip
    assert found == [(2, "population", "=1+2"), (3, "population", "=A1")]


def test_facilities_and_grid_cells_find_their_municipality(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("code,name,population\n1,A,5\n2,B,6\n")
    squares(tmp_path / "b.gpkg", ["1", "2"], "code", 9, 45)
    (tmp_path / "cells.csv").write_text(
        "lon,lat,population\n9.05,45.05,3\n9.15,45.05,4\n9.21,45.05,1\n30,45,9\n"
    )
    text = """
tables:
  municipalities: {file: own.csv, columns: {code: code, name: name, population: population}}
  boundaries: {file: b.gpkg, columns: {code: code}}
  settlements: {file: cells.csv, columns: {lon: lon, lat: lat, population: population}}
"""
    with pytest.raises(BadInputError) as caught:
        made(text, tmp_path)
    assert [(f.kind, f.row) for f in caught.value.faults if f.kind == "not_located"] == [
        ("not_located", 5)
    ]
    text = text.replace("cells.csv,", "cells.csv, drop_unmatched: true,")
    territory, report = made(text, tmp_path)
    # The third point is 0.8 km east of B, where a generalised coast may leave it.
    assert territory.require("settlements")["municipality"].tolist() == ["1", "2", "2"]
    assert "located" in kinds(report.notes)
    assert "not_located" in kinds(report.dropped)


def test_presets_are_metadata() -> None:
    from gangso.scenario import resolve
    from gangso.territory.presets import presets

    for country in presets():
        mapping = Mapping.model_validate({"preset": country, "tables": {}})
        assert mapping.metadata.country == country
        assert mapping.metadata.currency
        resolve(mapping.metadata.scenario)
        assert (
            Mapping.model_validate(
                {"preset": country, "tables": {}, "metadata": {"name": "mine"}}
            ).metadata.name
            == "mine"
        )
