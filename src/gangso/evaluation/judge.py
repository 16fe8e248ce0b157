"""One outcome of one study: estimates by ring, their checks, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.evaluation.design import Design, group_time, overall
from gangso.evaluation.exposure import Exposure
from gangso.evaluation.result import Finding, Refusal
from gangso.evaluation.spatial import Inference, Space, Spread, joint_p, working_model
from gangso.scenario import EvaluationOptions, Outcome, Study
from gangso.texts import LANGUAGES, say

__all__ = ["Question", "judge", "with_verdicts"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_COLUMNS = (
    "low_edge", "high_edge", "placebo", "places", "compared", "estimate", "se", "low", "high",
    "p", "pretrend_p", "pretrend_years", "date_estimate", "date_low", "date_high", "date_p",
    "violation_low", "violation_high", "breakdown", "hub_low", "hub_high", "other_estimate",
    "other_low", "other_high", "other_compared", "ignoring",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of one panel.

    Attributes
    ----------
    study_key, outcome_key : str
        Keys in the scenario.
    study : Study
        The study.
    outcome : Outcome
        The outcome.
    options : EvaluationOptions
        How strictly.
    panel : DataFrame
        Index ``code``, one column a year.
    exposure : Exposure
        Who stood where in these years.
    space : Space
        Where the places lie, in the order of `panel`.
    """

    study_key: str
    outcome_key: str
    study: Study
    outcome: Outcome
    options: EvaluationOptions
    panel: pd.DataFrame
    exposure: Exposure
    space: Space


def refusal(kind: str, **values: object) -> Refusal:
    """Say why there is no answer, in every language."""
    return Refusal(
        kind,
        {lang: say(f"evaluation.refused.{kind}", lang, **values) for lang in LANGUAGES},
        {lang: say(f"evaluation.way_out.{kind}", lang, **values) for lang in LANGUAGES},
    )


def judge(asked: Question) -> Finding:
    """Estimate what came after the openings, ring by ring, with every check.

    Parameters
    ----------
    asked : Question
        The question.

    Returns
    -------
    Finding
        Estimates and checks; the verdicts wait for `with_verdicts`, as they are corrected for
        the number of questions. Refusals are answers.
    """
    return _Judge(asked).finding()


