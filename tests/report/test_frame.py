"""The sheet of a map: what is moved, and that points move with their land."""

import geopandas as gpd
import numpy as np
import shapely

from gangso.report.frame import lay_out

METRES = "EPSG:5179"


def test_points_move_with_the_island_that_they_are_on() -> None:
    mainland = shapely.box(900_000, 1_600_000, 1_100_000, 1_800_000)
    island = shapely.box(2_400_000, 1_700_000, 2_410_000, 1_710_000)
    ground = gpd.GeoSeries([mainland, island], index=["a", "b"], crs=METRES)
    sheet = lay_out(ground, METRES, lambda _codes, width: (0.05 * width, 0.02 * width))
    assert len(sheet.insets) == 1
    assert sheet.inset_codes == (("b",),)
    assert sheet.width < 500_000  # without the island's distance
    on = np.array([[2_405_000.0, 1_705_000.0], [1_000_000.0, 1_700_000.0]])
    placed = sheet.place(on)
    assert shapely.Point(placed[0]).within(sheet.polygons["b"])
    assert (placed[1] == on[1]).all()


def test_what_is_written_on_one_sheet_is_not_taken_on_the_next() -> None:
    ground = gpd.GeoSeries([shapely.box(0, 0, 100_000, 80_000)], index=["a"], crs=METRES)
    sheets = [lay_out(ground, METRES, lambda _codes, _width: (1.0, 1.0)) for _ in range(2)]
    sheets[0].space.take(sheets[0].bounds)
    assert sheets[0].space.taken.all()
    assert not sheets[1].space.taken.all()
