"""`gangso evaluate`: did past policy reach the small neighbours?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gangso import opening
from gangso.cli.documents import records
from gangso.cli.screen import Screen
from gangso.cli.tables import filled_table, source_lines
from gangso.errors import BadInputError, Fault, InfeasibleError
from gangso.evaluation import (
    Evaluation,
    Finding,
    evaluate,
    evaluation_tables,
    finding_lines,
    ring_name,
)
from gangso.evaluation.words import amount, verdict_word
from gangso.scenario import EvaluationOptions, Study
from gangso.territory.travel import travel_network
from gangso.texts import LANGUAGES, say

__all__ = ["show_evaluation"]

_STEPS = {"territory": 1.0, "travel": 1.0, "evaluation": 6.0}


def show_evaluation(
    path: Path | None,
    studies: Sequence[str],
    overrides: Mapping[str, Any],
    *,
    fast: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Evaluate and show every ring, every check and the verdict.

    Parameters
    ----------
    path : Path or None
        Scenario file.
    studies : sequence of str
        Keys of the studies; all of them if empty.
    overrides : mapping
        What the command line lays over the scenario.
    fast : bool
        Without second opinions.
    quiet, as_json : bool
        How to speak.

    Raises
    ------
    BadInputError
        If there is no such study, or a study has faults.
    InfeasibleError
        If not one question can be answered.
    """
    early = Screen(str(overrides.get("language", "ko")), quiet=quiet, as_json=as_json)
    with early.progress(_STEPS) as tell:
        tell("territory", 0.0)
        scenario, territory = opening.open_scenario(path, overrides)
        options = _chosen(scenario.evaluation, studies)
        network = None
        if any(study.measure == "minutes" for study in options.studies.values()):
            tell("travel", 0.0)
            network = travel_network(territory, scenario.travel, scenario.year)
        tell("evaluation", 0.0)
        found = evaluate(
            territory,
            options,
            np.random.default_rng(scenario.seed),
            network=network,
            opinions=not fast,
            progress=lambda share: tell("evaluation", share),
        )
    screen = Screen(scenario.language, quiet=quiet, as_json=as_json)
    if not options.studies:
        screen.out.print(Text(screen.say("cli.evaluate.nothing")))
    names = territory.names(screen.lang)
    for key, study in options.studies.items():
        _show_study(screen, key, study, found, options)
    if found.opinions is not None and len(found.opinions):
        screen.out.print(_opinions(screen, found.opinions, options))
    if found.synthetic is not None and len(found.synthetic):
        screen.out.print(_synthetic(screen, found.synthetic, options, names))
        screen.out.print(Text(screen.say("cli.evaluate.exact")))
    screen.out.print(Text(screen.say("evaluation.method", km=options.correlation_km)))
    sources = source_lines(territory, ("hubs", "population", "indicators"), screen.lang)
    for line in sources:
        screen.out.print(Padding(Text(f"· {line}"), (0, 0, 0, 1)))
    tables = {key: records(table) for key, table in evaluation_tables(found).items()}
    said = {
        lang: {
            f"{finding.study}.{finding.outcome}": finding_lines(
                finding, options.studies[finding.study], lang
            )
            for finding in found.findings
        }
        for lang in LANGUAGES
    }
    _refuse_empty(found)
    screen.document(
        {"fingerprint": territory.fingerprint, "said": said, "sources": list(sources)} | tables
    )


def _chosen(options: EvaluationOptions, keys: Sequence[str]) -> EvaluationOptions:
    unknown = [key for key in keys if key not in options.studies]
    if unknown:
        known = ", ".join(options.studies) or "–"
        raise BadInputError(
            Fault("evaluation_study", "scenario", None, "--study", key, {"known": known})
            for key in unknown
        )
    if not keys:
        return options
    return options.model_copy(update={"studies": {k: options.studies[k] for k in keys}})


def _refuse_empty(found: Evaluation) -> None:
    """Leave with the exit code of a question without an answer if there is none at all."""
    refusals = [f.refusal or next(iter(f.refusals.values()), None) for f in found.findings]
    answered = [
        f for f in found.findings
        if f.refusal is None and (f.rings["verdict"] != "refused").any()
    ]  # fmt: skip
    told = [refusal for refusal in refusals if refusal is not None]
    if not found.findings or answered or not told:
        return
    raise InfeasibleError(
        {lang: tuple(dict.fromkeys(r.why[lang] for r in told)) for lang in LANGUAGES},
        (),
        {lang: " ".join(dict.fromkeys(r.way_out[lang] for r in told)) for lang in LANGUAGES},
    )


