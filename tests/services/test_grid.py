"""Access on a grid: tiles give what the whole gives, on every engine."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gangso.engine import open_engine
from gangso.errors import BadInputError
from gangso.scenario import Decay
from gangso.services.grid import GridCatchment, grid_access
from gangso.territory.tiles import cut_tiles
from gangso.territory.travel import Network, build_network, nearest_minutes

CRS = "EPSG:6933"


def network() -> Network:
    """Crossings 2 km apart, joined along rows and columns."""
    row, column = np.divmod(np.arange(100), 10)
    right = np.flatnonzero(column < 9)
    up = np.flatnonzero(row < 9)
    links = pd.DataFrame(
        {
            "a": np.concatenate([right, up]),
            "b": np.concatenate([right + 1, up + 10]),
            "minutes": 3.0,
            "km": 2.0,
            "kind": "road",
            "oneway": False,
        }
    )
    points = gpd.GeoSeries(shapely.points(column * 2000.0, row * 2000.0), crs=CRS)
    points = points.to_crs("EPSG:4326")
    return build_network(
        points.x.to_numpy(), points.y.to_numpy(), np.full(100, 5.0), links, estimated=False,
        assumptions={}, metric_crs=CRS, farthest_access_km=1.5,
    )  # fmt: skip


def cells(path: Path, count: int = 3_000) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(3)
    middles = shapely.points(rng.uniform(-3_000, 20_000, (count, 2)))
    frame = gpd.GeoDataFrame(
        {"population": rng.poisson(4, count).astype(float)}, geometry=middles, crs=CRS
    )
    frame.to_parquet(path)
    return frame.to_crs("EPSG:4326")


def read(folder: Path) -> pd.DataFrame:
    """All cells of all tiles, in the order of their places."""
    table = pd.concat([gpd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))])
    table = table.assign(x=table.geometry.x, y=table.geometry.y).drop(columns="geometry")
    return table.sort_values(["x", "y"], ignore_index=True)


def test_tiles_give_what_the_whole_gives(tmp_path: Path) -> None:
    roads, points = network(), cells(tmp_path / "cells.parquet")
    sites = roads.locate(*roads_places(roads, [12, 77, 78]))
    (tmp_path / "cut").mkdir()
    tiles = cut_tiles(tmp_path / "cells.parquet", tmp_path / "cut", 5.0, CRS)
    assert len(tiles) > 10
    with open_engine("serial") as engine:
        found = grid_access(roads, sites, tiles, tmp_path / "out", 15.0, engine)
    table = read(tmp_path / "out")
    assert len(table) == len(points) == found.tiles["cells"].sum()
    places = roads.locate(table["x"], table["y"])
    minutes, which = nearest_minutes(roads, sites, places)
    assert np.allclose(table["minutes"], minutes, rtol=0, atol=1e-9, equal_nan=True)
    off = places.node < 0
    assert 0 < off.sum() < len(points)
    assert np.array_equal(np.isinf(table["minutes"]), off)
    assert (table.loc[off, "facility"] == -1).all()
    assert np.array_equal(table["facility"], which)
    people = table["population"].to_numpy()
    assert found.tiles["population_within"].sum() == people[minutes <= 15].sum()
    assert found.tiles["population_reached"].sum() == people[~off].sum()


def roads_places(roads: Network, nodes: list[int]) -> tuple[np.ndarray, np.ndarray]:
    return roads.lon[nodes] + 0.001, roads.lat[nodes]


def test_every_engine_writes_the_same_bytes(tmp_path: Path) -> None:
    roads = network()
    cells(tmp_path / "cells.parquet", 500)
    sites = roads.locate(*roads_places(roads, [0, 99]))
    (tmp_path / "cut").mkdir()
    tiles = cut_tiles(tmp_path / "cells.parquet", tmp_path / "cut", 10.0, CRS)
    shared = GridCatchment(sites, np.array([3.0, 5.0]), 25.0, Decay(kind="steps"))
    written, told = [], []
    for where in ("serial", "processes:2"):
        with open_engine(where) as engine:
            found = grid_access(
                roads, sites, tiles, tmp_path / where, 15.0, engine, catchment=shared,
                progress=lambda done, total: told.append((done, total)),
            )  # fmt: skip
        written.append([(tmp_path / where / tile.name).read_bytes() for tile in tiles])
        assert {path.name for path in (tmp_path / where).iterdir()} == {t.name for t in tiles}
        assert 0 < found.tiles["population_sharing"].sum() < found.tiles["population"].sum()
    assert written[0] == written[1]
    assert told == 2 * [(done, 2 * len(tiles)) for done in range(1, 2 * len(tiles) + 1)]


def test_a_bad_grid_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    path.write_bytes(b"no table")
    with pytest.raises(BadInputError) as unreadable:
        cut_tiles(path, tmp_path, 5.0, CRS)
    assert unreadable.value.faults[0].kind == "unreadable_file"
    pd.DataFrame({"lon": [1.0], "lat": [2.0], "population": [-1.0]}).to_parquet(path)
    with pytest.raises(BadInputError) as negative:
        cut_tiles(path, tmp_path, 5.0, CRS)
    assert (negative.value.faults[0].kind, negative.value.faults[0].row) == ("negative", 1)
    pd.DataFrame({"x": [1.0]}).to_parquet(path)
    with pytest.raises(BadInputError) as missing:
        cut_tiles(path, tmp_path, 5.0, CRS)
    assert [fault.column for fault in missing.value.faults] == ["lon", "lat"]
