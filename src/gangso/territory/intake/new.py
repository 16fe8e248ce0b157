"""Make a territory package from a planner's own files: the logic of ``gangso new``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from gangso.errors import BadInputError, Fault
from gangso.territory.check import check_package
from gangso.territory.columns import as_text
from gangso.territory.dictionary import TABLES, attributes
from gangso.territory.intake.codes import match_codes, restore_zeros, shorten_codes
from gangso.territory.intake.crosswalk import Crosswalk, added_up, read_crosswalk
from gangso.territory.intake.files import is_timetable, read_file
from gangso.territory.intake.gathered import (
    Gathered,
    leave_out_strangers,
    leave_out_totals,
    locate_points,
    mend_boundaries,
)
from gangso.territory.intake.gtfs import read_timetable
from gangso.territory.intake.mapping import CrosswalkMapping, FileMapping, Mapping, TableMapping
from gangso.territory.intake.numerals import NumberFormat
from gangso.territory.intake.pick import Notes, drop_incomplete, pick_table
from gangso.territory.intake.proposal import propose_crosswalk
from gangso.territory.intake.recognise import look
from gangso.territory.metadata import Metadata, Source
from gangso.territory.read import RawPackage
from gangso.territory.write import write_package

__all__ = ["NewReport", "make_package", "open_crosswalk"]


@dataclass(frozen=True)
class NewReport:
    """What was made, and what it cost.

    Parameters
    ----------
    path : Path
        The package.
    rows : dict of str to int
        Rows by table (and ``boundaries``).
    dropped : tuple of Fault
        Rows left out because they lack a required value or match no municipality, by name.
    mended : tuple of Fault
        Polygons that were repaired.
    notes : tuple of Fault
        How files were read where that was a guess, what was changed on the way, and which
        municipalities a table says nothing of.
    missing : tuple of str
        Tables that the package does not have; the texts ``missing.<table>`` say what is lost.
    """

    path: Path
    rows: dict[str, int]
    dropped: tuple[Fault, ...]
    mended: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    missing: tuple[str, ...]


def _crosswalk(asked: CrosswalkMapping | None, told: Notes) -> Crosswalk | None:
    if asked is None:
        return None
    read = read_file(asked, "crosswalk")
    told.faults += read.faults
    told.notes += read.notes
    if read.frame is None:
        return None
    columns = {"old": asked.old, "new": asked.new}
    columns |= {} if asked.date is None else {"date": asked.date}
    columns |= {} if asked.share is None else {"share": asked.share}
    found, faults = read_crosswalk(read.frame, columns, asked.day, asked.until)
    told.faults += faults
    return None if faults else found


def open_crosswalk(path: Path) -> Crosswalk:
    """Read a table of units that merged, split or were renamed.

    Parameters
    ----------
    path : Path
        Any table that `gangso new` reads, with columns for the old code and the new one and,
        where they are known, for the date and the share that went over.

    Returns
    -------
    Crosswalk
        The changes.

    Raises
    ------
    BadInputError
        With every fault of the file.
    """
    told = Notes()
    read = read_file(FileMapping(file=path), "crosswalk")
    told.faults += read.faults
    if read.frame is not None:
        asked = propose_crosswalk(look(read.frame), path, undated=True)
        if asked is None:
            listed = ", ".join(map(str, read.frame.columns))
            details = {"columns": listed}
            told.faults.append(Fault("no_crosswalk", "crosswalk", 1, value=path.name,
                                     details=details))  # fmt: skip
        else:
            walk = _crosswalk(asked, told)
            if walk is not None:
                return walk
    raise BadInputError(told.faults)


def _read_part(
    part: TableMapping, name: str, told: Notes, hint: NumberFormat | None, walk: Crosswalk | None
) -> tuple[pd.DataFrame | None, set[str]]:
    """Read one file of a table; also the codes of municipalities that were left out."""
    read = pick_table(part, name, told, hint)
    picked = read.frame
    if picked is None:
        return None, set()
    gone: set[str] = set()
    if part.drop_incomplete:
        needed = ["code"] if name == "boundaries" else [
            a.name for a in attributes(name) if a.required
        ]  # fmt: skip
        kept = drop_incomplete(picked, name, needed, told.dropped)
        if name == "municipalities" and "code" in picked:
            gone = set(as_text(picked["code"]).dropna()) - set(as_text(kept["code"]))
        picked = kept
    if name == "boundaries" and isinstance(picked, gpd.GeoDataFrame) and "code" not in picked:
        picked["code"] = pd.Series(np.nan, index=picked.index, dtype="str")
    if part.add_up:
        whole = added_up(picked, name)
        if len(whole) < len(picked):
            details = {"count": f"{len(whole):,}"}
            told.notes.append(
                Fault("rows_added_up", name, value=f"{len(picked):,}", details=details)
            )
        picked = whole
    if walk is not None and part.codes_of is not None:
        picked, faults = walk.apply(picked, name, part.codes_of, told.notes)
        told.faults += faults
    return picked, gone


def _gather(
    mapping: Mapping, told: Notes, hint: NumberFormat | None, walk: Crosswalk | None
) -> tuple[dict[str, Gathered], set[str]]:
    tables: dict[str, Gathered] = {}
    gone: set[str] = set()
    for name in (*TABLES, "boundaries"):
        frames, files = [], []
        for part in mapping.tables.get(name, ()):
            frame, lost = _read_part(part, name, told, hint, walk)
            gone |= lost
            if frame is not None:
                frames.append(frame)
                files.append(part.file.name)
        if not frames:
            continue
        which = np.repeat(np.arange(len(frames)), [len(f) for f in frames])
        rows = np.concatenate([f.index.to_numpy() for f in frames])
        if name == "boundaries":
            shaped = [f for f in frames if isinstance(f, gpd.GeoDataFrame)]
            if not shaped:
                continue
            first = shaped[0].crs
            frames = [f if f.crs == first or f.crs is None or first is None else f.to_crs(first)
                      for f in shaped]  # fmt: skip
        whole = pd.concat(frames, ignore_index=True)
        if name in ("facilities", "settlements") and len(frames) > 1:
            key = "id" if name == "facilities" else "code"
            whole[key] = [f"{key_}-{n}" for key_, n in zip(whole[key], which, strict=True)]
        tables[name] = Gathered(whole, rows, which, tuple(files))
    return tables, gone


def _sources(mapping: Mapping) -> tuple[Metadata, list[dict[str, str]]]:
    """Keep where each table comes from, and under which terms."""
    sources = list(mapping.metadata.sources)
    licences = [mapping.licence] if mapping.licence else []
    for name, parts in mapping.tables.items():
        for part in parts:
            origin = part.source
            if origin is None:
                continue
            columns = tuple(sorted(part.names() | set(part.keep))) or ("*",)
            sources.append(
                Source(table=name, columns=columns, title=origin.title, vintage=origin.vintage,
                       note="; ".join(t for t in (origin.note, origin.licence) if t))
            )  # fmt: skip
            if origin.licence:
                licences.append(origin.licence)
    metadata = mapping.metadata.model_copy(update={"sources": tuple(sources)})
    return metadata, [{"title": title} for title in dict.fromkeys(licences)]


def _named(metadata: Metadata, name: str) -> Metadata:
    """Call a package that nobody named by its file."""
    unnamed = Metadata()
    changes: dict[str, Any] = {}
    if metadata.name == unnamed.name:
        changes["name"] = name
    if metadata.title == unnamed.title:
        changes["title"] = dict.fromkeys(unnamed.title, name)
    return metadata.model_copy(update=changes)


def _unsourced(mapping: Mapping, metadata: Metadata) -> list[Fault]:
    named = {source.table for source in metadata.sources}
    return [Fault("no_source", name) for name in mapping.tables if name not in named]


def _metric(metadata: Metadata, tables: dict[str, Gathered]) -> str:
    """A reference system in metres: the package's, or one about its middle."""
    if metadata.metric_crs:
        return metadata.metric_crs
    frame = gpd.GeoDataFrame(tables["boundaries"].frame).to_crs("EPSG:4326")
    west, south, east, north = frame.total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    return f"+proj=laea +lat_0={lat:.2f} +lon_0={lon:.2f} +datum=WGS84 +units=m +no_defs"


