"""The linear form of a difference-in-differences: one weight a place and year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Design", "group_time", "overall"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Design:
    r"""Exposed places, each against its own base year and against the places compared with.

    The estimate is :math:`\hat\tau = \sum_c \frac{1}{N}\,[(Y_{i_c t_c} - Y_{i_c b_c}) -
    (\bar Y_{C t_c} - \bar Y_{C b_c})]` over N cells c of an exposed place i, a year t and its
    base year b, with C the places compared with. Over all cells from the opening on it is
    the ``simple`` aggregate of Callaway and Sant'Anna (never-treated comparison, no
    covariates); over the cells of one distance in time, an entry of their event study.

    Attributes
    ----------
    place, year, base : array of int, shape (N,)
        The cells: positions of the place, the year and the base year in the panel.
    compared : array of int
        Positions of the places compared with.

    References
    ----------
    Callaway and Sant'Anna (2021), doi:10.1016/j.jeconom.2020.12.001
    """

    place: Ints
    year: Ints
    base: Ints
    compared: Ints

    def __len__(self) -> int:
        """Count the cells."""
        return len(self.place)

    @property
    def places(self) -> Ints:
        """Exposed places, each once."""
        return np.unique(self.place)

    def without(self, places: Ints) -> Design:
        """Leave exposed places out."""
        keep = ~np.isin(self.place, places)
        return Design(self.place[keep], self.year[keep], self.base[keep], self.compared)

    def estimate(self, panel: Floats) -> Floats:
        """Estimate from one panel, or from many at once.

        Parameters
        ----------
        panel : array of float, shape (places, years) or (places, years, draws)
            The outcome.

        Returns
        -------
        array of float, shape () or (draws,)
            The estimate.
        """
        return np.asarray(self.cells(panel).mean(axis=0), dtype=np.float64)

    def cells(self, panel: Floats) -> Floats:
        """Difference-in-differences of every cell, shape (N,) or (N, draws)."""
        mean = panel[self.compared].mean(axis=0)
        own = panel[self.place, self.year] - panel[self.place, self.base]
        return np.asarray(own - (mean[self.year] - mean[self.base]), dtype=np.float64)

    def contrasts(self, panel: Floats) -> tuple[Ints, Floats, Floats]:
        """Reduce a panel to one figure a place.

        Parameters
        ----------
        panel : array of float, shape (places, years) or (places, years, draws)
            The outcome.

        Returns
        -------
        places : array of int, shape (m,)
            Exposed places, then those compared with.
        weight : array of float, shape (m,)
            What each counts: shares of the cells, summing to 1; then equal negative ones.
        value : array of float, shape (m,) or (m, draws)
            Change since the base year, averaged over the cells of the place (for the places
            compared with: over all cells). The weighted sum is the estimate.
        """
        exposed, at, count = np.unique(self.place, return_inverse=True, return_counts=True)
        own = panel[self.place, self.year] - panel[self.place, self.base]
        value = np.zeros((len(exposed), *own.shape[1:]))
        np.add.at(value, at, own)
        value /= count.reshape(-1, *[1] * (own.ndim - 1))
        times = np.bincount(self.year, minlength=panel.shape[1]).astype(float)
        times -= np.bincount(self.base, minlength=panel.shape[1])
        other = np.einsum("t,ct...->c...", times / len(self), panel[self.compared])
        weight = np.concatenate(
            [count / len(self), np.full(len(self.compared), -1.0 / len(self.compared))]
        )
        places = np.concatenate([exposed, self.compared])
        return places, weight, np.concatenate([value, other])


def _bases(cohort: Ints, years: Ints) -> Ints:
    """Position of the last year before each cohort; −1 if there is none."""
    return np.searchsorted(years, cohort, side="left") - 1


def overall(
    exposed: Ints,
    cohort: Ints,
    compared: Ints,
    years: Sequence[int] | Ints,
    after_only: bool = False,
) -> Design:
    """Every cell from the opening on.

    Parameters
    ----------
    exposed : array of int
        Positions of the exposed places.
    cohort : array of int, shape like `exposed`
        Year in which each was exposed.
    compared : array of int
        Positions of the places compared with.
    years : sequence of int
        Years of the panel, ascending.
    after_only : bool
        All years are after the opening: the first one is the base, which describes a
        difference in growth and says nothing of what came before.

    Returns
    -------
    Design
        The cells; places without a year before and one after have none.
    """
    when = np.asarray(years, dtype=np.int64)
    base = np.zeros(len(exposed), np.int64) if after_only else _bases(cohort, when)
    cells = [
        (place, t, b)
        for place, g, b in zip(exposed.tolist(), cohort.tolist(), base.tolist(), strict=True)
        if b >= 0
        for t in range(len(when))
        if t > b and when[t] >= g
    ]
    return _design(cells, compared)


def group_time(
    exposed: Ints, cohort: Ints, compared: Ints, years: Sequence[int] | Ints
) -> dict[int, Design]:
    """Cells by years since the opening (negative: before it), against the last year before.

    Parameters
    ----------
    exposed, cohort, compared, years
        As for `overall`.

    Returns
    -------
    dict of int to Design
        Ascending; the base year itself, zero by construction, is left out.
    """
    when = np.asarray(years, dtype=np.int64)
    found: dict[int, list[tuple[int, int, int]]] = {}
    for place, g, b in zip(
        exposed.tolist(), cohort.tolist(), _bases(cohort, when).tolist(), strict=True
    ):
        if b < 0 or b == len(when) - 1:
            continue
        for t in range(len(when)):
            if t != b:
                found.setdefault(int(when[t] - g), []).append((place, t, b))
    return {since: _design(found[since], compared) for since in sorted(found)}


def _design(cells: list[tuple[int, int, int]], compared: Ints) -> Design:
    table = np.array(cells, dtype=np.int64).reshape(-1, 3)
    return Design(table[:, 0], table[:, 1], table[:, 2], compared)
