"""The names on the maps: inside their own area where they fit, at a leader line otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.patheffects import AbstractPathEffect, withStroke

from gangso.report.frame import Box
from gangso.report.labels import Label, Placed, place
from gangso.report.sheet import INK, Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["name_alliances", "name_places"]

_PLACE = 6.2  # sizes in points
_BIG, _SMALL, _TINY = 7.2, 5.4, 5.0


def name_places(sheet: Sheet, axes: Axes, texts: Mapping[str, str], covered: Sequence[Box]) -> None:
    """Write the names of some municipalities.

    Parameters
    ----------
    sheet : Sheet
        The map.
    axes : Axes
        Its axes.
    texts : mapping of str to str
        Text by code.
    covered : sequence of tuple of float
        Boxes in points that must stay free.
    """
    shapes = sheet.frame.polygons
    codes = [code for code in texts if code in shapes.index]
    labels = []
    for code in codes:
        width = sheet.type.width(texts[code], _PLACE, bold=True) + 3
        homes = _homes(sheet, shapes.loc[code], width, _PLACE + 3, least=0.8)
        labels.append(Label(*_points(sheet, *_anchor(shapes.loc[code])), width, _PLACE + 3, homes))
    for item in place(labels, _bounds(sheet), covered)[0]:
        code = codes[item.index]
        tail = _anchor(shapes.loc[code]) if item.leader else None
        _write(sheet, axes, item, (texts[code], _PLACE, True), tail)


def name_alliances(
    sheet: Sheet,
    axes: Axes,
    areas: Mapping[str, Any],
    centres: Sequence[str],
    status: pd.Series,
    names: pd.Series,
    covered: Sequence[Box],
) -> None:
    """Write every alliance's number and centre, who is alone, and members where there is room.

    Parameters
    ----------
    sheet : Sheet
        The map.
    axes : Axes
        Its axes.
    areas : mapping of str to geometry
        Area by alliance.
    centres : sequence of str
        Codes of the centres, whose names stand out and come before those of other members.
    status : Series of str
        Status of every municipality; those outside are not named.
    names : Series of str
        Their names.
    covered : sequence of tuple of float
        Boxes in points that must stay free.
    """
    shapes = sheet.frame.polygons
    idents = [ident for ident in areas if not areas[ident].is_empty]
    labels: list[Label] = []
    texts: list[tuple[str, float, bool]] = []
    tails: list[Any] = []

    def add(text: str, size: float, bold: bool, shape: Any, least: float, optional: bool) -> None:
        width = sheet.type.width(text, size, bold) + 2
        homes = _homes(sheet, shape, width, size + 2, least)
        if optional and not homes:
            return
        spot = _anchor(shape)
        labels.append(Label(*_points(sheet, *spot), width, size + 2, homes, optional))
        texts.append((text, size, bold))
        tails.append(spot)

    for ident in idents:
        add(ident, _BIG, True, areas[ident], 0.6, optional=False)
    # The caption of a box names its islands; nobody else's name may be missing who is alone.
    captioned = {code for codes in sheet.frame.inset_codes if len(codes) <= 2 for code in codes}
    ranks: dict[str, int] = {
        str(code): 0
        if status.loc[code] == "alone" and code not in captioned
        else (1 if code in centres else 2)
        for code in shapes.index
        if status.loc[code] != "outside"
    }
    for code in sorted(ranks, key=lambda c: ranks[c]):
        size, bold = (_SMALL, True) if ranks[code] == 1 and code in centres else (_TINY, False)
        least = {0: 0.6, 1: 0.8, 2: 0.96}[ranks[code]]
        text = str(names.loc[code])
        add(text, size, bold, shapes.loc[code], least, optional=ranks[code] > 1)
    for item in place(labels, _bounds(sheet), covered)[0]:
        tail = tails[item.index] if item.leader else None
        _write(sheet, axes, item, texts[item.index], tail, halo=not labels[item.index].optional)


def _anchor(shape: Any) -> tuple[float, float]:
    """Return the point of a shape that is farthest from its edge."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    line = shapely.maximum_inscribed_circle(largest, largest.length / 500 or None)
    x, y = shapely.get_coordinates(line)[0]
    return float(x), float(y)


def _points(sheet: Sheet, x: float, y: float) -> tuple[float, float]:
    box = sheet.to_pt((x, y, x, y))
    return box[0], box[1]


def _homes(
    sheet: Sheet, shape: Any, width: float, height: float, least: float
) -> list[tuple[float, float, float]]:
    """Places where at least this share of a box (size in points) is inside a shape."""
    if shape.is_empty or shape.area < least * width * height * sheet.unit**2:
        return []
    left, bottom, right, top = shapely.bounds(shape)
    best = _anchor(shape)
    x, y = np.meshgrid(np.linspace(left, right, 17)[1:-1], np.linspace(bottom, top, 17)[1:-1])
    across, up = np.append(best[0], x.ravel()), np.append(best[1], y.ravel())
    shapely.prepare(shape)
    central = shapely.contains_xy(shape, across, up)
    across, up = across[central], up[central]
    half_w, half_h = width / 2 * sheet.unit, height / 2 * sheet.unit
    if least > 0.9:
        # "As good as all" is asked as "all of a box that is a little smaller": far faster.
        half_w, half_h = half_w * least, half_h * least
    boxes = shapely.box(across - half_w, up - half_h, across + half_w, up + half_h)
    if least > 0.9:
        inside = shapely.covers(shape, boxes).astype(np.float64)
    else:
        inside = shapely.area(shapely.intersection(boxes, shape)) / (4 * half_w * half_h)
    good = inside >= least
    away = np.hypot(across - best[0], up - best[1]) / sheet.unit
    penalty = away * 0.4 + (1 - inside) * 60
    return [
        (*_points(sheet, float(across[k]), float(up[k])), float(penalty[k]))
        for k in np.flatnonzero(good)
    ]


def _bounds(sheet: Sheet) -> Box:
    return (0.0, 0.0, sheet.frame.width / sheet.unit, sheet.frame.height / sheet.unit)


def _write(
    sheet: Sheet,
    axes: Axes,
    item: Placed,
    written: tuple[str, float, bool],
    leader_to: tuple[float, float] | None,
    halo: bool = True,
) -> None:
    """Write a text (with size, and whether bold), maybe with a halo and a leader line."""
    unit = sheet.unit
    x = sheet.frame.bounds[0] + item.x * unit
    y = sheet.frame.bounds[1] + item.y * unit
    if leader_to is not None:
        casing = [withStroke(linewidth=2.0, foreground="white")]
        ends = ([leader_to[0], x], [leader_to[1], y])
        axes.plot(*ends, color=INK, lw=0.7, zorder=8, path_effects=casing)
        axes.plot(*leader_to, marker="o", ms=2.6, mfc=INK, mec="white", mew=0.6, zorder=8)
    # Without a halo where the ground is plain: each one doubles the letters in the file.
    effects: list[AbstractPathEffect] = []
    if halo:
        effects = [withStroke(linewidth=2.0, foreground="white", alpha=0.92)]
    text, size, bold = written
    axes.text(
        x,
        y - 0.38 * size * unit,
        text,
        fontproperties=sheet.type.of(text, size, bold),
        color=INK,
        ha="center",
        va="baseline",
        zorder=9,
        path_effects=effects,
    )
