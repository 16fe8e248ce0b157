"""Fill the templates of the pages; whatever comes from data is escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from gangso.workbench.pages.words import Words

__all__ = ["render"]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("gangso.workbench.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["num"] = _number
    return made


def _number(value: Any, form: str = ",.0f", unit: str = "") -> str:
    return "–" if value is None or pd.isna(value) else format(float(value), form) + unit


def render(name: str, words: Words, /, **values: Any) -> str:
    """Fill a template.

    Parameters
    ----------
    name : str
        Name of the template, without its ending.
    words : Words
        The language.
    **values
        What the template reads.

    Returns
    -------
    str
        HTML.
    """
    template = _environment().get_template(f"{name}.html")
    return template.render(t=words.say, lang=words.lang, **values)
