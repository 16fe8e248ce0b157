"""Charts of the evaluation: differences before and after the openings, by ring."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gangso.evaluation import Finding, ring_name
from gangso.report.colours import sequence
from gangso.report.fonts import fonts
from gangso.report.maps import class_map
from gangso.report.sheet import INK, MUTED
from gangso.scenario import Outcome, Study
from gangso.territory.model import Territory
from gangso.texts import say

__all__ = ["differences_chart", "events_chart", "rings_map"]

_SIZE = 7.0
_NARROW_IN = 5.0
_INTERVAL, _POINT = "#77AADD", "#1d4e89"
_COMPARED, _ASIDE = "#d9ead7", "#eceff1"


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)
    axes.tick_params(colors=INK, length=2)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(fonts().of(label.get_text() or "0", _SIZE - 1))


def _scaled(values: pd.Series, outcome: Outcome) -> np.ndarray:
    """Per cent for logarithms, else as it is."""
    numbers = values.to_numpy(dtype=float)
    return np.expm1(numbers) * 100.0 if outcome.scale == "log" else numbers


def events_chart(findings: Sequence[Finding], study: Study, lang: str, width_in: float) -> Figure:
    """Draw the event study of some outcomes, a row an outcome and a column a ring.

    Parameters
    ----------
    findings : sequence of Finding
        Findings of one study that have years before and after.
    study : Study
        The study.
    lang : {"ko", "en"}
        Language.
    width_in : float
        Width in inches; under 5 the rings stand below each other.

    Returns
    -------
    Figure
        Points with intervals by years since the opening; the base year is zero.
    """
    rings = sorted({int(ring) for finding in findings for ring in finding.events["ring"]})
    narrow = width_in < _NARROW_IN
    shown = list(findings[:1] if narrow else findings)
    shape = (len(rings), 1) if narrow else (len(shown), len(rings))
    figure = Figure(figsize=(width_in, 1.75 * shape[0] + 0.35), facecolor="white",
                    layout="constrained")  # fmt: skip
    panels = figure.subplots(*shape, squeeze=False, sharey="row" if not narrow else "all",
                             sharex=True)  # fmt: skip
    for row, finding in enumerate(shown):
        outcome = study.outcomes[finding.outcome]
        for column, ring in enumerate(rings):
            axes = panels[column, 0] if narrow else panels[row, column]
            own = finding.events[finding.events["ring"] == ring]
            since = own["since"].to_numpy(dtype=int)
            low, middle, high = (_scaled(own[key], outcome) for key in ("low", "estimate", "high"))
            axes.axhline(0, color=MUTED, lw=0.7)
            axes.axvline(-0.5, color=MUTED, lw=0.7, ls=(0, (2, 2)))
            axes.vlines(since, low, high, color=_INTERVAL, lw=2.6, alpha=0.8)
            axes.plot(since, middle, color=_POINT, marker="o", ms=2.8, lw=0.9)
            if row == 0 or narrow:
                places = finding.rings["places"].get(ring, 0)
                title = say("brief.evaluation.of_places", lang, places=int(places or 0),
                            ring=ring_name(study, ring, lang))  # fmt: skip
                axes.set_title(title, fontproperties=fonts().of(title, _SIZE, bold=True),
                               color=INK, pad=3)  # fmt: skip
            axes.xaxis.get_major_locator().set_params(integer=True)
            _plain(axes)
        label = outcome.label.get(lang, finding.outcome)
        first = panels[len(rings) // 2, 0] if narrow else panels[row, 0]
        first.set_ylabel(label, fontproperties=fonts().of(label, _SIZE), color=INK)
    units = dict.fromkeys(study.outcomes[finding.outcome].scale for finding in shown)
    unit = ", ".join(say(f"brief.evaluation.axis_{scale}", lang) for scale in units)
    below = f"{say('brief.evaluation.since', lang)} · {unit}"
    figure.supxlabel(below, fontproperties=fonts().of(below, _SIZE), color=INK)
    return figure


def differences_chart(
    findings: Sequence[Finding], study: Study, lang: str, width_in: float
) -> Figure:
    """Draw the difference in change of each ring, a panel an outcome.

    Parameters
    ----------
    findings : sequence of Finding
        Findings of one study.
    study : Study
        The study.
    lang : {"ko", "en"}
        Language.
    width_in : float
        Width in inches; under 5 the panels stand below each other.

    Returns
    -------
    Figure
        Points with intervals; the placebo ring is hollow.
    """
    narrow = width_in < _NARROW_IN
    shape = (len(findings), 1) if narrow else (1, len(findings))
    figure = Figure(figsize=(width_in, 1.5 * shape[0] + 0.3), facecolor="white",
                    layout="constrained")  # fmt: skip
    panels = figure.subplots(*shape, squeeze=False, sharey=True, sharex=True).ravel()
    for axes, finding in zip(panels, findings, strict=True):
        outcome = study.outcomes[finding.outcome]
        told = finding.rings.dropna(subset=["estimate"])
        names = []
        for number, (ring, row) in enumerate(told.iterrows()):
            ends = _scaled(row[["low", "estimate", "high"]].astype(float), outcome)
            axes.hlines(number, ends[0], ends[2], color=_INTERVAL, lw=3, alpha=0.8)
            axes.plot(ends[1], number, marker="o", ms=4, color=_POINT,
                      mfc="white" if row["placebo"] else _POINT)  # fmt: skip
            names.append(
                say("evaluation.ring.placebo", lang) if row["placebo"]
                else ring_name(study, int(str(ring)), lang)
            )  # fmt: skip
        axes.axvline(0, color=MUTED, lw=0.7)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        title = outcome.label.get(lang, finding.outcome)
        axes.set_title("\n".join(fonts().wrap(title, _SIZE, 150, bold=True)), color=INK, pad=3,
                       fontproperties=fonts().of(title, _SIZE, bold=True))  # fmt: skip
        _plain(axes)
        for label in axes.get_yticklabels():
            label.set_fontproperties(fonts().of("".join(names), _SIZE - 0.5))
    below = say("brief.evaluation.axis_log", lang)
    figure.supxlabel(below, fontproperties=fonts().of(below, _SIZE), color=INK)
    return figure


def rings_map(
    territory: Territory, finding: Finding, study: Study, lang: str, width_in: float
) -> Figure:
    """Draw who came within which ring, and who is compared with.

    Parameters
    ----------
    territory : Territory
        The territory.
    finding : Finding
        A finding of the study.
    study : Study
        The study.
    lang : {"ko", "en"}
        Language.
    width_in : float
        Width in inches.

    Returns
    -------
    Figure
        The map; hosts are named.
    """
    table = finding.exposure.table
    face = pd.Series("aside", index=table.index, dtype="str")
    roles = ["unexposed"] + (["unchanged"] if study.compare_with == "unchanged" else [])
    face[table["role"].isin(roles)] = "compared"
    moved = ["exposed", "stepwise"] if study.stepwise == "keep" else ["exposed"]
    exposed = table["role"].isin(moved)
    face[exposed] = table.loc[exposed, "ring"].astype("str")
    rings = range(len(study.rings), -1, -1)  # the nearest last: the darkest
    palette = {"aside": _ASIDE, "compared": _COMPARED}
    palette |= dict(zip(map(str, rings), sequence(len(study.rings) + 1), strict=True))
    labels = {str(ring): ring_name(study, ring, lang) for ring in rings}
    labels |= {key: say(f"evaluation.role.{key}", lang) for key in ("compared", "aside")}
    hosts = table.index[exposed & (table["ring"] == 0)]
    named = {str(code): str(table.loc[code, "cohort"]) for code in hosts}
    return class_map(
        territory, face, labels, palette, say("brief.evaluation.map_title", lang), lang, width_in,
        named=named, marked=say("evaluation.ring.host", lang), tables=("hubs",),
    )  # fmt: skip