def _show_study(
    screen: Screen, key: str, study: Study, found: Evaluation, options: EvaluationOptions
) -> None:
    lang = screen.lang
    findings = [finding for finding in found.findings if finding.study == key]
    screen.out.print(Text(study.label.get(lang, key), style="bold"))
    lines = [line for finding in findings for line in finding_lines(finding, study, lang)]
    for line in dict.fromkeys(lines):
        screen.out.print(Padding(Text(f"· {line}"), (0, 0, 0, 1)))
    answered = [finding for finding in findings if finding.refusal is None]
    for finding in answered:
        for table in _rings(screen, study, finding, options):
            screen.out.print(table)
    if lang in study.note:
        screen.out.print(Padding(Text(f"· {study.note[lang]}"), (0, 0, 0, 1)))
    for finding in findings[:1]:
        sizes = {kind: len(codes) for kind, codes in finding.unused.items()}
        screen.out.print(Padding(Text(f"· {say('evaluation.aside', lang, **sizes)}"), (0, 0, 0, 1)))
    for finding in answered:
        label = study.outcomes[finding.outcome].label.get(lang, finding.outcome)
        share, km = finding.shared
        told = say("evaluation.shared", lang, outcome=label, share=share, range=km)
        screen.out.print(Padding(Text(f"· {told}"), (0, 0, 0, 1)))


def _rings(
    screen: Screen, study: Study, finding: Finding, options: EvaluationOptions
) -> Iterator[Table]:
    """Estimates with their tests, then how they bear up."""
    lang, outcome = screen.lang, study.outcomes[finding.outcome]
    label = outcome.label.get(lang, finding.outcome)

    def span(row: pd.Series, low: str, high: str) -> str:
        if pd.isna(row[low]):
            return "–"
        return f"{amount(row[low], outcome)} … {amount(row[high], outcome)}"

    told: list[tuple[object, ...]] = []
    checks: list[tuple[object, ...]] = []
    for ring, row in finding.rings.iterrows():
        placebo = bool(row["placebo"])
        name = (
            say("evaluation.ring.placebo", lang)
            if placebo
            else ring_name(study, int(str(ring)), lang)
        )
        word = (
            say(f"evaluation.placebo.{row['why']}", lang)
            if placebo
            else verdict_word(row["verdict"], lang)
        )
        told.append(
            (
                name, f"{row['places']:.0f} ({row['compared']:.0f})",
                amount(row["estimate"], outcome), span(row, "low", "high"),
                _p(row["pretrend_p"]), _p(row["date_p"]), word,
            )
        )  # fmt: skip
        if not placebo and pd.notna(row["estimate"]):
            bears = "–" if pd.isna(row["breakdown"]) else f"{row['breakdown']:.1f}"
            widened = span(row, "violation_low", "violation_high")
            hubs, other = (span(row, f"{key}_low", f"{key}_high") for key in ("hub", "other"))
            checks.append((name, hubs, other, widened, bears))
    for keys, rows in (
        (
            ("brief.evaluation.ring", "brief.evaluation.places", "brief.evaluation.estimate",
             "brief.evaluation.interval", "brief.evaluation.pretrend", "brief.evaluation.placebo",
             "brief.evaluation.verdict"), told,
        ),
        (
            ("brief.evaluation.ring", "brief.evaluation.hubs", "cli.evaluate.other",
             "cli.evaluate.widened", "cli.evaluate.breakdown"), checks,
        ),
    ):  # fmt: skip
        if rows:
            values = {"level": options.level, "violation": options.violation}
            left = ("brief.evaluation.ring", "brief.evaluation.verdict")
            columns = [(screen.say(key, **values), key not in left) for key in keys]
            yield filled_table(label, columns, rows)


def _p(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:.3f}"


def _opinions(screen: Screen, table: pd.DataFrame, options: EvaluationOptions) -> Table:
    rows: list[tuple[object, ...]] = []
    for row in table.to_dict("records"):
        study = options.studies[row["study"]]
        outcome = study.outcomes[row["outcome"]]
        straight = "–"
        if pd.notna(row["straight_low"]):
            straight = " … ".join(
                amount(row[f"straight_{end}"], outcome) for end in ("low", "high")
            )
        label = outcome.label.get(screen.lang, row["outcome"])
        rows.append(
            (
                f"{label}, {ring_name(study, row['ring'], screen.lang)}",
                amount(row["estimate"], outcome), f"{abs(row['difference']):.0e}", straight,
            )
        )  # fmt: skip
    keys = ("brief.evaluation.outcome", "cli.evaluate.library", "cli.evaluate.difference",
            "cli.evaluate.straight")  # fmt: skip
    return filled_table(
        screen.say("cli.evaluate.opinions"),
        [(screen.say(key), number > 0) for number, key in enumerate(keys)],
        rows,
    )


def _synthetic(
    screen: Screen, table: pd.DataFrame, options: EvaluationOptions, names: pd.Series
) -> Table:
    rows: list[tuple[object, ...]] = []
    for row in table.to_dict("records"):
        outcome = options.studies[row["study"]].outcomes[row["outcome"]]
        rows.append(
            (
                names.loc[row["host"]], outcome.label.get(screen.lang, row["outcome"]),
                row["opened"], amount(row["gap"], outcome),
                amount(row["misfit"], outcome, signed=False), f"{row['p']:.2f}",
            )
        )  # fmt: skip
    keys = ("cli.evaluate.host", "brief.evaluation.outcome", "cli.evaluate.opened",
            "cli.evaluate.gap", "cli.evaluate.misfit", "cli.evaluate.p")  # fmt: skip
    return filled_table(
        screen.say("cli.evaluate.synthetic"),
        [(screen.say(key), number > 1) for number, key in enumerate(keys)],
        rows,
    )
