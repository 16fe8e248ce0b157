"""What the card of an alliance tells, ready for its template."""

from __future__ import annotations

from math import isnan
from typing import Any

import numpy as np
import pandas as pd

from gangso.compact.sharing import Sharing
from gangso.scenario import Scenario
from gangso.workbench.cards import AllianceBases, AllianceCard, AllianceCompact
from gangso.workbench.pages.charts import Line, fan
from gangso.workbench.pages.words import Words

__all__ = ["alliance_view", "bases_view", "compact_view", "fan_view", "raw_figure"]

View = dict[str, Any]


def raw_figure(words: Words, value: float, unit: str) -> str:
    """Write the raw figure of a criterion with its unit."""
    if isnan(value):
        return "–"
    if unit == "share":
        return f"{value:.0%}"
    if unit in ("min", "people", "km"):
        return words.say(f"wb.unit.{unit}", value=value)
    return f"{value:,.3g}"


def alliance_view(words: Words, card: AllianceCard, scenario: Scenario, means: pd.Series) -> View:
    """Tell what is known of an alliance at once.

    Parameters
    ----------
    words : Words
        The language.
    card : AllianceCard
        The card.
    scenario : Scenario
        The scenario.
    means : Series of float
        Mean score over all alliances, by criterion.

    Returns
    -------
    dict
        What the template reads.
    """
    target = scenario.alliances.target_population
    thresholds = scenario.services.thresholds
    gained = []
    for key in dict.fromkeys((*card.gained_safe, *card.gained)):
        safe = key in card.gained_safe
        threshold = thresholds[key]
        needed = threshold.population_80 if safe else threshold.population_50
        label = words.of(card.service_labels, key)
        gained.append({"label": label, "share": 80 if safe else 50, "needed": needed})
    return {
        "ident": card.alliance,
        "codes": list(card.members.index),
        "title": words.list(card.members.index),
        "members": [
            {
                "code": str(code),
                "name": words.name(code),
                "people": float(people),
                "share": float(people) / card.population if card.population else 0.0,
            }
            for code, people in card.members["population"].items()
        ],
        "people": card.population,
        "of_target": card.population / target,
        "target": target,
        "scores": [
            {
                "label": str(row[f"label_{words.lang}"]),
                "meaning": str(row[f"meaning_{words.lang}"]),
                "raw": raw_figure(words, float(row["raw"]), str(row["unit"])),
                "good": 1.0 - float(row["score"]),
                "mean": 1.0 - float(means.get(str(key), np.nan)),
            }
            for key, row in card.scores.iterrows()
            if row["weight"]
        ],
        "gained": gained,
    }


def bases_view(words: Words, found: AllianceBases, scenario: Scenario) -> View:
    """Tell where the bases of an alliance go, and which hubs it is tied to."""
    kinds = {hub.kind: dict(hub.label) for hub in scenario.bases.hubs}
    rows = found.bases.sort_values(["service", "people"], ascending=[True, False])
    return {
        "sites": [
            {
                "service": words.of(found.labels, str(r["service"])),
                "optimum": r["aim"] == "optimum",
                "place": f"{words.name(r['municipality'])} {r['name']}",
                "people": float(r["people"]),
                "cost": words.money(float(r["cost"])),
            }
            for r in rows.to_dict("records")
        ],
        "cost": words.money(float(found.group["cost"])),
        "unmet": float(found.group["unmet"]),
        "proven": found.group["status"] == "proven",
        "ties": [
            {
                "kind": words.of(kinds, str(r["kind"])),
                "hub": str(r["hub"]),
                "minutes": float(r["minutes"]),
                "drains": bool(r["may_drain"]),
            }
            for r in found.ties.to_dict("records")
            if pd.notna(r["hub"]) and np.isfinite(r["minutes"])
        ],
    }


def compact_view(words: Words, found: AllianceCompact) -> View:
    """Tell who decides, who pays, and whether anybody would rather leave."""
    return {
        "size": int(found.council["size"]),
        "needed": int(found.council["needed"]),
        "seats": [
            {
                "name": words.name(r["municipality"]),
                "seats": int(r["seats"]),
                "residents": float(r["residents_share"]),
                "power": float(r["banzhaf"]),
                "powerless": bool(r["powerless"]),
            }
            for r in found.seats.to_dict("records")
        ],
        "sharing": None if found.sharing is None else _sharing(words, found.sharing),
    }


def _sharing(words: Words, sharing: Sharing) -> View:
    whole = sharing.alliances.iloc[0]
    best = sharing.shares[sharing.shares["recommended"].astype(bool)]
    rows = []
    for r in best.to_dict("records"):
        code = str(r["municipality"])
        tested = sharing.exits[sharing.exits["municipality"] == code]
        # Where there is no room for it, or the move was not priced, nothing is known of it.
        tested = tested[tested["saves"].notna()].sort_values("saves", ascending=False)
        first = tested.iloc[0] if len(tested) else None
        rows.append(
            {
                "name": words.name(code),
                "share": words.money(float(r["share"])),
                "alone": words.money(float(r["alone"])),
                "saves": words.money(float(r["alone"]) - float(r["share"])),
                "tested": len(tested),
                "leaves": bool(tested["moves"].fillna(False).astype(bool).any()),
                "to": "" if first is None else str(first["to"]),
                "offer": 0.0 if first is None else float(first["saves"]),
                "offer_money": "" if first is None else words.money(abs(float(first["saves"]))),
            }
        )
    return {
        "rule": words.say(f"wb.rule.{whole['recommended']}"),
        "cost": words.money(float(whole["cost"])),
        "alone": words.money(float(whole["alone"])),
        "saved": words.money(float(whole["saved"])),
        "core_empty": bool(whole["core_empty"]),
        "subsidy": words.money(float(whole["subsidy"])),
        "rows": rows,
    }


def fan_view(words: Words, table: pd.DataFrame) -> View:
    """Draw what will happen to a place or an alliance.

    Parameters
    ----------
    words : Words
        The language.
    table : DataFrame
        As `gangso.workbench.outlook.fan`.

    Returns
    -------
    dict
        The chart, and what it says in words.
    """
    people = {int(str(y)): float(v) for y, v in table["population"].dropna().items()}
    base = int(table.index[table["observed"]].max())
    last = max(people)
    start = {base: people[base]}
    low, high, together = (
        {int(str(y)): float(v) for y, v in table[column].dropna().items()}
        for column in ("low", "high", "together")
    )
    lines = [
        Line("seen", {y: v for y, v in people.items() if y <= base}),
        Line("ahead", {y: v for y, v in people.items() if y >= base}),
    ]
    if together:
        lines.append(Line("planned", start | together))
    change = people[last] / people[base] - 1 if people[base] else 0.0
    label = words.say("wb.future.label", base=base, last=last, change=change)
    return {
        "chart": fan(
            lines, start | low if low else {}, start | high if high else {},
            label, words.lang, base,
        ),
        "label": label,
        "last": last,
        "low": low.get(last),
        "high": high.get(last),
        "gain": together[last] - people[last] if last in together else None,
    }  # fmt: skip
