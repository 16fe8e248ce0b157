"""The evaluation in words: what was found, what was not, what cannot be told and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gangso.evaluation.result import Finding
from gangso.scenario import Outcome, Study
from gangso.texts import say

__all__ = [
    "amount",
    "finding_lines",
    "first_line",
    "ring_name",
    "verdict_sentence",
    "verdict_word",
]


def ring_name(study: Study, ring: int, lang: str) -> str:
    """Name a ring: host, 0–30 km, 30–60 km, beyond.

    Parameters
    ----------
    study : Study
        The study.
    ring : int
        0 for hosts; one more than there are rings for those beyond the last.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    str
        The name.
    """
    if ring == 0:
        return say("evaluation.ring.host", lang)
    edges = (0.0, *study.rings)
    if ring > len(study.rings):
        return say(f"evaluation.ring.beyond_{study.measure}", lang, low=edges[-1])
    return say(f"evaluation.ring.{study.measure}", lang, low=edges[ring - 1], high=edges[ring])


def amount(value: Any, outcome: Outcome, *, signed: bool = True) -> str:
    """Write an estimate: per cent for logarithms, else in the outcome's own unit."""
    if value is None or pd.isna(value):
        return "–"
    if not np.isfinite(value):
        return "∞"
    if outcome.scale == "log":
        share = float(np.expm1(value)) * 100.0
        return f"{share:+.1f}%" if signed else f"{share:.1f}%"
    return f"{value:+.2f}" if signed else f"{value:.2f}"


def verdict_word(verdict: str, lang: str) -> str:
    """Say a verdict in two or three words."""
    return say(f"evaluation.verdict.{verdict}", lang)


def verdict_sentence(finding: Finding, ring: int, study: Study, lang: str) -> str:
    """Say what one ring shows, and why no more.

    Parameters
    ----------
    finding : Finding
        The finding.
    ring : int
        The ring.
    study : Study
        Its study.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    str
        A sentence. It speaks of differences in change, never of effects.
    """
    row = finding.rings.loc[ring]
    outcome = study.outcomes[finding.outcome]
    if row["verdict"] == "refused":
        refusal = finding.refusals[ring]
        return f"{refusal.why[lang]} {refusal.way_out[lang]}"
    return say(
        f"evaluation.why.{row['why']}", lang,
        estimate=amount(row["estimate"], outcome), low=amount(row["low"], outcome),
        high=amount(row["high"], outcome), p=_p(row["pretrend_p"]), date_p=_p(row["date_p"]),
        smallest=amount(outcome.smallest, outcome, signed=False),
        hub_low=amount(row["hub_low"], outcome),
        hub_high=amount(row["hub_high"], outcome),
        wide_low=amount(row["violation_low"], outcome),
        wide_high=amount(row["violation_high"], outcome),
    )  # fmt: skip


def _p(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:.3f}"


def first_line(finding: Finding, study: Study, lang: str) -> str | None:
    """Say what the data cannot show whatever the figures: it stands first."""
    outcome = study.outcomes[finding.outcome]
    if finding.refusal is not None:
        return None
    if outcome.after_only:
        return say("evaluation.first.after_only", lang, first=finding.years[0],
                   low=study.opened[0], high=study.opened[1])  # fmt: skip
    before = [year for year in finding.years if year < study.opened[0]]
    if len(before) < 2 and not (finding.rings["pretrend_years"] > 0).any():
        return say("evaluation.first.no_before", lang, first=finding.years[0],
                   low=study.opened[0], high=study.opened[1])  # fmt: skip
    return None


def finding_lines(finding: Finding, study: Study, lang: str) -> list[str]:
    """Put a finding into sentences, the gravest limit first.

    Parameters
    ----------
    finding : Finding
        The finding.
    study : Study
        Its study.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    list of str
        One sentence a ring, after the limit that stands above all of them.
    """
    outcome = study.outcomes[finding.outcome]
    label = outcome.label.get(lang, finding.outcome)
    if finding.refusal is not None:
        told = f"{finding.refusal.why[lang]} {finding.refusal.way_out[lang]}"
        return [say("evaluation.line.refused", lang, outcome=label, told=told)]
    first = first_line(finding, study, lang)
    lines = [] if first is None else [first]
    for ring in finding.rings.index:
        name = ring_name(study, int(ring), lang)
        if finding.rings.loc[ring, "placebo"]:
            name = say("evaluation.ring.placebo", lang)
        lines.append(
            say(
                "evaluation.line.ring", lang, outcome=label, ring=name,
                verdict=verdict_word(finding.rings.loc[ring, "verdict"], lang)
                if not finding.rings.loc[ring, "placebo"]
                else say(f"evaluation.placebo.{finding.rings.loc[ring, 'why']}", lang),
                told=verdict_sentence(finding, int(ring), study, lang),
            )
        )  # fmt: skip
    return lines
