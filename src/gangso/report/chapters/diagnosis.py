"""What is wrong: the imbalance ledger, and the decline of every municipality."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from gangso.diagnosis import class_label
from gangso.report.blocks import Block, Page, listing, number, table, text
from gangso.report.chapters.chapter import Chapter
from gangso.report.maps import diagnosis_map
from gangso.report.plan import PlanLike

__all__ = ["DECLINE", "LEDGER"]


def _ledger(page: Page) -> Iterator[Block]:
    ledger = page.plan.diagnosis.ledger
    shares = [
        key for key in ("population_pct", "land_pct", "land_pct_cities", "jobs_pct")
        if ledger[key].notna().any()
    ]  # fmt: skip
    two = "land_pct_cities" in shares
    yield text(page.say("brief.ledger.intro" if two else "brief.ledger.intro_plain"))
    columns = [
        (page.say("brief.ledger.group"), "left", 0.28),
        (page.say("brief.ledger.municipalities"), "right", 0.1),
        (page.say("brief.ledger.population"), "right", 0.16),
    ]
    for key in shares:
        label = "land_pct_plain" if key == "land_pct" and not two else key
        columns.append((page.say(f"brief.ledger.{label}"), "right", 0.46 / len(shares)))
    reference = ledger["group"] == "reference"
    cited = ledger[f"source_{page.lang}"]
    computed = cited[~reference].dropna().unique()
    rows: list[list[Any]] = []
    for is_reference, (_, row) in zip(reference, ledger.iterrows(), strict=True):
        # One source for all computed rows is said once, above the table.
        said = not is_reference and len(computed) == 1
        own = row[f"source_{page.lang}"]
        source = "" if said or pd.isna(own) else str(own)
        form = ".4g" if is_reference else ".2f"  # as published; as computed
        rows.append([
            {"text": str(row[f"label_{page.lang}"]), "sub": source},
            number(row["municipalities"]), number(row["population"]),
            *(number(row[key], form) for key in shares),
        ])  # fmt: skip
    caption = page.say("brief.ledger.caption")
    if len(computed) == 1:
        caption = page.say("brief.ledger.caption_source", source=computed[0])
    yield table(columns, rows, caption)


def _ledger_sentences(page: Page) -> list[str]:
    ledger = page.plan.diagnosis.ledger
    items = []
    for _, row in ledger[ledger["group"] == "small"].iterrows():
        cities = row["land_pct_cities"]
        items.append(
            page.say(
                "brief.find.ledger" if pd.isna(cities) else "brief.find.ledger_cities",
                label=row[f"label_{page.lang}"],
                count=int(row["municipalities"]),
                land=row["land_pct"],
                cities=cities,
                people=row["population_pct"],
            )
        )
    keys = ("land_pct", "population_pct", "jobs_pct")
    for _, row in ledger[ledger["group"] == "reference"].iterrows():
        shares = [
            page.say(f"brief.find.{key}", value=row[key]) for key in keys if pd.notna(row[key])
        ]
        label = row[f"label_{page.lang}"]
        items.append(page.say("brief.find.reference", label=label, shares=", ".join(shares)))
    return items


def _decline(page: Page) -> Iterator[Block]:
    year = page.plan.diagnosis.year
    if year is None:
        yield text(*(note[page.lang] for note in page.plan.diagnosis.notes))
        yield {
            "kind": "figure",
            "name": "diagnosis",
            "alt": page.say("brief.sizes.alt"),
            "caption": page.say("brief.sizes.caption"),
        }
        return
    counts = page.plan.diagnosis.counts[page.plan.diagnosis.counts["index_known"] > 0]
    classes = sorted(page.plan.scenario.diagnosis.classes, key=lambda c: -c.at_least)
    years = [int(y) for y in counts.index]
    rows: list[list[Any]] = [
        [class_label(c.key, page.lang), *(number(counts.loc[y, c.key]) for y in years)]
        for c in classes
    ]
    for key in ("births_below_threshold", "births_known"):
        if counts["births_known"].sum():
            rows.append([page.say(f"brief.counts.{key}"), *(
                number(counts.loc[y, key] if counts.loc[y, "births_known"] else None)
                for y in years
            )])  # fmt: skip
    share = 0.68 / max(len(years), 1)
    columns = [(page.say("brief.counts.class"), "left", 0.32)]
    columns += [(str(y), "right", share) for y in years]
    yield table(columns, rows, page.say("brief.counts.caption"))
    yield listing(text[page.lang] for text in page.plan.diagnosis.definitions)
    yield {
        "kind": "figure",
        "name": "diagnosis",
        "alt": page.say("brief.diagnosis.alt", year=year),
        "caption": page.say("brief.diagnosis.caption", year=year),
    }


def _decline_sentence(page: Page) -> list[str]:
    counts, year = page.plan.diagnosis.counts, page.plan.diagnosis.year
    if year is None or year not in counts.index or not counts.loc[year, "index_known"]:
        return []
    first = int(counts.index[counts["index_known"] > 0].min())

    def count(of: int, key: str) -> int:
        return int(counts[key].loc[of])

    return [
        page.say(
            "brief.find.decline",
            year=year,
            known=count(year, "index_known"),
            below=count(year, "index_below_0.5"),
            worst=count(year, "index_below_0.2"),
            first=first,
            then=count(first, "index_below_0.5"),
        )
    ]


def _service_sentences(page: Page) -> list[str]:
    """Say how many places are below the thresholds of services, first and last year."""
    counts = page.plan.diagnosis.counts
    items = []
    births = counts[counts["births_known"] > 0]
    if len(births):
        first, last = births.index.min(), births.index.max()
        items.append(
            page.say(
                "brief.find.births",
                threshold=page.plan.scenario.diagnosis.births_threshold,
                first=first,
                then=int(births["births_below_threshold"].loc[first]),
                year=last,
                now=int(births["births_below_threshold"].loc[last]),
                known=int(births["births_known"].loc[last]),
            )
        )
    clinics = counts[counts["delivery_known"] > 0]
    if len(clinics):
        last = clinics.index.max()
        items.append(
            page.say(
                "brief.find.delivery",
                year=last,
                none=int(clinics["delivery_0"].loc[last]),
                few=int(clinics["delivery_1_or_2"].loc[last]),
                known=int(clinics["delivery_known"].loc[last]),
            )
        )
    return items


def _figures(page: Page, width_in: float) -> dict[str, Figure]:
    plan = page.plan
    return {"diagnosis": diagnosis_map(plan.territory, plan.diagnosis, page.lang, width_in)}


def _of_year(plan: PlanLike) -> pd.DataFrame | None:
    if plan.diagnosis.year is None:
        return None
    indicators = plan.diagnosis.indicators.drop(columns="population", errors="ignore")
    years = indicators.index.get_level_values("year")
    return indicators[years == plan.diagnosis.year].droplevel("year")


LEDGER = Chapter(
    "ledger",
    blocks=_ledger,
    findings=_ledger_sentences,
    tables=lambda plan: {"ledger": plan.diagnosis.ledger},
)
DECLINE = Chapter(
    "decline",
    blocks=_decline,
    findings=lambda page: [*_decline_sentence(page), *_service_sentences(page)],
    notes=lambda page: [note[page.lang] for note in page.plan.diagnosis.notes],
    figures=_figures,
    tables=lambda plan: {
        "indicators": plan.diagnosis.indicators,
        "counts": plan.diagnosis.counts,
    },
    columns=_of_year,
)
