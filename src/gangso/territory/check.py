"""Check a territory package: every fault at once, each with its place and its remedy."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.errors import Fault
from gangso.territory.columns import as_text, convert, faults_at, infer
from gangso.territory.dictionary import KEYS, REQUIRED_TABLES, TABLES, attributes
from gangso.territory.outlines import check_boundaries, outside_country
from gangso.territory.read import RawPackage, read_package

__all__ = ["Checked", "check", "check_package", "inspect"]

# Looking for the nearest of thousands of codes takes some milliseconds; beyond this many
# different unknown codes the table as a whole is keyed otherwise, and no single code is meant.
_MOST_SUGGESTIONS = 50

# A point this far off (degrees) that comes at least three times nearer when its coordinates
# are exchanged has had them exchanged.
_SWAPPED_FROM_DEGREES = 4.0
_SWAPPED_RATIO = 3.0

_FAR = np.array([np.nan, np.nan])


@dataclass(frozen=True)
class Checked:
    """A package after its check; the tables are usable only if there are no faults.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Typed tables with the columns of the dictionary first.
    boundaries : GeoSeries or None
        Polygons by code (WGS 84).
    faults : list of Fault
        Everything that is wrong.
    notes : list of Fault
        What was left aside.
    """

    tables: dict[str, pd.DataFrame]
    boundaries: gpd.GeoSeries | None = None
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)


def _typed(raw: pd.DataFrame, table: str, text: Sequence[str], faults: list[Fault]) -> pd.DataFrame:
    """Read every column by its type; report missing columns and an empty table."""
    known = attributes(table)
    raw = raw.loc[:, ~raw.columns.duplicated()]  # a column that stands twice was reported
    if raw.empty:
        faults.append(Fault("empty_table", table))
    spare = [str(c) for c in raw.columns if str(c) not in {a.name for a in known}]
    columns: dict[str, pd.Series] = {}
    for attribute in known:
        if attribute.name not in raw.columns:
            if attribute.required:
                near = difflib.get_close_matches(attribute.name, spare, 1, 0.6)
                details = {"description": attribute.description, "found": ", ".join(near or spare)}
                faults.append(Fault("missing_column", table, 1, attribute.name, None, details))
            continue
        column = raw[attribute.name]
        columns[attribute.name], found = convert(column, attribute, table)
        faults.extend(found)
    for name in spare:
        column = raw[name]
        columns[name] = as_text(column) if name in text else infer(column)
    return pd.DataFrame(columns, index=raw.index)


def _duplicates(frame: pd.DataFrame, table: str, faults: list[Fault]) -> None:
    key = KEYS.get(table, ())
    needed = [a.name for a in attributes(table) if a.required and a.name in key]
    present = [name for name in key if name in frame]
    if not present or any(name not in frame for name in needed):
        return
    full = frame[frame[needed].notna().all(axis=1)]
    again = full.duplicated(present).to_numpy()
    if not again.any():
        return
    shown = full[present].astype("str").fillna("–").agg(" / ".join, axis=1)
    first = shown.drop_duplicates()
    row_of_first = pd.Series(first.index, index=first.to_numpy())
    repeated = shown[again]
    faults.extend(
        faults_at(
            "duplicate_key", table, repeated.index.to_numpy(), "+".join(present), repeated,
            [{"first": str(row_of_first[value] + 2)} for value in repeated],
        )
    )  # fmt: skip


def _suggestions(unknown: Sequence[str], names: Mapping[str, str]) -> dict[str, str]:
    """Name the nearest known code for each unknown one, or nothing."""
    by_name: dict[str, str] = {}
    for code, name in names.items():
        by_name.setdefault(name, code)
    found = dict.fromkeys(unknown, "")
    for value in list(found)[:_MOST_SUGGESTIONS]:
        close = [by_name[value]] if value in by_name else []
        for code in close or difflib.get_close_matches(value, names, 1, 0.6):
            found[value] = f"{code} ({names[code]})" if names[code] else code
    return found


def _unknown(values: pd.Series, known: Mapping[str, str], table: str, kind: str) -> list[Fault]:
    values = values.dropna()
    strange = values[~values.isin(list(known))]
    if strange.empty:
        return []
    nearest = _suggestions(list(dict.fromkeys(strange)), known)
    return faults_at(
        kind, table, strange.index.to_numpy(), str(values.name), strange,
        [{"nearest": nearest[value] or "–"} for value in strange],
    )  # fmt: skip


def _references(
    frame: pd.DataFrame, table: str, codes: Mapping[str, str], zones: Mapping[str, str]
) -> list[Fault]:
    faults = []
    for attribute in attributes(table):
        if attribute.name not in frame:
            continue
        column = frame[attribute.name]
        if attribute.type == "municipality":
            faults += _unknown(column, codes, table, "unknown_municipality")
        elif attribute.type == "municipalities":
            parts = column.dropna().str.split("|").explode().str.strip()
            faults += _unknown(parts, codes, table, "unknown_municipality")
        elif attribute.type == "flow_zone":
            faults += _unknown(column, zones, table, "unknown_zone")
    return faults


def _pairs(frame: pd.DataFrame) -> list[Fault]:
    """Check the links of the contiguity table."""
    if not {"a", "b"} <= set(frame.columns):
        return []
    full = frame[["a", "b"]].dropna()
    itself = full[full["a"] == full["b"]]
    faults = faults_at("self_link", "contiguity", itself.index.to_numpy(), "a", itself["a"])
    swapped = full["a"] > full["b"]
    ordered = pd.DataFrame(
        {"low": full["a"].mask(swapped, full["b"]), "high": full["b"].mask(swapped, full["a"])}
    )
    again = ordered[ordered.duplicated()]
    shown = again["low"] + " – " + again["high"]
    return faults + faults_at("duplicate_pair", "contiguity", again.index.to_numpy(), "a+b", shown)


def _rides(frames: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Check that the rides of a timetable begin and end at hubs."""
    rides = frames.get("timetable")
    if rides is None:
        return []
    hubs = frames.get("hubs", pd.DataFrame()).get("name", pd.Series(dtype="str"))
    faults = []
    for end in ("a", "b"):
        if end in rides:
            ends = rides[end].dropna()
            lost = ends[~ends.isin(hubs)]
            faults += faults_at("unknown_hub", "timetable", lost.index.to_numpy(), end, lost)
    return faults


