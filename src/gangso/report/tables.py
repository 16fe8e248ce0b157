"""The tables of a plan, as files for spreadsheets (CSV) and programs (Parquet)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gangso.report.blocks import Page
from gangso.report.chapters import CHAPTERS
from gangso.report.content import notes
from gangso.report.plan import PlanLike
from gangso.texts import LANGUAGES

__all__ = ["plan_tables", "spreadsheet", "write_table"]

# A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plan_tables(plan: PlanLike) -> dict[str, pd.DataFrame]:
    """Gather the tables of a plan.

    Parameters
    ----------
    plan : PlanLike
        The plan.

    Returns
    -------
    dict of str to DataFrame
        Tables by name; their index is a named column.
    """
    tables: dict[str, pd.DataFrame] = {}
    for chapter in CHAPTERS:
        tables |= chapter.tables(plan)
    said = {lang: notes(Page(plan, lang)) for lang in LANGUAGES}
    return tables | {"notes": pd.DataFrame(said)}


def write_table(table: pd.DataFrame, folder: Path, name: str) -> None:
    """Write a table as ``name.parquet`` and ``name.csv``.

    The CSV begins with a byte-order mark, so that spreadsheets read Hangul right, and text
    that a spreadsheet would run as a formula gets an apostrophe in front.

    Parameters
    ----------
    table : DataFrame
        The table.
    folder : Path
        Where.
    name : str
        Name without suffix.
    """
    table.to_parquet(folder / f"{name}.parquet", compression="zstd")
    (folder / f"{name}.csv").write_bytes(spreadsheet(table))


def spreadsheet(table: pd.DataFrame) -> bytes:
    """Write a table as CSV that a spreadsheet reads right and does not run.

    Parameters
    ----------
    table : DataFrame
        The table; a named index is a column.

    Returns
    -------
    bytes
        The file.
    """
    flat = table if table.index.names == [None] else table.reset_index()
    safe = flat.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = _harmless(safe[column])
    text = safe.to_csv(index=False, lineterminator="\r\n", float_format="%.10g")
    return text.encode("utf-8-sig")


def _harmless(values: pd.Series) -> pd.Series:
    text = values.where(values.map(lambda value: isinstance(value, str)), "").astype("str")
    risky = text.str.startswith(_FORMULA)
    return values.where(~risky, "'" + text) if risky.any() else values
