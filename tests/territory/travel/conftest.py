"""A small country with a strait: two towns on each side, one bridge, one ferry, one islet."""

from __future__ import annotations

import pandas as pd
import pytest

from gangso.territory import Territory


@pytest.fixture(scope="session")
def strait() -> Territory:
    """West (a, b) and east (c) are parted by 20 km of sea; an islet belongs to b."""
    own = pd.DataFrame(
        {
            "code": ["a", "b", "c"],
            "name": ["A", "B", "C"],
            "population": [120_000, 30_000, 40_000],
        }
    )
    rows = [
        ("a1", "a", 127.00, 36.00, 100_000, 40.0),
        ("a2", "a", 127.08, 36.00, 20_000, 60.0),
        ("b1", "b", 127.00, 36.10, 25_000, 80.0),
        ("b2", "b", 127.09, 36.10, 4_000, 80.0),
        ("b3", "b", 126.75, 36.12, 1_000, 5.0),
        ("c1", "c", 127.40, 36.00, 30_000, 80.0),
        ("c2", "c", 127.40, 36.09, 10_000, 80.0),
    ]
    towns = pd.DataFrame(
        rows, columns=["code", "municipality", "lon", "lat", "population", "area_km2"]
    )
    links = pd.DataFrame(
        {
            "a": ["a", "a", "b"],
            "b": ["b", "c", "c"],
            "link": ["land", "bridge", "ferry"],
            "opened": pd.array([pd.NA, 2010, pd.NA], dtype="Int64"),
        }
    )
    hubs = pd.DataFrame(
        {"kind": ["station", "station"], "name": ["old", "new"], "lon": [127.4, 127.0],
         "lat": [36.0, 36.1], "opened": [2000, 2015]}
    )  # fmt: skip
    tables = {"municipalities": own, "settlements": towns, "contiguity": links, "hubs": hubs}
    return Territory.from_tables(tables, {"languages": ["en"], "metric_crs": "EPSG:5179"})
