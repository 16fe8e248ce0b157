"""What is shown while a search goes on."""

import pytest

from gangso.cli import screen as shown
from gangso.cli.screen import Screen

FOUND = {"bound": 15.25, "cost": 15.5, "gap": 0.25 / 15.5}


@pytest.mark.parametrize(
    ("lang", "line"),
    [
        ("en", "bound 15.2500, best plan 15.5000, gap 1.613%"),
        ("ko", "하한 15.2500, 최선의 계획 15.5000, 간격 1.613%"),
    ],
)
def test_a_long_search_says_bound_plan_and_gap_where_there_is_no_terminal(
    lang: str, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shown, "_BETWEEN_LINES", -1)
    with Screen(lang).progress({"alliances": 1.0}) as tell:
        tell("alliances", 0.0, {"bound": 14.0})
        tell("alliances", 0.5, FOUND)
    lines = capsys.readouterr().err.splitlines()
    assert "14.0000" in lines[0]
    assert line in lines[1]


def test_a_short_search_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Screen("en").progress({"alliances": 1.0}) as tell:
        tell("alliances", 0.5, FOUND)
    assert "gap" not in capsys.readouterr().err


def test_who_wants_quiet_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shown, "_BETWEEN_LINES", -1)
    with Screen("en", quiet=True).progress({"alliances": 1.0}) as tell:
        tell("alliances", 0.5, FOUND)
    assert capsys.readouterr().err == ""
