import json

import numpy as np
import pytest
import shapely

from gangso.territory.model import Territory
from gangso.workbench.pages.geometry import borders, outlines, shapes_json, simple_shapes


def test_borders_of_two_squares_and_an_island() -> None:
    shapes = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), None], dtype=object)
    found = {(a, b): lines for a, b, lines in borders(shapes)}
    assert set(found) == {(0, 1), (0, -1), (1, -1)} or set(found) == {(0, 1), (0, -1), (-1, 1)}
    (shared,) = found[0, 1]
    assert sorted(shared.tolist()) == [[1.0, 0.0], [1.0, 1.0]]
    coast = list(found[0, -1])
    assert sum(shapely.LineString(line).length for line in coast) == 3.0


@pytest.fixture(scope="module")
def simple(korea: Territory) -> np.ndarray:
    return simple_shapes(korea)


def test_neighbours_stay_neighbours_without_gaps(korea: Territory, simple: np.ndarray) -> None:
    assert len(simple) == len(korea.municipalities)
    assert shapely.coverage_is_valid(simple)
    whole = korea.boundaries.to_crs(korea.metadata.metric_crs)
    area = whole.area.to_numpy()
    assert np.abs(shapely.area(simple) / area - 1).max() < 0.2
    assert abs(shapely.area(simple).sum() / area.sum() - 1) < 0.005


def test_every_border_lies_between_its_two(simple: np.ndarray) -> None:
    found = borders(simple)
    length = {-1: 0.0}
    for a, b, lines in found:
        assert a >= 0
        for line in lines:
            drawn = shapely.LineString(line).length
            length[a] = length.get(a, 0.0) + drawn
            length[b] = length.get(b, 0.0) + drawn
    for unit, shape in enumerate(simple):
        assert length[unit] == pytest.approx(shape.length, rel=1e-9)


def test_the_map_is_small_and_complete(korea: Territory) -> None:
    sent = shapes_json(korea)
    assert len(sent) < 400_000
    content = json.loads(sent)
    assert content["codes"] == list(korea.municipalities.index)
    for polygons, (lat, lon, room) in zip(content["units"], content["spots"], strict=True):
        inside = [
            shapely.Polygon([(x, y) for y, x in rings[0]])
            .buffer(1e-3)
            .contains(shapely.Point(lon, lat))
            for rings in polygons
        ]
        assert any(inside)
        assert room > 0


def test_small_outlines_have_a_path_each(korea: Territory) -> None:
    box, paths = outlines(korea)
    assert box.split()[3] == "600"
    assert len(paths) == len(korea.municipalities)
    assert all(path.startswith("M") and path.endswith("Z") for path in paths)
    assert sum(map(len, paths)) < 150_000
