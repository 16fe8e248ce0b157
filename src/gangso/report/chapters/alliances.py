"""Who joins whom and why, and who is left out and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from matplotlib.figure import Figure

from gangso.report.blocks import (
    Block,
    Page,
    first_rows,
    largest_rows,
    number,
    shown_alliances,
    table,
    text,
)
from gangso.report.chapters.chapter import Chapter
from gangso.report.maps import alliances_map
from gangso.report.plan import PlanLike
from gangso.report.words import province_column

__all__ = ["ALLIANCES", "UNALLIED"]


def _alliances(page: Page) -> Iterator[Block]:
    table = page.plan.partition.alliances
    if table.empty:
        yield text(page.say("brief.alliances.none"))
        return
    yield text(page.say("brief.alliances.intro"))
    yield _criteria(page)
    yield {
        "kind": "figure",
        "name": "alliances",
        "alt": page.say("brief.alliances.alt", count=len(table)),
        "caption": page.say("brief.alliances.map_caption", count=len(table)),
    }
    columns = [
        ("", "left", 0.06),
        (page.say("brief.alliances.members"), "left", 0.6),
        (page.say("brief.alliances.population"), "right", 0.12),
    ]
    listed = shown_alliances(page)
    keys = [key for key in ("ties", "span") if key in listed]
    columns += [
        (page.say(f"brief.alliances.{key}", unit=_unit(page, key)), "right", 0.11) for key in keys
    ]
    rows: list[list[Any]] = []
    for alliance, row in listed.iterrows():
        members = [str(page.names.loc[code]) for code in row["members"].split("|")]
        cells: list[Any] = [
            str(alliance),
            {"text": " · ".join(members), "sub": _why(page, row)},
            number(row["population"]),
        ]
        cells += [number(row[key], ".0%" if key == "ties" else ".0f") for key in keys]
        rows.append(cells)
    if len(listed) < len(page.plan.partition.alliances):
        yield from _by_province(page)
    yield largest_rows(page, columns, rows, page.say("brief.alliances.caption"), "alliances")
    yield from _wishes(page)


def _by_province(page: Page) -> Iterator[Block]:
    """Count the alliances of each province where there are too many to list."""
    territory, found = page.plan.territory, page.plan.partition
    column = province_column(territory, page.lang)
    if column is None:
        return
    province = territory.municipalities[column]
    status = found.membership["status"].reindex(province.index)
    own = found.alliances.assign(province=province.reindex(found.alliances["centre"]).to_numpy())
    rows: list[list[Any]] = []
    for name, codes in province.groupby(province, sort=True):
        here = own.loc[own["province"] == name, "population"]
        rows.append([
            str(name), number(len(codes)),
            number(int((status.loc[codes.index] == "allied").sum())), number(len(here)),
            number(here.median()) if len(here) else "–",
        ])  # fmt: skip
    keys = ("province", "municipalities", "allied", "alliances", "median")
    widths = (0.36, 0.16, 0.16, 0.16, 0.16)
    columns = [
        (page.say(f"brief.provinces.{key}"), "left" if key == "province" else "right", width)
        for key, width in zip(keys, widths, strict=True)
    ]
    caption = page.say("brief.provinces.caption")
    yield first_rows(page, columns, rows, caption, "membership")


def _criteria(page: Page) -> Block:
    rows: list[list[Any]] = []
    total = page.plan.partition.criteria["weight"].sum()
    for _, row in page.plan.partition.criteria.iterrows():
        rows.append([
            str(row[f"label_{page.lang}"]), str(row[f"meaning_{page.lang}"]),
            number(row["weight"] / total, ".0%"),
        ])  # fmt: skip
    columns = [
        (page.say("brief.criteria.label"), "left", 0.22),
        (page.say("brief.criteria.meaning"), "left", 0.66),
        (page.say("brief.criteria.weight"), "right", 0.12),
    ]
    return table(columns, rows, page.say("brief.criteria.caption"))


def _why(page: Page, row: pd.Series) -> str:
    """Say what an alliance has over the others, and what it lacks."""
    table = page.plan.partition.alliances
    keys = [key for key in page.plan.partition.criteria.index if f"score_{key}" in table]
    ahead = {key: table[f"score_{key}"].mean() - row[f"score_{key}"] for key in keys}
    ranked = sorted(keys, key=lambda key: -ahead[key])
    good = [_phrase(page, key, row) for key in ranked if ahead[key] > 0.05][:2]
    weak = [_phrase(page, key, row) for key in reversed(ranked) if ahead[key] < -0.05][:2]
    parts = []
    if good:
        parts.append(page.say("brief.why.good", what=", ".join(good)))
    if weak:
        parts.append(page.say("brief.why.weak", what=", ".join(weak)))
    return " ".join(parts) or page.say("brief.why.middle")


def _unit(page: Page, key: str) -> str:
    unit = str(page.plan.partition.criteria.loc[key, "unit"])
    return page.say("unit.minutes") if unit == "min" else unit


def _wishes(page: Page) -> Iterator[Block]:
    wishes = page.plan.partition.wishes
    if wishes.empty:
        return
    yield text(page.say("brief.wishes.intro"))
    rows: list[list[Any]] = []
    for row in wishes.to_dict("records"):
        kind = "wants" if row["strength"] > 0 else "refuses"
        status = row["status"] if row["exact"] else f"{row['status']}_bound"
        who, whom = page.names.loc[row["who"]], page.names.loc[row["whom"]]
        said = page.say(
            f"wish.{kind}", who=who, whom=whom, strength=abs(row["strength"]), outcome=""
        )
        rows.append([said.strip(), page.say(f"wish.{status}", loss=row["loss"])])
    columns = [
        (page.say("brief.wishes.wish"), "left", 0.5),
        (page.say("brief.wishes.outcome"), "left", 0.5),
    ]
    yield first_rows(page, columns, rows, page.say("brief.wishes.caption"), "wishes")


def _limits(page: Page) -> str:
    criteria = page.plan.partition.criteria
    minutes = "span" in criteria.index and criteria.loc["span", "unit"] == "min"
    return page.say("brief.limits.span_min" if minutes else "brief.limits.span")


def _phrase(page: Page, key: str, row: pd.Series) -> str:
    target = page.plan.scenario.alliances.target_population
    if key == "population":
        return page.say("brief.why.population", share=row["population"] / target)
    if key in ("ties", "span"):
        return page.say(
            f"brief.why.{key}",
            value=row[key],
            mean=page.plan.partition.alliances[key].mean(),
            unit=_unit(page, key),
        )
    if key == "province":
        return page.say(
            "brief.why.province" if row[key] else "brief.why.one_province", value=row[key]
        )
    label = str(page.plan.partition.criteria.loc[key, f"label_{page.lang}"])
    if page.plan.partition.criteria.loc[key, "unit"] == "min":
        return f"{label} {row[key]:,.0f} {_unit(page, key)}"
    return f"{label} {row[key]:,.3g}"


def _unallied(page: Page) -> Iterator[Block]:
    membership = page.plan.partition.membership
    yield text(page.say("brief.unallied.intro"))
    alone = membership[membership["status"] == "alone"]
    if len(alone):
        rows = [
            [str(page.names.loc[str(code)]), str(row[f"reason_{page.lang}"])]
            for code, row in alone.iterrows()
        ]
        yield first_rows(
            page,
            [
                (page.say("brief.unallied.name"), "left", 0.2),
                (page.say("brief.unallied.reason"), "left", 0.8),
            ],
            [list(row) for row in rows],
            page.say("brief.unallied.alone", count=len(alone)),
            "membership",
        )
    outside = membership[membership["status"] == "outside"]
    groups = []
    for reason, members in outside.groupby(f"reason_{page.lang}", sort=False):
        names = ", ".join(str(page.names.loc[code]) for code in members.index)
        groups.append([str(reason), number(len(members)), names])
    if groups:
        yield table(
            [
                (page.say("brief.unallied.reason"), "left", 0.22),
                (page.say("brief.ledger.municipalities"), "right", 0.08),
                (page.say("brief.unallied.names"), "left", 0.7),
            ],
            groups,
            page.say("brief.unallied.outside", count=len(outside)),
        )


def _findings(page: Page) -> Iterator[str]:
    found, status = page.plan.partition, page.plan.partition.membership["status"].value_counts()
    if len(found.alliances):
        yield page.say(
            "brief.find.plan",
            alliances=len(found.alliances),
            allied=int(status.get("allied", 0)),
            median=float(found.alliances["population"].median()),
            target=page.plan.scenario.alliances.target_population,
        )
        yield from _far_from_target(page)
        if "ties" in found.alliances:
            yield page.say("brief.find.ties", ties=float(found.alliances["ties"].mean()))
    yield page.say(
        "brief.find.rest",
        alone=int(status.get("alone", 0)),
        outside=int(status.get("outside", 0)),
    )
    yield page.say(
        f"brief.find.{found.status}", candidates=found.candidates, gap=found.gap, cost=found.cost
    )


def _far_from_target(page: Page) -> Iterator[str]:
    """Say so where most alliances cannot come near the size that is aimed at."""
    people = page.plan.partition.alliances["population"]
    options = page.plan.scenario.alliances
    target = options.target_population
    near = int(people.between(target / 2, 2 * target).sum())
    if 2 * near >= len(people):
        return
    yield page.say(
        "brief.find.far",
        near=near,
        alliances=len(people),
        low=target / 2,
        high=2 * target,
        size=options.max_size,
        median=float(page.plan.territory.municipalities["population"].median()),
    )


def _figures(page: Page, width_in: float) -> dict[str, Figure]:
    plan = page.plan
    return {"alliances": alliances_map(plan.territory, plan.partition, page.lang, width_in)}


def _tables(plan: PlanLike) -> dict[str, pd.DataFrame]:
    found = plan.partition
    names = plan.territory.municipalities[["name", "name_en"]]
    return {
        "alliances": found.alliances,
        "membership": found.membership.join(names),
        "criteria": found.criteria,
        **({} if found.wishes.empty else {"wishes": found.wishes.set_index("who")}),
    }


def _layers(plan: PlanLike) -> dict[str, gpd.GeoDataFrame]:
    members = plan.partition.membership["alliance"].dropna()
    if not len(members):
        return {}
    shapes = plan.territory.boundaries
    merged = {
        alliance: shapely.union_all(shapes.loc[codes.index].to_numpy())
        for alliance, codes in members.groupby(members)
    }
    table = plan.partition.alliances
    return {
        "alliances": gpd.GeoDataFrame(
            table.reset_index(),
            geometry=[merged[alliance] for alliance in table.index],
            crs="EPSG:4326",
        )
    }


ALLIANCES = Chapter(
    "alliances",
    blocks=_alliances,
    findings=_findings,
    notes=lambda page: [
        *(note[page.lang] for note in page.plan.partition.notes),
        _limits(page),
    ],
    figures=_figures,
    tables=_tables,
    columns=lambda plan: plan.partition.membership,
    layers=_layers,
)
UNALLIED = Chapter("unallied", blocks=_unallied)
