"""From a territory and the studies of a scenario to their findings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gangso.errors import BadInputError, Fault
from gangso.evaluation.exposure import expose
from gangso.evaluation.judge import Question, judge, with_verdicts
from gangso.evaluation.outcomes import outcome_panel
from gangso.evaluation.result import Evaluation, Finding
from gangso.evaluation.spatial import Space
from gangso.scenario import EvaluationOptions
from gangso.territory.model import Territory
from gangso.territory.travel import Network

__all__ = ["evaluate"]


def evaluate(
    territory: Territory,
    options: EvaluationOptions,
    rng: np.random.Generator,
    *,
    network: Network | None = None,
    opinions: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Evaluation:
    """Look for the traces of past policy by distance.

    Parameters
    ----------
    territory : Territory
        The territory, with hubs and the tables of the outcomes.
    options : EvaluationOptions
        The studies.
    rng : Generator
        Draws the errors behind the intervals.
    network : Network, optional
        Travel times, for rings in minutes.
    opinions : bool
        Ask the library diff-diff as well, and fit synthetic controls (seconds more).
    progress : callable, optional
        Told the share of the work that is done.

    Returns
    -------
    Evaluation
        One finding an outcome; where the data cannot answer, it says so.

    Raises
    ------
    BadInputError
        With every fault of the studies (an unknown kind of hub, an unknown item ...).
    """
    normals = rng.standard_normal((len(territory.municipalities), options.draws))
    space = Space(territory.xy_km, options.correlation_km, normals)
    faults: list[Fault] = []
    questions: list[Question] = []
    for key, study in options.studies.items():
        for name, outcome in study.outcomes.items():
            try:
                path = f"evaluation.studies.{key}.outcomes.{name}"
                panel = outcome_panel(territory, outcome, path)
                years = [int(year) for year in panel.columns] or list(study.opened)
                first = min(years[0], study.opened[0] - 1) if outcome.after_only else years[0]
                exposure = expose(territory, study, first, years[-1], network)
            except BadInputError as error:
                faults += [fault for fault in error.faults if fault not in faults]
                continue
            questions.append(Question(key, name, study, outcome, options, panel, exposure, space))
    if faults:
        raise BadInputError(faults)
    findings: list[Finding] = []
    for number, question in enumerate(questions, start=1):
        findings.append(judge(question))
        if progress is not None:
            progress(number / len(questions))
    for key, study in options.studies.items():
        own = [finding for finding in findings if finding.study == key]
        with_verdicts(own, options, dict(study.outcomes))
    if not opinions:
        return Evaluation(tuple(findings))
    from gangso.evaluation import library  # loads for seconds: only when it is asked

    return library.second_opinions(findings, questions, options)
