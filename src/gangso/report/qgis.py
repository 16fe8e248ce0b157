"""Styles that QGIS finds in the GeoPackage of a plan, so that its layers open as on the map.

QGIS reads them from the table ``layer_styles`` beside the layers: one row a layer, the style as
QML. Other programs see a table without geometry, and leave it alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import pandas as pd

from gangso.report.colours import ALONE, OUTSIDE, TINTS
from gangso.report.maps import alliance_classes
from gangso.report.plan import PlanLike
from gangso.texts import say

__all__ = ["layer_styles"]

_INK = "#1d2733"
_LINKS = {"land": "#9aa4ad", "bridge": _INK, "ferry": _INK}


@dataclass(frozen=True)
class _Class:
    """A value, or a range of values, and how it is drawn."""

    label: str
    colour: str
    value: str = ""
    low: float = 0.0
    high: float = 0.0
    dash: str = "solid"


def layer_styles(plan: PlanLike, layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Write the style of each layer that has classes.

    Parameters
    ----------
    plan : PlanLike
        The plan.
    layers : mapping of str to GeoDataFrame
        Its layers.

    Returns
    -------
    DataFrame
        Rows of ``layer_styles`` as QGIS keeps them.
    """
    lang = plan.scenario.language
    styles = {"municipalities": _by_value("status", "fill", [
        _Class(say(f"qgis.{status}", lang), colour, status)
        for status, colour in (("allied", TINTS[0]), ("alone", ALONE), ("outside", OUTSIDE))
    ], line=0.1)}  # fmt: skip
    if "alliances" in layers:
        styles["alliances"] = _alliances(plan, lang)
    styles["links"] = _by_value("link", "line", [
        _Class(say(f"qgis.{link}", lang), colour, link, dash="dash" if link == "ferry" else "solid")
        for link, colour in _LINKS.items()
    ], line=0.4)  # fmt: skip
    names = [name for name in styles if name in layers]
    return pd.DataFrame(
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": names,
            "f_geometry_column": "geom",
            "styleName": "gangso",
            "styleQML": [styles[name] for name in names],
            "styleSLD": "",
            "useAsDefault": True,
            "description": "",
            "owner": "",
            "ui": "",
        }
    )


def _alliances(plan: PlanLike, lang: str) -> str:
    alliances = plan.partition.alliances
    classes, colours = alliance_classes(plan.territory, plan.partition, lang)
    if classes:
        ranges = [_Class(c.label, c.colour, low=c.low, high=c.high) for c in classes]
        return _by_range("population", ranges)
    named = alliances[plan.territory.name_column(lang)]
    return _by_value("alliance", "fill", [
        _Class(f"{ident} {named.loc[ident]}", colours[str(ident)], str(ident))
        for ident in alliances.index
    ], line=0.5)  # fmt: skip


def _by_value(attribute: str, kind: str, classes: Sequence[_Class], line: float) -> str:
    rows = "".join(
        f'<category value={quoteattr(c.value)} label={quoteattr(c.label)} symbol="{n}" '
        'render="true"/>'
        for n, c in enumerate(classes)
    )
    body = f"<categories>{rows}</categories>{_symbols(kind, classes, line)}"
    return _qml("categorizedSymbol", attribute, body)


def _by_range(attribute: str, classes: Sequence[_Class]) -> str:
    rows = "".join(
        f'<range lower="{c.low:.0f}" upper="{c.high:.0f}" label={quoteattr(c.label)} '
        f'symbol="{n}" render="true"/>'
        for n, c in enumerate(classes)
    )
    body = f"<ranges>{rows}</ranges>{_symbols('fill', classes, 0.05)}"
    return _qml("graduatedSymbol", attribute, body)


def _symbols(kind: str, classes: Sequence[_Class], line: float) -> str:
    made = []
    for number, one in enumerate(classes):
        options = (
            {"line_color": _rgb(one.colour), "line_width": str(line), "line_style": one.dash}
            if kind == "line"
            else {"color": _rgb(one.colour), "outline_color": _rgb(_INK),
                  "outline_width": str(line), "style": "solid"}
        )  # fmt: skip
        told = "".join(
            f'<Option type="QString" name="{key}" value="{value}"/>'
            for key, value in options.items()
        )
        name = "SimpleLine" if kind == "line" else "SimpleFill"
        made.append(
            f'<symbol type="{kind}" name="{number}" alpha="1"><layer class="{name}" enabled="1" '
            f'pass="0" locked="0"><Option type="Map">{told}</Option></layer></symbol>'
        )
    return f"<symbols>{''.join(made)}</symbols>"


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5)) + ",255"


def _qml(kind: str, attribute: str, body: str) -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.28" styleCategories="Symbology">'
        f'<renderer-v2 type="{kind}" attr="{attribute}">{body}</renderer-v2></qgis>\n'
    )
