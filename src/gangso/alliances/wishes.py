"""What municipalities wish of each other: kept or not, and what keeping it would cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gangso.alliances.pricing import COST_UNIT
from gangso.errors import Fault
from gangso.scenario import AllianceOptions
from gangso.territory.model import Territory

if TYPE_CHECKING:
    from gangso.alliances.warm import Settled

__all__ = ["wish_faults", "wish_table"]

_COLUMNS = ["who", "whom", "strength", "status", "loss", "exact"]


def wish_faults(territory: Territory, options: AllianceOptions) -> list[Fault]:
    """Find wishes of or about municipalities that do not exist.

    Parameters
    ----------
    territory : Territory
        The territory.
    options : AllianceOptions
        With the wishes.

    Returns
    -------
    list of Fault
        One for every unknown code.
    """
    known = set(territory.municipalities.index)
    return [
        Fault("code_unknown", "scenario", column=f"alliances.wishes.{number}.{end}", value=code)
        for number, wish in enumerate(options.wishes)
        for end, code in (("who", wish.who), ("whom", wish.whom))
        if code not in known
    ]


def wish_table(settled: Settled) -> pd.DataFrame:
    """Say which wishes a plan keeps, and what keeping the others would cost the whole.

    Parameters
    ----------
    settled : Settled
        The question and its answer.

    Returns
    -------
    DataFrame
        One row a wish, in the order of the scenario. Columns: ``who``, ``whom`` (codes),
        ``strength`` (negative: a refusal), ``status`` (``kept``, ``not_kept``, or
        ``impossible``: no plan that satisfies the requirements keeps it), ``loss`` (what the
        whole would lose by keeping it, cost units; 0 if kept, missing if impossible),
        ``exact`` (found by solving again; otherwise a lower bound from the prices).
    """
    model, pool = settled.model, settled.pool
    place = {str(code): number for number, code in enumerate(model.units.codes)}
    order = sorted(
        range(len(settled.options.wishes)),
        key=lambda number: (-abs(settled.options.wishes[number].strength), number),
    )
    left = settled.options.priced_wishes if settled.exact else 0
    rows: dict[int, list[object]] = {}
    for number in order:
        wish = settled.options.wishes[number]
        said: list[object] = [wish.who, wish.whom, wish.strength]
        a, b = place.get(wish.who), place.get(wish.whom)
        together = a is not None and b is not None and settled.column_of[a] == settled.column_of[b]
        if together == (wish.strength > 0):
            rows[number] = [*said, "kept", 0.0, True]
            continue
        if a is None or b is None:
            rows[number] = [*said, "impossible", np.nan, True]
            continue
        has_a = (pool.members == a).any(axis=1)
        has_b = (pool.members == b).any(axis=1)
        against = has_a != has_b if wish.strength > 0 else has_a & has_b
        if left:
            left -= 1
            other = settled.without(np.flatnonzero(against).tolist())
            if other.feasible is not None and not other.feasible:
                rows[number] = [*said, "impossible", np.nan, True]
                continue
            if other.feasible and other.proven:
                loss = (other.cost - settled.solution.cost) * COST_UNIT
                rows[number] = [*said, "not_kept", loss, True]
                continue
        # Some alliance that keeps the wish has to be in the plan.
        sure = []
        for keeps in [has_a & has_b] if wish.strength > 0 else [has_a & ~has_b, has_b & ~has_a]:
            columns = np.flatnonzero(keeps)
            sure.append(int(settled.insisting_costs(columns).min()) if len(columns) else None)
        losses = [loss for loss in sure if loss is not None]
        if len(losses) < len(sure):
            rows[number] = [*said, "impossible", np.nan, True]
        else:
            rows[number] = [*said, "not_kept", max(losses) * COST_UNIT, False]
    return pd.DataFrame([rows[number] for number in sorted(rows)], columns=_COLUMNS)
