"""Small charts as SVG that takes its colours from the page, by day and by night.

They are drawn here, as text: they must be there in a millisecond, be read by a screen reader,
and follow the page's theme, none of which a chart library of megabytes does better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup, escape

__all__ = ["Line", "fan", "pyramid", "ticks"]


@dataclass(frozen=True)
class Line:
    """Figures over years, drawn as a line.

    Attributes
    ----------
    css : str
        Class that colours it.
    points : mapping of int to float
        Figure by year.
    """

    css: str
    points: Mapping[int, float]


def ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Return round figures between two bounds, at most so many steps apart.

    Parameters
    ----------
    low, high : float
        The bounds.
    most : int
        Most steps.

    Returns
    -------
    list of float
        Ascending.

    Examples
    --------
    >>> ticks(0, 93)
    [0.0, 25.0, 50.0, 75.0]
    """
    span = max(high - low, 1e-9)
    raw = span / most
    unit = 10.0 ** floor(log10(raw))
    step = next(s * unit for s in (1, 2, 2.5, 5, 10) if s * unit >= raw)
    first = -(-low // step) * step
    return [first + k * step for k in range(floor((high - first) / step + 1e-9) + 1)]


def _short(value: float, lang: str) -> str:
    if lang == "ko" and abs(value) >= 10_000:
        return f"{value / 10_000:,.4g}만"
    if lang != "ko" and abs(value) >= 1_000:
        return f"{value / 1_000:,.4g}k"
    return f"{value:,.4g}"


def pyramid(
    men: Sequence[float],
    women: Sequence[float],
    ages: Sequence[int],
    label: str,
    words: Mapping[str, str],
    lang: str,
) -> Markup:
    """Draw an age pyramid.

    Parameters
    ----------
    men, women : sequence of float
        Persons by age group, the youngest first.
    ages : sequence of int
        Lower bounds of the groups.
    label : str
        What a screen reader says.
    words : mapping of str to str
        ``men`` and ``women``.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    Markup
        The SVG.
    """
    width, row, left, middle = 340.0, 8.4, 2.0, 30.0
    count = len(men)
    height = count * row + 32
    half = (width - 2 * left - middle) / 2
    most = max(*men, *women, 1.0)
    scale = half / most
    x_men, x_women = left + half, left + half + middle
    out = [
        f'<svg class="chart" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(label)}">'
    ]
    for k in range(count):
        y = 14 + (count - 1 - k) * row
        m, w = men[k] * scale, women[k] * scale
        out.append(
            f'<rect class="men" x="{x_men - m:.1f}" y="{y:.1f}" width="{m:.1f}" '
            f'height="{row - 1.2:.1f}"/><rect class="women" x="{x_women:.1f}" y="{y:.1f}" '
            f'width="{w:.1f}" height="{row - 1.2:.1f}"/>'
        )
        if k % 4 == 0:
            out.append(
                f'<text class="tick" x="{width / 2:g}" y="{y + row - 2:.1f}" '
                f'text-anchor="middle">{ages[k]}</text>'
            )
    foot = height - 5
    out.append(
        f'<text class="legend" x="{x_men:g}" y="9" text-anchor="end">{escape(words["men"])}</text>'
        f'<text class="legend" x="{x_women:g}" y="9">{escape(words["women"])}</text>'
    )
    for value in ticks(0, most, 2)[1:]:
        for x in (x_men - value * scale, x_women + value * scale):
            out.append(
                f'<text class="tick" x="{x:.1f}" y="{foot:g}" text-anchor="middle">'
                f"{_short(value, lang)}</text>"
            )
    out.append("</svg>")
    return Markup("".join(out))


def fan(
    lines: Sequence[Line],
    low: Mapping[int, float],
    high: Mapping[int, float],
    label: str,
    lang: str,
    marked: int | None = None,
) -> Markup:
    """Draw figures over years: lines, and a band between a low and a high figure.

    Parameters
    ----------
    lines : sequence of Line
        Lines, the most important last.
    low, high : mapping of int to float
        Bounds of the band by year; may be empty.
    label : str
        What a screen reader says.
    lang : {"ko", "en"}
        Language.
    marked : int, optional
        Year at which observation ends.

    Returns
    -------
    Markup
        The SVG.
    """
    width, height, left, right, top, foot = 340.0, 150.0, 38.0, 8.0, 8.0, 18.0
    every = [p for line in lines for p in line.points.items()]
    years = [year for year, _ in every]
    values = [v for _, v in every] + list(low.values()) + list(high.values())
    first, last = min(years), max(years)
    bottom, most = min(values), max(values)
    # From zero, unless that would flatten everything that is to be seen.
    base = 0.0 if bottom < 0.6 * most else bottom - 0.25 * (most - bottom or 1.0)
    most += 0.04 * (most - base)

    def x(year: float) -> float:
        return left + (width - left - right) * (year - first) / max(last - first, 1)

    def y(value: float) -> float:
        return top + (height - top - foot) * (1 - (value - base) / max(most - base, 1e-9))

    out = [
        f'<svg class="chart" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(label)}">'
    ]
    for value in ticks(base, most, 4):
        out.append(
            f'<line class="grid" x1="{left:g}" x2="{width - right:g}" y1="{y(value):.1f}" '
            f'y2="{y(value):.1f}"/><text class="tick" x="{left - 5:g}" y="{y(value) + 3:.1f}" '
            f'text-anchor="end">{_short(value, lang)}</text>'
        )
    for year in ticks(first, last, 5):
        out.append(
            f'<text class="tick" x="{x(year):.1f}" y="{height - 4:g}" '
            f'text-anchor="middle">{year:.0f}</text>'
        )
    if low and high:
        edge = [f"{x(k):.1f},{y(v):.1f}" for k, v in sorted(high.items())]
        edge += [f"{x(k):.1f},{y(v):.1f}" for k, v in sorted(low.items(), reverse=True)]
        out.append(f'<polygon class="band" points="{" ".join(edge)}"/>')
    if marked is not None:
        out.append(
            f'<line class="now" x1="{x(marked):.1f}" x2="{x(marked):.1f}" y1="{top:g}" '
            f'y2="{height - foot:g}"/>'
        )
    for line in lines:
        path = " ".join(f"{x(k):.1f},{y(v):.1f}" for k, v in sorted(line.points.items()))
        out.append(f'<polyline class="line {escape(line.css)}" points="{path}"/>')
    out.append("</svg>")
    return Markup("".join(out))
