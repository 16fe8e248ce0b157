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
from gangso.report.words import place_names, town_names
from gangso.texts import say

__all__ = [
    "Block", "Column", "Page", "figure", "first_rows", "largest_rows", "listing", "number",
    "shown_alliances", "table", "text",
]  # fmt: skip

Block = dict[str, Any]
Column = tuple[str, str, float]

# A brief of a large country would fill a book; beyond this many rows the tables have the rest.
_MOST_ROWS = 150
_LARGEST = 60  # alliances that are listed where there are more of them than that


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

    @cached_property
    def towns(self) -> pd.Series:
        """Names of the settlements, each behind its municipality's, by code."""
        return town_names(self.plan.territory, self.lang)

    @cached_property
    def _kept(self) -> dict[int, tuple[pd.DataFrame, dict[str, list[dict[str, Any]]]]]:
        return {}

    def rows_of(self, frame: pd.DataFrame, alliance: str) -> list[dict[str, Any]]:
        """Rows of a table that speak of one alliance.

        A plan may have thousands of alliances and be asked of each: a table is sorted once.

        Parameters
        ----------
        frame : DataFrame
            Indexed by alliance, or with a column ``alliance``.
        alliance : str
            Id of the alliance.

        Returns
        -------
        list of dict
            Value by column, in the order of the table.
        """
        if id(frame) not in self._kept:
            named = frame if "alliance" in frame else frame.assign(alliance=frame.index)
            sorted_out: dict[str, list[dict[str, Any]]] = {}
            for row in named.to_dict("records"):
                sorted_out.setdefault(str(row["alliance"]), []).append(
                    {str(key): value for key, value in row.items()}
                )
            self._kept[id(frame)] = (frame, sorted_out)  # with the frame, so that ids stay its own
        return self._kept[id(frame)][1].get(alliance, [])

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


def shown_alliances(page: Page) -> pd.DataFrame:
    """Choose the alliances that a brief lists.

    Parameters
    ----------
    page : Page
        The plan and the language.

    Returns
    -------
    DataFrame
        Rows of `Partition.alliances`: all, or of too many the most populous, largest first.
    """
    found = page.plan.partition.alliances
    return found if len(found) <= _MOST_ROWS else found.nlargest(_LARGEST, "population")


def largest_rows(
    page: Page, columns: list[Column], rows: list[list[Any]], caption: str, file: str
) -> Block:
    """Make a table of one row for each of `shown_alliances`.

    Parameters
    ----------
    page : Page
        The plan and the language.
    columns, rows, caption
        As for `table`.
    file : str
        Name of the table in the plan's folder that has all rows.

    Returns
    -------
    dict
        The block; its caption says if there are more.
    """
    count = len(page.plan.partition.alliances)
    if count > len(rows):
        more = page.say("brief.largest_rows", shown=len(rows), all=count, file=file)
        caption = f"{caption} — {more}"
    return table(columns, rows, caption)


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
