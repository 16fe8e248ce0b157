"""The one catalogue of texts for people, in Korean and English.

The texts stand in the CSV files of this folder (``key,ko,en``), one file a package.
A text may name values in braces, and say what one is called and what several are:
``{count:,} {count:place has|places have}``.
"""

from __future__ import annotations

import csv
import string
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["LANGUAGES", "catalogue", "say"]

LANGUAGES = ("ko", "en")


class _Formatter(string.Formatter):
    """Fills in values as `str.format` does; two words with a bar between are for one and many."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        if not bar:
            return format(value, format_spec)
        return one if str(value) in ("1", "1.0") else many


_FORMATTER = _Formatter()


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Read the whole catalogue.

    Returns
    -------
    dict of str to dict of str to str
        Text by key and language.

    Raises
    ------
    ValueError
        If two files define the same key.
    """
    texts: dict[str, dict[str, str]] = {}
    for entry in sorted(resources.files(__package__).iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".csv"):
            continue
        with entry.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["key"] in texts:
                    raise ValueError(f"text {row['key']!r} is defined twice ({entry.name})")
                texts[row["key"]] = {lang: row[lang] for lang in LANGUAGES}
    return texts


def say(key: str, lang: str, **values: object) -> str:
    """Return the text ``key`` in ``lang`` with the values filled in.

    Parameters
    ----------
    key : str
        Key in the catalogue.
    lang : {"ko", "en"}
        Language.
    **values
        Values for the names in braces.

    Returns
    -------
    str
        The text.

    Raises
    ------
    KeyError
        If the catalogue has no such text or language.

    Examples
    --------
    >>> say("unit.people", "en", count=1234)
    '1,234 people'
    >>> say("cli.faults", "en", count=1)
    '1 fault. Nothing was written.'
    """
    text = catalogue()[key][lang]
    if not values:
        return text
    return _FORMATTER.vformat(text, (), values) if "|" in text else text.format(**values)
