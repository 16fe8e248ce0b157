"""Charts of the projection: fans over time, and age pyramids."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gangso.projection import Projection
from gangso.report.fonts import fonts
from gangso.report.sheet import INK, MUTED
from gangso.texts import say

__all__ = ["paths_chart", "pyramids_chart"]

_NARROW_IN = 5.0
_FAN, _LINE, _PLAN = "#77AADD", "#1d4e89", "#CC4C02"
_WOMEN, _MEN = "#EE8866", "#77AADD"
_SIZE = 7.0


def _plain(axes: Axes) -> None:
    """Set small numbers in the brief's own font, without a box around."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)
    axes.tick_params(colors=INK, length=2)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(fonts().of(label.get_text() or "0", _SIZE - 1))


def _grid(count: int, width_in: float, high: float) -> tuple[Figure, list[Axes]]:
    across = 2 if width_in < _NARROW_IN else 3
    down = ceil(count / across)
    figure = Figure(figsize=(width_in, high * down), facecolor="white", layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel().tolist()
    for axes in panels[count:]:
        axes.set_visible(False)
    return figure, panels[:count]


def paths_chart(
    found: Projection, codes: Sequence[str], names: pd.Series, lang: str, width_in: float
) -> Figure:
    """Draw the population of some places over time, each with its fan.

    Parameters
    ----------
    found : Projection
        The projection.
    codes : sequence of str
        Municipalities.
    names : Series of str
        Names by code.
    lang : {"ko", "en"}
        Language.
    width_in : float
        Width in inches.

    Returns
    -------
    Figure
        One panel a place: 80 % interval, projection, the same with feedback off, and with the
        plan (every fifth year) where there is one.
    """
    figure, panels = _grid(len(codes), width_in, 1.75)
    handles: dict[str, Artist] = {}
    for axes, code in zip(panels, codes, strict=True):
        rows = found.places.loc[code]
        years = rows.index.to_numpy(dtype=int)
        thousand = 1e-3
        handles["interval"] = axes.fill_between(
            years[1:], rows["population_low"].iloc[1:] * thousand,
            rows["population_high"].iloc[1:] * thousand, color=_FAN, alpha=0.45, lw=0,
        )  # fmt: skip
        handles["main"] = axes.plot(years, rows["population"] * thousand, color=_LINE, lw=1.4)[0]
        handles["off"] = axes.plot(
            years, rows["population_off"] * thousand, color=INK, lw=0.9, ls=(0, (3, 2))
        )[0]
        if found.effect is not None and code in found.effect.index:
            gained = found.effect.loc[code]
            at = gained.index.to_numpy(dtype=int)
            key = found.strength if found.strength in gained else "mid"
            base = rows.loc[at, "population" if key == found.strength else "population_off"]
            handles["plan"] = axes.plot(
                at, (base + gained[key]) * thousand, color=_PLAN, marker="o", ms=2.6, lw=0
            )[0]
        name = str(names.loc[code])
        axes.set_title(name, fontproperties=fonts().of(name, _SIZE, bold=True), color=INK, pad=3)
        axes.set_ylim(bottom=0)
        axes.set_xticks([years[0], years[len(years) // 2], years[-1]])
        _plain(axes)
    labels = [say(f"brief.projection.line_{key}", lang) for key in handles]
    figure.legend(
        list(handles.values()), labels, loc="outside lower center", ncols=2, frameon=False,
        prop=fonts().of("".join(labels), _SIZE),
    )  # fmt: skip
    return figure


def pyramids_chart(
    found: Projection, groups: Sequence[tuple[str, Sequence[str]]], lang: str, width_in: float
) -> Figure:
    """Draw age pyramids of groups of places, at the start and at the end.

    Parameters
    ----------
    found : Projection
        The projection.
    groups : sequence of (str, sequence of str)
        Title and codes of each group.
    lang : {"ko", "en"}
        Language.
    width_in : float
        Width in inches.

    Returns
    -------
    Figure
        One panel a group: filled at the end of the projection, outlined at its start.
    """
    figure, panels = _grid(len(groups), width_in, 2.4)
    last = int(found.ages["year"].max())
    years = (found.base_year, last)
    for axes, (title, codes) in zip(panels, groups, strict=True):
        rows = found.ages[found.ages["municipality"].isin(list(codes))]
        sums = rows.groupby(["year", "sex", "age"])["persons"].sum() / 1e3
        for sex, sign, colour in (("f", 1.0, _WOMEN), ("m", -1.0, _MEN)):
            now, then = (sums.loc[(year, sex)] for year in years)
            ages = then.index.to_numpy(dtype=float)
            axes.barh(ages, sign * then, height=4.6, align="edge", color=colour, lw=0)
            axes.step(
                np.append(sign * now.to_numpy(), 0.0), np.append(ages, ages[-1] + 5),
                where="pre", color=INK, lw=0.8,
            )  # fmt: skip
        edge = float(sums.abs().max()) * 1.05
        axes.set_xlim(-edge, edge)
        axes.set_title(title, fontproperties=fonts().of(title, _SIZE, bold=True), color=INK, pad=3)
        ticks = axes.get_xticks()
        axes.set_xticks(ticks, [f"{abs(tick):,g}" for tick in ticks])
        axes.set_xlim(-edge, edge)
        axes.axvline(0, color="white", lw=0.8)
        _plain(axes)
    note = say("brief.projection.pyramid_key", lang, base=years[0], last=last)
    figure.supxlabel(note, fontproperties=fonts().of(note, _SIZE), color=INK)
    return figure
