"""Further measures, scored on a straight line from a best figure to a worst one.

Like those of `gangso.alliances.measures` they hold the figures they read and can be written
down; several criteria share each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from gangso.alliances.candidates import Candidates
from gangso.alliances.measures import pair_sums

__all__ = ["AtLargest", "Extreme", "Listed", "PairMax", "Ratio", "Spread", "Steps", "WishFit"]

Floats = npt.NDArray[np.float64]


def _line(raw: Floats, best: float, worst: float) -> Floats:
    """Score 0 at best and beyond, 1 at worst and beyond; what is missing is worst."""
    share: Floats = np.clip((raw - best) / (worst - best), 0.0, 1.0)
    return np.where(np.isnan(share), 1.0, share + 0.0)  # no negative zeros


@dataclass(frozen=True, eq=False)
class Ratio:
    """Sum of one figure over the sum of another; with a weight, a weighted mean.

    Raw: missing where the second sum is zero, and then the score is worst.
    """

    numerator: Floats
    denominator: Floats
    best: float
    worst: float

    def raw(self, candidates: Candidates) -> Floats:
        """Ratio of the sums, shape (N,)."""
        below = candidates.total(self.denominator)
        missing = np.full(len(below), np.nan)
        ratio: Floats = np.divide(
            candidates.total(self.numerator), below, out=missing, where=below > 0
        )
        return ratio

    def score(self, raw: Floats, candidates: Candidates) -> Floats:  # noqa: ARG002
        """Place between best and worst, shape (N,)."""
        return _line(raw, self.best, self.worst)

    def record(self) -> dict[str, Any]:
        """Both figures, best and worst."""
        return {
            "kind": "ratio",
            "numerator": self.numerator.tolist(),
            "denominator": self.denominator.tolist(),
            "best": self.best,
            "worst": self.worst,
        }


@dataclass(frozen=True, eq=False)
class Spread:
    """Weighted mean distance of a figure from its weighted mean inside the group."""

    values: Floats
    weights: Floats
    worst: float

    def raw(self, candidates: Candidates) -> Floats:
        """Mean absolute deviation, shape (N,); missing where no member has a weight."""
        below = candidates.total(self.weights)
        missing = np.full(len(below), np.nan)
        mean = np.divide(
            candidates.total(self.values * self.weights), below, out=missing, where=below > 0
        )
        values, weights = np.append(self.values, 0.0), np.append(self.weights, 0.0)
        away = np.zeros(len(below))
        for column in candidates.members.T:
            away += weights[column] * np.abs(values[column] - mean)
        spread: Floats = np.divide(away, below, out=missing.copy(), where=below > 0)
        return np.where(candidates.size == 1, 0.0, spread)

    def score(self, raw: Floats, candidates: Candidates) -> Floats:  # noqa: ARG002
        """Spread as a share of the worst, shape (N,)."""
        return _line(raw, 0.0, self.worst)

    def record(self) -> dict[str, Any]:
        """Values, weights and the worst spread."""
        return {
            "kind": "spread",
            "values": self.values.tolist(),
            "weights": self.weights.tolist(),
            "worst": self.worst,
        }


@dataclass(frozen=True, eq=False)
class Extreme:
    """The greatest figure among the members."""

    values: Floats
    best: float
    worst: float

    def raw(self, candidates: Candidates) -> Floats:
        """Greatest value of the members, shape (N,)."""
        greatest: Floats = np.append(self.values, -np.inf)[candidates.members].max(axis=1)
        return greatest

    def score(self, raw: Floats, candidates: Candidates) -> Floats:  # noqa: ARG002
        """Place between best and worst, shape (N,)."""
        return _line(raw, self.best, self.worst)

    def record(self) -> dict[str, Any]:
        """Values, best and worst."""
        return {
            "kind": "greatest",
            "values": self.values.tolist(),
            "best": self.best,
            "worst": self.worst,
        }


@dataclass(frozen=True, eq=False)
class AtLargest:
    """A figure of the member that is largest by another (its residents): the centre."""

    values: Floats
    sizes: Floats
    best: float
    worst: float

    def raw(self, candidates: Candidates) -> Floats:
        """Value of the largest member, of equals the first, shape (N,)."""
        members = candidates.members
        largest = np.append(self.sizes, -np.inf)[members].argmax(axis=1)
        of: Floats = self.values[members[np.arange(len(members)), largest]]
        return of

    def score(self, raw: Floats, candidates: Candidates) -> Floats:  # noqa: ARG002
        """Place between best and worst, shape (N,)."""
        return _line(raw, self.best, self.worst)

    def record(self) -> dict[str, Any]:
        """Values, sizes, best and worst."""
        return {
            "kind": "at_largest",
            "values": self.values.tolist(),
            "sizes": self.sizes.tolist(),
            "best": self.best,
            "worst": self.worst,
        }


@dataclass(frozen=True, eq=False)
class Steps:
    """Thresholds that the members reach together and none of them alone.

    Raw: how many. Score: of the thresholds that no member reaches alone, the share that
    stays out of reach together; 0 where one member reaches them all.
    """

    values: Floats
    thresholds: Floats
    """Ascending."""

    def _alone(self, candidates: Candidates) -> npt.NDArray[np.int64]:
        largest = np.append(self.values, -np.inf)[candidates.members].max(axis=1)
        reached: npt.NDArray[np.int64] = np.searchsorted(self.thresholds, largest, side="right")
        return reached

    def raw(self, candidates: Candidates) -> Floats:
        """Thresholds gained by being together, shape (N,)."""
        together = np.searchsorted(self.thresholds, candidates.total(self.values), side="right")
        gained: Floats = (together - self._alone(candidates)).astype(np.float64)
        return gained

    def score(self, raw: Floats, candidates: Candidates) -> Floats:
        """Share of the thresholds lacking alone that is lacking still, shape (N,)."""
        lacking = len(self.thresholds) - self._alone(candidates)
        still: Floats = (lacking - raw) / np.maximum(lacking, 1)
        return still

    def record(self) -> dict[str, Any]:
        """Values and thresholds."""
        return {
            "kind": "steps",
            "values": self.values.tolist(),
            "thresholds": self.thresholds.tolist(),
        }


@numba.njit(cache=True, nogil=True)
def _greatest_pair(members, indptr, indices, data):  # type: ignore[no-untyped-def]
    """Greatest stored value over all pairs of members; infinite if a pair is not stored."""
    out = np.zeros(len(members))
    for j in range(len(members)):
        for c in range(members.shape[1]):
            a = members[j, c]
            if a < 0:
                break
            for d in range(c):
                b = members[j, d]
                low, high = indptr[a], indptr[a + 1]
                while low < high:
                    middle = (low + high) // 2
                    if indices[middle] < b:
                        low = middle + 1
                    else:
                        high = middle
                if low < indptr[a + 1] and indices[low] == b:
                    out[j] = max(out[j], data[low])
                else:
                    out[j] = np.inf
    return out


@dataclass(frozen=True, eq=False)
class PairMax:
    """Greatest figure over the pairs of members (minutes between their centres).

    Raw: `beyond` where a pair is farther apart than the figures reach, which is at least
    the worst; then the score is worst.
    """

    pairs: csr_array
    """Symmetric, shape (n, n), indices sorted; zeros are stored."""
    worst: float
    beyond: float = np.inf
    unit: str = "min"

    def raw(self, candidates: Candidates) -> Floats:
        """Greatest value of a pair, shape (N,); 0 for single members."""
        out = _greatest_pair(
            candidates.members,
            self.pairs.indptr.astype(np.int64),
            self.pairs.indices.astype(np.int32),
            self.pairs.data.astype(np.float64),
        )
        greatest: Floats = np.minimum(out, self.beyond)
        return greatest

    def score(self, raw: Floats, candidates: Candidates) -> Floats:  # noqa: ARG002
        """Share of the worst bearable, shape (N,)."""
        return _line(raw, 0.0, self.worst)

    def entries(self) -> list[list[float]]:
        """Pairs as [lower, higher, value]."""
        found = self.pairs.tocoo()
        return [
            [int(a), int(b), float(value)]
            for a, b, value in zip(found.row, found.col, found.data, strict=True)
            if a < b
        ]

    def record(self) -> dict[str, Any]:
        """Pairs and the worst."""
        return {"kind": "pair_max", "pairs": self.entries(), "worst": self.worst}


@dataclass(frozen=True, eq=False)
class WishFit:
    """How well a group meets what its members wish.

    Raw: net strength satisfied inside, that is wishes to be together that are kept less
    refusals that are not. Score: strength of the members' wishes that are not met, per
    member, as a share of the most that any municipality wishes.
    """

    wishes: csr_array
    """Strength by who and whom, shape (n, n), refusals negative, indices sorted."""
    wanted: Floats
    """Total strength of each unit's wishes to be together, shape (n,)."""
    scale: float

    def raw(self, candidates: Candidates) -> Floats:
        """Net strength satisfied inside, shape (N,)."""
        return pair_sums(candidates.members, self.wishes)

    def score(self, raw: Floats, candidates: Candidates) -> Floats:
        """Strength not met, per member, shape (N,)."""
        unmet = candidates.total(self.wanted) - raw
        score: Floats = np.clip(unmet / (self.scale * candidates.size), 0.0, 1.0)
        return score

    def record(self) -> dict[str, Any]:
        """Wishes as [who, whom, strength], and the scale."""
        found = self.wishes.tocoo()
        return {
            "kind": "wishes",
            "wishes": [
                [int(a), int(b), float(value)]
                for a, b, value in zip(found.row, found.col, found.data, strict=True)
            ],
            "scale": self.scale,
        }


