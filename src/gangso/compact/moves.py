"""What moving one member to a neighbouring alliance would do to the plan by its criteria."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gangso.alliances import Partition
from gangso.alliances.pricing import COST_UNIT

__all__ = ["plan_changes"]


def plan_changes(found: Partition, moves: pd.DataFrame) -> pd.Series:
    """Price moves by the criteria of the plan: what the nation would lose or gain.

    Parameters
    ----------
    found : Partition
        The plan.
    moves : DataFrame
        Columns ``municipality``, ``alliance`` (that it leaves) and ``to``.

    Returns
    -------
    Series of float
        Change of the cost of the whole plan, above zero a loss, index as `moves`. Missing
        where the rest of the one or the new other alliance is not among the candidates (too
        large, not connected, or against a requirement).
    """
    settled = found.settled
    column = {
        frozenset(row[row >= 0].tolist()): number for number, row in enumerate(settled.pool.members)
    }
    codes = pd.Index(settled.model.units.codes)
    members = {
        str(name): frozenset(codes.get_indexer(pd.Index(listed.split("|"))).tolist())
        for name, listed in found.alliances["members"].items()
    }

    def cost(groups: tuple[frozenset[int], ...]) -> float:
        columns = [column.get(group) for group in groups if group]
        if None in columns:
            return float("nan")
        return float(settled.cost[np.array(columns, dtype=np.int64)].sum()) * COST_UNIT

    changes = []
    for code, leaves, to in moves[["municipality", "alliance", "to"]].itertuples(index=False):
        unit = frozenset({int(codes.get_loc(code))})
        before, there = members[leaves], members[to]
        changes.append(cost((before - unit, there | unit)) - cost((before, there)))
    return pd.Series(changes, index=moves.index, dtype="float64")
