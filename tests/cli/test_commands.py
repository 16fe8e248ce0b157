"""The command line: exit codes, both languages, width, JSON and nothing else."""

import json
import re
import unicodedata
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gangso.cli.app import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100", "GANGSO_LANG": ""})


def cells(line: str) -> int:
    """Columns that a line takes on a screen."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("command", ["diagnose", "services", "ally"])
def test_output_fits_a_hundred_columns(command: str, lang: str) -> None:
    result = run(command, "--lang", lang)
    assert result.exit_code == 0, result.output
    assert max(cells(line) for line in result.stdout.splitlines()) <= 100


def test_diagnose_prints_the_published_figures_and_their_definition() -> None:
    text = run("diagnose", "--lang", "en").stdout
    small = next(line for line in text.splitlines() if " 87 " in line)
    assert "8.34" in small
    assert "57.73" in small
    assert "59.80" in small
    under = next(line for line in text.splitlines() if "Index under 0.5" in line)
    assert under.split("│")[3].strip() == "83"
    assert "women aged 20-39 divided by residents aged 65 and older" in " ".join(text.split())
    assert "Statistics Korea, Population and Housing Census" in text


def test_diagnose_takes_another_threshold_item_and_year() -> None:
    result = run("diagnose", "--threshold", "50000", "--item", "census_population", "--year",
                 "2010", "--json")  # fmt: skip
    small = json.loads(result.stdout)["ledger"][0]
    assert small["label_en"] == "Municipalities under 50,000"
    assert small["source_en"].endswith("(2010)")
    assert 0 < small["municipalities"] < 87


def test_json_is_one_document_and_nothing_else() -> None:
    result = run("diagnose", "--json")
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    assert content["ledger"][0]["municipalities"] == 87
    assert result.stderr == ""


def test_ally_is_proven_and_counts_everybody_once() -> None:
    content = json.loads(run("ally", "--json").stdout)
    assert content["status"] == "proven"
    codes = [row["code"] for row in content["membership"]]
    assert len(codes) == len(set(codes)) == 229
    members = [code for row in content["alliances"] for code in row["members"].split("|")]
    allied = [row["code"] for row in content["membership"] if row["status"] == "allied"]
    assert sorted(members) == sorted(allied)


def test_unknown_item_is_bad_input() -> None:
    result = run("diagnose", "--item", "unicorns", "--lang", "en")
    assert result.exit_code == 2
    assert "unicorns" in result.output
    assert "census_population" in result.output
    assert "Traceback" not in result.output


def test_scenario_faults_are_reported_together(tmp_path: Path) -> None:
    scenario = tmp_path / "s.yaml"
    scenario.write_text("seed: minus\nalliances: {max_size: 99, colour: [blue]}\n")
    result = run("ally", str(scenario), "--json")
    assert result.exit_code == 2
    faults = json.loads(result.stdout)["error"]["faults"]
    assert {fault["column"] for fault in faults} == {
        "seed",
        "alliances.max_size",
        "alliances.colour",
    }


@pytest.mark.parametrize(
    "arguments", [("check", "nowhere"), ("verify", "nowhere"), ("ally", "nowhere.yaml")]
)
def test_what_is_not_there_is_bad_input(arguments: tuple[str, ...], tmp_path: Path) -> None:
    command, name = arguments
    result = run(command, str(tmp_path / name), "--lang", "en")
    assert result.exit_code == 2
    assert "Nothing was written." in result.output


def test_an_impossible_wish_is_not_solvable(tmp_path: Path) -> None:
    scenario = tmp_path / "s.yaml"
    scenario.write_text('alliances: {must_link: [["32010", "39010"]]}\n')  # Chuncheon and Jeju
    result = run("ally", str(scenario), "--lang", "en")
    assert result.exit_code == 1
    assert "No plan satisfies every requirement" in result.output


def test_ctrl_c_is_one_line_and_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gangso.opening.open_territory", interrupted)
    result = run("diagnose", "--lang", "en")
    assert result.exit_code == 130
    assert result.output.strip() == "Interrupted; nothing half-written was left behind."


def test_what_nobody_foresaw_traces_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_name: str) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("gangso.opening.open_territory", broken)
    assert isinstance(run("diagnose").exception, RuntimeError)


def test_new_wants_files_or_a_mapping() -> None:
    assert run("new").exit_code == 2


def test_new_proposes_a_mapping_then_makes_a_package(tmp_path: Path) -> None:
    table = tmp_path / "towns.csv"
    table.write_text("code,name,area_km2,population,lon,lat\na,Aa,10,500,1,1\nb,Bb,20,600,2,2\n")
    mapping, package = tmp_path / "m.yaml", tmp_path / "package"
    assert run("new", str(table), "--out", str(mapping)).exit_code == 0
    made = run("new", "--mapping", str(mapping), "--out", str(package), "--lang", "en")
    assert made.exit_code == 0, made.output
    assert "municipalities 2" in made.output
    assert "Without population by age" in made.output
    checked = run("check", str(package), "--json")
    assert json.loads(checked.stdout)["municipalities"] == 2
    again = run("new", "--mapping", str(mapping), "--out", str(package))
    assert again.exit_code == 2


def test_brackets_in_the_input_are_no_markup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gangso.cli.screen._width", lambda: 400)  # however long the path is
    scenario = tmp_path / "s.yaml"
    scenario.write_text("name: x\nterritory: '[red]nowhere[/red]'\n")
    result = run("ally", str(scenario), "--lang", "en")
    assert result.exit_code == 2
    assert "[red]nowhere[/red]" in result.output


@pytest.mark.parametrize(("locale", "word"), [("ko_KR.UTF-8", "진단"), ("C.UTF-8", "Print")])
def test_help_speaks_the_language_of_the_locale(
    locale: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gangso.cli.screen import help_language
    from gangso.texts import say

    for name in ("GANGSO_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", locale)
    assert word in say("help.diagnose", help_language()) + say("step.diagnosis", help_language())


def test_project_shows_nation_and_place() -> None:
    arguments = ["project", "--horizon", "6", "--draws", "5", "--json", "--place", "의성군"]
    result = run(*arguments)
    document = json.loads(result.stdout)
    assert document["horizon"] == 6
    assert {row["municipality"] for row in document["places"]} == {"37320"}
    assert len(document["places"]) == 7
    shown = run("project", "--horizon", "6", "--draws", "5", "--lang", "en", "--feedback", "off")
    assert shown.exit_code == 0
    assert "cycle off" in shown.stdout
    assert run("project", "--place", "nowhere").exit_code == 2


def test_ally_explains_a_municipality_and_compare_scores_a_file(tmp_path: Path) -> None:
    result = run("ally", "--why", "33020", "--lang", "en")
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert re.search(
        r"Its best place other than the present one is (standing alone|an alliance with \S+); "
        r"the whole would lose 0\.\d{4} \(0\.\d+%\) by it\.",
        text,
    )
    assert run("ally", "--why", "nowhere").exit_code == 2
    file = tmp_path / "mine.csv"
    file.write_text("name,municipality\npair,34360\npair,34370\n", encoding="utf-8")
    content = json.loads(run("compare", "-g", str(file), "--json").stdout)
    (grouping,) = content["groupings"]
    assert grouping["grouping"] == "mine"
    assert [row["code"] for row in grouping["members"]] == ["34360", "34370"]
    assert grouping["groups"][0]["keeping"] > 0
    assert run("compare", "-g", "unknown").exit_code == 2


def test_bases_keeps_the_books_of_every_group() -> None:
    result = run("bases", "--lang", "en", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert {"groups", "bases", "visits", "unmet", "modes", "ties"} <= set(found)
    groups = {row["group"]: row for row in found["groups"]}
    members = [code for row in groups.values() for code in row["members"].split("|")]
    assert len(members) == len(set(members)) == 229
    outside = dict.fromkeys(groups, 0.0)
    for row in found["unmet"]:
        assert row["reason"] in ("too_few", "no_mode")
        outside[row["group"]] += row["people"]
    for ident, row in groups.items():
        assert row["status"] == "proven"
        assert row["cost"] == row["bound"]
        assert row["served"] + row["unmet"] == pytest.approx(row["lacking"])
        assert row["unmet"] == pytest.approx(outside[ident])
    assert sum(row["people"] for row in found["bases"]) > 0


@pytest.mark.parametrize("command", ["bases", "compact"])
def test_every_command_finds_the_alliances_of_the_scenario(command: str, tmp_path: Path) -> None:
    """Roads wind more than by default: the alliances are those that ``ally`` finds."""
    scenario = tmp_path / "s.yaml"
    scenario.write_text("travel: {detour: 1.6}\n", encoding="utf-8")
    wanted = json.loads(run("ally", str(scenario), "--json").stdout)["alliances"]
    assert len(wanted) > 5
    found = json.loads(run(command, str(scenario), "--json").stdout)
    groups = (
        {row["members"] for row in found["groups"] if "|" in row["members"]}
        if command == "bases"
        else {row["members"] for row in found["sharing"]}
    )
    assert {frozenset(row["members"].split("|")) for row in wanted} == {
        frozenset(listed.split("|")) for listed in groups
    }