def _timetables(mapping: Mapping, tables: dict[str, Gathered], told: Notes) -> None:
    """Take the rides between the stations that became hubs."""
    hubs = tables.get("hubs")
    if hubs is None or "timetable" in tables:
        return
    rides = []
    for part in mapping.tables["hubs"]:
        if not is_timetable(part.file):
            continue
        try:
            rides.append(read_timetable(part.file))
        except BadInputError as error:
            told.faults += error.faults
    if rides:
        frame = pd.concat(rides, ignore_index=True)
        names = part_names(mapping, told)
        frame = frame.assign(a=frame["a"].map(names), b=frame["b"].map(names))
        kept = set(hubs.frame["name"])
        frame = frame[frame["a"].isin(kept) & frame["b"].isin(kept)].reset_index(drop=True)
        if len(frame):
            rows = np.arange(len(frame))
            tables["timetable"] = Gathered(frame, rows, np.zeros_like(rows), ("stop_times.txt",))


def part_names(mapping: Mapping, told: Notes) -> dict[str, str]:
    """Names of the hubs by the id of their station in the feed."""
    names: dict[str, str] = {}
    for part in mapping.tables["hubs"]:
        if is_timetable(part.file):
            read = read_file(part, "hubs")
            told.faults += read.faults
            if read.frame is not None:
                names |= dict(zip(read.frame["id"], read.frame["name"], strict=True))
    return names


