"""Bring municipality codes up to date: units that merged, split or were renamed, by date."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from gangso.errors import Fault
from gangso.territory.columns import as_text
from gangso.territory.dictionary import KEYS, attributes

__all__ = ["Crosswalk", "added_up", "dissolve", "read_crosswalk"]

# What is counted, and is therefore divided and added up with the units.
_COUNTS = {
    "municipalities": ("population", "area_km2"),
    "population": ("persons",),
    "flows": ("amount",),
}

# Shares that miss 1 by more than this lose people.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Crosswalk:
    """What became of each unit, change by change.

    Parameters
    ----------
    changes : DataFrame
        Columns ``old``, ``new``, ``date`` (datetime64), ``share``; sorted by date.
    """

    changes: pd.DataFrame

    def weights(self, codes: Sequence[str], since: datetime.date | None) -> pd.DataFrame:
        """Follow codes through every later change.

        Parameters
        ----------
        codes : sequence of str
            Codes as of `since`.
        since : date or None
            Changes on later days apply; None: all of them.

        Returns
        -------
        DataFrame
            Columns ``old``, ``new``, ``share``: where each code ends up; the shares of a code
            add up to 1.
        """
        ends = pd.DataFrame({"old": list(codes), "new": list(codes), "share": 1.0})
        changes = self.changes
        if since is not None:
            changes = changes[changes["date"] > pd.Timestamp(since)]
        for _, rows in changes.groupby("date", sort=True):
            step = rows[["old", "new", "share"]].rename(
                columns={"old": "new", "new": "later", "share": "part"}
            )
            ends = ends.merge(step, on="new", how="left")
            moved = ends["later"].notna()
            ends["new"] = ends["later"].where(moved, ends["new"])
            ends["share"] *= ends["part"].fillna(1.0)
            ends = ends.groupby(["old", "new"], sort=False)["share"].sum().reset_index()
        return ends

    def apply(
        self, frame: pd.DataFrame, table: str, since: datetime.date | None, notes: list[Fault]
    ) -> tuple[pd.DataFrame, list[Fault]]:
        """Rewrite the municipality codes of a table.

        Counts are divided by the shares and added up; other figures of a unit that was split
        cannot be divided, and are a fault.

        Parameters
        ----------
        frame : DataFrame
            Columns of the dictionary; the index is the row number.
        table : str
            Its name.
        since : date or None
            Date of its codes.
        notes : list of Fault
            Takes one note for each unit that changed.

        Returns
        -------
        DataFrame
            The table with the codes of today; rows keep the index of the first they come from.
        list of Fault
            Rows that cannot be carried over.
        """
        columns = _code_columns(table, frame)
        faults: list[Fault] = []
        for column in columns:
            text = as_text(frame[column])
            ends = self.weights(list(text.dropna().unique()), since)
            changed = ends[ends["old"] != ends["new"]]
            touched = set(changed["old"])
            if not touched:
                continue
            for old, rows in changed.groupby("old", sort=False):
                went = ", ".join(
                    f"{new} ({share:.1%})" if share < 1 else str(new)
                    for new, share in zip(rows["new"], rows["share"], strict=True)
                )
                notes.append(Fault("code_changed", table, None, column, str(old), {"new": went}))
            split = set(ends["old"][ends["old"].duplicated(keep=False)])
            if split and table not in _COUNTS and table not in ("facilities", "settlements"):
                stuck = text.isin(list(split)).to_numpy()
                faults += [
                    Fault("cannot_split", table, int(row) + 2, column, code)
                    for row, code in zip(frame.index[stuck].to_numpy(), text[stuck], strict=True)
                ]
            frame = self._rewrite(frame.assign(**{column: text}), table, column, ends)
        return added_up(frame, table) if columns else frame, faults

    def _rewrite(
        self, frame: pd.DataFrame, table: str, column: str, ends: pd.DataFrame
    ) -> pd.DataFrame:
        rows = frame.assign(_row=frame.index, _at=np.arange(len(frame)))
        if table in ("facilities", "settlements"):
            # A point lies in one of the parts; without a map the largest is the likeliest.
            ends = ends.sort_values("share", ascending=False, kind="stable")
            ends = ends.drop_duplicates("old").assign(share=1.0)
        merged = rows.merge(ends.rename(columns={"old": column}), on=column, how="left")
        merged[column] = merged["new"].where(merged["new"].notna(), merged[column])
        for count in _COUNTS.get(table, ()):
            if count in merged and (merged["share"] != 1).any():
                values = pd.to_numeric(merged[count], errors="coerce")
                merged[count] = values * merged["share"].fillna(1.0)
        merged = merged.sort_values("_at", kind="stable")
        merged.index = pd.Index(merged["_row"].to_numpy())
        return merged.drop(columns=["new", "share", "_row", "_at"])


def _code_columns(table: str, frame: pd.DataFrame) -> list[str]:
    if table in ("municipalities", "boundaries"):
        return ["code"] if "code" in frame else []
    return [
        a.name for a in attributes(table)
        if a.type in ("municipality", "flow_zone") and a.name in frame
    ]  # fmt: skip


def added_up(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Add up the counts of rows that are of one unit.

    Parameters
    ----------
    frame : DataFrame
        Rows of a table of the dictionary, as text or numbers.
    table : str
        Its name.

    Returns
    -------
    DataFrame
        One row a key; what is no count is that of the row with the largest one.
    """
    counts = [c for c in _COUNTS.get(table, ()) if c in frame]
    key = [c for c in KEYS.get(table, ()) if c in frame]
    if not counts or not key or not frame.duplicated(key).any():
        return frame
    numbers = {c: pd.to_numeric(frame[c], errors="coerce") for c in counts}
    frame = frame.assign(**numbers)
    groups = frame.groupby(key, sort=False, dropna=False)
    sums = groups[counts].transform("sum", min_count=1)
    order = (
        numbers[counts[0]]
        .groupby([frame[c] for c in key], dropna=False)
        .rank(method="first", ascending=False)
    )
    return frame.assign(**{c: sums[c] for c in counts})[(order == 1) | order.isna()]


