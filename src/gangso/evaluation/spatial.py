r"""Errors that hold when neighbours err together and only a few places were treated.

The variance is Conley's: products of the residuals of two places count by a kernel that falls
with their distance (here the spherical one, positive definite in the plane, so that no
variance is negative). With some ten treated places it is far too small, and a normal
critical value makes it worse. So the studentised estimate is drawn anew under a working model
of the errors, :math:`R = (1-\rho) I + \rho\,e^{-d/h}`, whose nugget and range are chosen by
restricted likelihood: its bias is taken out of the variance, and the critical value is the
quantile of those draws. The variance itself stays the data's own, so that the working model
matters for the small-sample correction only.

References
----------
Conley (1999), doi:10.1016/S0304-4076(98)00084-0; Bell and McCaffrey's correction in
Imbens and Kolesár (2016), doi:10.1162/REST_a_00552; inference under spatial correlation by a
working model in Müller and Watson (2022), doi:10.3982/ECTA19465.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from gangso.evaluation.design import Design

__all__ = ["Inference", "Space", "Spread", "covariance", "joint_p", "working_model"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Shares of the variance that neighbours have in common, and km over which that fades.
_SHARES = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95)
_RANGES_KM = (20.0, 40.0, 80.0, 160.0, 320.0)
_ALONE = (0.0, 50.0)


@dataclass(frozen=True)
class Inference:
    """An estimate and how sure it is.

    Attributes
    ----------
    estimate : float
        The estimate.
    se : float
        Its standard error, corrected for the few places.
    low, high : float
        The interval.
    p : float
        Share of the draws under no difference that lie at least as far out.
    places, compared : int
        How many places stand on either side.
    """

    estimate: float
    se: float
    low: float
    high: float
    p: float
    places: int
    compared: int


@dataclass(frozen=True, eq=False)
class Space:
    """Where the places lie, and draws of errors that are shared by all questions.

    Attributes
    ----------
    xy_km : array of float, shape (n, 2)
        Centres, in km.
    cutoff_km : float
        Distance at which the kernel of the variance ends.
    normals : array of float, shape (n, draws)
        Standard normal draws.
    """

    xy_km: Floats
    cutoff_km: float
    normals: Floats

    @cached_property
    def far(self) -> Floats:
        """Distances in km, shape (n, n)."""
        away: Floats = np.hypot(*(self.xy_km[:, None] - self.xy_km[None]).transpose(2, 0, 1))
        return away

    @cached_property
    def kernel(self) -> Floats:
        """How much the product of two residuals counts, shape (n, n)."""
        u = np.minimum(self.far / self.cutoff_km, 1.0)
        return 1.0 - 1.5 * u + 0.5 * u**3

    @cached_property
    def cells(self) -> list[tuple[float, float]]:
        """Working models that are tried: share and range."""
        return [_ALONE, *((share, km) for share in _SHARES for km in _RANGES_KM)]

    @cached_property
    def _factors(self) -> dict[tuple[int, bytes], Floats]:
        return {}

    def factor(self, cell: int, places: Ints) -> Floats:
        """Lower Cholesky factor of a working correlation of some places."""
        key = (cell, places.tobytes())
        if key not in self._factors:
            share, km = self.cells[cell]
            near = np.exp(-self.far[np.ix_(places, places)] / km)
            one = (1 - share) * np.eye(len(places)) + share * near
            self._factors[key] = np.asarray(np.linalg.cholesky(one), dtype=np.float64)
        return self._factors[key]

    def errors(self, cell: int) -> Floats:
        """Errors drawn under a working model for every place, shape (n, draws)."""
        if cell not in self._errors:
            everywhere = np.arange(len(self.xy_km))
            self._errors[cell] = self.factor(cell, everywhere) @ self.normals
        return self._errors[cell]

    def calm(self, cell: int, compared: Ints) -> list[tuple[Floats, Floats]]:
        """Scores of the places compared with, and their own part of the variance.

        The same for every design that compares with them, and most of the work.

        Parameters
        ----------
        cell : int
            The working model.
        compared : array of int, shape (m,)
            The places.

        Returns
        -------
        list of (array of float, array of float)
            For the columns of the Cholesky factor, then for the draws: scores, shape
            (m, columns), and the variance that they alone make, shape (columns,).
        """
        key = (cell, compared.tobytes())
        if key not in self._calm:
            near = self.kernel[np.ix_(compared, compared)]
            low = self.factor(cell, np.arange(len(self.xy_km)))
            parts = []
            for errors in (low[compared], self.errors(cell)[compared]):
                score = (errors.mean(axis=0) - errors) / len(compared)
                parts.append((score, np.einsum("ib,ib->b", score, near @ score)))
            self._calm[key] = parts
        return self._calm[key]

    @cached_property
    def _calm(self) -> dict[tuple[int, bytes], list[tuple[Floats, Floats]]]:
        return {}

    @cached_property
    def _errors(self) -> dict[int, Floats]:
        return {}

    def choose(self, places: Ints, groups: Ints, value: Floats) -> Ints:
        """Choose the working model by restricted likelihood.

        Parameters
        ----------
        places : array of int, shape (m,)
            The places.
        groups : array of int, shape (m,)
            Group of each; every group has its own mean.
        value : array of float, shape (m, draws)
            One figure a place, for each of several data sets.

        Returns
        -------
        array of int, shape (draws,)
            The most likely of `cells`.
        """
        means = (groups[:, None] == np.unique(groups)[None]).astype(float)
        free = len(places) - means.shape[1]
        likely = []
        for cell in range(len(self.cells)):
            low = self.factor(cell, places)
            white = solve_triangular(low, value, lower=True)
            basis, triangle = np.linalg.qr(solve_triangular(low, means, lower=True))
            rest = white - basis @ (basis.T @ white)
            shrink = 2 * np.log(np.diag(low)).sum() + 2 * np.log(np.abs(np.diag(triangle))).sum()
            spread = np.maximum((rest**2).sum(axis=0), np.finfo(float).tiny)
            likely.append(-0.5 * (free * np.log(spread / free) + shrink))
        return np.asarray(np.argmax(likely, axis=0), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Spread:
    """How an estimate of one design scatters under one working model.

    Attributes
    ----------
    space : Space
        Where the places lie.
    design : Design
        What is estimated.
    cell : int
        The working model.
    """

    space: Space
    design: Design
    cell: int

    @cached_property
    def _shape(self) -> tuple[Ints, Floats, int]:
        panel = np.zeros(
            (len(self.space.xy_km), int(max(self.design.year.max(), self.design.base.max())) + 1)
        )
        places, weight, _ = self.design.contrasts(panel)
        return places, weight, len(places) - len(self.design.compared)

    def residuals(self, value: Floats) -> Floats:
        """Deviations from the mean of the own side, shape like `value`."""
        _, weight, split = self._shape
        out = np.array(value, dtype=float)
        out[:split] -= np.tensordot(weight[:split], value[:split], axes=1)
        out[split:] += np.tensordot(weight[split:], value[split:], axes=1)
        return out

    def raw(self, value: Floats) -> Floats:
        """Conley's variance before correction, shape () or (draws,)."""
        places, weight, _ = self._shape
        score = (self.residuals(value).T * weight).T
        near = self.space.kernel[np.ix_(places, places)]
        return np.einsum("i...,i...->...", score, near @ score)  # type: ignore[no-any-return]

    @cached_property
    def drawn(self) -> tuple[float, Floats]:
        """Correction of the variance, and sizes of the studentised draws (ascending)."""
        places, weight, split = self._shape
        compared = self.design.compared
        near = self.space.kernel[np.ix_(places[:split], places[:split])]
        across = self.space.kernel[np.ix_(places[:split], compared)]
        low = self.space.factor(self.cell, np.arange(len(self.space.xy_km)))[places]
        errors = self.space.errors(self.cell)[places]
        raw = []
        for values, (calm, alone) in zip(
            (low, errors), self.space.calm(self.cell, compared), strict=True
        ):
            own = values[:split] - weight[:split] @ values[:split]
            score = own * weight[:split, None]
            raw.append(alone + np.einsum("ib,ib->b", score, near @ score + 2 * (across @ calm)))
        # The mean of a quadratic form in errors L z is its sum over the columns of L.
        correction = float(((weight @ low) ** 2).sum()) / float(raw[0].sum())
        return correction, np.sort(np.abs(weight @ errors) / np.sqrt(correction * raw[1]))

    def infer(self, panel: Floats, level: float) -> tuple[Floats, Floats, Floats, Floats]:
        """Estimate with interval.

        Parameters
        ----------
        panel : array of float, shape (places, years) or (places, years, draws)
            The outcome.
        level : float
            Level of the interval.

        Returns
        -------
        estimate, se, half, p : array of float, shape () or (draws,)
            Estimate, standard error, half the interval, and p-value.
        """
        _, weight, value = self.design.contrasts(panel)
        estimate = np.tensordot(weight, value, axes=1)
        correction, sizes = self.drawn
        se = np.sqrt(correction * self.raw(value))
        half = np.quantile(sizes, level) * se
        with np.errstate(divide="ignore", invalid="ignore"):
            beyond = len(sizes) - np.searchsorted(sizes, np.abs(estimate) / se, side="left")
        p = np.asarray((1.0 + beyond) / (1.0 + len(sizes)), dtype=np.float64)
        return np.asarray(estimate), se, np.asarray(half, dtype=np.float64), p

    def told(self, panel: Floats, level: float) -> Inference:
        """Estimate from one panel, as a record."""
        estimate, se, half, p = (float(x) for x in self.infer(panel, level))
        return Inference(
            estimate, se, estimate - half, estimate + half, p,
            len(self.design.places), len(self.design.compared),
        )  # fmt: skip


