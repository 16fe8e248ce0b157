r"""Chance: how far off the projection was in the past, drawn again for the future.

The log error of a place's population h years ahead is taken as a sum of yearly shocks that
persist,

.. math:: e_i(h) = \sum_{k \le h} u_i(k), \quad u_i(k) = \rho\, u_i(k-1) + \sigma_i\, z_i(k),
    \quad z_i = \sqrt{c}\; g_{p(i)} + \sqrt{1-c}\; b_i,

with :math:`\sigma_i` by size and by how fast the place was moving, :math:`g` common to the
province and :math:`b` drawn from the errors of the past themselves, so that their long tails stay.
:math:`\sigma` is set so that four fifths of past errors lie within four fifths of the normal
distribution. The young have a shock of their own beside it, from the errors of the
extinction-risk index.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gangso.projection.ages import index_of
from gangso.projection.backtest import History, Window
from gangso.projection.kernel import BANDS
from gangso.projection.model import Chosen
from gangso.scenario import DiagnosisOptions
from gangso.scenario.projection import RateOptions

__all__ = ["Noise", "draw_shocks", "learn_noise"]

Floats = npt.NDArray[np.float64]

_MIDDLE = 0.8  # the share of errors that the scale is set on
_NORMAL = 1.2815515594600038  # half-width that holds it under the normal distribution
_CLIP = 4.0  # standardised errors beyond are towns that were founded or cleared: they stay, capped
_RHO = np.arange(0.0, 1.0, 0.05)
_FEW = 30  # with fewer errors than this, a figure is not estimated
# Without any window to learn from: about what Korea's municipalities show.
_DEFAULT_SCALE, _DEFAULT_RHO, _DEFAULT_SHARE = 0.01, 0.5, 0.1
_DEFAULT_WEIGHT = 2  # the default persistence counts as so many pairs of horizons
_MOST_SHARE = 0.6


@dataclass(frozen=True, eq=False)
class Noise:
    """Size and shape of chance.

    Attributes
    ----------
    scale, young_scale : ndarray, shape (n,)
        Standard deviation of a year's shock to the log population of a place, and to its
        young beside that.
    persistence : float
        Share of a shock that comes again the next year.
    province_share : float
        Share of the variance that is common to a province.
    load : ndarray, shape (4,)
        How much each band of ages takes of the shock; the population's mean is 1.
    fertility_scale : float
        Standard deviation of a year's change of the nation's log fertility.
    pool : ndarray
        Standardised errors of the past.
    errors : int
        How many errors all this rests on; 0: stated defaults.
    """

    scale: Floats
    young_scale: Floats
    persistence: float
    province_share: float
    load: Floats
    fertility_scale: float
    pool: Floats
    errors: int


@dataclass(frozen=True, eq=False)
class _Past:
    """Errors of one window."""

    horizon: int
    total: Floats  # log error, of those known
    index: Floats  # log error of the extinction-risk index
    bands: Floats  # log error by band, shape (m, 4)
    size: Floats  # log population
    pace: Floats  # size of the level
    province: npt.NDArray[np.int64]


def learn_noise(
    history: History,
    base: int,
    options: RateOptions,
    chosen: Chosen,
    diagnosis: DiagnosisOptions | None = None,
) -> Noise:
    """Measure past errors on windows that end at the base at the latest.

    Parameters
    ----------
    history : History
        What was observed.
    base : int
        Last year that may be seen.
    options : RateOptions
        Shrinkage.
    chosen : Chosen
        Memory, damping and trend of the projection whose errors these are.
    diagnosis : DiagnosisOptions, optional
        Age limits of the index.

    Returns
    -------
    Noise
        Size and shape of chance for the municipalities known at the base.
    """
    rates = history.rates(base, options, chosen.level_memory)
    size = np.log(np.maximum(rates.base.sum(axis=(1, 2)), 1.0))
    pace = np.abs(rates.level)
    # A base with one year of past errs more than any later one: it is left out if others are.
    windows = history.windows(base)
    windows = tuple(w for w in windows if w.base > history.years[1]) or windows
    limits = diagnosis or DiagnosisOptions()
    past = [_errors(history, window, options, chosen, limits) for window in windows]
    fertility = _fertility_scale(history, base, chosen, options)
    count = sum(len(one.total) for one in past)
    if count < _FEW:
        return Noise(
            scale=np.full(len(size), _DEFAULT_SCALE),
            young_scale=np.full(len(size), _DEFAULT_SCALE),
            persistence=_DEFAULT_RHO,
            province_share=_DEFAULT_SHARE,
            load=np.ones(len(BANDS)),
            fertility_scale=fertility,
            pool=np.random.default_rng(0).normal(size=1000),
            errors=0,
        )
    rho, load = _persistence(past), _load(past)
    slopes, unit = _spread(past, rho, [one.total for one in past])
    # What the common shock, with its loads, leaves of the error of the index.
    left = [one.index - (load[1] - load[3]) * one.total for one in past]
    young_slopes, young_unit = _spread(past, rho, left)
    scaled = [one.total / (_growth(one.horizon, rho) * _sigma(one, slopes, unit)) for one in past]
    pool = np.clip(np.concatenate(scaled), -_CLIP, _CLIP)
    features = np.column_stack([np.ones(len(size)), size, pace])
    return Noise(
        scale=unit * np.exp(features @ slopes),
        young_scale=young_unit * np.exp(features @ young_slopes),
        persistence=rho,
        province_share=_province_share(past, scaled),
        load=load,
        fertility_scale=fertility,
        # Of variance 1: the sums over years are then as wide as the scale says.
        pool=(pool - pool.mean()) / pool.std(),
        errors=count,
    )


def _errors(
    history: History,
    window: Window,
    options: RateOptions,
    chosen: Chosen,
    diagnosis: DiagnosisOptions,
) -> _Past:
    actual, known = history.actual(window)
    made = history.project(window.base, window.horizon, options, chosen)[-1]
    past = history.past(window.base)
    rates = history.rates(window.base, options, chosen.level_memory)

    def bands(persons: Floats) -> Floats:
        cut = [*BANDS, persons.shape[2]]
        groups = persons.sum(axis=1)
        parts = [groups[:, a:b].sum(axis=1) for a, b in pairwise(cut)]
        return np.asarray(np.maximum(np.column_stack(parts), 1.0))

    true, guess = bands(actual[known]), bands(made[known])
    index = index_of(actual[known], diagnosis) / index_of(made[known], diagnosis)
    by_band = np.log(true / guess)
    total = np.log(true.sum(axis=1) / guess.sum(axis=1))
    return _Past(
        horizon=window.horizon,
        total=total,
        index=np.where(np.isfinite(index), np.log(np.maximum(index, 1e-3)), 0.0),
        bands=by_band,
        size=np.log(np.maximum(past.cohorts.totals[known, -1], 1.0)),
        pace=np.abs(rates.level[known]),
        province=past.cohorts.province[known],
    )


def _growth(horizon: int, rho: float) -> float:
    """Standard deviation of the sum of so many years' persistent shocks of scale 1."""
    weights = [sum(rho**m for m in range(horizon - j)) for j in range(horizon)]
    return float(np.sqrt(sum(weight**2 for weight in weights)))


