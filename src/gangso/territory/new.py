"""Make a territory package from a planner's own files: the logic of ``gangso new``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gangso.errors import BadInputError, Fault
from gangso.territory.check import check_package
from gangso.territory.columns import as_text
from gangso.territory.dictionary import TABLES, attributes
from gangso.territory.mapping import Mapping, TableMapping, read_source
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
        Rows left out because they lack a required value, by name.
    mended : tuple of Fault
        Polygons that were repaired.
    missing : tuple of str
        Tables that the package does not have; the texts ``missing.<table>`` say what is lost.
    """

    path: Path
    rows: dict[str, int]
    dropped: tuple[Fault, ...]
    mended: tuple[Fault, ...]
    missing: tuple[str, ...]


def _pick(
    source: pd.DataFrame, table: TableMapping, name: str, faults: list[Fault]
) -> pd.DataFrame:
    """Take the mapped columns under the names of the dictionary."""
    columns: dict[str, pd.Series] = {}
    for attribute, column in [*table.columns.items(), *((c, c) for c in table.keep)]:
        if column in source.columns:
            columns[attribute] = source[column]
        else:
            known = ", ".join(map(str, source.columns))
            faults.append(Fault("no_such_column", name, 1, attribute, column, {"known": known}))
    picked = pd.DataFrame(columns, index=source.index).assign(**table.constants)
    for attribute, other in table.fill.items():
        if attribute in picked and other in picked:
            picked[attribute] = as_text(picked[attribute]).fillna(as_text(picked[other]))
    if name == "facilities" and "id" not in picked:
        picked["id"] = [f"f{number}" for number in range(1, len(picked) + 1)]
    return picked


def _place(
    picked: pd.DataFrame, source: pd.DataFrame, table: TableMapping, name: str, faults: list[Fault]
) -> pd.DataFrame:
    """Bring points into WGS 84: from coordinates in another system, or from the map itself."""
    if {"lon", "lat"} <= set(picked.columns):
        if table.crs is None:
            return picked
        xy = [pd.to_numeric(picked[c], errors="coerce").to_numpy(float) for c in ("lon", "lat")]
        points = gpd.GeoSeries(gpd.points_from_xy(*xy), crs=table.crs).to_crs("EPSG:4326")
    elif isinstance(source, gpd.GeoDataFrame) and any(
        a.name == "lon" and a.required for a in attributes(name)
    ):
        shapes = source.geometry
        if shapes.crs is None and table.crs is None:
            faults.append(Fault("no_crs", name))
            return picked
        shapes = shapes if shapes.crs is not None else shapes.set_crs(table.crs)
        points = shapes.representative_point().to_crs("EPSG:4326")
    else:
        return picked
    return picked.assign(lon=points.x.to_numpy(), lat=points.y.to_numpy())


def _drop_incomplete(
    picked: pd.DataFrame, name: str, required: Collection[str], dropped: list[Fault]
) -> pd.DataFrame:
    """Leave out rows that lack a required value, and name them."""
    needed = [column for column in required if column in picked]
    empty = pd.DataFrame({column: as_text(picked[column]).isna() for column in needed})
    rows = empty.any(axis=1)
    for row in picked.index[rows.to_numpy()]:
        label = " ".join(
            str(picked.loc[row, column])
            for column in ("code", "name")
            if column in picked and pd.notna(picked.loc[row, column])
        )
        lacking = ", ".join(column for column in needed if empty.loc[row, column])
        dropped.append(Fault("row_dropped", name, int(row) + 2, lacking, label or "–"))
    return picked[~rows.to_numpy()]


def _boundaries(
    source: pd.DataFrame, table: TableMapping, gone: Collection[str], report: dict[str, list[Fault]]
) -> gpd.GeoDataFrame | None:
    """Take the polygons: mended, with their codes, without those of rows left out."""
    name = "boundaries"
    if not isinstance(source, gpd.GeoDataFrame):
        report["faults"].append(
            Fault(
                "unreadable_file", name, value=table.file.name, details={"message": "no geometry"}
            )
        )
        return None
    picked = _pick(source, table, name, report["faults"])
    if "code" not in picked:
        picked["code"] = pd.Series(np.nan, index=source.index, dtype="str")
    crs = source.crs if source.crs is not None else table.crs
    frame = gpd.GeoDataFrame(
        {"code": as_text(picked["code"])}, geometry=source.geometry.to_numpy(), crs=crs
    )
    if table.drop_incomplete:
        kept = _drop_incomplete(frame[["code"]], name, ["code"], report["dropped"])
        frame = frame.loc[kept.index]
        out = frame["code"].isin(list(gone))
        report["dropped"] += [
            Fault("boundary_dropped", name, int(row) + 2, "code", code)
            for row, code in frame.loc[out, "code"].items()
        ]
        frame = frame[~out]
    shapes = frame.geometry.to_numpy()
    kinds = np.isin(shapely.get_type_id(shapes), (3, 6))
    broken = ~shapely.is_missing(shapes) & ~(shapely.is_valid(shapes) & kinds)
    if broken.any():
        shapes = shapes.copy()
        reasons = shapely.is_valid_reason(shapes[broken])
        report["mended"] += [
            Fault("polygon_mended", name, int(row) + 2, "code", str(code), {"reason": str(reason)})
            for row, code, reason in zip(
                frame.index[broken], frame["code"][broken], reasons, strict=True
            )
        ]
        shapes[broken] = mend_polygons(shapes[broken])
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=crs)).reset_index(
        drop=True
    )


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
    report: dict[str, list[Fault]] = {"faults": [], "dropped": [], "mended": []}
    tables: dict[str, pd.DataFrame] = {}
    gone: set[str] = set()
    for name in TABLES:
        table = mapping.tables.get(name)
        if table is None:
            continue
        source, faults = read_source(table, name)
        report["faults"] += faults
        if source is None:
            continue
        picked = _pick(source, table, name, report["faults"])
        picked = _place(picked, source, table, name, report["faults"])
        if table.drop_incomplete:
            needed = [a.name for a in attributes(name) if a.required]
            kept = _drop_incomplete(picked, name, needed, report["dropped"])
            if name == "municipalities" and "code" in picked:
                gone |= set(as_text(picked["code"]).dropna()) - set(as_text(kept["code"]))
            picked = kept
        tables[name] = picked
    boundaries = None
    table = mapping.tables.get("boundaries")
    if table is not None:
        source, faults = read_source(table, "boundaries")
        report["faults"] += faults
        if source is not None:
            boundaries = _boundaries(source, table, gone, report)
    raw = RawPackage(tables, boundaries, mapping.metadata, report["faults"], [])
    checked = check_package(raw)
    if checked.faults:
        raise BadInputError(checked.faults)
    extra = {"licenses": [{"title": mapping.licence}]} if mapping.licence else {}
    ready = {name: frame.reset_index(drop=True) for name, frame in checked.tables.items()}
    write_package(
        out,
        ready,
        mapping.metadata,
        boundaries=checked.boundaries,
        form=form,
        extra=extra,
        overwrite=overwrite,
    )
    rows = {name: len(frame) for name, frame in ready.items()}
    if checked.boundaries is not None:
        rows["boundaries"] = len(checked.boundaries)
    wanted = (*(name for name in TABLES if name != "road_links"), "boundaries")
    return NewReport(
        path=Path(out),
        rows=rows,
        dropped=tuple(report["dropped"]),
        mended=tuple(report["mended"]),
        missing=tuple(name for name in wanted if name not in rows),
    )
