"""Who cannot reach what, and which services a population sustains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gangso.report.blocks import Block, Page, figure, first_rows, listing, number, table, text
from gangso.report.chapters.chapter import Chapter
from gangso.report.plan import PlanLike
from gangso.report.service_map import deserts_map
from gangso.services import (
    beyond_by_area,
    proxies,
    standards_overview,
    sustained_together,
    thresholds_overview,
    unmeasured_lines,
)

__all__ = ["SERVICES"]

_CLOSURES = 6  # of each test, in the brief
_WGS84 = "EPSG:4326"


def _blocks(page: Page) -> Iterator[Block]:
    found, options = page.plan.services, page.plan.scenario.services
    if found.minutes.empty:
        yield text(page.say("brief.services.nothing"))
        return
    estimated = "brief.services.estimated" if found.estimated else "brief.services.given"
    yield text(page.say("brief.services.intro", year=found.year or "–"), page.say(estimated))
    yield _standards(page)
    if any(standard.level == "national_minimum" for standard in options.standards.values()):
        yield figure(
            "deserts", page.say("brief.services.alt"), page.say("brief.services.map_caption")
        )
    if len(found.counts):
        yield _tests(page)
        yield listing(_published(page))
        yield _underserved(page)
    if len(found.closures):
        yield _closures(page)
    if len(found.sustain.columns):
        yield _thresholds(page)
    yield listing(
        [*proxies(found, options)[page.lang], *unmeasured_lines(found, options, page.lang)]
    )


def _standards(page: Page) -> Block:
    columns = [
        (page.say("brief.services.standard"), "left", 0.34),
        (page.say("brief.services.limit"), "right", 0.1),
        (page.say("brief.services.residents"), "right", 0.16),
        (page.say("brief.services.share"), "right", 0.1),
        (page.say("brief.services.women"), "right", 0.12),
        (page.say("brief.services.worst"), "left", 0.18),
    ]
    rows: list[list[Any]] = []
    for row in standards_overview(page.plan.services, page.plan.scenario.services).to_dict(
        "records"
    ):
        level = page.say(f"services.level.{row['level']}")
        source = page.say("services.own") if pd.isna(row["source"]) else str(row["source"])
        label = row[f"label_{page.lang}"]
        rows.append(
            [
                {"text": f"{label} ({level})", "sub": source},
                page.say("services.minutes", minutes=row["minutes"]),
                number(row["residents_beyond"]),
                number(row["residents_share"], ".1%"),
                number(row["women_share"], ".1%"),
                "–" if pd.isna(row["worst"]) else str(page.names.loc[row["worst"]]),
            ]
        )
    return table(columns, rows, page.say("brief.services.caption"))


def _tests(page: Page) -> Block:
    columns = [
        (page.say("brief.services.test"), "left", 0.5),
        (page.say("brief.services.cut"), "right", 0.14),
        (page.say("brief.services.count"), "right", 0.18),
        (page.say("brief.services.without"), "right", 0.18),
    ]
    tests = page.plan.scenario.services.underserved
    rows = [
        [
            tests[row["test"]].label.get(page.lang, row["test"]),
            page.say(f"services.cut.{tests[row['test']].at_cut}", cut=row["cut"]),
            page.say("services.of", count=row["underserved"], all=row["municipalities"]),
            number(row["without_assumed"]),
        ]
        for row in page.plan.services.counts.to_dict("records")
    ]
    return table(columns, rows, page.say("brief.services.tests_caption"))


def _published(page: Page) -> list[str]:
    tests = page.plan.scenario.services.underserved.values()
    said = [test.published[page.lang] for test in tests if page.lang in test.published]
    return list(dict.fromkeys(said))


def _underserved(page: Page) -> Block:
    """Name the underserved municipalities under the first cut of each test."""
    found, tests = page.plan.services.underserved, page.plan.scenario.services.underserved
    columns = [
        (page.say("brief.services.test"), "left", 0.25),
        (page.say("brief.services.names"), "left", 0.75),
    ]
    rows = []
    for key, test in tests.items():
        here = found[(found["test"] == key) & (found["cut"] == test.cuts[0])]
        here = here[here["underserved"].astype(bool)].sort_values(
            ["share", "municipality"], ascending=[False, True], kind="stable"
        )
        named = [
            f"{page.names.loc[code]} {share:.0%}"
            for code, share in zip(here["municipality"], here["share"], strict=True)
        ]
        rows.append([test.label.get(page.lang, key), " · ".join(named) or "–"])
    return table(columns, rows, page.say("brief.services.names_caption"))


def _closures(page: Page) -> Block:
    columns = [
        (page.say("brief.services.test"), "left", 0.4),
        (page.say("brief.services.where"), "left", 0.2),
        (page.say("brief.services.pushed"), "right", 0.2),
        (page.say("brief.services.threshold"), "right", 0.2),
    ]
    found, tests = page.plan.services.closures, page.plan.scenario.services.closures
    critical = found[found["critical"].astype(bool)]
    rows = []
    for key, test in tests.items():
        group = page.say(f"services.group.{test.group}")
        note = test.note.get(page.lang, "")
        for row in critical[critical["test"] == key].head(_CLOSURES).to_dict("records"):
            label = page.say(
                "brief.services.closure",
                label=test.label.get(page.lang, key), minutes=test.minutes, group=group,
            )  # fmt: skip
            rows.append(
                [
                    {"text": label, "sub": note},
                    str(page.names.loc[row["municipality"]]),
                    number(row["pushed"]),
                    number(row["threshold"]),
                ]
            )
    caption = page.say(
        "brief.services.closures_caption", critical=len(critical), sites=len(found), most=_CLOSURES
    )
    return first_rows(page, columns, rows, caption, "service_closures")


def _thresholds(page: Page) -> Block:
    everything = _sustained(page.plan)
    # What every municipality sustains alone is in the tables, and no news in a brief.
    certain = everything["population_80"].notna() & (
        everything["alone_80"] == everything["municipalities"]
    )
    overview = everything[~certain]
    columns = [
        (page.say("brief.services.service"), "left", 0.3),
        (page.say("brief.services.population"), "right", 0.22),
        (page.say("brief.services.alone"), "right", 0.12),
        (page.say("brief.services.together"), "right", 0.12),
        (page.say("brief.services.alone_80"), "right", 0.12),
        (page.say("brief.services.together_80"), "right", 0.12),
    ]
    rows: list[list[Any]] = []
    for row in overview.to_dict("records"):
        label = row[f"label_{page.lang}"]
        high = number(row["population_80"])
        rows.append(
            [
                {"text": label, "sub": f"{row['source']}; {row['confidence']}"},
                f"{number(row['population_50'])} / {high}",
                number(row["alone_50"]),
                number(row["together_50"]),
                number(row["alone_80"]) if high != "–" else "–",
                number(row["together_80"]) if high != "–" else "–",
            ]
        )
    count = int(overview["municipalities"].iloc[0]) if len(overview) else 0
    caption = page.say("brief.services.sustain_caption", count=count, all=int(certain.sum()))
    return table(columns, rows, caption)


def _sustained(plan: PlanLike) -> pd.DataFrame:
    """Who sustains what, of the municipalities in scope."""
    member = plan.partition.membership
    scope = member[member["status"] != "outside"]
    population = plan.territory.municipalities["population"].reindex(scope.index)
    return thresholds_overview(population, scope["alliance"], plan.scenario.services)


def _findings(page: Page) -> list[str]:
    found, options = page.plan.services, page.plan.scenario.services
    overview = standards_overview(found, options)
    items = []
    parts = [
        page.say(
            "brief.find.minimum",
            label=row[f"label_{page.lang}"],
            minutes=row["minutes"], people=row["residents_beyond"], share=row["residents_share"],
        )
        for row in overview[overview["level"] == "national_minimum"].to_dict("records")
    ]  # fmt: skip
    estimated = page.say("brief.find.estimated") if found.estimated else ""
    if parts:
        listed = ", ".join(parts)
        items.append(page.say("brief.find.minimums", parts=listed, estimated=estimated))
    tests = [
        page.say(
            "brief.find.test",
            label=options.underserved[str(key)].label.get(page.lang, str(key)),
            count=" / ".join(str(n) for n in rows["underserved"]),
            cuts=" / ".join(f"{cut:.0%}" for cut in rows["cut"]),
        )
        for key, rows in found.counts.groupby("test", sort=False)
    ]
    if tests:
        listed = ", ".join(tests)
        items.append(
            page.say(
                "brief.find.tests", parts=listed, all=int(found.counts["municipalities"].max())
            )
        )
    overview = _sustained(page.plan)
    # A service that the plan itself does not weigh is no argument for it.
    criteria = page.plan.scenario.alliances.criteria.values()
    aside = {key for criterion in criteria for key in getattr(criterion, "leave_out", ())}
    overview = overview[~overview["service"].isin(aside)] if len(overview) else overview
    if len(overview):
        gain = overview["together_50"] - overview["alone_50"]
        best = overview.iloc[int(gain.argmax())]
        if gain.max() > 0:
            items.append(
                page.say(
                    "brief.find.sustain",
                    label=best[f"label_{page.lang}"], people=best["population_50"],
                    alone=best["alone_50"], together=best["together_50"],
                    count=best["municipalities"],
                )
            )  # fmt: skip
    return items


def _notes(page: Page) -> list[str]:
    found, options = page.plan.services, page.plan.scenario.services
    if found.minutes.empty:
        return []
    return [
        *found.assumptions[page.lang],
        *found.people.basis[page.lang],
        *proxies(found, options)[page.lang],
        *unmeasured_lines(found, options, page.lang),
    ]


def _tables(plan: PlanLike) -> dict[str, pd.DataFrame]:
    found, options = plan.services, plan.scenario.services
    home = found.people.table["municipality"]
    alliance = home.map(plan.partition.membership["alliance"])
    population = plan.territory.municipalities["population"]
    member = plan.partition.membership["alliance"]
    allied = beyond_by_area(found.people, found.minutes, options.standards, alliance)
    groups = found.people.table.drop(columns=["lon", "lat"])
    minutes = found.minutes.add_suffix("_minutes").replace(np.inf, np.nan)
    settlements = groups.join(minutes).join(found.access.add_suffix("_access")).join(found.deserts)
    return {
        "service_standards": standards_overview(found, options),
        "service_municipalities": found.municipalities,
        "service_alliances": allied,
        "service_nation": found.nation,
        "service_settlements": settlements,
        "service_underserved": found.underserved,
        "service_counts": found.counts,
        "service_capacity": found.capacity.join(found.municipal_access.add_suffix("_access")),
        "service_closures": found.closures,
        "service_thresholds": _sustained(plan),
        "service_sustain": found.sustain,
        "service_sustain_alliances": sustained_together(population, member, options.thresholds),
        "service_unmeasured": found.unmeasured,
        "travel_assumptions": pd.DataFrame(dict(found.assumptions)),
    }  # fmt: skip


def _columns(plan: PlanLike) -> pd.DataFrame | None:
    """Share beyond each standard, of the group that it is about."""
    found = plan.services
    if found.minutes.empty:
        return None
    shares = {}
    for key in found.minutes:
        group = plan.scenario.services.standards[str(key)].group
        rows = found.municipalities[
            (found.municipalities["standard"] == key) & (found.municipalities["group"] == group)
        ]
        shares[f"beyond_{key}"] = rows.set_index("area")["share_beyond"]
    return pd.DataFrame(shares).rename_axis("code")


def _layers(plan: PlanLike) -> dict[str, gpd.GeoDataFrame]:
    found = plan.services
    if found.minutes.empty:
        return {}
    people = found.people.table
    minutes = found.minutes.add_suffix("_minutes").replace(np.inf, np.nan)
    points = people.join(minutes).join(found.deserts).assign(estimated=found.estimated)
    return {
        "service_deserts": found.desert_areas.assign(estimated=found.estimated),
        "service_access": gpd.GeoDataFrame(
            points.reset_index(),
            geometry=gpd.points_from_xy(people["lon"], people["lat"]),
            crs=_WGS84,
        ),
    }


def _figures(page: Page, width_in: float) -> dict[str, Figure]:
    plan = page.plan
    if plan.services.minutes.empty:
        return {}
    options = plan.scenario.services
    return {"deserts": deserts_map(plan.territory, plan.services, options, page.lang, width_in)}


SERVICES = Chapter(
    "services",
    blocks=_blocks,
    findings=_findings,
    notes=_notes,
    figures=_figures,
    tables=_tables,
    columns=_columns,
    layers=_layers,
)
