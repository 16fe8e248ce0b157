"""Put a solution into words and tables: who is with whom, and why some are alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances.candidates import Candidates
from gangso.alliances.constraints import Constraint
from gangso.alliances.criteria import Criterion, registered
from gangso.alliances.master import to_price
from gangso.alliances.pricing import (
    COST_UNIT,
    PRICE_UNIT,
    PRICES_PER_COST,
    reduced_costs,
)
from gangso.alliances.solve import Solution, solve
from gangso.diagnosis.rules import rule_matches
from gangso.texts import LANGUAGES, say

if TYPE_CHECKING:
    from gangso.alliances.model import AllianceModel

__all__ = ["Group", "alliance_table", "criteria_table", "membership_table"]

Ints = npt.NDArray[np.int64]

# Up to this many units, what it would cost to take in a municipality that stays alone is
# found by solving again without it alone; beyond, the prices give a lower bound.
_EXACT_UP_TO = 500


@dataclass(frozen=True)
class Group:
    """One alliance of a plan, or one municipality alone.

    Attributes
    ----------
    members : list of int
        Units, most populous first.
    candidate : int
        Its position among all candidates of the model.
    cost : int
        Its cost in `COST_UNIT`.
    """

    members: list[int]
    candidate: int
    cost: int


def alliance_table(model: AllianceModel, groups: list[Group]) -> pd.DataFrame:
    """Describe every alliance: members, population, cost, raw values and scores.

    Parameters
    ----------
    model : AllianceModel
        The model that was solved.
    groups : list of Group
        Alliances of two and more.

    Returns
    -------
    DataFrame
        As `Partition.alliances`.
    """
    # Ordered by the territory's own order of the leading member, so that ids stay put
    # when only far-away alliances change.
    groups = sorted(groups, key=lambda group: group.members[0])
    names = {
        lang: model.units.territory.names(lang).loc[model.units.codes].to_list()
        for lang in (model.units.territory.metadata.languages[0], "en")
    }
    first = model.units.territory.metadata.languages[0]
    rows = []
    for number, group in enumerate(groups, start=1):
        members = group.members
        row: dict[str, Any] = {
            "alliance": f"A{number:0{max(2, len(str(len(groups))))}d}",
            "name": "·".join(names[first][u] for u in members),
            "name_en": "·".join(names["en"][u] for u in members),
            "centre": str(model.units.codes[members[0]]),
            "members": "|".join(str(model.units.codes[u]) for u in members),
            "size": len(members),
            "population": float(model.units.population[members].sum()),
            "cost": group.cost * COST_UNIT,
        }
        for key in model.scores:
            row[key] = float(model.raw[key][group.candidate])
            row[f"score_{key}"] = float(model.scores[key][group.candidate])
        rows.append(row)
    columns = ["alliance", "name", "name_en", "centre", "members", "size", "population", "cost"]
    for key in model.scores:
        columns += [key] if key not in columns else []
        columns.append(f"score_{key}")
    return pd.DataFrame(rows, columns=columns).set_index("alliance")


def membership_table(
    model: AllianceModel,
    alliances: pd.DataFrame,
    groups: list[Group],
    constraints: Sequence[Constraint],
    pool: Candidates,
    cost: Ints,
    solution: Solution,
) -> pd.DataFrame:
    """Say for every municipality of the territory where it is, and why if it is alone.

    Parameters
    ----------
    model : AllianceModel
        The model that was solved.
    alliances : DataFrame
        Table of the alliances.
    groups : list of Group
        The plan, singles included.
    constraints : sequence of Constraint
        Requirements that were in force.
    pool : Candidates
        Candidates that satisfy them.
    cost : ndarray of int64
        Their costs.
    solution : Solution
        The plan and its proof.

    Returns
    -------
    DataFrame
        As `Partition.membership`.
    """
    codes = model.units.codes
    index = model.units.territory.municipalities.index
    table = pd.DataFrame(
        {
            "alliance": pd.Series(None, index=index, dtype="str"),
            "status": "outside",
            "reason_ko": "",
            "reason_en": "",
            "price": np.nan,
        },
        index=index,
    )
    table.index.name = "code"
    for code, reason in model.outside.items():
        for lang in LANGUAGES:
            table.loc[code, f"reason_{lang}"] = _in(reason, lang)
    for alliance, row in alliances.iterrows():
        for code in row["members"].split("|"):
            table.loc[code, "alliance"] = str(alliance)
            table.loc[code, "status"] = "allied"
    by_rule = {c.codes[0] for c in constraints if c.key == "stand_alone"}
    for group in groups:
        if len(group.members) > 1:
            continue
        code = str(codes[group.members[0]])
        table.loc[code, "status"] = "alone"
        reason = (
            _by_rule(model, code)
            if code in by_rule
            else _not_allied(model, group.members[0], constraints, pool, cost, solution)
        )
        for lang in LANGUAGES:
            table.loc[code, f"reason_{lang}"] = reason[lang]
    if solution.proof.stages:
        table.loc[codes, "price"] = solution.proof.stages[0].prices.units * PRICE_UNIT
    return table


def _in(texts: dict[str, str], lang: str) -> str:
    return texts.get(lang, next(iter(texts.values())))


def _both(key: str, **values: object) -> dict[str, str]:
    return {lang: say(key, lang, **values) for lang in LANGUAGES}


def _by_rule(model: AllianceModel, code: str) -> dict[str, str]:
    table = model.units.territory.municipalities.loc[[code]].copy()
    table["population"] = model.units.population[model.units.codes.get_loc(code)]
    for rule in model.options.stand_alone_where:
        if bool(rule_matches(rule, table).iloc[0]):
            return {lang: _in(rule.reason, lang) for lang in LANGUAGES}
    return _both("alone.wish")


def _no_candidate(
    model: AllianceModel, unit: int, constraints: Sequence[Constraint]
) -> dict[str, str]:
    """Name the requirements that struck out every alliance with a municipality."""
    everything = model.candidates
    with_unit = everything.take(
        np.flatnonzero((everything.members == unit).any(axis=1) & (everything.size > 1))
    )
    struck = [c for c in constraints if not c.allows(with_unit).all()]
    return {
        lang: say("alone.no_candidate", lang, why="; ".join(c.describe(lang) for c in struck))
        for lang in LANGUAGES
    }


def _not_allied(
    model: AllianceModel,
    unit: int,
    constraints: Sequence[Constraint],
    pool: Candidates,
    cost: Ints,
    solution: Solution,
) -> dict[str, str]:
    """Why a municipality that no rule keeps apart is alone all the same."""
    if model.graph.indptr[unit] == model.graph.indptr[unit + 1]:
        return _both("alone.island")
    joining = np.flatnonzero((pool.members == unit).any(axis=1) & (pool.size > 1))
    if not len(joining):
        return _no_candidate(model, unit, constraints)
    if model.graph.n > _EXACT_UP_TO:
        stage = solution.proof.stages[0]
        none = np.empty((0, len(cost)), dtype=np.int64)
        reduced = reduced_costs(pool.members, joining, to_price(cost), stage.prices, none)
        least = stage.bound + int(reduced.min()) - solution.cost * PRICES_PER_COST
        return _both("alone.at_least", loss=max(0.0, least * PRICE_UNIT))
    keep = np.ones(len(cost), dtype=bool)
    keep[np.flatnonzero((pool.members[:, 0] == unit) & (pool.size == 1))] = False
    kept = np.flatnonzero(keep)
    other = solve(pool.members[kept], cost[kept], model.graph.n)
    if not other.feasible:
        return _no_candidate(model, unit, constraints)
    column = next(j for j in kept[other.chosen] if unit in pool.members[j])
    partners = [int(u) for u in pool.members[column] if u >= 0 and u != unit]
    loss = (other.cost - solution.cost) * COST_UNIT
    reason = {}
    for lang in LANGUAGES:
        names = model.units.territory.names(lang).loc[model.units.codes].to_list()
        named = "·".join(names[u] for u in partners)
        reason[lang] = say("alone.best", lang, loss=loss, names=named)
    return reason


def criteria_table(weights: dict[str, float]) -> pd.DataFrame:
    """Describe the criteria and their weights.

    Parameters
    ----------
    weights : dict of str to float
        Weight by criterion.

    Returns
    -------
    DataFrame
        As `Partition.criteria`.
    """
    rows = []
    for key, weight in weights.items():
        criterion: Criterion = registered()[key]
        row: dict[str, Any] = {"key": key, "weight": weight, "unit": criterion.unit}
        for what in ("label", "meaning"):
            for lang in LANGUAGES:
                row[f"{what}_{lang}"] = criterion.describe(what, lang)
        rows.append(row)
    return pd.DataFrame(rows).set_index("key")
