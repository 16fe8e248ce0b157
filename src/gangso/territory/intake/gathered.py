"""Tables of a planner's files on their way into a package: what is left out, mended, located."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gangso.errors import Fault
from gangso.territory.columns import as_text
from gangso.territory.intake.crosswalk import dissolve
from gangso.territory.intake.locate import locate
from gangso.territory.intake.mapping import Mapping
from gangso.territory.intake.pick import Notes
from gangso.territory.outlines import mend_polygons

__all__ = [
    "Gathered",
    "leave_out_strangers",
    "leave_out_totals",
    "locate_points",
    "mend_boundaries",
]

# Beyond this share of rows that the map does not have, the two do not belong together.
_MOST_OFF = 0.5
# A total misses the sum of its parts by no more than this share, and has this many parts.
_ROUNDING, _LEAST_PARTS = 1e-3, 3


@dataclass
class Gathered:
    """A table on its way: rows counted through, and where each comes from.

    Parameters
    ----------
    frame : DataFrame
        Its rows; the index counts those of all files through.
    rows : ndarray of int
        Number of each row in its own file, from 0.
    file : ndarray of int
        Number of that file.
    files : tuple of str
        Names of the files.
    """

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    file: npt.NDArray[np.int64]
    files: tuple[str, ...]

    def place(self, fault: Fault, name: str) -> Fault:
        """Name row and file as the planner knows them.

        Parameters
        ----------
        fault : Fault
            Its row counts those of all files through.
        name : str
            Table.

        Returns
        -------
        Fault
            With the row of the planner's own file.
        """
        details = dict(fault.details)
        if details.get("first", "").isdigit():
            at = int(details["first"]) - 2
            details["first"] = str(int(self.rows[at]) + 2)
        if fault.row is None or not 0 <= fault.row - 2 < len(self.rows):
            return replace(fault, details=details)
        at = fault.row - 2
        table = name if len(self.files) == 1 else f"{name} ({self.files[self.file[at]]})"
        return replace(fault, table=table, row=int(self.rows[at]) + 2, details=details)


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


def mend_boundaries(table: Gathered, gone: set[str], told: Notes) -> None:
    """Drop the polygons of rows left out, mend the others.

    Parameters
    ----------
    table : Gathered
        The boundaries; changed in place.
    gone : set of str
        Codes of municipalities that were left out.
    told : Notes
        Takes what was dropped and mended.
    """
    frame = table.frame
    out = frame["code"].isin(list(gone)).to_numpy()
    told.dropped += [
        Fault("boundary_dropped", "boundaries", int(table.rows[at]) + 2, "code",
              str(frame["code"].iloc[at]))
        for at in np.flatnonzero(out)
    ]  # fmt: skip
    table.frame = _mend(gpd.GeoDataFrame(frame[~out]), told, table.rows[~out])


def leave_out_strangers(own: Gathered, shapes: Gathered, told: Notes) -> None:
    """Leave out, by name, rows that the map does not have: totals of provinces, notes below.

    Parameters
    ----------
    own : Gathered
        The municipalities; changed in place.
    shapes : Gathered
        The boundaries.
    told : Notes
        Takes what was left out.
    """
    if not {"code"} <= set(own.frame.columns) & set(shapes.frame.columns):
        return
    code = as_text(own.frame["code"])
    out = (code.notna() & ~code.isin(list(as_text(shapes.frame["code"]).dropna()))).to_numpy()
    if out.sum() > _MOST_OFF * len(out):  # codes of different kinds: no matter of some rows
        return
    for at in np.flatnonzero(out).tolist():
        name = own.frame["name"].iloc[at] if "name" in own.frame else ""
        said = f"{code.iloc[at]} {name}".strip()
        row = int(own.frame.index[at]) + 2
        fault = Fault("off_the_map", "municipalities", row, "code", said)
        told.dropped.append(own.place(fault, "municipalities"))
    own.frame = own.frame[~out]


def leave_out_totals(own: Gathered, told: Notes, *, drop: bool) -> None:
    """Find rows of municipalities that are the sum of the others: of a province, or of all.

    Parameters
    ----------
    own : Gathered
        The municipalities; changed in place.
    told : Notes
        Takes a fault for each, or what was left out.
    drop : bool
        Whether they are to be left out, by name.
    """
    frame = own.frame
    if "population" not in frame:
        return
    people = pd.to_numeric(frame["population"], errors="coerce")
    groups = [people.dropna()]
    if "province" in frame:
        groups += [part.dropna() for _, part in people.groupby(as_text(frame["province"]))]
    found: list[int] = []
    for part in reversed(groups):  # provinces first: their totals are not parts of the nation's
        part = part.drop(index=[at for at in found if at in part.index])
        if len(part) <= _LEAST_PARTS:
            continue
        at, rest = part.idxmax(), part.sum() - part.max()
        if abs(part.max() - rest) <= _ROUNDING * rest:
            found.append(int(at))
    for at in found:
        named = [frame[c].loc[at] for c in ("code", "name") if c in frame]
        said = " ".join(str(value) for value in named if pd.notna(value))
        fault = Fault(
            "total_dropped" if drop else "total_row", "municipalities", at + 2, "name", said
        )
        fault = own.place(fault, "municipalities")
        (told.dropped if drop else told.faults).append(fault)
    if drop:
        own.frame = frame.drop(index=found)


def locate_points(
    tables: dict[str, Gathered], metric_crs: str, mapping: Mapping, told: Notes
) -> None:
    """Name the municipality of points where their table does not.

    Parameters
    ----------
    tables : dict of str to Gathered
        By name; changed in place.
    metric_crs : str
        Reference system in metres.
    mapping : Mapping
        Says whether points that lie nowhere are left out.
    told : Notes
        Takes how many were found, and those that were not.
    """
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
