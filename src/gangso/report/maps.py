"""The two maps of the brief: what is wrong, and who joins whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure

from gangso.diagnosis.words import class_label
from gangso.report.colours import ALONE, NO_DATA, OUTSIDE, TINTS, colour_map, sequence
from gangso.report.frame import Box
from gangso.report.labels import Label, place
from gangso.report.panel import Entry, Panel
from gangso.report.sheet import INK, MUTED, Sheet, style
from gangso.report.words import place_names
from gangso.texts import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gangso.alliances.result import Partition
    from gangso.diagnosis.result import Diagnosis
    from gangso.territory.model import Territory

__all__ = ["alliances_map", "diagnosis_map"]

_WIDTH_IN = 6.85  # A4 less margins of 18 mm
_PANEL_IN = 2.25
_NARROW_IN = 5.0  # below: the panel goes under the map, without the key
_MOST_LABELS = 150  # more cannot be told apart on a page; the caption says where they stand
_WORST = 10
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
    counts = face.value_counts()
    entries = [Entry(title)]
    entries += [
        Entry(
            say("report.map.class", lang, label=labels[key], count=int(counts.get(key, 0))),
            palette[key],
        )
        for key in reversed(order)
    ]
    unknown = int(face.isna().sum())
    if unknown:
        label = say("report.map.no_data", lang)
        entries.append(Entry(say("report.map.class", lang, label=label, count=unknown), NO_DATA))
    if _province(territory, lang) is not None:
        entries.append(Entry(say("report.map.province", lang), line="-", edge=INK))
    names = place_names(territory, lang)
    if width_in >= _NARROW_IN:
        entries.append(Entry(marked))
        entries += [
            Entry(
                f"{names.loc[code]} {value}".strip(),
                palette.get(face.loc[code], NO_DATA),
                tag=str(rank),
            )
            for rank, (code, value) in enumerate(named.items(), start=1)
        ]
    sheet, panel = _sheet(territory, lang, width_in, entries, ("population",))
    with style():
        figure, axes = sheet.draw()
        shapes = sheet.frame.polygons
        colours = face.reindex(shapes.index).map(palette).fillna(NO_DATA)
        thin = 0.35 if len(shapes) < 1000 else 0.08
        sheet.fill(axes, shapes.to_list(), colours.to_list(), "#ffffff", thin)
        _provinces(sheet, axes)
        covered = sheet.furniture(axes)
        texts = {code: str(names.loc[code]) for code in named}
        _name_places(sheet, axes, texts, covered)
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
    tints = _tints(territory, partition)
    entries = _legend(partition, lang)
    narrow = width_in < _NARROW_IN
    key: list[Entry] = []
    if not narrow and len(alliances):
        key = [Entry(say("report.map.key", lang, count=len(alliances)))]
        for ident, row in alliances.iterrows():
            listed = "·".join(str(names.loc[code]) for code in row["members"].split("|"))
            key.append(Entry(listed, tints[str(ident)], tag=str(ident)))
    sheet, panel = _sheet(territory, lang, width_in, entries, ("population", "flows"), key)
    if len(panel.entries) == len(entries) and key:
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
        sheet.fill(axes, allied.to_list(), colours, "#ffffff", thin)
        merged = {
            str(ident): _merged(sheet, shapes.reindex(row["members"].split("|")).dropna())
            for ident, row in alliances.iterrows()
        }
        heavy = 1.0 if len(alliances) <= _MOST_LABELS else 0.3
        sheet.fill(axes, list(merged.values()), "none", INK, heavy, order=4)
        _crossings(sheet, axes, territory, member["alliance"])
        covered = sheet.furniture(axes)
        if len(alliances) <= _MOST_LABELS:
            centres = alliances["centre"].astype("str")
            heads = {
                ident: (str(ident), str(names.loc[str(centres.loc[ident])])) for ident in merged
            }
            _name_alliances(sheet, axes, merged, heads, member, names, covered)
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


def _sheet(
    territory: Territory,
    lang: str,
    width_in: float,
    legend: Sequence[Entry],
    tables: Sequence[str],
    key: Sequence[Entry] = (),
) -> tuple[Sheet, Panel]:
    narrow = width_in < _NARROW_IN
    panel_in = 0.0 if narrow else _PANEL_IN
    sheet = Sheet(territory, lang, width_in, panel_in, 0.0, _foot(territory, lang, tables))
    width_pt = (width_in if narrow else panel_in) * 72.0 - 12
    panel = Panel(legend, width_pt, sheet.type)
    for size in (6.6, 6.0, 5.4) if key else ():
        longer = Panel([*legend, *key], width_pt, sheet.type, size)
        if longer.height <= 8.4 * 72.0:
            panel = longer
            break
    sheet.panel_pt = panel.height
    return sheet, panel


def _foot(territory: Territory, lang: str, tables: Sequence[str]) -> list[str]:
    wanted = (*tables, "municipalities")
    titles = list(
        dict.fromkeys(
            f"{source.title} ({source.vintage})"
            for source in territory.metadata.sources
            if source.table in wanted
        )
    )
    lines = []
    if titles:
        lines.append(say("report.map.source", lang, titles="; ".join(titles[:4])))
    if territory.boundaries_drawn:
        lines.append(say("report.map.drawn", lang))
    return lines


def _province(territory: Territory, lang: str) -> pd.Series | None:
    table = territory.municipalities
    first = territory.metadata.languages[0]
    column = "province" if lang == first or "province_en" not in table.columns else "province_en"
    return table[column] if column in table.columns and table[column].notna().any() else None


def _provinces(sheet: Sheet, axes: Axes) -> None:
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
    state = partition.membership["status"].value_counts()
    entries = [Entry(say("report.map.plan_title", lang))]
    entries.append(
        Entry(
            say(
                "report.map.allied",
                lang,
                alliances=len(partition.alliances),
                count=int(state.get("allied", 0)),
            ),
            TINTS[0],
            edge=INK,
        )
    )
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


def _anchor(shape: Any) -> tuple[float, float]:
    """Return the point of a shape that is farthest from its edge."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    line = shapely.maximum_inscribed_circle(largest, largest.length / 500 or None)
    x, y = shapely.get_coordinates(line)[0]
    return float(x), float(y)


