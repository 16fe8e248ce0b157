"""Texts of the compact in both languages."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from gangso.territory.model import Territory
from gangso.texts import LANGUAGES, say

__all__ = ["both", "label", "named"]

_MOST_NAMES = 8


def both(key: str, **values: object) -> dict[str, str]:
    """Say a text in both languages; a value that is a mapping by language is said in each.

    Parameters
    ----------
    key : str
        Key in the catalogue.
    **values
        Values for the names in braces.

    Returns
    -------
    dict of str to str
        Text by language.
    """
    return {
        lang: say(
            key,
            lang,
            **{k: v[lang] if isinstance(v, dict) else v for k, v in values.items()},
        )
        for lang in LANGUAGES
    }


def named(codes: Iterable[str], names: dict[str, pd.Series]) -> dict[str, str]:
    """Name some municipalities, the first few by name.

    Parameters
    ----------
    codes : iterable of str
        Their codes.
    names : dict of str to Series
        Names by code, by language.

    Returns
    -------
    dict of str to str
        Names by language.
    """
    codes = list(codes)
    found = {}
    for lang in LANGUAGES:
        listed = ", ".join(str(names[lang].get(code, code)) for code in codes[:_MOST_NAMES])
        rest = len(codes) - _MOST_NAMES
        found[lang] = (
            say("compact.and_more", lang, names=listed, count=rest) if rest > 0 else listed
        )
    return found


def label(territory: Territory, item: str) -> dict[str, str]:
    """Label of an item of the long tables, or its key where the package names none.

    Parameters
    ----------
    territory : Territory
        The territory.
    item : str
        Key of the item.

    Returns
    -------
    dict of str to str
        Label by language.
    """
    known = territory.metadata.items.get(item)
    return {lang: known.label.get(lang, item) if known else item for lang in LANGUAGES}
