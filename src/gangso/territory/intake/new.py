"""Make a territory package from a planner's own files: the logic of ``gangso new``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gangso.errors import BadInputError, Fault
from gangso.territory.check import check_package
from gangso.territory.columns import as_text
from gangso.territory.dictionary import TABLES, attributes
from gangso.territory.intake.codes import match_codes, restore_zeros
from gangso.territory.intake.crosswalk import Crosswalk, dissolve, read_crosswalk
from gangso.territory.intake.files import is_timetable, read_file
from gangso.territory.intake.gtfs import read_timetable
from gangso.territory.intake.locate import locate
from gangso.territory.intake.mapping import Mapping, TableMapping
from gangso.territory.intake.numerals import NumberFormat
from gangso.territory.intake.pick import Notes, drop_incomplete, pick_table
from gangso.territory.metadata import Metadata, Source
from gangso.territory.outlines import mend_polygons
from gangso.territory.read import RawPackage
from gangso.territory.write import write_package

__all__ = ["NewReport", "make_package"]


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


@dataclass
class _Table:
    """A table on its way: rows counted through, and where each comes from."""

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    file: npt.NDArray[np.int64]
    files: tuple[str, ...]

    def place(self, fault: Fault, name: str) -> Fault:
        """Name row and file as the planner knows them."""
        details = dict(fault.details)
        if details.get("first", "").isdigit():
            at = int(details["first"]) - 2
            details["first"] = str(int(self.rows[at]) + 2)
        if fault.row is None or not 0 <= fault.row - 2 < len(self.rows):
            return replace(fault, details=details)
        at = fault.row - 2
        table = name if len(self.files) == 1 else f"{name} ({self.files[self.file[at]]})"
        return replace(fault, table=table, row=int(self.rows[at]) + 2, details=details)


def _crosswalk(mapping: Mapping, told: Notes) -> Crosswalk | None:
    asked = mapping.crosswalk
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
    if walk is not None and part.codes_of is not None:
        picked, faults = walk.apply(picked, name, part.codes_of, told.notes)
        told.faults += faults
    return picked, gone


def _gather(
    mapping: Mapping, told: Notes, hint: NumberFormat | None, walk: Crosswalk | None
) -> tuple[dict[str, _Table], set[str]]:
    tables: dict[str, _Table] = {}
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
        tables[name] = _Table(whole, rows, which, tuple(files))
    return tables, gone


def _mend(frame: gpd.GeoDataFrame, told: Notes, rows: npt.NDArray[np.int64]) -> gpd.GeoDataFrame:
    """Repair polygons, and join the pieces of one code."""
    shapes = frame.geometry.to_numpy()
    kinds = np.isin(shapely.get_type_id(shapes), (3, 6))
    broken = ~shapely.is_missing(shapes) & ~(shapely.is_valid(shapes) & kinds)
    if broken.any():
        shapes = shapes.copy()
        reasons = shapely.is_valid_reason(shapes[broken])
        told.mended += [
            Fault("polygon_mended", "boundaries", int(rows[at]) + 2, "code", str(code),
                  {"reason": str(reason)})
            for at, code, reason in zip(
                np.flatnonzero(broken), frame["code"][broken], reasons, strict=True
            )
        ]  # fmt: skip
        shapes[broken] = mend_polygons(shapes[broken])
        frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    sizes = frame["code"].value_counts()
    joined = dissolve(frame)
    told.mended += [
        Fault("polygons_joined", "boundaries", None, "code", str(code), {"count": str(count)})
        for code, count in sizes[sizes > 1].items()
    ]
    return joined


def _boundaries(table: _Table, gone: set[str], told: Notes) -> None:
    """Drop the polygons of rows left out, mend the others."""
    frame = table.frame
    out = frame["code"].isin(list(gone)).to_numpy()
    told.dropped += [
        Fault("boundary_dropped", "boundaries", int(table.rows[at]) + 2, "code",
              str(frame["code"].iloc[at]))
        for at in np.flatnonzero(out)
    ]  # fmt: skip
    table.frame = _mend(gpd.GeoDataFrame(frame[~out]), told, table.rows[~out])


def _locate(tables: dict[str, _Table], metric_crs: str, mapping: Mapping, told: Notes) -> None:
    """Name the municipality of points where their table does not."""
    shapes = tables.get("boundaries")
    for name, column in (("settlements", "municipality"), ("facilities", "municipality"),
                         ("hubs", "municipalities")):  # fmt: skip
        table = tables.get(name)
        if table is None or column in table.frame or not {"lon", "lat"} <= set(table.frame):
            continue
        if shapes is None or not isinstance(shapes.frame, gpd.GeoDataFrame):
            continue
        if shapes.frame.crs is None:
            continue
        frame, lost = locate(table.frame, shapes.frame, metric_crs, name, told.notes)
        found = frame["municipality"]
        if name == "hubs":  # a hub may lie abroad
            table.frame = table.frame.assign(municipalities=found)
            continue
        away = lost.to_numpy()
        drop = all(part.drop_unmatched for part in mapping.tables[name])
        faults = [
            Fault("not_located", name, int(at) + 2, "lon+lat", _point(frame, at))
            for at in np.flatnonzero(away).tolist()
        ]
        placed = [table.place(fault, name) for fault in faults]
        if drop:
            told.dropped += placed
            table.frame = frame[~away]
        else:
            told.faults += placed
            table.frame = frame


def _point(frame: pd.DataFrame, at: int) -> str:
    row = frame.iloc[at]
    name = f"{row['name']}: " if "name" in frame and pd.notna(row["name"]) else ""
    return f"{name}{row['lon']}, {row['lat']}"


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


def _metric(metadata: Metadata, tables: dict[str, _Table]) -> str:
    """A reference system in metres: the package's, or one about its middle."""
    if metadata.metric_crs:
        return metadata.metric_crs
    frame = gpd.GeoDataFrame(tables["boundaries"].frame).to_crs("EPSG:4326")
    west, south, east, north = frame.total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    return f"+proj=laea +lat_0={lat:.2f} +lon_0={lon:.2f} +datum=WGS84 +units=m +no_defs"


def _timetables(mapping: Mapping, tables: dict[str, _Table], told: Notes) -> None:
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
            tables["timetable"] = _Table(frame, rows, np.zeros_like(rows), ("stop_times.txt",))


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
    walk = _crosswalk(mapping, told)
    style = metadata.number_format
    hint = None if style is None else NumberFormat(style.decimal, style.thousands)
    tables, gone = _gather(mapping, told, hint, walk)
    shapes = tables.get("boundaries")
    restore_zeros({name: table.frame for name, table in tables.items()}, told.notes)
    if shapes is not None:
        _boundaries(shapes, gone, told)
        if shapes.frame.crs is not None:
            _locate(tables, _metric(metadata, tables), mapping, told)
    _timetables(mapping, tables, told)
    dropping = {n for n, parts in mapping.tables.items() if all(p.drop_unmatched for p in parts)}
    for name, table in tables.items():
        if name in dropping:
            table.frame, lost = match_codes(name, table.frame, tables["municipalities"].frame)
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
        found = [f for f in checked.faults if not (named and f.kind == "no_crs")]
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
    faults: Sequence[Fault], known: Sequence[Fault], tables: dict[str, _Table]
) -> list[Fault]:
    """Give the faults of the check the rows and files that the planner knows."""
    own = {id(fault) for fault in known}
    return [
        fault if id(fault) in own or fault.table not in tables
        else tables[fault.table].place(fault, fault.table)
        for fault in faults
    ]  # fmt: skip