def dissolve(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the polygons of one code.

    Parameters
    ----------
    frame : GeoDataFrame
        With ``code``; the index is the row number.

    Returns
    -------
    GeoDataFrame
        One row a code, under the index of its first row; rows without a code are left alone.
    """
    again = frame["code"].duplicated(keep=False) & frame["code"].notna()
    if not again.any():
        return frame
    several = frame[again]
    first = several.groupby("code", sort=False)["code"].agg(lambda part: part.index[0])
    union = several.dissolve("code", sort=False, as_index=False)
    union.index = pd.Index(first.reindex(union["code"]).to_numpy())
    joined = pd.concat([frame[~again], union[["code", union.geometry.name]]]).sort_index()
    return gpd.GeoDataFrame(joined, geometry=frame.geometry.name, crs=frame.crs)


def read_crosswalk(
    frame: pd.DataFrame,
    columns: dict[str, str],
    day: datetime.date | None,
    until: datetime.date | None,
) -> tuple[Crosswalk, list[Fault]]:
    """Make a crosswalk of a table, checked.

    Parameters
    ----------
    frame : DataFrame
        One row for each part of a unit that went over.
    columns : dict of str to str
        Columns of ``old``, ``new`` and, optionally, ``date`` and ``share``.
    day : date or None
        Day of every change, where there is no column.
    until : date or None
        Later changes are left out.

    Returns
    -------
    Crosswalk
        The changes.
    list of Fault
        Rows without a code or date, shares that do not add up to 1.
    """
    table = "crosswalk"
    faults: list[Fault] = []
    for key, column in columns.items():
        if column not in frame:
            known = ", ".join(map(str, frame.columns))
            faults.append(Fault("no_such_column", table, 1, key, column, {"known": known}))
    if faults:
        return Crosswalk(pd.DataFrame(columns=["old", "new", "date", "share"])), faults
    out = pd.DataFrame({key: as_text(frame[column]) for key, column in columns.items()})
    for key in ("old", "new"):
        for row in out.index[out[key].isna()]:
            faults.append(Fault("missing_value", table, int(row) + 2, columns[key]))
    if "date" in columns:
        dates = pd.to_datetime(out["date"], errors="coerce", format="mixed")
        for row in out.index[dates.isna()]:
            faults.append(
                Fault("bad_date", table, int(row) + 2, columns["date"], str(out.loc[row, "date"]))
            )
    else:
        dates = pd.Series(np.datetime64(day, "ns"), index=out.index)
    share = pd.Series(1.0, index=out.index)
    if "share" in columns:
        share = pd.to_numeric(out["share"].str.replace(",", "."), errors="coerce")
        for row in out.index[share.isna() | (share < 0) | (share > 1)]:
            faults.append(
                Fault("bad_share", table, int(row) + 2, columns["share"],
                      str(out.loc[row, "share"]), {"sum": str(out.loc[row, "share"])})
            )  # fmt: skip
    changes = pd.DataFrame({"old": out["old"], "new": out["new"], "date": dates, "share": share})
    if not faults:
        sums = changes.groupby(["old", "date"], sort=False)["share"].sum().reset_index()
        off = sums[(sums["share"] - 1).abs() > _ROUNDING]
        faults += [
            Fault("bad_share", table, None, columns.get("share", "new"), str(old),
                  {"sum": f"{total:g}"})
            for old, total in zip(off["old"], off["share"], strict=True)
        ]  # fmt: skip
    if until is not None:
        changes = changes[changes["date"] <= pd.Timestamp(until)]
    return Crosswalk(changes.sort_values("date", kind="stable", ignore_index=True)), faults