def covariance(spreads: Sequence[Spread], panel: Floats) -> tuple[Floats, Floats]:
    """Estimate several designs at once, with Conley's covariance between them.

    Parameters
    ----------
    spreads : sequence of Spread
        The designs, k of them.
    panel : array of float, shape (places, years)
        The outcome.

    Returns
    -------
    estimate : array of float, shape (k,)
        The estimates.
    variance : array of float, shape (k, k)
        Covariance, each pair corrected by the geometric mean of its corrections.
    """
    score = np.zeros((len(panel), len(spreads)))
    estimate = np.zeros(len(spreads))
    for column, spread in enumerate(spreads):
        places, weight, value = spread.design.contrasts(panel)
        estimate[column] = weight @ value
        score[places, column] = spread.residuals(value) * weight
    root = np.sqrt([spread.drawn[0] for spread in spreads])
    return estimate, score.T @ spreads[0].space.kernel @ score * np.outer(root, root)


def joint_p(spreads: Sequence[Spread], panel: Floats) -> float:
    """Test that several designs estimate nothing at all (no trend before the opening).

    A Wald statistic, whose distribution is drawn under the working model: errors shared in
    space as chosen, and between the years as the places compared with show it.

    Parameters
    ----------
    spreads : sequence of Spread
        The designs, k of them; all compare with the same places.
    panel : array of float, shape (places, years)
        The outcome.

    Returns
    -------
    float
        Share of the draws whose statistic is at least as large.
    """
    space, cell = spreads[0].space, spreads[0].cell
    parts = [spread.design.contrasts(panel) for spread in spreads]
    calm = np.stack([value[len(value) - len(s.design.compared) :]
                     for s, (_, _, value) in zip(spreads, parts, strict=True)], axis=1)  # fmt: skip
    common = np.cov(calm, rowvar=False).reshape(len(spreads), len(spreads))
    # A hair of nugget: years may be copies of each other.
    common = common + np.eye(len(common)) * 1e-9 * max(float(np.trace(common)), 1e-300)
    used = np.unique(np.concatenate([places for places, _, _ in parts]))
    at = [np.searchsorted(used, places) for places, _, _ in parts]
    kernel = space.kernel[np.ix_(used, used)]
    errors = space.errors(cell)[used]
    draws = errors.shape[1]
    shifts = [np.roll(errors, k * (draws // len(spreads)), axis=1) for k in range(len(spreads))]
    mixed = np.einsum("kl,lib->kib", np.linalg.cholesky(common), np.stack(shifts))

    def wald(values: Sequence[Floats]) -> Floats:
        many = values[0].shape[1]
        off = np.stack([w @ v for (_, w, _), v in zip(parts, values, strict=True)])
        score = np.zeros((len(spreads), len(used), many))
        for k, (spread, (_, weight, _), value) in enumerate(
            zip(spreads, parts, values, strict=True)
        ):
            score[k, at[k]] = spread.residuals(value) * weight[:, None]
        near = np.stack([kernel @ s for s in score])
        variance = np.einsum("kib,lib->bkl", score, near)
        solved = np.linalg.solve(variance, off.T[:, :, None])[:, :, 0]
        return np.einsum("kb,bk->b", off, solved)  # type: ignore[no-any-return]

    seen = wald([value[:, None] for _, _, value in parts])[0]
    drawn = wald([mixed[k][places] for k, places in enumerate(at)])
    return float((1 + (drawn >= seen).sum()) / (1 + draws))


def working_model(space: Space, designs: Sequence[Design], panel: Floats) -> Ints:
    """Choose one working model for all designs together.

    Parameters
    ----------
    space : Space
        Where the places lie.
    designs : sequence of Design
        One a ring; all compare with the same places.
    panel : array of float, shape (places, years) or (places, years, draws)
        The outcome.

    Returns
    -------
    array of int, shape (1,) or (draws,)
        Positions in ``space.cells``.
    """
    every = Design(
        np.concatenate([design.place for design in designs]),
        np.concatenate([design.year for design in designs]),
        np.concatenate([design.base for design in designs]),
        designs[0].compared,
    )
    places, weight, value = every.contrasts(panel)
    groups = np.full(len(places), -1)
    for number, design in enumerate(designs):
        groups[np.isin(places, design.places) & (weight > 0)] = number
    return space.choose(places, groups, value.reshape(len(places), -1))
