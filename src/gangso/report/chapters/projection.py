"""What will happen, the vicious cycle, and what the plan changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from gangso.diagnosis import class_label
from gangso.diagnosis.decline import classify
from gangso.projection import Projection
from gangso.report.blocks import Block, Page, figure, first_rows, listing, number, table, text
from gangso.report.chapters.chapter import Chapter
from gangso.report.colours import sequence
from gangso.report.maps import class_map
from gangso.report.plan import PlanLike
from gangso.report.projection_charts import paths_chart, pyramids_chart

__all__ = ["PROJECTION"]

_PANELS = 6
_SMALL = 100_000
_SHOWN = 15


def _last(found: Projection) -> int:
    return found.base_year + found.horizon


def _final(found: Projection) -> pd.DataFrame:
    return _of_year(found.places, _last(found))


def _of_year(table: pd.DataFrame, year: int) -> pd.DataFrame:
    years = table.index.get_level_values("year")
    return table[years == year].droplevel("year")


def _blocks(page: Page) -> Iterator[Block]:
    found = page.plan.projection
    if found is None:
        reasons = [note[page.lang] for note in page.plan.projection_missing]
        yield text(page.say("brief.projection.none"), *reasons)
        return
    last = _last(found)
    strength = page.say(f"projection.strength.{found.strength}")
    yield text(page.say("brief.projection.intro", base=found.base_year, last=last))
    yield _counts(page, found)
    yield figure(
        "projection_map",
        page.say("brief.projection.map_alt", year=last),
        page.say("brief.projection.map_caption", year=last, strength=strength),
    )
    if found.strength != "off":
        yield figure(
            "projection_map_off",
            page.say("brief.projection.map_off_alt", year=last),
            page.say("brief.projection.map_off_caption", year=last),
        )
    yield figure(
        "projection_paths",
        page.say("brief.projection.paths_alt"),
        page.say("brief.projection.paths_caption", strength=strength),
    )
    yield figure(
        "projection_pyramids",
        page.say("brief.projection.pyramids_alt"),
        page.say("brief.projection.pyramids_caption", base=found.base_year, last=last),
    )
    if found.tipping is not None:
        yield text(_tipping(page, found))
    if found.effect is not None and len(found.effect):
        yield _effect(page, found)
    yield text(page.say("brief.projection.basis"))
    yield listing(note[page.lang] for note in found.notes)


def _counts(page: Page, found: Projection) -> Block:
    """Classes by year, with the cycle and with it off."""
    classes = sorted(page.plan.scenario.diagnosis.classes, key=lambda c: -c.at_least)
    last = _last(found)
    years = sorted({found.base_year, *range(found.base_year + 5, last + 1, 5), last})
    if len(years) > 8:
        years = [years[0], *years[1:-1:2], years[-1]]
    off = classify(found.places["index_off"], page.plan.scenario.diagnosis.classes)
    rows: list[list[Any]] = [
        [page.say("brief.projection.people"),
         *(number(found.nation["population"].loc[y] / 1e3) for y in years)]
    ]  # fmt: skip
    year_of = off.index.get_level_values("year")
    for item in classes:
        cells: list[Any] = []
        for year in years:
            without = int((off[year_of == year] == item.key).sum())
            sub = "" if found.strength == "off" else page.say("brief.projection.off", count=without)
            cells.append({"text": number(found.nation.loc[year, item.key]), "sub": sub})
        rows.append([class_label(item.key, page.lang), *cells])
    threshold = page.plan.scenario.diagnosis.births_threshold
    below = found.nation["births_below_threshold"]
    rows.append(
        [page.say("projection.show.births_below", threshold=threshold),
         *(number(below.loc[year]) for year in years)]
    )  # fmt: skip
    columns = [(page.say("brief.counts.class"), "left", 0.3)]
    columns += [(str(year), "right", 0.7 / len(years)) for year in years]
    return table(columns, rows, page.say("brief.projection.counts_caption"))


def _tipping(page: Page, found: Projection) -> str:
    assert found.tipping is not None  # asked for only then
    counts = {key: int(found.tipping[f"tips_{key}"].sum()) for key in ("low", "mid", "high")}
    return page.say(
        "projection.show.tipping",
        growth=page.plan.scenario.projection.feedback.return_pct,
        year=_last(found),
        **counts,
    )


def _effect(page: Page, found: Projection) -> Block:
    assert found.effect is not None  # asked for only then
    year = int(found.effect.index.get_level_values("year").max())
    rows_of = _of_year(found.effect, year).sort_values("mid", ascending=False)
    allied = page.plan.partition.membership["alliance"].dropna().index
    rows_of = rows_of[rows_of.index.isin(allied)]
    people = _of_year(found.places, year)["population"]
    rows: list[list[Any]] = []
    for code, row in rows_of.iterrows():
        spread = "–"
        if "interval_low" in row:
            spread = f"{row['interval_low']:+,.0f} – {row['interval_high']:+,.0f}"
        rows.append([
            str(page.names.loc[str(code)]), number(people.loc[str(code)]),
            *(number(row[key], "+,.0f") for key in ("low", "mid", "high")),
            spread, number(row["young"], "+,.0f"),
        ])  # fmt: skip
    columns = [
        (page.say("brief.unallied.name"), "left", 0.22),
        (page.say("brief.projection.without", year=year), "right", 0.16),
        *((page.say(f"brief.projection.{key}"), "right", 0.1) for key in ("low", "mid", "high")),
        (page.say("projection.show.interval"), "right", 0.2),
        (page.say("brief.projection.young"), "right", 0.12),
    ]
    caption = page.say("brief.projection.effect_caption", year=year)
    return first_rows(page, columns, rows, caption, "projection_effect", _SHOWN)


def _findings(page: Page) -> Iterator[str]:
    found = page.plan.projection
    if found is None:
        return
    last = _last(found)
    lowest = min(page.plan.scenario.diagnosis.classes, key=lambda c: c.at_least).key
    yield page.say(
        "brief.find.projection",
        base=found.base_year,
        last=last,
        # No projection knows more than tens of thousands.
        now=round(float(found.nation["population"].loc[found.base_year]), -4),
        then=round(float(found.nation["population"].loc[last]), -4),
        high_now=int(found.nation[lowest].loc[found.base_year]),
        high_then=int(found.nation[lowest].loc[last]),
    )
    if found.effect is not None and len(found.effect):
        year = int(found.effect.index.get_level_values("year").max())
        allied = page.plan.partition.membership["alliance"].dropna().index
        rows = found.effect.xs(year, level="year")
        rows = rows[rows.index.isin(allied)]
        gained = {key: float(rows[key].sum()) for key in ("low", "mid", "high")}
        yield page.say("brief.find.effect", year=year, **gained)


def _figures(page: Page, width_in: float) -> dict[str, Figure]:
    found, plan = page.plan.projection, page.plan
    if found is None:
        return {}
    final = _final(found)
    small = _chosen(page, found)
    size = found.places["population"].xs(found.base_year, level="year")
    groups = [
        (page.say("brief.projection.group_all"), list(size.index)),
        (page.say("brief.projection.group_small", size=_SMALL), list(size.index[size < _SMALL])),
    ]
    groups += [(str(page.names.loc[code]), [code]) for code in small[:1]]
    drawn = {
        "projection_paths": paths_chart(found, small, page.names, page.lang, width_in),
        "projection_pyramids": pyramids_chart(found, groups, page.lang, width_in),
    }
    maps = {"projection_map": ("extinction_index", found.strength)}
    if found.strength != "off":
        maps["projection_map_off"] = ("index_off", "off")
    classes = plan.scenario.diagnosis.classes
    order = [item.key for item in sorted(classes, key=lambda c: -c.at_least)]
    palette = dict(zip(order, sequence(len(order)), strict=True))
    labels = {key: class_label(key, page.lang) for key in order}
    for name, (column, strength) in maps.items():
        face = classify(final[column], classes).reindex(plan.territory.municipalities.index)
        title = page.say(
            "brief.projection.map_title", year=_last(found),
            strength=page.say(f"projection.strength.{strength}"),
        )  # fmt: skip
        drawn[name] = class_map(
            plan.territory, face, labels, palette, title, page.lang, width_in,
            tables=("population",),
        )  # fmt: skip
    return drawn


def _chosen(page: Page, found: Projection) -> list[str]:
    """Allied places that lose the largest share; any places where there are none."""
    start = found.places["population"].xs(found.base_year, level="year")
    left = _final(found)["population"] / start
    allied = page.plan.partition.membership["alliance"].dropna().index
    among = left[left.index.isin(allied)] if left.index.isin(allied).any() else left
    return [str(code) for code in among.sort_values(kind="stable").index[:_PANELS]]


def _tables(plan: PlanLike) -> dict[str, pd.DataFrame]:
    found = plan.projection
    if found is None:
        return {}
    tables = {
        "projection": found.places,
        "projection_ages": found.ages.set_index(["municipality", "year", "sex", "age"]),
        "projection_nation": found.nation,
        "projection_first_years": found.first_years,
    }
    for name, made in (
        ("tipping", found.tipping),
        ("effect", found.effect),
        ("effect_ages", found.effect_ages),
    ):
        if made is not None:
            tables[f"projection_{name}"] = made
    return tables


def _columns(plan: PlanLike) -> pd.DataFrame | None:
    found = plan.projection
    if found is None:
        return None
    final, last = _final(found), _last(found)
    names = {
        "population": "population",
        "population_low": "population_low",
        "population_high": "population_high",
        "population_off": "population_off",
        "extinction_index": "index",
        "extinction_class": "class",
    }
    frame = final[list(names)].rename(columns={k: f"projected_{v}" for k, v in names.items()})
    frame.insert(0, "projected_year", last)
    years = found.first_years[["births_year", "index_year"]].astype("float64")
    frame = frame.join(years.add_prefix("under_"))
    if found.tipping is not None:
        frame = frame.join(found.tipping[["tipping_mid", "tipping_strength"]])
    if found.effect is not None and len(found.effect):
        year = int(found.effect.index.get_level_values("year").max())
        gained = found.effect.xs(year, level="year")[["low", "mid", "high"]]
        frame = frame.join(gained.add_prefix("plan_effect_"))
    return frame.rename_axis("code")


PROJECTION = Chapter(
    "projection",
    blocks=_blocks,
    findings=_findings,
    figures=_figures,
    tables=_tables,
    columns=_columns,
)
