"""The two maps of the brief: what is wrong, and who joins whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure

from gangso.diagnosis.words import class_label
from gangso.report.colours import ALONE, NO_DATA, OUTSIDE, TINTS, colour_map, sequence
from gangso.report.naming import name_alliances, name_places
from gangso.report.panel import Entry, Panel
from gangso.report.sheet import INK, Sheet, style
from gangso.report.words import place_names, province_column
from gangso.texts import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gangso.alliances.result import Partition
    from gangso.diagnosis.result import Diagnosis
    from gangso.territory.model import Territory

__all__ = [
    "SizeClass", "alliance_classes", "alliances_map", "class_map", "diagnosis_map", "new_sheet",
    "provinces",
]  # fmt: skip

_WIDTH_IN = 6.85  # A4 less margins of 18 mm
_PANEL_IN = 2.25
_NARROW_IN = 5.0  # below: the panel goes under the map, without the key
_MOST_LABELS = 150  # more cannot be told apart on a page; the caption says where they stand
_MOST_TINTS = 400  # more outlines and tints are confetti: their residents are drawn instead
_WORST = 10
# Steps of an alliance's residents, as shares of the target; the fourth class is near it.
_TARGET_STEPS = (0.02, 0.1, 0.5, 2.0)
_POPULATION_STEPS = (5_000, 20_000, 50_000, 100_000, 500_000)


def diagnosis_map(
    territory: Territory, diagnosis: Diagnosis, lang: str = "ko", width_in: float = _WIDTH_IN
) -> Figure:
    """Draw the classes of the extinction-risk index.

    Where the index is unknown everywhere, the sizes of the municipalities are drawn.

    Parameters
    ----------
    territory : Territory
        The territory.
    diagnosis : Diagnosis
        Its diagnosis.
    lang : {"ko", "en"}
        Language.
    width_in : float
        Width in inches; under 5 the legend stands below the map (for phones).

    Returns
    -------
    Figure
        The map.
    """
    codes = territory.municipalities.index
    now = _of_year(diagnosis, codes)
    if now is not None:
        order = diagnosis.indicators.attrs.get("classes") or _class_keys(diagnosis)
        face = now["extinction_class"]
        labels = {key: class_label(key, lang) for key in order}
        title = say("report.map.index_title", lang, year=diagnosis.year)
        worst = now["extinction_index"].dropna().sort_values(kind="stable").head(_WORST)
        named = {str(code): f"{value:.2f}" for code, value in worst.items()}
        marked = say("report.map.worst", lang, count=len(named))
    else:
        order, labels, face = _sizes(territory, lang)
        title = say("report.map.size_title", lang)
        largest = territory.municipalities["population"].nlargest(_WORST)
        named = {str(code): "" for code in largest.index}
        marked = say("report.map.largest", lang, count=len(named))
    palette = dict(zip(order, sequence(len(order)), strict=True))
    return class_map(
        territory, face, labels, palette, title, lang, width_in,
        named=named, marked=marked, tables=("population",),
    )  # fmt: skip


def class_map(
    territory: Territory,
    face: pd.Series,
    labels: Mapping[str, str],
    palette: Mapping[str, str],
    title: str,
    lang: str = "ko",
    width_in: float = _WIDTH_IN,
    *,
    named: Mapping[str, str] = MappingProxyType({}),
    marked: str = "",
    tables: Sequence[str] = (),
) -> Figure:
    """Draw municipalities by class, with a key that counts each class.

    Parameters
    ----------
    territory : Territory
        The territory.
    face : Series of str
        Class of every municipality, index ``code``; missing where it is not known.
    labels : mapping of str to str
        What each class is called, in the order of `palette`.
    palette : mapping of str to str
        Colour of each class, from the first (best) to the last.
    title : str
        Heading of the key.
    lang : {"ko", "en"}
        Language.
    width_in : float
        Width in inches; under 5 the list of marked places is left out.
    named : mapping of str to str, optional
        Municipalities to mark and name on the map, with what stands behind their name.
    marked : str
        Heading of their list.
    tables : sequence of str
        Tables whose sources the foot names.

    Returns
    -------
    Figure
        The map.
    """
    counts = face.value_counts()
    entries = [Entry(title)]
    entries += [
        Entry(
            say("report.map.class", lang, label=labels[key], count=int(counts.get(key, 0))),
            palette[key],
        )
        for key in reversed(list(palette))
    ]
    unknown = int(face.isna().sum())
    if unknown:
        label = say("report.map.no_data", lang)
        entries.append(Entry(say("report.map.class", lang, label=label, count=unknown), NO_DATA))
    if _province(territory, lang) is not None:
        entries.append(Entry(say("report.map.province", lang), line="-", edge=INK))
    names = place_names(territory, lang)
    if named and width_in >= _NARROW_IN:
        entries.append(Entry(marked))
        entries += [
            Entry(
                f"{names.loc[code]} {value}".strip(),
                palette.get(face.loc[code], NO_DATA),
                tag=str(rank),
            )
            for rank, (code, value) in enumerate(named.items(), start=1)
        ]
    sheet, panel = new_sheet(territory, lang, width_in, entries, tables)
    with style():
        figure, axes = sheet.draw()
        shapes = sheet.frame.polygons
        colours = face.reindex(shapes.index).map(palette).fillna(NO_DATA)
        thin = 0.35 if len(shapes) < 1000 else 0.08
        sheet.fill(axes, shapes.to_list(), colours.to_list(), "#ffffff", thin)
        provinces(sheet, axes)
        covered = sheet.furniture(axes)
        texts = {code: str(names.loc[code]) for code in named}
        name_places(sheet, axes, texts, covered)
        panel.draw(figure, *sheet.panel_origin(figure))
    return figure


def alliances_map(
    territory: Territory, partition: Partition, lang: str = "ko", width_in: float = _WIDTH_IN
) -> Figure:
    """Draw the alliances, numbered as in the tables.

    Parameters
    ----------
    territory : Territory
        The territory.
    partition : Partition
        The plan.
    lang : {"ko", "en"}
        Language.
    width_in : float
        Width in inches; under 5 the key is left out (for phones, where a list stands below).

    Returns
    -------
    Figure
        The map.
    """
    names = place_names(territory, lang)
    alliances, member = partition.alliances, partition.membership
    sizes, tints = alliance_classes(territory, partition, lang)
    many = bool(sizes)
    entries = _size_legend(partition, sizes, lang) if many else _legend(partition, lang)
    narrow = width_in < _NARROW_IN
    key: list[Entry] = []
    if not narrow and 0 < len(alliances) <= _MOST_LABELS:
        key = [Entry(say("report.map.key", lang, count=len(alliances)))]
        for ident, row in alliances.iterrows():
            listed = "·".join(str(names.loc[code]) for code in row["members"].split("|"))
            key.append(Entry(listed, tints[str(ident)], tag=str(ident)))
    sheet, panel = new_sheet(territory, lang, width_in, entries, ("population", "flows"), key)
    if len(panel.entries) == len(entries) and len(alliances) and not narrow:
        sheet.foot = (*sheet.foot, say("report.map.key_elsewhere", lang))
    with style():
        figure, axes = sheet.draw()
        shapes = sheet.frame.polygons
        state = member["status"].reindex(shapes.index)
        of = member["alliance"].reindex(shapes.index)
        thin = 0.35 if len(shapes) < 1000 else 0.06
        outside = shapes[(state == "outside").to_numpy()]
        alone = shapes[(state == "alone").to_numpy()]
        allied = shapes[of.notna().to_numpy()]
        sheet.fill(axes, outside.to_list(), OUTSIDE, "#ffffff", thin)
        sheet.fill(axes, alone.to_list(), ALONE, "#9aa4ad", thin, hatch="//////")
        colours = [tints[str(a)] for a in of[of.notna()]]
        # Without outlines of their own, alliances are told apart where their classes differ.
        sheet.fill(axes, allied.to_list(), colours, "face" if many else "#ffffff", thin)
        merged = {} if many else {
            str(ident): _merged(sheet, shapes.reindex(row["members"].split("|")).dropna())
            for ident, row in alliances.iterrows()
        }  # fmt: skip
        heavy = 1.0 if len(alliances) <= _MOST_LABELS else 0.3
        sheet.fill(axes, list(merged.values()), "none", INK, heavy, order=4)
        if many:
            provinces(sheet, axes)
        _crossings(sheet, axes, territory, member["alliance"])
        covered = sheet.furniture(axes)
        if len(alliances) <= _MOST_LABELS:
            alliances["centre"].astype("str")
            middle = [str(code) for code in alliances["centre"]]
            name_alliances(sheet, axes, merged, middle, member["status"], names, covered)
        panel.draw(figure, *sheet.panel_origin(figure))
    return figure


def _of_year(diagnosis: Diagnosis, codes: pd.Index) -> pd.DataFrame | None:
    table = diagnosis.indicators
    if diagnosis.year is None or not table["extinction_index"].notna().any():
        return None
    now = pd.DataFrame(table.xs(diagnosis.year, level="year")).reindex(codes)
    return now if now["extinction_index"].notna().any() else None


def _class_keys(diagnosis: Diagnosis) -> list[str]:
    """Keys of the classes in the order of rising risk, as the counts list them."""
    columns = [str(column) for column in diagnosis.counts.columns]
    return columns[: columns.index("index_known")]


def _sizes(territory: Territory, lang: str) -> tuple[list[str], dict[str, str], pd.Series]:
    population = territory.municipalities["population"].astype("float64")
    steps = [0, *_POPULATION_STEPS, float("inf")]
    keys = [str(number) for number in range(len(steps) - 1)]
    labels = {}
    for number, key in enumerate(keys):
        low, high = steps[number], steps[number + 1]
        if number == 0:
            labels[key] = say("report.map.below", lang, high=high)
        elif np.isinf(high):
            labels[key] = say("report.map.above", lang, low=low)
        else:
            labels[key] = say("report.map.between", lang, low=low, high=high)
    cut = pd.cut(population, steps, right=False, labels=keys).astype("object")
    present = [key for key in keys if (cut == key).any()]
    return present, labels, cut


def new_sheet(
    territory: Territory,
    lang: str,
    width_in: float,
    legend: Sequence[Entry],
    tables: Sequence[str],
    key: Sequence[Entry] = (),
    *,
    drawn: bool | None = None,
) -> tuple[Sheet, Panel]:
    """Lay out a sheet and its panel.

    Parameters
    ----------
    territory : Territory
        Whose boundaries are drawn.
    lang : {"ko", "en"}
        Language.
    width_in : float
        Width in inches; under 5 the panel stands below the map.
    legend : sequence of Entry
        Entries of the panel.
    tables : sequence of str
        Tables whose sources the foot names.
    key : sequence of Entry
        Further entries, if there is room for them.
    drawn : bool, optional
        Whether the foot says that boundaries are drawn; by default as the territory says.

    Returns
    -------
    sheet : Sheet
        The sheet.
    panel : Panel
        Its panel.
    """
    narrow = width_in < _NARROW_IN
    panel_in = 0.0 if narrow else _PANEL_IN
    sheet = Sheet(territory, lang, width_in, panel_in, 0.0, _foot(territory, lang, tables, drawn))
    width_pt = (width_in if narrow else panel_in) * 72.0 - 12
    panel = Panel(legend, width_pt, sheet.type)
    for size in (6.6, 6.0, 5.4) if key else ():
        longer = Panel([*legend, *key], width_pt, sheet.type, size)
        if longer.height <= 8.4 * 72.0:
            panel = longer
            break
    sheet.panel_pt = panel.height
    if sheet.frame.insets:
        sheet.foot = (*sheet.foot, say("report.map.moved", lang))
    return sheet, panel


def _foot(territory: Territory, lang: str, tables: Sequence[str], drawn: bool | None) -> list[str]:
    drawn_from = ("code", "name", "area_km2", "lon", "lat")
    sources = territory.metadata.sources
    # First what the colours mean, then what the shapes are drawn from.
    cited = [s.cited(lang) for table in tables for s in sources if s.table == table]
    cited += [
        s.cited(lang)
        for s in sources
        if s.table == "municipalities" and (not s.columns or set(drawn_from) & set(s.columns))
    ]
    titles = list(dict.fromkeys(cited))
    lines = []
    if titles:
        lines.append(say("report.map.source", lang, titles="; ".join(titles[:4])))
    if territory.boundaries_drawn if drawn is None else drawn:
        lines.append(say("report.map.drawn", lang))
    return lines


def _province(territory: Territory, lang: str) -> pd.Series | None:
    column = province_column(territory, lang)
    return None if column is None else territory.municipalities[column]


def provinces(sheet: Sheet, axes: Axes) -> None:
    """Draw the boundaries of provinces.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    axes : Axes
        Its map.
    """
    province = _province(sheet.territory, sheet.lang)
    if province is None:
        return
    shapes = sheet.frame.polygons
    of = province.reindex(shapes.index)
    merged = [
        _merged(sheet, shapes[(of == name).to_numpy()]) for name in sorted(of.dropna().unique())
    ]
    sheet.fill(axes, merged, "none", INK, 0.7, order=4)


def _legend(partition: Partition, lang: str) -> list[Entry]:
    allied = int((partition.membership["status"] == "allied").sum())
    said = say("report.map.allied", lang, alliances=len(partition.alliances), count=allied)
    return [
        Entry(say("report.map.plan_title", lang)),
        Entry(said, TINTS[0], edge=INK),
        *_unallied(partition, lang),
    ]


@dataclass(frozen=True)
class SizeClass:
    """A class of alliances by their residents.

    Parameters
    ----------
    label : str
        What it is called.
    colour : str
        As ``#rrggbb``.
    low, high : float
        Residents from and to.
    count : int
        Alliances in it.
    """

    label: str
    colour: str
    low: float
    high: float
    count: int


def alliance_classes(
    territory: Territory, partition: Partition, lang: str
) -> tuple[list[SizeClass], dict[str, str]]:
    """Colour the alliances: so that neighbours differ, or very many by their residents.

    Parameters
    ----------
    territory : Territory
        The territory.
    partition : Partition
        The plan.
    lang : {"ko", "en"}
        Language.

    Returns
    -------
    list of SizeClass
        From small to large, as shares of the target; empty where tints tell neighbours apart.
    dict of str to str
        Colour by alliance.
    """
    if len(partition.alliances) <= _MOST_TINTS:
        return [], _tints(territory, partition)
    people = partition.alliances["population"]
    bounds = [step * partition.settled.options.target_population for step in _TARGET_STEPS]
    palette = sequence(len(bounds) + 1)
    number = np.searchsorted(bounds, people.to_numpy(dtype=float), side="right")
    labels = [
        say("report.map.below", lang, high=bounds[0]),
        *(say("report.map.between", lang, low=low, high=high) for low, high in pairwise(bounds)),
        say("report.map.above", lang, low=bounds[-1]),
    ]
    edges = [0.0, *bounds, float(people.max()) + 1]
    classes = [
        SizeClass(label, palette[n], edges[n], edges[n + 1], int((number == n).sum()))
        for n, label in enumerate(labels)
    ]
    return classes, dict(zip(map(str, people.index), (palette[n] for n in number), strict=True))


def _size_legend(partition: Partition, classes: Sequence[SizeClass], lang: str) -> list[Entry]:
    target = partition.settled.options.target_population
    return [
        Entry(say("report.map.plan_sizes", lang, target=target)),
        *(Entry(say("report.map.class", lang, label=c.label, count=c.count), c.colour)
          for c in reversed(classes)),
        *_unallied(partition, lang),
    ]  # fmt: skip


def _unallied(partition: Partition, lang: str) -> list[Entry]:
    state = partition.membership["status"].value_counts()
    entries = []
    for status, colour, hatch in (("alone", ALONE, "////"), ("outside", OUTSIDE, None)):
        count = int(state.get(status, 0))
        if count:
            text = say(f"report.map.{status}", lang, count=count)
            entries.append(Entry(text, colour, hatch=hatch))
    return entries


def _tints(territory: Territory, partition: Partition) -> dict[str, str]:
    of = partition.membership["alliance"]
    links = territory.contiguity
    a, b = of.reindex(links["a"]).to_numpy(), of.reindex(links["b"]).to_numpy()
    both = pd.notna(a) & pd.notna(b)
    pairs = sorted({(str(x), str(y)) for x, y in zip(a[both], b[both], strict=True)})
    numbers = colour_map([str(ident) for ident in partition.alliances.index], pairs)
    return {ident: TINTS[number % len(TINTS)] for ident, number in numbers.items()}


def _merged(sheet: Sheet, shapes: pd.Series) -> Any:
    """Dissolve polygons, closing the hairline gaps that simplifying leaves between them."""
    gap = 0.8 * sheet.unit
    wide = shapely.union_all(shapely.buffer(shapes.to_list(), gap, join_style="mitre"))
    return shapely.simplify(shapely.buffer(wide, -gap, join_style="mitre"), 0.1 * sheet.unit)


def _crossings(sheet: Sheet, axes: Axes, territory: Territory, of: pd.Series) -> None:
    """Draw bridges and ferries between members whose areas do not touch on the sheet."""
    links = territory.contiguity
    shapes = sheet.frame.polygons
    for a, b, link in zip(links["a"], links["b"], links["link"], strict=True):
        if link == "land" or a not in shapes.index or b not in shapes.index:
            continue
        if pd.isna(of.loc[a]) or of.loc[a] != of.loc[b]:
            continue
        line = shapely.get_coordinates(shapely.shortest_line(shapes.loc[a], shapes.loc[b]))
        if len(line) and np.hypot(*(line[0] - line[1])) > 2 * sheet.unit:
            dashes = (0, (2, 1.5)) if link == "ferry" else "-"
            axes.plot(line[:, 0], line[:, 1], color=INK, lw=1.1, ls=dashes, zorder=5)
