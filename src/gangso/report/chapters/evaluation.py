"""Whether past policy reached the small neighbours, and today's zones beside the plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from gangso.evaluation import (
    Finding,
    evaluation_tables,
    finding_lines,
    ring_name,
    verdict_sentence,
    zones_beside,
)
from gangso.evaluation.words import amount, first_line, verdict_word
from gangso.report.blocks import Block, Page, figure, listing, number, table, text
from gangso.report.chapters.chapter import Chapter
from gangso.report.evaluation_charts import differences_chart, events_chart, rings_map
from gangso.report.plan import PlanLike
from gangso.scenario import Study

__all__ = ["EVALUATION"]

_EVENT_ROWS = 2  # outcomes whose years are drawn; the tables have all of them


def _studies(plan: PlanLike) -> Iterator[tuple[str, Study, list[Finding]]]:
    for key, study in plan.scenario.evaluation.studies.items():
        yield key, study, [f for f in plan.evaluation.findings if f.study == key]


def _dynamic(findings: list[Finding]) -> list[Finding]:
    """Outcomes of which there are years before and after."""
    return [f for f in findings if (f.events["since"] < -1).any()]


def _static(findings: list[Finding]) -> list[Finding]:
    return [f for f in findings if f.refusal is None and f not in _dynamic(findings)]


def _blocks(page: Page) -> Iterator[Block]:
    options = page.plan.scenario.evaluation
    for number_, (key, study, findings) in enumerate(_studies(page.plan)):
        if number_ == 0:
            yield text(
                page.say("brief.evaluation.intro"),
                page.say("evaluation.method", km=options.correlation_km),
            )
        yield from _study(page, key, study, findings)
    zones = _zones(page)
    if zones is not None:
        yield zones


def _study(page: Page, key: str, study: Study, findings: list[Finding]) -> Iterator[Block]:
    label = study.label.get(page.lang, key)
    limits = {first_line(finding, study, page.lang): None for finding in findings}
    # What the data cannot show stands first.
    yield text(f"■ {label}", *(line for line in limits if line is not None))
    answered = [finding for finding in findings if finding.refusal is None]
    if answered:
        yield _rings(page, study, answered, label)
        yield figure(
            f"evaluation_{key}_map", page.say("brief.evaluation.map_alt"),
            page.say("brief.evaluation.map_caption", study=label),
        )  # fmt: skip
    dynamic, static = _dynamic(findings)[:_EVENT_ROWS], _static(findings)
    if dynamic:
        names = " · ".join(study.outcomes[f.outcome].label.get(page.lang, f.outcome)
                           for f in dynamic)  # fmt: skip
        yield figure(
            f"evaluation_{key}_events", page.say("brief.evaluation.events_alt"),
            page.say("brief.evaluation.events_caption", study=label, outcome=names),
        )  # fmt: skip
    if static:
        yield figure(
            f"evaluation_{key}_rings", page.say("brief.evaluation.events_alt"),
            page.say("brief.evaluation.after_caption", study=label),
        )  # fmt: skip
    yield listing([*_reasons(page, findings, study), *_ignoring(page, study, answered)])


def _rings(page: Page, study: Study, findings: list[Finding], label: str) -> Block:
    level = page.plan.scenario.evaluation.level
    columns = [
        (page.say("brief.evaluation.outcome"), "left", 0.16),
        (page.say("brief.evaluation.ring"), "left", 0.12),
        (page.say("brief.evaluation.places"), "right", 0.1),
        (page.say("brief.evaluation.estimate"), "right", 0.1),
        (page.say("brief.evaluation.interval", level=level), "right", 0.19),
        (page.say("brief.evaluation.pretrend"), "right", 0.09),
        (page.say("brief.evaluation.placebo"), "right", 0.09),
        (page.say("brief.evaluation.verdict"), "left", 0.15),
    ]
    rows: list[list[Any]] = []
    for finding in findings:
        outcome = study.outcomes[finding.outcome]
        for position, (ring, row) in enumerate(finding.rings.iterrows()):
            placebo = bool(row["placebo"])
            name = (
                page.say("evaluation.ring.placebo") if placebo
                else ring_name(study, int(str(ring)), page.lang)
            )  # fmt: skip
            word = (
                page.say(f"evaluation.placebo.{row['why']}") if placebo
                else verdict_word(row["verdict"], page.lang)
            )  # fmt: skip
            first = outcome.label.get(page.lang, finding.outcome) if position == 0 else ""
            rows.append(
                [
                    first, name, f"{number(row['places'])} ({number(row['compared'])})",
                    amount(row["estimate"], outcome),
                    "–" if pd.isna(row["low"]) else
                    f"{amount(row['low'], outcome)} … {amount(row['high'], outcome)}",
                    number(row["pretrend_p"], ".3f"), number(row["date_p"], ".3f"), word,
                ]
            )  # fmt: skip
    return table(columns, rows, page.say("brief.evaluation.caption", study=label))


def _reasons(page: Page, findings: list[Finding], study: Study) -> Iterator[str]:
    """Say why: whatever is the same for several rings, once."""
    alike: dict[str, list[str]] = {}
    for finding in findings:
        if finding.refusal is not None:
            continue
        label = study.outcomes[finding.outcome].label.get(page.lang, finding.outcome)
        for ring, row in finding.rings.iterrows():
            why = str(row["why"])
            if row["placebo"] or why == "no_before":
                continue  # said already: in the table, and above all the rest
            name = f"{label} {ring_name(study, int(str(ring)), page.lang)}"
            if why in ("wide", "pretrend", "placebo_ring"):
                alike.setdefault(why, []).append(name)
                continue
            word = verdict_word(row["verdict"], page.lang)
            told = verdict_sentence(finding, int(str(ring)), study, page.lang)
            yield f"{name}: {word}. {told}"
    for why, names in alike.items():
        yield page.say(f"brief.evaluation.alike_{why}", names=" · ".join(names))
    for finding in findings:
        outcome = study.outcomes[finding.outcome]
        if finding.refusal is not None:
            yield finding_lines(finding, study, page.lang)[0]
        elif page.lang in outcome.note:
            label = outcome.label.get(page.lang, finding.outcome)
            yield f"{label}: {outcome.note[page.lang]}"


def _ignoring(page: Page, study: Study, findings: list[Finding]) -> Iterator[str]:
    for finding in findings[:1]:
        if 0 in finding.rings.index and pd.notna(finding.rings["ignoring"].loc[0]):
            outcome = study.outcomes[finding.outcome]
            yield page.say(
                "brief.evaluation.ignoring",
                outcome=outcome.label.get(page.lang, finding.outcome),
                ignoring=amount(finding.rings.loc[0, "ignoring"], outcome),
                estimate=amount(finding.rings.loc[0, "estimate"], outcome),
            )


def _zones(page: Page) -> Block | None:
    found = zones_beside(page.plan.partition, page.plan.answers.comparisons)
    if found.empty:
        return None
    labels = {c.grouping: c.label.get(page.lang, c.grouping) for c in page.plan.answers.comparisons}
    columns = [
        (page.say("brief.evaluation.zone"), "left", 0.4),
        (page.say("brief.evaluation.zone_count"), "right", 0.13),
        (page.say("brief.evaluation.zone_population"), "right", 0.17),
        (page.say("brief.evaluation.zone_trips"), "right", 0.15),
        (page.say("brief.evaluation.zone_span"), "right", 0.15),
    ]
    rows = [
        [
            labels[row["grouping"]] if row["where"] == "zone"
            else page.say("brief.evaluation.zone_plan"),
            number(row["municipalities"]), number(row["population"]),
            number(row["trips_kept"], ".1%"), number(row["span"]),
        ]
        for row in found.to_dict("records")
    ]  # fmt: skip
    return table(columns, rows, page.say("brief.evaluation.zones_caption"))


def _findings(page: Page) -> Iterator[str]:
    for key, study, findings in _studies(page.plan):
        told = [
            (int(str(ring)), str(row["verdict"]))
            for finding in findings
            for ring, row in finding.rings.iterrows()
            if not row["placebo"]
        ]
        refused = sum(f.refusal is not None for f in findings)
        label = study.label.get(page.lang, key)
        near = [verdict for ring, verdict in told if ring > 0]
        rings = ", ".join(ring_name(study, r, page.lang) for r in range(1, len(study.rings) + 1))
        yield page.say(
            "brief.evaluation.find", study=label, **_counts([v for _, v in told], refused)
        ) + page.say("brief.evaluation.find_neighbours", rings=rings, **_counts(near, 0))


def _counts(verdicts: list[str], refused: int) -> dict[str, int]:
    found = sum(v in ("up", "down") for v in verdicts)
    none = verdicts.count("none")
    count = len(verdicts) + refused
    return {"count": count, "found": found, "none": none, "unknown": count - found - none}


def _notes(page: Page) -> Iterator[str]:
    for key, study, findings in _studies(page.plan):
        label = study.label.get(page.lang, key)
        if page.lang in study.note:
            yield f"{label}: {study.note[page.lang]}"
        for finding in findings[:1]:
            sizes = {kind: len(codes) for kind, codes in finding.unused.items()}
            yield f"{label}. {page.say('evaluation.aside', **sizes)}"


def _figures(page: Page, width_in: float) -> dict[str, Figure]:
    drawn: dict[str, Figure] = {}
    for key, study, findings in _studies(page.plan):
        answered = [finding for finding in findings if finding.refusal is None]
        dynamic, static = _dynamic(findings)[:_EVENT_ROWS], _static(findings)
        if answered:
            drawn[f"evaluation_{key}_map"] = rings_map(
                page.plan.territory, answered[0], study, page.lang, width_in
            )
        if dynamic:
            drawn[f"evaluation_{key}_events"] = events_chart(dynamic, study, page.lang, width_in)
        if static:
            drawn[f"evaluation_{key}_rings"] = differences_chart(static, study, page.lang, width_in)
    return drawn


def _tables(plan: PlanLike) -> dict[str, pd.DataFrame]:
    tables = {f"evaluation_{k}": v for k, v in evaluation_tables(plan.evaluation).items()}
    tables["evaluation_zones"] = zones_beside(plan.partition, plan.answers.comparisons)
    return {key: value for key, value in tables.items() if len(value)}


EVALUATION = Chapter(
    "evaluation",
    blocks=_blocks,
    findings=_findings,
    notes=_notes,
    figures=_figures,
    tables=_tables,
)
