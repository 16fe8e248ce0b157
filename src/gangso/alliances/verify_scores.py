"""Scores of groups, computed anew from the figures in a certificate.

Part of the independent check: nothing here is used to make a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["FailedError", "padded", "pair_table", "score_groups"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
OfPair = Callable[[Ints, Ints, float], Floats]


class FailedError(Exception):
    """A check that does not hold; the ones that build on it cannot be made."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(detail)
        self.key, self.detail = key, detail


def _floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)


def padded(values: Sequence[float], n: int, *, infinite: bool = False) -> Floats:
    """Read a figure of every unit, and a zero for the padding of groups."""
    array = np.asarray(values, dtype=np.float64)
    sound = ~np.isnan(array) if infinite else np.isfinite(array)
    if array.shape != (n,) or not sound.all():
        raise FailedError("figures", f"{array.shape} instead of ({n},), or not finite")
    return np.append(array, 0.0)


def pair_table(entries: Sequence[Sequence[float]], n: int, *, both: bool = False) -> OfPair:
    """Read figures of pairs; return what looks them up, without a table of all pairs."""
    rows = np.array(entries, dtype=np.float64).reshape(-1, 3)
    a, b = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    sound = (a == rows[:, 0]) & (b == rows[:, 1]) & (a >= 0) & (b >= 0) & (a < n) & (b < n)
    if not (sound & (a != b) & np.isfinite(rows[:, 2])).all():
        raise FailedError("figures", "pairs")
    if both:
        a, b = np.concatenate([a, b]), np.concatenate([b, a])
        rows = np.concatenate([rows, rows])
    key = a * (n + 1) + b
    order = np.argsort(key, kind="stable")
    key, value = key[order], rows[order, 2]
    if len(key) > 1 and (key[1:] == key[:-1]).any():
        raise FailedError("figures", "a pair twice")

    def look_up(one: Ints, other: Ints, missing: float) -> Floats:
        wanted = one * (n + 1) + other
        if not len(key):
            return np.full(len(wanted), missing)
        place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        found: Floats = np.where(key[place] == wanted, value[place], missing)
        return found

    return look_up


def _inside(of_pair: OfPair, groups: Ints) -> Floats:
    total = np.zeros(len(groups))
    for c in range(groups.shape[1]):
        for d in range(groups.shape[1]):
            if c != d:
                total += of_pair(groups[:, c], groups[:, d], 0.0)
    return total


def _between(figure: Floats, measure: Mapping[str, Any], best: float | None = None) -> Floats:
    """Score from best (0) to worst (1); what is missing is worst."""
    best = measure["best"] if best is None else best
    place = (figure - best) / (measure["worst"] - best)
    score: Floats = np.nan_to_num(np.minimum(np.maximum(place, 0.0), 1.0), nan=1.0)
    return score


def _ratio(measure: Mapping[str, Any], groups: Ints, sizes: Ints, n: int) -> Floats:  # noqa: ARG001
    above = padded(measure["numerator"], n)[groups].sum(axis=1)
    below = padded(measure["denominator"], n)[groups].sum(axis=1)
    return _between(np.where(below > 0, above / below, np.nan), measure)


def _spread(measure: Mapping[str, Any], groups: Ints, sizes: Ints, n: int) -> Floats:
    value, weight = padded(measure["values"], n)[groups], padded(measure["weights"], n)[groups]
    whole = weight.sum(axis=1)
    mean = (value * weight).sum(axis=1) / whole
    away = (np.abs(value - mean[:, None]) * weight).sum(axis=1) / whole
    away = np.where(whole > 0, away, np.nan)
    return _between(np.where(sizes == 1, 0.0, away), measure, 0.0)


def _greatest(measure: Mapping[str, Any], groups: Ints, sizes: Ints, n: int) -> Floats:  # noqa: ARG001
    value = padded(measure["values"], n)
    value[n] = -np.inf
    return _between(value[groups].max(axis=1), measure)


def _at_largest(measure: Mapping[str, Any], groups: Ints, sizes: Ints, n: int) -> Floats:  # noqa: ARG001
    value, size = padded(measure["values"], n), padded(measure["sizes"], n)
    size[n] = -np.inf
    best = size[groups[:, 0]]
    figure = value[groups[:, 0]]
    for c in range(1, groups.shape[1]):  # of equals the first
        larger = size[groups[:, c]] > best
        best = np.where(larger, size[groups[:, c]], best)
        figure = np.where(larger, value[groups[:, c]], figure)
    return _between(figure, measure)


