"""Shifting national to local tax: who gains, who loses, and what it costs that nobody does.

A simulation in whole units of the currency. It moves money that is there; it invents none:
in every case what the municipalities gain is what the state gives up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.compact.game import proportional, to_whole
from gangso.compact.revenue import Revenue
from gangso.compact.words import both
from gangso.scenario import DecentralisationOptions

__all__ = ["Decentralisation", "decentralise", "gini"]

# Fiscal capacity below a tenth of the alliance's counts as a tenth in the pool's formula.
_LEAST_CAPACITY = Fraction(1, 10)


@dataclass(frozen=True, eq=False)
class Decentralisation:
    """Outcome of every case of a tax shift.

    Attributes
    ----------
    cases : DataFrame
        One row a case, index ``case`` (``"30/offset/own_revenue"``: target in per cent,
        grants, key). Columns: ``local_share_pct``, ``grants``, ``key``, the totals
        ``tax_shift``, ``grants_cut``, ``pooled``, ``state_change``, the counts ``gain``,
        ``lose``, ``same``, ``lose_small`` (of the small ones), ``small``, the sums
        ``gained``, ``lost``, the cost ``floor_cost`` of leaving nobody worse off, and the
        Gini coefficients ``gini_before``, ``gini_after``, ``gini_after_floor`` of free
        revenue per head, weighted by residents.
    outcomes : DataFrame
        One row a case and municipality (index ``case``, ``municipality``), whole units of
        the currency: ``tax`` (new local tax), ``paid_in`` and ``received`` (the alliance's
        pool), ``grants`` (change, negative when cut), ``change``, ``floor`` (compensation
        that would leave it no worse off); ``per_head_before``, ``per_head_after`` (free
        revenue: own and general grants), ``self_reliance_before``/``_after`` and
        ``autonomy_before``/``_after`` (per cent of the budget; missing where it is zero).
    balance : DataFrame
        One row a case: ``tax_to_municipalities`` and ``tax_from_state``,
        ``grants_to_municipalities`` and ``grants_from_state``, ``paid_in`` and
        ``received``, ``floor_to_municipalities`` and ``floor_from_state``; ``left``, what
        does not balance, which is zero.
    notes : tuple of dict
        Assumptions and warnings, by language.
    """

    cases: pd.DataFrame
    outcomes: pd.DataFrame
    balance: pd.DataFrame
    notes: tuple[dict[str, str], ...]


def decentralise(
    revenue: Revenue,
    alliance: pd.Series,
    options: DecentralisationOptions,
    small_below: float = 100_000,
) -> Decentralisation | None:
    r"""Simulate every case of a tax shift.

    The new tax of all municipalities together is :math:`\Delta = L (t - t_0) / t_0`: their
    own revenue :math:`L` grows as the local share of all tax grows from :math:`t_0` to
    :math:`t` (so their part of all local tax stays what it is). It is spread by own revenue
    or by residents. General grants are *kept*, cut by the rate at which the *law* ties them
    to national tax, or cut by the whole shift (*offset*), in proportion to what each
    receives. Each alliance pools a share of its members' new tax and hands it out by
    residents times the alliance's mean capacity per head over the member's own, the
    distribution index of Minnesota's Fiscal Disparities Act of 1971 (Minn. Stat. 473F.08).

    Parameters
    ----------
    revenue : Revenue
        What each municipality has before.
    alliance : Series
        Id of the alliance by code, missing where there is none.
    options : DecentralisationOptions
        The cases.
    small_below : float
        Residents below which a municipality counts as small.

    Returns
    -------
    Decentralisation or None
        The outcomes; None if there is no budget, or no case is asked for.

    References
    ----------
    Luce (1998), Reclaiming the intent: tax base sharing in the Twin Cities metropolitan
    areas, Land Lines 10, Lincoln Institute of Land Policy.
    """
    before, now = revenue.table, options.local_share_pct
    if before.empty or now is None:
        return None
    cases = [
        (target, grants, key)
        for target in options.targets_pct
        for grants in options.grants
        if grants != "law" or options.grant_rate_pct is not None
        for key in options.keys
    ]
    if not cases:
        return None
    groups = [
        np.flatnonzero((alliance.reindex(before.index) == name).to_numpy())
        for name in sorted(alliance.dropna().unique())
    ]
    outcomes, rows, balance = {}, {}, {}
    for target, grants, key in cases:
        name = f"{target:g}/{grants}/{key}"
        flows = _flows(before, groups, target, grants, key, options)
        outcomes[name] = _outcome(before, flows)
        rows[name] = _summary(before, outcomes[name], flows, small_below) | {
            "local_share_pct": target, "grants": grants, "key": key,
        }  # fmt: skip
        balance[name] = _balance(flows, outcomes[name])
    first = ["local_share_pct", "grants", "key"]
    summary = pd.DataFrame.from_dict(rows, orient="index").rename_axis("case")
    notes = [
        both(
            "compact.shift.assumptions",
            now=100 - now,
            local=now,
            pool=options.pool_share,
            count=len(before),
        ),
        both("compact.shift.formula"),
    ]
    if short := [name for name, row in rows.items() if row["not_offset"]]:
        notes.append(both("compact.shift.not_offset", cases=", ".join(short)))
    return Decentralisation(
        cases=summary[[*first, *(c for c in summary.columns if c not in first)]],
        outcomes=pd.concat(outcomes, names=["case", "municipality"]),
        balance=pd.DataFrame.from_dict(balance, orient="index").rename_axis("case"),
        notes=tuple(notes),
    )


@dataclass(frozen=True, eq=False)
class _Flows:
    shift: int
    cut: int
    not_offset: int
    tax: list[int]
    grants: list[int]
    paid: list[int]
    received: list[int]


def _flows(
    before: pd.DataFrame,
    groups: Sequence[npt.NDArray[np.intp]],
    target: float,
    grants: str,
    key: str,
    options: DecentralisationOptions,
) -> _Flows:
    own = [int(value) for value in before["own"]]
    general = [int(value) for value in before["general"]]
    people = [int(value) for value in before["population"]]
    now, then = _exact(options.local_share_pct or 0.0), _exact(target)
    shift = round(sum(own) * (then - now) / now)
    tax = _split(shift, own if key == "own_revenue" else people)
    wanted = 0
    if grants == "offset":
        wanted = shift
    elif grants == "law":
        wanted = round(shift * _exact(options.grant_rate_pct or 0.0) / 100)
    cut = min(wanted, sum(general))
    lost = _split(cut, general) if cut else [0] * len(own)
    paid, received = [0] * len(own), [0] * len(own)
    share = _exact(options.pool_share)
    for members in groups:
        for i in members:
            paid[i] = round(share * tax[i])
        index = _pool_index([own[i] for i in members], [people[i] for i in members])
        for i, amount in zip(members, _split(sum(paid[i] for i in members), index), strict=True):
            received[i] = amount
    return _Flows(shift, cut, wanted - cut, tax, [-value for value in lost], paid, received)


def _pool_index(own: Sequence[int], people: Sequence[int]) -> list[Fraction]:
    """Weigh residents by how far capacity per head is below the alliance's own."""
    if not sum(own) or not sum(people):
        return [Fraction(residents) for residents in people]
    mean = Fraction(sum(own), sum(people))
    index = []
    for money, residents in zip(own, people, strict=True):
        if residents:
            capacity = max(Fraction(money, residents), mean * _LEAST_CAPACITY)
            index.append(residents * mean / capacity)
        else:
            index.append(Fraction(0))
    return index


