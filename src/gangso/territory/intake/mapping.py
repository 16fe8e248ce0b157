"""The mapping: which of a planner's files and columns is what in the data dictionary."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from gangso.errors import BadInputError, Fault
from gangso.territory.dictionary import TABLES, attributes
from gangso.territory.metadata import Metadata
from gangso.territory.presets import presets, read_preset

__all__ = [
    "MAPPABLE",
    "PIECE",
    "CrosswalkMapping",
    "Join",
    "Mapping",
    "Origin",
    "TableMapping",
    "Unpivot",
    "read_mapping",
]

#: Tables that a mapping may name.
MAPPABLE = (*TABLES, "boundaries")

Text = Annotated[str, Field(coerce_numbers_to_str=True)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileMapping(_Frozen):
    """A file and how to read it."""

    file: Path
    encoding: str | None = Field(None, description="of a text file; none: UTF-8, or a guess named")
    sheet: str | None = Field(None, description="of a spreadsheet; none: the first")
    layer: str | None = Field(None, description="of a GeoPackage or archive; none: the only one")
    header: int = Field(1, ge=1, description="line of the column names in a table")
    header_lines: int = Field(
        1, ge=1, le=5, description="lines that the column names fill, a word from each"
    )
    where: dict[str, tuple[Text, ...]] = Field(
        default_factory=dict, description="column: values of the rows to take"
    )
    split: dict[str, str] = Field(
        default_factory=dict,
        description="column: regular expression; each named group becomes a column",
    )
    combine: dict[str, str] = Field(
        default_factory=dict,
        description="new column: columns put together, padded with zeros ('{STATE:02}{COUNTY:03}')",
    )

    @field_validator("where", mode="before")
    @classmethod
    def _several(cls, where: Any) -> Any:
        if not isinstance(where, dict):
            return where
        return {c: v if isinstance(v, (list, tuple)) else (v,) for c, v in where.items()}

    @field_validator("combine")
    @classmethod
    def _pieces(cls, combine: dict[str, str]) -> dict[str, str]:
        for pattern in combine.values():
            if not PIECE.search(pattern):
                raise ValueError(f"{pattern!r} names no column in braces, as {{STATE:02}}")
        return combine

    @field_validator("split")
    @classmethod
    def _patterns(cls, split: dict[str, str]) -> dict[str, str]:
        for pattern in split.values():
            if not _groups(pattern):
                raise ValueError(f"{pattern!r} has no named group (?P<name>...)")
        return split


#: A column in a pattern of `FileMapping.combine`, and the digits it is padded to.
PIECE = re.compile(r"\{(?P<column>[^{}]+?)(?::0(?P<width>\d{1,2}))?\}")


def _groups(pattern: str) -> tuple[str, ...]:
    try:
        return tuple(re.compile(pattern).groupindex)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error


class Unpivot(_Frozen):
    """Columns that are values: one row for each of them in place of one column."""

    columns: str = Field(
        description="regular expression of their whole names; named groups become columns"
    )
    value: str = Field(description="attribute that their cells hold")

    @field_validator("columns")
    @classmethod
    def _pattern(cls, columns: str) -> str:
        _groups(columns)
        return columns

    @property
    def groups(self) -> tuple[str, ...]:
        """Attributes that the column names hold."""
        return _groups(self.columns)


class Join(FileMapping):
    """Further columns of the same rows, from another file."""

    on: dict[str, str] = Field(
        min_length=1, max_length=1, description="column of the first file: column of this one"
    )
    take: tuple[str, ...] = Field(min_length=1, description="columns to bring along")


class Origin(_Frozen):
    """Where figures come from, and under which terms."""

    title: str
    vintage: Text = ""
    licence: str = ""
    note: str = ""


class TableMapping(FileMapping):
    """Where a table comes from, and which of its columns is what."""

    crs: str | None = Field(None, description="reference system; none: as the file says")
    swap_axes: bool = Field(
        False, description="the file has latitude where longitude should be; exchange them"
    )
    add_up: bool = Field(
        False, description="rows of one key are parts of one whole: counts and areas are summed"
    )
    decimal: Literal[".", ","] | None = Field(None, description="none: as the numbers prove")
    thousands: Literal[".", ",", ""] | None = None
    join: tuple[Join, ...] = ()
    unpivot: Unpivot | None = None
    columns: dict[str, str] = Field(
        default_factory=dict, description="attribute of the dictionary: column of the file"
    )
    constants: dict[str, str | float] = Field(
        default_factory=dict, description="attribute: one value for every row"
    )
    recode: dict[str, dict[Text, Text]] = Field(
        default_factory=dict, description="attribute: what its values mean"
    )
    fill: dict[str, str] = Field(
        default_factory=dict, description="attribute: the one that stands in where it is empty"
    )
    pad: dict[str, int] = Field(
        default_factory=dict, description="attribute: digits of its codes, zeros lost put back"
    )
    keep: tuple[str, ...] = Field((), description="further columns to carry over unchanged")
    codes_of: datetime.date | None = Field(
        None, description="date of the municipality codes; the crosswalk brings them up to date"
    )
    cell_km: float | None = Field(None, gt=0, description="size to sum a population grid up to")
    least_departures: float | None = Field(
        None, ge=0, description="departures a day from which a stop of a timetable is a hub"
    )
    drop_incomplete: bool = Field(
        False, description="leave out, by name, rows that lack a required value"
    )
    drop_unmatched: bool = Field(
        False,
        description="leave out, by name, rows whose municipality is not in the package (of the "
        "municipalities themselves: those that the map does not have, such as totals)",
    )
    source: Origin | None = None

    def names(self) -> set[str]:
        """Attributes that the mapping speaks of."""
        unpivoted = {*self.unpivot.groups, self.unpivot.value} if self.unpivot else set()
        return {*self.columns, *self.constants, *self.recode, *self.fill, *self.pad, *unpivoted}


class CrosswalkMapping(FileMapping):
    """Municipalities that merged, split or were renamed: old code, new code, date, share."""

    old: str = Field("old", description="column of the old code")
    new: str = Field("new", description="column of the new code")
    date: str | None = Field(None, description="column of the day of the change; none: day")
    day: datetime.date | None = Field(None, description="one day for every row")
    share: str | None = Field(None, description="column of the share that went over; none: all")
    until: datetime.date | None = Field(
        None, description="date of the package's codes; later changes are left alone; none: all"
    )

    @model_validator(mode="after")
    def _dated(self) -> CrosswalkMapping:
        if (self.date is None) == (self.day is None):
            raise ValueError("give either date (a column) or day (one date for all)")
        return self


class Mapping(_Frozen):
    """Which files make up a package."""

    preset: str | None = Field(
        None, description="country whose standards, currency and language to start from (IT ...)"
    )
    metadata: Metadata = Metadata()
    licence: str = ""
    crosswalk: CrosswalkMapping | None = None
    tables: dict[str, tuple[TableMapping, ...]]

    @model_validator(mode="before")
    @classmethod
    def _over_preset(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not given.get("preset"):
            return given
        key = str(given["preset"])
        if key not in presets():
            raise ValueError(f"there is no preset {key!r}; there are {', '.join(presets())}")
        said = given.get("metadata") or {}
        if isinstance(said, Metadata):
            return given
        if not isinstance(said, dict):
            return given
        below = read_preset(key)
        merged = {**below, **said}
        for part in ("notes", "sources"):
            merged[part] = [*below.get(part, []), *said.get(part, [])]
        return {**given, "metadata": merged}

    @field_validator("tables", mode="before")
    @classmethod
    def _listed(cls, tables: Any) -> Any:
        if not isinstance(tables, dict):
            return tables
        return {n: t if isinstance(t, (list, tuple)) else (t,) for n, t in tables.items()}

    @field_validator("tables")
    @classmethod
    def _known(
        cls, tables: dict[str, tuple[TableMapping, ...]]
    ) -> dict[str, tuple[TableMapping, ...]]:
        wrong = []
        for name, parts in tables.items():
            if name not in MAPPABLE:
                wrong.append(f"{name!r} is no table; tables are {', '.join(MAPPABLE)}")
                continue
            known = ["code"] if name == "boundaries" else [a.name for a in attributes(name)]
            strange = sorted(set().union(*(part.names() for part in parts)) - set(known))
            if strange:
                wrong.append(
                    f"{name} has no attribute {', '.join(strange)}; it has {', '.join(known)}"
                )
        if wrong:
            raise ValueError("; ".join(wrong))
        return tables

    @model_serializer(mode="wrap")
    def _short(self, handler: Any) -> dict[str, Any]:
        content: dict[str, Any] = handler(self)
        if isinstance(content.get("tables"), dict):
            content["tables"] = {
                name: parts[0] if len(parts) == 1 else list(parts)
                for name, parts in content["tables"].items()
            }
        if self.preset and isinstance(content.get("metadata"), dict):
            # What the preset says is not written again.
            below = Metadata.model_validate(read_preset(self.preset)).model_dump(
                mode="json", exclude_defaults=True
            )
            content["metadata"] = {
                key: value for key, value in content["metadata"].items() if below.get(key) != value
            }
            for part in ("notes", "sources"):
                own = content["metadata"].get(part)
                if own:
                    content["metadata"][part] = [e for e in own if e not in below.get(part, [])]
        return content

    def to_yaml(self) -> str:
        """Write the mapping as YAML that `read_mapping` reads back."""
        content = self.model_dump(mode="json", exclude_defaults=True)
        return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=88)


def _placed(part: TableMapping, base: Path) -> TableMapping:
    joins = tuple(join.model_copy(update={"file": base / join.file}) for join in part.join)
    return part.model_copy(update={"file": base / part.file, "join": joins})


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
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
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
    changes: dict[str, Any] = {
        "tables": {
            name: tuple(_placed(part, base) for part in parts)
            for name, parts in mapping.tables.items()
        }
    }
    if mapping.crosswalk is not None:
        file = base / mapping.crosswalk.file
        changes["crosswalk"] = mapping.crosswalk.model_copy(update={"file": file})
    return mapping.model_copy(update=changes)
