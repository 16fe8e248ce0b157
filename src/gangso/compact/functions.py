"""Who does what: each task at the lowest level that can carry it.

The rule, in this order, for every alliance:

1. what the planner decided stands;
2. what belongs to each municipality by its nature (its own administration, reserves) stays;
3. a task with a *threshold* (residents or births that sustain it) is carried by each member if
   all of them reach it, by the alliance if only together they do, and else by the province;
4. a task that *spills over* goes to the alliance if enough of the trips that leave its members
   end inside it, and else to the province, as its users come from farther away;
5. a task with strong *scale* goes to the alliance: two equal neighbours that join double both
   residents and area, so the sum of both elasticities is compared, at its upper limit;
6. everything else stays with the municipality.

Elasticities are of budgets and embed the formula by which grants are handed out. They say in
which order tasks are worth sharing, and are no forecast of savings.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot

import pandas as pd

from gangso.compact.words import both, label
from gangso.scenario import Function, FunctionOptions
from gangso.territory.model import Territory

__all__ = ["assign_functions", "budget_notes", "register_of"]

_LEVELS = ("municipality", "alliance", "province")
_ROUNDING = 0.01  # a part of the total by which a sum over functions may miss it


def register_of(options: FunctionOptions) -> pd.DataFrame:
    """List the tasks with what is known of each.

    Parameters
    ----------
    options : FunctionOptions
        The tasks.

    Returns
    -------
    DataFrame
        Index ``function``: ``label_ko``, ``label_en``, ``budget`` (items joined by "|"),
        ``shareable``, ``spills``, ``elasticity`` (residents and area together; missing where
        unknown), ``se``, ``upper``, ``threshold_item``, ``threshold``, ``source``.
    """
    rows = {}
    for key, task in options.tasks.items():
        scale = _scale(task, options)
        rows[key] = {
            "label_ko": _label(task, key)["ko"],
            "label_en": _label(task, key)["en"],
            "budget": "|".join(task.budget),
            "shareable": task.shareable,
            "spills": task.spills,
            "elasticity": None if scale is None else scale[0],
            "se": None if scale is None else scale[1],
            "upper": None if scale is None else scale[2],
            "threshold_item": task.threshold_item if task.threshold else None,
            "threshold": task.threshold,
            "source": task.source,
        }
    columns = [
        "label_ko", "label_en", "budget", "shareable", "spills", "elasticity", "se", "upper",
        "threshold_item", "threshold", "source",
    ]  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    numbers = dict.fromkeys(("elasticity", "se", "upper", "threshold"), "float64")
    return table.astype(numbers).rename_axis("function")


def _label(task: Function, key: str) -> dict[str, str]:
    return {lang: task.label.get(lang, key) for lang in ("ko", "en")}


def _scale(task: Function, options: FunctionOptions) -> tuple[float, float, float] | None:
    if task.elasticity_population is None:
        return None
    total = task.elasticity_population + task.elasticity_area
    # Their covariance is not published; both are taken as independent.
    error = hypot(task.se_population, task.se_area)
    return total, error, total + options.deviations * error


def assign_functions(
    territory: Territory, alliances: pd.DataFrame, options: FunctionOptions
) -> tuple[pd.DataFrame, tuple[dict[str, str], ...]]:
    """Assign every task to a level in every alliance.

    Parameters
    ----------
    territory : Territory
        The territory.
    alliances : DataFrame
        As in `Partition.alliances`; ``ties`` may be absent.
    options : FunctionOptions
        The tasks and the lines of the rule.

    Returns
    -------
    assigned : DataFrame
        One row an alliance and task: ``alliance``, ``function``, ``level``
        (``municipality``, ``alliance``, ``province``), ``rule`` (``decided``, ``nature``,
        ``threshold``, ``spillover``, ``scale``, ``otherwise``), ``budget`` (of all members
        together; missing where none is known), ``reason_ko``, ``reason_en``.
    notes : tuple of dict
        What could not be judged, by language.
    """
    figures, notes = _figures(territory, options)
    money = _money(territory)
    rows = []
    for name, row in alliances.iterrows():
        members = str(row["members"]).split("|")
        ties = float(row["ties"]) if "ties" in alliances and pd.notna(row["ties"]) else None
        for key, task in options.tasks.items():
            level, rule, reason = _decide(territory, task, members, ties, figures, options)
            amounts = [
                money[item, code]
                for item in task.budget
                for code in members
                if (item, code) in money
            ]
            budget = sum(amounts) if amounts else None
            rows.append((name, key, level, rule, budget, reason["ko"], reason["en"]))
    columns = ["alliance", "function", "level", "rule", "budget", "reason_ko", "reason_en"]
    assigned = pd.DataFrame(rows, columns=columns).astype({"budget": "float64"})
    if options.tasks:
        notes.append(both("compact.functions.caution"))
    spilling = any(task.spills for task in options.tasks.values())
    if spilling and "ties" not in alliances and len(alliances):
        notes.append(both("compact.functions.no_ties"))
    return assigned, tuple(notes)


def _figures(
    territory: Territory, options: FunctionOptions
) -> tuple[dict[str, pd.Series], list[dict[str, str]]]:
    """Latest figure of every item that is a threshold, by municipality."""
    found, notes = {}, []
    for item in {task.threshold_item for task in options.tasks.values() if task.threshold}:
        if item == "population":
            found[item] = territory.municipalities["population"]
            continue
        table = territory.indicators
        if table is None or not (table["item"] == item).any():
            notes.append(both("compact.functions.no_item", item=label(territory, item)))
            continue
        rows = table[table["item"] == item]
        latest = rows[rows["year"] == rows["year"].max()]
        found[item] = latest.set_index("municipality")["value"]
        # Sums over towns that do not cover the municipality are no figure of it.
        cover = table[(table["item"] == f"{item}_coverage") & (table["year"].isin(latest["year"]))]
        short = cover.loc[cover["value"] < options.coverage_at_least, "municipality"]
        found[item] = found[item].drop(short, errors="ignore")
    return found, notes


def _money(territory: Territory) -> dict[tuple[str, str], float]:
    """Latest budgets by item and municipality."""
    finance = territory.finance
    if finance is None:
        return {}
    budgets = finance[finance["item"].astype(str).str.startswith("budget:")]
    latest = budgets[budgets["year"] == budgets["year"].max()]
    keys = zip(latest["item"].astype(str), latest["municipality"].astype(str), strict=True)
    return dict(zip(keys, latest["amount"].astype(float), strict=True))


def budget_notes(territory: Territory, total: str) -> tuple[dict[str, str], ...]:
    """Say so if the budgets by function do not add up to the budget.

    Both are shown as the source gives them: which of the two is right, nobody here knows.

    Parameters
    ----------
    territory : Territory
        The territory.
    total : str
        Item of the finance table that is the whole budget.

    Returns
    -------
    tuple of dict
        One note by language, or none where they add up or one of the two is missing.
    """
    finance = territory.finance
    if finance is None:
        return ()
    item = finance["item"].astype(str)
    by_function = finance[item.str.startswith("budget:")]
    whole = finance[item == total]
    if by_function.empty or whole.empty:
        return ()
    year = int(by_function["year"].max())
    parts = by_function[by_function["year"] == year].groupby("municipality")["amount"].sum()
    budgets = whole[whole["year"] == year].set_index("municipality")["amount"]
    both_known = pd.DataFrame({"parts": parts, "whole": budgets.astype(float)}).dropna()
    both_known = both_known[both_known["whole"] > 0]
    ratio = both_known["parts"] / both_known["whole"]
    off = int(((ratio - 1).abs() > _ROUNDING).sum())
    if not off:
        return ()
    said = {
        "year": year, "whole": label(territory, total), "count": len(ratio), "off": off,
        "ratio": both_known["parts"].sum() / both_known["whole"].sum(),
        "low": ratio.min(), "high": ratio.max(),
    }  # fmt: skip
    return (both("compact.functions.budgets", **said),)


def _decide(
    territory: Territory,
    task: Function,
    members: list[str],
    ties: float | None,
    figures: Mapping[str, pd.Series],
    options: FunctionOptions,
) -> tuple[str, str, dict[str, str]]:
    if task.level is not None:
        return task.level, "decided", both("compact.why.decided", reason=_given(task))
    if not task.shareable:
        return "municipality", "nature", both("compact.why.nature")
    if task.threshold is not None and task.threshold_item in figures:
        own = figures[task.threshold_item].reindex(members)
        item = label(territory, task.threshold_item)
        if task.threshold_item == "population":
            item = both("compact.item.population")
        said = {"item": item, "threshold": task.threshold, "least": own.min(), "all": own.sum()}
        if own.min() < task.threshold <= own.sum():
            return "alliance", "threshold", both("compact.why.together", **said)
        if own.isna().any():
            return "municipality", "otherwise", both("compact.why.unknown", item=item)
        if own.min() >= task.threshold:
            return "municipality", "threshold", both("compact.why.each", **said)
        return "province", "threshold", both("compact.why.beyond", **said)
    if task.spills and ties is not None:
        said = {"ties": ties, "limit": options.ties_at_least}
        if ties >= options.ties_at_least:
            return "alliance", "spillover", both("compact.why.inside", **said)
        return "province", "spillover", both("compact.why.outside", **said)
    scale = _scale(task, options)
    if scale is not None:
        said = {
            "value": scale[0], "error": scale[1], "upper": scale[2], "limit": options.scale_below,
        }  # fmt: skip
        if scale[2] < options.scale_below:
            return "alliance", "scale", both("compact.why.scale", **said)
        return "municipality", "otherwise", both("compact.why.no_scale", **said)
    return "municipality", "otherwise", both("compact.why.nothing")


def _given(task: Function) -> dict[str, str]:
    nothing = both("compact.why.no_reason")
    return {lang: task.reason.get(lang, nothing[lang]) for lang in nothing}
