"""Formulas as MathML, written at build time: every browser shows it, and nothing is downloaded.

Docutils knows how to make MathML of LaTeX; Sphinx only has to be told to use it.
"""

from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

_log = logging.getLogger(__name__)


def _written(node: nodes.Element, *, as_block: bool) -> str:
    text = node.astext()
    if as_block and "\\\\" in text and "\\begin" not in text:
        text = rf"\begin{{aligned}}{text}\end{{aligned}}"
    try:
        return tex2mathml(text, as_block=as_block)
    except MathError as error:
        _log.warning("this formula cannot be read: %s: %s", text, error, location=node)
        return f"<code>{text}</code>"


def _inline(writer: HTML5Translator, node: nodes.Element) -> None:
    writer.body.append(_written(node, as_block=False))
    raise nodes.SkipNode


def _block(writer: HTML5Translator, node: nodes.Element) -> None:
    writer.body.append(f'<div class="math">{_written(node, as_block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Offer the renderer ``mathml``."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
