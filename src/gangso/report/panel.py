"""The panel of a map: legend and key, as entries of a swatch and some text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch
from matplotlib.transforms import Affine2D, Transform

from gangso.report.colours import ink_on
from gangso.report.fonts import Fonts
from gangso.report.sheet import INK, MUTED

__all__ = ["Entry", "Panel"]


@dataclass(frozen=True)
class Entry:
    """A line of the panel.

    Parameters
    ----------
    text : str
        What it says; wrapped to the panel.
    colour : str or None
        Colour of the swatch; none for a heading.
    tag : str
        Short text inside the swatch.
    hatch : str or None
        Hatch of the swatch.
    edge : str
        Outline of the swatch.
    line : str or None
        Line style, for a line instead of a swatch.
    marker : str or None
        matplotlib's name of a marker, for a point of colour `colour` instead of a swatch.
    """

    text: str
    colour: str | None = None
    tag: str = ""
    hatch: str | None = None
    edge: str = "#8a949e"
    line: Literal["-", "--"] | None = None
    marker: str | None = None

    @property
    def heading(self) -> bool:
        """Whether it is a heading."""
        return self.colour is None and self.line is None


@dataclass(eq=False)
class Panel:
    """Entries set in one column.

    Parameters
    ----------
    entries : sequence of Entry
        From top to bottom.
    width : float
        Points.
    type : Fonts
        Fonts.
    size : float
        Size of the text, in points.
    """

    entries: Sequence[Entry]
    width: float
    type: Fonts
    size: float = 6.6

    def __post_init__(self) -> None:
        tags = [self.type.width(e.tag, self.size - 0.6, bold=True) for e in self.entries if e.tag]
        self.swatch = max([12.0, *(tag + 5 for tag in tags)])
        self.leading = self.size * 1.32
        self.lines = [
            self.type.wrap(
                entry.text,
                self.size + (0.8 if entry.heading else 0.0),
                self.width - (0 if entry.heading else self.swatch + 5),
                bold=entry.heading,
            )
            for entry in self.entries
        ]

    def _step(self, entry: Entry, lines: Sequence[str]) -> float:
        if entry.heading:
            return len(lines) * (self.leading + 1.2) + 3.0
        return len(lines) * self.leading + 2.4

    def _before(self, number: int) -> float:
        return 6.0 if number and self.entries[number].heading else 0.0

    @property
    def height(self) -> float:
        """Height in points."""
        return sum(
            self._before(number) + self._step(entry, lines)
            for number, (entry, lines) in enumerate(zip(self.entries, self.lines, strict=True))
        )

    def draw(self, figure: Figure, left: float, top: float) -> None:
        """Draw the entries from a corner given in points."""
        points: Transform = Affine2D().scale(1 / 72.0) + figure.dpi_scale_trans
        y = top
        for number, (entry, lines) in enumerate(zip(self.entries, self.lines, strict=True)):
            y -= self._before(number)
            size = self.size + (0.8 if entry.heading else 0.0)
            leading = self.leading + (1.2 if entry.heading else 0.0)
            x = left if entry.heading else left + self.swatch + 5
            for row, line in enumerate(lines):
                figure.text(
                    x,
                    y - row * leading - size,
                    line,
                    transform=points,
                    fontproperties=self.type.of(line, size, bold=entry.heading),
                    color=INK,
                    va="baseline",
                )
            if not entry.heading:
                self._swatch(figure, entry, left, y, points)
            y -= self._step(entry, lines)

    def _swatch(
        self, figure: Figure, entry: Entry, left: float, top: float, points: Transform
    ) -> None:
        height = self.size + 1.6
        middle = top - self.size * 0.62
        if entry.marker is not None:
            figure.add_artist(
                Line2D(
                    [left + self.swatch / 2],
                    [middle],
                    marker=entry.marker,
                    markersize=4.2,
                    markerfacecolor=entry.colour,
                    markeredgecolor=entry.edge,
                    markeredgewidth=0.5,
                    linestyle="none",
                    transform=points,
                )
            )
            return
        if entry.line is not None:
            figure.add_artist(
                Line2D(
                    [left, left + self.swatch],
                    [middle, middle],
                    color=entry.edge,
                    linewidth=1.1,
                    linestyle=entry.line,
                    transform=points,
                )
            )
            return
        options: dict[str, Any] = {} if entry.hatch is None else {"hatch": entry.hatch}
        figure.add_artist(
            FancyBboxPatch(
                (left, middle - height / 2),
                self.swatch,
                height,
                boxstyle="round,pad=0,rounding_size=1.2",
                facecolor=entry.colour,
                edgecolor=MUTED if entry.tag else entry.edge,
                linewidth=0.4,
                transform=points,
                **options,
            )
        )
        if entry.tag:
            figure.text(
                left + self.swatch / 2,
                middle,
                entry.tag,
                transform=points,
                fontproperties=self.type.of(entry.tag, self.size - 0.6, bold=True),
                color=ink_on(entry.colour or "#ffffff"),
                ha="center",
                va="center_baseline",
            )
