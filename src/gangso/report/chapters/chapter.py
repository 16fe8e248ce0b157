"""What a domain contributes to a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from matplotlib.figure import Figure

from gangso.report.blocks import Block, Page
from gangso.report.plan import PlanLike

__all__ = ["Chapter"]


def _nothing(*_: object) -> tuple[()]:
    return ()


def _no_entries(*_: object) -> dict[str, object]:
    return {}


@dataclass(frozen=True)
class Chapter:
    """One chapter of the brief and what goes with it; each part may be left out.

    Attributes
    ----------
    key : str
        Name; the heading is the text ``brief.<key>``.
    blocks : callable
        Page -> blocks; a chapter without any is left out of the brief.
    findings : callable
        Page -> sentences for the summary on the first page.
    notes : callable
        Page -> approximations and missing data, for the chapter of limits.
    figures : callable
        (page, width in inches) -> figures by name. Under 5 inches it is for a phone.
    tables : callable
        Plan -> tables by name, written as Parquet and CSV; their index is a named column.
    columns : callable
        Plan -> columns for the layer of municipalities, index ``code``; none if empty.
    layers : callable
        Plan -> further layers of the GeoPackage by name, in WGS 84.
    """

    key: str
    blocks: Callable[[Page], Iterable[Block]] = _nothing
    findings: Callable[[Page], Iterable[str]] = _nothing
    notes: Callable[[Page], Iterable[str]] = _nothing
    figures: Callable[[Page, float], dict[str, Figure]] = _no_entries  # type: ignore[assignment]
    tables: Callable[[PlanLike], dict[str, pd.DataFrame]] = _no_entries  # type: ignore[assignment]
    columns: Callable[[PlanLike], pd.DataFrame | None] = lambda _: None
    layers: Callable[[PlanLike], dict[str, gpd.GeoDataFrame]] = _no_entries
