"""Names, amounts and figures as the pages write them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import Any

import pandas as pd

from gangso.report.words import place_names
from gangso.territory import Territory
from gangso.texts import say

__all__ = ["Words", "money"]


def money(value: float, currency: str, lang: str) -> str:
    """Write an amount in units that a planner reads at a glance.

    Parameters
    ----------
    value : float
        Amount, whole units of the currency.
    currency : str
        Code of the currency.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    str
        The amount.

    Examples
    --------
    >>> money(4_702_000_000, "KRW", "ko")
    '47.0억 원'
    >>> money(4_702_000_000, "KRW", "en")
    'KRW 4.70 bn'
    """
    if isnan(value):
        return "–"
    if lang == "ko" and currency == "KRW":
        return say("wb.money.eok", lang, value=value / 1e8)
    units = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
    for unit, key in units:
        if abs(value) >= unit:
            return say(f"wb.money.{key}", lang, value=value / unit, currency=currency)
    return say("wb.money.one", lang, value=value, currency=currency)


@dataclass(eq=False)
class Words:
    """Words of one territory in one language.

    Attributes
    ----------
    territory : Territory
        The territory.
    lang : {"ko", "en"}
        Language.
    """

    territory: Territory
    lang: str

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of the municipalities that tell each from every other, by code."""
        return {str(c): str(n) for c, n in place_names(self.territory, self.lang).items()}

    @cached_property
    def short_names(self) -> dict[str, str]:
        """Names without what tells them apart, for the map."""
        return {str(c): str(n) for c, n in self.territory.names(self.lang).items()}

    @cached_property
    def provinces(self) -> dict[str, str]:
        """Province of every municipality; empty where there is none."""
        table = self.territory.municipalities
        first = self.territory.metadata.languages[0]
        column = "province" if self.lang == first or "province_en" not in table else "province_en"
        if column not in table:
            return dict.fromkeys(map(str, table.index), "")
        return {str(c): "" if pd.isna(p) else str(p) for c, p in table[column].items()}

    def say(self, key: str, **values: object) -> str:
        """Return a text of the catalogue."""
        return say(key, self.lang, **values)

    def name(self, code: object) -> str:
        """Name of a municipality."""
        return self.names.get(str(code), str(code))

    def list(self, codes: Any) -> str:
        """Names of several, joined."""
        return " · ".join(self.name(code) for code in codes)

    def money(self, value: float) -> str:
        """Write an amount of the territory's currency."""
        return money(value, self.territory.metadata.currency, self.lang)

    def of(self, texts: Any, key: str) -> str:
        """Pick a label by language, or the key where there is none."""
        label = texts.get(key, {}) if texts else {}
        return str(label.get(self.lang, key))
