"""What the map can show of every municipality: classes, their colours, and each one's figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from gangso.alliances import Partition
from gangso.diagnosis import Diagnosis
from gangso.diagnosis.words import class_label
from gangso.report.colours import ALONE, NO_DATA, OUTSIDE, TINTS, sequence
from gangso.scenario import Scenario
from gangso.services import Services
from gangso.territory import Territory
from gangso.texts import say

__all__ = ["LAYERS", "NEEDS", "Class", "Layer", "Seen", "alliance_layer", "group_tints", "layer_of"]

LAYERS = ("alliances", "index", "change", "old", "births", "deserts", "robustness")
# What a layer needs that takes a while.
NEEDS = {
    "index": "diagnosis", "change": "diagnosis", "old": "diagnosis", "births": "diagnosis",
    "deserts": "services", "robustness": "sureness",
}  # fmt: skip
_NIGHT = "#141b22"
_SURE = (0.5, 0.7, 0.9)
_SHARES = (0.01, 0.1, 0.3, 0.6)


@dataclass(frozen=True)
class Class:
    """One class of a layer: its label, colour by day and by night, whether it is hatched."""

    label: str
    day: str
    night: str
    count: int = 0
    hatched: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Layer:
    """A layer of the map.

    Attributes
    ----------
    key : str
        One of `LAYERS`.
    title : str
        What the legend is headed by.
    classes : tuple of Class
        Classes, in the order of the legend.
    of : tuple of int
        Class of every municipality, in the territory's order.
    said : tuple of str
        What the hover card says of every municipality; empty where nothing is known.
    legend : tuple of Class
        What the legend shows, if not simply the classes.
    note : str
        What to beware of; may be empty.
    """

    key: str
    title: str
    classes: tuple[Class, ...]
    of: tuple[int, ...]
    said: tuple[str, ...]
    legend: tuple[Class, ...] = ()
    note: str = ""


@dataclass(frozen=True, eq=False)
class Seen:
    """What layers are made from; a part that is not worked out yet is None."""

    territory: Territory
    scenario: Scenario
    plan: Partition
    lang: str
    diagnosis: Diagnosis | None = None
    services: Services | None = None
    sureness: pd.Series | None = None


def mix(colour: str, other: str, share: float) -> str:
    """Mix a colour with a share of another."""
    both = [[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in (colour, other)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(*both, strict=True))


def by_night(colour: str) -> str:
    """Return a colour of the map dimmed for a dark page."""
    return mix(colour, _NIGHT, 0.34)


def _class(label: str, colour: str, count: int = 0, hatched: bool = False) -> Class:
    return Class(label, colour, by_night(colour), count, hatched)


def _no_data(lang: str, count: int) -> Class:
    return Class(say("report.map.no_data", lang), NO_DATA, "#2b343d", count)


def group_tints(
    territory: Territory, plan: Partition, before: Mapping[frozenset[str], int] | None = None
) -> dict[frozenset[str], int]:
    """Give neighbouring alliances different tints; who stays as it was keeps its tint.

    Parameters
    ----------
    territory : Territory
        The territory.
    plan : Partition
        The plan.
    before : mapping of frozenset of str to int, optional
        Tints of the earlier plan, by members.

    Returns
    -------
    dict of frozenset of str to int
        Number of the tint by members.
    """
    of = plan.membership["alliance"]
    groups = {str(i): frozenset(m.split("|")) for i, m in plan.alliances["members"].items()}
    links = territory.contiguity
    near: dict[str, set[str]] = {ident: set() for ident in groups}
    for a, b in zip(of.reindex(links["a"]), of.reindex(links["b"]), strict=True):
        if pd.notna(a) and pd.notna(b) and a != b:
            near[str(a)].add(str(b))
            near[str(b)].add(str(a))
    tint = {
        ident: before[members] for ident, members in groups.items() if before and members in before
    }
    for ident in sorted(set(groups) - set(tint), key=lambda i: (-len(near[i]), i)):
        taken = {tint[other] for other in near[ident] if other in tint}
        used = [sum(t == number for t in tint.values()) for number in range(5)]
        free = [n for n in range(5) if n not in taken] or [
            n for n in range(len(TINTS)) if n not in taken
        ]
        tint[ident] = min(free or [0], key=lambda n: (used[n] if n < 5 else 0, n))
    return {groups[ident]: number for ident, number in tint.items()}


def alliance_layer(seen: Seen, tints: Mapping[frozenset[str], int]) -> Layer:
    """Colour municipalities by alliance, so that neighbours differ."""
    lang, member = seen.lang, seen.plan.membership
    counts = member["status"].value_counts()
    alone = Class(
        say("wb.layer.alone", lang), ALONE, "#39444f", int(counts.get("alone", 0)), hatched=True
    )
    outside = Class(
        say("wb.layer.outside", lang), OUTSIDE, "#212a32", int(counts.get("outside", 0))
    )
    classes = (*(_class("", tint) for tint in TINTS), alone, outside)
    number = {
        str(ident): tints[frozenset(members.split("|"))]
        for ident, members in seen.plan.alliances["members"].items()
    }
    of = [
        number[str(alliance)]
        if pd.notna(alliance)
        else len(TINTS) + (0 if status == "alone" else 1)
        for alliance, status in zip(member["alliance"], member["status"], strict=True)
    ]
    allied = _class(
        say("wb.layer.allied", lang, count=len(number)), TINTS[0], int(counts.get("allied", 0))
    )
    return Layer(
        "alliances",
        say("wb.layer.alliances", lang),
        classes,
        tuple(of),
        ("",) * len(of),
        tuple(c for c in (allied, alone, outside) if c.count),
        say("wb.layer.alliances_note", lang),
    )


def _by_class(
    key: str,
    title: str,
    lang: str,
    face: pd.Series,
    labels: Mapping[str, str],
    values: Sequence[str],
    note: str = "",
    colours: Sequence[str] | None = None,
    legend_from_last: bool = True,
) -> Layer:
    """Make a layer of classes, the first the best and lightest."""
    order = list(labels)
    palette = list(colours or sequence(len(order)))
    counts = face.value_counts()
    classes = [_class(labels[k], palette[n], int(counts.get(k, 0))) for n, k in enumerate(order)]
    unknown = int(face.isna().sum())
    place = {k: n for n, k in enumerate(order)}
    of = tuple(place[k] if pd.notna(k) else len(order) for k in face)
    shown = list(reversed(classes)) if legend_from_last else list(classes)
    if unknown:
        shown.append(_no_data(lang, unknown))
    return Layer(
        key, title, (*classes, _no_data(lang, unknown)), of, tuple(values), tuple(shown), note
    )


def _cut(values: pd.Series, breaks: Sequence[float], labels: Sequence[str]) -> pd.Series:
    edges = [-np.inf, *breaks, np.inf]
    keys = [str(n) for n in range(len(labels))]
    cut = pd.cut(values.astype("float64"), edges, right=False, labels=keys)
    return cut.astype("object").where(values.notna(), None)


def _ranges(breaks: Sequence[float], form: Callable[[float], str], lang: str) -> list[str]:
    return [
        say("wb.layer.below", lang, high=form(breaks[0])),
        *(say("wb.layer.between", lang, low=form(a), high=form(b)) for a, b in pairwise(breaks)),
        say("wb.layer.above", lang, low=form(breaks[-1])),
    ]


def _round_breaks(values: pd.Series, shares: Sequence[float]) -> list[float]:
    """Quantiles, rounded to two figures, each once."""
    found = values.dropna().astype("float64").quantile(list(shares)).to_numpy()
    digits = [0 if v == 0 else int(1 - np.floor(np.log10(abs(v)))) for v in found]
    return sorted({round(float(v), d) for v, d in zip(found, digits, strict=True)})


def _latest(diagnosis: Diagnosis, column: str, codes: pd.Index) -> tuple[pd.Series, int | None]:
    """Figures of the last year in which most are known."""
    known = diagnosis.indicators[column].dropna()
    if known.empty:
        return pd.Series(np.nan, index=codes), None
    counts = known.groupby(level="year").size()
    year = int(counts[counts >= 0.5 * counts.max()].index.max())
    found = pd.Series(known.xs(year, level="year"))
    return found.reindex(codes), year


def _said(values: pd.Series, word: Callable[[Any], str]) -> list[str]:
    return ["" if pd.isna(value) else word(value) for value in values]


def _index(seen: Seen) -> Layer | None:
    assert seen.diagnosis is not None
    codes = seen.territory.municipalities.index
    values, year = _latest(seen.diagnosis, "extinction_index", codes)
    if year is None:
        return None
    now = pd.DataFrame(seen.diagnosis.indicators.xs(year, level="year")).reindex(codes)
    columns = [str(column) for column in seen.diagnosis.counts.columns]
    order = columns[: columns.index("index_known")]
    present = [k for k in order if (now["extinction_class"] == k).any()]
    labels = {k: class_label(k, seen.lang) for k in (present or order)}
    texts = [
        ""
        if pd.isna(v)
        else say("wb.hover.index", seen.lang, value=v, label=class_label(str(k), seen.lang))
        for v, k in zip(values, now["extinction_class"], strict=True)
    ]
    title = say("wb.layer.index", seen.lang, year=year)
    return _by_class(
        "index", title, seen.lang, now["extinction_class"], labels, texts,
        say("wb.layer.index_note", seen.lang),
    )  # fmt: skip


def _change(seen: Seen) -> Layer | None:
    assert seen.diagnosis is not None
    codes = seen.territory.municipalities.index
    people = seen.diagnosis.indicators["population"].dropna()
    if people.empty:
        return None
    table = people.reset_index().pivot_table(
        index="municipality", columns="year", values="population"
    )
    first, last = int(table.columns.min()), int(table.columns.max())
    change = (table[last] / table[first] - 1).reindex(codes)
    below = _round_breaks(-change[change < 0], (0.33, 0.66)) if (change < 0).any() else []
    # From the best to the worst: growth, then loss in steps.
    edges = [0.0, *[b for b in below if b > 0]]
    ranges = [say("wb.layer.grew", seen.lang)] + [
        say("wb.layer.lost", seen.lang, low=a, high=b) for a, b in pairwise(edges)
    ]
    ranges.append(say("wb.layer.lost_more", seen.lang, low=edges[-1]))
    # A municipality that neither grew nor shrank is in the first class.
    face = _cut(-change, [1e-12, *edges[1:]], ranges)
    labels = {str(n): text for n, text in enumerate(ranges)}
    texts = _said(
        change, lambda v: say("wb.hover.change", seen.lang, value=v, first=first, last=last)
    )
    title = say("wb.layer.change", seen.lang, first=first, last=last)
    return _by_class("change", title, seen.lang, face, labels, texts)


def _old(seen: Seen) -> Layer | None:
    assert seen.diagnosis is not None
    values, year = _latest(seen.diagnosis, "share_65plus", seen.territory.municipalities.index)
    if year is None:
        return None
    breaks = _round_breaks(values, (0.2, 0.4, 0.6, 0.8))
    ranges = _ranges(breaks, lambda v: f"{v:.0%}", seen.lang)
    texts = _said(values, lambda v: say("wb.hover.old", seen.lang, value=v))
    return _by_class(
        "old", say("wb.layer.old", seen.lang, year=year), seen.lang,
        _cut(values, breaks, ranges), {str(n): t for n, t in enumerate(ranges)}, texts,
    )  # fmt: skip


def _births(seen: Seen) -> Layer | None:
    assert seen.diagnosis is not None
    values, year = _latest(seen.diagnosis, "births", seen.territory.municipalities.index)
    if year is None:
        return None
    threshold = float(seen.scenario.diagnosis.births_threshold)
    breaks = [threshold / 3, threshold, 3 * threshold]
    ranges = _ranges(breaks, lambda v: f"{v:,.0f}", seen.lang)
    face = _cut(values, breaks, ranges)
    # The fewest births are the worst and darkest.
    labels = {str(n): ranges[n] for n in reversed(range(len(ranges)))}
    texts = _said(values, lambda v: say("wb.hover.births", seen.lang, value=v, year=year))
    return _by_class(
        "births", say("wb.layer.births", seen.lang, year=year), seen.lang, face, labels, texts,
        say("wb.layer.births_note", seen.lang, threshold=threshold),
    )  # fmt: skip


def _deserts(seen: Seen) -> Layer | None:
    assert seen.services is not None
    areas = seen.services.desert_areas
    if areas.empty:
        return None
    codes = seen.territory.municipalities.index
    people = areas["residents"].groupby(areas["municipality"]).sum().reindex(codes)
    lacking = (
        areas["residents"]
        .where(areas["count"] > 0, 0.0)
        .groupby(areas["municipality"])
        .sum()
        .reindex(codes)
    )
    share = lacking / people.where(people > 0)
    ranges = _ranges(list(_SHARES), lambda v: f"{v:.0%}", seen.lang)
    texts = _said(share, lambda v: say("wb.hover.deserts", seen.lang, share=v))
    note = "wb.layer.deserts_estimated" if seen.services.estimated else "wb.layer.deserts_note"
    return _by_class(
        "deserts", say("wb.layer.deserts", seen.lang), seen.lang,
        _cut(share, _SHARES, ranges), {str(n): t for n, t in enumerate(ranges)}, texts,
        say(note, seen.lang),
    )  # fmt: skip


def _robustness(seen: Seen) -> Layer | None:
    assert seen.sureness is not None
    sure = seen.sureness.reindex(seen.territory.municipalities.index).astype("float64")
    ranges = _ranges(list(_SURE), lambda v: f"{v:.0%}", seen.lang)
    face = _cut(sure, _SURE, ranges)
    labels = {str(n): ranges[n] for n in reversed(range(len(ranges)))}
    texts = _said(sure, lambda v: say("wb.hover.sure", seen.lang, share=v))
    layer = _by_class(
        "robustness", say("wb.layer.robustness", seen.lang), seen.lang, face, labels, texts,
        say("wb.layer.robustness_note", seen.lang),
    )  # fmt: skip
    outside = Class(say("wb.layer.outside", seen.lang), OUTSIDE, "#212a32", int(face.isna().sum()))
    shown = (*layer.legend[:-1], outside) if face.isna().any() else layer.legend
    return Layer(
        layer.key, layer.title, (*layer.classes[:-1], outside), layer.of, layer.said, shown,
        layer.note,
    )  # fmt: skip


_MAKERS: Mapping[str, tuple[str, Callable[[Seen], Layer | None]]] = {
    "index": ("diagnosis", _index),
    "change": ("diagnosis", _change),
    "old": ("diagnosis", _old),
    "births": ("diagnosis", _births),
    "deserts": ("services", _deserts),
    "robustness": ("sureness", _robustness),
}


def layer_of(key: str, seen: Seen, tints: Mapping[frozenset[str], int]) -> Layer | None:
    """Make a layer.

    Parameters
    ----------
    key : str
        One of `LAYERS`.
    seen : Seen
        What it is made from.
    tints : mapping of frozenset of str to int
        Tints of the alliances.

    Returns
    -------
    Layer or None
        The layer; None if what it needs is not worked out yet, or is not in the data.
    """
    if key == "alliances":
        return alliance_layer(seen, tints)
    needed, make = _MAKERS[key]
    return make(seen) if getattr(seen, needed) is not None else None
