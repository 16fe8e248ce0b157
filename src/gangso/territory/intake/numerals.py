"""Read numbers as people write them: decimal commas, thousands separators, signs for "unknown"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from gangso.territory.columns import as_text

__all__ = ["UNKNOWN", "NumberFormat", "all_by_threes", "detect_format", "marked", "plain_numbers"]

#: What statistical offices write where there is no figure; never zero unless the mapping says so.
UNKNOWN = frozenset(
    {"-", "–", "—", "−", ".", "..", "...", "…", ":", "x", "X", "*", "/", "n/a", "N/A", "NA",
     "na", "nan", "NaN", "NAN", "#N/A", "NULL", "null", "(D)", "･･･", "***", "해당없음"}
)  # fmt: skip

# Blanks and apostrophes that group digits by threes, in any script.
_GROUPING = re.compile(r"(?<=\d)[\s\u00a0\u2009\u202f'’](?=\d{3}(?!\d))")
# From so many figures on, their common shape is no chance.
_ENOUGH_FIGURES = 10
# Marks of notes after a figure: 1.234(1), 1 234 r, 987*, 12³; never part of it.
_MARK = re.compile(
    r"(?<=\d)(?:\s*[\u00b2\u00b3\u00b9\u2070-\u2079]+|\s*[(\[]\w{1,2}[)\]]|\s*[*†‡]+"
    r"|\s+[bcdefpruz])+$"
)
_EXCEL_TEXT = re.compile(r'^="(.*)"$')


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written.

    Parameters
    ----------
    decimal : str
        ``"."`` or ``","``.
    thousands : str
        ``","``, ``"."`` or ``""`` (none, or blanks and apostrophes, which are always read).
    """

    decimal: str = "."
    thousands: str = ""

    def plain(self, text: str) -> str:
        """Write one number with a point for decimals and nothing else."""
        if self.thousands:
            text = text.replace(self.thousands, "")
        return text.replace(self.decimal, ".") if self.decimal != "." else text


def marked(column: pd.Series) -> pd.Series:
    """Say which figures carry the mark of a note: ``1.234(1)``, ``1 234 r``.

    Parameters
    ----------
    column : Series
        As it stands in the file.

    Returns
    -------
    Series of bool
        Where there is one; it is no part of the figure.
    """
    return as_text(column).str.contains(_MARK, na=False)


def _clean(text: str) -> str:
    """Drop what never carries meaning: full-width digits, grouping blanks, typographic minus."""
    text = unicodedata.normalize("NFKC", _MARK.sub("", text.strip())).strip().replace("\u2212", "-")
    return _GROUPING.sub("", text)


def _evidence(text: str) -> str | None:
    """Say which decimal sign a number proves: ``"."``, ``","``, ``"?"`` (either), or nothing."""
    if not re.fullmatch(r"[-+]?[\d.,]+", text) or not re.search(r"[.,]", text):
        return None
    last = max(text.rfind("."), text.rfind(","))
    sign = text[last]
    other = "," if sign == "." else "."
    if other in text:  # 1.234,5
        return sign if text.count(sign) == 1 else None
    groups = text.lstrip("+-").split(sign)
    by_threes = all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3
    if len(groups) > 2:  # 1.234.567
        return other if by_threes else None
    if by_threes and not groups[0].startswith("0"):  # 1.234: a number or a thousand
        return "?"
    return sign


def detect_format(columns: Iterable[pd.Series]) -> NumberFormat | None:
    """Find how the numbers of a file are written, from those that can be read in one way only.

    Parameters
    ----------
    columns : iterable of Series
        Columns that should hold numbers, as text.

    Returns
    -------
    NumberFormat or None
        None where nothing is proven, or the proofs contradict each other.
    """
    proven = set()
    for column in columns:
        for text in as_text(column).dropna().unique():
            proven.add(_evidence(_clean(text)))
    proven -= {None, "?"}
    if proven == {","}:
        return NumberFormat(",", ".")
    if proven == {"."}:
        return NumberFormat(".", ",")
    return None


def all_by_threes(column: pd.Series) -> NumberFormat | None:
    """Read the thousands of a column that counts heads from all of its values together.

    A single ``1.234`` can be read in two ways. Where all figures that have a sign have the same
    one, and three digits behind it, it groups thousands: nobody counts thousandths of persons.

    Parameters
    ----------
    column : Series
        As it stands in the file.

    Returns
    -------
    NumberFormat or None
        None where there are too few figures, or one of them says otherwise.
    """
    text = as_text(column).dropna().map(_clean)
    kinds = text.map(_evidence)
    signed = text[kinds.notna()]
    if len(signed) < _ENOUGH_FIGURES or not (kinds.dropna() == "?").all():
        return None
    if signed.str.contains(".", regex=False).all():
        return NumberFormat(",", ".")
    return NumberFormat(".", ",") if signed.str.contains(",", regex=False).all() else None


def plain_numbers(
    column: pd.Series,
    known: NumberFormat | None,
    *,
    hint: NumberFormat | None = None,
    stated: bool = False,
    counts: bool = False,
    degrees: bool = False,
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Write numbers with a point for decimals and nothing else, where that can be done safely.

    Parameters
    ----------
    column : Series
        As it stands in the file.
    known : NumberFormat or None
        How the file writes numbers, if that is stated or proven.
    hint : NumberFormat or None
        How its country writes them; decides what would be unsure otherwise.
    stated : bool
        Whether `known` was stated; a proof from other columns does not settle a count.
    counts : bool
        Whether the column counts persons or the like: ``1.234`` may then be a thousand.
    degrees : bool
        Whether it holds degrees, which have no thousands.

    Returns
    -------
    Series of str
        The numbers; what is none is left as it stands, unknown is missing.
    Series of bool
        Where a number can be read in two ways.
    Series of bool
        Where a sign stood for "unknown".
    """
    text = as_text(column)
    nowhere = pd.Series(False, index=text.index)
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return text, nowhere, nowhere
    text = text.map(lambda value: _EXCEL_TEXT.sub(r"\1", _clean(value)), na_action="ignore")
    unknown = text.isin(list(UNKNOWN))
    text = text.mask(unknown)
    kinds = text.map(_evidence, na_action="ignore")
    written = kinds.notna()
    if not written.any():
        return text, nowhere, unknown
    if degrees:
        return text.str.replace(",", ".", regex=False), nowhere, unknown
    either = kinds == "?"
    point = text.str.contains(".", regex=False, na=False)
    own = set(kinds[written]) - {"?"}
    if known is None and len(own) == 1:
        known = NumberFormat(",", ".") if own == {","} else NumberFormat(".", ",")
    if known is not None and (stated or not counts or own or known.thousands == "."):
        unsure = nowhere
    elif known is not None:  # proven elsewhere: a comma groups, a lone point stays unsure
        unsure = either & point
    else:
        # Without proof a lone point is a decimal point, unless the column counts heads.
        unsure = either & (~point | counts)
    if unsure.any() and hint is not None:
        known, unsure = hint, nowhere
    known = known or NumberFormat()
    sure = written & ~unsure
    return text.where(~sure, text[sure].map(known.plain)), unsure, unknown
