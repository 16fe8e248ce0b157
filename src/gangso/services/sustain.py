"""Which services a population can sustain, alone or together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gangso.scenario import Threshold

__all__ = ["sustainable", "sustained_together"]


def sustainable(population: pd.Series, thresholds: Mapping[str, Threshold]) -> pd.DataFrame:
    """Say which services places of a size sustain.

    Parameters
    ----------
    population : Series
        Residents by place (municipality or alliance).
    thresholds : mapping of str to Threshold
        Population at which 50 % and 80 % of places have the service.

    Returns
    -------
    DataFrame
        Place × service: ``"safe"`` from the 80 % point on, ``"even"`` from the 50 % point on,
        else ``"no"``. Without an 80 % point nothing is safe.
    """
    residents = population.to_numpy(dtype=float)
    columns = {}
    for key, threshold in thresholds.items():
        safe = threshold.population_80
        enough = residents >= (np.inf if safe is None else safe)
        columns[key] = np.select(
            [enough, residents >= threshold.population_50], ["safe", "even"], "no"
        )
    return pd.DataFrame(columns, index=population.index, dtype="str")


def sustained_together(
    population: pd.Series, membership: pd.Series, thresholds: Mapping[str, Threshold]
) -> pd.DataFrame:
    """Say which services an alliance sustains that none of its members does alone.

    Parameters
    ----------
    population : Series
        Residents by municipality.
    membership : Series
        Alliance of each municipality; those without one are left out.
    thresholds : mapping of str to Threshold
        As for `sustainable`.

    Returns
    -------
    DataFrame
        Indexed by alliance: ``alone`` (services that the largest member sustains at least
        evenly), ``together`` (those that the alliance sustains), ``gained`` (keys, joined by
        ``|``), ``gained_safe`` (keys safe together and not safe in any member).
    """
    joined = membership.dropna()
    total = population.reindex(joined.index).groupby(joined).sum()
    largest = population.reindex(joined.index).groupby(joined).max()
    alone, together = sustainable(largest, thresholds), sustainable(total, thresholds)
    gained = (together != "no") & (alone == "no")
    safe = (together == "safe") & (alone != "safe")
    keys = np.array(list(thresholds), dtype=object)
    return pd.DataFrame(
        {
            "alone": (alone != "no").sum(axis=1),
            "together": (together != "no").sum(axis=1),
            "gained": ["|".join(keys[row]) for row in gained.to_numpy(dtype=bool)],
            "gained_safe": ["|".join(keys[row]) for row in safe.to_numpy(dtype=bool)],
        },
        index=total.index.rename("alliance"),
    )