class _Judge:
    """Holds what all rings share."""

    def __init__(self, asked: Question) -> None:
        self.asked = asked
        self.years = np.array([int(year) for year in asked.panel.columns], dtype=np.int64)
        self.values: Floats = asked.panel.to_numpy(dtype=float)
        self.table = asked.exposure.table
        self.whole = np.isfinite(self.values).all(axis=1) & bool(len(self.years))
        role = self.table["role"].to_numpy()
        self.moved = role == "exposed"
        self.cohort = self.table["cohort"].to_numpy(dtype=np.int64)
        if asked.study.stepwise == "keep":
            self.moved = self.moved | (role == "stepwise")
        self.based = self.moved & self.whole
        if not asked.outcome.after_only and len(self.years):
            self.based &= (self.cohort > self.years[0]) & (self.cohort <= self.years[-1])
        self.ring = self.table["ring"].to_numpy(dtype=np.int64)
        groups = {"unexposed": role == "unexposed"}
        groups["unchanged"] = groups["unexposed"] | (role == "unchanged")
        self.groups = {k: np.flatnonzero(v & self.whole) for k, v in groups.items()}
        self.compared = self.groups[asked.study.compare_with]
        self.cell = 0

    def finding(self) -> Finding:
        """Answer, or say why not."""
        asked = self.asked
        none = self._refuse()
        rows: dict[int, dict[str, Any]] = {}
        events: list[dict[str, Any]] = []
        hubs: list[dict[str, Any]] = []
        refusals: dict[int, Refusal] = {}
        if none is None:
            designs, refusals = self._designs()
            if designs:
                found = working_model(self.asked.space, list(designs.values()), self.values)
                self.cell = int(found[0])
            for ring, design in designs.items():
                rows[ring], more = self._ring(ring, design)
                events += more
                hubs += self._without_hubs(ring, design)
                if len(hubs):
                    own = [row["estimate"] for row in hubs if row["ring"] == ring]
                    rows[ring] |= {"hub_low": min(own, default=np.nan),
                                   "hub_high": max(own, default=np.nan)}  # fmt: skip
            placebo = self._placebo_ring()
            if placebo is not None and designs:
                rows[asked.exposure.rings + 1] = self._edges(asked.exposure.rings + 1) | placebo
            for ring in refusals:
                rows[ring] = self._edges(ring)
        table = pd.DataFrame.from_dict(rows, orient="index", columns=list(_COLUMNS))
        return Finding(
            study=asked.study_key,
            outcome=asked.outcome_key,
            years=tuple(self.years.tolist()),
            exposure=asked.exposure,
            rings=table.rename_axis("ring").sort_index(),
            events=pd.DataFrame(
                events,
                columns=["ring", "since", "estimate", "se", "low", "high", "p", "places"],
            ),
            hubs=pd.DataFrame(hubs, columns=["ring", "hub", "places", "estimate", "low", "high"]),
            refusal=none,
            refusals=refusals,
            shared=asked.space.cells[self.cell],
            panel=asked.panel,
            unused=self._unused(),
        )

    def _refuse(self) -> Refusal | None:
        """Say why nothing at all can be answered."""
        options, years = self.asked.options, self.years
        if len(years) < 2:
            return refusal("few_years", years=", ".join(map(str, years)) or "–")
        if len(self.compared) < options.least_compared:
            return refusal("few_compared", count=len(self.compared), least=options.least_compared)
        if not self.based.any():
            return refusal("no_timing", first=years[0], last=years[-1])
        used = self.values[np.concatenate([np.flatnonzero(self.based), self.compared])]
        rest = used - used.mean(axis=1, keepdims=True) - used.mean(axis=0) + used.mean()
        if np.abs(rest).max() <= 1e-10 * max(float(np.abs(used).max()), 1e-300):
            return refusal("collinear")
        return None

    def _designs(self) -> tuple[dict[int, Design], dict[int, Refusal]]:
        designs: dict[int, Design] = {}
        refusals: dict[int, Refusal] = {}
        least = self.asked.options.least_treated
        for ring in range(self.asked.exposure.rings + 1):
            places = np.flatnonzero(self.based & (self.ring == ring))
            if not len(places):
                refusals[ring] = refusal("no_members")
            elif len(places) < least:
                refusals[ring] = refusal("too_few", count=len(places), least=least)
            else:
                designs[ring] = self._overall(places, self.compared)
        return designs, refusals

    def _overall(self, places: Ints, compared: Ints) -> Design:
        after_only = self.asked.outcome.after_only
        return overall(places, self.cohort[places], compared, self.years, after_only)

    def _told(self, design: Design) -> Inference:
        return Spread(self.asked.space, design, self.cell).told(
            self.values, self.asked.options.level
        )

    def _edges(self, ring: int) -> dict[str, Any]:
        edges = [0.0, *self.asked.study.rings]
        edges.append(2 * edges[-1] - edges[-2])
        row: dict[str, Any] = dict.fromkeys(_COLUMNS, np.nan)
        row |= {"placebo": ring > self.asked.exposure.rings, "places": 0, "compared": 0}
        if ring:
            row |= {"low_edge": edges[ring - 1], "high_edge": edges[ring]}
        return row

    def _ring(self, ring: int, design: Design) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        options = self.asked.options
        row = self._edges(ring) | vars(self._told(design))
        other = "unexposed" if self.asked.study.compare_with == "unchanged" else "unchanged"
        beside = np.setdiff1d(self.groups[other], design.places)
        if len(beside) >= 2 and len(beside) != len(self.compared):
            told = self._told(Design(design.place, design.year, design.base, beside))
            row |= {"other_estimate": told.estimate, "other_low": told.low,
                    "other_high": told.high, "other_compared": told.compared}  # fmt: skip
        if ring == 0:
            near = np.flatnonzero(self.moved & self.whole & (self.ring > 0))
            mixed = np.union1d(self.compared, near)
            naive = Design(design.place, design.year, design.base, mixed)
            row["ignoring"] = float(naive.estimate(self.values))
        if self.asked.outcome.after_only:
            return row, []
        by_time = group_time(design.places, self.cohort[design.places], self.compared, self.years)
        spreads = {s: Spread(self.asked.space, d, self.cell) for s, d in by_time.items()}
        events = [
            {"ring": ring, "since": since}
            | {k: v for k, v in vars(s.told(self.values, options.level)).items() if k != "compared"}
            for since, s in spreads.items()
        ]
        events.append({"ring": ring, "since": -1, "places": len(design.places)}
                      | dict.fromkeys(("estimate", "se", "low", "high"), 0.0))  # fmt: skip
        before = [spread for since, spread in spreads.items() if since < 0]
        row["pretrend_years"] = len(before)
        if before:
            row["pretrend_p"] = joint_p(before, self.values)
            row |= self._violations(row, design, by_time)
        row |= self._placebo_date(design)
        return row, sorted(events, key=lambda event: int(event["since"]))

    def _violations(
        self, row: dict[str, Any], design: Design, by_time: dict[int, Design]
    ) -> dict[str, float]:
        """Widen the interval by trends that part as fast as before, times the violation."""
        path = {since: float(d.estimate(self.values)) for since, d in by_time.items()}
        path[-1] = 0.0
        before = sorted(since for since in path if since < 0)
        gaps = np.diff(before)
        steps = np.abs(np.diff([path[since] for since in before])) / gaps
        worst = float(steps.max())
        # The average over the cells of the years over which a parting trend has run by then.
        run = float(np.mean(self.years[design.year] - self.cohort[design.place] + 1))
        slack = self.asked.options.violation * worst * run
        half = (row["high"] - row["low"]) / 2
        room = max(abs(row["estimate"]) - half, 0.0)
        return {
            "violation_low": row["low"] - slack,
            "violation_high": row["high"] + slack,
            "breakdown": room / (worst * run) if worst > 0 else np.inf,
        }

    def _placebo_date(self, design: Design) -> dict[str, float]:
        """Pretend that everything opened some years earlier, and look only before."""
        early = self.cohort[design.places] - self.asked.options.placebo_years
        before = overall(design.places, early, self.compared, self.years)
        keep = self.years[before.year] < self.cohort[before.place]
        pretended = Design(before.place[keep], before.year[keep], before.base[keep], self.compared)
        if len(pretended.places) < self.asked.options.least_treated:
            return {}
        told = self._told(pretended)
        return {"date_estimate": told.estimate, "date_low": told.low,
                "date_high": told.high, "date_p": told.p}  # fmt: skip

    def _placebo_ring(self) -> dict[str, Any] | None:
        """Take the next ring out of the places compared with, and treat it as exposed."""
        far = self.table["distance"].to_numpy(dtype=float)
        edges = [0.0, *self.asked.study.rings]
        inside = (far > edges[-1]) & (far <= 2 * edges[-1] - edges[-2])
        band = self.compared[inside[self.compared]]
        rest = self.compared[~inside[self.compared]]
        least = self.asked.options
        if len(band) < least.least_treated or len(rest) < least.least_compared:
            return None
        opened = self.asked.exposure.hubs["opened"].to_numpy(dtype=float, na_value=np.nan)
        cohort = opened[self.table["nearest"].to_numpy(dtype=np.int64)[band]].astype(np.int64)
        design = overall(band, cohort, rest, self.years, self.asked.outcome.after_only)
        if len(design.places) < least.least_treated:
            return None
        return vars(self._told(design))

    def _without_hubs(self, ring: int, design: Design) -> list[dict[str, Any]]:
        hub = self.table["hub"].to_numpy(dtype=np.int64)
        rows = []
        for number in np.unique(hub[design.places]).tolist():
            less = design.without(np.flatnonzero(hub == number))
            if len(less.places) < 2:
                continue
            told = self._told(less)
            rows.append(
                {"ring": ring, "hub": self.asked.exposure.hubs["name"].iloc[number],
                 "places": told.places, "estimate": told.estimate, "low": told.low,
                 "high": told.high}
            )  # fmt: skip
        return rows

    def _unused(self) -> dict[str, tuple[str, ...]]:
        role = self.table["role"].to_numpy()
        # Who moved, has figures, and yet no year before (or none after).
        no_base = self.moved & self.whole & ~self.based
        masks = {
            "missing": ~self.whole & (role != "left_out"),
            "no_base": no_base,
            "stepwise": (role == "stepwise") & ~self.moved & self.whole,
            "other": (role == "other") & self.whole,
            "left_out": role == "left_out",
        }
        return {key: tuple(self.table.index[mask].astype(str)) for key, mask in masks.items()}


