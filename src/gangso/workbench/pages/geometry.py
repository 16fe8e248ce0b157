"""The shapes that the map in the browser draws: sent once, never again.

Municipalities are simplified as one coverage, so that neighbours keep the same border, and
the borders are also given one by one with who lies on either side: the browser draws the
outline of any set of alliances from them without asking again.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from gangso.territory import Territory

__all__ = ["borders", "outlines", "shapes_json", "simple_shapes"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Of the diagonal of the territory: half a pixel of a screen that shows all of it.
_FINE = 1 / 2500
_DIGITS = 4  # of a degree: about ten metres


def simple_shapes(territory: Territory) -> npt.NDArray[np.object_]:
    """Simplify the boundaries for a screen; neighbours stay neighbours.

    Parameters
    ----------
    territory : Territory
        The territory.

    Returns
    -------
    ndarray of object, shape (n,)
        Polygons in the metric reference system, in the order of the municipalities; None
        where there is none.
    """
    known = territory.boundaries.reindex(territory.municipalities.index)
    found: npt.NDArray[np.object_] = known.to_crs(territory.metadata.metric_crs).to_numpy()
    there = ~(shapely.is_missing(found) | shapely.is_empty(found))
    box = shapely.total_bounds(found[there])
    fine = float(np.hypot(box[2] - box[0], box[3] - box[1])) * _FINE
    simple = np.full(len(found), None, dtype=object)
    simple[there] = shapely.coverage_simplify(found[there], fine)
    return simple


def borders(shapes: npt.NDArray[np.object_]) -> list[tuple[int, int, list[Floats]]]:
    """Cut the outlines of a coverage into borders, each between two municipalities.

    Parameters
    ----------
    shapes : ndarray of object, shape (n,)
        Polygons; None where there is none.

    Returns
    -------
    list of (int, int, list of ndarray)
        The two on either side (-1: nobody, as at a coast; the smaller number first, nobody
        last) and the lines, each of shape (k, 2).
    """
    rings, owner = [], []
    for unit, shape in enumerate(shapes):
        if shape is None:
            continue
        for part in shapely.get_parts(shape):
            for ring in shapely.get_rings(part):
                rings.append(shapely.get_coordinates(ring))
                owner.append(unit)
    starts = np.concatenate([ring[:-1] for ring in rings])
    ends = np.concatenate([ring[1:] for ring in rings])
    whose = np.repeat(owner, [len(ring) - 1 for ring in rings])
    # A segment has the same two ends whichever way round a neighbour walks it.
    swap = (starts[:, 0] > ends[:, 0]) | (
        (starts[:, 0] == ends[:, 0]) & (starts[:, 1] > ends[:, 1])
    )
    low, high = np.where(swap[:, None], ends, starts), np.where(swap[:, None], starts, ends)
    segments, inverse = np.unique(np.hstack([low, high]), axis=0, return_inverse=True)
    number = inverse.ravel()
    order = np.lexsort((whose, number))
    first = np.searchsorted(number[order], np.arange(len(segments)))
    sides = np.full((len(segments), 2), -1, dtype=np.int64)
    sides[:, 0] = whose[order][first]
    after = np.minimum(first + 1, len(order) - 1)
    shared = (after > first) & (number[order][after] == np.arange(len(segments)))
    sides[shared, 1] = whose[order][after[shared]]
    pairs, inverse = np.unique(sides, axis=0, return_inverse=True)
    of = inverse.ravel()
    lines = np.asarray(shapely.linestrings(segments.reshape(-1, 2, 2)), dtype=object)
    found = []
    for pair, (a, b) in enumerate(pairs):
        merged = shapely.line_merge(shapely.multilinestrings(lines[of == pair]))
        found.append((int(a), int(b), [shapely.get_coordinates(p) for p in _parts(merged)]))
    return found


def _parts(shape: Any) -> list[Any]:
    return list(shapely.get_parts(shape))


def shapes_json(territory: Territory) -> bytes:
    """Write the shapes as the map component reads them.

    Parameters
    ----------
    territory : Territory
        The territory.

    Returns
    -------
    bytes
        JSON: ``codes``; ``units`` (a unit: polygons, rings, points as latitude and longitude);
        ``borders`` (a, b, lines); ``spots`` (where a name stands, and how many metres of room
        there are about it).
    """
    shapes = simple_shapes(territory)
    back = pyproj.Transformer.from_crs(territory.metadata.metric_crs, "EPSG:4326", always_xy=True)
    to_degrees = partial(_points, back)
    units: list[Any] = []
    spots: list[list[float]] = []
    for code, shape in zip(territory.municipalities.index, shapes, strict=True):
        if shape is None:
            here = territory.municipalities.loc[code]
            units.append([])
            spots.append(
                [round(float(here["lat"]), _DIGITS), round(float(here["lon"]), _DIGITS), 0]
            )
            continue
        parts = shapely.get_parts(shape)
        units.append(
            [
                [to_degrees(shapely.get_coordinates(ring)) for ring in shapely.get_rings(part)]
                for part in parts
            ]
        )
        largest = parts[int(np.argmax(shapely.area(parts)))]
        radius = shapely.maximum_inscribed_circle(largest, largest.length / 200 or None)
        spots.append([*to_degrees(shapely.get_coordinates(radius)[:1])[0], round(radius.length)])
    content = {
        "codes": [str(code) for code in territory.municipalities.index],
        "units": units,
        "spots": spots,
        "borders": [
            [a, b, [to_degrees(line) for line in lines]] for a, b, lines in borders(shapes)
        ],
    }
    return json.dumps(content, separators=(",", ":")).encode()


def _points(back: pyproj.Transformer, metres: Floats) -> list[list[float]]:
    lon, lat = back.transform(metres[:, 0], metres[:, 1])
    points: list[list[float]] = np.round(np.column_stack([lat, lon]), _DIGITS).tolist()
    return points


def outlines(territory: Territory) -> tuple[str, list[str]]:
    """Draw the municipalities as paths of a small SVG.

    Parameters
    ----------
    territory : Territory
        The territory.

    Returns
    -------
    box : str
        The ``viewBox``.
    paths : list of str
        Path of every municipality; empty where it has no shape.
    """
    key = territory.fingerprint
    if key not in _OUTLINES:
        shapes = simple_shapes(territory)
        there = [shape for shape in shapes if shape is not None]
        left, low, right, high = shapely.total_bounds(there)
        scale = 600.0 / (high - low)
        coarse = shapely.coverage_simplify(np.array(there, dtype=object), 1.0 / scale)
        drawn = iter(coarse)
        paths = ["" if s is None else _path(next(drawn), left, high, scale) for s in shapes]
        _OUTLINES.clear()  # one territory at a time is looked at
        _OUTLINES[key] = (f"0 0 {(right - left) * scale:.0f} 600", paths)
    return _OUTLINES[key]


_OUTLINES: dict[str, tuple[str, list[str]]] = {}


def _path(shape: Any, left: float, high: float, scale: float) -> str:
    pieces = []
    for part in shapely.get_parts(shape):
        for ring in shapely.get_rings(part):
            xy = shapely.get_coordinates(ring)
            points = zip((xy[:, 0] - left) * scale, (high - xy[:, 1]) * scale, strict=True)
            pieces.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(pieces)
