"""Take from one file what the mapping asks for, under the names of the data dictionary."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd
import pyproj
import shapely
from pyproj.exceptions import CRSError

from gangso.errors import Fault
from gangso.territory.columns import as_text
from gangso.territory.dictionary import Attribute, attributes
from gangso.territory.intake.files import FileRead, read_file
from gangso.territory.intake.mapping import TableMapping
from gangso.territory.intake.numerals import (
    UNKNOWN,
    NumberFormat,
    all_by_threes,
    detect_format,
    marked,
    plain_numbers,
)
from gangso.territory.intake.recognise import year_in
from gangso.territory.intake.reshape import meaning, tidy_population, unpivot

__all__ = ["Notes", "drop_incomplete", "pick_table", "stated_crs"]

_CODES = ("code", "municipality", "flow_zone")
_FLOAT_CODE = re.compile(r"\d+\.0")
_NO_CODE = UNKNOWN | {"None"}


@dataclass
class Notes:
    """What is found on the way from files to a package.

    Parameters
    ----------
    faults : list of Fault
        What forbids writing it.
    notes : list of Fault
        How it was read, and what was changed on the way.
    dropped : list of Fault
        Rows left out.
    mended : list of Fault
        Polygons repaired.
    """

    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    dropped: list[Fault] = field(default_factory=list)
    mended: list[Fault] = field(default_factory=list)


def stated_crs(text: str, table: str, faults: list[Fault]) -> pyproj.CRS | None:
    """Read a reference system that the mapping states."""
    try:
        return pyproj.CRS.from_user_input(text)
    except CRSError:
        faults.append(Fault("bad_crs", table, None, "crs", text))
        return None


def pick_table(table: TableMapping, name: str, told: Notes, hint: NumberFormat | None) -> FileRead:
    """Read a file and take its columns, as text that the data dictionary's types can read.

    Parameters
    ----------
    table : TableMapping
        What to take from where.
    name : str
        Table of the dictionary, or ``boundaries``.
    told : Notes
        Takes faults and notes.
    hint : NumberFormat or None
        How numbers are usually written in the country; used where a file proves nothing.

    Returns
    -------
    FileRead
        Its frame has the attributes as columns; with polygons or points, ``geometry`` too.
    """
    read = read_file(table, name)
    told.faults += read.faults
    told.notes += read.notes
    if read.frame is None:
        return read
    source = _joined(read.frame, table, name, told)
    if table.unpivot is not None:
        source, faults = unpivot(source, table.unpivot, name)
        told.faults += faults
    picked = _columns(source, table, name, told.faults)
    picked = _values(picked, table)
    picked = _numbers(picked, table, name, told, hint)
    picked = _texts(picked, name, told)
    if name == "population":
        picked = tidy_population(picked, name, told.notes)
    if name == "flows" and table.unpivot is not None and "amount" in picked:
        picked = _no_empty_cells(picked, name, told)
    picked = _codes(picked, table, name)
    if name in ("facilities", "settlements") and {"id", "code"}.isdisjoint(picked.columns):
        key = "id" if name == "facilities" else "code"
        picked[key] = [f"{name[0]}{number}" for number in range(1, len(picked) + 1)]
    read.frame = _placed(picked, source, table, name, told)
    return read


def _joined(source: pd.DataFrame, table: TableMapping, name: str, told: Notes) -> pd.DataFrame:
    """Bring along columns of other files; rows without a match are named."""
    for join in table.join:
        other = read_file(join, name)
        told.faults += other.faults
        told.notes += other.notes
        if other.frame is None:
            continue
        (left, right), *_ = join.on.items()
        lacking = [(source, left)] if left not in source else []
        lacking += [(other.frame, c) for c in (right, *join.take) if c not in other.frame]
        for frame, column in lacking:
            known = ", ".join(map(str, frame.columns))
            told.faults.append(Fault("no_such_column", name, 1, column, column, {"known": known}))
        if lacking:
            continue
        key = as_text(other.frame[right])
        again = key[key.duplicated() & key.notna()]
        for row, code in zip(again.index.to_numpy(), again, strict=True):
            details = {"first": str(key.index[(key == code).to_numpy()][0] + 2)}
            told.faults.append(
                Fault("duplicate_key", f"{name} ({join.file.name})", int(row) + 2, right,
                      str(code), details)
            )  # fmt: skip
        lookup = other.frame.assign(_key=key)[key.notna() & ~key.duplicated()].set_index("_key")
        mine = as_text(source[left])
        taken = lookup[list(join.take)].reindex(mine)
        taken.index = source.index
        unmatched = mine[mine.notna() & ~mine.isin(lookup.index)]
        told.notes += [
            Fault("join_unmatched", name, int(row) + 2, left, str(code), {"file": join.file.name})
            for row, code in zip(unmatched.index.to_numpy(), unmatched, strict=True)
        ]
        source = source.assign(**{str(c): taken[c] for c in join.take})
    return source


def _columns(
    source: pd.DataFrame, table: TableMapping, name: str, faults: list[Fault]
) -> pd.DataFrame:
    """Take the mapped columns under the names of the dictionary."""
    folded: dict[str, list[str]] = {}
    for column in map(str, source.columns):
        folded.setdefault(column.casefold().strip(), []).append(column)
    wanted = [*table.columns.items(), *((c, c) for c in table.keep)]
    if table.unpivot is not None:
        wanted += [(key, key) for key in (*table.unpivot.groups, table.unpivot.value)
                   if key not in table.columns]  # fmt: skip
    columns: dict[str, pd.Series] = {}
    for attribute, column in wanted:
        near = folded.get(column.casefold().strip(), [])
        if column in source.columns:
            columns[attribute] = source[column]
        elif len(near) == 1:
            columns[attribute] = source[near[0]]
        else:
            known = ", ".join(map(str, source.columns))
            faults.append(Fault("no_such_column", name, 1, attribute, column, {"known": known}))
    if not table.columns and table.unpivot is None:  # readers give attributes as they are
        known_names = {a.name for a in attributes(name)} if name != "boundaries" else {"code"}
        columns |= {str(c): source[c] for c in source.columns
                    if c in known_names or c == "departures"}  # fmt: skip
    picked = pd.DataFrame(columns, index=source.index).assign(**table.constants)
    for attribute, other in table.fill.items():
        if attribute in picked and other in picked:
            picked[attribute] = as_text(picked[attribute]).fillna(as_text(picked[other]))
    return picked


def _values(picked: pd.DataFrame, table: TableMapping) -> pd.DataFrame:
    """Translate values: as the mapping says, and links in words of several languages."""
    for attribute, meanings in table.recode.items():
        if attribute in picked:
            text = as_text(picked[attribute])
            picked[attribute] = text.map(lambda v, m=meanings: m.get(v, v), na_action="ignore")
    if "link" in picked:
        picked["link"] = as_text(picked["link"]).map(
            lambda v: meaning("link", v) or v, na_action="ignore"
        )
    return picked


def _types(name: str) -> dict[str, Attribute]:
    return {} if name == "boundaries" else {a.name: a for a in attributes(name)}


def _numbers(
    picked: pd.DataFrame, table: TableMapping, name: str, told: Notes, hint: NumberFormat | None
) -> pd.DataFrame:
    """Write numbers plainly; what can be read in two ways is a fault, not a guess."""
    known = {a.name: a for a in _types(name).values() if a.numeric and a.name in picked}
    # Ages are read with their words, and years have neither commas nor points.
    words = {a.name for a in known.values() if a.type == "year"} | {"age"}
    for attribute in words & set(picked.columns) - {"age"}:
        picked[attribute] = _years(picked[attribute])
    columns = [attribute for attribute in known if attribute not in words]
    stated = None
    if table.decimal is not None or table.thousands is not None:
        decimal = table.decimal or ("," if table.thousands == "." else ".")
        other = "." if decimal == "," else ","
        stated = NumberFormat(decimal, other if table.thousands is None else table.thousands)
    found = stated or detect_format(picked[n] for n in columns)
    for attribute in columns:
        kind = known[attribute].type
        counts = attribute in ("population", "persons", "amount", "population_65plus",
                               "women_15_49", "capacity")  # fmt: skip
        form, sure = found, stated is not None
        if form is None and hint is None and counts:
            form = all_by_threes(picked[attribute])
            if form is not None:
                sure = True
                first = as_text(picked[attribute]).dropna().iloc[0]
                told.notes.append(Fault("thousands_taken", name, None, attribute, str(first)))
        text, unsure, unknown = plain_numbers(
            picked[attribute], form, hint=hint, stated=sure, counts=counts,
            degrees=kind in ("longitude", "latitude"),
        )  # fmt: skip
        told.faults += [
            Fault("ambiguous_number", name, int(row) + 2, attribute, str(picked[attribute][at]))
            for row, at in zip(picked.index[unsure.to_numpy()], unsure.index[unsure], strict=True)
            if not picked.index.duplicated().any()
        ]
        if unsure.any() and picked.index.duplicated().any():
            shown = as_text(picked[attribute])[unsure.to_numpy()].iloc[0]
            told.faults.append(Fault("ambiguous_number", name, None, attribute, str(shown)))
        notes = marked(picked[attribute])
        if notes.any():
            details = {"count": f"{int(notes.sum()):,}"}
            first = str(as_text(picked[attribute])[notes.to_numpy()].iloc[0])
            told.notes.append(Fault("marks_dropped", name, None, attribute, first, details))
        if unknown.any():
            signs = ", ".join(sorted(as_text(picked[attribute])[unknown.to_numpy()].unique()))
            details = {"count": f"{int(unknown.sum()):,}"}
            told.notes.append(Fault("unknown_signs", name, None, attribute, signs, details))
        picked[attribute] = text
    return picked


def _years(column: pd.Series) -> pd.Series:
    """Read years out of words and dates: 2015年, 31.12.2015, 2015.0."""
    text = as_text(column).map(lambda t: unicodedata.normalize("NFKC", t), na_action="ignore")
    told = text.map(year_in, na_action="ignore")
    return text.where(told.isna(), told.map(str, na_action="ignore"))


def _texts(picked: pd.DataFrame, name: str, told: Notes) -> pd.DataFrame:
    """Drop control characters and doubled blanks from texts."""
    for column in picked:
        attribute = _types(name).get(str(column))
        if attribute is None or attribute.numeric:
            continue
        text = as_text(picked[column])
        clean = text.map(_clean, na_action="ignore")
        changed = (clean != text) & text.notna()
        if changed.any():
            details = {"count": f"{int(changed.sum()):,}"}
            first = str(clean[changed.to_numpy()].iloc[0])
            told.notes.append(Fault("texts_cleaned", name, None, str(column), first, details))
        picked[column] = clean
    return picked


def _clean(text: str) -> str:
    found = re.fullmatch(r'="(.*)"', text)  # a spreadsheet's way to keep leading zeros
    text = found[1] if found else text
    kept = "".join(
        " " if c in "\r\n\t\v\f\u2028\u2029" else c
        for c in text
        if c in "\r\n\t\v\f\u2028\u2029" or unicodedata.category(c) not in ("Cc", "Cf")
    )
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def _no_empty_cells(picked: pd.DataFrame, name: str, told: Notes) -> pd.DataFrame:
    """Leave out the empty and zero cells of a matrix."""
    amount = pd.to_numeric(picked["amount"], errors="coerce")
    nothing = ((amount == 0) | as_text(picked["amount"]).isna()).to_numpy()
    if nothing.any():
        told.notes.append(Fault("empty_cells", name, value=f"{int(nothing.sum()):,}"))
    return picked[~nothing]


def _codes(picked: pd.DataFrame, table: TableMapping, name: str) -> pd.DataFrame:
    """Write codes as codes: no ".0" of a spreadsheet, no "nan", zeros put back where asked."""
    types = _types(name)
    for column in map(str, picked.columns):
        kind = types[column].type if column in types else ""
        if column not in ("code", "id") and kind not in _CODES:
            continue
        text = as_text(picked[column])
        # Full-width digits are digits.
        text = text.map(lambda code: unicodedata.normalize("NFKC", code), na_action="ignore")
        text = text.mask(text.isin(list(_NO_CODE)))
        known = text.dropna()
        if len(known) and known.str.fullmatch(_FLOAT_CODE.pattern).all():
            text = text.str.slice(0, -2)
        if column in table.pad:
            text = text.str.zfill(table.pad[column])
        picked[column] = text
    return picked


def _placed(
    picked: pd.DataFrame, source: pd.DataFrame, table: TableMapping, name: str, told: Notes
) -> pd.DataFrame:
    """Bring points into WGS 84: from coordinates in another system, or from the map itself."""
    crs = None if table.crs is None else stated_crs(table.crs, name, told.faults)
    if table.swap_axes:
        picked, source = _exchanged(picked, source)
    if name == "boundaries":
        if not isinstance(source, gpd.GeoDataFrame):
            told.faults.append(Fault("no_geometry", name, value=table.file.name))
            return picked
        own = crs if crs is not None else source.crs
        if own is None and table.crs is None:
            told.faults.append(Fault("no_crs_in", name, value=table.file.name))
        shaped: pd.DataFrame = gpd.GeoDataFrame(
            picked, geometry=source.geometry.loc[picked.index].to_numpy(), crs=own
        )
        return shaped
    if {"lon", "lat"} <= set(picked.columns):
        if crs is None:
            return picked
        xy = [pd.to_numeric(picked[c], errors="coerce").to_numpy(float) for c in ("lon", "lat")]
        points = gpd.GeoSeries(gpd.points_from_xy(*xy), crs=crs).to_crs("EPSG:4326")
    elif isinstance(source, gpd.GeoDataFrame) and any(
        a.name == "lon" and a.required for a in attributes(name)
    ):
        shapes = source.geometry.loc[picked.index]
        own = crs if crs is not None else shapes.crs
        if own is None:
            told.faults.append(Fault("no_crs_in", name, value=table.file.name))
            return picked
        shapes = gpd.GeoSeries(shapes.to_numpy(), index=picked.index, crs=own)
        points = shapes.representative_point().to_crs("EPSG:4326")
    else:
        return picked
    return picked.assign(lon=points.x.to_numpy(), lat=points.y.to_numpy())


def _exchanged(picked: pd.DataFrame, source: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Exchange longitude and latitude, of a map or of two columns."""
    if {"lon", "lat"} <= set(picked.columns):
        return picked.assign(lon=picked["lat"], lat=picked["lon"]), source
    if isinstance(source, gpd.GeoDataFrame):
        turned = shapely.transform(source.geometry.to_numpy(), lambda xy: xy[:, ::-1])
        source = source.set_geometry(gpd.GeoSeries(turned, index=source.index, crs=source.crs))
    return picked, source


def drop_incomplete(
    picked: pd.DataFrame,
    name: str,
    required: Collection[str],
    dropped: list[Fault],
) -> pd.DataFrame:
    """Leave out rows that lack a required value, and name them.

    Parameters
    ----------
    picked : DataFrame
        The index is the row number.
    name : str
        Table.
    required : collection of str
        Attributes that must be there.
    dropped : list of Fault
        Takes one fault a row.

    Returns
    -------
    DataFrame
        The other rows.
    """
    needed = [column for column in required if column in picked]
    if not needed:
        return picked
    empty = pd.DataFrame({column: as_text(picked[column]).isna() for column in needed})
    rows = empty.any(axis=1).to_numpy()
    numbers = picked.index.to_numpy()
    for at in rows.nonzero()[0].tolist():
        label = " ".join(
            str(picked[column].iloc[at])
            for column in ("code", "municipality", "name")
            if column in picked and pd.notna(picked[column].iloc[at])
        )
        lacking = ", ".join(column for column in needed if empty[column].iloc[at])
        dropped.append(Fault("row_dropped", name, int(numbers[at]) + 2, lacking, label or "–"))
    return picked[~rows]
