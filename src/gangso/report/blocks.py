"""What a brief is made of: blocks that both its PDF and its HTML are made from.

A block is a small dictionary with a ``kind``: ``text`` (paragraphs), ``list``, ``figure``,
``table``. Names and numbers are data throughout: whoever renders a block must not read
markup into them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from gangso.report.plan import PlanLike
from gangso.report.words import place_names
from gangso.texts import say

__all__ = ["Block", "Column", "Page", "figure", "first_rows", "listing", "number", "table", "text"]

Block = dict[str, Any]
Column = tuple[str, str, float]

# A brief of a large country would fill a book; beyond this many rows the tables have the rest.
_MOST_ROWS = 150


@dataclass(frozen=True, eq=False)
class Page:
    """A plan and the language it is told in.

    Attributes
    ----------
    plan : PlanLike
        The plan.
    lang : {"ko", "en"}
        Language.
    """

    plan: PlanLike
    lang: str

    @cached_property
    def names(self) -> pd.Series:
        """Names of the municipalities, by code."""
        return place_names(self.plan.territory, self.lang)

    def say(self, key: str, **values: object) -> str:
        """Return a text of the catalogue in the language of the page."""
        return say(key, self.lang, **values)


def text(*paragraphs: str) -> Block:
    """Make paragraphs of running text."""
    return {"kind": "text", "paragraphs": list(paragraphs)}


def listing(items: Iterable[str]) -> Block:
    """Make a list with bullets."""
    return {"kind": "list", "items": list(items)}


def figure(name: str, alt: str, caption: str) -> Block:
    """Place a figure that the chapter draws under the same name."""
    return {"kind": "figure", "name": name, "alt": alt, "caption": caption}


def table(columns: list[Column], rows: list[list[Any]], caption: str = "") -> Block:
    """Make a table.

    Parameters
    ----------
    columns : list of (str, str, float)
        Label, alignment (``left`` or ``right``) and share of the width.
    rows : list of list
        Cells are texts, or dictionaries of a ``text`` and a ``sub`` in small type below it.
    caption : str
        What stands above.

    Returns
    -------
    dict
        The block.
    """
    return {
        "kind": "table",
        "caption": caption,
        "columns": [{"label": a, "align": b, "width": c} for a, b, c in columns],
        "rows": [
            [cell if isinstance(cell, dict) else {"text": cell, "sub": ""} for cell in row]
            for row in rows
        ],
    }


def first_rows(
    page: Page,
    columns: list[Column],
    rows: list[list[Any]],
    caption: str,
    file: str,
    most: int = _MOST_ROWS,
) -> Block:
    """Make a table of all rows, or of the first ones with a word on where the rest is.

    Parameters
    ----------
    page : Page
        The plan and the language.
    columns, rows, caption
        As for `table`.
    file : str
        Name of the table in the plan's folder that has all rows.
    most : int
        Rows that are shown.

    Returns
    -------
    dict
        The block.
    """
    if len(rows) > most:
        more = page.say("brief.first_rows", shown=most, all=len(rows), file=file)
        caption = f"{caption} — {more}"
    return table(columns, rows[:most], caption)


def number(value: Any, form: str = ",.0f") -> str:
    """Write a number, or a dash where it is missing."""
    return "–" if value is None or pd.isna(value) else format(float(value), form)
