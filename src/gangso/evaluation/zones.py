"""Today's zones and the plan, as each municipality sees them: descriptive, no more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gangso.alliances import Comparison, Partition

__all__ = ["zones_beside"]

_COLUMNS = ["grouping", "municipalities", "where", "population", "trips_kept", "span"]


def zones_beside(found: Partition, comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Lay the zone of each municipality beside its alliance in the plan.

    Parameters
    ----------
    found : Partition
        The plan.
    comparisons : sequence of Comparison
        Existing groupings, scored.

    Returns
    -------
    DataFrame
        Two rows a grouping (``where``: ``zone`` and ``plan``), over the municipalities that
        are in a zone and in the scope of the plan: ``municipalities`` (how many),
        ``population`` (median of the group that each is in), ``trips_kept`` (mean share of
        the group's trips between municipalities that stay inside), ``span`` (median minutes
        within it). A municipality that stands alone keeps no trips and spans nothing; one in
        two zones counts with their mean. Missing where the plan does not measure it.
    """
    if not comparisons:
        return pd.DataFrame(columns=_COLUMNS)
    own = found.settled.model.units
    population = pd.Series(own.population, index=own.codes)
    rows = []
    for comparison in comparisons:
        members = comparison.members.dropna(subset=["cost_in_plan"])
        if members.empty:
            continue
        there = _seen(comparison.groups, members["group"])
        there = there.groupby(members["code"].to_numpy()).mean()
        codes = there.index
        alliance = found.membership["alliance"].reindex(codes)
        here = _seen(found.alliances, alliance).set_axis(codes)
        alone = alliance.isna().to_numpy()
        here.loc[alone, "population"] = population.reindex(codes)[alone]
        here.loc[alone, ["ties", "span"]] = 0.0
        for where, table in (("zone", there), ("plan", here)):
            rows.append(
                {
                    "grouping": comparison.grouping, "municipalities": len(codes),
                    "where": where, "population": float(table["population"].median()),
                    "trips_kept": float(table["ties"].mean()),
                    "span": float(table["span"].median()),
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def _seen(groups: pd.DataFrame, of: pd.Series) -> pd.DataFrame:
    """Population, trips kept and span of the group of each row."""
    table = groups.reindex(columns=["population", "ties", "span"]).astype(float)
    return table.reindex(of.to_numpy()).replace([np.inf, -np.inf], np.nan).reset_index(drop=True)
