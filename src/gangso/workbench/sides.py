"""Two scenarios side by side: what was asked differently, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gangso.alliances import Partition
from gangso.alliances.pricing import COST_UNIT
from gangso.scenario import Scenario
from gangso.workbench.change import Groups, groups_of, judge

__all__ = ["Differing", "Sides", "side_by_side"]


@dataclass(frozen=True)
class Differing:
    """An option that two scenarios do not share.

    Attributes
    ----------
    key : str
        Dotted path in the scenario file.
    one, other : object
        What either says.
    """

    key: str
    one: Any
    other: Any


@dataclass(frozen=True)
class Sides:
    """Two scenarios on one territory, side by side.

    Attributes
    ----------
    differing : tuple of Differing
        Options that differ, ``name`` apart.
    cost_one, cost_other : float
        Cost of either plan by its own criteria.
    one_by_other, other_by_one : float or None
        Cost of the one plan by the other's criteria, and the reverse; None if their scopes
        differ.
    same : tuple of tuple of str
        Alliances that are in both.
    only_one, only_other : tuple of tuple of str
        Alliances that are in one of them.
    moved : tuple of str
        Codes of those with other partners, in scope of both.
    """

    differing: tuple[Differing, ...]
    cost_one: float
    cost_other: float
    one_by_other: float | None
    other_by_one: float | None
    same: Groups
    only_one: Groups
    only_other: Groups
    moved: tuple[str, ...]


def side_by_side(one: tuple[Scenario, Partition], other: tuple[Scenario, Partition]) -> Sides:
    """Compare two scenarios on one territory.

    Parameters
    ----------
    one, other : tuple of Scenario and Partition
        Each with its plan.

    Returns
    -------
    Sides
        The comparison.

    Raises
    ------
    ValueError
        If they stand on different territories.
    """
    (scenario, plan), (scenario_other, plan_other) = one, other
    here, there = (p.settled.model.units for p in (plan, plan_other))
    if here.territory.fingerprint != there.territory.fingerprint:
        raise ValueError("the scenarios stand on different territories")
    mine, theirs = (
        {frozenset(m.split("|")): tuple(m.split("|")) for m in p.alliances["members"]}
        for p in (plan, plan_other)
    )
    home = {code: group for group in mine for code in group}
    home_other = {code: group for group in theirs for code in group}
    both = [str(code) for code in here.codes if code in set(there.codes)]
    comparable = here.codes.equals(there.codes)
    return Sides(
        differing=tuple(_differing("", scenario.model_dump(mode="json", exclude={"name"}),
                                   scenario_other.model_dump(mode="json", exclude={"name"}))),
        cost_one=plan.cost,
        cost_other=plan_other.cost,
        one_by_other=_cost_by(plan, plan_other) if comparable else None,
        other_by_one=_cost_by(plan_other, plan) if comparable else None,
        same=tuple(members for key, members in mine.items() if key in theirs),
        only_one=tuple(members for key, members in mine.items() if key not in theirs),
        only_other=tuple(members for key, members in theirs.items() if key not in mine),
        moved=tuple(
            code
            for code in both
            if home.get(code, frozenset({code})) != home_other.get(code, frozenset({code}))
        ),
    )  # fmt: skip


def _cost_by(plan: Partition, judge_of: Partition) -> float:
    settled = judge_of.settled
    return int(judge(settled.model, settled.options, groups_of(plan)).cost.sum()) * COST_UNIT


def _differing(path: str, one: Any, other: Any) -> list[Differing]:
    if isinstance(one, dict) and isinstance(other, dict):
        found = []
        for key in dict.fromkeys([*one, *other]):
            found += _differing(f"{path}.{key}".lstrip("."), one.get(key), other.get(key))
        return found
    return [] if one == other else [Differing(path, one, other)]
