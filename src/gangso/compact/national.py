"""The plan as a game of the whole country: would any possible group gain by breaking away?

Each municipality's stake is a dual price of the relaxation over *all* possible alliances. No
group of municipalities that could be an alliance can do better by itself than its stakes; what
the plan costs beyond the sum of the stakes is the least subsidy that holds everybody in it, the
cost of stability (Bachrach and others 2009, doi:10.1007/978-3-642-04645-2_12). Units are those
of the plan's cost, which weighs its criteria; they are not money.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gangso.alliances import Partition
from gangso.alliances.master import Master, to_price
from gangso.alliances.pricing import COST_UNIT, PRICE_UNIT, improving, reduced_costs
from gangso.alliances.proof import bound_of, repair

__all__ = ["National", "national"]

_TOLERANCE = 1000  # of 1e-12 cost units: what the solver's own tolerance may leave


@dataclass(frozen=True, eq=False)
class National:
    """Stakes of the municipalities and the stability of the plan.

    Attributes
    ----------
    stakes : DataFrame
        One row a municipality in scope, index ``code``: ``stake`` (cost units).
    alliances : DataFrame
        One row an alliance of the plan (index): ``cost``, ``stakes`` (sum over its members),
        ``subsidy`` (cost less stakes, never negative).
    plan_cost, stakes_sum, subsidy : float
        Cost of the plan, sum of all stakes (the value of the relaxation) and what lies
        between: the cost of stability; zero if the plan is in the core.
    subsidy_share : float
        Subsidy over cost.
    groups : int
        Possible alliances against which the stakes were checked.
    gaining : int
        Those that would gain by breaking away; 0 by construction, counted again.
    """

    stakes: pd.DataFrame
    alliances: pd.DataFrame
    plan_cost: float
    stakes_sum: float
    subsidy: float
    subsidy_share: float
    groups: int
    gaining: int


def national(found: Partition) -> National:
    """Price every municipality and the stability of the plan.

    Parameters
    ----------
    found : Partition
        The plan.

    Returns
    -------
    National
        Stakes and the cost of stability.
    """
    settled = found.settled
    pool, cost = settled.pool, settled.cost
    n = len(settled.model.units.codes)
    every = np.arange(len(pool), dtype=np.int64)
    coefficients = np.array([row.coefficients for row in settled.rows], dtype=np.int64)
    coefficients = coefficients.reshape(len(settled.rows), len(pool))
    plan_cost = int(cost[np.unique(settled.column_of)].sum())
    master = Master(pool.members, cost, n, settled.rows, 4.0 * (plan_cost + 1) * COST_UNIT)
    per_member = to_price(cost) // pool.size
    first = improving(pool.members, every, per_member, np.iinfo(np.int64).max, n)
    new = np.union1d(first, settled.column_of)
    while master.add_columns(new):
        prices = master.solve().prices
        reduced = reduced_costs(pool.members, every, to_price(cost), prices, coefficients)
        new = improving(pool.members, every, reduced, -_TOLERANCE, n)
    prices, _ = repair(pool.members, every, reduced, prices)
    reduced = reduced_costs(pool.members, every, to_price(cost), prices, coefficients)
    bound = bound_of(prices, settled.rows) * PRICE_UNIT
    stakes = pd.DataFrame(
        {"stake": prices.units * PRICE_UNIT}, index=pd.Index(settled.model.units.codes, name="code")
    )
    alliances = found.alliances[["cost"]].copy()
    alliances["stakes"] = [
        float(stakes["stake"].loc[members.split("|")].sum())
        for members in found.alliances["members"]
    ]
    alliances["subsidy"] = (alliances["cost"] - alliances["stakes"]).clip(lower=0).round(9)
    total = plan_cost * COST_UNIT
    subsidy = max(0.0, round(total - bound, 9))
    return National(
        stakes=stakes,
        alliances=alliances,
        plan_cost=total,
        stakes_sum=bound,
        subsidy=subsidy,
        subsidy_share=subsidy / total if total else 0.0,
        groups=len(pool),
        gaining=int((reduced < 0).sum()),
    )
