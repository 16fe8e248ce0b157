"""What the brief says: the findings, the chapters of the domains, the limits."""

from __future__ import annotations

from typing import Any

from gangso.report.blocks import Block, Page, listing
from gangso.report.chapters import CHAPTERS

__all__ = ["brief", "notes"]


def brief(page: Page) -> dict[str, Any]:
    """Put a plan into words.

    Parameters
    ----------
    page : Page
        The plan and the language.

    Returns
    -------
    dict
        ``lang``, ``title``, ``subtitle``, ``facts``, ``foot`` and ``sections``; a section has
        ``id``, ``heading`` and ``blocks``.
    """
    metadata = page.plan.territory.metadata
    findings = [sentence for chapter in CHAPTERS for sentence in chapter.findings(page)]
    parts: dict[str, list[Block]] = {"findings": [listing(findings)]}
    parts |= {chapter.key: list(chapter.blocks(page)) for chapter in CHAPTERS}
    # What may be wrong is said before the sources, which stand last.
    parts["limits"] = [listing(notes(page))]
    parts["sources"] = parts.pop("sources")
    return {
        "lang": page.lang,
        "title": page.say("brief.title"),
        "subtitle": metadata.title.get(page.lang, metadata.name),
        "facts": _facts(page),
        "foot": page.say("brief.foot", fingerprint=page.plan.territory.fingerprint[:12]),
        "contents": page.say("brief.contents"),
        "sections": [
            {"id": key, "heading": page.say(f"brief.{key}"), "blocks": blocks}
            for key, blocks in parts.items()
            if blocks
        ],
    }


def notes(page: Page) -> list[str]:
    """Gather the approximations and the missing data that shaped a plan, each once.

    Parameters
    ----------
    page : Page
        The plan and the language.

    Returns
    -------
    list of str
        The notes.
    """
    return list(dict.fromkeys(note for chapter in CHAPTERS for note in chapter.notes(page)))


def _facts(page: Page) -> str:
    """Say of when the figures are, and what was aimed at."""
    options = page.plan.scenario.alliances
    year = page.plan.scenario.year or page.plan.territory.metadata.reference_year
    return page.say(
        "brief.facts" if year else "brief.facts_undated",
        year=year,
        target=options.target_population,
        size=options.max_size,
    )
