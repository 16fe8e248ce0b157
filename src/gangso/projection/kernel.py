"""The compiled loop: one year's step of all municipalities, and the paths made of it.

Every path, with feedback or without, simulated or not, is made by the same step; a factor that
is off is exactly 1, so that it changes no bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["Inputs", "Loop", "no_loop", "run_draws", "run_path"]

Floats = npt.NDArray[np.float64]

YOUNG = (15, 40)  # ages reached that answer to services lost
# Children, the young, the middle and the old: groups that chance moves together.
BANDS = (0, 3, 8, 13)  # first group of each
_YOUNG_BAND = 1
LEAST = 1e-9  # persons under whom nothing is divided


class Inputs(NamedTuple):
    """What drives every path; H years, n municipalities, X single ages, A groups.

    Attributes
    ----------
    base : ndarray, shape (n, 2, X)
        Persons at the start.
    kept, kept_open, hazard, schedule, relative_fertility
        As in `Rates`.
    girls : float
        Share of girls among births.
    level : ndarray, shape (H, n)
        Log net migration by year ahead.
    pattern : ndarray, shape (H, n, 2, A)
        Factor by year ahead and age group reached.
    fertility : ndarray, shape (H,)
        Births over weighted women, by year ahead.
    given : ndarray, shape (H,)
        Persons of the nation; NaN where the projection's own stand.
    moves : ndarray, shape (n, n) or (0, 0)
        Moves a year from origin (row) to destination per resident of the origin; empty: the
        level stands as it is.
    """

    base: Floats
    kept: Floats
    kept_open: Floats
    hazard: Floats
    schedule: Floats
    relative_fertility: Floats
    girls: float
    level: Floats
    pattern: Floats
    fertility: Floats
    given: Floats
    moves: Floats


class Loop(NamedTuple):
    """The feedback from services to migration.

    Attributes
    ----------
    strength : float
        Log out-migration a year of the young, once every service is lost; 0 is off.
    lag : int
        Years from the loss to the leaving.
    middle, slope : ndarray, shape (v,)
        Log population at which half of the places have a service, and steepness.
    alliance : ndarray of int, shape (n,)
        Number of the alliance; -1 for none.
    start : int
        Years ahead from which alliances serve together.
    """

    strength: float
    lag: int
    middle: Floats
    slope: Floats
    alliance: npt.NDArray[np.int64]
    start: int


def no_loop(count: int) -> Loop:
    """Return the loop that is off.

    Parameters
    ----------
    count : int
        Number of municipalities.

    Returns
    -------
    Loop
        Strength 0, no services.
    """
    return Loop(0.0, 1, np.zeros(0), np.zeros(0), np.full(count, -1, dtype=np.int64), 0)


@numba.njit(cache=True)
def _presence(people, middle, slope, alliance, together, out):  # type: ignore[no-untyped-def]
    """Mean chance that a service is there, by the population served."""
    n = people.shape[0]
    pooled = np.zeros(n)
    for i in range(n):
        if alliance[i] >= 0:
            pooled[alliance[i]] += people[i]
    for i in range(n):
        served = people[i]
        if together and alliance[i] >= 0:
            served = pooled[alliance[i]]
        log = np.log(max(served, LEAST))
        total = 0.0
        for v in range(middle.shape[0]):
            total += 1.0 / (1.0 + np.exp(-slope[v] * (log - middle[v])))
        out[i] = total / max(middle.shape[0], 1)


@numba.njit(cache=True)
def _totals(now, out):  # type: ignore[no-untyped-def]
    for i in range(now.shape[0]):
        total = 0.0
        for s in range(2):
            for x in range(now.shape[2]):
                total += now[i, s, x]
        out[i] = total


@numba.njit(cache=True)
def _nation(nation, kept, kept_open, schedule, fertility, girls, given, out):  # type: ignore[no-untyped-def]
    """Carry the nation on; it is what the municipalities add up to."""
    ages = nation.shape[1]
    for s in range(2):
        for x in range(1, ages):
            out[s, x] = nation[s, x - 1] * kept[s, x]
        out[s, ages - 1] += nation[s, ages - 1] * kept_open[s]
    women = 0.0
    for x in range(ages):
        women += out[0, x] * schedule[x]
    out[0, 0] = fertility * women * girls
    out[1, 0] = fertility * women * (1.0 - girls)
    if not np.isnan(given):
        total = 0.0
        for s in range(2):
            for x in range(ages):
                total += out[s, x]
        for s in range(2):
            for x in range(ages):
                out[s, x] *= given / total


@numba.njit(cache=True)
def _step(  # type: ignore[no-untyped-def]
    now, then, nation, kept, kept_open, schedule, relative, girls, fertility, pattern, factor
):
    """One year: survivors and movers by age, births, and the adjustment to the nation."""
    n, _, ages = now.shape
    last = pattern.shape[2] - 1
    sums = np.zeros((2, ages))
    for i in range(n):
        for s in range(2):
            band = 0
            for g in range(last + 1):
                if band + 1 < len(BANDS) and g >= BANDS[band + 1]:
                    band += 1
                low = max(g * 5, 1)
                high = min(g * 5 + 5, ages)
                moved = factor[i, band] * pattern[i, s, g]
                for x in range(low, high):
                    then[i, s, x] = now[i, s, x - 1] * kept[s, x] * moved
            stay = kept_open[s] * factor[i, band] * pattern[i, s, last]
            then[i, s, ages - 1] += now[i, s, ages - 1] * stay
        women = 0.0
        for x in range(1, ages):
            women += then[i, 0, x] * schedule[x]
        born = fertility * women * relative[i]
        then[i, 0, 0] = born * girls
        then[i, 1, 0] = born * (1.0 - girls)
        for s in range(2):
            for x in range(ages):
                sums[s, x] += then[i, s, x]
    for s in range(2):
        for x in range(ages):
            sums[s, x] = nation[s, x] / sums[s, x] if sums[s, x] > LEAST else 1.0
    for i in range(n):
        for s in range(2):
            for x in range(ages):
                then[i, s, x] *= sums[s, x]


@numba.njit(cache=True)
def _levels(level, people, moves, out):  # type: ignore[no-untyped-def]
    """Levels of a year: as given, or net moves between origins and destinations."""
    n = level.shape[0]
    if moves.shape[0] == 0:
        for i in range(n):
            out[i] = level[i]
        return
    for i in range(n):
        out[i] = 0.0
    for j in range(n):
        for i in range(n):
            if i != j:
                amount = people[j] * moves[j, i]
                out[i] += amount
                out[j] -= amount
    for i in range(n):
        out[i] = level[i] + np.log(max(1.0 + out[i] / max(people[i], LEAST), 0.05))


@numba.njit(cache=True)
def _march(inputs, loop, shock, load, fertility_shock, years, states):  # type: ignore[no-untyped-def]
    """Fill ``states[k]`` for every year, from ``states[0]``."""
    n, ages = inputs.base.shape[0], inputs.base.shape[2]
    nation = np.zeros((2, ages))
    for i in range(n):
        for s in range(2):
            for x in range(ages):
                nation[s, x] += inputs.base[i, s, x]
    people = np.zeros(n)
    level = np.zeros(n)
    factor = np.ones((n, len(BANDS)))
    before = np.zeros(n)  # chance of services at the start, every place for itself
    present = np.zeros((years + 1, n))
    target = np.zeros((2, ages))
    _totals(inputs.base, people)
    _presence(people, loop.middle, loop.slope, loop.alliance, False, before)
    for k in range(years):
        _totals(states[k], people)
        _presence(people, loop.middle, loop.slope, loop.alliance, k >= loop.start, present[k])
        _levels(inputs.level[k], people, inputs.moves, level)
        for i in range(n):
            lost = 0.0
            if k >= loop.lag:
                lost = max(before[i] - present[k - loop.lag, i], 0.0)
            for band in range(len(BANDS)):
                factor[i, band] = np.exp(level[i] + shock[k, i, 0] * load[band])
            factor[i, _YOUNG_BAND] *= np.exp(shock[k, i, 1] - loop.strength * lost)
        fertility = inputs.fertility[k] * np.exp(fertility_shock[k])
        _nation(
            nation, inputs.kept, inputs.kept_open, inputs.schedule, fertility, inputs.girls,
            inputs.given[k], target,
        )  # fmt: skip
        _step(
            states[k], states[k + 1], target, inputs.kept, inputs.kept_open, inputs.schedule,
            inputs.relative_fertility, inputs.girls, fertility, inputs.pattern[k], factor,
        )  # fmt: skip
        for s in range(2):
            for x in range(ages):
                nation[s, x] = target[s, x]


def run_path(inputs: Inputs, loop: Loop, years: int) -> Floats:
    """Carry the population on without chance.

    Parameters
    ----------
    inputs : Inputs
        Rates by year ahead.
    loop : Loop
        The feedback; `no_loop` for none.
    years : int
        How many, at most as many as the inputs have.

    Returns
    -------
    ndarray, shape (years + 1, n, 2, X)
        Persons, from the base on.
    """
    states = np.zeros((years + 1, *inputs.base.shape))
    states[0] = inputs.base
    count = inputs.base.shape[0]
    still = np.zeros((years, count, 2))
    _march(inputs, loop, still, np.zeros(len(BANDS)), np.zeros(years), years, states)
    return states


@numba.njit(cache=True)
def _indicators(states, bounds, out):  # type: ignore[no-untyped-def]
    """Population, women and old of the index, births, the young; by year and municipality."""
    for k in range(1, states.shape[0]):
        for i in range(states.shape[1]):
            total = 0.0
            women = 0.0
            old = 0.0
            young = 0.0
            for s in range(2):
                for x in range(states.shape[3]):
                    value = states[k, i, s, x]
                    total += value
                    if x >= bounds[2]:
                        old += value
                    if s == 0 and x >= bounds[0] and x < bounds[1]:
                        women += value
                    if x >= YOUNG[0] and x < YOUNG[1]:
                        young += value
            out[0, k - 1, i] = total
            out[1, k - 1, i] = women / old if old > LEAST else np.nan
            out[2, k - 1, i] = states[k, i, 0, 0] + states[k, i, 1, 0]
            out[3, k - 1, i] = young


@numba.njit(cache=True)
def _draws(inputs, loop, shocks, load, fertility_shocks, bounds, out):  # type: ignore[no-untyped-def]
    draws, years = shocks.shape[0], shocks.shape[1]
    states = np.zeros((years + 1, *inputs.base.shape))
    states[0] = inputs.base
    for d in range(draws):
        _march(inputs, loop, shocks[d], load, fertility_shocks[d], years, states)
        _indicators(states, bounds, out[d])


def run_draws(
    inputs: Inputs,
    loop: Loop,
    shocks: Floats,
    load: Floats,
    fertility_shocks: Floats,
    bounds: npt.NDArray[np.int64],
) -> Floats:
    """Carry the population on under shocks; only summaries are kept.

    Parameters
    ----------
    inputs : Inputs
        Rates by year ahead.
    loop : Loop
        The feedback.
    shocks : ndarray, shape (D, H, n, 2)
        Added to the log net migration: of all, times the load of their band of ages, and of
        the young alone.
    load : ndarray, shape (4,)
        How much each band of ages (0-14, 15-39, 40-64, 65 and older) takes of the first.
    fertility_shocks : ndarray, shape (D, H)
        Added to the log of the nation's fertility.
    bounds : ndarray of int, shape (3,)
        Ages of the index: women from, women below, old from.

    Returns
    -------
    ndarray, shape (D, 4, H, n)
        Population, index, births, residents aged 15 to 39.
    """
    draws, years, count, _ = shocks.shape
    out = np.empty((draws, 4, years, count))
    _draws(inputs, loop, shocks, load, fertility_shocks, bounds, out)
    return out
