"""Where the figures come from, and how to repeat the plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from gangso.report.blocks import Block, Page, listing, table
from gangso.report.chapters.chapter import Chapter
from gangso.report.plan import PlanLike

__all__ = ["SOURCES"]


def _sources(page: Page) -> Iterator[Block]:
    territory, scenario = page.plan.territory, page.plan.scenario
    rows: list[list[Any]] = [
        [source.table, ", ".join(source.columns), {"text": said.title, "sub": said.note},
         said.vintage]
        for source, said in ((s, s.said(page.lang)) for s in territory.metadata.sources)
    ]  # fmt: skip
    if rows:
        yield table(
            [
                (page.say("brief.sources.table"), "left", 0.14),
                (page.say("brief.sources.columns"), "left", 0.26),
                (page.say("brief.sources.title"), "left", 0.42),
                (page.say("brief.sources.vintage"), "left", 0.18),
            ],
            rows,
        )
    versions = ", ".join(f"{name} {version}" for name, version in page.plan.versions.items())
    yield listing([
        page.say("brief.repeat.fingerprint", value=territory.fingerprint),
        page.say("brief.repeat.seed", value=scenario.seed),
        page.say("brief.repeat.versions", value=versions),
        page.say("brief.repeat.how"),
    ])  # fmt: skip


def _words(page: Page) -> str | None:
    """What the general words of the texts stand for in this territory."""
    items = page.plan.territory.metadata.items
    said = [
        page.say("brief.words.one", word=page.say(f"word.{key}"), own=items[key].label[page.lang])
        for key in ("province", "municipality", "settlement")
        if key in items and page.lang in items[key].label
    ]
    return page.say("brief.words", words="; ".join(said)) if said else None


def _notes(page: Page) -> Iterator[str]:
    territory = page.plan.territory
    words = _words(page)
    if words is not None:
        yield words
    if territory.boundaries_drawn:
        yield page.say("report.map.drawn")
    for note in territory.metadata.notes:
        yield note.get(page.lang, next(iter(note.values())))
    for table_name in territory.missing:
        yield page.say(f"missing.{table_name}")


def _tables(plan: PlanLike) -> dict[str, pd.DataFrame]:
    sources = pd.DataFrame(
        [
            {
                "table": source.table,
                "columns": ", ".join(source.columns),
                "title": source.title,
                "vintage": source.vintage,
                "note": source.note,
            }
            for source in plan.territory.metadata.sources
        ],
        columns=["table", "columns", "title", "vintage", "note"],
    )
    return {"contiguity": plan.territory.contiguity, "sources": sources}


SOURCES = Chapter("sources", blocks=_sources, notes=_notes, tables=_tables)
