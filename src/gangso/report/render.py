"""Render the brief: content blocks to one PDF and one HTML file."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import typst

from gangso.report.fonts import cuts, font_folders, subset

__all__ = ["render_html", "render_pdf"]

# A fixed date: the same plan gives the same bytes.
_DATE = datetime(2000, 1, 1, tzinfo=UTC)


def render_pdf(content: Mapping[str, Any], figures: Mapping[str, bytes]) -> bytes:
    """Set the brief as a PDF.

    Parameters
    ----------
    content : mapping
        From `gangso.report.content.brief`.
    figures : mapping of str to bytes
        SVG by name of figure.

    Returns
    -------
    bytes
        The PDF.
    """
    template = resources.files(__package__) / "templates" / "brief.typ"
    with tempfile.TemporaryDirectory(prefix="gangso-brief-") as folder:
        root = Path(folder)
        (root / "brief.typ").write_bytes(template.read_bytes())
        (root / "content.json").write_text(json.dumps(content), encoding="utf-8")
        for name, svg in figures.items():
            (root / f"{name}.svg").write_bytes(svg)
        pdf: bytes = typst.compile(
            str(root / "brief.typ"),
            root=str(root),
            font_paths=[str(path) for path in font_folders()],
            ignore_system_fonts=True,
            timestamp=_DATE,
        )
    return pdf


def render_html(content: Mapping[str, Any], figures: Mapping[str, bytes]) -> str:
    """Write the brief as one HTML file that needs nothing else.

    Parameters
    ----------
    content : mapping
        From `gangso.report.content.brief`.
    figures : mapping of str to bytes
        PNG by name of figure.

    Returns
    -------
    str
        The document.
    """
    template = resources.files(__package__) / "templates" / "brief.html"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    text = json.dumps(content, ensure_ascii=False)
    embedded = {weight: subset(path, text) for weight, path in cuts().items()}
    images = {name: base64.b64encode(png).decode("ascii") for name, png in figures.items()}
    page = environment.from_string(template.read_text(encoding="utf-8"))
    return page.render(**content, images=images, fonts=embedded)
