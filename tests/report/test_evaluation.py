"""The evaluation in the brief: limits first, tests beside every figure, no causal word."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from gangso.evaluation import evaluate
from gangso.opening import open_scenario
from gangso.report.blocks import Page
from gangso.report.chapters.evaluation import EVALUATION
from gangso.territory import Territory
from gangso.texts import LANGUAGES, catalogue

CAUSAL = re.compile(r"caus|effect|impact|thanks to|because of|효과|영향을 미|덕분|때문에|인과")


@pytest.fixture(scope="module")
def made(korea: Territory) -> SimpleNamespace:
    scenario, _ = open_scenario({}, territory=korea)
    found = evaluate(korea, scenario.evaluation, np.random.default_rng(scenario.seed))
    return SimpleNamespace(
        scenario=scenario, territory=korea, evaluation=found, partition=None,
        answers=SimpleNamespace(comparisons=()),
    )  # fmt: skip


def _blocks(made: SimpleNamespace, lang: str) -> list:
    return list(EVALUATION.blocks(Page(made, lang)))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_missing_years_before_stand_first(made: SimpleNamespace, lang: str) -> None:
    texts = [block["paragraphs"] for block in _blocks(made, lang) if block["kind"] == "text"]
    innovation = texts[-1]
    assert innovation[0].startswith("■")
    assert "2010" in innovation[1]  # the only year before
    assert "2015" in innovation[2]  # nothing but years after


@pytest.mark.parametrize("lang", LANGUAGES)
def test_both_studies_stand_there_with_their_tests_before(made, lang: str) -> None:
    rail, innovation = (b for b in _blocks(made, lang) if b["kind"] == "table")
    assert len(rail["rows"]) == 20  # five outcomes: host, two rings, placebo
    told = made.evaluation.findings[0].rings
    assert rail["rows"][0][5]["text"] == f"{told.loc[0, 'pretrend_p']:.3f}"
    assert {row[5]["text"] for row in innovation["rows"]} == {"–"}  # none can be tested
    verdicts = {row[7]["text"] for row in innovation["rows"]}
    assert ("알 수 없음" if lang == "ko" else "cannot be told") in verdicts


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_causal_word(made: SimpleNamespace, lang: str) -> None:
    assert not CAUSAL.search(str(_blocks(made, lang)))
    assert not CAUSAL.search(" ".join(EVALUATION.findings(Page(made, lang))))
    ours = {k: v[lang] for k, v in catalogue().items() if k.startswith("evaluation.")}
    assert [key for key, text in ours.items() if CAUSAL.search(text)] == []


def test_every_figure_that_is_named_is_drawn(made: SimpleNamespace) -> None:
    named = [block["name"] for block in _blocks(made, "en") if block["kind"] == "figure"]
    assert sorted(EVALUATION.figures(Page(made, "en"), 3.7)) == sorted(named)


def test_tables_hold_what_the_brief_leaves_out(made: SimpleNamespace) -> None:
    tables = EVALUATION.tables(made)
    assert {"evaluation_rings", "evaluation_events", "evaluation_hubs"} <= set(tables)
    net = tables["evaluation_refusals"].query("outcome == 'net_migration'").iloc[0]
    assert net["kind"] == "no_timing"
    hubs = tables["evaluation_hubs"].query("study == 'rail' and outcome == 'population'")
    assert len(hubs.query("ring == 0")) >= 5
