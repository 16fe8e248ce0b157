"""The folder of a plan: whole or not there, the same bytes every time, harmless names."""

import csv
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import lonboard
import pandas as pd
import pymupdf
import pyogrio
import pytest

import gangso.report.folder as folder_module
from gangso.errors import BadInputError
from gangso.planning import Plan, plan
from gangso.report import write_plan
from gangso.report.geopackage import layers
from gangso.report.tables import plan_tables
from gangso.scenario import read_scenario, resolve
from gangso.territory.model import Territory

NASTY = '=cmd|"/c calc"!A1 <script>alert(1)</script> #evil[*b*] $x$ 한글'


@pytest.fixture(scope="module")
def made(korea: Territory) -> Plan:
    return plan(territory=korea)


def three_towns() -> Territory:
    """The required tables only."""
    table = pd.DataFrame(
        {
            "code": ["a", "b", "c"],
            "name": ["A", "B", "C"],
            "population": [100_000, 150_000, 90_000],
            "lon": [10.0, 10.2, 10.4],
            "lat": [50.0, 50.1, 50.0],
            "area_km2": [100.0, 120.0, 90.0],
        }
    )
    links = pd.DataFrame({"a": ["a", "b"], "b": ["b", "c"]})
    return Territory.from_tables(
        {"municipalities": table, "contiguity": links}, {"languages": ["en"]}
    )


@pytest.fixture(scope="module")
def small() -> Plan:
    """A plan for three towns: what holds for it holds for Korea, and takes a tenth of the time."""
    return plan({"language": "en"}, territory=three_towns())