def _apart(name: str, table: Gathered, lost: Sequence[Fault], tables: dict[str, Gathered]) -> Fault:
    """Say that a table's codes are of another kind than those of the municipalities."""
    known = as_text(tables["municipalities"].frame["code"]).dropna()
    column = lost[0].column
    own = as_text(table.frame[column]).dropna() if column else known
    details = {"known": ", ".join(known.head(3)), "files": ", ".join(table.files)}
    return Fault("codes_apart", name, None, column, ", ".join(own.head(3)), details)


def _lies_at(ready: dict[str, pd.DataFrame], boundaries: gpd.GeoSeries | None) -> Fault:
    """Say where on earth the territory lies: exchanged axes and wrong systems show in that."""
    if boundaries is not None:
        west, south, east, north = boundaries.total_bounds
        lon, lat = (west + east) / 2, (south + north) / 2
    else:  # the check saw to it that one of them has points
        tables = (ready["municipalities"], ready.get("settlements", ready["municipalities"]))
        points = next(t for t in tables if "lon" in t and t["lon"].notna().any())
        lon, lat = points["lon"].median(), points["lat"].median()
    shown = (
        f"{abs(lat):.1f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.1f}° {'E' if lon >= 0 else 'W'}"
    )
    return Fault("lies_at", "municipalities", value=shown)


def _silent_municipalities(tables: dict[str, pd.DataFrame], names: dict[str, str]) -> list[Fault]:
    """Name the municipalities of which a table says nothing."""
    notes = []
    for name in ("settlements", "population", "facilities", "finance"):
        if name not in tables:
            continue
        without = [c for c in names if c not in set(tables[name]["municipality"])]
        if without:
            shown = ", ".join(f"{names[c]} ({c})" for c in without[:20])
            more = f" … +{len(without) - 20:,}" if len(without) > 20 else ""
            details = {"count": f"{len(without):,}"}
            notes.append(Fault("no_rows_for", name, value=shown + more, details=details))
    return notes


