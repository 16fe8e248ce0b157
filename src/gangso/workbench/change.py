"""What a move does: costs before and after, who moves, who gains, who loses, at what price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances import AllianceModel, Partition
from gangso.alliances.candidates import Candidates
from gangso.alliances.pricing import COST_UNIT, mean_costs
from gangso.errors import InfeasibleError
from gangso.scenario import AllianceOptions
from gangso.workbench.edits import Edit, Lock

__all__ = [
    "Change",
    "Conflict",
    "Judged",
    "Price",
    "conflict_of",
    "difference",
    "groups_of",
    "judge",
    "price_of",
]

Groups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Conflict:
    """Why there is no plan.

    Attributes
    ----------
    culprits : mapping of str to tuple of str
        Requirements that cannot hold together, in words, by language.
    why : mapping of str to tuple of str
        Why they cannot, by language.
    way_out : mapping of str to str
        What would help, by language.
    municipalities : tuple of str
        Codes of those concerned.
    """

    culprits: Mapping[str, tuple[str, ...]]
    why: Mapping[str, tuple[str, ...]]
    way_out: Mapping[str, str]
    municipalities: tuple[str, ...]


@dataclass(frozen=True)
class Price:
    """What a lock costs the whole: the best plan with it, less the best plan without it.

    Attributes
    ----------
    lock : Lock or None
        The lock; None for an edit that is not one.
    cost : float
        Cost units (one: a municipality as badly off as can be).
    low, high : float
        What it is sure to be at least and at most; both are `cost` if both plans are proven.
    share : float
        Of the cost of the best plan without it.
    by_criterion : mapping of str to float
        The part of every criterion; they add up to `cost`, rounding apart.
    moved : tuple of str
        Codes of the municipalities that would have other partners without it.
    """

    lock: Lock | None
    cost: float
    low: float
    high: float
    share: float
    by_criterion: Mapping[str, float]
    moved: tuple[str, ...]

    @property
    def exact(self) -> bool:
        """Whether both plans are proven, so that no doubt is left."""
        return self.low == self.high


@dataclass(frozen=True, eq=False)
class Change:
    """What a move does to the plan.

    Attributes
    ----------
    edit : Edit
        The edit that was made, or taken back, or made again.
    move : {"apply", "undo", "redo"}
        Which of them.
    adopted : bool
        Whether the session now stands on the new plan; False if there is none.
    conflict : Conflict or None
        Why there is no plan.
    cost_then : float
        Cost of the earlier plan by the weights and the target of then.
    cost_before, cost_after : float
        Cost of the earlier plan and of the new one, both by those now in force.
    status : {"proven", "gap"}
        Whether no plan is better than the new one.
    bound, gap : float
        What no plan goes below; (cost - bound) / cost.
    by_criterion : mapping of str to float
        Part of every criterion in `cost_after` less `cost_before`.
    moved : tuple of str
        Codes of the municipalities that have other partners than before.
    formed, dissolved : tuple of tuple of str
        Members of the alliances of two and more that are new, and that are no more.
    members : DataFrame
        Those in scope, index ``code``: ``before``, ``after`` (cost per member of its group in
        the earlier and in the new plan, by the criteria now in force), ``gain`` (their
        difference; positive: better off), ``moved``.
    price : Price or None
        What the edit costs the whole, if it sets or takes away a lock.
    seconds : float
        Time it took.
    """

    edit: Edit
    move: Literal["apply", "undo", "redo"]
    adopted: bool
    conflict: Conflict | None
    cost_then: float
    cost_before: float
    cost_after: float
    status: str
    bound: float
    gap: float
    by_criterion: Mapping[str, float]
    moved: tuple[str, ...]
    formed: Groups
    dissolved: Groups
    members: pd.DataFrame
    price: Price | None
    seconds: float

    @property
    def gainers(self) -> tuple[str, ...]:
        """Codes of those better off, the most first."""
        gain = self.members["gain"]
        return tuple(str(c) for c in gain[gain > COST_UNIT].sort_values(ascending=False).index)

    @property
    def losers(self) -> tuple[str, ...]:
        """Codes of those worse off, the most first."""
        gain = self.members["gain"]
        return tuple(str(c) for c in gain[gain < -COST_UNIT].sort_values().index)


@dataclass(frozen=True, eq=False)
class Judged:
    """Any set of groups by the criteria of a model.

    Attributes
    ----------
    cost : ndarray of int64, shape (G,)
        Cost of every group in `COST_UNIT`.
    size : ndarray of int8, shape (G,)
        Its members.
    by_criterion : mapping of str to float
        Part of every criterion in the whole cost.
    """

    cost: npt.NDArray[np.int64]
    size: npt.NDArray[np.int8]
    by_criterion: Mapping[str, float]


def judge(model: AllianceModel, options: AllianceOptions, members: npt.NDArray[np.int32]) -> Judged:
    """Score groups of units in scope, whether or not a plan could contain them.

    Parameters
    ----------
    model : AllianceModel
        The criteria.
    options : AllianceOptions
        The weights.
    members : ndarray of int32, shape (G, k)
        Units of every group in ascending order, padded with -1.

    Returns
    -------
    Judged
        Costs and their parts.
    """
    size = (members >= 0).sum(axis=1).astype(np.int8)
    groups = Candidates(np.ascontiguousarray(members, dtype=np.int32), size)
    scores = {
        key: measure.score(measure.raw(groups), groups) for key, measure in model.measures.items()
    }
    weights = {key: options.weights.get(key, 0.0) for key in scores}
    total = sum(weights.values())
    parts = {key: float((size * scores[key]).sum()) * weights[key] / total for key in scores}
    return Judged(mean_costs(size, scores, options.weights), size, parts)


def groups_of(found: Partition) -> npt.NDArray[np.int32]:
    """Units of every group of a plan, singles included.

    Parameters
    ----------
    found : Partition
        The plan.

    Returns
    -------
    ndarray of int32, shape (G, k)
        Ascending, padded with -1.
    """
    settled = found.settled
    members: npt.NDArray[np.int32] = settled.pool.members[settled.solution.chosen]
    return members


def _alliances(found: Partition) -> dict[frozenset[str], tuple[str, ...]]:
    """Members of the alliances of two and more, most populous first."""
    listed = (tuple(members.split("|")) for members in found.alliances["members"])
    return {frozenset(members): members for members in listed}


def _per_member(members: npt.NDArray[np.int32], judged: Judged, n: int) -> npt.NDArray[np.float64]:
    """Cost per member of every unit's group, shape (n,)."""
    each = np.full(n, np.nan)
    for group, cost, size in zip(members, judged.cost, judged.size, strict=True):
        each[group[group >= 0]] = cost * COST_UNIT / size
    return each


