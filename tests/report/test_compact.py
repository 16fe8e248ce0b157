"""The compact in the brief: the map says what the table of cases counts."""

import re
from types import SimpleNamespace

import pytest
from matplotlib.text import Text

from gangso.compact import draft_compact
from gangso.report.blocks import Page
from gangso.report.chapters.compact import COMPACT
from gangso.texts import LANGUAGES
from tests.conftest import Sited


@pytest.fixture(scope="module")
def plan(sited: Sited) -> SimpleNamespace:
    scenario, territory, found = sited.scenario, sited.territory, sited.found
    made = draft_compact(territory, found, scenario.compact, costs=sited.bases.costs)
    return SimpleNamespace(scenario=scenario, territory=territory, partition=found, compact=made)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_map_counts_the_losers_of_the_case_that_has_most(
    plan: SimpleNamespace, lang: str
) -> None:
    page = Page(plan, lang)
    figure = COMPACT.figures(page, 3.7)["tax_shift"]
    texts = [str(text.get_text()) for text in figure.findobj(Text)]
    counts = {
        match[1]: int(match[2])
        for text in texts
        if (match := re.match(r"(.*%.*) · (\d+)", text)) is not None
    }
    cases = plan.compact.decentralisation.cases
    worst = cases.loc[cases["grants"] == "offset", "lose"].max()
    assert sum(count for label, count in counts.items() if "-" in label) == worst
    assert len(counts) == 6


def test_the_figure_of_the_brief_is_drawn_where_finance_is_known(plan: SimpleNamespace) -> None:
    blocks = list(COMPACT.blocks(Page(plan, "en")))
    named = [block["name"] for block in blocks if block["kind"] == "figure"]
    assert named == ["tax_shift"]
    bare = SimpleNamespace(**vars(plan))
    bare.compact = SimpleNamespace(decentralisation=None)
    assert COMPACT.figures(Page(bare, "en"), 3.7) == {}


def test_the_warning_names_the_case_in_which_most_small_places_lose(plan: SimpleNamespace) -> None:
    (remarks,) = [b for b in COMPACT.blocks(Page(plan, "en")) if b["kind"] == "list"]
    cases = plan.compact.decentralisation.cases
    most = cases.loc[cases["grants"] == "offset", "lose_small"].max()
    assert any(f"up to {most:,} of the" in str(item) for item in remarks["items"])
