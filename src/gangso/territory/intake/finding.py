"""Find the table inside a file: below its titles, on another sheet, in one of several layers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from gangso.errors import Fault
from gangso.territory.columns import as_text
from gangso.territory.intake.files import FileRead, read_file
from gangso.territory.intake.mapping import TableMapping

__all__ = ["places_to_look", "second_line"]

# Lines above the column names that are looked over, and sheets.
_MOST_TITLES, _MOST_SHEETS = 12, 12
_SHEETS = (".xlsx", ".xlsm", ".xls", ".ods")
_TEXT = (".csv", ".txt", ".tsv", ".tab", ".dat")


def places_to_look(path: Path) -> Iterator[tuple[TableMapping, FileRead]]:
    """Read a file in the further ways that it might be meant.

    Parameters
    ----------
    path : Path
        A file in which no table was recognised as it stands.

    Yields
    ------
    TableMapping
        Which sheet, line of column names, or layer.
    FileRead
        What is there, with a note that says where it was found.
    """
    suffix = path.suffix.lower()
    if suffix == ".gpkg":
        yield from _layers(path)
    elif suffix in _SHEETS:
        with pd.ExcelFile(path) as book:
            sheets = [str(name) for name in book.sheet_names][:_MOST_SHEETS]
        for number, sheet in enumerate(sheets):
            yield from _below_titles(path, sheet if number else None, first=1 if number else 2)
    elif suffix in _TEXT:
        yield from _below_titles(path, None, first=2)


def second_line(frame: pd.DataFrame, header: int) -> bool:
    """Say whether the names of the columns go on in the line below: Residents | Men, Women.

    Parameters
    ----------
    frame : DataFrame
        Read with the names in one line; the index counts the rows of the file from 0.
    header : int
        That line.

    Returns
    -------
    bool
        Whether the next line names what the first leaves unnamed, and names no place.
    """
    if frame.empty or int(frame.index[0]) != header - 1:
        return False
    row = as_text(frame.iloc[0])
    unnamed = [_nameless(name) for name in frame.columns]
    below = row.notna().to_numpy()
    numbers = pd.to_numeric(row.str.replace(r"[\s.,]", "", regex=True), errors="coerce")
    years = numbers.between(1800, 2200) | numbers.isna()
    return bool(not below[0] and (below & unnamed).any() and years.all())


def _nameless(name: object) -> bool:
    return str(name).startswith("Unnamed: ") or not str(name)


def _below_titles(
    path: Path, sheet: str | None, first: int
) -> Iterator[tuple[TableMapping, FileRead]]:
    for header in range(first, _MOST_TITLES + 1):
        asked = TableMapping(file=path, sheet=sheet, header=header)
        read = read_file(asked, path.stem)
        if read.frame is None or read.frame.empty:
            continue
        if second_line(read.frame, header):
            asked = asked.model_copy(update={"header_lines": 2})
            read = read_file(asked, path.stem)
        if read.frame is None:
            continue
        # A line of titles leaves most columns without a name.
        names = list(read.frame.columns)
        if sum(map(_nameless, names)) * 2 > len(names):
            continue
        details = {"header": str(header), "sheet": sheet or "–"}
        read.notes.append(Fault("header_found", path.stem, value=path.name, details=details))
        yield asked, read


def _layers(path: Path) -> Iterator[tuple[TableMapping, FileRead]]:
    """Layers of polygons, those of most first: municipalities are finer than what holds them."""
    found = []
    for name, kind in pyogrio.list_layers(path):
        if kind is None or "Polygon" not in str(kind):
            continue
        asked = TableMapping(file=path, layer=str(name))
        read = read_file(asked, path.stem)
        if isinstance(read.frame, gpd.GeoDataFrame):
            details = {"layer": str(name)}
            read.notes.append(Fault("layer_chosen", path.stem, value=path.name, details=details))
            found.append((len(read.frame), asked, read))
    for _, asked, read in sorted(found, key=lambda one: -one[0]):
        yield asked, read
