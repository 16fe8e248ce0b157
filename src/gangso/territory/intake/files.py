"""Read a planner's file as it stands, and say how it was read."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.lib
import pyogrio

from gangso.errors import BadInputError, Fault
from gangso.territory.columns import as_text
from gangso.territory.encodings import guess_encoding
from gangso.territory.intake.grid import read_grid
from gangso.territory.intake.gtfs import read_stops
from gangso.territory.intake.mapping import PIECE, FileMapping, TableMapping
from gangso.territory.intake.osm_places import read_places
from gangso.territory.read import archive_faults, delimiter, read_csv

__all__ = ["GEOGRAPHIC", "FileRead", "combined", "is_timetable", "read_file"]

#: Suffixes that GDAL reads.
GEOGRAPHIC = (".geojson", ".json", ".gpkg", ".fgb", ".shp", ".zip", ".kml", ".gml", ".topojson")
_SHEETS = (".xlsx", ".xlsm", ".xls", ".ods")
_GRIDS = (".tif", ".tiff")
_EXTRACTS = (".pbf", ".osm", ".osm.bz2", ".osm.gz")
_TEXT = (".csv", ".txt", ".tsv", ".tab", ".dat")


@dataclass
class FileRead:
    """A file that was read.

    Parameters
    ----------
    frame : DataFrame, GeoDataFrame or None
        The rows, the index counting them from 0; None if the file cannot be read.
    faults : list of Fault
        What is wrong with it.
    notes : list of Fault
        How it was read, where that was a guess.
    """

    frame: pd.DataFrame | None = None
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)


def _suffix(path: Path) -> str:
    name = path.name.lower()
    return next((s for s in _EXTRACTS if name.endswith(s)), path.suffix.lower())


def is_timetable(path: Path) -> bool:
    """Say whether an archive is a GTFS feed."""
    if path.suffix.lower() != ".zip":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = {Path(name).name for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return False
    return {"stops.txt", "stop_times.txt", "trips.txt"} <= names


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def read_file(asked: FileMapping, name: str) -> FileRead:
    """Read a file of any known kind.

    Parameters
    ----------
    asked : FileMapping
        Which file, and how to read it.
    name : str
        Name of the table, for the faults.

    Returns
    -------
    FileRead
        Rows, faults and notes.
    """
    read = FileRead()
    try:
        read.frame = _read(asked, name, read)
    except BadInputError as error:
        read.faults += error.faults
    except (
        OSError, ValueError, LookupError, ImportError, RuntimeError, csv.Error,
        zipfile.BadZipFile, pyarrow.lib.ArrowException,
    ) as error:  # fmt: skip
        details = {"message": _first_line(error)}
        read.faults.append(Fault("unreadable_file", name, None, None, asked.file.name, details))
    if read.frame is not None:
        frame = combined(_split(read.frame, asked, name, read), asked, name, read)
        read.frame = _chosen(frame, asked, name, read)
    return read


def _read(asked: FileMapping, name: str, read: FileRead) -> pd.DataFrame | None:
    path, suffix = asked.file, _suffix(asked.file)
    if not path.exists():
        read.faults.append(Fault("file_missing", name, value=str(path)))
        return None
    if suffix in _EXTRACTS:
        return read_places(path, hubs=name == "hubs")
    if suffix in _GRIDS:
        cell_km = asked.cell_km if isinstance(asked, TableMapping) else None
        return read_grid(path, cell_km=cell_km)
    if is_timetable(path):
        least = asked.least_departures if isinstance(asked, TableMapping) else None
        return read_stops(path, least=least or 0.0)
    if suffix == ".parquet":
        try:
            shaped: pd.DataFrame = gpd.read_parquet(path)
        except ValueError:  # a plain Parquet file without geometry
            return pd.read_parquet(path)
        return shaped
    if suffix in _SHEETS:
        return _read_sheet(asked, name, read)
    if suffix in GEOGRAPHIC and not _is_packed_table(path):
        return _read_map(asked, name, read)
    return _read_text(asked, name, read)


def _is_packed_table(path: Path) -> bool:
    if path.suffix.lower() != ".zip":
        return False
    with zipfile.ZipFile(path) as archive:
        members = [Path(entry) for entry in archive.namelist() if not entry.endswith("/")]
    return len(members) == 1 and members[0].suffix.lower() in _TEXT


def _content(path: Path, read: FileRead, name: str) -> bytes | None:
    if path.suffix.lower() != ".zip":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        faults = archive_faults(archive)
        read.faults += [Fault(f.kind, name, value=f.value) for f in faults]
        return None if faults else archive.read(archive.namelist()[0])


def _read_text(asked: FileMapping, name: str, read: FileRead) -> pd.DataFrame | None:
    data = _content(asked.file, read, name)
    if data is None:
        return None
    if asked.encoding is None:
        encoding = guess_encoding(data)
        if encoding not in ("utf-8", "utf-8-sig"):
            details = {"encoding": encoding}
            read.notes.append(Fault("encoding_guessed", name, value=asked.file.name,
                                    details=details))  # fmt: skip
    else:
        encoding = asked.encoding
        try:
            codecs.lookup(encoding)
        except LookupError:
            likely = {"likely": guess_encoding(data)}
            read.faults.append(Fault("no_such_encoding", name, None, "encoding", encoding, likely))
            return None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        shown = data[error.start : error.start + 8].hex(" ")
        details = {"encoding": encoding}
        read.faults.append(Fault("mixed_encoding", name, line, None, shown, details))
        text = data.decode(encoding, errors="replace")
    lines = text.lstrip("\ufeff").splitlines(keepends=True)
    last = asked.header + asked.header_lines - 1
    above, named = lines[asked.header - 1 : last - 1], lines[last - 1 :]
    if not named:
        details = {"lines": f"{len(lines):,}"}
        read.faults.append(Fault("no_such_line", name, None, None, str(last), details))
        return None
    if above:
        heads = [next(csv.reader([line], delimiter=delimiter(above[0])), []) for line in above]
        own = next(csv.reader([named[0]], delimiter=delimiter(above[0])), [])
        row = io.StringIO()
        csv.writer(row, delimiter=delimiter(above[0]), lineterminator="\n").writerow(
            _stacked(heads, own)
        )
        named[0] = row.getvalue()
    frame, faults = read_csv("".join(named).encode(), name)
    read.faults += faults
    if frame is not None:
        frame.index = frame.index + (last - 1)
    return frame


def _stacked(heads: Sequence[Sequence[str]], own: Sequence[str]) -> list[str]:
    """Name each column by the words above it; a heading reaches over the columns without one."""
    width = max(map(len, (*heads, own)))
    names = [""] * width
    for head in heads:
        over = ""
        for at in range(width):
            said = head[at].strip() if at < len(head) else ""
            # A heading above a column of its own ends the one before.
            over = said or (over if at < len(own) and own[at].strip() else "")
            names[at] = f"{names[at]} {over}".strip()
    return [f"{name} {own[at].strip() if at < len(own) else ''}".strip()
            for at, name in enumerate(names)]  # fmt: skip


def _read_sheet(asked: FileMapping, name: str, read: FileRead) -> pd.DataFrame | None:
    sheet: Any = 0 if asked.sheet is None else asked.sheet
    last = asked.header + asked.header_lines - 1
    with pd.ExcelFile(asked.file) as book:
        if asked.sheet is not None and asked.sheet not in book.sheet_names:
            details = {"known": ", ".join(map(str, book.sheet_names))}
            read.faults.append(Fault("no_such_sheet", name, None, "sheet", asked.sheet, details))
            return None
        how: dict[str, Any] = {"dtype": object, "keep_default_na": False, "na_values": [""]}
        top = pd.read_excel(book, sheet_name=sheet, header=None, nrows=last, **how)
        if len(top) < last:
            details = {"lines": f"{len(top):,}"}
            read.faults.append(Fault("no_such_line", name, None, None, str(last), details))
            return None
        frame = pd.read_excel(book, sheet_name=sheet, header=last - 1, **how)
    if asked.header_lines > 1:
        words = top.iloc[asked.header - 1 :].map(lambda v: "" if pd.isna(v) else str(_whole(v)))
        *heads, own = words.to_numpy().tolist()
        frame.columns = pd.Index(
            [name or f"Unnamed: {at}" for at, name in enumerate(_stacked(heads, own))]
        )
    frame = frame.loc[:, [c for c in frame.columns if not str(c).startswith("Unnamed: ")
                          or frame[c].notna().any()]]  # fmt: skip
    frame.columns = pd.Index([str(c).strip() for c in frame.columns], dtype="str")
    frame.index = frame.index + (last - 1)
    if asked.file.suffix.lower() in (".xlsx", ".xlsm"):
        read.faults += _formulas(asked, sheet, name)
    # Whole numbers come as floats where a column has a gap; codes must not become "1001.0".
    text = pd.DataFrame({str(c): as_text(frame[c].map(_whole)) for c in frame.columns})
    return text.dropna(how="all")


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _formulas(asked: FileMapping, sheet: str | int, name: str) -> list[Fault]:
    """Name formulas whose result the file does not hold: nobody has calculated it."""
    from openpyxl import load_workbook

    with contextlib.closing(load_workbook(asked.file, read_only=True)) as book:
        page = book.worksheets[sheet] if isinstance(sheet, int) else book[sheet]
        formulas = {
            (cell.row, cell.column): str(cell.value)
            for row in page.iter_rows()
            for cell in row
            if cell.value is not None and str(cell.value).startswith("=")
        }
    faults: list[Fault] = []
    if not formulas:
        return faults
    with contextlib.closing(load_workbook(asked.file, read_only=True, data_only=True)) as book:
        page = book.worksheets[sheet] if isinstance(sheet, int) else book[sheet]
        for row in page.iter_rows():
            for cell in row:
                place = (getattr(cell, "row", 0), getattr(cell, "column", 0))
                if place in formulas and cell.value is None:
                    known = page.cell(asked.header, place[1]).value
                    faults.append(
                        Fault("formula_not_calculated", name, place[0], str(known), formulas[place])
                    )
    return faults


def _read_map(asked: FileMapping, name: str, read: FileRead) -> gpd.GeoDataFrame | None:
    path: Any = asked.file
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            faults = archive_faults(archive)
            if faults:
                read.faults += [Fault(f.kind, name, value=f.value) for f in faults]
                return None
            inside = [
                entry for entry in archive.namelist()
                if Path(entry).suffix.lower() in GEOGRAPHIC and "__MACOSX" not in entry
                and Path(entry).suffix.lower() != ".zip"
            ]  # fmt: skip
        wanted = [e for e in inside if asked.layer in (None, Path(e).stem, Path(e).name)]
        if len(wanted) != 1:
            details = {"layers": ", ".join(inside) or "–"}
            read.faults.append(Fault("which_layer", name, None, None, path.name, details))
            return None
        path = f"/vsizip/{path.resolve()}/{wanted[0]}"
    layer = asked.layer
    if layer is not None and asked.file.suffix.lower() != ".zip":
        layers = [str(row[0]) for row in pyogrio.list_layers(path)]
        if layer not in layers:
            details = {"known": ", ".join(layers)}
            read.faults.append(Fault("no_such_layer", name, None, "layer", layer, details))
            return None
    if asked.file.suffix.lower() in (".gpkg", ".gml", ".kml"):
        layers = [str(row[0]) for row in pyogrio.list_layers(path)]
        shaped = [str(row[0]) for row in pyogrio.list_layers(path) if row[1] is not None]
        if layer is None and len(shaped or layers) > 1:
            details = {"layers": ", ".join(layers)}
            read.faults.append(Fault("which_layer", name, None, None, asked.file.name, details))
            return None
        layer = layer or (shaped or layers)[0]
    else:
        layer = None
    options = {} if asked.encoding is None else {"encoding": asked.encoding}
    frame = pyogrio.read_dataframe(path, layer=layer, **options)
    if isinstance(frame, gpd.GeoDataFrame):
        _doubt_encoding(frame, asked, name, read)
    return frame


def _doubt_encoding(frame: gpd.GeoDataFrame, asked: FileMapping, name: str, read: FileRead) -> None:
    """Shapefiles without a .cpg are read as Latin-1: look again at what came out."""
    if asked.encoding is not None or not asked.file.name.lower().endswith((".shp", ".zip")):
        return
    texts = [c for c in frame.columns if c != frame.geometry.name and _is_text(frame[c])]
    joined = "\n".join("\n".join(as_text(frame[c]).dropna().unique()) for c in texts)
    try:
        data = joined.encode("latin-1")
    except UnicodeEncodeError:
        return  # read in an encoding that the file names
    guess = guess_encoding(data)
    if joined.isascii() or guess == "cp1252":
        return
    for column in texts:
        frame[column] = frame[column].map(
            lambda text: text.encode("latin-1").decode(guess, errors="replace"),
            na_action="ignore",
        )
    details = {"encoding": guess}
    read.notes.append(Fault("encoding_guessed", name, value=asked.file.name, details=details))


def _is_text(column: pd.Series) -> bool:
    return pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)


def _split(frame: pd.DataFrame, asked: FileMapping, name: str, read: FileRead) -> pd.DataFrame:
    """Make columns of the named groups of a pattern."""
    for column, pattern in asked.split.items():
        if column not in frame:
            read.faults.append(_no_column(frame, name, column, column))
            continue
        parts = as_text(frame[column]).str.extract(re.compile(pattern), expand=True)
        frame = frame.assign(**{str(group): parts[group] for group in parts.columns})
    return frame


def combined(frame: pd.DataFrame, asked: FileMapping, name: str, read: FileRead) -> pd.DataFrame:
    """Make columns of several put together: parts of a code that stand apart.

    Parameters
    ----------
    frame : DataFrame
        As it stands in the file.
    asked : FileMapping
        Its `combine` says of which columns.
    name : str
        Name of the table, for the faults.
    read : FileRead
        Takes the faults.

    Returns
    -------
    DataFrame
        With the new columns.
    """
    for column, pattern in asked.combine.items():
        lacking = [p["column"] for p in PIECE.finditer(pattern) if p["column"] not in frame]
        if lacking:
            read.faults += [_no_column(frame, name, part, part) for part in lacking]
            continue
        whole, at = pd.Series("", index=frame.index, dtype="str"), 0
        for piece in PIECE.finditer(pattern):
            text = as_text(frame[piece["column"]])
            text = text.str.zfill(int(piece["width"])) if piece["width"] else text
            whole = whole + pattern[at : piece.start()] + text
            at = piece.end()
        frame = frame.assign(**{column: whole + pattern[at:]})
    return frame


def _chosen(frame: pd.DataFrame, asked: FileMapping, name: str, read: FileRead) -> pd.DataFrame:
    """Keep the rows that the mapping asks for."""
    for column, values in asked.where.items():
        if column not in frame:
            read.faults.append(_no_column(frame, name, column, column))
            continue
        text = as_text(frame[column])
        chosen = text.isin(values).to_numpy()
        if not chosen.any():
            known = ", ".join(text.dropna().unique()[:12])
            details = {"known": known}
            read.faults.append(
                Fault("no_such_value", name, None, column, ", ".join(values), details)
            )
        frame = frame[chosen]
    return frame


def _no_column(frame: pd.DataFrame, name: str, attribute: str, column: str) -> Fault:
    known = ", ".join(map(str, frame.columns))
    return Fault("no_such_column", name, 1, attribute, column, {"known": known})
