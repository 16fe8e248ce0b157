"""Where labels go on a map: greedy, most important first, and never one over another.

Everything here is in points of the page, y upwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["Label", "Placed", "place"]

Floats = npt.NDArray[np.float64]

_DIRECTIONS = 24
_LEADER_STEP = 2.0  # points between two samples of a leader line


@dataclass(frozen=True)
class Label:
    """A label to be placed.

    Parameters
    ----------
    x, y : float
        Point that the label is about.
    width, height : float
        Size of its box.
    homes : sequence of (x, y, penalty)
        Centres at which the label explains itself, without a leader line; the penalty
        (points) says how much worse than the best one each is.
    optional : bool
        Whether it may be left out rather than put at the end of a leader line.
    """

    x: float
    y: float
    width: float
    height: float
    homes: Sequence[tuple[float, float, float]] = field(default=())
    optional: bool = False


@dataclass(frozen=True)
class Placed:
    """Where a label came to stand: its centre, and whether it needs a leader line."""

    index: int
    x: float
    y: float
    leader: bool


class _Taken:
    """Boxes and leader lines that later labels must keep clear of."""

    def __init__(self, boxes: Sequence[tuple[float, float, float, float]]) -> None:
        self.boxes: Floats = np.array(boxes, dtype=np.float64).reshape(-1, 4)
        self.points: Floats = np.empty((0, 2))

    def add(self, box: Floats, points: Floats) -> None:
        self.boxes = np.vstack([self.boxes, box])
        self.points = np.vstack([self.points, points])

    def free(self, boxes: Floats) -> npt.NDArray[np.bool_]:
        """Say which of the boxes (n, 4) touch nothing that is taken."""
        hit = (
            (boxes[:, None, 0] < self.boxes[None, :, 2])
            & (boxes[:, None, 2] > self.boxes[None, :, 0])
            & (boxes[:, None, 1] < self.boxes[None, :, 3])
            & (boxes[:, None, 3] > self.boxes[None, :, 1])
        ).any(axis=1)
        free: npt.NDArray[np.bool_] = np.asarray(~hit & ~_holds(boxes, self.points).any(axis=1))
        return free

    def crossed(self, points: Floats) -> bool:
        """Say whether a line sampled at the points runs over a box."""
        return bool(_holds(self.boxes, points).any())


def _holds(boxes: Floats, points: Floats) -> npt.NDArray[np.bool_]:
    return (
        (points[None, :, 0] > boxes[:, None, 0])
        & (points[None, :, 0] < boxes[:, None, 2])
        & (points[None, :, 1] > boxes[:, None, 1])
        & (points[None, :, 1] < boxes[:, None, 3])
    )


def _boxes(centres: Floats, width: float, height: float) -> Floats:
    half = np.array([width / 2.0, height / 2.0])
    return np.hstack([centres - half, centres + half])


def _line(start: Floats, end: Floats) -> Floats:
    count = max(2, int(np.hypot(*(end - start)) / _LEADER_STEP))
    return start + np.linspace(0.0, 1.0, count)[:, None] * (end - start)


def place(
    labels: Sequence[Label],
    bounds: tuple[float, float, float, float],
    obstacles: Sequence[tuple[float, float, float, float]] = (),
    gap: float = 1.0,
    reach: float = 90.0,
) -> tuple[list[Placed], list[int]]:
    """Place labels so that none covers another, an obstacle or a leader line.

    Parameters
    ----------
    labels : sequence of Label
        Most important first.
    bounds : tuple of float
        The page: left, bottom, right, top.
    obstacles : sequence of tuple of float
        Boxes to keep clear of: left, bottom, right, top.
    gap : float
        Room between two labels.
    reach : float
        Longest leader line.

    Returns
    -------
    placed : list of Placed
        Labels that found a place.
    left_over : list of int
        Positions of those that did not; the caller must name them elsewhere.
    """
    taken = _Taken(obstacles)
    anchors = np.array([[label.x, label.y] for label in labels]).reshape(-1, 2)
    placed: list[Placed] = []
    left_over: list[int] = []
    waiting: list[int] = []
    for number, label in enumerate(labels):
        spot = _at_home(label, taken, bounds, gap)
        if spot is not None:
            placed.append(Placed(number, *spot, leader=False))
        elif label.optional:
            left_over.append(number)
        else:
            waiting.append(number)
    # Labels with leader lines come after all that stand at home: their lines are the
    # longer way round and must not drive a label from its own area.
    for number in waiting:
        spot = _outside(labels[number], anchors, number, taken, bounds, gap, reach)
        if spot is None:
            left_over.append(number)
        else:
            placed.append(Placed(number, *spot, leader=True))
    return sorted(placed, key=lambda item: item.index), sorted(left_over)


def _inside(boxes: Floats, bounds: tuple[float, float, float, float]) -> npt.NDArray[np.bool_]:
    return (
        (boxes[:, 0] >= bounds[0])
        & (boxes[:, 1] >= bounds[1])
        & (boxes[:, 2] <= bounds[2])
        & (boxes[:, 3] <= bounds[3])
    )


def _at_home(
    label: Label, taken: _Taken, bounds: tuple[float, float, float, float], gap: float
) -> tuple[float, float] | None:
    if not label.homes:
        return None
    homes = np.array(label.homes, dtype=np.float64)
    boxes = _boxes(homes[:, :2], label.width + gap, label.height + gap)
    good = taken.free(boxes) & _inside(boxes, bounds)
    if not good.any():
        return None
    best = int(np.argmin(np.where(good, homes[:, 2], np.inf)))
    taken.add(boxes[best], np.empty((0, 2)))
    return float(homes[best, 0]), float(homes[best, 1])


def _outside(
    label: Label,
    anchors: Floats,
    number: int,
    taken: _Taken,
    bounds: tuple[float, float, float, float],
    gap: float,
    reach: float,
) -> tuple[float, float] | None:
    here = np.array([label.x, label.y])
    angle = np.linspace(0.0, 2 * np.pi, _DIRECTIONS, endpoint=False)
    away = np.column_stack([np.cos(angle), np.sin(angle)])
    # Distances between the anchor and the edge of the box, so that all directions compare.
    edge = np.minimum(
        label.width / 2 / np.maximum(np.abs(away[:, 0]), 1e-9),
        label.height / 2 / np.maximum(np.abs(away[:, 1]), 1e-9),
    )
    lengths = np.arange(4.0, reach, 3.0)
    centres = (here + (edge[None, :, None] + lengths[:, None, None]) * away[None, :, :]).reshape(
        -1, 2
    )
    boxes = _boxes(centres, label.width + gap, label.height + gap)
    # Covering another label's anchor is allowed, but costs as much as a long line.
    others = np.delete(anchors, number, axis=0)
    cost = np.repeat(lengths, _DIRECTIONS) + 12.0 * _holds(boxes, others).sum(axis=1)
    good = taken.free(boxes) & _inside(boxes, bounds)
    for spot in np.argsort(cost, kind="stable"):
        if not good[spot]:
            continue
        line = _line(here, centres[spot])
        if taken.crossed(line):
            continue
        outside = ~_holds(boxes[spot][None], line)[0]
        taken.add(boxes[spot], line[outside])
        return float(centres[spot, 0]), float(centres[spot, 1])
    return None
