"""The sheet of a map: what it shows, at which scale, and where far islands are moved to.

Islands that would shrink everything else are moved near, at the same scale, into a box with
their name. Which ones, and where to, follows from the polygons alone.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import blake2b

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.ndimage import binary_dilation, label

__all__ = ["Box", "Frame", "FreeSpace", "lay_out"]

Box = tuple[float, float, float, float]
Floats = npt.NDArray[np.float64]

_JOIN = 0.04  # islands within this share of the diagonal belong together
_GAIN = 0.06  # a group is moved if the sheet shrinks by this share without it
_MOST_AREA = 0.10  # ... unless it is this share of the land
_MOST_MOVED = 6
_CELLS = 260  # of the raster in which free room is looked for, along the longer side


@dataclass(frozen=True, eq=False)
class Frame:
    """A sheet in map units (metres).

    Attributes
    ----------
    polygons : Series of geometry
        By code: simplified and, where needed, moved.
    bounds : tuple of float
        Left, bottom, right, top.
    insets : tuple of tuple
        Box around each group of moved islands.
    space : FreeSpace
        Where there is room left.
    parts : ndarray of geometry, shape (p,)
        Pieces of land where they are.
    shifts : ndarray of float, shape (p, 2)
        How far each was moved.
    """

    polygons: pd.Series
    bounds: Box
    insets: tuple[Box, ...]
    inset_codes: tuple[tuple[str, ...], ...]
    space: FreeSpace
    parts: npt.NDArray[np.object_]
    shifts: Floats

    def place(self, xy: Floats) -> Floats:
        """Return where points stand on the sheet: moved with the land that they are on.

        Parameters
        ----------
        xy : ndarray of float, shape (n, 2)
            In map units, as on the ground.

        Returns
        -------
        ndarray of float, shape (n, 2)
            On the sheet.
        """
        nearest = shapely.STRtree(self.parts).nearest(shapely.points(xy))
        return xy + self.shifts[nearest]

    @property
    def width(self) -> float:
        """Width in map units."""
        return self.bounds[2] - self.bounds[0]

    @property
    def height(self) -> float:
        """Height in map units."""
        return self.bounds[3] - self.bounds[1]


class FreeSpace:
    """A raster of what is taken on the sheet."""

    def __init__(self, bounds: Box, polygons: npt.NDArray[np.object_]) -> None:
        self.bounds = bounds
        left, bottom, right, top = bounds
        self.cell = max(right - left, top - bottom) / _CELLS
        columns = max(1, int(np.ceil((right - left) / self.cell)))
        rows = max(1, int(np.ceil((top - bottom) / self.cell)))
        x, y = np.meshgrid(
            left + (np.arange(columns) + 0.5) * self.cell,
            bottom + (np.arange(rows) + 0.5) * self.cell,
        )
        points = shapely.points(x.ravel(), y.ravel())
        # Half a cell's diagonal, so that a cell counts as taken if land touches it at all.
        near = 0.71 * self.cell
        hits = shapely.STRtree(polygons).query(points, predicate="dwithin", distance=near)[0]
        taken = np.zeros(rows * columns, dtype=np.int64)
        taken[hits] = 1
        self.taken: npt.NDArray[np.int64] = taken.reshape((rows, columns))

    def __copy__(self) -> FreeSpace:
        """Return a raster of its own, on which boxes can be taken."""
        other = object.__new__(FreeSpace)
        other.bounds, other.cell, other.taken = self.bounds, self.cell, self.taken.copy()
        return other

    def take(self, box: Box) -> None:
        """Mark a box as taken."""
        left, bottom, _right, _top = self.bounds
        low = np.floor(((box[0] - left) / self.cell, (box[1] - bottom) / self.cell)).astype(int)
        high = np.ceil(((box[2] - left) / self.cell, (box[3] - bottom) / self.cell)).astype(int)
        low = np.maximum(low, 0)
        self.taken[low[1] : high[1], low[0] : high[0]] = 1

    def find(self, width: float, height: float, near: tuple[float, float]) -> Box | None:
        """Find the free box of this size whose centre is nearest to a point."""
        rows, columns = self.taken.shape
        across = int(np.ceil(width / self.cell))
        up = int(np.ceil(height / self.cell))
        if across > columns or up > rows:
            return None
        sums = np.zeros((rows + 1, columns + 1), dtype=np.int64)
        sums[1:, 1:] = self.taken.cumsum(axis=0).cumsum(axis=1)
        used = sums[up:, across:] - sums[:-up, across:] - sums[up:, :-across] + sums[:-up, :-across]
        r, c = np.nonzero(used == 0)
        if not len(r):
            return None
        x = self.bounds[0] + c * self.cell
        y = self.bounds[1] + r * self.cell
        best = int(np.argmin(np.hypot(x + width / 2 - near[0], y + height / 2 - near[1])))
        return float(x[best]), float(y[best]), float(x[best] + width), float(y[best] + height)


def _union(bounds: Floats) -> Box:
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _groups(parts: npt.NDArray[np.object_], near: float) -> npt.NDArray[np.int64]:
    """Number the parts by the group of land and islands they belong to.

    Counted on a grid, on which parts up to about ``near`` apart run together: exact
    distances between thousands of polygons would take minutes and show nothing else.
    """
    cell = near / 4.0
    xy, owner = shapely.get_coordinates(shapely.segmentize(parts, cell), return_index=True)
    column, row = ((xy - xy.min(axis=0)) // cell).astype(np.int64).T + 1
    taken = np.zeros((row.max() + 2, column.max() + 2), dtype=bool)
    taken[row, column] = True
    around = np.ones((3, 3), dtype=bool)
    labels, _ = label(binary_dilation(taken, around), around)
    first = np.searchsorted(owner, np.arange(len(parts)))
    return (labels[row[first], column[first]] - 1).astype(np.int64)  # type: ignore[no-any-return]


def _far(bounds: Floats, area: Floats) -> list[int]:
    """Groups without which the sheet shrinks the most, the most harmful first."""
    kept = np.ones(len(bounds), dtype=bool)
    far: list[int] = []
    while len(far) < _MOST_MOVED and kept.sum() > 1:
        whole = _area(_union(bounds[kept]))
        gains = np.full(len(bounds), -1.0)
        for number in np.flatnonzero(kept):
            if area[number] < _MOST_AREA * area.sum():
                rest = kept.copy()
                rest[number] = False
                gains[number] = 1.0 - _area(_union(bounds[rest])) / whole
        worst = int(np.argmax(gains))
        if gains[worst] < _GAIN:
            break
        kept[worst] = False
        far.append(worst)
    return far


@dataclass(frozen=True)
class _Content:
    """Polygons that are the same if their bytes are: several maps show the same ground."""

    digest: bytes
    metric_crs: str
    polygons: gpd.GeoSeries = field(compare=False, repr=False)


@dataclass(frozen=True, eq=False)
class _Ground:
    """What of a sheet follows from the polygons alone, whatever is written on it."""

    codes: npt.NDArray[np.str_]
    parts: npt.NDArray[np.object_]
    owner: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]
    bounds: Floats
    area: Floats
    far: list[int]
    still: npt.NDArray[np.bool_]
    pad: float
    sheet: Box
    space: FreeSpace


@lru_cache(maxsize=6)
def _ground(content: _Content) -> _Ground:
    known = content.polygons.to_crs(content.metric_crs)
    codes = known.index.astype("str").to_numpy()
    shapes = known.to_numpy()
    whole = shapely.total_bounds(shapes)
    # A twentieth of a millimetre on an A4 page: no eye sees it, and files stay small.
    fine = float(np.hypot(whole[2] - whole[0], whole[3] - whole[1])) / 5000.0
    simple = shapely.simplify(shapes, fine)
    shapes = np.where(shapely.is_empty(simple), shapes, simple)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, owner = parts[areal], owner[areal]
    group = _groups(parts, _JOIN * float(np.hypot(whole[2] - whole[0], whole[3] - whole[1])))
    part_bounds = shapely.bounds(parts)
    part_area = shapely.area(parts)
    count = int(group.max()) + 1
    bounds = np.array([_union(part_bounds[group == g]) for g in range(count)])
    area = np.bincount(group, weights=part_area, minlength=count).astype(np.float64)
    far = _far(bounds, area)
    kept = ~np.isin(np.arange(count), far)
    base = _union(bounds[kept])
    pad = 0.015 * max(base[2] - base[0], base[3] - base[1])
    sheet: Box = (base[0] - pad, base[1] - pad, base[2] + pad, base[3] + pad)
    still = ~np.isin(group, far)
    space = FreeSpace(sheet, parts[still])
    return _Ground(codes, parts, owner, group, bounds, area, far, still, pad, sheet, space)


def lay_out(
    boundaries: gpd.GeoSeries,
    metric_crs: str,
    caption: Callable[[tuple[str, ...], float], tuple[float, float]],
) -> Frame:
    """Lay out a sheet.

    Parameters
    ----------
    boundaries : GeoSeries
        Polygons by code; missing ones are left out.
    metric_crs : str
        Reference system of the map.
    caption : callable
        Given the codes in a group of moved islands and the sheet's width in map units:
        width and height of the room for their name, in map units.

    Returns
    -------
    Frame
        The sheet.
    """
    known = boundaries[boundaries.notna() & ~boundaries.is_empty]
    outlines = shapely.to_wkb(known.to_numpy())
    digest = blake2b(b"".join(outlines), digest_size=16)
    digest.update("\n".join(known.index.astype("str")).encode())
    ground = _ground(_Content(digest.digest(), metric_crs, known))
    parts, owner, group, bounds, far = (
        ground.parts.copy(), ground.owner, ground.group, ground.bounds, ground.far,
    )  # fmt: skip
    codes, area, still, pad, sheet = (
        ground.codes, ground.area, ground.still, ground.pad, ground.sheet,
    )  # fmt: skip
    space = copy(ground.space)
    shifts = np.zeros((len(parts), 2))
    insets: list[Box] = []
    inset_codes: list[tuple[str, ...]] = []
    for number in sorted(far, key=lambda g: -area[g]):
        inside = np.flatnonzero(group == number)
        here = tuple(sorted({str(codes[owner[p]]) for p in inside}))
        text_width, text_height = caption(here, sheet[2] - sheet[0])
        islands = _union(bounds[[number]])
        width = max(islands[2] - islands[0] + pad, text_width)
        height = islands[3] - islands[1] + pad + text_height
        centre = ((islands[0] + islands[2]) / 2, (islands[1] + islands[3]) / 2)
        box = space.find(width + pad, height + pad, centre)
        if box is None:
            # No room anywhere: the sheet grows at its foot, where the eye expects boxes.
            sheet = (sheet[0], sheet[1] - height - 2 * pad, sheet[2], sheet[3])
            grown = FreeSpace(sheet, parts[still])
            for taken in insets:
                grown.take(taken)
            space = grown
            box = space.find(width + pad, height + pad, centre)
            if box is None:  # wider than the sheet
                sheet = (sheet[0], sheet[1], sheet[0] + width + 2 * pad, sheet[3])
                space = FreeSpace(sheet, parts[still])
                for taken in insets:
                    space.take(taken)
                box = (sheet[0], sheet[1], sheet[0] + width + pad, sheet[1] + height + pad)
        space.take(box)
        box = (box[0] + pad / 2, box[1] + pad / 2, box[2] - pad / 2, box[3] - pad / 2)
        shift = np.array(
            [
                (box[0] + box[2]) / 2 - centre[0],
                box[1] + (height - text_height) / 2 - centre[1],
            ]
        )
        parts[inside] = shapely.transform(parts[inside], partial(np.add, shift))
        shifts[inside] = shift
        insets.append(box)
        inset_codes.append(here)
    polygons = np.full(len(codes), shapely.MultiPolygon(), dtype=object)
    polygons[np.unique(owner)] = shapely.multipolygons(
        parts, indices=np.unique(owner, return_inverse=True)[1]
    )
    series = pd.Series(polygons, index=codes, dtype=object)
    return Frame(series, sheet, tuple(insets), tuple(inset_codes), space, ground.parts, shifts)