def _persistence(past: list[_Past]) -> float:
    """The persistence under which errors of every horizon have the same scale."""
    horizons = sorted({one.horizon for one in past})
    if len(horizons) < 2:
        return _DEFAULT_RHO
    scale = [
        np.quantile(np.abs(np.concatenate([p.total for p in past if p.horizon == h])), _MIDDLE)
        for h in horizons
    ]

    def uneven(rho: float) -> float:
        pairs = zip(scale, horizons, strict=True)
        return float(np.std([np.log(s / _growth(h, rho)) for s, h in pairs]))

    # Two horizons say little about growth over five years: they are mixed with the default.
    weight = len(horizons) - 1
    best = float(min(_RHO, key=uneven))
    return (weight * best + _DEFAULT_WEIGHT * _DEFAULT_RHO) / (weight + _DEFAULT_WEIGHT)


def _spread(past: list[_Past], rho: float, errors: list[Floats]) -> tuple[Floats, float]:
    """How the scale of errors goes with size and pace (log-linear), and its level."""
    pairs = zip(past, errors, strict=True)
    error = np.concatenate([found / _growth(one.horizon, rho) for one, found in pairs])
    features = np.column_stack([
        np.ones(len(error)),
        np.concatenate([one.size for one in past]),
        np.concatenate([one.pace for one in past]),
    ])  # fmt: skip
    log = np.log(np.maximum(np.abs(error), np.quantile(np.abs(error), 0.05) + 1e-6))
    slopes = np.linalg.lstsq(features, log, rcond=None)[0]
    # Larger places are never less certain, nor are faster ones more certain.
    slopes[1] = np.clip(slopes[1], -0.5, 0.0)
    slopes[2] = np.clip(slopes[2], 0.0, 60.0)
    slopes[0] = np.mean(log - features[:, 1:] @ slopes[1:])
    within = np.quantile(np.abs(error) / np.exp(features @ slopes), _MIDDLE)
    return slopes, float(within / _NORMAL)


