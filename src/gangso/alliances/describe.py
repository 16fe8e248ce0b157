"""Put a solution into words and tables: who is with whom, and why some are alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gangso.alliances.criteria import Criterion
from gangso.alliances.pricing import COST_UNIT, PRICE_UNIT
from gangso.alliances.warm import Settled
from gangso.diagnosis.rules import rule_matches
from gangso.texts import LANGUAGES, say

if TYPE_CHECKING:
    from gangso.alliances.model import AllianceModel

__all__ = ["Group", "alliance_table", "criteria_table", "membership_table"]


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
    settled: Settled, alliances: pd.DataFrame, groups: list[Group], quick: bool = False
) -> pd.DataFrame:
    """Say for every municipality of the territory where it is, and why if it is alone.

    Parameters
    ----------
    settled : Settled
        The question and its answer.
    alliances : DataFrame
        Table of the alliances.
    groups : list of Group
        The plan, singles included.
    quick : bool
        Whether a bound is enough of a reason for those who are best alone.

    Returns
    -------
    DataFrame
        As `Partition.membership`.
    """
    model = settled.model
    codes = model.units.codes
    index = model.units.territory.municipalities.index
    # Filled as lists: writing into a table cell by cell takes ten times the solver's time.
    place = {str(code): number for number, code in enumerate(index)}
    alliance: list[str | None] = [None] * len(index)
    status = ["outside"] * len(index)
    reasons = {lang: [""] * len(index) for lang in LANGUAGES}

    def explain(code: str, reason: Mapping[str, str]) -> None:
        for lang in LANGUAGES:
            reasons[lang][place[code]] = _in(reason, lang)

    for code, reason in model.outside.items():
        explain(code, reason)
    for name, listed in alliances["members"].items():
        for code in listed.split("|"):
            alliance[place[code]] = str(name)
            status[place[code]] = "allied"
    ruled = _ruled(settled)
    for group in groups:
        if len(group.members) > 1:
            continue
        unit = group.members[0]
        code = str(codes[unit])
        status[place[code]] = "alone"
        explain(code, ruled[code] if code in ruled else _not_allied(settled, unit, quick))
    price = np.full(len(index), np.nan)
    if settled.solution.proof.stages:
        prices = settled.solution.proof.stages[0].prices.units
        price[index.get_indexer(codes)] = prices * PRICE_UNIT
    table = pd.DataFrame(
        {
            "alliance": pd.Series(alliance, index=index, dtype="str"),
            "status": status,
            **{f"reason_{lang}": reasons[lang] for lang in LANGUAGES},
            "price": price,
        },
        index=index,
    )
    table.index.name = "code"
    return table


def _in(texts: Mapping[str, str], lang: str) -> str:
    return texts.get(lang, next(iter(texts.values())))


def _both(key: str, **values: object) -> dict[str, str]:
    return {lang: say(key, lang, **values) for lang in LANGUAGES}


def _ruled(settled: Settled) -> dict[str, Mapping[str, str]]:
    """Why those stand alone who do so by a rule or by the planner's wish."""
    model = settled.model
    codes = [c.codes[0] for c in settled.constraints if c.key == "stand_alone"]
    table = model.units.territory.municipalities.loc[codes].copy()
    table["population"] = model.units.population[model.units.codes.get_indexer(pd.Index(codes))]
    found: dict[str, Mapping[str, str]] = dict.fromkeys(codes, _both("alone.wish"))
    for rule in reversed(settled.options.stand_alone_where if codes else ()):
        for code in table.index[rule_matches(rule, table).to_numpy(dtype=bool)]:
            found[str(code)] = rule.reason
    return found


def _no_candidate(settled: Settled, unit: int) -> dict[str, str]:
    """Name the requirements that struck out every alliance with a municipality."""
    everything = settled.model.candidates
    with_unit = everything.take(
        np.flatnonzero((everything.members == unit).any(axis=1) & (everything.size > 1))
    )
    struck = [c for c in settled.constraints if not c.allows(with_unit).all()]
    return {
        lang: say("alone.no_candidate", lang, why="; ".join(c.describe(lang) for c in struck))
        for lang in LANGUAGES
    }


def _not_allied(settled: Settled, unit: int, quick: bool) -> dict[str, str]:
    """Why a municipality that no rule keeps apart is alone all the same."""
    model, pool = settled.model, settled.pool
    if model.graph.indptr[unit] == model.graph.indptr[unit + 1]:
        return _both("alone.island")
    joining = settled.joining[[unit]]
    if joining[0] < 0:
        return _no_candidate(settled, unit)
    if quick or not settled.exact:
        loss = int(settled.insisting_costs(joining).min()) * COST_UNIT
        if loss < 0.00005:  # the bound is too weak to say anything: no zero is to be read as one
            return _both("alone.unsettled")
        return _both("alone.at_least", loss=loss)
    other = settled.without([int(settled.column_of[unit])])
    if not other.feasible:
        return _no_candidate(settled, unit)
    column = next(j for j in other.chosen if unit in pool.members[j])
    partners = [int(u) for u in pool.members[column] if u >= 0 and u != unit]
    loss = (other.cost - settled.solution.cost) * COST_UNIT
    reason = {}
    for lang in LANGUAGES:
        names = model.units.territory.names(lang)
        named = "·".join(str(names.loc[model.units.codes[u]]) for u in partners)
        reason[lang] = say("alone.best", lang, loss=loss, names=named)
    return reason


def criteria_table(model: AllianceModel, weights: dict[str, float]) -> pd.DataFrame:
    """Describe the criteria and their weights.

    Parameters
    ----------
    model : AllianceModel
        The model that was solved.
    weights : dict of str to float
        Weight by criterion.

    Returns
    -------
    DataFrame
        As `Partition.criteria`.
    """
    rows = []
    for key, weight in weights.items():
        criterion: Criterion = model.known[key]
        # A measure may have had to fall back to another unit.
        unit = getattr(model.measures[key], "unit", criterion.unit)
        row: dict[str, Any] = {"key": key, "weight": weight, "unit": unit}
        for what in ("label", "meaning"):
            for lang in LANGUAGES:
                row[f"{what}_{lang}"] = criterion.describe(what, lang)
        rows.append(row)
    return pd.DataFrame(rows).set_index("key")
