"""The dialogue of ``gangso new``: it proposes, asks, and writes what can be repeated."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from gangso.cli.app import app
from gangso.territory import load, read_mapping

TABLE = """cod;denominazione;abitanti
001;Agliè;2600
002;None;7900
"""
POINTS = "\n".join(["code;x;y;km2", "001;7.7;45.4;13", "002;7.5;44.9;25"])


def test_the_dialogue_writes_a_mapping_that_makes_the_package(tmp_path: Path) -> None:
    (tmp_path / "comuni.csv").write_text(TABLE)
    (tmp_path / "luoghi.csv").write_text(POINTS)
    mapping = tmp_path / "mapping.yaml"
    said = [
        "IT", # the country
        "e", # the proposal is to be edited: every attribute is asked for
        "cod", "denominazione", "-", "-", "-", "-", "km2", "nonsense", "abitanti", "x", "y", "-",
        "ISTAT", "2021", "CC BY",
        "piemonte", "n",
    ]  # fmt: skip
    files = [str(tmp_path / "comuni.csv"), str(tmp_path / "luoghi.csv")]
    done = CliRunner().invoke(
        app, ["new", *files, "--ask", "--out", str(mapping), "--lang", "en"],
        input="\n".join(said) + "\n",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "There is no such column" in done.output
    written = read_mapping(mapping)
    assert written.preset == "IT"
    assert written.tables["municipalities"][0].columns["population"] == "abitanti"
    done = CliRunner().invoke(
        app, ["new", "--mapping", str(mapping), "--out", str(tmp_path / "out"), "--lang", "en"]
    )
    assert done.exit_code == 0, done.output
    territory = load(tmp_path / "out")
    assert territory.municipalities["name"].tolist() == ["Agliè", "None"]
    assert territory.metadata.currency == "EUR"
    assert territory.metadata.title["en"] == "piemonte"
    assert "ISTAT" in {source.title for source in territory.metadata.sources}


def test_the_dialogue_asks_for_a_reference_system_that_no_file_names(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "code,name,x,y,population\n1,a,600000,5e6,10\n2,b,6.1e5,5e6,20\n"
    )
    mapping = tmp_path / "m.yaml"
    said = ["XX", "", "nonsense", "EPSG:25832", "y", "", "", "n"]
    done = CliRunner().invoke(
        app, ["new", str(tmp_path / "t.csv"), "--ask", "--out", str(mapping), "--lang", "en"],
        input="\n".join(said) + "\n",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "There is no preset for 'XX'" in done.output
    assert "There is no such reference system: nonsense" in done.output
    assert read_mapping(mapping).tables["municipalities"][0].crs == "EPSG:25832"
    out = str(tmp_path / "out")
    done = CliRunner().invoke(app, ["new", "--mapping", str(mapping), "--out", out, "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert "45.1° N, 10.3° E" in done.output


def test_without_a_terminal_the_proposal_is_written_at_once(tmp_path: Path) -> None:
    (tmp_path / "comuni.csv").write_text(TABLE)
    out = tmp_path / "m.yaml"
    asked = ["new", str(tmp_path / "comuni.csv"), "--out", str(out), "--lang", "ko"]
    assert CliRunner().invoke(app, [*asked, "--preset", "IT"]).exit_code == 0
    assert read_mapping(out).metadata.country == "IT"
    assert CliRunner().invoke(app, asked).exit_code == 2  # it is there already
    out.unlink()
    done = CliRunner().invoke(app, [*asked, "--preset", "XX"])
    assert done.exit_code == 2
    assert not out.exists()
