"""`gangso evaluate`: the brief's figures, faults, and refusals."""

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import cells, run


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_it_fits_the_screen_and_says_what_cannot_be_told(lang: str) -> None:
    result = run("evaluate", "--fast", "--study", "innovation_cities", "--lang", lang)
    assert result.exit_code == 0, result.output
    assert max(cells(line) for line in result.stdout.splitlines()) <= 100
    lines = result.stdout.splitlines()
    first = next(line for line in lines if line.lstrip().startswith("·"))
    assert "2010" in " ".join(lines[lines.index(first) : lines.index(first) + 2])


def test_json_has_every_figure_in_both_languages() -> None:
    result = run("evaluate", "--fast", "--study", "rail", "--json", "--quiet")
    content = json.loads(result.stdout)
    rings = [r for r in content["rings"] if r["outcome"] == "population" and not r["placebo"]]
    assert [r["ring"] for r in rings] == [0, 1, 2]
    assert all(0 <= r["pretrend_p"] <= 1 for r in rings)
    assert set(content["said"]) == {"ko", "en"}


def test_an_unknown_study_is_a_fault() -> None:
    result = run("evaluate", "--study", "trams", "--lang", "en")
    assert result.exit_code == 2
    assert "innovation_cities" in result.output


def test_nothing_to_answer_is_no_success(tmp_path: Path) -> None:
    file = tmp_path / "after.yaml"
    file.write_text(
        "evaluation:\n  studies:\n    late:\n      label: {en: late, ko: 뒤늦은}\n"
        "      kind: rail_station\n      opened: [2016, 2021]\n      outcomes:\n"
        "        moves: {label: {en: moves, ko: 이동}, table: net_flow, item: migration,"
        " scale: level}\n"
    )
    result = run("evaluate", str(file), "--study", "late", "--fast", "--lang", "en")
    assert result.exit_code == 1
    assert "2023" in result.output
    assert "earlier" in result.output