def with_verdicts(
    findings: list[Finding], asked: EvaluationOptions, outcomes: dict[str, Outcome]
) -> None:
    """Correct for the number of questions of a study, and say what each ring shows.

    Parameters
    ----------
    findings : list of Finding
        All outcomes of one study; columns ``p_holm``, ``verdict`` and ``why`` are added.
    asked : EvaluationOptions
        How strictly.
    outcomes : dict of str to Outcome
        The outcomes by key.
    """
    tests = [
        (number, ring, float(row["p"]))
        for number, finding in enumerate(findings)
        for ring, row in finding.rings.iterrows()
        if not row["placebo"] and np.isfinite(row["p"])
    ]
    tests.sort(key=lambda test: test[2])
    corrected: dict[tuple[int, Any], float] = {}
    least = 0.0
    for rank, (number, ring, p) in enumerate(tests):
        least = max(least, min(1.0, p * (len(tests) - rank)))
        corrected[number, ring] = least
    for number, finding in enumerate(findings):
        table = finding.rings
        table["p_holm"] = [corrected.get((number, ring), np.nan) for ring in table.index]
        told = [_verdict(finding, ring, asked, outcomes[finding.outcome]) for ring in table.index]
        table["verdict"] = pd.array([verdict for verdict, _ in told], dtype="str")
        table["why"] = pd.array([why for _, why in told], dtype="str")


