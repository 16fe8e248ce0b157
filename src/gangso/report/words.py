"""Small pieces of language that maps and brief share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from gangso.territory.model import Territory

__all__ = ["hub_names", "place_names", "province_column", "town_names"]


def province_column(territory: Territory, lang: str) -> str | None:
    """Name the column of the municipalities that holds their province in a language.

    Parameters
    ----------
    territory : Territory
        The territory.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    str or None
        ``province`` or ``province_en``; None where no province is known.
    """
    table = territory.municipalities
    first = territory.metadata.languages[0]
    column = "province" if lang == first or "province_en" not in table.columns else "province_en"
    return column if column in table.columns and table[column].notna().any() else None


def place_names(territory: Territory, lang: str) -> pd.Series:
    """Names that tell every municipality from every other.

    Parameters
    ----------
    territory : Territory
        The territory.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    Series of str
        By code; a name that several share is followed by its province, or else its code.
    """
    # Control characters (left by some wrong decoding upstream) have no shape in any font.
    names = territory.names(lang).astype("str").str.replace(r"[\x00-\x1f\x7f-\x9f]", "", regex=True)
    column = province_column(territory, lang)
    if column is not None:
        province = territory.municipalities[column]
        shared = names.duplicated(keep=False) & province.notna()
        names = names.where(~shared, names + "(" + province.fillna("").astype("str") + ")")
    shared = names.duplicated(keep=False)
    codes = pd.Series(names.index.astype("str"), index=names.index)
    return names.where(~shared, names + " [" + codes + "]")


def town_names(territory: Territory, lang: str) -> pd.Series:
    """Names of the settlements, each behind its municipality's.

    Parameters
    ----------
    territory : Territory
        The territory.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    Series of str
        By code; a settlement without a name of that language keeps the one it has.
    """
    table = territory.require("settlements").set_index("code")
    own = _named(territory, table, lang)
    above = table["municipality"].map(place_names(territory, lang))
    return above.astype("str") + " " + own.astype("str")


def hub_names(territory: Territory, lang: str) -> pd.Series:
    """Names of the hubs in a language.

    Parameters
    ----------
    territory : Territory
        The territory.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    Series of str
        By the hub's own name; a hub without a name of that language keeps the one it has.
    """
    hubs = territory.require("hubs").drop_duplicates("name").set_index("name", drop=False)
    return _named(territory, hubs, lang)


def _named(territory: Territory, table: pd.DataFrame, lang: str) -> pd.Series:
    """Names of a table in a language; what has none keeps the one it has."""
    column = territory.name_column(lang)
    return table[column].fillna(table["name"]) if column in table.columns else table["name"]