def _points(sheet: Sheet, x: float, y: float) -> tuple[float, float]:
    box = sheet.to_pt((x, y, x, y))
    return box[0], box[1]


def _homes(
    sheet: Sheet, shape: Any, width: float, height: float
) -> list[tuple[float, float, float]]:
    """Places inside a shape where a box of this size (points) shows whose it is."""
    left, bottom, right, top = shapely.bounds(shape)
    best = _anchor(shape)
    grid = np.meshgrid(np.linspace(left, right, 15)[1:-1], np.linspace(bottom, top, 15)[1:-1])
    x, y = np.append(best[0], grid[0].ravel()), np.append(best[1], grid[1].ravel())
    half_w, half_h = width / 2 * sheet.unit, height / 2 * sheet.unit
    boxes = shapely.box(x - half_w, y - half_h, x + half_w, y + half_h)
    inside = shapely.area(shapely.intersection(boxes, shape)) / (4 * half_w * half_h)
    good = inside >= 0.55
    away = np.hypot(x - best[0], y - best[1]) / sheet.unit
    penalty = away * 0.4 + (1 - inside) * 60
    return [
        (*_points(sheet, float(x[k]), float(y[k])), float(penalty[k])) for k in np.flatnonzero(good)
    ]


def _bounds(sheet: Sheet) -> Box:
    return (0.0, 0.0, sheet.frame.width / sheet.unit, sheet.frame.height / sheet.unit)