@pytest.fixture(scope="module")
def written(made: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "plan"
    write_plan(made, out, "ko")
    return out


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_plan_gives_the_same_bytes(made: Plan, written: Path, tmp_path: Path) -> None:
    write_plan(made, tmp_path / "again", "ko")
    assert hashes(tmp_path / "again") == hashes(written)
    # Brief twice, GeoPackage, certificate, scenario, every table in two formats, and for each
    # alliance a charter as PDF and as text in two languages.
    charters = 3 * len(made.partition.alliances)
    assert len(hashes(written)) == 5 + 2 * len(plan_tables(made)) + charters


def test_nothing_is_left_beside_the_folder(written: Path) -> None:
    assert [entry.name for entry in written.parent.iterdir()] == ["plan"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("step", ["write_geopackage", "render_html", "render_pdf", "_swap"])
def test_a_broken_attempt_leaves_the_old_plan(
    small: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    error: type[BaseException],
) -> None:
    out = tmp_path / "plan"
    out.mkdir()
    (out / "certificate.json").write_text("old")
    (out / "scenario.yaml").write_text("old")

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(folder_module, step, fail)
    with pytest.raises(error):
        write_plan(small, out)
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan"]
    assert (out / "certificate.json").read_text() == "old"


def test_a_broken_attempt_leaves_no_folder_that_was_not_there(
    small: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder_module, "write_geopackage", fail)
    with pytest.raises(KeyboardInterrupt):
        write_plan(small, tmp_path / "a" / "b" / "plan")
    assert not list(tmp_path.iterdir())


def test_an_older_plan_is_replaced_whole(small: Plan, tmp_path: Path) -> None:
    out = tmp_path / "plan"
    (out / "tables").mkdir(parents=True)
    for name in ("scenario.yaml", "certificate.json", "tables/of_long_ago.csv"):
        (out / name).write_text("old")
    write_plan(small, out)
    assert not (out / "tables" / "of_long_ago.csv").exists()
    assert (out / "brief.pdf").exists()


@pytest.mark.parametrize(
    "there",
    [
        ("thesis.docx",),  # no plan at all
        ("certificate.json",),  # half a plan is not ours either
    ],
)
def test_what_is_not_a_plan_is_never_replaced(
    small: Plan, tmp_path: Path, there: tuple[str, ...]
) -> None:
    out = tmp_path / "plan"
    out.mkdir()
    for name in there:
        (out / name).write_text("mine")
    with pytest.raises(BadInputError):
        write_plan(small, out)
    assert sorted(entry.name for entry in out.iterdir()) == sorted(there)
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan"]


def test_a_file_is_never_replaced(small: Plan, tmp_path: Path) -> None:
    (tmp_path / "plan").write_text("mine")
    with pytest.raises(BadInputError):
        write_plan(small, tmp_path / "plan")
    assert (tmp_path / "plan").read_text() == "mine"


def test_the_scenario_names_its_package_relative_to_itself(
    small: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    scenario = small.scenario.model_copy(update={"territory": "data"})
    write_plan(replace(small, scenario=scenario), tmp_path / "results" / "plan")
    named = read_scenario(tmp_path / "results" / "plan" / "scenario.yaml")["territory"]
    assert named == "../../data"


def test_the_scenario_reads_back(made: Plan, written: Path) -> None:
    assert resolve(read_scenario(written / "scenario.yaml")) == made.scenario
    head = (written / "scenario.yaml").read_text(encoding="utf-8")
    assert made.territory.fingerprint in head


def test_the_pdf_has_every_name_in_real_hangul(made: Plan, written: Path) -> None:
    text = "".join(page.get_text() for page in pymupdf.open(written / "brief.pdf"))
    flat = re.sub(r"\s", "", text)
    for name in made.territory.municipalities["name"]:
        assert re.sub(r"\s", "", name).removeprefix("경상").removeprefix("강원") in flat, name
    fonts = {font[3] for page in pymupdf.open(written / "brief.pdf") for font in page.get_fonts()}
    assert any("NanumGothic" in font for font in fonts)


def test_the_html_asks_for_nothing_from_outside(written: Path) -> None:
    page = (written / "brief.html").read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|srcset|href)=["'](?!data:|#)""", page)
    assert not re.search(r"url\((?!data:)", page)
    assert "<script" not in page
    assert 'lang="ko"' in page


def test_tables_open_in_spreadsheets(written: Path) -> None:
    raw = (written / "tables" / "alliances.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    table = pd.read_parquet(written / "tables" / "alliances.parquet")
    assert [row["alliance"] for row in rows] == table.index.to_list()
    assert float(rows[0]["population"]) == table["population"].iloc[0]


def test_layers_hold_every_municipality_and_alliance(made: Plan, written: Path) -> None:
    municipalities = gpd.read_file(written / "plan.gpkg", layer="municipalities")
    assert len(municipalities) == 229
    assert municipalities.geometry.is_valid.all()
    assert municipalities["extinction_index"].notna().all()
    alliances = gpd.read_file(written / "plan.gpkg", layer="alliances")
    assert alliances["alliance"].to_list() == made.partition.alliances.index.to_list()
    for layer in ("links", "hubs", "settlements"):
        assert len(gpd.read_file(written / "plan.gpkg", layer=layer))


def test_qgis_finds_a_style_for_every_layer_of_classes(written: Path) -> None:
    styles = pyogrio.read_dataframe(written / "plan.gpkg", layer="layer_styles")
    assert set(styles["f_table_name"]) == {"municipalities", "alliances", "links"}
    assert styles["useAsDefault"].all()
    for name, qml in zip(styles["f_table_name"], styles["styleQML"], strict=True):
        layer = pyogrio.read_dataframe(written / "plan.gpkg", layer=name, max_features=2_000)
        renderer = ElementTree.fromstring(qml.partition("\n")[2]).find("renderer-v2")
        assert renderer is not None
        classes = renderer.findall("categories/category")
        values = {str(one.get("value")) for one in classes}
        assert set(layer[str(renderer.get("attr"))]) <= values
        symbols = {symbol.get("name") for symbol in renderer.findall("symbols/symbol")}
        assert {one.get("symbol") for one in classes} == symbols


def test_layers_are_geodataframes_that_explore(made: Plan) -> None:
    found = layers(made)
    assert found["alliances"].crs == "EPSG:4326"
    own = made.territory.to_geodataframe()
    assert own.index.equals(made.territory.municipalities.index)
    assert "geometry" not in made.territory.municipalities
    page = found["alliances"].explore("population", tiles=None).get_root().render()
    for name in found["alliances"]["name"]:
        assert json.dumps(name) in page or name in page
    # Links, points, polygons with missing and categorical values: all can be looked at.
    for name in ("municipalities", "links", "hubs"):
        assert len(found[name].explore(tiles=None).get_root().render()) > 1_000


def test_layers_go_into_lonboard(made: Plan) -> None:
    found = {**layers(made), "own": made.territory.to_geodataframe()}
    for name, frame in found.items():
        shown = lonboard.viz(frame).layers
        assert sum(len(layer.table) for layer in shown) == len(frame), name
    assert "<html" in lonboard.viz(found["alliances"]).to_html()


def test_the_certificate_is_compact_json(written: Path) -> None:
    assert json.loads((written / "certificate.json").read_text())["proven"]


@pytest.fixture
def nasty(small: Plan) -> Plan:
    """A plan in which one place has a name full of markup and formulas."""
    territory = small.territory
    table = territory.municipalities.copy()
    table.loc["a", ["name", "name_en"]] = NASTY
    alliances = small.partition.alliances.copy()
    alliances.iloc[0, alliances.columns.get_indexer(["name", "name_en"])] = NASTY
    return replace(
        small,
        territory=replace(territory, municipalities=table),
        partition=replace(small.partition, alliances=alliances),
    )


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_names_are_data_not_markup(nasty: Plan, tmp_path: Path, lang: str) -> None:
    write_plan(nasty, tmp_path / "plan", lang)
    page = (tmp_path / "plan" / "brief.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    pdf = "".join(p.get_text() for p in pymupdf.open(tmp_path / "plan" / "brief.pdf"))
    assert "#evil[*b*]" in re.sub(r"\s", "", pdf)
    with (tmp_path / "plan" / "tables" / "alliances.csv").open(encoding="utf-8-sig") as file:
        assert next(csv.DictReader(file))["name"].startswith("'=cmd")


def test_a_territory_with_the_required_tables_only(small: Plan, tmp_path: Path) -> None:
    write_plan(small, tmp_path / "plan", "en")
    text = "".join(p.get_text() for p in pymupdf.open(tmp_path / "plan" / "brief.pdf"))
    assert "no flows" in text.lower()
