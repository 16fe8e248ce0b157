"""From a planner's own files to the data dictionary: the mapping and a proposal of one."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.lib
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gangso.errors import BadInputError, Fault
from gangso.territory.dictionary import TABLES, attributes
from gangso.territory.metadata import Metadata
from gangso.territory.read import read_csv

__all__ = ["Mapping", "TableMapping", "propose_mapping", "read_mapping", "read_source"]

_GEOGRAPHIC = (".geojson", ".json", ".gpkg", ".fgb", ".shp", ".zip")
_SHEETS = (".xlsx", ".xls", ".ods")
_MAPPABLE = (*TABLES, "boundaries")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableMapping(_Frozen):
    """Where a table comes from, and which of its columns is what."""

    file: Path
    encoding: str | None = Field(None, description="of a CSV file; none: UTF-8")
    sheet: str | None = Field(None, description="of a spreadsheet; none: the first")
    crs: str | None = Field(None, description="reference system; none: as the file says, or WGS 84")
    columns: dict[str, str] = Field(
        default_factory=dict, description="attribute of the dictionary: column of the file"
    )
    constants: dict[str, str | float] = Field(
        default_factory=dict, description="attribute: one value for every row"
    )
    fill: dict[str, str] = Field(
        default_factory=dict, description="attribute: the one that stands in where it is empty"
    )
    keep: tuple[str, ...] = Field((), description="further columns to carry over unchanged")
    drop_incomplete: bool = Field(
        False, description="leave out, by name, rows that lack a required value"
    )


class Mapping(_Frozen):
    """Which files make up a package."""

    metadata: Metadata = Metadata()
    licence: str = ""
    tables: dict[str, TableMapping]

    @field_validator("tables")
    @classmethod
    def _known(cls, tables: dict[str, TableMapping]) -> dict[str, TableMapping]:
        for name, table in tables.items():
            if name not in _MAPPABLE:
                raise ValueError(f"{name!r} is no table; tables are {', '.join(_MAPPABLE)}")
            known = {"code"} if name == "boundaries" else {a.name for a in attributes(name)}
            named = {**table.columns, **table.constants, **table.fill}
            wrong = sorted(set(named) - known)
            if wrong:
                raise ValueError(f"{name} has no attribute {', '.join(wrong)}")
        return tables

    def to_yaml(self) -> str:
        """Write the mapping as YAML that `read_mapping` reads back."""
        content = self.model_dump(mode="json", exclude_defaults=True)
        return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=88)


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Parameters
    ----------
    path : Path
        YAML; files in it are named relative to its folder.

    Returns
    -------
    Mapping
        The mapping, its files as absolute paths.

    Raises
    ------
    BadInputError
        With every fault that was found.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        mapping = Mapping.model_validate(content)
    except ValidationError as error:
        raise BadInputError(
            Fault("mapping", "mapping", None, ".".join(map(str, item["loc"])) or None,
                  str(item["input"])[:80], {"message": item["msg"]})
            for item in error.errors()
        ) from error  # fmt: skip
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        fault = Fault("mapping", "mapping", value=str(path), details={"message": str(error)})
        raise BadInputError([fault]) from error
    base = path.resolve().parent
    tables = {
        name: table.model_copy(update={"file": base / table.file})
        for name, table in mapping.tables.items()
    }
    return mapping.model_copy(update={"tables": tables})


def read_source(table: TableMapping, name: str) -> tuple[pd.DataFrame | None, list[Fault]]:
    """Read a planner's file as it stands.

    Parameters
    ----------
    table : TableMapping
        Which file, and how to read it.
    name : str
        Name of the table, for the faults.

    Returns
    -------
    DataFrame, GeoDataFrame or None
        The rows; None if the file cannot be read.
    list of Fault
        What is wrong with the file.
    """
    path = table.file
    suffix = path.suffix.lower()
    try:
        if suffix in _GEOGRAPHIC:
            return gpd.read_file(path, encoding=table.encoding), []
        if suffix == ".parquet":
            try:
                return gpd.read_parquet(path), []
            except ValueError:  # a plain Parquet file without geometry
                return pd.read_parquet(path), []
        if suffix in _SHEETS:
            sheet = 0 if table.sheet is None else table.sheet
            return pd.read_excel(path, sheet_name=sheet, dtype="str"), []
        data = path.read_bytes()
        if table.encoding is not None:
            data = data.decode(table.encoding).encode("utf-8")
        return read_csv(data, name)
    except (
        OSError, ValueError, LookupError, ImportError, RuntimeError, pyarrow.lib.ArrowException,
    ) as error:  # fmt: skip
        first = (str(error).splitlines() or [type(error).__name__])[0]
        return None, [Fault("unreadable_file", name, value=path.name, details={"message": first})]


@cache
def _synonyms() -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    path = resources.files("gangso.territory") / "synonyms.csv"
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["table"], {})[row["attribute"]] = tuple(row["names"].split("|"))
    return found


def _plain(name: object) -> str:
    """Reduce a column name to what it says: ``Pop. 2011`` -> ``pop``."""
    spaced = re.sub(r"[\W_]+", "_", str(name).strip().lower()).strip("_")
    return re.sub(r"_?(19|20)\d\d$", "", spaced)


def _match(columns: Sequence[str], table: str) -> dict[str, str]:
    """Find the column of each attribute, better known names first, each used once."""
    free = {column: _plain(column) for column in columns}
    matched: dict[str, str] = {}
    for attribute, names in _synonyms()[table].items():
        for name in (attribute, *names):
            column = next((c for c, plain in free.items() if plain == name), None)
            if column is not None:
                matched[attribute] = column
                del free[column]
                break
    return matched


def _tables_of(frame: pd.DataFrame, path: Path) -> dict[str, dict[str, str]]:
    """Say which tables a file holds, and which column is which attribute."""
    is_map = isinstance(frame, gpd.GeoDataFrame) and frame.geometry is not None
    shapes = set(frame.geometry.geom_type.dropna()) if is_map else set()
    areas = bool(shapes & {"Polygon", "MultiPolygon"})
    columns = [str(c) for c in frame.columns if not is_map or c != frame.geometry.name]
    placed = {"lon", "lat"} if is_map else set()
    scores = {}
    for table in (name for name in TABLES if name in _synonyms()):  # roads are imported
        matched = _match(columns, table)
        required = {a.name for a in attributes(table) if a.required} - placed - {"id"}
        if required <= set(matched):
            named = path.stem.lower().startswith(table[:5])
            scores[table] = (named, len(required), len(matched), matched)
    found: dict[str, dict[str, str]] = {}
    if areas:
        own = scores.get("municipalities")
        if own is not None:
            found["municipalities"] = own[3]
        code = _match(columns, "boundaries")
        if code:
            found["boundaries"] = code
    elif scores:
        best = max(scores, key=lambda table: scores[table][:3])
        found[best] = scores[best][3]
    return found


def propose_mapping(files: Sequence[Path]) -> tuple[Mapping, list[Fault]]:
    """Propose a mapping from the column names of a planner's files.

    Parameters
    ----------
    files : sequence of Path
        CSV, GeoJSON, GeoPackage, GeoParquet, FlatGeobuf, Shapefile or spreadsheets.

    Returns
    -------
    Mapping
        To be looked at, completed and handed to `make_package`. Where two files hold the same
        table, a plain table goes before a map, and the first named before the others.
    list of Fault
        Files that cannot be read, or in which no table was recognised.
    """
    faults: list[Fault] = []
    tables: dict[str, TableMapping] = {}
    # Maps last: attributes that come with polygons serve only where there is no table.
    ordered = sorted(files, key=lambda path: Path(path).suffix.lower() in _GEOGRAPHIC)
    for path in map(Path, ordered):
        frame, found = read_source(TableMapping(file=path), path.stem)
        encodings = [f.details["encoding"] for f in found if f.kind == "wrong_encoding"]
        faults += [f for f in found if f.kind != "wrong_encoding"]
        if frame is None:
            continue
        proposed = _tables_of(frame, path)
        if not proposed:
            listed = ", ".join(map(str, frame.columns))
            faults.append(Fault("no_table_found", path.stem, value=path.name,
                                details={"columns": listed}))  # fmt: skip
        for name, columns in proposed.items():
            if name not in tables:
                tables[name] = TableMapping(
                    file=path, encoding=encodings[0] if encodings else None, columns=columns
                )
    ranked = {name: tables[name] for name in _MAPPABLE if name in tables}
    return Mapping(tables=ranked), faults