def _name_places(sheet: Sheet, axes: Axes, texts: dict[str, str], covered: list[Box]) -> None:
    size = 6.2
    shapes = sheet.frame.polygons
    codes = [code for code in texts if code in shapes.index]
    spots = {code: _anchor(shapes.loc[code]) for code in codes}
    labels = [
        Label(
            *_points(sheet, *spots[code]),
            sheet.type.width(texts[code], size, bold=True) + 4,
            size + 3.6,
        )
        for code in codes
    ]
    placed, _ = place(labels, _bounds(sheet), covered)
    for item in placed:
        code = codes[item.index]
        _write(sheet, axes, item.x, item.y, [(texts[code], size, True)], spots[code])


def _name_alliances(
    sheet: Sheet,
    axes: Axes,
    merged: dict[str, Any],
    heads: dict[str, tuple[str, str]],
    member: pd.DataFrame,
    names: pd.Series,
    covered: list[Box],
) -> None:
    shapes = sheet.frame.polygons
    big, small, tiny = 6.6, 5.6, 4.8
    type_ = sheet.type
    idents = [ident for ident in merged if not merged[ident].is_empty]
    labels = []
    for ident in idents:
        width = max(type_.width(heads[ident][0], big, True), type_.width(heads[ident][1], small))
        width, height = width + 3, big + small + 4.4
        spot = _points(sheet, *_anchor(merged[ident]))
        labels.append(
            Label(*spot, width, height, homes=_homes(sheet, merged[ident], width, height))
        )
    # Names of members, where there is room for them: all of them stand in the key.
    rest = [str(code) for code in shapes.index if member.loc[code, "status"] != "outside"]
    for code in rest:
        width, height = type_.width(str(names.loc[code]), tiny) + 2, tiny + 2
        shape = shapes.loc[code]
        homes = [] if shape.is_empty else _homes(sheet, shape, width, height)
        labels.append(Label(*_points(sheet, *_anchor(shape)), width, height, homes, optional=True))
    placed, _ = place(labels, _bounds(sheet), covered)
    for item in placed:
        if item.index < len(idents):
            ident = idents[item.index]
            lines = [(heads[ident][0], big, True), (heads[ident][1], small, False)]
            tail = _anchor(merged[ident]) if item.leader else None
            _write(sheet, axes, item.x, item.y, lines, tail)
        else:
            code = rest[item.index - len(idents)]
            _write(sheet, axes, item.x, item.y, [(str(names.loc[code]), tiny, False)], None, MUTED)


def _write(
    sheet: Sheet,
    axes: Axes,
    x_pt: float,
    y_pt: float,
    lines: Sequence[tuple[str, float, bool]],
    leader_to: tuple[float, float] | None,
    colour: str = INK,
) -> None:
    """Write lines of text centred on a point, with a light halo and maybe a leader line."""
    from matplotlib.patheffects import withStroke

    unit = sheet.unit
    x = sheet.frame.bounds[0] + x_pt * unit
    y = sheet.frame.bounds[1] + y_pt * unit
    if leader_to is not None:
        axes.plot([leader_to[0], x], [leader_to[1], y], color=INK, lw=0.6, zorder=8)
        axes.plot(*leader_to, marker="o", ms=1.8, color=INK, zorder=8)
    total = sum(size for _, size, _ in lines) + 1.6 * (len(lines) - 1)
    top = y_pt + total / 2
    # Small names stand on their own tint and need no halo (which would double the file).
    strong = max(size for _, size, _ in lines) > 5.0
    halo = [withStroke(linewidth=1.6, foreground="white", alpha=0.9)] if strong else []
    for text, size, bold in lines:
        axes.text(
            x,
            sheet.frame.bounds[1] + (top - 0.88 * size) * unit,
            text,
            fontproperties=sheet.type.of(text, size, bold),
            color=colour,
            ha="center",
            va="baseline",
            zorder=9,
            path_effects=halo,
        )
        top -= size + 1.6
