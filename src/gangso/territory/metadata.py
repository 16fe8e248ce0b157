"""What a territory package says about itself: the ``gangso`` part of ``datapackage.json``."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Item", "Metadata", "Source"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """Where a column's figures come from, and of when they are."""

    table: str
    columns: tuple[str, ...]
    title: str
    vintage: str
    note: str = ""


class Item(_Frozen):
    """Label and unit of an item of the long tables (indicators, finance, flows)."""

    unit: str = ""
    label: dict[str, str]


class Metadata(_Frozen):
    """The package's metadata."""

    name: str = "territory"
    title: dict[str, str] = Field(default_factory=lambda: {"ko": "이름 없는 지역", "en": "Unnamed"})
    country: str = Field("", description="ISO 3166-1 alpha-2")
    languages: tuple[str, ...] = ("en",)
    currency: str = ""
    metric_crs: str = Field(
        "", description="reference system in metres; none: one laid about the territory's middle"
    )
    reference_year: int | None = None
    population_date: str = Field("", description="month and day of the population figures")
    sources: tuple[Source, ...] = ()
    items: dict[str, Item] = Field(default_factory=dict)
    notes: tuple[dict[str, str], ...] = Field((), description="caveats to print, by language")
    scenario: dict[str, Any] = Field(default_factory=dict, description="the country's fragment")
