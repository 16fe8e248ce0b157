"""Bring tables into the shape of the data dictionary: wide to long, ages, sexes."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from gangso.errors import Fault
from gangso.territory.columns import as_text
from gangso.territory.intake.mapping import Unpivot

__all__ = ["age_groups", "lower_age", "meaning", "tidy_population", "unpivot"]

_GROUP = 5


@cache
def _vocabulary() -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    path = resources.files(__package__) / "vocabulary.csv"
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for word in row["words"].split("|"):
                found[row["kind"], word] = row["meaning"]
    return found


@cache
def _under() -> re.Pattern[str]:
    words = sorted(word for kind, word in _vocabulary() if kind == "under")
    return re.compile("|".join(map(re.escape, words)))


def meaning(kind: str, word: str) -> str | None:
    """Look a word up in the vocabulary of several languages.

    Parameters
    ----------
    kind : str
        ``sex``, ``total`` or ``link``.
    word : str
        As it stands in a table.

    Returns
    -------
    str or None
        What it means; None if it is not known.

    Examples
    --------
    >>> meaning("sex", "Frauen")
    'f'
    """
    return _vocabulary().get((kind, " ".join(word.split()).casefold()))


def lower_age(text: str) -> int | None:
    """Read the lower bound of an age, however it is written.

    Parameters
    ----------
    text : str
        ``85+``, ``5~9세``, ``unter 5 Jahre``, ``100 y más`` ...

    Returns
    -------
    int or None
        Years; None if there is no number in it.

    Examples
    --------
    >>> lower_age("85 e più"), lower_age("under 5"), lower_age("5〜9歳")
    (85, 0, 5)
    """
    found = re.search(r"\d+", text)
    if found is None:
        return None
    return 0 if _under().search(text.casefold()) else int(found[0])


def unpivot(frame: pd.DataFrame, asked: Unpivot, name: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Make one row of each cell whose column name is a value.

    Parameters
    ----------
    frame : DataFrame
        Wide; the index is the row number.
    asked : Unpivot
        Which columns, and what their names and cells hold.
    name : str
        Name of the table, for the fault.

    Returns
    -------
    DataFrame
        Long; rows of one source row keep its index.
    list of Fault
        If no column matches.
    """
    pattern = re.compile(asked.columns)
    matches = {str(c): pattern.fullmatch(str(c)) for c in frame.columns}
    wide = [column for column, match in matches.items() if match is not None]
    if not wide:
        known = ", ".join(matches)
        return frame, [Fault("no_such_column", name, 1, asked.value, asked.columns,
                             {"known": known})]  # fmt: skip
    rest = [c for c in frame.columns if str(c) not in wide]
    base = pd.DataFrame(frame[rest])
    parts = []
    for column in wide:
        match = matches[column]
        groups = {} if match is None else match.groupdict()
        parts.append(base.assign(**groups, **{asked.value: frame[column]}))
    long = pd.concat(parts)
    return long.iloc[np.argsort(long.index.to_numpy(), kind="stable")], []


def age_groups(ages: pd.Series) -> pd.Series:
    """Put single ages into groups of five years, named by their lower bound."""
    return ages // _GROUP * _GROUP


def tidy_population(frame: pd.DataFrame, name: str, notes: list[Fault]) -> pd.DataFrame:
    """Read sexes and ages in any language, leave out totals, sum single years of age.

    Parameters
    ----------
    frame : DataFrame
        The table ``population`` as picked.
    name : str
        Name of the table, for the notes.
    notes : list of Fault
        Takes what was left out and summed.

    Returns
    -------
    DataFrame
        With sexes ``f`` and ``m`` and five-year groups; what cannot be read stays as it is.
    """
    totals = np.zeros(len(frame), dtype=bool)
    for column in ("sex", "age"):
        if column not in frame:
            continue
        text = as_text(frame[column])
        words = pd.Series(text.dropna().unique())
        total = set(words[[meaning("total", word) is not None for word in words]])
        totals |= text.isin(list(total)).to_numpy()
        read = {word: meaning("sex", word) if column == "sex" else lower_age(word)
                for word in words if word not in total}  # fmt: skip
        known = {word: str(value) for word, value in read.items() if value is not None}
        frame = frame.assign(**{column: text.map(lambda w, known=known: known.get(w, w),
                                                 na_action="ignore")})  # fmt: skip
    if totals.any():
        notes.append(Fault("totals_left_out", name, value=f"{totals.sum():,}"))
        frame = frame[~totals]
    keys = ["municipality", "year", "sex", "age"]
    if not {*keys, "persons"} <= set(frame.columns):
        return frame
    ages = pd.to_numeric(frame["age"], errors="coerce")
    persons = pd.to_numeric(frame["persons"], errors="coerce")
    different = np.unique(ages.dropna())
    single = len(different) > 1 and np.diff(different).min() == 1
    if not single or ages.isna().any() or persons.isna().any() or (persons < 0).any():
        return frame
    whole = frame.assign(age=age_groups(ages).astype("int64"), persons=persons)
    notes.append(Fault("ages_summed", name, value=f"{len(different):,}"))
    first = whole.groupby(keys, sort=False, dropna=False)["persons"].agg(lambda part: part.index[0])
    summed = whole.groupby(keys, sort=False, dropna=False)["persons"].sum().reset_index()
    summed.index = pd.Index(first.to_numpy())
    return summed
