"""What the panel of the nation tells, ready for its template."""

from __future__ import annotations

from typing import Any

from gangso.alliances import Partition
from gangso.scenario import Scenario
from gangso.services import Services
from gangso.workbench.cards import NationalLedger
from gangso.workbench.outlook import Outlook
from gangso.workbench.pages.charts import Line, fan
from gangso.workbench.pages.words import Words

__all__ = ["future_view", "ledger_view", "needs_view", "plan_view"]

View = dict[str, Any]


def plan_view(words: Words, plan: Partition, scenario: Scenario) -> View:
    """Tell how good the plan is, and how sure that is."""
    counts, table = plan.membership["status"].value_counts(), plan.alliances
    return {
        "alliances": len(table),
        **{key: int(counts.get(key, 0)) for key in ("allied", "alone", "outside")},
        "median": float(table["population"].median()) if len(table) else None,
        "ties": float(table["ties"].mean()) if "ties" in table and len(table) else None,
        "span": float(table["span"].mean()) if "span" in table and len(table) else None,
        "span_unit": str(plan.criteria["unit"].get("span", "min")),
        "cost": plan.cost,
        "bound": plan.bound,
        "gap": plan.gap,
        "status": plan.status,
        "candidates": plan.candidates,
        "target": scenario.alliances.target_population,
        "notes": [note[words.lang] for note in plan.notes],
    }


def ledger_view(words: Words, found: NationalLedger) -> View:
    """Tell the imbalance of the nation, and which services the plan sustains."""
    return {
        "rows": [
            {
                "label": r[f"label_{words.lang}"],
                "count": r["municipalities"],
                "people": r["population_pct"],
                "land": r["land_pct"],
                "source": str(r[f"source_{words.lang}"]),
                "reference": str(r["group"]).startswith("reference"),
            }
            for r in found.ledger.to_dict("records")
        ],
        "services": [
            {"label": r[f"label_{words.lang}"], "before": r["before"], "after": r["after"]}
            for r in found.services.to_dict("records")
        ],
        "notes": [note[words.lang] for note in found.notes],
        "definitions": [text[words.lang] for text in found.definitions],
    }


def needs_view(words: Words, services: Services, scenario: Scenario) -> list[View]:
    """Tell how many people are beyond each national minimum."""
    table = services.nation
    labels = {key: dict(s.label) for key, s in scenario.services.standards.items()}
    return [
        {
            "label": words.of(labels, str(r["standard"])),
            "beyond": float(r["beyond"]),
            "share": float(r["share_beyond"]),
        }
        for r in table[table["level"] == "national_minimum"].to_dict("records")
    ]


def future_view(words: Words, outlook: Outlook) -> View:
    """Draw the population of the nation to come."""
    made = outlook.projection
    columns = (
        made.nation[name].dropna() for name in ("population", "population_low", "population_high")
    )
    ahead, low, high = ({int(str(y)): float(v) for y, v in c.items()} for c in columns)
    base, last = made.base_year, max(ahead)
    change = ahead[last] / ahead[base] - 1
    label = words.say("wb.future.label", base=base, last=last, change=change)
    start = {base: ahead[base]}
    chart = fan([Line("ahead", ahead)], start | low, start | high, label, words.lang, base)
    return {"chart": chart, "label": label}
