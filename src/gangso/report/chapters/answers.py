"""How sure the plan is, what its requirements cost, and existing groupings beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from gangso.alliances import Comparison, Robustness
from gangso.report.blocks import Block, Page, figure, first_rows, listing, number, text
from gangso.report.chapters.chapter import Chapter
from gangso.report.colours import OUTSIDE, sequence
from gangso.report.maps import class_map
from gangso.report.plan import PlanLike

__all__ = ["ALTERNATIVES", "COMPARISON", "REQUIREMENTS", "SURENESS"]

_LEAST_SURE = 15
_MOST_NEW = 30
# Classes of the share of draws, from sure to unsure: lower bounds.
_STEPS = (0.9, 0.7, 0.5, 0.3, 0.0)
_SURE, _UNSURE = 0.9, 0.5


def _sureness(page: Page) -> Iterator[Block]:
    sure = page.plan.answers.robustness
    if sure is None:
        return
    yield text(page.say("brief.sureness.intro"), *(note[page.lang] for note in sure.notes))
    yield figure(
        "sureness", page.say("brief.sureness.alt"),
        page.say("brief.sureness.map_caption", draws=len(sure.draws)),
    )  # fmt: skip
    rows = _least_sure(page, sure)
    yield first_rows(
        page,
        [
            (page.say("brief.sureness.name"), "left", 0.15),
            (page.say("brief.sureness.share"), "right", 0.11),
            (page.say("brief.sureness.rival"), "left", 0.22),
            (page.say("brief.sureness.place"), "left", 0.36),
            (page.say("brief.sureness.loss"), "right", 0.16),
        ],
        rows,
        page.say("brief.sureness.caption"),
        "reasons",
        _LEAST_SURE,
    )


def _least_sure(page: Page, sure: Robustness) -> list[list[Any]]:
    why = page.plan.answers.reasons.municipalities
    ranked = sure.municipalities.sort_values("sureness", kind="stable")
    rows: list[list[Any]] = []
    for (code, row), (_, reason) in zip(
        ranked.iterrows(), why.reindex(ranked.index).iterrows(), strict=True
    ):
        alone = pd.isna(row["alliance"])
        named = page.say("brief.sureness.alone") if alone else str(row["alliance"])
        rival = "–"
        if pd.notna(row["rival"]):
            rival = f"{page.names.loc[row['rival']]} {row['rival_share']:.0%}"
        rows.append([
            {"text": str(page.names.loc[str(code)]), "sub": named},
            number(row["sureness"], ".0%"),
            rival,
            _place(page, str(code), reason["parting_members"]),
            _loss(page, reason),
        ])  # fmt: skip
    return rows


def _place(page: Page, code: str, members: Any) -> str:
    if pd.isna(members):
        return page.say("brief.sureness.nowhere")
    partners = [other for other in str(members).split("|") if other != code]
    if not partners:
        return page.say("brief.sureness.alone")
    return " · ".join(str(page.names.loc[other]) for other in partners)


def _loss(page: Page, reason: pd.Series) -> dict[str, str]:
    if reason["parting_certainty"] == "none":
        return {"text": "–", "sub": ""}
    bound = reason["parting_certainty"] == "at_least"
    return {
        "text": number(reason["parting_loss"], ".4f"),
        "sub": page.say(
            "brief.sureness.bound" if bound else "brief.sureness.of_all",
            share=reason["parting_loss_share"],
        ),
    }


def _sureness_findings(page: Page) -> Iterator[str]:
    sure = page.plan.answers.robustness
    if sure is None:
        return
    share = sure.municipalities["sureness"]
    least = share.sort_values(kind="stable").index[:3]
    yield page.say(
        "brief.find.sureness",
        draws=len(sure.draws),
        sure=int((share >= _SURE).sum()),
        all=len(share),
        unsure=int((share < _UNSURE).sum()),
        least=", ".join(str(page.names.loc[code]) for code in least),
    )


def _sureness_map(page: Page, width_in: float) -> dict[str, Figure]:
    sure = page.plan.answers.robustness
    if sure is None:
        return {}
    keys = [str(step) for step in _STEPS]
    share = sure.municipalities["sureness"].reindex(page.plan.territory.municipalities.index)
    edges = [*reversed(_STEPS), float("inf")]
    # A share such as 0.7 is a sum of many hundredths: what is meant must not fall below.
    face = pd.cut(share + 1e-9, edges, right=False, labels=keys[::-1]).astype("object")
    face = face.where(share.notna(), "outside")
    upper = (1.0, *_STEPS[:-1])
    labels = {
        key: page.say("brief.sureness.class", low=low, high=high)
        for key, low, high in zip(keys, _STEPS, upper, strict=True)
    }
    labels["outside"] = page.say("brief.sureness.outside")
    palette = {"outside": OUTSIDE, **dict(zip(keys, sequence(len(keys)), strict=True))}
    least = share.dropna().sort_values(kind="stable").head(10)
    return {
        "sureness": class_map(
            page.plan.territory, face, labels, palette,
            page.say("brief.sureness.map_title"), page.lang, width_in,
            named={str(code): f"{value:.0%}" for code, value in least.items()},
            marked=page.say("brief.sureness.map_marked", count=len(least)),
            tables=("population", "flows"),
        )
    }  # fmt: skip


def _sureness_tables(plan: PlanLike) -> dict[str, pd.DataFrame]:
    names = plan.territory.municipalities[["name", "name_en"]]
    tables = {"reasons": plan.answers.reasons.municipalities.join(names)}
    sure = plan.answers.robustness
    if sure is not None:
        tables["robustness"] = sure.municipalities.join(names)
        tables["pairs"] = sure.pairs
        tables["draws"] = sure.draws
    return tables


def _sureness_columns(plan: PlanLike) -> pd.DataFrame | None:
    why = plan.answers.reasons.municipalities
    columns = ["loss", "parting_loss", "parting_members", "parting_certainty", "price_ratio"]
    found = why[columns]
    sure = plan.answers.robustness
    if sure is not None:
        found = found.join(sure.municipalities[["sureness", "same", "rival", "rival_share"]])
    return found


def _alternatives(page: Page) -> Iterator[Block]:
    other = page.plan.answers.alternatives
    if other is None:
        return
    yield text(*(note[page.lang] for note in other.notes))
    home = page.plan.partition.membership["alliance"]
    for ident, row in other.plans.iterrows():
        yield text(_alternative_words(page, str(ident), row))
        listed = other.alliances[other.alliances["alternative"] == ident]
        new = listed[~listed["in_plan"].astype(bool)]
        rows: list[list[Any]] = []
        for _, alliance in new.iterrows():
            codes = str(alliance["members"]).split("|")
            from_where = home.loc[codes].fillna(page.say("brief.sureness.alone"))
            rows.append([
                " · ".join(str(page.names.loc[code]) for code in codes),
                number(alliance["population"]),
                ", ".join(dict.fromkeys(from_where)),
            ])  # fmt: skip
        columns = [
            (page.say("brief.alternatives.new"), "left", 0.58),
            (page.say("brief.alliances.population"), "right", 0.14),
            (page.say("brief.alternatives.from"), "left", 0.28),
        ]
        caption = page.say("brief.alternatives.caption", ident=ident, count=len(new))
        yield first_rows(page, columns, rows, caption, "alternatives_alliances", _MOST_NEW)


def _alternative_words(page: Page, ident: str, row: pd.Series) -> str:
    return page.say(
        "brief.alternatives.proven" if row["proven"] else "brief.alternatives.heuristic",
        ident=ident,
        loss=row["loss_share"],
        changed=int(row["changed"]),
        parted=int(row["parted"]),
        share=row["share"],
        distance=int(row["distance"]),
        at_most=int(row["distance_at_most"]),
    )


def _alternatives_findings(page: Page) -> Iterator[str]:
    other = page.plan.answers.alternatives
    if other is not None and len(other.plans):
        row = other.plans.iloc[0]
        yield page.say(
            "brief.find.alternatives",
            loss=row["loss_share"],
            changed=int(row["changed"]),
            parted=int(row["parted"]),
        )


def _alternatives_tables(plan: PlanLike) -> dict[str, pd.DataFrame]:
    other = plan.answers.alternatives
    if other is None:
        return {}
    return {
        "alternatives": other.plans,
        "alternatives_alliances": other.alliances,
        "alternatives_membership": other.membership,
    }


def _requirements(page: Page) -> Iterator[Block]:
    prices = page.plan.answers.reasons.constraints
    if prices.empty:
        return
    yield text(page.say("brief.requirements.intro"))
    costly = prices[prices["gain"] > 0].sort_values("gain", ascending=False, kind="stable")
    if len(costly):
        rows: list[list[Any]] = [
            [
                str(row[f"text_{page.lang}"]),
                {"text": number(row["gain"], ".4f"), "sub": f"{row['gain_share']:.2%}"},
                str(row[f"words_{page.lang}"]),
            ]
            for _, row in costly.iterrows()
        ]
        columns = [
            (page.say("brief.requirements.text"), "left", 0.3),
            (page.say("brief.requirements.gain"), "right", 0.14),
            (page.say("brief.requirements.words"), "left", 0.56),
        ]
        caption = page.say("brief.requirements.caption")
        yield first_rows(page, columns, rows, caption, "constraint_prices")
    free = prices.loc[prices["gain"] == 0, f"text_{page.lang}"]
    if len(free):
        listed = "; ".join(free.head(20))
        yield text(page.say("brief.requirements.free", count=len(free), listed=listed))


def _comparison(page: Page) -> Iterator[Block]:
    for comparison in page.plan.answers.comparisons:
        yield text(_beside(page, comparison), *(note[page.lang] for note in comparison.notes))
        plan_cost = comparison.members.groupby("group", sort=False)["cost_in_plan"].mean()
        groups = comparison.groups.assign(here=plan_cost)
        rows: list[list[Any]] = []
        for group, row in groups.iterrows():
            members = [str(page.names.loc[code]) for code in str(row["members"]).split("|")]
            keeping = number(row["keeping"], ".4f")
            if row["in_plan"]:
                keeping = page.say("brief.comparison.same")
            rows.append([
                {"text": str(group), "sub": " · ".join(members)},
                number(row["population"]), number(row["cost_per_member"], ".3f"),
                number(row["here"], ".3f"), keeping,
                str(row[f"breaches_{page.lang}"]) or "–",
            ])  # fmt: skip
        columns = [
            (page.say("brief.comparison.group"), "left", 0.3),
            (page.say("brief.alliances.population"), "right", 0.12),
            (page.say("brief.comparison.there"), "right", 0.1),
            (page.say("brief.comparison.here"), "right", 0.1),
            (page.say("brief.comparison.keeping"), "right", 0.12),
            (page.say("brief.comparison.breaches"), "left", 0.26),
        ]
        caption = page.say("brief.comparison.caption", label=comparison.label[page.lang])
        yield first_rows(page, columns, rows, caption, "comparison", 60)
    if page.plan.answers.comparisons:
        yield listing([page.say("brief.comparison.how")])


def _beside(page: Page, comparison: Comparison) -> str:
    groups = comparison.groups
    better = comparison.members.dropna(subset=["gain"])
    return page.say(
        "brief.comparison.beside",
        label=comparison.label[page.lang],
        groups=len(groups),
        same=int(groups["in_plan"].sum()),
        impossible=int((~groups["admissible"]).sum()),
        there=comparison.cost_there,
        here=comparison.cost_in_plan,
        better=int((better["gain"] > 1e-9).sum()),
        worse=int((better["gain"] < -1e-9).sum()),
    )


def _comparison_tables(plan: PlanLike) -> dict[str, pd.DataFrame]:
    found = plan.answers.comparisons
    if not found:
        return {}
    groups = pd.concat({c.grouping: c.groups for c in found}, names=["grouping"])
    members = pd.concat([c.members.assign(grouping=c.grouping) for c in found], ignore_index=True)
    return {
        "comparison": groups.reset_index().set_index("grouping"),
        "comparison_members": members,
    }


SURENESS = Chapter(
    "sureness",
    blocks=_sureness,
    findings=_sureness_findings,
    notes=lambda page: [note[page.lang] for note in page.plan.answers.notes],
    figures=_sureness_map,
    tables=_sureness_tables,
    columns=_sureness_columns,
)
ALTERNATIVES = Chapter(
    "alternatives",
    blocks=_alternatives,
    findings=_alternatives_findings,
    tables=_alternatives_tables,
)
REQUIREMENTS = Chapter(
    "requirements",
    blocks=_requirements,
    tables=lambda plan: {"constraint_prices": plan.answers.reasons.constraints},
)
COMPARISON = Chapter(
    "comparison",
    blocks=_comparison,
    findings=lambda page: [_beside(page, c) for c in page.plan.answers.comparisons],
    tables=_comparison_tables,
)
