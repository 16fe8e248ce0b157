"""What each municipality lives on: from the finance table, or estimated and said so."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from gangso.compact.words import both, label, named
from gangso.scenario import FinanceItems
from gangso.territory.model import Territory
from gangso.texts import LANGUAGES

__all__ = ["Revenue", "revenue"]

_PARTS = ("own", "carried", "general", "earmarked")


@dataclass(frozen=True, eq=False)
class Revenue:
    """Revenue of the municipalities before anything changes.

    Attributes
    ----------
    table : DataFrame
        Index ``municipality``, those with a budget; columns ``population`` and, in whole
        units of the currency, ``budget``, ``own`` (current revenue of its own), ``carried``
        (carried over and internal), ``general`` (grants free to use), ``earmarked``; the
        last four add up to the budget.
    year : int or None
        Year of the figures; None if there are none.
    estimated : bool
        Whether the parts are estimated from indices.
    missing : tuple of str
        Municipalities without a budget or an index; nothing is computed for them.
    notes : tuple of dict
        What is assumed and what is missing, by language.
    """

    table: pd.DataFrame
    year: int | None
    estimated: bool
    missing: tuple[str, ...]
    notes: tuple[dict[str, str], ...]


def revenue(territory: Territory, items: FinanceItems | None = None) -> Revenue:
    """Split each municipality's budget into what it has itself and what it is given.

    Where the finance table lacks amounts, they are estimated from indices:

    .. math:: own = s' B, \\quad carried = (s - s') B, \\quad general = (a - s) B, \\quad
              earmarked = (1 - a) B

    with the budget :math:`B`, own current revenue :math:`s'`, self-reliance :math:`s` and
    autonomy :math:`a` as shares of it. Autonomy and self-reliance must be of one definition:
    their difference is what is free to use beyond own revenue.

    Parameters
    ----------
    territory : Territory
        The territory.
    items : FinanceItems, optional
        Names of the items.

    Returns
    -------
    Revenue
        The parts, to the whole unit of the currency.
    """
    items = items or FinanceItems()
    people = territory.municipalities["population"]
    empty = pd.DataFrame(
        {name: pd.Series(dtype="int64") for name in ("population", "budget", *_PARTS)}
    ).rename_axis("municipality")
    if territory.finance is None:
        return Revenue(empty, None, False, tuple(people.index), (both("missing.finance"),))
    finance = territory.finance
    years = finance.loc[finance["item"] == items.budget, "year"]
    if years.empty:
        note = both("compact.revenue.no_budget", item=items.budget)
        return Revenue(empty, None, False, tuple(people.index), (note,))
    year = int(years.max())
    wide = (
        finance[finance["year"] == year]
        .pivot_table(index="municipality", columns="item", values="amount")
        .reindex(people.index)
    )
    amounts = {items.own_revenue, items.general_grants} <= set(wide.columns)
    indices = [items.own_pct, items.self_reliance_pct, items.autonomy_pct]
    needed = [items.own_revenue, items.general_grants] if amounts else indices
    lacking = [item for item in needed if item not in wide.columns]
    if lacking:
        note = both("compact.revenue.no_items", items=", ".join(lacking))
        return Revenue(empty, None, False, tuple(people.index), (note,))
    known = wide[[items.budget, *needed]].notna().all(axis=1)
    clipped: list[str] = []
    rows = {}
    for code, row in wide[known].iterrows():
        budget = _whole(row[items.budget])
        if amounts:
            own, general = _whole(row[items.own_revenue]), _whole(row[items.general_grants])
            carried = 0
        else:
            own, base, free = (_share(budget, row[item]) for item in indices)
            carried, general = base - own, free - base
        parts = [max(0, own), max(0, carried), max(0, general)]
        rest = budget - sum(parts)
        if rest < 0 or parts != [own, carried, general]:
            clipped.append(str(code))
        # What does not fit into the budget is taken from grants first, then from the rest.
        for position in (2, 1, 0):
            taken = min(parts[position], max(0, -rest))
            parts[position] -= taken
            rest += taken
        rows[code] = [round(float(people[str(code)])), budget, *parts, rest]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(empty.columns))
    table = table.astype("int64").rename_axis("municipality") if rows else empty
    missing = tuple(str(code) for code in wide.index[~known])
    names = {lang: territory.names(lang) for lang in LANGUAGES}
    notes = []
    if not amounts:
        labels = [label(territory, item) for item in indices]
        notes.append(
            both(
                "compact.revenue.estimated",
                year=year,
                own=labels[0],
                base=labels[1],
                free=labels[2],
            )
        )
    if missing:
        notes.append(
            both("compact.revenue.missing", count=len(missing), names=named(missing, names))
        )
    if clipped:
        notes.append(
            both("compact.revenue.clipped", count=len(clipped), names=named(clipped, names))
        )
    return Revenue(table, year, not amounts, missing, tuple(notes))


def _whole(amount: float) -> int:
    return max(0, round(float(amount)))


def _share(budget: int, percent: float) -> int:
    """Take a percentage, given to two decimals or more, of a whole budget."""
    return round(Fraction(str(round(float(percent), 6))) * budget / 100)
