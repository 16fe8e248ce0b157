"""Municipality codes that do not meet: zeros that were lost, check digits, units unknown here."""

from __future__ import annotations

import pandas as pd

from gangso.errors import Fault
from gangso.territory.columns import as_text
from gangso.territory.dictionary import attributes

__all__ = ["match_codes", "restore_zeros", "shorten_codes"]

# Codes of two tables meet if nine of ten are the same; up to one in ten may do so by chance.
_MEETING, _MOST, _STRAYS = 0.9, 0.5, 0.1


def _columns(name: str, frame: pd.DataFrame) -> list[str]:
    if name in ("municipalities", "boundaries"):
        return ["code"] if "code" in frame else []
    return [
        a.name for a in attributes(name)
        if a.type in ("municipality", "flow_zone") and a.name in frame
    ]  # fmt: skip


def _held(tables: dict[str, pd.DataFrame]) -> dict[tuple[str, str], pd.Series]:
    """Columns of codes as text, by table and column."""
    return {
        (name, column): as_text(frame[column])
        for name, frame in tables.items()
        for column in _columns(name, frame)
    }


def restore_zeros(tables: dict[str, pd.DataFrame], notes: list[Fault]) -> None:
    """Put leading zeros back that a spreadsheet took, where the other tables prove them.

    Codes are digits of one width in one table and one digit shorter in another; with the zero
    in front they are the same codes. Nothing is touched where a code would meet two.

    Parameters
    ----------
    tables : dict of str to DataFrame
        By name; changed in place.
    notes : list of Fault
        Takes one note a column that was changed.
    """
    held = _held(tables)
    digits = {k: v.dropna() for k, v in held.items() if v.dropna().str.fullmatch(r"\d+").all()}
    main = [k for k in (("municipalities", "code"), ("boundaries", "code"))
            if k in digits and len(digits[k])]  # fmt: skip
    if not main:
        return
    width = max(int(digits[key].str.len().max()) for key in main)
    # Some zeros are in the data: a whole column that begins with other digits lost nothing.
    proven = any(digits[key].str.startswith("0").any() for key in main)
    mixed = any(
        digits[key].str.len().nunique() == 2 and digits[key].str.len().min() == width - 1
        for key in main
    )
    if not (proven or mixed):
        return
    for key, text in held.items():
        if key not in digits or not len(digits[key]):
            continue
        lengths = digits[key].str.len()
        if lengths.min() == width or lengths.max() > width:
            continue
        padded = text.str.zfill(width)
        if padded.nunique() != text.nunique():
            continue
        # Where another table kept its zeros, the codes must meet it: they may be of another kind.
        # More than one zero is never put back without that.
        met = _meet(padded, held, key, width)
        if met is False or (met is None and lengths.min() < width - 1):
            continue
        name, column = key
        tables[name][column] = padded
        changed = (padded != text) & text.notna()
        details = {"count": f"{int(changed.sum()):,}", "width": str(width)}
        first = f"{text[changed].iloc[0]} → {padded[changed].iloc[0]}"
        notes.append(Fault("zeros_restored", name, None, column, first, details))


def _meet(
    padded: pd.Series, held: dict[tuple[str, str], pd.Series], key: tuple[str, str], width: int
) -> bool | None:
    """Say whether nine of ten codes are those of a table that kept its zeros; None: no table."""
    own = set(padded.dropna())
    for name in ("municipalities", "boundaries"):
        other = held.get((name, "code"))
        if (name, "code") == key or other is None:
            continue
        known = other.dropna()
        if len(known) and (known.str.len() == width).all():
            met = len(own & set(known))
            return met >= _MEETING * min(len(own), len(set(known)))
    return None


def shorten_codes(tables: dict[str, pd.DataFrame], notes: list[Fault]) -> None:
    """Cut codes that carry more than those of the map: a check digit, a prefix of the country.

    Where the codes of a table do not meet, but nine of ten do by their first (or last) signs, and
    stay different from each other, only those are kept.

    Parameters
    ----------
    tables : dict of str to DataFrame
        By name; changed in place.
    notes : list of Fault
        Takes one note a column that was changed.
    """
    held = _held(tables)
    main = [held[k] for k in (("municipalities", "code"), ("boundaries", "code")) if k in held]
    even = [
        text.dropna() for text in main
        if text.notna().any() and text.str.len().min() == text.str.len().max()
    ]  # fmt: skip
    if not even:
        return
    goal = min(even, key=lambda text: len(text.iloc[0]))
    known, width = set(goal), len(goal.iloc[0])
    for (name, column), text in held.items():
        own = text.dropna().drop_duplicates()
        if not len(own) or own.str.len().min() <= width or own.isin(list(known)).mean() > _STRAYS:
            continue
        for cut in (slice(0, width), slice(-width, None)):
            short = own.str.slice(cut.start, cut.stop)
            # Totals of provinces may stand among them; facilities are not everywhere.
            here, there = short.isin(list(known)).mean(), pd.Series(list(known)).isin(short).mean()
            if here < _MOST or max(here, there) < _MEETING or short.duplicated().any():
                continue
            tables[name][column] = text.str.slice(cut.start, cut.stop)
            first = f"{own.iloc[0]} → {short.iloc[0]}"
            details = {"count": f"{len(own):,}", "width": str(width)}
            notes.append(Fault("codes_shortened", name, None, column, first, details))
            break


def match_codes(
    name: str, frame: pd.DataFrame, municipalities: pd.DataFrame
) -> tuple[pd.DataFrame, list[Fault]]:
    """Leave out rows whose municipality is not among those of the package, and name them.

    Parameters
    ----------
    name : str
        Table.
    frame : DataFrame
        Its rows.
    municipalities : DataFrame
        With ``code`` and, optionally, ``flow_zone``.

    Returns
    -------
    DataFrame
        The rows that match.
    list of Fault
        One for each code that is left out, with the number of its rows.
    """
    codes = set(as_text(municipalities["code"]).dropna())
    zones = set(codes)
    if "flow_zone" in municipalities:
        zones |= set(as_text(municipalities["flow_zone"]).dropna())
    strange = pd.Series(False, index=frame.index)
    faults = []
    for column in _columns(name, frame):
        text = as_text(frame[column])
        known = zones if name == "flows" else codes
        out = text.notna() & ~text.isin(list(known))
        strange |= out
        counts = text[out].value_counts(sort=False)
        first = {code: at for at, code in reversed(list(text[out].items()))}
        label = frame.get("name")
        for code, count in counts.items():
            said = f"{code} {label[first[code]]}" if label is not None else str(code)
            faults.append(
                Fault("unmatched_dropped", name, int(first[code]) + 2, column, said,
                      {"count": f"{count:,}"})
            )  # fmt: skip
    return frame[~strange.to_numpy()], faults