def _exact(value: float) -> Fraction:
    return Fraction(str(value))


def _split(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Split a whole amount by weights, to the last unit."""
    if not weights:
        return []
    return list(to_whole(proportional(Fraction(total), [Fraction(w) for w in weights])))


def _outcome(before: pd.DataFrame, flows: _Flows) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "tax": flows.tax,
            "paid_in": flows.paid,
            "received": flows.received,
            "grants": flows.grants,
        },
        index=before.index,
        dtype="int64",
    )
    own_change = table["tax"] - table["paid_in"] + table["received"]
    table["change"] = own_change + table["grants"]
    table["floor"] = (-table["change"]).clip(lower=0)
    people = before["population"].where(before["population"] > 0)
    free = before["own"] + before["general"]
    table["per_head_before"] = free / people
    table["per_head_after"] = (free + table["change"]) / people
    for when, own, rest in (
        ("before", before["own"], 0),
        ("after", before["own"] + own_change, table["change"]),
    ):
        budget = (before["budget"] + rest).where(before["budget"] > 0)
        grants = before["general"] + (table["grants"] if when == "after" else 0)
        table[f"self_reliance_{when}"] = 100 * own / budget
        table[f"autonomy_{when}"] = 100 * (own + before["carried"] + grants) / budget
    return table


def _summary(
    before: pd.DataFrame, outcome: pd.DataFrame, flows: _Flows, small_below: float
) -> dict[str, object]:
    change, people = outcome["change"], before["population"]
    small = people < small_below
    free = before["own"] + before["general"]
    return {
        "tax_shift": flows.shift,
        "grants_cut": flows.cut,
        "not_offset": flows.not_offset,
        "pooled": sum(flows.paid),
        "state_change": flows.cut - flows.shift,
        "gain": int((change > 0).sum()),
        "lose": int((change < 0).sum()),
        "same": int((change == 0).sum()),
        "lose_small": int((small & (change < 0)).sum()),
        "small": int(small.sum()),
        "gained": int(change[change > 0].sum()),
        "lost": int(-change[change < 0].sum()),
        "floor_cost": int(outcome["floor"].sum()),
        "gini_before": gini(free, people),
        "gini_after": gini(free + change, people),
        "gini_after_floor": gini(free + change + outcome["floor"], people),
    }


def _balance(flows: _Flows, outcome: pd.DataFrame) -> dict[str, int]:
    floor = int(outcome["floor"].sum())
    sides = {
        "tax_to_municipalities": sum(flows.tax),
        "tax_from_state": -flows.shift,
        "grants_to_municipalities": sum(flows.grants),
        "grants_from_state": flows.cut,
        "paid_in": -sum(flows.paid),
        "received": sum(flows.received),
        "floor_to_municipalities": floor,
        "floor_from_state": -floor,
    }
    return {**sides, "left": sum(sides.values())}


def gini(amounts: pd.Series, people: pd.Series) -> float:
    """Measure the inequality of an amount per head, each resident counting once.

    Parameters
    ----------
    amounts : Series
        Amount of each municipality.
    people : Series
        Its residents.

    Returns
    -------
    float
        The Gini coefficient: 0 if everyone has the same; missing if nobody lives there or
        there is nothing to share.

    References
    ----------
    Gini (1912); as twice the area between the Lorenz curve and the diagonal, Lorenz (1905),
    doi:10.2307/2276207.

    Examples
    --------
    >>> gini(pd.Series([0.0, 10.0]), pd.Series([1, 1]))
    0.5
    """
    lived = (people > 0).to_numpy()
    amount, weight = amounts.to_numpy(float)[lived], people.to_numpy(float)[lived]
    if not len(weight) or amount.sum() <= 0:
        return float("nan")
    order = np.argsort(amount / weight, kind="stable")
    share = np.concatenate([[0.0], np.cumsum(weight[order])]) / weight.sum()
    lorenz = np.concatenate([[0.0], np.cumsum(amount[order])]) / amount.sum()
    return float(1.0 - np.sum(np.diff(share) * (lorenz[1:] + lorenz[:-1])))
