"""Propose a mapping from the columns of a planner's files: their names, types and values."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Mapping_
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gangso.errors import Fault
from gangso.territory.columns import as_text
from gangso.territory.dictionary import TABLES, attributes
from gangso.territory.intake.files import (
    GEOGRAPHIC,
    FileRead,
    combined,
    is_timetable,
    read_file,
)
from gangso.territory.intake.finding import places_to_look, second_line
from gangso.territory.intake.mapping import (
    MAPPABLE,
    PIECE,
    CrosswalkMapping,
    FileMapping,
    Join,
    Mapping,
    TableMapping,
    Unpivot,
)
from gangso.territory.intake.numerals import plain_numbers
from gangso.territory.intake.recognise import (
    ColumnSeen,
    code_of_parts,
    guess,
    known_names,
    look,
    match,
    wide,
    year_in,
)
from gangso.territory.intake.reshape import meaning
from gangso.territory.metadata import Metadata

__all__ = ["Proposal", "propose_crosswalk", "propose_mapping"]

# "28079 Madrid": a code and a name in one column.
_CODE_AND_NAME = r"^(?P<code>\d{2,12})[\s_:–-]+(?P<name>\D.*)$"
# A column of the map that has this share of the codes is its key.
_MEETING = 0.5
# Day of changes of which no date is told.
_LONG_AGO = datetime.date(1900, 1, 1)
# Tables that several files may make up together.
_IN_PARTS = ("facilities", "flows")


@dataclass(frozen=True)
class Proposal:
    """A mapping to be looked at, and what it rests on.

    Parameters
    ----------
    mapping : Mapping
        The mapping.
    seen : dict of Path to tuple of ColumnSeen
        Columns of each file.
    faults : list of Fault
        Files that cannot be read, or in which no table was recognised.
    notes : list of Fault
        How files were read where that was a guess.
    doubts : list of tuple of str
        Table and attribute of each column that was proposed by its values alone.
    unplaced : set of Path
        Files with coordinates whose reference system nothing tells.
    """

    mapping: Mapping
    seen: dict[Path, tuple[ColumnSeen, ...]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    doubts: list[tuple[str, str]] = field(default_factory=list)
    unplaced: set[Path] = field(default_factory=set)


def _said_by_name(kind: str, *texts: str) -> str | None:
    """Find a word of the vocabulary in the name of a column or file."""
    for text in texts:
        for word in re.split(r"[\W_\d]+", text.casefold()):
            found = meaning(kind, word) if word else None
            if found is not None:
                return found
    return None


def _constants(
    table: str, matched: dict[str, str], path: Path
) -> tuple[dict[str, str | float], list[str]]:
    """What every row of a file is, where no column says it; and which of it is a guess."""
    if table == "flows":
        found: dict[str, str | float] = {}
        guessed = []
        if "kind" not in matched:
            said = _said_by_name("flow", matched.get("amount", ""), path.stem)
            found["kind"] = said or "trips"
            guessed = [] if said else ["kind"]
        year = year_in(path.stem)
        if "year" not in matched and year is not None:
            found["year"] = str(year)
        return found, guessed
    if table == "facilities" and "service" not in matched:
        said = _said_by_name("service", path.stem)
        return ({"service": said}, ["service"]) if said else ({}, [])
    return {}, []


def _split(seen: Sequence[ColumnSeen]) -> dict[str, str]:
    for column in seen:
        texts = column.samples
        if column.kind == "text" and texts and all(re.match(_CODE_AND_NAME, t) for t in texts):
            return {column.name: _CODE_AND_NAME}
    return {}


def _tables_of(
    frame: pd.DataFrame, seen: tuple[ColumnSeen, ...], path: Path
) -> tuple[dict[str, TableMapping], list[tuple[str, str]]]:
    """Say which tables a file holds, and which column is which attribute."""
    is_map = isinstance(frame, gpd.GeoDataFrame)
    areas = is_map and bool(set(frame.geometry.geom_type.dropna()) & {"Polygon", "MultiPolygon"})
    unpivot = None if is_map else wide(seen)
    if unpivot is not None:
        return _wide_table(unpivot, seen, path), []
    split = _split(seen)
    if split:
        parts = as_text(frame[next(iter(split))]).str.extract(_CODE_AND_NAME, expand=True)
        seen = (*seen, *look(parts))
    combine: dict[str, str] = {}
    pattern, own_code = code_of_parts(seen), match(seen, "municipalities").get("code")
    if pattern is not None and (own_code is None or f"{{{own_code}:" in pattern):
        # As a column "code", which every table knows.
        asked = FileMapping(file=path, combine={"code": pattern})
        whole = combined(frame, asked, path.stem, FileRead())
        if as_text(whole["code"]).dropna().is_unique:
            combine = asked.combine
            used = {piece["column"] for piece in PIECE.finditer(pattern)}
            seen = (*(c for c in seen if c.name not in used), *look(whole[["code"]]))
    placed = {"lon", "lat"} if is_map else set()
    if areas:
        placed |= {"municipality"}
    scores = {}
    fixed: dict[str, tuple[dict[str, str | float], list[str]]] = {}
    for table in (name for name in TABLES if name in known_names()):  # roads are imported
        matched = match(seen, table)
        required = {a.name for a in attributes(table) if a.required} - placed - {"id"}
        if table in ("settlements", "facilities") and {"lon", "lat"} <= set(matched) | placed:
            required -= {"municipality"}  # found from the map
        if table == "settlements":
            required -= {"code"}
        constants, guesses = _constants(table, matched, path)
        required -= set(constants)
        if required <= set(matched):
            named = path.stem.lower().startswith(table[:5])
            scores[table] = (named, len(required), len(matched), matched)
            fixed[table] = (constants, guesses)
    found: dict[str, TableMapping] = {}
    doubts: list[tuple[str, str]] = []
    base = TableMapping(file=path, split=split, combine=combine)
    if areas:
        own = scores.get("municipalities")
        code = match(seen, "boundaries")
        if own is not None:
            found["municipalities"] = base.model_copy(update={"columns": own[3]})
            code = code or {"code": own[3]["code"]}
        if not code:
            code = {k: v for k, v in guess(seen, {}).items() if k == "code"}
            doubts += [("boundaries", "code")] if code else []
        if code:
            found["boundaries"] = base.model_copy(update={"columns": code})
    elif scores:
        best = max(scores, key=lambda table: scores[table][:3])
        constants, guesses = fixed[best]
        found[best] = base.model_copy(update={"columns": scores[best][3], "constants": constants})
        doubts += [(best, guess) for guess in guesses]
    if not found and not is_map:
        own_table = _as_municipalities(seen, base)
        if own_table is not None:
            found["municipalities"], more = own_table
            doubts += more
    return found, doubts


def _as_municipalities(
    seen: Sequence[ColumnSeen], base: TableMapping
) -> tuple[TableMapping, list[tuple[str, str]]] | None:
    """Read a table as municipalities, with guesses from its values; the names may be the codes."""
    matched = match(seen, "municipalities")
    matched |= (guessed := guess(seen, matched))
    named = next((c for c in seen if c.name == matched.get("name")), None)
    if "code" not in matched and named is not None and named.unique:
        matched["code"] = guessed["code"] = named.name  # a name that stands once is a key
    if not {"code", "name", "population"} <= set(matched):
        return None
    doubts = [("municipalities", attribute) for attribute in guessed]
    return base.model_copy(update={"columns": matched}), doubts


def _wide_table(asked: Unpivot, seen: Sequence[ColumnSeen], path: Path) -> dict[str, TableMapping]:
    table = {"persons": "population", "value": "indicators"}.get(asked.value, "flows")
    rest = [c for c in seen if not re.fullmatch(asked.columns, c.name)]
    columns = match(rest, table)
    columns = {k: v for k, v in columns.items() if k not in (*asked.groups, asked.value)}
    constants: dict[str, str | float] = {}
    if table == "indicators":
        constants["item"] = re.sub(r"[\W\d_]+", "_", path.stem.casefold()).strip("_") or "value"
    elif table == "flows":
        columns.setdefault("origin", rest[0].name if rest else "")
        constants["kind"] = _said_by_name("flow", path.stem) or "trips"
    elif "municipality" not in columns and rest:
        columns["municipality"] = next((c.name for c in rest if c.kind == "code"), rest[0].name)
    year = year_in(path.stem)
    if "year" not in (*columns, *asked.groups) and year is not None:
        constants["year"] = str(year)
    return {table: TableMapping(file=path, unpivot=asked, columns=columns, constants=constants)}


def _by_reader(path: Path) -> dict[str, TableMapping]:
    """Files whose reader knows what they hold."""
    name = path.name.lower()
    if name.endswith((".tif", ".tiff")):
        return {"settlements": TableMapping(file=path, cell_km=1.0)}
    if name.endswith((".pbf", ".osm", ".osm.bz2", ".osm.gz")):
        return {n: TableMapping(file=path, drop_unmatched=True) for n in ("facilities", "hubs")}
    if is_timetable(path):
        return {"hubs": TableMapping(file=path, least_departures=20)}
    return {}


def propose_crosswalk(
    seen: Sequence[ColumnSeen], path: Path, *, undated: bool = False
) -> CrosswalkMapping | None:
    """Recognise a table of units that merged, split or were renamed.

    Parameters
    ----------
    seen : sequence of ColumnSeen
        Its columns.
    path : Path
        The file.
    undated : bool
        Whether a table without dates will do.

    Returns
    -------
    CrosswalkMapping or None
        None if it is no such table.
    """
    found = match(seen, "crosswalk")
    if not {"old", "new"} <= set(found) or not (undated or "date" in found):
        return None
    day = None if "date" in found else _LONG_AGO
    return CrosswalkMapping(file=path, old=found["old"], new=found["new"], date=found.get("date"),
                            day=day, share=found.get("share"))  # fmt: skip


def propose_mapping(files: Iterable[Path]) -> Proposal:
    """Propose a mapping from the columns of a planner's files.

    Parameters
    ----------
    files : iterable of Path
        Tables, maps, spreadsheets, population grids, OpenStreetMap extracts, timetables.

    Returns
    -------
    Proposal
        To be looked at, completed and handed to `make_package`. Where two files hold the same
        table, a plain table goes before a map, and the first named before the others.
    """
    proposal = Proposal(Mapping(tables={}))
    tables: dict[str, TableMapping] = {}
    further: dict[str, list[TableMapping]] = {}
    walk: CrosswalkMapping | None = None
    left: list[tuple[Path, tuple[ColumnSeen, ...]]] = []
    frames: dict[Path, pd.DataFrame] = {}
    # Maps last: attributes that come with polygons serve only where there is no table.
    for path in sorted(map(Path, files), key=lambda p: p.suffix.lower() in GEOGRAPHIC):
        known = _by_reader(path)
        doubts: list[tuple[str, str]] = []
        if not known:
            where = TableMapping(file=path)
            read = read_file(where, path.stem)
            if read.frame is not None and second_line(read.frame, where.header):
                where = where.model_copy(update={"header_lines": 2})
                read = read_file(where, path.stem)
            if read.frame is None or not _tables_of(read.frame, look(read.frame), path)[0]:
                where, read = next(
                    ((w, r) for w, r in places_to_look(path)
                     if r.frame is not None and _tables_of(r.frame, look(r.frame), path)[0]),
                    (where, read),
                )  # fmt: skip
            proposal.faults.extend(f for f in read.faults if f.kind != "formula_not_calculated")
            proposal.notes.extend(read.notes)
            if read.frame is None:
                continue
            seen = look(read.frame)
            proposal.seen[path] = seen
            frames[path] = read.frame
            walk = walk or propose_crosswalk(seen, path)
            if walk is not None and walk.file == path:
                continue
            known, doubts = _tables_of(read.frame, seen, path)
            encoding = next((n.details["encoding"] for n in read.notes
                             if n.kind == "encoding_guessed"), None)  # fmt: skip
            changes = {"encoding": encoding, "sheet": where.sheet, "layer": where.layer,
                       "header": where.header, "header_lines": where.header_lines}  # fmt: skip
            known = {n: t.model_copy(update=changes) for n, t in known.items()}
            if not known:
                left.append((path, seen))
            elif _unplaced(read.frame, known):
                proposal.unplaced.add(path)
                proposal.notes.append(Fault("no_crs_in", path.stem, value=path.name))
        for name, table in known.items():
            if name not in tables:
                tables[name] = table
            elif name in _IN_PARTS:
                further.setdefault(name, []).append(table)
            else:
                details = {"table": name, "taken": tables[name].file.name}
                proposal.notes.append(Fault("table_again", name, value=path.name, details=details))
                continue
            proposal.doubts.extend(d for d in doubts if d[0] == name)
    _towns_alone(tables, proposal)
    _by_values(tables, frames, left, proposal)
    for path, seen in left:
        _join_or_fault(path, seen, tables, proposal)
    ranked = {name: (tables[name], *further.get(name, ())) for name in MAPPABLE if name in tables}
    metadata = Metadata(reference_year=_reference_year(tables.get("municipalities")))
    mapping = Mapping(tables=ranked, crosswalk=walk, metadata=metadata)
    return replace(proposal, mapping=mapping)


def _towns_alone(tables: dict[str, TableMapping], proposal: Proposal) -> None:
    """Take towns for the municipalities where no file has any."""
    towns = tables.get("settlements")
    if towns is None or "municipalities" in tables or "municipality" in towns.columns:
        return
    base = towns.model_copy(update={"columns": {}, "constants": {}})
    own = _as_municipalities(proposal.seen.get(towns.file, ()), base)
    if own is not None:
        tables["municipalities"] = own[0]
        proposal.doubts.extend(own[1])
        del tables["settlements"]


def _by_values(
    tables: dict[str, TableMapping],
    frames: Mapping_[Path, pd.DataFrame],
    left: list[tuple[Path, tuple[ColumnSeen, ...]]],
    proposal: Proposal,
) -> None:
    """Key the map by the column whose values are the codes (or names) of the municipalities."""
    own = tables.get("municipalities")
    if own is None or own.file not in frames or "code" not in own.columns:
        return
    if own.columns["code"] == own.columns.get("name"):
        proposal.notes.append(Fault("code_from_name", "municipalities", None, own.columns["code"]))
    shapes = tables.get("boundaries")
    if shapes is not None and (shapes.file == own.file or shapes.file not in frames):
        return
    asked = FileMapping(file=own.file, combine=own.combine)
    table = combined(frames[own.file], asked, "municipalities", FileRead())
    if own.columns["code"] not in table:
        return
    codes = _bare(table[own.columns["code"]])
    files = [shapes.file] if shapes is not None else [path for path, _ in left]
    for path in files:
        frame = frames[path]
        if not isinstance(frame, gpd.GeoDataFrame):
            continue
        shares = {
            str(c): len(codes & _bare(frame[c])) / max(len(codes), 1)
            for c in frame.columns if c != frame.geometry.name
        }  # fmt: skip
        best = max(shares, key=lambda c: shares[c], default=None)
        if best is None or shares[best] < _MEETING:
            continue
        if shapes is None:
            tables["boundaries"] = TableMapping(file=path, columns={"code": best})
            left[:] = [one for one in left if one[0] != path]
            return
        if shares.get(shapes.columns["code"], 0.0) < shares[best]:
            tables["boundaries"] = shapes.model_copy(update={"columns": {"code": best}})


def _bare(column: pd.Series) -> set[str]:
    """Values as they can be compared: without leading zeros and case."""
    return set(as_text(column).dropna().str.casefold().str.lstrip("0"))


def _unplaced(frame: pd.DataFrame, known: dict[str, TableMapping]) -> bool:
    """Say whether a map names no reference system, or points are not in degrees."""
    if isinstance(frame, gpd.GeoDataFrame):
        return frame.crs is None
    for table in known.values():
        if {"lon", "lat"} <= set(table.columns):
            for attribute in ("lon", "lat"):
                column = table.columns[attribute]
                if column not in frame:
                    continue
                degrees, _, _ = plain_numbers(frame[column], None, degrees=True)
                if (pd.to_numeric(degrees, errors="coerce").abs() > 180).mean() > 0.5:
                    return True
    return False


def _reference_year(own: TableMapping | None) -> int | None:
    """Of when the residents are, where the name of their column or file says so."""
    if own is None:
        return None
    said = own.columns.get("population", "")
    return year_in(said) or year_in(own.file.stem)


def _join_or_fault(
    path: Path,
    seen: tuple[ColumnSeen, ...],
    tables: dict[str, TableMapping],
    proposal: Proposal,
) -> None:
    """Use a file that is no table by itself for columns that the municipalities lack."""
    matched = match(seen, "municipalities")
    own = tables.get("municipalities")
    extra = {a: c for a, c in matched.items() if a != "code"} if own is not None else {}
    extra = {a: c for a, c in extra.items() if own is not None and a not in own.columns}
    if own is None or "code" not in matched or not extra or "code" not in own.columns:
        listed = ", ".join(column.name for column in seen)
        proposal.faults.append(
            Fault("no_table_found", path.stem, value=path.name, details={"columns": listed})
        )
        return
    join = Join(file=path, on={own.columns["code"]: matched["code"]}, take=tuple(extra.values()))
    tables["municipalities"] = own.model_copy(
        update={"join": (*own.join, join), "columns": {**own.columns, **extra}}
    )