def _moved(before: Partition, after: Partition) -> tuple[str, ...]:
    """Codes of those that have other partners."""
    codes = [str(code) for code in after.settled.model.units.codes]
    then, now = ({tuple(g[g >= 0].tolist()) for g in groups_of(p)} for p in (before, after))
    return tuple(codes[u] for u in sorted(u for group in now - then for u in group))


def difference(
    edit: Edit,
    move: Literal["apply", "undo", "redo"],
    before: Partition,
    after: Partition,
    seconds: float,
    price: Price | None,
) -> Change:
    """Compare two plans of one territory.

    Parameters
    ----------
    edit : Edit
        The edit between them.
    move : {"apply", "undo", "redo"}
        What was done with it.
    before, after : Partition
        The plans.
    seconds : float
        Time it took.
    price : Price or None
        What the edit costs.

    Returns
    -------
    Change
        The difference.
    """
    settled = after.settled
    model, options = settled.model, settled.options
    old, new = groups_of(before), groups_of(after)
    then, now = judge(model, options, old), judge(model, options, new)
    codes = model.units.codes
    table = pd.DataFrame(
        {
            "before": _per_member(old, then, len(codes)),
            "after": _per_member(new, now, len(codes)),
        },
        index=pd.Index([str(code) for code in codes], name="code"),
    )
    table["gain"] = table["before"] - table["after"]
    moved = _moved(before, after)
    table["moved"] = table.index.isin(moved)
    was, is_ = _alliances(before), _alliances(after)
    return Change(
        edit=edit,
        move=move,
        adopted=True,
        conflict=None,
        cost_then=before.cost,
        cost_before=int(then.cost.sum()) * COST_UNIT,
        cost_after=after.cost,
        status=after.status,
        bound=after.bound,
        gap=after.gap,
        by_criterion={
            key: now.by_criterion[key] - then.by_criterion[key] for key in now.by_criterion
        },
        moved=moved,
        formed=tuple(members for key, members in is_.items() if key not in was),
        dissolved=tuple(members for key, members in was.items() if key not in is_),
        members=table,
        price=price,
        seconds=seconds,
    )


def refused(edit: Edit, before: Partition, conflict: Conflict, seconds: float) -> Change:
    """Say that an edit leaves no plan; the earlier one stands.

    Parameters
    ----------
    edit : Edit
        The edit.
    before : Partition
        The plan that stands.
    conflict : Conflict
        Why there is none.
    seconds : float
        Time it took.

    Returns
    -------
    Change
        Nothing moved.
    """
    same = difference(edit, "apply", before, before, seconds, None)
    return Change(**{**same.__dict__, "adopted": False, "conflict": conflict})


def conflict_of(error: InfeasibleError) -> Conflict:
    """Put an error into a record.

    Parameters
    ----------
    error : InfeasibleError
        The error.

    Returns
    -------
    Conflict
        The record.
    """
    return Conflict(error.culprits, error.why, error.way_out, error.municipalities)


def price_of(lock: Lock | None, with_it: Partition, without: Partition) -> Price:
    """Say what a requirement costs the whole.

    Parameters
    ----------
    lock : Lock or None
        The lock.
    with_it, without : Partition
        Best plans with and without it, otherwise alike.

    Returns
    -------
    Price
        The price.
    """
    ours, theirs = (
        judge(plan.settled.model, plan.settled.options, groups_of(plan))
        for plan in (with_it, without)
    )
    cost = round(with_it.cost - without.cost, 6)
    low = round(with_it.bound - without.cost, 6)
    high = round(with_it.cost - without.bound, 6)
    return Price(
        lock=lock,
        cost=cost,
        low=low,
        high=high,
        share=cost / without.cost if without.cost > 0 else 0.0,
        by_criterion={
            key: part - theirs.by_criterion.get(key, 0.0) for key, part in ours.by_criterion.items()
        },
        moved=_moved(without, with_it),
    )


def padded(groups: Sequence[Sequence[int]]) -> npt.NDArray[np.int32]:
    """Put groups of units into one array.

    Parameters
    ----------
    groups : sequence of sequence of int
        The groups.

    Returns
    -------
    ndarray of int32, shape (G, k)
        Ascending, padded with -1.
    """
    width = max(len(group) for group in groups)
    rows = [sorted(group) + [-1] * (width - len(group)) for group in groups]
    return np.array(rows, dtype=np.int32).reshape(len(groups), width)
