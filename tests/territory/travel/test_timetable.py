"""Scheduled rides: waits from frequencies, changes, and only where they are quicker."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gangso.errors import MissingTableError
from gangso.scenario import TravelOptions
from gangso.territory import Territory
from gangso.territory.travel import municipality_minutes, travel_network

RIDES = [
    ("A", "B", 10.0, 48.0), ("B", "A", 10.0, 48.0), ("B", "C", 12.0, 24.0), ("C", "B", 12.0, 24.0),
]  # fmt: skip


def line(rides: list[tuple[str, str, float, float]] | None) -> Territory:
    """Three places 0.3 degrees apart, each with a station at its very point."""
    codes = list("abc")
    own = pd.DataFrame({"code": codes, "name": codes, "population": [1000.0] * 3,
                        "lon": [9.0, 9.3, 9.6], "lat": 45.0})  # fmt: skip
    shapes = [shapely.box(8.85 + 0.3 * i, 44.9, 9.15 + 0.3 * i, 45.1) for i in range(3)]
    tables = {
        "municipalities": own,
        "boundaries": gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs="EPSG:4326"),
        "hubs": pd.DataFrame({"kind": "rail_station", "name": list("ABC"),
                              "lon": own["lon"], "lat": 45.0}),
    }  # fmt: skip
    if rides is not None:
        columns = ["a", "b", "minutes", "departures"]
        tables["timetable"] = pd.DataFrame(rides, columns=columns).assign(kind="rail_station")
    return Territory.from_tables(tables)


def minutes(territory: Territory, **options: object) -> pd.DataFrame:
    asked = TravelOptions.model_validate(options)
    network = travel_network(territory, asked)
    found = municipality_minutes(network, territory, limit_min=float("inf")).toarray()
    return pd.DataFrame(found, index=list("abc"), columns=list("abc"))


def test_a_ride_its_wait_and_a_change() -> None:
    territory = line(RIDES)
    by_road = minutes(territory)
    found = minutes(territory, use_timetable=True)
    # 48 departures in 16 hours: every 20 minutes, a wait of 10; 24: every 40, a wait of 20.
    assert found.loc["a", "b"] == pytest.approx(10 + 10)
    assert found.loc["b", "c"] == pytest.approx(min(20 + 12, by_road.loc["b", "c"]))
    # Going on costs what the rarer ride makes one wait longer.
    assert found.loc["a", "c"] == pytest.approx(10 + 10 + 10 + 12)
    assert found.loc["a", "c"] < by_road.loc["a", "c"]
    # Coming from the rarer ride, the next one waits.
    assert found.loc["c", "a"] == pytest.approx(20 + 12 + 10)
    assert (found.to_numpy() <= by_road.to_numpy() + 1e-9).all()


def test_the_wait_has_an_end_and_slow_rides_are_not_taken() -> None:
    rare = line([("A", "B", 1.0, 2.0)])
    assert minutes(rare, use_timetable=True, longest_wait_min=5).loc["a", "b"] == pytest.approx(6)
    slow = line([("A", "B", 500.0, 500.0)])
    assert minutes(slow, use_timetable=True).equals(minutes(slow))
    nothing = line([("A", "B", 1.0, 0.0)])
    assert minutes(nothing, use_timetable=True).equals(minutes(nothing))


def test_the_assumption_is_told_and_a_missing_timetable_too() -> None:
    network = travel_network(line(RIDES), TravelOptions(use_timetable=True))
    assert any("scheduled rides" in text for text in network.assumptions["en"])
    assert any("시간표" in text for text in network.assumptions["ko"])
    with pytest.raises(MissingTableError):
        travel_network(line(None), TravelOptions(use_timetable=True))
