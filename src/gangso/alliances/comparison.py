"""Existing groupings scored by the plan's own criteria, beside the plan, member by member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances.candidates import Candidates
from gangso.alliances.constraints import Constraint
from gangso.alliances.criteria import Units
from gangso.alliances.graph import Graph, graph_from_edges
from gangso.alliances.measures import Measure
from gangso.alliances.pricing import COST_UNIT, mean_costs
from gangso.alliances.result import Partition
from gangso.alliances.warm import Settled
from gangso.errors import BadInputError, Fault
from gangso.texts import LANGUAGES, say

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """One existing grouping beside the plan.

    Attributes
    ----------
    grouping : str
        Its name.
    label : mapping of str to str
        What to call it, by language.
    groups : DataFrame
        One row a group, index ``group``. Columns: ``members`` (codes, most populous first,
        joined by "|"), ``size``, ``population``, ``cost``, ``cost_per_member``, raw value and
        ``score_`` of every criterion, ``admissible`` (whether the plan could contain it),
        ``in_plan``, ``keeping`` (what the whole would lose if the best plan had to contain
        it, cost units; missing if it could not), ``breaches_ko``, ``breaches_en``.
    members : DataFrame
        One row a member of a group. Columns ``group``, ``code``, ``cost_there`` (cost per
        member of the group), ``alliance`` (in the plan; missing if alone or outside),
        ``cost_in_plan`` (cost per member there; missing outside the scope), ``gain``
        (difference; positive: better off in the plan), ``partners_kept`` (members of the
        group that are with it in the plan).
    covered, in_scope : int
        Municipalities in scope that the grouping speaks of, and all of them.
    cost_there, cost_in_plan : float
        Mean cost per municipality over those covered, each counted once.
    notes : tuple of dict
        What to beware of, by language.
    """

    grouping: str
    label: Mapping[str, str]
    groups: pd.DataFrame
    members: pd.DataFrame
    covered: int
    in_scope: int
    cost_there: float
    cost_in_plan: float
    notes: tuple[dict[str, str], ...]


def compare(
    found: Partition, grouping: str, label: Mapping[str, str], table: pd.DataFrame
) -> Comparison:
    """Score an existing grouping beside a plan.

    Groups may overlap, be scattered, too large, or take in municipalities that are out of
    scope: all of them are scored, and what they breach is named.

    Parameters
    ----------
    found : Partition
        The plan.
    grouping : str
        Name of the grouping.
    label : mapping of str to str
        What to call it, by language.
    table : DataFrame
        Columns ``name`` (of the group) and ``municipality`` (code).

    Returns
    -------
    Comparison
        Groups and members with their scores, beside those of the plan.

    Raises
    ------
    BadInputError
        With every code that the territory does not know.
    """
    settled = found.settled
    territory = settled.model.units.territory
    unknown = ~table["municipality"].isin(territory.municipalities.index)
    if unknown.any() or table.empty:
        raise BadInputError(
            [
                Fault("code_unknown", grouping, row + 2, "municipality", str(code))
                for row, code in zip(
                    np.flatnonzero(unknown).tolist(),
                    table.loc[unknown, "municipality"],
                    strict=True,
                )
            ]
            or [Fault("empty_table", grouping)]
        )
    groups = {
        str(name): list(dict.fromkeys(str(code) for code in listed))
        for name, listed in table.groupby("name", sort=False)["municipality"]
    }
    judge = _Judge(settled, groups)
    rows = [judge.row(name, members) for name, members in groups.items()]
    scored = pd.DataFrame(rows).set_index("group")
    members = _members(found, groups, scored["cost_per_member"])
    inside = members.dropna(subset=["cost_in_plan"])
    each = inside.groupby("code", sort=False)[["cost_there", "cost_in_plan"]].mean()
    in_scope = len(settled.model.units.codes)
    coverage = {
        lang: say(
            "comparison.coverage", lang,
            label=label.get(lang, grouping), covered=len(each), all=in_scope, groups=len(groups),
        )
        for lang in LANGUAGES
    }  # fmt: skip
    return Comparison(
        grouping=grouping,
        label=dict(label),
        groups=scored,
        members=members,
        covered=len(each),
        in_scope=in_scope,
        cost_there=float(each["cost_there"].mean()),
        cost_in_plan=float(each["cost_in_plan"].mean()),
        notes=(coverage,),
    )


class _Judge:
    """Scores of groups that need not be candidates, and what they breach."""

    def __init__(self, settled: Settled, groups: Mapping[str, list[str]]) -> None:
        self.settled, self.groups = settled, groups
        model = settled.model
        named = {code for members in groups.values() for code in members}
        index = model.units.territory.municipalities.index
        codes = index[index.isin(named | set(model.units.codes))]
        self.units, self.measures = model.units, dict(model.measures)
        if len(codes) > len(model.units.codes):
            # Members out of scope have figures, too: measure over a wider circle.
            population = model.population_of(codes)
            largest = max(len(members) for members in groups.values())
            self.units = Units(
                model.units.territory, codes, population, self._graph(codes),
                max(largest, model.units.max_size), model.units.network, model.units.thresholds,
            )  # fmt: skip
            wider: dict[str, Measure | None] = {
                key: model.known[key].measure(self.units, settled.options) for key in model.measures
            }
            self.measures = {key: measure for key, measure in wider.items() if measure is not None}
        self.graph = self._graph(codes)
        self.column = {
            tuple(int(u) for u in row if u >= 0): number
            for number, row in enumerate(settled.pool.members)
        }

    def _graph(self, codes: pd.Index) -> Graph:
        links = self.settled.model.units.territory.contiguity
        links = links[links["link"].isin(list(self.settled.options.links))]
        ends = [codes.get_indexer(pd.Index(links[end])) for end in ("a", "b")]
        pairs = np.column_stack(ends)
        return graph_from_edges(len(codes), pairs[(pairs >= 0).all(axis=1)])

    def row(self, name: str, codes: list[str]) -> dict[str, Any]:
        """Score a group and name what it breaches."""
        position = np.sort(self.units.codes.get_indexer(pd.Index(codes))).astype(np.int32)
        one = Candidates(position[None, :], np.array([len(position)], dtype=np.int8))
        raw = {key: measure.raw(one) for key, measure in self.measures.items()}
        scores = {key: measure.score(raw[key], one) for key, measure in self.measures.items()}
        cost = int(mean_costs(one.size, scores, self.settled.options.weights)[0])
        population = self.units.population
        ranked = sorted(position.tolist(), key=lambda u: (-population[u], u))
        inside = np.sort(self.settled.model.units.codes.get_indexer(pd.Index(codes)))
        own = self.column.get(tuple(int(u) for u in inside))
        in_plan = own is not None and own in self.settled.solution.chosen
        breaches = self._breaches(codes, position, inside)
        row: dict[str, Any] = {
            "group": name,
            "members": "|".join(str(self.units.codes[u]) for u in ranked),
            "size": len(position),
            "population": float(population[position].sum()),
            "cost": cost * COST_UNIT,
            "cost_per_member": cost * COST_UNIT / len(position),
        }
        for key in self.measures:
            row[key] = float(raw[key][0])
            row[f"score_{key}"] = float(scores[key][0])
        row["admissible"] = own is not None
        row["in_plan"] = in_plan
        row["keeping"] = 0.0 if in_plan else self._keeping(own)
        for lang in LANGUAGES:
            row[f"breaches_{lang}"] = "; ".join(breach[lang] for breach in breaches)
        return row

    def _keeping(self, column: int | None) -> float:
        """What the whole loses by insisting on a group, if that can be found exactly."""
        settled = self.settled
        if column is None or not settled.exact:
            return float("nan")
        members = settled.pool.members[column]
        touching = np.flatnonzero(np.isin(settled.pool.members, members[members >= 0]).any(axis=1))
        best = settled.without(touching[touching != column])
        if not (best.feasible and best.proven):
            return float("nan")
        return (best.cost - settled.solution.cost) * COST_UNIT

    def _breaches(
        self, codes: list[str], position: npt.NDArray[np.int32], inside: npt.NDArray[np.int64]
    ) -> list[dict[str, str]]:
        options, territory = self.settled.options, self.units.territory
        outside = [code for code in codes if code not in self.settled.model.units.codes]
        twice = [code for code in codes if sum(code in other for other in self.groups.values()) > 1]

        def named(key: str, listed: Sequence[str] = (), **values: object) -> dict[str, str]:
            return {
                lang: say(
                    f"breach.{key}", lang,
                    names=", ".join(territory.names(lang).loc[list(listed)]), **values,
                )
                for lang in LANGUAGES
            }  # fmt: skip

        found = []
        if not _hangs_together(self.graph, position):
            found.append(named("not_connected"))
        if len(codes) > options.max_size:
            found.append(named("too_large", size=len(codes), most=options.max_size))
        if twice:
            found.append(named("twice", twice))
        if outside:
            found.append(named("outside", outside))
            return found
        one = Candidates(inside.astype(np.int32)[None, :], np.array([len(inside)], dtype=np.int8))
        found += [
            {lang: self._said(constraint, lang) for lang in LANGUAGES}
            for constraint in self.settled.constraints
            if not constraint.allows(one)[0]
        ]
        return found

    @staticmethod
    def _said(constraint: Constraint, lang: str) -> str:
        return say("breach.requirement", lang, text=constraint.describe(lang))


def _hangs_together(graph: Graph, members: npt.NDArray[np.int32]) -> bool:
    inside = {int(u) for u in members}
    todo = [int(members[0])]
    reached = set(todo)
    while todo:
        unit = todo.pop()
        near = graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]]
        new = inside.intersection(near.tolist()) - reached
        reached |= new
        todo += new
    return reached == inside


def _members(
    found: Partition, groups: Mapping[str, list[str]], cost_there: pd.Series
) -> pd.DataFrame:
    settled = found.settled
    in_plan = pd.Series(
        settled.cost[settled.column_of] * COST_UNIT / settled.pool.size[settled.column_of],
        index=settled.model.units.codes,
    )
    label = pd.Series(settled.column_of, index=settled.model.units.codes)
    alliance = found.membership["alliance"]
    rows = []
    for name, codes in groups.items():
        for code in codes:
            own = label.get(code)
            kept = sum(own is not None and label.get(other) == own for other in codes) - 1
            there = float(cost_there.loc[name])
            here = float(in_plan.get(code, np.nan))
            rows.append(
                {
                    "group": name, "code": code, "cost_there": there,
                    "alliance": alliance.loc[code], "cost_in_plan": here,
                    "gain": there - here, "partners_kept": max(kept, 0),
                }
            )  # fmt: skip
    return pd.DataFrame(rows).astype({"alliance": "str"})
