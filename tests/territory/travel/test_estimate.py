"""The estimated network: what it joins, what it does not, and what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gangso import korea
from gangso.errors import BadInputError
from gangso.scenario import MainRoads, SpeedClass, TravelOptions
from gangso.territory import Territory
from gangso.territory.travel import (
    Network,
    estimate_network,
    hub_minutes,
    minutes_matrix,
    municipality_minutes,
)
from gangso.territory.travel.proximity import neighbours, prune

PLAIN = TravelOptions(
    detour=1.5,
    speeds=(SpeedClass(at_least=0, kmh=60),),
    main_roads=(),
    bridge_kmh=60,
    ferry_kmh=30,
    ferry_wait_min=20,
)


def kinds(network: Network) -> dict[tuple[str, str], str]:
    """Kind of every link between two settlements, by their codes."""
    at = dict(zip(network.settlements.node, network.codes, strict=True))
    return {
        (min(at[a], at[b]), max(at[a], at[b])): kind
        for a, b, kind in network.links[["a", "b", "kind"]].itertuples(index=False)
    }


def test_roads_stay_on_land(strait: Territory) -> None:
    found = kinds(estimate_network(strait, PLAIN))
    assert found[("a1", "a2")] == "road"
    assert found[("a1", "b1")] == "road"
    assert found[("a2", "c1")] == "bridge"
    assert found[("b2", "c2")] == "ferry"
    assert found[("b1", "b3")] == "local_ferry"
    sea = {
        pair for pair, kind in found.items() if kind == "road" and {pair[0][0], pair[1][0]} & {"c"}
    }
    assert sea == {("c1", "c2")}


def test_links_that_opened_later_are_left_out(strait: Territory) -> None:
    found = kinds(estimate_network(strait, PLAIN, year=2005))
    assert "bridge" not in found.values()
    assert "ferry" in found.values()


def test_minutes_are_length_over_speed(strait: Territory) -> None:
    network = estimate_network(strait, PLAIN)
    own = network.at(["a1", "a2"])
    minutes = minutes_matrix(network, own, own, 600).toarray()
    # 0.08 degrees of longitude at 36 degrees north: 7.21 km, by 1.5, at a kilometre a minute.
    assert minutes[0, 1] == pytest.approx(7.21 * 1.5, rel=0.01)
    islet = network.at(["b1", "b3"])
    boat = minutes_matrix(network, islet, islet, 600).toarray()
    assert boat[0, 1] == pytest.approx(20 + 2 * 22.6, rel=0.01)  # 22.6 km at 30 km/h


def test_main_roads_serve_only_places_large_enough(strait: Territory) -> None:
    road = MainRoads(key="fast", places_over=25_000, kmh=100, detour=1.0)
    fast = PLAIN.model_copy(update={"main_roads": (road,)})
    slow = municipality_minutes(estimate_network(strait, PLAIN), strait).toarray()
    quick = municipality_minutes(estimate_network(strait, fast), strait).toarray()
    assert (quick <= slow + 1e-9).all()
    assert quick[0, 1] < slow[0, 1]
    none = PLAIN.model_copy(update={"main_roads": (road.model_copy(update={"places_over": 1e9}),)})
    same = municipality_minutes(estimate_network(strait, none), strait).toarray()
    np.testing.assert_array_equal(same, slow)


def test_hubs_by_year(strait: Territory) -> None:
    network = estimate_network(strait, PLAIN)
    now = hub_minutes(network, strait, "station")
    assert now["hub"].tolist() == ["new", "new", "old"]
    before = hub_minutes(network, strait, "station", year=2010)
    assert set(before["hub"]) == {"old"}
    with pytest.raises(BadInputError, match="station"):
        hub_minutes(network, strait, "harbour")


def test_says_that_it_is_estimated(strait: Territory) -> None:
    network = estimate_network(strait, PLAIN)
    assert network.estimated
    assert "estimated" in network.assumptions["en"][0]
    assert "추정" in network.assumptions["ko"][0]
    assert any("1.5" in line for line in network.assumptions["en"])


def test_settlements_that_do_not_cover_the_land_draw_no_coast(strait: Territory) -> None:
    assert strait.settlements is not None
    tiny = replace(
        strait,
        settlements=strait.settlements.assign(area_km2=0.5),
        municipalities=strait.municipalities.assign(area_km2=200.0),
    )
    network = estimate_network(tiny, PLAIN)
    found = kinds(network)
    assert found[("a1", "b1")] == "road"
    assert found[("b1", "b3")] == "road"  # nothing says that there is water
    assert any("do not cover the land" in line for line in network.assumptions["en"])


def test_no_settlements_and_one_municipality() -> None:
    own = pd.DataFrame(
        {"code": ["a"], "name": ["A"], "population": [10.0], "lon": [127.0], "lat": [36.0],
         "area_km2": [10.0]}
    )  # fmt: skip
    alone = Territory.from_tables({"municipalities": own}, {"languages": ["en"]})
    network = estimate_network(alone)
    assert municipality_minutes(network, alone).toarray().tolist() == [[0.0]]


POINTS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(2, 40), st.just(2)),
    elements=st.integers(0, 50).map(float),
)


@given(POINTS)
@settings(max_examples=60, deadline=None)
def test_pruning_keeps_together_what_was_together(points: np.ndarray) -> None:
    xy = np.unique(points, axis=0)
    pairs = neighbours(xy)
    kept = pairs[prune(xy, pairs)]

    def pieces(edges: np.ndarray) -> int:
        graph = csr_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(xy),) * 2)
        return int(connected_components(graph, directed=False)[0])

    assert pieces(pairs) == 1
    assert pieces(kept) == 1


def test_pruning_is_the_gabriel_graph() -> None:
    xy = np.random.default_rng(3).random((200, 2))
    pairs = neighbours(xy)
    kept = {tuple(pair) for pair in pairs[prune(xy, pairs)].tolist()}
    gabriel = set()
    for a in range(len(xy)):
        for b in range(a + 1, len(xy)):
            middle, radius = (xy[a] + xy[b]) / 2, np.hypot(*(xy[a] - xy[b])) / 2
            inside = np.hypot(*(xy - middle).T) < radius - 1e-12
            if not inside.any():
                gabriel.add((a, b))
    assert kept == gabriel


@pytest.fixture(scope="module")
def country() -> tuple[Territory, Network]:
    territory = korea()
    return territory, estimate_network(territory)


def test_korea_is_one_piece_and_repeats(country: tuple[Territory, Network]) -> None:
    territory, network = country
    minutes = municipality_minutes(network, territory, limit_min=np.inf).toarray()
    assert np.isfinite(minutes).all()
    np.testing.assert_allclose(minutes, minutes.T, rtol=1e-12)
    again = estimate_network(territory)
    assert again.links.equals(network.links)


def test_korea_is_plausible(country: tuple[Territory, Network]) -> None:
    """Against driving times without congestion that are general knowledge (minutes)."""
    territory, network = country
    known = {
        ("11020", "21050"): 280,  # Seoul – Busan
        ("11020", "32030"): 165,  # Seoul – Gangneung
        ("11020", "32010"): 85,  # Seoul – Chuncheon
        ("36010", "24050"): 65,  # Mokpo – Gwangju
        ("37040", "22060"): 85,  # Andong – Daegu
        ("37010", "22060"): 75,  # Pohang – Daegu
        ("33020", "33030"): 40,  # Chungju – Jecheon
        ("36460", "36400"): 50,  # Wando – Haenam, over a bridge
    }
    codes = sorted({code for pair in known for code in pair})
    found = municipality_minutes(network, territory, codes, np.inf).toarray()
    ratio = [found[codes.index(a), codes.index(b)] / known[a, b] for a, b in known]
    assert 0.9 < np.median(ratio) < 1.2
    assert min(ratio) > 0.7
    assert max(ratio) < 1.5


def test_korea_over_official_boundaries_agrees(country: tuple[Territory, Network]) -> None:
    """The drawn coast changes little against the official one."""
    path = Path(__file__).parents[4] / "shared" / "data" / "korea" / "municipalities.geojson"
    if not path.exists():
        pytest.skip(f"LOUD: {path} is not there; the coast is not compared")
    territory, network = country
    shapes = gpd.read_file(path).to_crs("EPSG:4326")
    official = shapes.set_index(shapes["code"].astype(str)).geometry.sort_index()
    other = estimate_network(replace(territory, listed_boundaries=official))
    a = municipality_minutes(network, territory, limit_min=np.inf).toarray()
    b = municipality_minutes(other, territory, limit_min=np.inf).toarray()
    near = (a > 0) & (a < 120)
    assert np.median(np.abs(a - b)[near]) < 1.0