def _verdict(
    finding: Finding, ring: int, asked: EvaluationOptions, outcome: Outcome
) -> tuple[str, str]:
    row = finding.rings.loc[ring]
    alpha = 1.0 - asked.level
    if row["placebo"]:
        return ("unknown", "rejects") if row["p"] < alpha else ("none", "passes")
    if ring in finding.refusals:
        return "refused", finding.refusals[ring].kind
    placebo = finding.rings[finding.rings["placebo"].astype(bool)]
    if outcome.after_only or not row["pretrend_years"] > 0:
        return "unknown", "no_before"
    if row["pretrend_p"] < alpha:
        return "unknown", "pretrend"
    if row["date_p"] < alpha:
        return "unknown", "placebo_date"
    if len(placebo) and placebo["p"].iloc[0] < alpha:
        return "unknown", "placebo_ring"
    if row["p_holm"] < alpha:
        if row["violation_low"] <= 0.0 <= row["violation_high"]:
            return "unknown", "fragile"
        if row["hub_low"] * row["hub_high"] <= 0.0:
            return "unknown", "one_hub"
        return ("up" if row["estimate"] > 0 else "down"), "clear"
    if max(-row["low"], row["high"]) <= outcome.smallest:
        return "none", "narrow"
    return "unknown", "wide"