@dataclass(eq=False)
class Listed:
    """Scores from a function of one's own; the certificate lists them one by one.

    An independent program cannot repeat the function, so it takes the listed scores as
    given, and says so.

    Parameters
    ----------
    function : callable
        Candidates -> raw values, shape (N,).
    scale : callable, optional
        Raw values -> scores in [0, 1]; without it the raw values are the scores.
    """

    function: Callable[[Candidates], Floats]
    scale: Callable[[Floats], Floats] | None = None
    _scores: list[float] = field(default_factory=list, init=False)

    def raw(self, candidates: Candidates) -> Floats:
        """Value of the function, shape (N,)."""
        values = np.asarray(self.function(candidates), dtype=np.float64)
        if values.shape != (len(candidates),):
            raise ValueError(f"shape {values.shape} instead of ({len(candidates)},)")
        return values

    def score(self, raw: Floats, candidates: Candidates) -> Floats:
        """Scores, shape (N,)."""
        scores = np.asarray(raw if self.scale is None else self.scale(raw), dtype=np.float64)
        if not ((scores >= 0) & (scores <= 1)).all():
            raise ValueError("scores must lie in [0, 1]")
        # The last key counts most: by size, then by first member, then by second ...
        order = np.lexsort(np.vstack([candidates.members.T[::-1], candidates.size[None, :]]))
        self._scores = scores[order].tolist()
        return scores

    def record(self) -> dict[str, Any]:
        """Scores of all groups, by size and then by members."""
        return {"kind": "listed", "scores": self._scores}
