"""The bases in the brief: who stays outside is told once, and in the language of the brief."""

import re
from types import SimpleNamespace

import pytest

from gangso.report.blocks import Page
from gangso.report.chapters.bases import BASES
from gangso.report.words import hub_names, town_names
from gangso.territory import Territory
from gangso.texts import LANGUAGES
from tests.conftest import Sited


@pytest.fixture(scope="module")
def plan(sited: Sited) -> SimpleNamespace:
    return SimpleNamespace(
        scenario=sited.scenario,
        territory=sited.territory,
        partition=sited.found,
        bases=sited.bases,
    )


def tables(plan: SimpleNamespace, lang: str) -> list[dict]:
    return [block for block in BASES.blocks(Page(plan, lang)) if block["kind"] == "table"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everybody_who_stays_outside_is_named_once_with_the_reason(
    plan: SimpleNamespace, lang: str
) -> None:
    unmet = plan.bases.unmet
    towns = town_names(plan.territory, lang)
    (told,) = [t for t in tables(plan, lang) if str(len(unmet)) in t["caption"]]
    listed = " ".join(row[2]["text"] for row in told["rows"])
    assert all(f"{towns.loc[code]} " in listed for code in unmet["settlement"])
    people = sum(int(row[1]["text"].replace(",", "")) for row in told["rows"])
    assert people == round(unmet["people"].sum())
    pairs = unmet.groupby(["service", "reason", "partly"], dropna=False).ngroups
    assert len(told["rows"]) == pairs


def test_a_brief_in_english_has_no_hangul(plan: SimpleNamespace) -> None:
    assert not re.search("[가-힣]", str(list(BASES.blocks(Page(plan, "en")))))
    assert not re.search("[가-힣]", " ".join(BASES.findings(Page(plan, "en"))))


def test_names_fall_back_to_what_there_is(korea: Territory) -> None:
    assert hub_names(korea, "en").loc["천안아산"] == "Cheonan-Asan"
    assert hub_names(korea, "ko").loc["천안아산"] == "천안아산"
    assert town_names(korea, "en").str.contains("Haeje-myeon").sum() == 1
