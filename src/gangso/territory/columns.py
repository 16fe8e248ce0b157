"""Turn a column as it stands in a file into values of its dictionary type, noting each fault."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.errors import Fault
from gangso.territory.dictionary import Attribute

__all__ = ["as_text", "convert", "faults_at", "infer"]

_YEARS = (1000, 2200)
# Control and direction characters, line ends among them: invisible, and they break every table.
# The last ones as themselves: Arrow's expressions, which pandas may hand this to, have no "\u".
_CONTROL = r"[\x00-\x1f\x7f-\x9f" + "\u2028\u2029\u202a-\u202e\u2066-\u2069]"
# A spreadsheet would run it instead of showing it.
_FORMULA = r"^="
Mask = npt.NDArray[np.bool_]


def as_text(column: pd.Series) -> pd.Series:
    """Write a column as text, whole numbers without a decimal point; missing stays missing.

    Parameters
    ----------
    column : Series
        Any type.

    Returns
    -------
    Series of str
        Stripped of spaces around; empty text is missing.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if pd.api.types.is_bool_dtype(column):
        column = column.map({True: "true", False: "false"})
    elif pd.api.types.is_float_dtype(column):
        whole = (column == np.rint(column)) | column.isna()
        if whole.all():
            column = column.astype("Int64")
    text = column.astype("str").mask(column.isna())
    text = text.str.strip()
    empty = text == ""
    if empty.any():
        text = text.mask(empty)
    return text


def faults_at(
    kind: str,
    table: str,
    rows: npt.NDArray[np.int64] | Sequence[int],
    column: str,
    values: Iterable[object],
    details: Sequence[dict[str, str]] | None = None,
) -> list[Fault]:
    """Make one fault a row.

    Parameters
    ----------
    kind, table, column : str
        As in `Fault`.
    rows : array of int, shape (k,)
        Position of the row in the table, the first one being 0.
    values : iterable
        Offending values, k of them.
    details : sequence of dict, optional
        What else the texts name, one for each row.

    Returns
    -------
    list of Fault
        With spreadsheet row numbers (the header is row 1).
    """
    extra = details if details is not None else [{} for _ in rows]
    return [
        Fault(kind, table, int(row) + 2, column, None if _nothing(value) else str(value), more)
        for row, value, more in zip(rows, values, extra, strict=True)
    ]


def _nothing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def _exact(text: pd.Series) -> npt.NDArray[np.float64]:
    """Read text as numbers to the last digit: older pandas rounds on its way."""
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    known = ~np.isnan(values)
    if not known.any():
        return values
    values = values.copy()
    values[known] = text.to_numpy(dtype=object)[known].astype("float64")
    return values


def _numbers(column: pd.Series) -> tuple[npt.NDArray[np.float64], pd.Series, Mask]:
    """Read numbers; returns them, the column as it stood, and what is no number."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        values = column.to_numpy(dtype="float64", na_value=np.nan)
        return values, column, np.isinf(values)
    text = as_text(column)
    values = _exact(text)
    wrong = (np.isnan(values) & text.notna().to_numpy()) | np.isinf(values)
    return np.where(wrong, np.nan, values), text, wrong


def _out_of_range(values: npt.NDArray[np.float64], kind: str) -> list[tuple[str, Mask]]:
    """Say which numbers a dictionary type does not allow, and what is wrong with them."""
    fractional = values != np.rint(values)
    known = ~np.isnan(values)
    rules: dict[str, list[tuple[str, Mask]]] = {
        "number": [],
        "number>0": [("not_positive", values <= 0)],
        "number>=0": [("negative", values < 0)],
        "integer>=0": [("negative", values < 0), ("not_whole", fractional & known)],
        "year": [("bad_year", known & (fractional | (values < _YEARS[0]) | (values > _YEARS[1])))],
        "longitude": [("bad_longitude", np.abs(values) > 180)],
        "latitude": [("bad_latitude", np.abs(values) > 90)],
    }
    return rules[kind]


def convert(column: pd.Series, attribute: Attribute, table: str) -> tuple[pd.Series, list[Fault]]:
    """Read a column by its dictionary type.

    Parameters
    ----------
    column : Series
        As it stands in the file; the index is the row number from 0.
    attribute : Attribute
        Its entry in the data dictionary.
    table : str
        Name of the table, for the faults.

    Returns
    -------
    Series
        Text, float64, int64 (required whole numbers) or Int64 (optional ones); a faulty
        value is missing.
    list of Fault
        One for each faulty value.
    """
    faults: list[Fault] = []
    rows = column.index.to_numpy()
    if attribute.numeric:
        values, shown, wrong = _numbers(column)
        for kind, mask in [("not_a_number", wrong), *_out_of_range(values, attribute.type)]:
            if mask.any():
                faults += faults_at(kind, table, rows[mask], attribute.name, shown[mask])
                wrong |= mask
        if attribute.required:
            empty = np.isnan(values) & ~wrong
            if empty.any():
                faults += faults_at(
                    "missing_value", table, rows[empty], attribute.name, [None] * empty.sum()
                )
        values = np.where(wrong, np.nan, values)
        result = pd.Series(values, index=column.index)
        if attribute.type not in ("year", "integer>=0"):
            return result, faults
        full = attribute.required and not np.isnan(values).any()
        return result.astype("int64" if full else "Int64"), faults
    text = as_text(column)
    for kind, pattern in (("control_character", _CONTROL), ("formula_cell", _FORMULA)):
        odd = text.str.contains(pattern, regex=True, na=False).to_numpy(dtype=bool)
        if odd.any():
            faults += faults_at(
                kind, table, rows[odd], attribute.name, [ascii(value) for value in text[odd]]
            )
    missing = text.isna().to_numpy()
    if attribute.required and missing.any():
        faults += faults_at(
            "missing_value", table, rows[missing], attribute.name, [None] * missing.sum()
        )
    if attribute.choices:
        wrong = ~text.isin(attribute.choices).to_numpy() & ~missing
        if wrong.any():
            allowed = {"allowed": ", ".join(attribute.choices)}
            faults += faults_at(
                "not_allowed", table, rows[wrong], attribute.name, text[wrong],
                [allowed] * int(wrong.sum()),
            )  # fmt: skip
            text = text.mask(wrong)
    return text, faults


def infer(column: pd.Series) -> pd.Series:
    """Read a column that the dictionary does not know: numbers if all of it is, else text.

    Parameters
    ----------
    column : Series
        As it stands in the file.

    Returns
    -------
    Series
        float64, int64, Int64 or text. ``007`` is a code and stays text.
    """
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        numbers = column.to_numpy(dtype="float64", na_value=np.nan)
    else:
        text = as_text(column)
        numbers = _exact(text)
        unread = np.isnan(numbers) & text.notna().to_numpy()
        if text.isna().all() or unread.any() or np.isinf(numbers).any():
            return text
        if text.str.match(r"^[-+]?0\d").fillna(False).astype(bool).any():
            return text
    result = pd.Series(numbers, index=column.index)
    known = numbers[~np.isnan(numbers)]
    if len(known) and (known == np.rint(known)).all() and np.abs(known).max() < 2**53:
        return result.astype("int64" if len(known) == len(numbers) else "Int64")
    return result
