"""What a territory package says about itself: the ``gangso`` part of ``datapackage.json``."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gangso.texts import LANGUAGES, say

__all__ = ["Item", "Metadata", "NumberStyle", "Source", "SourceText"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceText(_Frozen):
    """A source in another language; what is empty stays as it is."""

    title: str = ""
    vintage: str = ""
    note: str = ""


class Source(_Frozen):
    """Where a column's figures come from, and of when they are."""

    table: str
    columns: tuple[str, ...]
    title: str
    vintage: str
    note: str = ""
    translations: dict[str, SourceText] = Field(default_factory=dict, description="by language")

    def said(self, lang: str) -> SourceText:
        """Title, vintage and note in a language, or else as they were written."""
        own = self.translations.get(lang, SourceText())
        return SourceText(
            title=own.title or self.title,
            vintage=own.vintage or self.vintage,
            note=own.note or self.note,
        )

    def cited(self, lang: str) -> str:
        """Title and vintage in one line."""
        said = self.said(lang)
        return f"{said.title} ({said.vintage})"


class Item(_Frozen):
    """Label and unit of an item of the long tables (indicators, finance, flows)."""

    unit: str = ""
    label: dict[str, str]


class NumberStyle(_Frozen):
    """How the country writes numbers in its files."""

    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", ""] = ""


def _unnamed() -> dict[str, str]:
    return {lang: say("territory.unnamed", lang) for lang in LANGUAGES}


class Metadata(_Frozen):
    """The package's metadata."""

    name: str = "territory"
    title: dict[str, str] = Field(default_factory=_unnamed)
    country: str = Field("", description="ISO 3166-1 alpha-2")
    languages: tuple[str, ...] = ("en",)
    currency: str = ""
    metric_crs: str = Field(
        "", description="reference system in metres; none: one laid about the territory's middle"
    )
    bounds: tuple[float, float, float, float] | None = Field(
        None, description="west, south, east, north (degrees) that hold the whole country"
    )
    number_format: NumberStyle | None = Field(
        None, description="how files of the country write numbers, where they prove nothing"
    )
    reference_year: int | None = None
    population_date: str = Field("", description="month and day of the population figures")
    sources: tuple[Source, ...] = ()
    items: dict[str, Item] = Field(default_factory=dict)
    notes: tuple[dict[str, str], ...] = Field((), description="caveats to print, by language")
    scenario: dict[str, Any] = Field(default_factory=dict, description="the country's fragment")

    @property
    def spoken(self) -> str:
        """First of the languages that this program speaks; English if it speaks none."""
        return next((lang for lang in self.languages if lang in LANGUAGES), "en")