def _age_groups(frames: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Check that ages are groups of five years without a gap: others mean something else."""
    ages = frames.get("population", pd.DataFrame()).get("age")
    if ages is None:
        return []
    found = np.unique(ages.dropna().to_numpy(dtype=float))
    if len(found) < 2 or ((np.diff(found) == 5).all() and found[0] == 0):
        return []
    shown = ", ".join(f"{age:g}" for age in found[:12]) + (" …" if len(found) > 12 else "")
    return [Fault("age_groups", "population", None, "age", shown)]


def _roads(frames: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Check that both road tables are there, and that links end at nodes."""
    present = [name for name in ("road_nodes", "road_links") if name in frames]
    if len(present) == 1:
        other = {"road_nodes": "road_links", "road_links": "road_nodes"}[present[0]]
        return [Fault("table_missing", other)]
    if not present or "id" not in frames["road_nodes"]:
        return []
    known = set(frames["road_nodes"]["id"].dropna())
    faults = []
    for end in ("a", "b"):
        if end in frames["road_links"]:
            ends = frames["road_links"][end].dropna()
            lost = ends[~ends.isin(known)]
            faults += faults_at("unknown_node", "road_links", lost.index.to_numpy(), end, lost)
    return faults


def _middle(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    sound = xy[np.isfinite(xy).all(axis=1) & (np.abs(xy[:, 1]) <= 90)]
    return np.median(sound, axis=0) if len(sound) else _FAR


def _swapped(
    raw: pd.DataFrame,
    frame: pd.DataFrame,
    table: str,
    home: Mapping[str, npt.NDArray[np.float64]],
    middle: npt.NDArray[np.float64],
    faults: list[Fault],
) -> npt.NDArray[np.bool_]:
    """Find exchanged coordinates and put one fault in place of the range faults they gave."""
    nothing = np.zeros(len(frame), dtype=bool)
    if not {"lon", "lat"} <= set(raw.columns) or frame.empty:
        return nothing
    # As they stand: a latitude of 127 is missing from the typed table.
    xy = np.column_stack(
        [
            pd.to_numeric(raw[name], errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
            for name in ("lon", "lat")
        ]
    )
    centre = _middle(xy) if np.isnan(middle).any() else middle
    near = np.tile(centre, (len(xy), 1))
    if "municipality" in frame and home:
        positions = pd.DataFrame.from_dict(dict(home), orient="index", columns=["x", "y"])
        own = positions.reindex(frame["municipality"]).to_numpy()
        near = np.where(np.isfinite(own), own, near)
    as_is = np.hypot(*(xy - near).T)
    exchanged = np.hypot(*(xy[:, ::-1] - near).T)
    impossible = (np.abs(xy[:, 1]) > 90) & (np.abs(xy[:, 0]) <= 90)
    moved = (as_is > _SWAPPED_FROM_DEGREES) & (exchanged * _SWAPPED_RATIO < as_is)
    swapped: npt.NDArray[np.bool_] = impossible | moved
    if swapped.any():
        rows = raw.index.to_numpy()[swapped] + 2
        gone = set(rows.tolist())
        faults[:] = [
            f
            for f in faults
            if not (
                f.table == table and f.row in gone and f.kind in ("bad_latitude", "bad_longitude")
            )
        ]
        faults.extend(
            Fault("coordinates_swapped", table, int(row), "lon+lat", f"{x:g}, {y:g}",
                  {"exchanged": f"{y:g}, {x:g}"})
            for row, (x, y) in zip(rows, xy[swapped], strict=True)
        )  # fmt: skip
    return swapped


def _places(
    raw: Mapping[str, pd.DataFrame],
    frames: Mapping[str, pd.DataFrame],
    boundaries: gpd.GeoSeries | None,
    faults: list[Fault],
) -> None:
    """Look for exchanged coordinates, from the surest reference to the least sure one."""
    home: dict[str, npt.NDArray[np.float64]] = {}
    middle = _FAR
    if boundaries is not None and len(boundaries):
        points = boundaries.representative_point()
        home = dict(zip(boundaries.index, np.column_stack([points.x, points.y]), strict=True))
        middle = _middle(np.array(list(home.values())))
    own = frames.get("municipalities")
    if own is not None and {"lon", "lat"} <= set(own.columns):
        keyed = own.assign(municipality=own["code"]) if "code" in own else own
        swapped = _swapped(raw["municipalities"], keyed, "municipalities", home, middle, faults)
        sound = own[~swapped].dropna(subset=["lon", "lat"])
        if not home and "code" in own:
            home = dict(zip(sound["code"], sound[["lon", "lat"]].to_numpy(float), strict=True))
            middle = _middle(sound[["lon", "lat"]].to_numpy(float))
    for table in ("settlements", "facilities", "hubs"):
        if table not in frames:
            continue
        if not home and {"lon", "lat", "municipality"} <= set(frames[table].columns):
            middles = frames[table].groupby("municipality")[["lon", "lat"]].median().dropna()
            sizes = frames[table].groupby("municipality").size()
            # A municipality's own middle can be trusted from three points on.
            middles = middles[sizes.reindex(middles.index) >= 3]
            home_here = dict(zip(middles.index, middles.to_numpy(float), strict=True))
        else:
            home_here = home
        _swapped(raw[table], frames[table], table, home_here, middle, faults)


def _locations(
    frames: Mapping[str, pd.DataFrame],
    has_boundaries: bool,
    faults: list[Fault],
    notes: list[Fault],
) -> None:
    """Every municipality needs a place and an area from somewhere; areas can be estimated."""
    own = frames.get("municipalities")
    if own is None or has_boundaries:
        return
    towns = frames.get("settlements")
    for columns, kind in ((("lon", "lat"), "no_location"), (("area_km2",), "no_area")):
        if set(columns) <= set(own.columns) and own[list(columns)].notna().all(axis=None):
            continue
        if towns is not None and set(columns) <= set(towns.columns):
            if "code" not in own or "municipality" not in towns:
                continue
            given = own[list(columns)].notna().all(axis=1) if set(columns) <= set(own) else False
            bare = own[~(own["code"].isin(towns["municipality"]) | given)]
            faults.extend(
                faults_at(kind, "municipalities", bare.index.to_numpy(), columns[0], bare["code"])
            )
        elif set(columns) <= set(own.columns):
            bare = own[own[list(columns)].isna().any(axis=1)]
            reported = {f.row for f in faults if f.table == "municipalities" and f.column
                        and set(f.column.split("+")) & set(columns)}  # fmt: skip
            bare = bare[~(bare.index + 2).isin(list(reported))]
            shown = bare["code"] if "code" in bare else [None] * len(bare)
            faults.extend(
                faults_at(kind, "municipalities", bare.index.to_numpy(), columns[0], shown)
            )
        elif kind == "no_area":
            notes.append(Fault("areas_estimated", "municipalities", None, columns[0]))
        else:
            faults.append(Fault(kind, "municipalities", 1, columns[0]))


def check_package(raw: RawPackage) -> Checked:
    """Check a package that was read.

    Parameters
    ----------
    raw : RawPackage
        The package as it stands.

    Returns
    -------
    Checked
        Typed tables and every fault, in the order of tables and rows.
    """
    faults = list(raw.faults)
    for table in REQUIRED_TABLES:
        if table not in raw.tables and not any(f.table in (table, "package") for f in faults):
            faults.append(Fault("table_missing", table))
    frames: dict[str, pd.DataFrame] = {}
    for table in TABLES:
        if table in raw.tables:
            text = raw.text_columns.get(table, ())
            frames[table] = _typed(raw.tables[table], table, text, faults)
    own = frames.get("municipalities")
    codes: dict[str, str] = {}
    zones: dict[str, str] = {}
    if own is not None and "code" in own:
        named = own.dropna(subset="code")
        names = named["name"].fillna("") if "name" in named else [""] * len(named)
        codes = dict(zip(named["code"], names, strict=True))
        zones = dict(codes)
        if "flow_zone" in own:
            zones.update(dict.fromkeys(own["flow_zone"].dropna(), ""))
    boundaries = None
    if raw.boundaries is not None:
        boundaries, found = check_boundaries(raw.boundaries, codes)
        faults += found
    for table, frame in frames.items():
        _duplicates(frame, table, faults)
        if codes:
            faults += _references(frame, table, codes, zones)
    if "contiguity" in frames:
        faults += _pairs(frames["contiguity"])
    faults += _roads(frames)
    faults += _age_groups(frames) + _rides(frames)
    faults += outside_country(raw.metadata, frames, boundaries)
    _places(raw.tables, frames, boundaries, faults)
    notes = list(raw.notes)
    _locations(frames, raw.boundaries is not None, faults, notes)
    order = {name: number for number, name in enumerate(("datapackage", "package", *TABLES))}
    faults.sort(key=lambda f: (order.get(f.table, len(order)), f.row or 0))
    return Checked(frames, boundaries, faults, notes)


def inspect(path: Path) -> Checked:
    """Read and check a package; faults and notes are in the result.

    Parameters
    ----------
    path : Path
        Folder or zip.

    Returns
    -------
    Checked
        Tables, faults, notes.
    """
    return check_package(read_package(Path(path)))


def check(path: Path) -> list[Fault]:
    """List everything that is wrong with a package.

    Parameters
    ----------
    path : Path
        Folder or zip.

    Returns
    -------
    list of Fault
        Empty if the package can be used.
    """
    return inspect(path).faults
