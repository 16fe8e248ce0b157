"""Second opinions by the library diff-diff, and synthetic controls of single hosts.

Its import takes seconds, so this module is loaded only when a second opinion is asked for.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from diff_diff import CallawaySantAnna, HonestDiD, SyntheticControl
from diff_diff.results import MultiPeriodDiDResults, PeriodEffect

from gangso.evaluation.design import Design, group_time
from gangso.evaluation.judge import Question
from gangso.evaluation.result import Evaluation, Finding
from gangso.evaluation.spatial import Space, Spread, covariance
from gangso.scenario import EvaluationOptions

__all__ = ["callaway_santanna", "second_opinions", "smoothness", "synthetic_controls"]

# With fewer years before, weights that fit them say nothing of what would have been.
LEAST_BEFORE = 4


def second_opinions(
    findings: Sequence[Finding], questions: Sequence[Question], options: EvaluationOptions
) -> Evaluation:
    """Ask the library about every ring that was judged.

    Parameters
    ----------
    findings : sequence of Finding
        The findings.
    questions : sequence of Question
        What was asked, in the same order.
    options : EvaluationOptions
        How strictly.

    Returns
    -------
    Evaluation
        The findings with the opinions beside them.
    """
    opinions: list[dict[str, Any]] = []
    controls: list[pd.DataFrame] = []
    for finding, asked in zip(findings, questions, strict=True):
        if finding.refusal is not None or asked.outcome.after_only:
            continue
        real = finding.rings.index[~finding.rings["placebo"].astype(bool)]
        for ring in real.difference(list(finding.refusals)).astype("int64").tolist():
            opinions.append(_opinion(finding, asked, ring, options))
        # A hundred placebos a host take seconds: the first outcome of each study is enough.
        if finding.outcome == next(iter(asked.study.outcomes)):
            controls.append(synthetic_controls(finding, asked))
    columns = ["study", "outcome", "ring", "estimate", "difference", "se_plain",
               "straight_low", "straight_high"]  # fmt: skip
    kept = [table for table in controls if len(table)]
    synthetic = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=_CONTROL)
    return Evaluation(tuple(findings), pd.DataFrame(opinions, columns=columns), synthetic)


def _sides(finding: Finding, asked: Question, ring: int) -> tuple[Any, Any, Any]:
    """Positions of the exposed places and of those compared with; years of exposure."""
    table = finding.exposure.table
    whole = np.isfinite(finding.panel.to_numpy(dtype=float)).all(axis=1)
    moved = table["role"].isin(["exposed", "stepwise"] if asked.study.stepwise == "keep"
                               else ["exposed"])  # fmt: skip
    cohort = table["cohort"].to_numpy(dtype=np.int64)
    based = (cohort > finding.years[0]) & (cohort <= finding.years[-1])
    exposed = np.flatnonzero(whole & moved & based & (table["ring"] == ring))
    roles = ["unexposed"] + (["unchanged"] if asked.study.compare_with == "unchanged" else [])
    return exposed, np.flatnonzero(whole & table["role"].isin(roles)), cohort


def _opinion(
    finding: Finding, asked: Question, ring: int, options: EvaluationOptions
) -> dict[str, Any]:
    exposed, compared, cohort = _sides(finding, asked, ring)
    used = np.concatenate([exposed, compared])
    first = np.concatenate([cohort[exposed], np.zeros(len(compared), np.int64)])
    values = finding.panel.to_numpy(dtype=float)[used]
    estimate, se = callaway_santanna(values, first, finding.years)
    row = {
        "study": finding.study, "outcome": finding.outcome, "ring": ring, "estimate": estimate,
        "difference": estimate - float(finding.rings["estimate"].loc[ring]), "se_plain": se,
    }  # fmt: skip
    by_time = group_time(exposed, cohort[exposed], compared, finding.years)
    cell = asked.space.cells.index(finding.shared)
    low, high = smoothness(by_time, finding, asked.space, cell, options.level)
    return row | {"straight_low": low, "straight_high": high}


def callaway_santanna(
    values: np.ndarray, first: np.ndarray, years: Sequence[int]
) -> tuple[float, float]:
    """Estimate the simple aggregate of Callaway and Sant'Anna with the library.

    Parameters
    ----------
    values : array of float, shape (places, years)
        The outcome.
    first : array of int, shape (places,)
        Year of exposure; 0 for the places compared with.
    years : sequence of int
        Years.

    Returns
    -------
    estimate, se : float
        Estimate, and the library's standard error (places err independently).
    """
    when = list(years)
    data = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(len(values)), len(when)),
            "year": np.tile(when, len(values)),
            "y": values.ravel(),
            "first": np.repeat(first, len(when)),
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of small cohorts: ours has its own answer to them
        found = CallawaySantAnna(control_group="never_treated", estimation_method="dr").fit(
            data, outcome="y", unit="unit", time="year", first_treat="first"
        )
    return float(found.overall_att), float(found.overall_se)


def smoothness(
    by_time: dict[int, Design], finding: Finding, space: Space, cell: int, level: float
) -> tuple[float, float]:
    """Bound the average if a straight trend from before went on (Rambachan and Roth).

    Parameters
    ----------
    by_time : dict of int to Design
        The event study.
    finding : Finding
        Whose panel.
    space : Space
        Where the places lie.
    cell : int
        Working model of the errors.
    level : float
        Level of the interval.

    Returns
    -------
    low, high : float
        Fixed-length interval under smoothness with M = 0; missing where the years before and
        after are not consecutive.

    References
    ----------
    Rambachan and Roth (2023), doi:10.1093/restud/rdad018
    """
    times = sorted(by_time)
    before, after = [t for t in times if t < -1], [t for t in times if t >= 0]
    if not before or before != list(range(before[0], -1)) or after != list(range(len(after))):
        return float("nan"), float("nan")
    panel = finding.panel.to_numpy(dtype=float)
    kept = np.isfinite(panel).all(axis=1)
    spreads = [Spread(space, by_time[t], cell) for t in times]
    estimate, variance = covariance(spreads, np.where(kept[:, None], panel, 0.0))
    periods = {
        t: PeriodEffect(t, float(e), float(np.sqrt(v)), 0.0, 1.0, (0.0, 0.0))
        for t, e, v in zip(times, estimate, np.diag(variance), strict=True)
    }
    cells = np.array([len(by_time[t]) for t in after], dtype=float)
    study = MultiPeriodDiDResults(
        period_effects=periods, avg_att=0.0, avg_se=0.0, avg_t_stat=0.0, avg_p_value=1.0,
        avg_conf_int=(0.0, 0.0), n_obs=panel.size, n_treated=len(by_time[after[0]].places),
        n_control=len(by_time[after[0]].compared), pre_periods=before, post_periods=after,
        vcov=variance, interaction_indices={t: i for i, t in enumerate(times)},
        reference_period=-1,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bounds = HonestDiD("smoothness", M=0.0, alpha=1 - level, l_vec=cells / cells.sum())
        found = bounds.fit(study)
    return float(found.ci_lb), float(found.ci_ub)


_CONTROL = ["study", "outcome", "host", "opened", "before", "gap", "misfit", "p", "donors", "main"]


def synthetic_controls(finding: Finding, asked: Question) -> pd.DataFrame:
    """Lay beside each host the mixture of other places that went as it did before.

    Parameters
    ----------
    finding : Finding
        The finding.
    asked : Question
        What was asked.

    Returns
    -------
    DataFrame
        One row a host with enough years before: ``gap`` (mean after the opening), ``misfit``
        (root mean square before), ``p`` (rank of the ratio of the two among the places
        compared with, each taken in turn), ``donors`` (places with weight), ``main`` (code of
        the heaviest). Levels are taken off first (each place's mean before), so that only
        the course has to be matched.

    References
    ----------
    Abadie, Diamond and Hainmueller (2010), doi:10.1198/jasa.2009.ap08746; without levels,
    Ferman and Pinto (2021), doi:10.3982/QE1596
    """
    exposed, compared, cohort = _sides(finding, asked, 0)
    years = np.array(finding.years)
    values = finding.panel.to_numpy(dtype=float)
    codes = finding.panel.index
    rows = []
    for host in exposed.tolist():
        after = years >= cohort[host]
        if (~after).sum() < LEAST_BEFORE or not after.any():
            continue
        used = np.array([host, *compared])
        course = values[used] - values[used][:, ~after].mean(axis=1, keepdims=True)
        data = pd.DataFrame(
            {
                "unit": np.repeat(codes[used].astype(str), len(years)),
                "year": np.tile(years, len(used)),
                "y": course.ravel(),
                "d": ((np.arange(len(used)) == 0)[:, None] & after[None]).astype(int).ravel(),
            }
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = SyntheticControl(v_method="inverse_variance").fit(
                data, outcome="y", treatment="d", unit="unit", time="year",
                pre_period_outcomes="all",
            )  # fmt: skip
            found.in_space_placebo()
        weights = {k: v for k, v in found.donor_weights.items() if v > 0.001}
        rows.append(
            {
                "study": finding.study, "outcome": finding.outcome, "host": str(codes[host]),
                "opened": int(cohort[host]), "before": int((~after).sum()),
                "gap": float(found.att), "misfit": float(found.pre_rmspe),
                "p": float(found.placebo_p_value), "donors": len(weights),
                "main": str(max(weights, key=lambda k: weights[k])),
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=_CONTROL)