def _sigma(one: _Past, slopes: Floats, unit: float) -> Floats:
    return np.asarray(unit * np.exp(slopes[0] + slopes[1] * one.size + slopes[2] * one.pace))


def _province_share(past: list[_Past], scaled: list[Floats]) -> float:
    """Mean product of the standardised errors of two places of one province (one-way
    intraclass correlation); errors are clipped so that no single town decides."""
    products = pairs = squares = count = 0.0
    for one, errors in zip(past, scaled, strict=True):
        z = np.clip(errors, -2.0, 2.0)
        z = z - z.mean()
        total = np.bincount(one.province, z)
        square = np.bincount(one.province, z**2)
        number = np.bincount(one.province)
        products += float((total**2 - square).sum())
        pairs += float((number * (number - 1)).sum())
        squares += float((z**2).sum())
        count += len(z)
    if pairs == 0 or squares == 0:
        return _DEFAULT_SHARE
    return float(np.clip((products / pairs) / (squares / count), 0.0, _MOST_SHARE))


def _load(past: list[_Past]) -> Floats:
    """Slope of each band's error on the error of all, clipped errors again."""
    total = np.concatenate([one.total for one in past])
    bands = np.concatenate([one.bands for one in past])
    edge = 2.0 * np.quantile(np.abs(total), _MIDDLE)
    keep = np.abs(total) < edge
    slope = (bands[keep] * total[keep, None]).sum(axis=0) / (total[keep] ** 2).sum()
    return np.asarray(np.clip(slope, 0.0, 3.0))


def _fertility_scale(history: History, base: int, chosen: Chosen, options: RateOptions) -> float:
    """Root mean square of the changes of fertility that the trend did not foresee."""
    past = history.past(base)
    schedule = history.rates(base, options, chosen.level_memory).schedule
    rate = np.log(past.nation[:, :, 0].sum(axis=1) / (past.nation[:, 0] @ schedule))
    change = np.diff(rate)
    if len(change) < 2:
        return 0.05
    missed = change[1:] - chosen.fertility_trend * change[:-1]
    return float(np.sqrt(np.mean(missed**2)))


def draw_shocks(
    noise: Noise,
    province: npt.NDArray[np.int64],
    order: npt.NDArray[np.int64],
    years: int,
    entropy: int,
    draws: range,
) -> tuple[Floats, Floats]:
    """Draw the shocks of some futures; each future has a stream of its own.

    Parameters
    ----------
    noise : Noise
        Size and shape.
    province : ndarray of int, shape (n,)
        Province of every place.
    order : ndarray of int, shape (n,)
        Rank of every place's code: the same place gets the same shocks however the places
        are arranged.
    years : int
        Years ahead.
    entropy : int
        Seed of all streams.
    draws : range
        Numbers of the futures.

    Returns
    -------
    shocks : ndarray, shape (D, H, n, 2)
        For `run_draws`.
    fertility : ndarray, shape (D, H)
        Sums of the changes of log fertility.
    """
    count = len(province)
    shocks = np.empty((len(draws), years, count, 2))
    fertility = np.empty((len(draws), years))
    own, common = np.sqrt(1.0 - noise.province_share), np.sqrt(noise.province_share)
    scales = np.column_stack([noise.scale, noise.young_scale])
    for number, draw in enumerate(draws):
        rng = np.random.default_rng([entropy, draw])
        fertility[number] = np.cumsum(rng.normal(0.0, noise.fertility_scale, years))
        wide = rng.normal(size=(years, province.max() + 1, 2))
        local = noise.pool[rng.integers(len(noise.pool), size=(years, count, 2))]
        fresh = scales * (common * wide[:, province] + own * local[:, order])
        now = np.zeros((count, 2))
        for year in range(years):
            now = noise.persistence * now + fresh[year]
            shocks[number, year] = now
    return shocks, fertility
