"""The fonts of the brief: files that a wheel carries, never the system's.

The family has Hangul and most Latin letters. A text with a letter that it lacks is set in
DejaVu Sans, which matplotlib carries, so that no name shows a box instead of a letter.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import matplotlib
from fontTools.subset import Options, Subsetter, load_font, save_font
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import TextToPath

__all__ = ["Fonts", "cuts", "font_folders", "fonts", "subset", "web_font"]


@dataclass(frozen=True)
class Fonts:
    """Files of the regular and the bold cut, and of the cuts that stand in for them."""

    regular: Path
    bold: Path
    other_regular: Path
    other_bold: Path

    def file(self, text: str, bold: bool = False) -> Path:
        """Return the file of the cut that has every letter of the text."""
        first, second = (self.bold, self.other_bold) if bold else (self.regular, self.other_regular)
        return first if set(map(ord, text)) - {10} <= _letters(first) else second

    def of(self, text: str, size: float, bold: bool = False) -> FontProperties:
        """Return the font in which to set the text (size in points)."""
        return FontProperties(fname=str(self.file(text, bold)), size=size)

    def width(self, text: str, size: float, bold: bool = False) -> float:
        """Measure the widest line of the text, in points."""
        file = self.file(text, bold)
        return max((_width(file, line, size) for line in text.split("\n")), default=0.0)

    def wrap(self, text: str, size: float, width: float, bold: bool = False) -> list[str]:
        """Break a text into lines of at most ``width`` points, after blanks, dots and commas."""
        pieces: list[str] = []
        word = ""
        for letter in text:
            word += letter
            if letter in " ·,/":
                pieces.append(word)
                word = ""
        pieces.append(word)
        lines = [""]
        for piece in pieces:
            longer = lines[-1] + piece
            if lines[-1] and self.width(longer.rstrip(), size, bold) > width:
                lines.append(piece)
            else:
                lines[-1] = longer
        return [line.rstrip() for line in lines]


@cache  # names stand on every map
def _width(file: Path, line: str, size: float) -> float:
    prop = FontProperties(fname=str(file), size=size)
    return float(TextToPath().get_text_width_height_descent(line, prop, ismath=False)[0])


@cache
def _letters(path: Path) -> frozenset[int]:
    return frozenset(FT2Font(str(path)).get_charmap())


def font_folders() -> tuple[Path, Path]:
    """Return the folders of the fonts: the family's and the one that stands in.

    Returns
    -------
    tuple of Path
        Two folders.

    Raises
    ------
    FileNotFoundError
        If the wheel that carries the fonts is not installed.
    """
    # Found without importing it: importing it changes matplotlib's settings for everyone.
    spec = find_spec("koreanize_matplotlib")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("koreanize-matplotlib, which carries the fonts, is not installed")
    family = Path(spec.submodule_search_locations[0]) / "fonts"
    return family, Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def cuts() -> dict[int, Path]:
    """Return the files of the family by weight.

    Returns
    -------
    dict of int to Path
        Regular (400) and bold (700).
    """
    found = fonts()
    return {400: found.regular, 700: found.bold}


def subset(path: Path, text: str) -> str:
    """Cut a font down to the letters of a text, to be carried inside a page.

    Parameters
    ----------
    path : Path
        Font file.
    text : str
        All letters wanted; the printable ASCII ones are always kept.

    Returns
    -------
    str
        WOFF in base 64. The same letters give the same bytes.
    """
    options = Options()
    options.flavor = "woff"
    options.recalc_timestamp = False
    options.layout_features = ["kern"]
    options.notdef_outline = True
    options.drop_tables += ["TSI0", "TSI1", "TSI2", "TSI3", "TSI5"]  # a tool's sources
    font = load_font(str(path), options)
    # The time of the last change is the file's own, not that of this cut.
    font.recalcTimestamp = False
    cutter = Subsetter(options)
    cutter.populate(unicodes={*range(32, 127), *map(ord, text)})
    cutter.subset(font)
    out = BytesIO()
    save_font(font, out, options)
    font.close()
    return base64.b64encode(out.getvalue()).decode("ascii")


@cache
def web_font(path: Path) -> bytes:
    """Return a whole font as browsers take it: without a drawing tool's own tables.

    Parameters
    ----------
    path : Path
        Font file.

    Returns
    -------
    bytes
        TrueType.
    """
    font = load_font(str(path), Options())
    for tag in ("TSI0", "TSI1", "TSI2", "TSI3", "TSI5"):
        if tag in font:
            del font[tag]
    out = BytesIO()
    font.save(out, reorderTables=None)
    font.close()
    return out.getvalue()


def fonts() -> Fonts:
    """Return the fonts of the brief.

    Returns
    -------
    Fonts
        The files.
    """
    family, other = font_folders()
    return Fonts(
        family / "NanumGothic.ttf",
        family / "NanumGothicBold.ttf",
        other / "DejaVuSans.ttf",
        other / "DejaVuSans-Bold.ttf",
    )
