"""Read the files of a territory package as they stand, noting what cannot be read."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import geopandas as gpd
import pandas as pd
import pyarrow.lib
import pyarrow.parquet as pq
from pydantic import ValidationError

from gangso.errors import Fault
from gangso.territory.dictionary import TABLES
from gangso.territory.encodings import guess_encoding
from gangso.territory.metadata import Metadata

__all__ = [
    "RawPackage",
    "archive_faults",
    "delimiter",
    "read_boundaries",
    "read_csv",
    "read_package",
]

_BOUNDARY_SUFFIXES = (".gpkg", ".parquet", ".fgb", ".geojson")
_TABLE_SUFFIXES = (".csv", ".parquet")

# An archive that unpacks to more than this, or to this many times its size, is refused
# before anything is written: no honest package comes near either.
_MOST_BYTES = 4 << 30
_MOST_RATIO = 250
_RATIO_FROM_BYTES = 64 << 20


@dataclass(frozen=True)
class RawPackage:
    """A package as it was read: values unchecked, the row index counting from 0.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Tables that could be read.
    boundaries : GeoDataFrame or None
        Boundaries, if given.
    metadata : Metadata
        The package's metadata; defaults if they could not be read.
    faults : list of Fault
        What could not be read.
    notes : list of Fault
        What was left aside (unknown tables); no reason to refuse the package.
    text_columns : dict of str to tuple of str
        Columns that the ``datapackage.json`` declares as text, by table.
    """

    tables: dict[str, pd.DataFrame]
    boundaries: gpd.GeoDataFrame | None
    metadata: Metadata
    faults: list[Fault]
    notes: list[Fault]
    text_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)


def _decode(data: bytes, table: str, faults: list[Fault]) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        name = guess_encoding(data)
        line = data.count(b"\n", 0, error.start) + 1
        faults.append(
            Fault(
                "wrong_encoding",
                table,
                row=line,
                value=data[error.start : error.start + 8].hex(" "),
                details={"encoding": name},
            )
        )
        # The check goes on with the likely encoding, so that one report names everything.
        return data.decode(name, errors="replace")


def delimiter(header: str) -> str:
    """Tell which sign separates the fields of a table.

    Parameters
    ----------
    header : str
        Its first line.

    Returns
    -------
    str
        Comma, semicolon, tab or bar.
    """
    return max(",;\t|", key=header.count)


def _ragged(text: str, sign: str, table: str, faults: list[Fault]) -> pd.DataFrame:
    """Read a table some of whose rows have too many fields, naming each of them."""
    rows = list(csv.reader(io.StringIO(text), delimiter=sign))
    width = len(rows[0])
    for number, row in enumerate(rows[1:], start=2):
        if len(row) > width:
            faults.append(
                Fault(
                    "ragged_row",
                    table,
                    row=number,
                    value=str(len(row)),
                    details={"expected": str(width)},
                )
            )
    body = [(row + [""] * width)[:width] for row in rows[1:]]
    frame = pd.DataFrame(body, columns=rows[0], dtype="str")
    return frame.mask(frame == "")


def read_csv(data: bytes, table: str) -> tuple[pd.DataFrame | None, list[Fault]]:
    """Read a CSV file as text, whatever its encoding and delimiter.

    Parameters
    ----------
    data : bytes
        The file. A byte-order mark is allowed; the delimiter may be comma, semicolon, tab
        or bar.
    table : str
        Name of the table, for the faults.

    Returns
    -------
    DataFrame or None
        All columns as text, empty cells missing, empty rows left out; the index counts the
        rows of the file from 0. None if nothing could be read.
    list of Fault
        Wrong encoding, rows of wrong width, columns that stand twice.
    """
    faults: list[Fault] = []
    text = _decode(data, table, faults)
    if not text.strip():
        return None, [*faults, Fault("empty_table", table)]
    try:
        return _parse(text.replace("\r\n", "\n").replace("\r", "\n"), table, faults), faults
    except (csv.Error, ValueError) as error:
        message = str(error) or type(error).__name__
        return None, [
            *faults,
            Fault("unreadable_file", table, None, None, table, {"message": message}),
        ]


def _parse(text: str, table: str, faults: list[Fault]) -> pd.DataFrame:
    """Read the text of a table, line ends being plain."""
    if "\0" in text:
        raise csv.Error("it holds zero bytes, as a binary file does")
    sign = delimiter(text.split("\n", 1)[0])
    header = [name.strip() for name in next(csv.reader(io.StringIO(text), delimiter=sign))]
    for name in sorted({name for name in header if header.count(name) > 1}):
        faults.append(Fault("duplicate_column", table, row=1, column=name))
    try:
        with warnings.catch_warnings():
            # A row with too many fields would be cut short with a mere warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.StringIO(text), sep=sign, dtype="str", keep_default_na=False,
                na_values=[""], skip_blank_lines=False, index_col=False,
            )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.ParserWarning):
        frame = _ragged(text, sign, table, faults)
    frame.columns = pd.Index([str(name).strip() for name in frame.columns], dtype="str")
    return frame.dropna(how="all")


def read_boundaries(path: Path) -> gpd.GeoDataFrame:
    """Read polygons in any of the formats that a package may hold.

    Parameters
    ----------
    path : Path
        GeoPackage, GeoParquet, FlatGeobuf or GeoJSON.

    Returns
    -------
    GeoDataFrame
        As it stands in the file.
    """
    if path.suffix == ".parquet":
        return gpd.read_parquet(path)
    return gpd.read_file(path)


def _read_table(path: Path, faults: list[Fault]) -> pd.DataFrame | None:
    table = path.stem
    try:
        if path.suffix == ".csv":
            frame, found = read_csv(path.read_bytes(), table)
            faults += found
            return frame
        table_read: pd.DataFrame = pq.read_table(path).to_pandas()
        return table_read
    except (OSError, ValueError, csv.Error, pyarrow.lib.ArrowException) as error:
        faults.append(_unreadable(path, error))
        return None


def _unreadable(path: Path, error: Exception) -> Fault:
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return Fault("unreadable_file", path.stem, value=path.name, details={"message": first})


def _read_metadata(folder: Path, raw: RawPackage) -> Metadata:
    path = folder / "datapackage.json"
    if not path.exists():
        raw.faults.append(Fault("datapackage_missing", "datapackage"))
        return Metadata()
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(content, dict):
            raise TypeError("a JSON object is expected")
        for resource in content.get("resources", []):
            raw.text_columns[resource["name"]] = tuple(
                entry["name"]
                for entry in resource.get("schema", {}).get("fields", [])
                if entry.get("type") == "string"
            )
        return Metadata.model_validate(content.get("gangso", {}))
    except ValidationError as error:
        raw.faults.extend(
            Fault(
                "datapackage",
                "datapackage",
                column=".".join(map(str, ("gangso", *item["loc"]))),
                value=str(item["input"])[:80],
                details={"message": item["msg"]},
            )
            for item in error.errors()
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        message = f"{type(error).__name__}: {error}"
        raw.faults.append(Fault("datapackage", "datapackage", details={"message": message}))
    return Metadata()


def _known_file(folder: Path, name: str, suffixes: tuple[str, ...], raw: RawPackage) -> Path | None:
    found = [path for suffix in suffixes if (path := folder / f"{name}{suffix}").is_file()]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raw.faults.append(Fault("table_twice", name, value=names))
    return found[0] if found else None


def _read_folder(folder: Path) -> RawPackage:
    raw = RawPackage({}, None, Metadata(), [], [])
    metadata = _read_metadata(folder, raw)
    for name in TABLES:
        path = _known_file(folder, name, _TABLE_SUFFIXES, raw)
        frame = None if path is None else _read_table(path, raw.faults)
        if frame is not None:
            raw.tables[name] = frame
    boundaries = None
    path = _known_file(folder, "boundaries", _BOUNDARY_SUFFIXES, raw)
    if path is not None:
        try:
            boundaries = read_boundaries(path)
        except (OSError, ValueError, RuntimeError, pyarrow.lib.ArrowException) as error:
            raw.faults.append(_unreadable(path, error))
    known = {*TABLES, "boundaries", "datapackage"}
    raw.notes.extend(
        Fault("unknown_table", path.stem, value=path.name)
        for path in sorted(folder.iterdir())
        if path.stem not in known
        and path.suffix in {*_TABLE_SUFFIXES, *_BOUNDARY_SUFFIXES, ".xlsx", ".json"}
    )
    return RawPackage(raw.tables, boundaries, metadata, raw.faults, raw.notes, raw.text_columns)


def archive_faults(archive: zipfile.ZipFile) -> list[Fault]:
    """Say why an archive must not be unpacked.

    Parameters
    ----------
    archive : ZipFile
        The archive.

    Returns
    -------
    list of Fault
        Paths that lead outside, links, more bytes than an honest package has.
    """
    faults = []
    total = packed = 0
    for entry in archive.infolist():
        total += entry.file_size
        packed += entry.compress_size
        parts = PurePosixPath(entry.filename.replace("\\", "/"))
        is_link = (entry.external_attr >> 28) == 0xA
        if parts.is_absolute() or ".." in parts.parts or ":" in entry.filename or is_link:
            faults.append(Fault("archive_path", "package", value=entry.filename))
    too_dense = total > _RATIO_FROM_BYTES and total > _MOST_RATIO * max(packed, 1)
    if total > _MOST_BYTES or too_dense:
        faults.append(Fault("archive_bomb", "package", value=f"{total:,}"))
    return faults


@contextmanager
def _unpacked(path: Path) -> Iterator[tuple[Path | None, list[Fault]]]:
    """Unpack an archive into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="gangso-") as scratch:
        try:
            with zipfile.ZipFile(path) as archive:
                faults = archive_faults(archive)
                if faults:
                    yield None, faults
                    return
                archive.extractall(scratch)
        except (OSError, zipfile.BadZipFile, RuntimeError) as error:
            yield None, [replace(_unreadable(path, error), table="package")]
            return
        folder = Path(scratch)
        # An archive of a folder holds that one folder.
        inside = [entry for entry in folder.iterdir() if not entry.name.startswith("__MACOSX")]
        if len(inside) == 1 and inside[0].is_dir():
            folder = inside[0]
        yield folder, []


def read_package(path: Path) -> RawPackage:
    """Read a package, folder or zip, without checking its values.

    Parameters
    ----------
    path : Path
        Folder or archive.

    Returns
    -------
    RawPackage
        What could be read, and what could not.
    """
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        fault = Fault("package_missing", "package", value=str(path))
        return RawPackage({}, None, Metadata(), [fault], [])
    with _unpacked(path) as (folder, faults):
        if folder is None:
            return RawPackage({}, None, Metadata(), faults, [])
        return _read_folder(folder)
