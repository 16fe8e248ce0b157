"""Shared capacity on a grid: tiles give what the plain function gives on the whole."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from gangso.engine import open_engine
from gangso.scenario import Decay
from gangso.services import decay_weights, e2sfca, grid_floating
from gangso.services.grid import GridAccess, GridCatchment, grid_access
from gangso.territory.tiles import cut_tiles
from gangso.territory.travel import Network, minutes_matrix
from tests.services.test_grid import CRS, cells, network, read

LIMIT = 22.0


def catchment(roads: Network, kind: str, count: int = 12) -> GridCatchment:
    """Facilities beside some nodes, two at one of them, one that nobody reaches."""
    rng = np.random.default_rng(5)
    node = np.concatenate([[44, 44], rng.choice(100, count - 2, replace=False)])
    lon, lat = roads.lon[node] + rng.uniform(0, 0.01, count), roads.lat[node]
    lon[-1] += 5.0
    decay = Decay(kind=kind, beta=0.1)
    return GridCatchment(roads.locate(lon, lat), rng.uniform(1, 9, count), LIMIT, decay)


def one_way(roads: Network) -> Network:
    """The same crossings, where rows lead to the right only and columns up only but for a few."""
    ways = roads.links["a"].to_numpy() % 3 > 0
    return replace(roads, links=roads.links.assign(oneway=ways))


def measured(roads: Network, shared: GridCatchment, folder: Path, tile_km: float) -> GridAccess:
    cut = folder / f"cut{tile_km}"
    cut.mkdir()
    tiles = cut_tiles(folder / "cells.parquet", cut, tile_km, CRS)
    with open_engine() as engine:
        return grid_access(
            roads, shared.facilities, tiles, folder / f"out{tile_km}", 15.0, engine,
            catchment=shared,
        )  # fmt: skip


@pytest.mark.parametrize(("kind", "directed"), [("gaussian", True), ("binary", False)])
def test_tiles_share_capacity_as_the_whole_does(
    kind: str, directed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid_floating, "_PAIRS_AT_ONCE", 150)  # a tile takes several rounds
    roads = one_way(network()) if directed else network()
    cells(tmp_path / "cells.parquet", 1_500)
    shared = catchment(roads, kind)
    found = {km: measured(roads, shared, tmp_path, km) for km in (6.0, 100.0)}
    assert [len(one.tiles) for one in found.values()][-1] <= 4 < 10 < len(found[6.0].tiles)
    tables = {km: read(tmp_path / f"out{km}") for km in found}
    table = tables[6.0]

    places = roads.locate(table["x"], table["y"])
    near = minutes_matrix(roads, places, shared.facilities, LIMIT)
    weights = decay_weights(near.data, LIMIT, shared.decay)
    access, ratio = e2sfca(
        sp.csr_array((weights, near.indices, near.indptr), shape=near.shape),
        table["population"].to_numpy(), shared.capacity,
    )  # fmt: skip
    assert (access > 0).sum() > 500
    assert (access == 0).sum() > 100
    for km, one in found.items():  # no border shows
        np.testing.assert_allclose(tables[km]["access"], access, rtol=1e-11, atol=0)
        assert one.ratio is not None
        np.testing.assert_allclose(one.ratio, ratio, rtol=1e-11, atol=0)
    assert ratio[-1] == 0.0
    sums = found[6.0].tiles.sum()
    people = table["population"].to_numpy()
    assert sums["population_sharing"] == people[access > 0].sum()
    # Nothing is lost: what people have between them is what the facilities have.
    assert sums["capacity_reached"] == pytest.approx(shared.capacity[ratio > 0].sum())


def test_the_nearest_facility_is_not_changed_by_sharing(tmp_path: Path) -> None:
    roads = network()
    cells(tmp_path / "cells.parquet", 500)
    shared = catchment(roads, "gaussian")
    found = measured(roads, shared, tmp_path, 10.0)
    tiles = sorted((tmp_path / "cut10.0").glob("*[0-9].parquet"))
    with open_engine() as engine:
        plain = grid_access(roads, shared.facilities, tiles, tmp_path / "plain", 15.0, engine)
    assert plain.ratio is None
    assert found.tiles[plain.tiles.columns].equals(plain.tiles)
    both = read(tmp_path / "out10.0")
    assert both.drop(columns="access").equals(read(tmp_path / "plain"))


def test_cells_off_every_road_share_nothing(tmp_path: Path) -> None:
    roads = replace(network(), farthest_access_km=0.001)
    cells(tmp_path / "cells.parquet", 50)
    found = measured(roads, catchment(roads, "binary"), tmp_path, 8.0)
    assert (read(tmp_path / "out8.0")["access"] == 0).all()
    assert found.ratio is not None
    assert (found.ratio == 0).all()
