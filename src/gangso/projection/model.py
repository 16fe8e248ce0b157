"""The plain projection: rates that fade, carried on year by year, and its balance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gangso.projection.ages import fold
from gangso.projection.kernel import Inputs, Loop, no_loop, run_path
from gangso.projection.rates import Rates
from gangso.scenario.projection import RateOptions

__all__ = ["Chosen", "Path", "carry_on", "inputs_of"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chosen:
    """The figures that are chosen on past windows.

    Attributes
    ----------
    level_memory : float
        Weight of a year's migration level against the next year's.
    level_damping : float
        Share of a place's migration level kept each year ahead.
    fertility_trend : float
        Share of the last change of fertility carried on each year ahead.
    """

    level_memory: float
    level_damping: float
    fertility_trend: float


@dataclass(frozen=True, eq=False)
class Path:
    """A population carried on, with its balance; H years, n municipalities.

    Attributes
    ----------
    persons : ndarray, shape (H + 1, n, 2, A)
        Persons by sex and five-year group, from the last year observed on.
    births, deaths, net_migration : ndarray, shape (H, n)
        Flows of each year: persons(t + 1) = persons(t) + births - deaths + net_migration.
    """

    persons: Floats
    births: Floats
    deaths: Floats
    net_migration: Floats

    @property
    def totals(self) -> Floats:
        """Population, shape (H + 1, n)."""
        return np.asarray(self.persons.sum(axis=(2, 3)))


def inputs_of(
    rates: Rates,
    options: RateOptions,
    chosen: Chosen,
    years: int,
    *,
    given: Mapping[int, float] | None = None,
    moves: Floats | None = None,
) -> Inputs:
    """Lay the rates out by year ahead.

    Parameters
    ----------
    rates : Rates
        Rates of the last year observed.
    options : RateOptions
        Damping of the age pattern.
    chosen : Chosen
        Damping of the level, trend of fertility.
    years : int
        How many years ahead.
    given : mapping of int to float, optional
        Persons of the nation by number of years ahead (1 is the first).
    moves : ndarray, shape (n, n), optional
        Moves a year per resident of the origin; they take the place of the level.

    Returns
    -------
    Inputs
        What the kernel runs on.
    """
    ahead = np.arange(1, years + 1, dtype=float)
    level = rates.level * chosen.level_damping ** ahead[:, None]
    fade = options.pattern_damping**ahead
    change = rates.fertility_change * np.cumsum(chosen.fertility_trend**ahead)
    totals = np.full(years, np.nan)
    for year, persons in (given or {}).items():
        if 1 <= year <= years:
            totals[year - 1] = persons
    return Inputs(
        base=rates.base,
        kept=rates.kept,
        kept_open=rates.kept_open,
        hazard=rates.hazard,
        schedule=rates.schedule,
        relative_fertility=rates.relative_fertility,
        girls=rates.girls,
        level=level if moves is None else np.zeros_like(level),
        pattern=np.exp(rates.pattern[None] * fade[:, None, None, None]),
        fertility=rates.fertility * np.exp(change),
        given=totals,
        moves=np.zeros((0, 0)) if moves is None else moves,
    )


def carry_on(inputs: Inputs, years: int, loop: Loop | None = None) -> Path:
    """Carry the population on and draw up its balance.

    Parameters
    ----------
    inputs : Inputs
        Rates by year ahead.
    years : int
        How many years.
    loop : Loop, optional
        Feedback from services to migration; none by default.

    Returns
    -------
    Path
        Groups and flows.
    """
    states = run_path(inputs, loop or no_loop(len(inputs.base)), years)
    totals = states.sum(axis=(2, 3))
    births = states[1:, :, :, 0].sum(axis=2)
    deaths = np.einsum("knsx,sx->kn", states[:-1], inputs.hazard)
    # What is neither born nor dead has moved; the adjustment to the nation is in here, too.
    moved = totals[1:] - totals[:-1] - births + deaths
    return Path(fold(states), births, deaths, moved)
