"""A figure with one map: its frame, islands, scale bar, north arrow and the panel beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.path import Path as Outline

from gangso.report.fonts import Fonts, fonts
from gangso.report.frame import Box, Frame, lay_out
from gangso.texts import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gangso.territory.model import Territory

__all__ = ["INK", "MUTED", "Sheet", "paths", "png_bytes", "save_png", "style", "svg_bytes"]

INK = "#1d2733"
MUTED = "#5b6672"
WATER = "#eef3f7"
_POINTS = 72.0
_TALLEST_IN = 8.6  # A4 without margins, heading and caption
_STYLE: dict[str, Any] = {
    "svg.hashsalt": "gangso",  # fixed: same input, same bytes
    "svg.fonttype": "path",
    "path.simplify": False,
    "axes.unicode_minus": False,
    "hatch.linewidth": 0.5,
}


@contextmanager
def style() -> Iterator[None]:
    """Set matplotlib's options for our figures, and nobody else's."""
    with mpl.rc_context(_STYLE):  # type: ignore[arg-type, unused-ignore]
        yield


def svg_bytes(figure: Figure) -> bytes:
    """Draw a figure as SVG without a date.

    Parameters
    ----------
    figure : Figure
        The figure.

    Returns
    -------
    bytes
        The file.
    """
    out = BytesIO()
    with style():
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def png_bytes(figure: Figure, dpi: float = 200) -> bytes:
    """Draw a figure as PNG without a date, with a palette (flat colours: a third of the size).

    Parameters
    ----------
    figure : Figure
        The figure.
    dpi : float
        Dots per inch.

    Returns
    -------
    bytes
        The file.
    """
    from PIL import Image  # matplotlib's own writer of PNG

    raw = BytesIO()
    with style():
        figure.savefig(raw, format="rgba", dpi=dpi)
    size = (int(figure.get_figwidth() * dpi), int(figure.get_figheight() * dpi))
    image = Image.frombytes("RGBA", size, raw.getvalue())
    rgb = image.convert("RGB")
    # Flat colours show in a ninth of the pixels, where a palette is found in a tenth of the time.
    few = rgb.resize((rgb.width // 3, rgb.height // 3), Image.Resampling.NEAREST)
    palette = few.quantize(colors=128, dither=Image.Dither.NONE)
    flat = rgb.quantize(palette=palette, dither=Image.Dither.NONE)
    out = BytesIO()
    flat.save(out, format="PNG", compress_level=6, dpi=(dpi, dpi))
    return out.getvalue()


def save_png(figure: Figure, path: Path, dpi: float = 200) -> None:
    """Write a figure as PNG: same figure, same bytes.

    Parameters
    ----------
    figure : Figure
        The figure.
    path : Path
        File to write.
    dpi : float
        Dots per inch.
    """
    path.write_bytes(png_bytes(figure, dpi))


def paths(shapes: Sequence[Any]) -> list[Outline]:
    """Turn polygons into matplotlib paths, holes included.

    Parameters
    ----------
    shapes : sequence of geometry
        Polygons and multipolygons.

    Returns
    -------
    list of Path
        One each; an empty path for an empty geometry.
    """
    out = []
    for shape in shapes:
        rings = shapely.get_rings(shapely.get_parts(shape))
        points = [shapely.get_coordinates(ring) for ring in rings]
        if not points:
            out.append(Outline(np.empty((0, 2))))
            continue
        codes = [
            np.concatenate(
                ([Outline.MOVETO], np.full(len(p) - 2, Outline.LINETO), [Outline.CLOSEPOLY])
            )
            for p in points
        ]
        out.append(Outline(np.concatenate(points), np.concatenate(codes)))
    return out


@dataclass(eq=False)
class Sheet:
    """A map in the making: the territory laid out on a page of a given width.

    Parameters
    ----------
    territory : Territory
        The territory.
    lang : {"ko", "en"}
        Language.
    width_in : float
        Width of the figure in inches.
    panel_in : float
        Width of the panel beside the map; 0 puts the panel under it.
    panel_rows_pt : float
        Height that the panel needs.
    """

    territory: Territory
    lang: str
    width_in: float
    panel_in: float
    panel_pt: float
    foot: Sequence[str] = ()
    type: Fonts = field(default_factory=fonts)

    caption_size = 5.8
    foot_size = 5.6

    @cached_property
    def map_width_pt(self) -> float:
        """Width of the map in points."""
        return (self.width_in - self.panel_in) * _POINTS

    @cached_property
    def frame(self) -> Frame:
        """The laid-out polygons."""
        names = self.territory.names(self.lang)

        def caption(codes: tuple[str, ...], width: float) -> tuple[float, float]:
            unit = width / self.map_width_pt
            text = self._caption(codes, names)
            size = self.caption_size
            return (self.type.width(text, size) + 4) * unit, (size + 3) * unit

        return lay_out(self.territory.boundaries, self.territory.metadata.metric_crs, caption)

    @staticmethod
    def _caption(codes: tuple[str, ...], names: Any) -> str:
        listed = list(dict.fromkeys(str(names.loc[code]) for code in codes))
        return "·".join(listed[:2]) + (f" +{len(listed) - 2}" if len(listed) > 2 else "")

    @cached_property
    def foot_lines(self) -> list[str]:
        """The lines at the foot, wrapped to the width."""
        # Small type is hinted wider on a coarse grid than it measures.
        width = self.width_in * _POINTS * 0.92 - 4
        return [line for text in self.foot for line in self.type.wrap(text, self.foot_size, width)]

    @cached_property
    def unit(self) -> float:
        """Map units in a point."""
        limit = _TALLEST_IN * _POINTS - (0 if self.panel_in else self.panel_pt)
        return max(self.frame.width / self.map_width_pt, self.frame.height / limit)

    def draw(self) -> tuple[Figure, Axes]:
        """Make the figure with its empty map, its foot, and no panel yet."""
        frame = self.frame
        map_pt = frame.height / self.unit
        foot_pt = len(self.foot_lines) * (self.foot_size + 2.4) + 6
        body_pt = max(map_pt, self.panel_pt) if self.panel_in else map_pt + self.panel_pt + 6
        total_pt = body_pt + foot_pt
        width_pt = self.width_in * _POINTS
        figure = Figure(figsize=(self.width_in, total_pt / _POINTS), facecolor="white")
        FigureCanvasAgg(figure)
        used = frame.width / self.unit
        left = (self.map_width_pt - used) / 2 if not self.panel_in else 0.0
        axes = figure.add_axes(
            (
                left / width_pt,
                (total_pt - map_pt) / total_pt,
                used / width_pt,
                map_pt / total_pt,
            )
        )
        axes.set_xlim(frame.bounds[0], frame.bounds[2])
        axes.set_ylim(frame.bounds[1], frame.bounds[3])
        axes.set_axis_off()
        axes.add_patch(
            Rectangle(
                (frame.bounds[0], frame.bounds[1]), frame.width, frame.height, color=WATER, lw=0
            )
        )
        for number, line in enumerate(self.foot_lines):
            y = foot_pt - 6 - (number + 1) * (self.foot_size + 2.4) + 2.4
            figure.text(
                2 / width_pt,
                y / total_pt,
                line,
                fontproperties=self.type.of(line, self.foot_size),
                color=MUTED,
                va="baseline",
            )
        return figure, axes

    def panel_origin(self, figure: Figure) -> tuple[float, float]:
        """Left and top of the panel, in points from the lower left corner of the figure."""
        top = figure.get_figheight() * _POINTS
        if self.panel_in:
            return self.map_width_pt + 10, top - 2
        return 4.0, top - self.frame.height / self.unit - 8

    def fill(
        self,
        axes: Axes,
        shapes: Sequence[Any],
        face: Sequence[Any] | str,
        edge: str = "none",
        line: float = 0.0,
        order: int = 2,
        hatch: str | None = None,
    ) -> None:
        """Draw polygons."""
        if not len(shapes):
            return
        collection = PathCollection(
            paths(shapes),
            facecolors=face,
            edgecolors=edge,
            linewidths=line,
            zorder=order,
            joinstyle="round",
            hatch=hatch,
        )
        axes.add_collection(collection, autolim=False)

    def furniture(self, axes: Axes) -> list[Box]:
        """Draw boxes of moved islands, scale bar and north arrow; return what they cover (pt)."""
        frame, unit = self.frame, self.unit
        names = self.territory.names(self.lang)
        covered: list[Box] = []
        size = self.caption_size
        for box, codes in zip(frame.insets, frame.inset_codes, strict=True):
            axes.add_patch(
                FancyBboxPatch(
                    (box[0], box[1]),
                    box[2] - box[0],
                    box[3] - box[1],
                    boxstyle="square,pad=0",
                    fill=False,
                    edgecolor=MUTED,
                    linewidth=0.6,
                    linestyle=(0, (3, 2)),
                    zorder=6,
                )
            )
            text = self._caption(codes, names)
            axes.text(
                (box[0] + box[2]) / 2,
                box[3] - 1.8 * unit,
                text,
                fontproperties=self.type.of(text, size),
                color=MUTED,
                ha="center",
                va="top",
                zorder=7,
            )
            covered.append(self.to_pt((box[0], box[3] - (size + 3) * unit, box[2], box[3])))
        covered.append(self._scale_bar(axes))
        return covered

    def to_pt(self, box: Box) -> Box:
        """Turn a box in map units into points from the map's lower left corner."""
        left, bottom = self.frame.bounds[:2]
        return (
            (box[0] - left) / self.unit,
            (box[1] - bottom) / self.unit,
            (box[2] - left) / self.unit,
            (box[3] - bottom) / self.unit,
        )

    def _scale_bar(self, axes: Axes) -> Box:
        """Draw a scale bar and a north arrow where there is room."""
        frame, unit = self.frame, self.unit
        # A round length of about a fifth of the map.
        wanted = frame.width / 5000.0
        power = 10.0 ** np.floor(np.log10(wanted))
        km = float(max(step * power for step in (1, 2, 5) if step * power <= wanted))
        bar = km * 1000.0
        label = say("report.map.km", self.lang, km=f"{km:g}")
        size = 6.0
        room = bar + (self.type.width(label, size) + 24) * unit
        height = 22 * unit
        corner = (frame.bounds[0], frame.bounds[1])
        box = frame.space.find(room, height, corner)
        if box is None:
            box = (corner[0], corner[1], corner[0] + room, corner[1] + height)
        frame.space.take(box)
        x, y = box[0] + 16 * unit, box[1] + 6 * unit
        axes.add_patch(Rectangle((x, y), bar / 2, 2.4 * unit, fc=INK, ec=INK, lw=0.5, zorder=7))
        axes.add_patch(
            Rectangle((x + bar / 2, y), bar / 2, 2.4 * unit, fc="white", ec=INK, lw=0.5, zorder=7)
        )
        axes.text(
            x + bar + 2.5 * unit,
            y - 0.6 * unit,
            label,
            fontproperties=self.type.of(label, size),
            color=INK,
            va="baseline",
            zorder=7,
        )
        tip = box[0] + 8 * unit
        axes.fill(
            [tip - 3 * unit, tip, tip, tip - 3 * unit],
            [y, y + 3 * unit, y + 11 * unit, y],
            color=INK,
            lw=0,
            zorder=7,
        )
        axes.fill(
            [tip + 3 * unit, tip, tip, tip + 3 * unit],
            [y, y + 3 * unit, y + 11 * unit, y],
            facecolor="white",
            edgecolor=INK,
            lw=0.4,
            zorder=7,
        )
        axes.text(
            tip,
            y + 11.6 * unit,
            "N",
            fontproperties=self.type.of("N", 5.4, bold=True),
            color=INK,
            ha="center",
            va="baseline",
            zorder=7,
        )
        return self.to_pt(box)
