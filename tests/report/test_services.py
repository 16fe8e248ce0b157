"""The services in the brief: figures of the tables, and every approximation named."""

from dataclasses import replace

import numpy as np
import pytest

from gangso.planning import Plan, plan
from gangso.report.blocks import Page
from gangso.report.chapters.services import SERVICES
from gangso.territory.model import Territory
from gangso.texts import LANGUAGES


@pytest.fixture(scope="module")
def made(korea: Territory) -> Plan:
    return plan(territory=korea)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_brief_names_both_cuts_and_the_published_counts(made: Plan, lang: str) -> None:
    told = str(list(SERVICES.blocks(Page(made, lang))))
    for figure in ("108", "98", "27%", "30%"):
        assert figure in told
    counts = made.services.counts
    assert all(str(count) in told for count in counts["underserved"])
    notes = " ".join(SERVICES.notes(Page(made, lang)))
    assert ("추정" if lang == "ko" else "estimated") in notes
    assert "2022" in notes  # vintage of the proxy
    assert "2026" in notes  # of the delivery institutions


@pytest.mark.parametrize("lang", LANGUAGES)
def test_findings_are_figures_of_the_tables(made: Plan, lang: str) -> None:
    found = " ".join(SERVICES.findings(Page(made, lang)))
    standards = SERVICES.tables(made)["service_standards"]
    minimum = standards[standards["level"] == "national_minimum"]
    assert len(minimum) == 2
    assert all(f"{people:,.0f}" in found for people in minimum["residents_beyond"])


def test_layers_and_columns(made: Plan) -> None:
    layers = SERVICES.layers(made)
    areas = layers["service_deserts"]
    assert areas.geometry.is_valid.all()
    residents = made.services.people.table["all"].sum()
    assert areas["residents"].sum() == pytest.approx(residents)
    assert areas["estimated"].all()
    columns = SERVICES.columns(made)
    assert columns is not None
    assert columns["beyond_delivery_room"].between(0, 1).all()
    assert np.isfinite(layers["service_access"].geometry.x).all()


def test_alliances_add_up_to_their_members(made: Plan) -> None:
    table = SERVICES.tables(made)["service_alliances"]
    member = made.partition.membership["alliance"].dropna()
    own = made.services.municipalities
    inside = own[own["area"].isin(member.index)]
    for key in ("people", "beyond"):
        assert table[key].sum() == pytest.approx(inside[key].sum())


def test_a_plan_without_facilities_says_so(korea: Territory) -> None:
    bare = plan(territory=replace(korea, facilities=None))
    page = Page(bare, "en")
    blocks = list(SERVICES.blocks(page))
    assert blocks == [{"kind": "text", "paragraphs": [page.say("brief.services.nothing")]}]
    assert SERVICES.layers(bare) == {}
    assert SERVICES.figures(page, 6.85) == {}
