"""Recognise columns of a planner's files by their names, types and values."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import geopandas as gpd
import pandas as pd

from gangso.territory.columns import as_text
from gangso.territory.dictionary import TABLES, attributes
from gangso.territory.intake.mapping import Unpivot
from gangso.territory.intake.numerals import NumberFormat, detect_format, plain_numbers
from gangso.territory.intake.reshape import lower_age, meaning

__all__ = [
    "ColumnSeen",
    "code_of_parts",
    "guess",
    "known_names",
    "look",
    "match",
    "wide",
    "year_in",
]

# Rows whose values are looked at.
_SAMPLE = 500
# Columns such as m_0_4, F85+, 남_5~9세, Frauen 20-24.
_SEX_AND_AGE = re.compile(r"^(?P<sex>[^\W\d_]+)[\W_]*(?P<age>\d+\D*\d*\D*)$")
_ACCENTS = re.compile("[\u0300-\u036f]")
# Names that end with the year in two digits: POB11, GEOID20.
_SHORT_YEAR = re.compile(r"(?<=[^\W\d_]{2})\d\d$")
# Columns that are years, in numbers or words of several scripts: 2015, 2015年, y2015.
_YEAR = re.compile(r"[^\W\d_]{0,3}_?(?P<year>(?:19|20)\d\d)\s*[年년]?")
_LEAST_YEARS = 3
# Codes that offices hand out in two columns, and the digits of either: the United States'
# counties, Spain's municipios, Brazil's municípios, Mexico's municipios.
_PARTS = (
    (("state", 2), ("county", 3)),
    (("statefp", 2), ("countyfp", 3)),
    (("cpro", 2), ("cmun", 3)),
    (("cod_uf", 2), ("cod_munic", 5)),
    (("cve_ent", 2), ("cve_mun", 3)),
)
# What is in the names of columns of residents, in many languages.
_PEOPLE = (
    "pop", "pob", "inhab", "einw", "bevol", "abit", "resid", "hab", "인구", "人口", "ludn",
    "насел", "πληθ", "folkm", "nufus", "penduduk", "obyv", "inwoner",
)  # fmt: skip
# Of the codes of a column this share has one length; the others are those of provinces.
_ONE_LENGTH = 0.7
_LEAST_WIDE = 6
# Columns such as a0, age_5_9, 85+: ages of a table that names the sex in a column of its own.
_AGE = re.compile(r"^(?P<before>[^\W\d_]*)[\W_]*(?P<age>\d{1,3}(?!\d)\D*\d{0,3}\D*)$")


@dataclass(frozen=True)
class ColumnSeen:
    """A column as the dialogue shows it.

    Parameters
    ----------
    name : str
        As it stands in the file.
    kind : str
        ``number``, ``text`` or ``code``.
    unique : bool
        Whether no value stands twice.
    samples : tuple of str
        A few values.
    """

    name: str
    kind: str
    unique: bool
    samples: tuple[str, ...]


@cache
def known_names() -> dict[str, dict[str, tuple[str, ...]]]:
    """Read the names by which columns are known, from the best on.

    Returns
    -------
    dict
        Names by table and attribute, without case.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    path = resources.files(__package__) / "synonyms.csv"
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            names = tuple(dict.fromkeys(map(_plain, row["names"].split("|"))))
            found.setdefault(row["table"], {})[row["attribute"]] = names
    # Whatever a municipality's code is called, tables that name municipalities call it so, too.
    codes = found["municipalities"]["code"]
    for table, by_attribute in found.items():
        for attribute in ("municipality", "code"):
            if attribute in by_attribute and table not in ("municipalities", "settlements"):
                own = by_attribute[attribute]
                by_attribute[attribute] = tuple(dict.fromkeys((*own, *codes)))
    return found


