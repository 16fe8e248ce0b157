"""The few ways in which a candidate alliance is measured.

Each measure holds the figures it reads, gives the raw value of every candidate in its own
unit and a score in [0, 1], 0 best, and can be written down (`record`) so that the
certificate carries all that an independent program needs to repeat it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numba
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from gangso.alliances.candidates import Candidates

__all__ = [
    "InsideShare",
    "Measure",
    "Minority",
    "Shortfall",
    "Span",
    "TotalFit",
    "pair_sums",
]

Floats = npt.NDArray[np.float64]


class Measure(Protocol):
    """What a criterion does to candidates."""

    def raw(self, candidates: Candidates) -> Floats:
        """Return the raw value of every candidate, shape (N,)."""

    def score(self, raw: Floats, candidates: Candidates) -> Floats:
        """Return the score in [0, 1] of every candidate, shape (N,), 0 best."""

    def record(self) -> dict[str, Any]:
        """Return all figures of the measure, ready to be written as JSON."""


@dataclass(frozen=True, eq=False)
class TotalFit:
    """Nearness of a total to a target, on a logarithmic scale.

    Score ``min(1, |ln(total / target)| / ln(factor))``: half and double the target are
    equally far from it; at ``factor`` times (or a ``factor``-th) nothing is left.
    """

    values: Floats
    target: float
    factor: float

    def raw(self, candidates: Candidates) -> Floats:
        """Total of the values, shape (N,)."""
        return candidates.total(self.values)

    def score(self, raw: Floats, candidates: Candidates) -> Floats:  # noqa: ARG002
        """Distance from the target, shape (N,)."""
        # A total of zero is infinitely far on a logarithmic scale; the score stops at 1.
        ratio = np.maximum(raw, 1e-300) / self.target
        score: Floats = np.minimum(1.0, np.abs(np.log(ratio)) / np.log(self.factor))
        return score

    def record(self) -> dict[str, Any]:
        """Values, target and factor."""
        return {
            "kind": "total_fit",
            "values": self.values.tolist(),
            "target": self.target,
            "factor": self.factor,
        }


@numba.njit(cache=True, nogil=True)
def _pair_sums(members, indptr, indices, data):  # type: ignore[no-untyped-def]
    """Sum a sparse matrix over all ordered pairs of different members."""
    out = np.zeros(len(members))
    for j in range(len(members)):
        for c in range(members.shape[1]):
            a = members[j, c]
            if a < 0:
                break
            for d in range(members.shape[1]):
                b = members[j, d]
                if b < 0:
                    break
                if a == b:
                    continue
                low, high = indptr[a], indptr[a + 1]
                while low < high:
                    middle = (low + high) // 2
                    if indices[middle] < b:
                        low = middle + 1
                    else:
                        high = middle
                if low < indptr[a + 1] and indices[low] == b:
                    out[j] += data[low]
    return out


def pair_sums(members: npt.NDArray[np.int32], matrix: csr_array) -> Floats:
    """Sum a sparse matrix over all ordered pairs of different members.

    Parameters
    ----------
    members : ndarray of int32, shape (N, k)
        Candidates, padded with -1.
    matrix : csr_array, shape (n, n)
        Figures by pair, indices sorted.

    Returns
    -------
    ndarray of float, shape (N,)
        The sums.
    """
    sums: Floats = _pair_sums(
        members,
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        matrix.data.astype(np.float64),
    )
    return sums


@dataclass(frozen=True, eq=False)
class InsideShare:
    """Share of the members' trips to and from other municipalities that stay inside.

    Raw ``2 * inside / (out + in)`` summed over the members; score ``1 - raw``. A candidate
    none of whose members has a known trip keeps nothing.
    """

    flows: csr_array
    """Trips between units, shape (n, n), diagonal empty, indices sorted."""
    totals: Floats
    """Trips out of and into each unit from everywhere, shape (n,)."""

    def raw(self, candidates: Candidates) -> Floats:
        """Share kept inside, shape (N,)."""
        inside = pair_sums(candidates.members, self.flows)
        total = candidates.total(self.totals)
        kept: Floats = np.divide(2.0 * inside, total, out=np.zeros_like(total), where=total > 0)
        return kept

    def score(self, raw: Floats, candidates: Candidates) -> Floats:  # noqa: ARG002
        """Share lost to the outside, shape (N,)."""
        return np.clip(1.0 - raw, 0.0, 1.0)

    def record(self) -> dict[str, Any]:
        """Totals and the non-zero flows as [origin, destination, amount]."""
        entries = self.flows.tocoo()
        return {
            "kind": "inside_share",
            "totals": self.totals.tolist(),
            "flows": [
                [int(a), int(b), float(value)]
                for a, b, value in zip(entries.row, entries.col, entries.data, strict=True)
            ],
        }


@numba.njit(cache=True, nogil=True)
def _spans(members, x, y):  # type: ignore[no-untyped-def]
    out = np.zeros(len(members))
    for j in range(len(members)):
        for c in range(members.shape[1]):
            a = members[j, c]
            if a < 0:
                break
            for d in range(c):
                b = members[j, d]
                gap = np.hypot(x[a] - x[b], y[a] - y[b])
                out[j] = max(out[j], gap)
    return out


@dataclass(frozen=True, eq=False)
class Span:
    """Greatest distance between the centres of two members.

    Score ``min(1, raw / worst)``.
    """

    xy: Floats
    worst: float
    unit: str = "km"

    def raw(self, candidates: Candidates) -> Floats:
        """Span in the unit of the coordinates, shape (N,)."""
        columns = np.ascontiguousarray(self.xy.T)
        return _spans(candidates.members, columns[0], columns[1])  # type: ignore[no-any-return]

    def score(self, raw: Floats, candidates: Candidates) -> Floats:  # noqa: ARG002
        """Span as a share of the worst bearable, shape (N,)."""
        score: Floats = np.minimum(1.0, raw / self.worst)
        return score

    def record(self) -> dict[str, Any]:
        """Coordinates and the worst span."""
        return {"kind": "span", "xy": self.xy.tolist(), "worst": self.worst}


@dataclass(frozen=True, eq=False)
class Minority:
    """Members that lie outside the group's most frequent label (its main province).

    Raw: number of such members; score ``raw / (size - 1)``.
    """

    labels: npt.NDArray[np.int64]

    def raw(self, candidates: Candidates) -> Floats:
        """Members outside the main label, shape (N,)."""
        members = candidates.members
        width = members.shape[1]
        padded = np.append(self.labels, -1)
        labels = padded[members]
        most = np.zeros(len(members), dtype=np.int64)
        for column in range(width):
            same = (labels == labels[:, column, None]) & (members >= 0)
            most = np.where(members[:, column] >= 0, np.maximum(most, same.sum(axis=1)), most)
        return (candidates.size - most).astype(np.float64)

    def score(self, raw: Floats, candidates: Candidates) -> Floats:
        """Share of the members beside the first that lie outside, shape (N,)."""
        return raw / np.maximum(candidates.size - 1, 1)

    def record(self) -> dict[str, Any]:
        """Label of every unit."""
        return {"kind": "minority", "labels": self.labels.tolist()}


@dataclass(frozen=True, eq=False)
class Shortfall:
    """How far short of the target a unit falls that is left without partners.

    Raw: ``max(0, 1 - value / target)`` for a candidate of one member, 0 for any larger one;
    the score is the raw value. Without it a tiny municipality alone would look compact and
    undivided, which is no merit.
    """

    values: Floats
    target: float

    def raw(self, candidates: Candidates) -> Floats:
        """Shortfall of single members, shape (N,)."""
        short = np.clip(1.0 - self.values / self.target, 0.0, 1.0)
        return np.where(candidates.size == 1, short[candidates.members[:, 0]], 0.0)

    def score(self, raw: Floats, candidates: Candidates) -> Floats:  # noqa: ARG002
        """Return the raw value, shape (N,)."""
        return raw

    def record(self) -> dict[str, Any]:
        """Values and target."""
        return {"kind": "shortfall", "values": self.values.tolist(), "target": self.target}
