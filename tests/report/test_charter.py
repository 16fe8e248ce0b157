"""Charters: no placeholder, every number that of a table, both languages alike."""

import re
from types import SimpleNamespace

import pytest

from gangso.compact import draft_compact
from gangso.report.blocks import Page
from gangso.report.charter import charter, to_markdown
from gangso.report.render import render_pdf
from tests.conftest import Sited


@pytest.fixture(scope="module")
def plan(sited: Sited) -> SimpleNamespace:
    scenario, territory, found = sited.scenario, sited.territory, sited.found
    made = draft_compact(territory, found, scenario.compact, costs=sited.bases.costs)
    return SimpleNamespace(scenario=scenario, territory=territory, partition=found, compact=made)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_charter_is_whole_and_agrees_with_the_tables(
    plan: SimpleNamespace, lang: str
) -> None:
    page = Page(plan, lang)
    sharing = plan.compact.sharing
    for alliance, row in plan.partition.alliances.iterrows():
        content = charter(page, str(alliance))
        said = to_markdown(content)
        assert len(content["sections"]) == 12
        assert all(section["blocks"] for section in content["sections"])
        assert not re.search(r"[{}]|\bnan\b|\bNone\b|TODO|XXX|<NA>", said)
        for code in row["members"].split("|"):
            assert str(page.names.loc[code]) in said
        own = sharing.shares[(sharing.shares["alliance"] == alliance)]
        own = own[own["recommended"]]
        for share in own["share"]:
            assert f"{share:,}" in said
        assert f"{int(sharing.alliances.loc[alliance, 'cost']):,}" in said
        chosen = plan.compact.seats[plan.compact.seats["chosen"]]
        council = plan.compact.councils.loc[alliance]
        assert chosen.loc[chosen["alliance"] == alliance, "seats"].sum() == council["size"]
        assert f"{council['needed_for_all']}" in said


def test_a_charter_is_a_pdf_of_the_same_bytes(plan: SimpleNamespace) -> None:
    content = charter(Page(plan, "ko"), str(plan.partition.alliances.index[0]))
    pdf = render_pdf(content, {})
    assert pdf.startswith(b"%PDF")
    assert pdf == render_pdf(content, {})
