"""The map of service deserts: land by the number of national minimums that it lacks."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely
from matplotlib.figure import Figure

from gangso.report.colours import sequence
from gangso.report.maps import new_sheet, provinces
from gangso.report.panel import Entry
from gangso.report.sheet import INK, style
from gangso.scenario import ServicesOptions
from gangso.services import Services
from gangso.territory import Territory
from gangso.texts import say

__all__ = ["deserts_map"]

_MET = "#eef1ee"
_MOST_CLASSES = 5
_MARKS = {"minimum": "#f5c400", "optimum": "#ffffff"}


def deserts_map(
    territory: Territory,
    found: Services,
    options: ServicesOptions,
    lang: str = "ko",
    width_in: float = 6.85,
    *,
    sites: pd.DataFrame | None = None,
) -> Figure:
    """Draw where people are beyond the national minimum.

    Parameters
    ----------
    territory : Territory
        The territory.
    found : Services
        The measurement.
    options : ServicesOptions
        What was asked for.
    lang : {"ko", "en"}
        Language.
    width_in : float
        Width in inches; under 5 the legend stands below the map (for phones).
    sites : DataFrame, optional
        New bases to mark: ``lon``, ``lat``, ``aim`` (``minimum`` or ``optimum``).

    Returns
    -------
    Figure
        The map.
    """
    areas = found.desert_areas
    classes = areas["count"].clip(upper=_MOST_CLASSES)
    worst = int(classes.max()) if len(classes) else 0
    palette = {0: _MET, **dict(enumerate(sequence(worst), start=1))} if worst else {0: _MET}
    residents = areas["residents"].groupby(classes).sum()
    total = max(float(residents.sum()), 1.0)
    entries = [Entry(say("report.map.deserts", lang))]
    for count, colour in palette.items():
        people = float(residents.get(count, 0.0))
        key = "report.map.desert_none" if count == 0 else "report.map.desert"
        text = say(key, lang, count=count, people=people, share=people / total)
        entries.append(Entry(text, colour))
    marked = {} if sites is None else {a: sites[sites["aim"] == a] for a in _MARKS}
    entries += [
        Entry(say(f"report.map.base_{aim}", lang, count=len(rows)), colour, marker="o", edge=INK)
        for (aim, rows), colour in zip(marked.items(), _MARKS.values(), strict=False)
        if len(rows)
    ]
    entries.append(Entry(say("report.map.minimums", lang)))
    entries += [
        Entry(
            say(
                "report.map.minimum",
                lang,
                label=standard.label.get(lang, key),
                minutes=standard.minutes,
            ),
            line="-",
            edge="#ffffff",
        )
        for key, standard in options.standards.items()
        if standard.level == "national_minimum" and key in found.minutes
    ]
    if found.estimated:
        entries.append(Entry(say("report.map.estimated", lang)))
    # The sheet lays out whatever polygons it is given: here the parts of each municipality.
    keys = [f"{code}\t{number}" for number, code in enumerate(areas["municipality"])]
    table = (
        territory.municipalities.reindex(areas["municipality"]).set_axis(keys).rename_axis("code")
    )
    parts = replace(
        territory, municipalities=table, listed_boundaries=areas.geometry.set_axis(keys)
    )
    sheet, panel = new_sheet(
        parts,
        lang,
        width_in,
        entries,
        ("settlements", "facilities"),
        drawn=territory.boundaries_drawn,
    )
    with style():
        figure, axes = sheet.draw()
        shapes = sheet.frame.polygons
        face = dict(zip(keys, classes.map(palette), strict=True))
        colours = [face[str(key)] for key in shapes.index]
        thin = 0.15 if len(shapes) < 2000 else 0.0
        sheet.fill(axes, shapes.to_list(), colours, "#c9d1d6", thin)
        provinces(sheet, axes)
        sheet.furniture(axes)
        for order, (aim, rows) in enumerate(reversed(marked.items())):
            if len(rows):
                points = gpd.points_from_xy(rows["lon"], rows["lat"], crs="EPSG:4326")
                xy = shapely.get_coordinates(points.to_crs(territory.metadata.metric_crs))
                x, y = sheet.frame.place(xy).T
                axes.scatter(x, y, 7, _MARKS[aim], edgecolors=INK, linewidths=0.5, zorder=8 + order)
        panel.draw(figure, *sheet.panel_origin(figure))
    return figure