def make_package(
    mapping: Mapping,
    out: Path,
    *,
    form: Literal["csv", "parquet"] = "parquet",
    overwrite: bool = False,
) -> NewReport:
    """Read a planner's files, check them and write a package; with any fault nothing is written.

    Parameters
    ----------
    mapping : Mapping
        Which file and column is what.
    out : Path
        Folder, or archive if the name ends in ``.zip``.
    form : {"parquet", "csv"}
        Format of the tables.
    overwrite : bool
        Whether a package at `out` may be replaced.

    Returns
    -------
    NewReport
        What was made and what is missing.

    Raises
    ------
    BadInputError
        With every fault that was found; rows and columns are those of the planner's files.
    FileExistsError
        If there is something at `out` and `overwrite` is not set.
    """
    told = Notes()
    metadata, licences = _sources(mapping)
    metadata = _named(metadata, Path(out).stem)
    walk = _crosswalk(mapping.crosswalk, told)
    style = metadata.number_format
    hint = None if style is None else NumberFormat(style.decimal, style.thousands)
    tables, gone = _gather(mapping, told, hint, walk)
    shapes = tables.get("boundaries")
    held = {name: table.frame for name, table in tables.items()}
    restore_zeros(held, told.notes)
    shorten_codes(held, told.notes)
    if shapes is not None:
        mend_boundaries(shapes, gone, told)
        if shapes.frame.crs is not None:
            locate_points(tables, _metric(metadata, tables), mapping, told)
    _timetables(mapping, tables, told)
    dropping = {n for n, parts in mapping.tables.items() if all(p.drop_unmatched for p in parts)}
    if "municipalities" in tables:
        own = tables["municipalities"]
        if "municipalities" in dropping and shapes is not None:
            leave_out_strangers(own, shapes, told)
        parts = mapping.tables["municipalities"]
        leave_out_totals(own, told, drop=all(p.drop_incomplete for p in parts))
    for name, table in tables.items():
        if name in dropping - {"municipalities"}:
            kept, lost = match_codes(name, table.frame, tables["municipalities"].frame)
            if kept.empty and len(table.frame):
                raise BadInputError([*told.faults, _apart(name, table, lost, tables)])
            table.frame = kept
            told.dropped += [table.place(fault, name) for fault in lost]
    raw = RawPackage(
        {name: table.frame for name, table in tables.items() if name != "boundaries"},
        None if shapes is None else gpd.GeoDataFrame(shapes.frame),
        metadata,
        told.faults,
        [],
    )
    checked = check_package(raw)
    if checked.faults:
        named = any(fault.kind == "no_crs_in" for fault in told.faults)  # says it with the file
        # A column that the file does not have is told once, with the columns that it has.
        lacking = {(f.table, f.column) for f in told.faults if f.kind == "no_such_column"}
        found = [
            f for f in checked.faults
            if not (named and f.kind == "no_crs")
            and not (f.kind in ("missing_column", "missing_value")
                     and (f.table, f.column) in lacking)
        ]  # fmt: skip
        raise BadInputError(_placed(found, told.faults, tables))
    ready = {name: frame.reset_index(drop=True) for name, frame in checked.tables.items()}
    names = dict(zip(ready["municipalities"]["code"], ready["municipalities"]["name"], strict=True))
    extra: dict[str, Any] = {"licenses": licences} if licences else {}
    write_package(
        out, ready, metadata,
        boundaries=checked.boundaries, form=form, extra=extra, overwrite=overwrite,
    )  # fmt: skip
    rows = {name: len(frame) for name, frame in ready.items()}
    if checked.boundaries is not None:
        rows["boundaries"] = len(checked.boundaries)
    wanted = (*(n for n in TABLES if n not in ("road_links", "timetable")), "boundaries")
    told.notes.append(_lies_at(ready, checked.boundaries))
    return NewReport(
        path=Path(out),
        rows=rows,
        dropped=tuple(told.dropped),
        mended=tuple(told.mended),
        notes=(
            *told.notes, *checked.notes, *_silent_municipalities(ready, names),
            *_unsourced(mapping, metadata),
        ),
        missing=tuple(name for name in wanted if name not in rows),
    )  # fmt: skip


def _placed(
    faults: Sequence[Fault], known: Sequence[Fault], tables: dict[str, Gathered]
) -> list[Fault]:
    """Give the faults of the check the rows and files that the planner knows."""
    own = {id(fault) for fault in known}
    return [
        fault if id(fault) in own or fault.table not in tables
        else tables[fault.table].place(fault, fault.table)
        for fault in faults
    ]  # fmt: skip
