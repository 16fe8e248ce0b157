"""Random tiny countries and random questions about them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from gangso.territory import Territory

METADATA = {"languages": ["en"], "reference_year": 2020, "metric_crs": "EPSG:3035"}


def code_of(unit: int) -> str:
    """Code of a municipality."""
    return f"m{unit:02d}"


def country(n: int, links: list[tuple[int, int]], seed: int, *, roads: bool = False) -> Territory:
    """A country of n municipalities with drawn points, residents, provinces, trips.

    With roads, one of whole minutes along every link, and hubs where their municipality is.
    """
    rng = np.random.default_rng(seed)
    codes = [code_of(unit) for unit in range(n)]
    municipalities = pd.DataFrame(
        {
            "code": codes,
            "name": [f"Place {unit}" for unit in range(n)],
            "province": [f"p{number}" for number in rng.integers(0, 3, n)],
            "area_km2": 10.0,
            "population": rng.integers(1, 40, n) * 10_000,
            "lon": 10 + rng.random(n),
            "lat": 50 + rng.random(n),
        }
    )
    pairs = list(itertools.permutations(codes, 2))
    trips = pd.DataFrame(pairs, columns=["origin", "destination"]).assign(
        kind="trips", amount=rng.integers(0, 50, len(pairs)).astype(float)
    )
    hubs = pd.DataFrame(
        {
            "kind": ["station"] * 2,
            "name": ["North", "South"],
            "municipalities": [codes[unit] for unit in rng.integers(0, n, 2)],
            "lon": 10 + rng.random(2),
            "lat": 50 + rng.random(2),
        }
    )
    contiguity = pd.DataFrame(
        [(codes[a], codes[b], "land") for a, b in links], columns=["a", "b", "link"]
    )
    tables = {"municipalities": municipalities, "contiguity": contiguity, "hubs": hubs}
    if roads:
        place = municipalities.set_index("code").loc[hubs["municipalities"], ["lon", "lat"]]
        hubs[["lon", "lat"]] = place.to_numpy()
        nodes = municipalities[["code", "lon", "lat"]].rename(columns={"code": "id"})
        ways = contiguity[["a", "b"]].assign(minutes=rng.integers(5, 60, len(links)).astype(float))
        tables |= {"road_nodes": nodes, "road_links": ways}
    return Territory.from_tables({**tables, "flows": trips}, METADATA)


@st.composite
def countries(draw: st.DrawFn, largest: int = 8, *, roads: bool = False) -> Territory:
    """Countries of two to eight municipalities, connected or not."""
    n = draw(st.integers(2, largest))
    pairs = list(itertools.combinations(range(n), 2))
    links = draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True))
    return country(n, links, draw(st.integers(0, 2**32)), roads=roads)


@st.composite
def questions(draw: st.DrawFn, n: int, *, roads: bool = False) -> dict[str, Any]:
    """Options with any of the requirements switched on, contradictory ones too.

    Those that read travel minutes only where there are roads.
    """
    maybe = st.booleans()
    asked: dict[str, Any] = {"max_size": draw(st.integers(1, 5))}
    unit = st.integers(0, n - 1).map(code_of)
    if draw(maybe):
        asked["min_size"] = draw(st.integers(1, min(2, asked["max_size"])))
    if draw(maybe):
        asked["min_population"] = draw(st.integers(0, 50)) * 10_000
    if draw(maybe):
        low = asked.get("min_population", 0)
        asked["max_population"] = max(low, draw(st.integers(1, 100)) * 10_000)
    if draw(maybe):
        asked["max_span_km"] = draw(st.floats(20, 150))
    if draw(maybe):
        asked["do_not_cross"] = "province"
    low, high = sorted(draw(st.tuples(st.integers(0, 4), st.integers(0, 4))))
    if draw(maybe):
        asked["min_alliances"] = low
    if draw(maybe):
        asked["max_alliances"] = high
    if draw(maybe):
        asked["stand_alone"] = draw(st.lists(unit, max_size=2, unique=True))
    pair = st.lists(unit, min_size=2, max_size=2, unique=True)
    for key in ("must_link", "cannot_link"):
        if draw(maybe):
            asked[key] = draw(st.lists(pair, max_size=2))
    if draw(maybe):
        group = st.lists(unit, min_size=2, max_size=min(3, n), unique=True)
        asked["fixed"] = draw(st.lists(group, max_size=1))
    # Minutes of roads are whole: no limit lies on one.
    limit = st.integers(4, 120).map(lambda minutes: minutes + 0.5)
    if roads and draw(maybe):
        asked["max_span_min"] = draw(limit)
    if roads and draw(maybe):
        asked["hub_required"] = [{"kind": "station", "within_min": draw(st.none() | limit)}]
    return asked