def _plain(name: object) -> str:
    """Reduce a column name to what it says: ``Población (2011)`` -> ``poblacion``."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", str(name)).casefold())
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", text))
    spaced = re.sub(r"[\W_]+", "_", text).strip("_")
    return re.sub(r"_?(?<!\d)(19|20)\d\d(?:年)?$", "", spaced)


def _numeric_share(column: pd.Series) -> float:
    """Share of the known values that are numbers, however they are written."""
    text = as_text(column.head(_SAMPLE))
    form = detect_format([text]) or NumberFormat(",", ".")
    plain, _, _ = plain_numbers(text, form, stated=True)
    known = plain.dropna()
    return 0.0 if known.empty else float(pd.to_numeric(known, errors="coerce").notna().mean())


def look(frame: pd.DataFrame) -> tuple[ColumnSeen, ...]:
    """Look at the columns of a file.

    Parameters
    ----------
    frame : DataFrame
        As it stands in the file.

    Returns
    -------
    tuple of ColumnSeen
        All but the geometry.
    """
    seen = []
    for name in frame.columns:
        if isinstance(frame, gpd.GeoDataFrame) and name == frame.geometry.name:
            continue
        text = as_text(frame[name].head(_SAMPLE))
        known = text.dropna()
        number = _numeric_share(text) > 0.9
        coded = len(known) > 0 and known.str.fullmatch(r"[A-Z]{0,3}\d{2,14}").mean() > 0.9
        lengths = known.str.len()
        even = coded and (
            lengths.nunique() <= 2 or lengths.value_counts(normalize=True).iloc[0] > _ONE_LENGTH
        )
        kind = "code" if even and known.is_unique else "number" if number else "text"
        samples = tuple(known.drop_duplicates().head(4))
        seen.append(ColumnSeen(str(name), kind, bool(known.is_unique and len(known)), samples))
    return tuple(seen)


def _fits(attribute: str, table: str, column: ColumnSeen) -> bool:
    """Say whether the values of a column can be what its name says."""
    known = {a.name: a for a in attributes(table)} if table in TABLES else {}
    entry = known.get(attribute)
    if entry is not None and entry.type == "year" and column.samples:
        return all(year_in(sample) for sample in column.samples)
    if entry is not None and entry.numeric and attribute != "age":
        return column.kind != "text" or not column.samples
    if table == "municipalities" and attribute == "code":
        return column.unique
    if table == "municipalities" and attribute == "name":
        return column.kind == "text"
    return True


def match(seen: Sequence[ColumnSeen], table: str) -> dict[str, str]:
    """Find the column of each attribute, better known names first, each used once.

    Parameters
    ----------
    seen : sequence of ColumnSeen
        Columns of a file.
    table : str
        Table of the dictionary, ``boundaries`` or ``crosswalk``.

    Returns
    -------
    dict of str to str
        Column by attribute.
    """
    free = {column.name: (_plain(column.name), column) for column in seen}
    matched: dict[str, str] = {}
    for attribute, names in known_names().get(table, {}).items():
        tries = [(name, False) for name in (attribute, *names)]
        if attribute == "province":  # a name of it before its number
            tries = [(name, True) for name, _ in tries] + tries
        for name, in_words in tries:
            fitting = [
                c for c, (plain, column) in free.items()
                if not (in_words and column.kind != "text")
                and (name in (plain, _SHORT_YEAR.sub("", plain)) or _cut_off(c, plain, name))
                and _fits(attribute, table, column)
            ]  # fmt: skip
            if fitting:
                # Of several years the last.
                found = max(fitting, key=lambda c: year_in(c) or 0)
                matched[attribute] = found
                del free[found]
                break
    return matched


def year_in(text: str) -> int | None:
    """Read the one year that a name tells, also of a month (202406).

    Parameters
    ----------
    text : str
        Name of a column or file.

    Returns
    -------
    int or None
        None where it tells no year, or several.
    """
    found = re.findall(r"(?<!\d)((?:19|20)\d\d)(?:0[1-9]|1[0-2])?(?!\d)", text)
    return int(found[0]) if len(set(found)) == 1 else None


def _cut_off(column: str, plain: str, name: str) -> bool:
    """Say whether a name is what a shapefile, which keeps ten bytes of it, has left of another."""
    return len(column.encode()) == 10 and len(plain) >= 8 and name.startswith(plain)


def guess(seen: Sequence[ColumnSeen], matched: dict[str, str]) -> dict[str, str]:
    """Fill what a table of municipalities needs from the values of the columns left.

    Parameters
    ----------
    seen : sequence of ColumnSeen
        Columns of a file.
    matched : dict of str to str
        Columns that are known by their names.

    Returns
    -------
    dict of str to str
        Column by attribute, of those that were not matched.
    """
    free = [column for column in seen if column.name not in matched.values()]
    guessed: dict[str, str] = {}
    for attribute, kinds in (("code", ("code",)), ("name", ("text",)), ("population", ("number",))):
        if attribute in matched:
            continue
        fitting = [c for c in free if c.kind in kinds and (c.unique or attribute != "code")]
        if attribute == "population":
            said = [c for c in fitting if any(w in _plain(c.name) for w in _PEOPLE)]
            # A single column of numbers is the residents, whatever it is called.
            fitting = said or (fitting if len(fitting) == 1 else [])
        if attribute == "name":
            fitting = sorted(fitting, key=lambda c: not c.unique)
        if fitting:
            guessed[attribute] = fitting[0].name
            free.remove(fitting[0])
    return guessed


def code_of_parts(seen: Sequence[ColumnSeen]) -> str | None:
    """Recognise a code whose parts stand in two columns, such as state and county.

    Parameters
    ----------
    seen : sequence of ColumnSeen
        Columns of a file.

    Returns
    -------
    str or None
        The pattern of `FileMapping.combine`; None if there are no such columns.
    """
    plain: dict[str, str] = {}
    for column in seen:
        if column.kind != "text":
            plain.setdefault(_SHORT_YEAR.sub("", _plain(column.name)), column.name)
    for (first, wide_first), (second, wide_second) in _PARTS:
        if first in plain and second in plain:
            return f"{{{plain[first]}:0{wide_first}}}{{{plain[second]}:0{wide_second}}}"
    return None


def wide(seen: Sequence[ColumnSeen]) -> Unpivot | None:
    """Recognise a wide table by sex and age, or an origin-destination matrix.

    Parameters
    ----------
    seen : sequence of ColumnSeen
        Columns of a file.

    Returns
    -------
    Unpivot or None
        Which columns are values; None if it is no wide table.
    """
    names = [column.name for column in seen]
    aged = [m for m in map(_SEX_AND_AGE.match, names) if m and meaning("sex", m["sex"])]
    if len(aged) >= _LEAST_WIDE and all(lower_age(m["age"]) is not None for m in aged):
        sexes = "|".join(sorted({re.escape(m["sex"]) for m in aged}))
        return Unpivot(columns=rf"(?P<sex>{sexes})[\W_]*(?P<age>\d.*)", value="persons")
    by_age = _by_age(names)
    if by_age is not None and "sex" in match(seen, "population"):
        return by_age
    years = [c.name for c in seen if _YEAR.fullmatch(c.name) and c.kind != "text"]
    if len(years) >= _LEAST_YEARS and "municipality" in match(seen, "indicators"):
        return Unpivot(columns=_YEAR.pattern, value="value")
    rows = {sample for column in seen[:1] for sample in column.samples}
    coded = [name for name in names[1:] if re.fullmatch(r"[A-Z]{0,3}\d{2,14}", name)]
    if len(coded) >= 3 and len(coded) >= len(names) - 3 and rows & set(coded):
        return Unpivot(columns=r"(?P<destination>[A-Z]{0,3}\d{2,14})", value="amount")
    return None


def _by_age(names: Sequence[str]) -> Unpivot | None:
    """Recognise columns that are ages in rising order, whatever stands before them."""
    prefixes: dict[str, list[int]] = {}
    for name in names:
        found = _AGE.match(name)
        age = None if found is None else lower_age(found["age"])
        if found is not None and age is not None:
            prefixes.setdefault(found["before"], []).append(age)
    for before, ages in prefixes.items():
        if len(ages) >= _LEAST_WIDE and ages[0] == 0 and ages == sorted(set(ages)):
            pattern = rf"{re.escape(before)}[\W_]*(?P<age>\d{{1,3}}(?!\d)\D*\d{{0,3}}\D*)"
            return Unpivot(columns=pattern, value="persons")
    return None