def _steps(measure: Mapping[str, Any], groups: Ints, sizes: Ints, n: int) -> Floats:  # noqa: ARG001
    value = padded(measure["values"], n)
    together = value[groups].sum(axis=1)
    value[n] = -np.inf
    largest = value[groups].max(axis=1)
    lacking, still = np.zeros(len(groups)), np.zeros(len(groups))
    for threshold in measure["thresholds"]:
        lacking += largest < threshold
        still += together < threshold
    return np.where(lacking > 0, still / np.maximum(lacking, 1), 0.0)


def _pair_max(measure: Mapping[str, Any], groups: Ints, sizes: Ints, n: int) -> Floats:  # noqa: ARG001
    of_pair = pair_table(measure["pairs"], n, both=True)
    figure = np.zeros(len(groups))
    for c in range(groups.shape[1]):
        for d in range(c):
            found = of_pair(groups[:, c], groups[:, d], np.inf)
            figure = np.where(groups[:, c] < n, np.maximum(figure, found), figure)
    return _between(figure, measure, 0.0)


def _wishes(measure: Mapping[str, Any], groups: Ints, sizes: Ints, n: int) -> Floats:
    kept = _inside(pair_table(measure["wishes"], n), groups)
    wanted = np.zeros(n + 1)
    for who, _, strength in measure["wishes"]:
        wanted[who] += max(strength, 0.0)
    unmet = wanted[groups].sum(axis=1) - kept
    return _floats(np.minimum(np.maximum(unmet / (measure["scale"] * sizes), 0.0), 1.0))


def _listed(measure: Mapping[str, Any], groups: Ints, sizes: Ints, n: int) -> Floats:  # noqa: ARG001
    given = _floats(measure["scores"])
    if given.shape != (len(groups),) or not ((given >= 0) & (given <= 1)).all():
        raise FailedError("figures", f"{given.shape} listed scores for {len(groups)} groups")
    scores = np.empty(len(groups))
    scores[np.lexsort((*groups.T[::-1], sizes))] = given
    return scores


_FURTHER = {
    "ratio": _ratio,
    "spread": _spread,
    "greatest": _greatest,
    "at_largest": _at_largest,
    "steps": _steps,
    "pair_max": _pair_max,
    "wishes": _wishes,
    "listed": _listed,
}


def score_groups(measure: Mapping[str, Any], groups: Ints, sizes: Ints, n: int) -> Floats:
    """Score groups by one measure, from its record."""
    kind = measure["kind"]
    if kind == "total_fit":
        total = padded(measure["values"], n)[groups].sum(axis=1)
        fit = np.full(len(groups), np.inf)
        some = total > 0
        fit[some] = np.abs(np.log(total[some] / measure["target"])) / np.log(measure["factor"])
        return _floats(np.minimum(fit, 1.0))
    if kind == "shortfall":
        single = padded(measure["values"], n)[groups].sum(axis=1) / measure["target"]
        return np.where(sizes == 1, np.clip(1 - single, 0.0, 1.0), 0.0)
    if kind == "inside_share":
        inside = _inside(pair_table(measure["flows"], n), groups)
        total = padded(measure["totals"], n)[groups].sum(axis=1)
        kept = np.zeros(len(groups))
        kept[total > 0] = 2 * inside[total > 0] / total[total > 0]
        return np.clip(1 - kept, 0.0, 1.0)
    if kind == "span":
        xy = np.vstack([np.asarray(measure["xy"], dtype=np.float64), [np.nan, np.nan]])
        if xy.shape != (n + 1, 2) or not np.isfinite(xy[:n]).all():
            raise FailedError("figures", "coordinates")
        widest = np.zeros(len(groups))
        for c in range(groups.shape[1]):
            for d in range(c):
                step = xy[groups[:, c]] - xy[groups[:, d]]
                widest = np.fmax(widest, np.sqrt((step**2).sum(axis=1)))
        return _floats(np.minimum(widest / measure["worst"], 1.0))
    if kind == "minority":
        labels = np.append(np.asarray(measure["labels"], dtype=np.int64), -1)
        if labels.shape != (n + 1,):
            raise FailedError("figures", "labels")
        of_group = np.sort(labels[groups], axis=1)
        best = np.zeros(len(groups), dtype=np.int64)
        run = np.zeros(len(groups), dtype=np.int64)
        for c in range(groups.shape[1]):
            same = of_group[:, c] == of_group[:, c - 1] if c else np.zeros(len(groups), dtype=bool)
            run = np.where(same, run + 1, 1)
            best = np.where(of_group[:, c] >= 0, np.maximum(best, run), best)
        return _floats((sizes - best) / np.maximum(sizes - 1, 1))
    if kind in _FURTHER:
        return _FURTHER[kind](measure, groups, sizes, n)
    raise FailedError("figures", f"unknown measure {kind!r}")
