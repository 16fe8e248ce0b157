"""Stops and times of a public timetable (GTFS)."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from gangso.errors import BadInputError, Fault

__all__ = ["read_stops", "read_timetable"]

# Route types of the GTFS reference, and of its extended list by hundreds, as kinds of hub.
_KINDS = {
    0: "tram_stop", 1: "metro_station", 2: "rail_station", 3: "bus_stop", 4: "ferry_terminal",
    5: "tram_stop", 6: "cable_car", 7: "cable_car", 11: "bus_stop", 12: "rail_station",
}  # fmt: skip
_HUNDREDS = {
    1: 2, 2: 3, 3: 2, 4: 1, 5: 1, 6: 1, 7: 3, 8: 11, 9: 0, 10: 4, 12: 4, 13: 6, 14: 7,
}  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _table(archive: zipfile.ZipFile, name: str, needed: tuple[str, ...]) -> pd.DataFrame:
    found = [entry for entry in archive.namelist() if Path(entry).name == name]
    if not found:
        if not needed:
            return pd.DataFrame()
        raise BadInputError([Fault("gtfs_lacks", "timetable", value=name)])
    with archive.open(found[0]) as file:
        frame = pd.read_csv(file, dtype="str", encoding="utf-8-sig", skipinitialspace=True)
    frame.columns = frame.columns.str.strip()
    lacking = [column for column in needed if column not in frame]
    if lacking:
        raise BadInputError(
            [Fault("gtfs_lacks", "timetable", None, column, f"{name}: {column}")
             for column in lacking]
        )  # fmt: skip
    return frame


def _minutes(text: pd.Series) -> pd.Series:
    """Minutes since midnight; after midnight the hours go on counting (25:10:00)."""
    parts = text.str.strip().str.extract(r"^(\d+):(\d{2}):(\d{2})$").astype(float)
    return parts[0] * 60 + parts[1] + parts[2] / 60


def _days(archive: zipfile.ZipFile) -> pd.Series:
    """Days on which each service runs, as a share of the days of the feed."""
    calendar = _table(archive, "calendar.txt", ())
    dates = _table(archive, "calendar_dates.txt", ())
    days: dict[str, set[pd.Timestamp]] = {}
    for row in calendar.itertuples(index=False):
        span = pd.date_range(
            pd.Timestamp(str(row.start_date)), pd.Timestamp(str(row.end_date)), freq="D"
        )
        runs = np.array([getattr(row, day) == "1" for day in _DAYS])
        days[str(row.service_id)] = set(span[runs[span.day_of_week]])
    for row in dates.itertuples(index=False):
        one = days.setdefault(str(row.service_id), set())
        day = pd.Timestamp(str(row.date))
        if str(row.exception_type) == "1":
            one.add(day)
        else:
            one.discard(day)
    every = set().union(*days.values()) if days else set()
    return pd.Series({key: len(one) / max(len(every), 1) for key, one in days.items()}, dtype=float)


def _visits(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read stations, and every visit of a trip at one of them."""
    try:
        with zipfile.ZipFile(path) as archive:
            stops = _table(archive, "stops.txt", ("stop_id", "stop_name", "stop_lat", "stop_lon"))
            trips = _table(archive, "trips.txt", ("trip_id", "route_id", "service_id"))
            routes = _table(archive, "routes.txt", ("route_id", "route_type"))
            times = _table(
                archive, "stop_times.txt",
                ("trip_id", "stop_id", "stop_sequence", "arrival_time", "departure_time"),
            )  # fmt: skip
            days = _days(archive)
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError, pd.errors.ParserError) as error:
        details = {"message": str(error)}
        raise BadInputError(
            [Fault("unreadable_file", "timetable", None, None, path.name, details)]
        ) from error
    number = pd.to_numeric(routes["route_type"], errors="coerce").fillna(3).astype(int)
    number = number.where(number < 100, (number // 100).map(_HUNDREDS).fillna(3).astype(int))
    routes = routes.assign(kind=number.map(_KINDS).fillna("stop"))
    trips = trips.merge(routes[["route_id", "kind"]], on="route_id", how="left")
    trips["a_day"] = trips["service_id"].map(days).fillna(0.0)
    # Platforms count for the station they belong to.
    parent = stops.get("parent_station", pd.Series(index=stops.index, dtype="str"))
    station = parent.where(parent.notna() & parent.isin(stops["stop_id"]), stops["stop_id"])
    visits = times.merge(trips[["trip_id", "kind", "a_day"]], on="trip_id")
    visits["station"] = visits["stop_id"].map(dict(zip(stops["stop_id"], station, strict=True)))
    visits["order"] = pd.to_numeric(visits["stop_sequence"], errors="coerce")
    return stops, visits.sort_values(["trip_id", "order"], kind="stable", ignore_index=True)


def read_stops(path: Path, *, least: float = 0.0) -> pd.DataFrame:
    """Read the stations of a feed as hubs.

    Parameters
    ----------
    path : Path
        The feed, a zip.
    least : float
        Stations with fewer departures a day are left out.

    Returns
    -------
    DataFrame
        Columns ``id``, ``kind`` (of the route most frequent there), ``name``, ``lon``, ``lat``,
        ``departures`` (a day, mean over the days of the feed); names are unique within a kind.

    Raises
    ------
    BadInputError
        If the archive is no feed.
    """
    stops, visits = _visits(path)
    by_kind = visits.groupby(["station", "kind"])["a_day"].sum().reset_index()
    main = by_kind.sort_values("a_day", kind="stable").drop_duplicates("station", keep="last")
    total = by_kind.groupby("station")["a_day"].sum()
    out = stops.merge(main[["station", "kind"]], left_on="stop_id", right_on="station")
    out = pd.DataFrame(
        {
            "id": out["stop_id"],
            "kind": out["kind"],
            "name": out["stop_name"],
            "lon": pd.to_numeric(out["stop_lon"], errors="coerce"),
            "lat": pd.to_numeric(out["stop_lat"], errors="coerce"),
            "departures": out["stop_id"].map(total).round(2),
        }
    )
    out = out[out["departures"] >= least].reset_index(drop=True)
    again = out.duplicated(["kind", "name"], keep=False)
    out["name"] = out["name"].where(~again, out["name"] + " (" + out["id"] + ")")
    return out


def read_timetable(path: Path) -> pd.DataFrame:
    """Read how long the rides between stations take.

    Parameters
    ----------
    path : Path
        The feed, a zip.

    Returns
    -------
    DataFrame
        Columns ``a``, ``b`` (ids of stations that follow each other on a trip), ``kind``,
        ``minutes`` (mean scheduled ride, weighted by how often it runs), ``departures`` (a day);
        sorted. Rides without times are left out.

    Raises
    ------
    BadInputError
        If the archive is no feed.
    """
    _, visits = _visits(path)
    visits["arrival"] = _minutes(visits["arrival_time"])
    visits["departure"] = _minutes(visits["departure_time"])
    # Between timed stops a feed may leave times out: those stops are passed over.
    timed = visits[visits[["arrival", "departure"]].notna().all(axis=1)]
    after = timed.shift(-1)
    ride = pd.DataFrame(
        {
            "a": timed["station"],
            "b": after["station"],
            "kind": timed["kind"],
            "minutes": after["arrival"] - timed["departure"],
            "departures": timed["a_day"],
        }
    )
    same = (timed["trip_id"] == after["trip_id"]) & (ride["a"] != ride["b"])
    ride = ride[same & (ride["minutes"] >= 0) & (ride["departures"] > 0)]
    ride["weighted"] = ride["minutes"] * ride["departures"]
    sums = ride.groupby(["a", "b", "kind"], as_index=False)[["weighted", "departures"]].sum()
    sums.insert(3, "minutes", (sums["weighted"] / sums["departures"]).round(2))
    return sums.drop(columns="weighted").assign(departures=sums["departures"].round(2))
