"""Where shared bases go, what they cost, and by which mode each promise is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gangso.report.blocks import Block, Page, figure, first_rows, listing, number, table, text
from gangso.report.chapters.chapter import Chapter
from gangso.report.plan import PlanLike
from gangso.report.service_map import deserts_map
from gangso.report.words import hub_names

__all__ = ["BASES"]

_WGS84 = "EPSG:4326"
_MILLION = 1e6
_MOST_BASES = 60
_MOST_UNMET = 100


def _asked(plan: PlanLike) -> bool:
    return not plan.bases.modes.empty


def _service(page: Page, key: str) -> str:
    return page.plan.scenario.services.standards[key].label.get(page.lang, key)


def _way(page: Page, service: str, way: str) -> str:
    if way in ("existing", "unmet"):
        return page.say(f"brief.bases.way.{way}")
    modes = page.plan.scenario.bases.services[service].modes
    found = modes.get(way) or next((m for m in modes.values() if m.kind == way), None)
    if found is None:
        return way
    label = found.label.get(page.lang, way)
    return label if found.part == 1 else page.say("brief.bases.part", label=label, part=found.part)


def _group(page: Page, ident: str) -> str:
    alliances = page.plan.partition.alliances
    if ident not in alliances.index:
        return str(page.names.loc[ident])
    row = alliances.loc[ident]
    return f"{ident} {page.names.loc[row['centre']]}"


def _blocks(page: Page) -> Iterator[Block]:
    found = page.plan.bases
    if not _asked(page.plan):
        yield text(page.say("brief.bases.nothing"))
        return
    options = page.plan.scenario.bases
    yield text(
        page.say("brief.bases.intro"),
        page.say("brief.bases.prices", life=options.life_years, budget=options.optimum_budget),
        options.cost_note.get(page.lang, page.say("brief.bases.own_prices")),
    )
    yield _modes(page)
    yield figure("bases_before", page.say("brief.bases.alt"), page.say("brief.bases.before"))
    yield figure("bases_after", page.say("brief.bases.alt"), page.say("brief.bases.after"))
    yield _prices(page)
    yield _sites(page)
    if len(found.unmet):
        yield _unmet(page)
    if len(found.ties):
        yield _ties(page)
        yield text(page.say("brief.bases.drain", minutes=options.drain_min,
                            people=options.drain_population))  # fmt: skip
    notes = [
        page.say("brief.bases.note", service=_service(page, key), note=service.note[page.lang])
        for key, service in options.services.items()
        if page.lang in service.note
    ]
    yield listing([*notes, *_left_out(page)])


def _left_out(page: Page) -> list[str]:
    return [
        page.say("brief.bases.left_out", service=_service(page, key))
        for key in page.plan.bases.left_out
    ]


def _modes(page: Page) -> Block:
    columns = [
        (page.say("brief.bases.service"), "left", 0.3),
        (page.say("brief.bases.way"), "left", 0.4),
        (page.say("brief.bases.people"), "right", 0.3),
    ]
    rows: list[list[Any]] = [
        [_service(page, row["service"]), _way(page, row["service"], row["way"]),
         number(row["people"])]
        for row in page.plan.bases.modes.to_dict("records")
        if row["people"] or row["way"] == "unmet"
    ]  # fmt: skip
    return table(columns, rows, page.say("brief.bases.modes_caption"))


def _prices(page: Page) -> Block:
    columns = [
        (page.say("brief.bases.group"), "left", 0.24),
        (page.say("brief.bases.lacking"), "right", 0.12),
        (page.say("brief.bases.served"), "right", 0.12),
        (page.say("brief.bases.cost"), "right", 0.14),
        (page.say("brief.bases.per_person"), "right", 0.13),
        (page.say("brief.bases.extra"), "right", 0.12),
        (page.say("brief.bases.optimum"), "right", 0.13),
    ]
    found = page.plan.bases.groups
    busy = found[(found["lacking"] > 0) | (found["optimum_people"] > 0)]
    rows: list[list[Any]] = []
    for ident, row in busy[busy["in_scope"].astype(bool)].iterrows():
        proven = page.say(f"brief.bases.{row['status']}")
        each = row["cost"] / row["served"] / 1e3 if row["served"] else None
        rows.append([
            {"text": _group(page, str(ident)), "sub": proven},
            number(row["lacking"]), number(row["served"]), number(row["cost"] / _MILLION),
            number(each), number(row["extra_cost"] / _MILLION), number(row["optimum_people"]),
        ])  # fmt: skip
    return first_rows(page, columns, rows, page.say("brief.bases.prices_caption"), "base_groups")


def _sites(page: Page) -> Block:
    columns = [
        (page.say("brief.bases.group"), "left", 0.2),
        (page.say("brief.bases.site"), "left", 0.24),
        (page.say("brief.bases.service"), "left", 0.2),
        (page.say("brief.bases.people"), "right", 0.12),
        (page.say("brief.bases.cost"), "right", 0.12),
        (page.say("brief.bases.per_person"), "right", 0.12),
    ]
    found = page.plan.bases.bases
    scope = page.plan.bases.groups["in_scope"].astype(bool)
    wanted = found[found["group"].map(scope) & (found["aim"] == "minimum")]
    wanted = wanted.sort_values(["people", "settlement"], ascending=[False, True], kind="stable")
    rows: list[list[Any]] = [
        [
            _group(page, row["group"]),
            str(page.towns.loc[row["settlement"]]),
            _service(page, row["service"]),
            number(row["people"]),
            number(row["cost"] / _MILLION),
            number(row["cost_per_person"] / 1e3),
        ]
        for row in wanted.to_dict("records")
    ]
    caption = page.say("brief.bases.sites_caption")
    return first_rows(page, columns, rows, caption, "bases", _MOST_BASES)


def _unmet(page: Page) -> Block:
    """List who remains outside, a row a reason: most of them share one."""
    columns = [
        (page.say("brief.bases.reason"), "left", 0.32),
        (page.say("brief.bases.people"), "right", 0.1),
        (page.say("brief.bases.sites_unmet"), "left", 0.58),
    ]
    found = page.plan.bases.unmet.sort_values(
        ["people", "settlement"], ascending=[False, True], kind="stable"
    )
    rows: list[list[Any]] = []
    for _, part in found.groupby(["service", "reason", "partly"], sort=False, dropna=False):
        first: dict[str, Any] = part.iloc[0].to_dict()  # type: ignore[assignment]
        service = str(first["service"])
        shown = part.head(_MOST_UNMET)
        listed = ", ".join(
            page.say("brief.bases.place_people", place=page.towns.loc[code], people=people)
            for code, people in zip(shown["settlement"], shown["people"], strict=True)
        )
        if len(part) > len(shown):
            more = len(part) - len(shown)
            listed = page.say("brief.bases.more_places", places=listed, count=more)
        way = ""
        if pd.notna(first["partly"]):
            way = page.say("brief.bases.partly", way=_way(page, service, first["partly"]))
        why = page.say(f"bases.reason.{first['reason']}")
        rows.append([
            {"text": f"{_service(page, service)}: {why}", "sub": way},
            number(part["people"].sum()), listed,
        ])  # fmt: skip
    caption = page.say("brief.bases.unmet_caption", count=len(found))
    return table(columns, rows, caption)


def _ties(page: Page) -> Block:
    kinds = page.plan.scenario.bases.hubs
    share = 0.7 / max(1, len(kinds))
    columns = [(page.say("brief.bases.group"), "left", 0.3)]
    columns += [(hub.label.get(page.lang, hub.kind), "left", share) for hub in kinds]
    names = hub_names(page.plan.territory, page.lang).to_dict()
    rows: list[list[Any]] = []
    for ident, part in page.plan.bases.ties.groupby("group", sort=False):
        of = part.set_index("kind")
        cells: list[Any] = [_group(page, str(ident))]
        for hub in kinds:
            row = of.loc[hub.kind]
            known = pd.notna(row["hub"]) and np.isfinite(row["minutes"])
            said = page.say(
                "brief.bases.tie",
                hub=names.get(str(row["hub"]), row["hub"]),
                minutes=row["minutes"],
            )
            flag = page.say("brief.bases.may_drain") if row["may_drain"] else ""
            cells.append({"text": said if known else "–", "sub": flag})
        rows.append(cells)
    return first_rows(page, columns, rows, page.say("brief.bases.ties_caption"), "base_ties")


def _findings(page: Page) -> list[str]:
    if not _asked(page.plan):
        return []
    found = page.plan.bases
    modes, groups = found.modes, found.groups
    new = modes[~modes["way"].isin(["existing", "unmet"])]
    ways = [
        page.say("brief.find.bases_way", service=_service(page, row["service"]),
                 way=_way(page, row["service"], row["way"]), people=row["people"])
        for row in new.to_dict("records")
        if row["people"]
    ]  # fmt: skip
    proven = bool((groups["status"] == "proven").all())
    return [
        page.say(
            "brief.find.bases_proven" if proven else "brief.find.bases_gap",
            ways=", ".join(ways) or "–",
            cost=groups["cost"].sum() / _MILLION,
            currency=page.plan.territory.metadata.currency,
            bound=groups["bound"].sum() / _MILLION,
            unmet=float(modes.loc[modes["way"] == "unmet", "people"].sum()),
            places=found.unmet["settlement"].nunique(),
        )
    ]


def _notes(page: Page) -> list[str]:
    if not _asked(page.plan):
        return []
    note = page.plan.scenario.bases.cost_note.get(page.lang)
    return [*([note] if note else []), *_left_out(page)]


def _figures(page: Page, width_in: float) -> dict[str, Figure]:
    plan = page.plan
    if not _asked(plan):
        return {}
    planned = {
        key: plan.scenario.services.standards[key].model_copy(update={"level": "national_minimum"})
        for key in plan.bases.minutes.columns
    }
    options = plan.scenario.services.model_copy(update={"standards": planned})
    return {
        f"bases_{when}": deserts_map(
            plan.territory,
            replace(plan.services, desert_areas=areas),
            options,
            page.lang,
            width_in,
            sites=plan.bases.bases if when == "after" else None,
        )
        for when, areas in plan.bases.areas.items()
    }


def _tables(plan: PlanLike) -> dict[str, pd.DataFrame]:
    found = plan.bases
    minutes = found.minutes.add_suffix("_minutes").replace(np.inf, np.nan)
    return {
        "base_groups": found.groups,
        "bases": found.bases,
        "base_visits": found.visits,
        "base_unmet": found.unmet,
        "base_modes": found.modes,
        "base_settlements": minutes.join(found.lacking),
        "base_ties": found.ties.replace(np.inf, np.nan),
    }


def _points(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    points = gpd.points_from_xy(rows["lon"], rows["lat"])
    return gpd.GeoDataFrame(rows, geometry=points, crs=_WGS84)


def _layers(plan: PlanLike) -> dict[str, gpd.GeoDataFrame]:
    if not _asked(plan):
        return {}
    found, estimated = plan.bases, plan.services.estimated
    layers = {
        "bases": _points(found.bases),
        "base_visits": _points(found.visits),
        "base_unmet": _points(found.unmet),
        "deserts_after": found.areas["after"],
    }
    return {name: layer.assign(estimated=estimated) for name, layer in layers.items() if len(layer)}


BASES = Chapter(
    "bases",
    blocks=_blocks,
    findings=_findings,
    notes=_notes,
    figures=_figures,
    tables=_tables,
    layers=_layers,
)
