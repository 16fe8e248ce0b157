"""What will happen: projected once for a territory, and read for any alliance.

The bounds of an alliance are not the sums of its members' bounds: bad luck in one place is
partly good luck in the next. They are read from the simulated futures themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.projection import Projection, project
from gangso.projection.cycle import loop_of
from gangso.projection.kernel import Loop
from gangso.projection.model import carry_on
from gangso.projection.project import Prepared, prepare, simulate
from gangso.projection.tables import INTERVAL, POPULATION
from gangso.scenario import Scenario
from gangso.territory import Territory

__all__ = ["Outlook", "fan", "look_ahead"]


@dataclass(frozen=True, eq=False)
class Outlook:
    """What will happen without any plan.

    Attributes
    ----------
    scenario : Scenario
        Options it was made under.
    prepared : Prepared
        Rates and chance.
    projection : Projection
        Paths and intervals of every municipality.
    futures : ndarray of float32, shape (D, H, n)
        Residents in every simulated future, municipalities as in `prepared`.
    """

    scenario: Scenario
    prepared: Prepared
    projection: Projection
    futures: npt.NDArray[np.float32]


def look_ahead(
    territory: Territory, scenario: Scenario, progress: Callable[[float], None] | None = None
) -> Outlook:
    """Project a territory and keep its futures.

    Parameters
    ----------
    territory : Territory
        The territory.
    scenario : Scenario
        Options of projection and diagnosis.
    progress : callable, optional
        Told the share done.

    Returns
    -------
    Outlook
        The outlook.

    Raises
    ------
    BadInputError
        If the data do not allow a projection.
    """
    tell = progress or (lambda _: None)
    prepared = prepare(territory, scenario.projection, scenario.diagnosis)
    tell(0.4)
    made = project(territory, scenario, prepared=prepared, progress=lambda s: tell(0.4 + 0.4 * s))
    main = _loop(scenario, prepared, made, made.strength, ())
    drawn = simulate(prepared, scenario, (main,), None, lambda s: tell(0.8 + 0.2 * s))[0]
    return Outlook(scenario, prepared, made, drawn[:, POPULATION].copy())


def _loop(
    scenario: Scenario,
    prepared: Prepared,
    made: Projection,
    strength: str,
    members: Sequence[str],
) -> Loop:
    options = scenario.projection.feedback
    base = prepared.cohorts.persons[:, -1]
    young = float(base[:, :, 3:8].sum() / base.sum())
    together = np.full(len(prepared.cohorts.codes), -1, dtype=np.int64)
    if len(members) > 1:
        together[np.isin(prepared.cohorts.codes, list(members))] = 0
    return loop_of(options, made.bundle, strength, young, together)


def fan(outlook: Outlook, members: Sequence[str]) -> pd.DataFrame:
    """Say how many people will live in a group of municipalities.

    Parameters
    ----------
    outlook : Outlook
        The outlook of the territory.
    members : sequence of str
        Codes of the members.

    Returns
    -------
    DataFrame
        Index ``year``, observed years first: ``population`` (observed, then projected without
        any plan), ``observed``, ``low`` and ``high`` (80 % interval over the futures),
        ``together`` (projected if the members serve together, no chance; missing for a single
        municipality or without services in the cycle).
    """
    cohorts, made = outlook.prepared.cohorts, outlook.projection
    rows = np.flatnonzero(np.isin(cohorts.codes, list(members)))
    past = pd.Series(cohorts.totals[rows].sum(axis=0), index=list(cohorts.years))
    past = past[past.index.isin(cohorts.known_years)]
    years = [made.base_year + k for k in range(1, made.horizon + 1)]
    own = made.places.loc[[cohorts.codes[row] for row in rows], "population"]
    ahead = own.groupby(level="year").sum()
    table = pd.DataFrame(index=pd.Index([*past.index, *years], name="year"))
    table["population"] = [*past, *ahead.loc[years]]
    table["observed"] = table.index <= made.base_year
    for column, bound in zip(("low", "high"), INTERVAL, strict=True):
        table[column] = np.nan
        if len(outlook.futures):
            total = outlook.futures[:, :, rows].astype(float).sum(axis=2)
            table.loc[years, column] = np.quantile(total, bound, axis=0)
    table["together"] = np.nan
    if len(members) > 1 and len(made.bundle.services):
        strength = made.strength if made.strength != "off" else "mid"
        loop = _loop(outlook.scenario, outlook.prepared, made, strength, members)
        path = carry_on(outlook.prepared.inputs, made.horizon, loop)
        table.loc[years, "together"] = path.totals[1:, rows].sum(axis=1)
    return table
