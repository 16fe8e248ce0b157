"""The compact: who does what, who decides, who pays; and the shift of taxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from gangso.report.blocks import (
    Block,
    Page,
    figure,
    largest_rows,
    listing,
    number,
    shown_alliances,
    table,
    text,
)
from gangso.report.chapters.chapter import Chapter
from gangso.report.colours import DIVERGING
from gangso.report.maps import class_map
from gangso.report.plan import PlanLike

__all__ = ["COMPACT"]

_MILLION, _TRILLION = 1e6, 1e12
_LEVELS = ("municipality", "alliance", "province")
# Change of the free revenue of a municipality, percent; the classes of the map.
_CHANGES = (10, 5, 0, -5, -10)
_MOST_NAMED = 10


def _blocks(page: Page) -> Iterator[Block]:
    made = page.plan.compact
    if page.plan.partition.alliances.empty:
        return
    yield text(page.say("brief.compact.intro"))
    if len(made.functions):
        yield _functions(page)
    yield _sharing(page)
    yield listing(_remarks(page))
    if made.decentralisation is not None:
        yield _shift(page)
        if _worst(page) is not None:
            yield figure(
                "tax_shift",
                page.say("brief.compact.map_alt"),
                page.say("brief.compact.map_caption", case=_case_name(page, _worst(page) or {})),
            )


def _functions(page: Page) -> Block:
    made = page.plan.compact
    counts = made.functions.groupby(["function", "level"]).size()
    rows = []
    for key, row in made.register.iterrows():
        scale = "–"
        if pd.notna(row["elasticity"]):
            scale = f"{row['elasticity']:.2f} ({row['upper']:.2f})"
        rows.append(
            [
                str(row[f"label_{page.lang}"]),
                scale,
                *(number(counts.get((key, level), 0)) for level in _LEVELS),
            ]
        )
    columns = [
        (page.say("brief.compact.function"), "left", 0.36),
        (page.say("brief.compact.elasticity"), "right", 0.19),
        *((page.say(f"brief.compact.level.{level}"), "right", 0.15) for level in _LEVELS),
    ]
    return table(columns, rows, page.say("brief.compact.functions_caption"))


def _sharing(page: Page) -> Block:
    plan, made = page.plan, page.plan.compact
    chosen = made.seats[made.seats["chosen"]].groupby("alliance", sort=False)["seats"].agg(list)
    sharing = made.sharing
    per_head: dict[str, int] = {}
    if sharing is not None:
        own = sharing.rules[sharing.rules["rule"] == "population"]
        per_head = dict(zip(own["alliance"], own["blocking"], strict=True))
    rows: list[list[Any]] = []
    for name, row in shown_alliances(page).iterrows():
        members = " · ".join(str(page.names.loc[code]) for code in row["members"].split("|"))
        cells: list[Any] = [
            {"text": str(name), "sub": members},
            ", ".join(str(seats) for seats in chosen[str(name)]),
        ]
        if sharing is not None:
            game = sharing.alliances.loc[str(name)].to_dict()
            cells += [
                number(game["cost"] / _MILLION),
                number(game["alone"] / _MILLION),
                number(per_head.get(str(name))),
                page.say(
                    f"brief.compact.rule.{game['recommended']}",
                    **(
                        {"subsidy": game["subsidy"] / _MILLION}
                        if game["recommended"] == "subsidised"
                        else {}
                    ),
                ),
            ]
        rows.append(cells)
    columns = [
        (page.say("brief.compact.alliance"), "left", 0.36),
        (page.say("brief.compact.seats"), "left", 0.14),
    ]
    if sharing is not None:
        columns += [
            (page.say("brief.compact.cost"), "right", 0.1),
            (page.say("brief.compact.alone"), "right", 0.1),
            (page.say("brief.compact.per_head"), "right", 0.14),
            (page.say("brief.compact.rule"), "left", 0.16),
        ]
    currency = plan.territory.metadata.currency or page.say("brief.compact.no_currency")
    if sharing is None:
        caption, file = page.say("brief.compact.seats_caption"), "compact_seats"
    else:
        caption = page.say("brief.compact.sharing_caption", currency=currency)
        file = "compact_sharing"
    return largest_rows(page, columns, rows, caption, file)


def _remarks(page: Page) -> Iterator[str]:
    made = page.plan.compact
    yield page.say("brief.compact.seats_power", count=int((made.councils["powerless"] > 0).sum()))
    if made.sharing is not None:
        moves = made.sharing.exits[made.sharing.exits["moves"]]
        allowed = moves["nation"].dropna()
        yield page.say(
            "brief.compact.moves" if len(allowed) else "brief.compact.moves_none",
            count=int(moves["municipality"].nunique()),
            allowed=len(allowed),
            **({"least": float(allowed.min())} if len(allowed) else {}),
        )
    yield page.say(
        "brief.compact.stakes",
        groups=made.national.groups,
        gaining=made.national.gaining,
        share=made.national.subsidy_share,
    )
    if page.plan.territory.programmes is None:
        yield page.say("brief.compact.no_programmes")
    else:
        yield page.say(
            "brief.compact.programmes",
            doubled=int((made.programmes["doubled"] != "").sum()),
            poolable=int(made.programmes["poolable"].sum()),
        )
    offset = _offset_cases(page)
    if offset:
        yield page.say(
            "brief.compact.warning",
            small=page.plan.scenario.diagnosis.ledger.threshold,
            of=max(int(case["small"]) for case in offset),
            lose=max(int(case["lose_small"]) for case in offset),
        )


def _offset_cases(page: Page) -> list[dict[str, Any]]:
    """The cases whose grants offset the shift."""
    shift = page.plan.compact.decentralisation
    if shift is None:
        return []
    cases = shift.cases.reset_index().to_dict("records")
    return [{str(k): v for k, v in case.items()} for case in cases if case["grants"] == "offset"]


def _worst(page: Page) -> dict[str, Any] | None:
    """The case with the most losers among them."""
    return max(_offset_cases(page), key=lambda case: case["lose"], default=None)


def _shift(page: Page) -> Block:
    shift = page.plan.compact.decentralisation
    assert shift is not None
    rows: list[list[Any]] = []
    for row in shift.cases.to_dict("records"):
        rows.append(
            [
                _case_name(page, row),
                number(row["tax_shift"] / _TRILLION, ",.1f"),
                number(row["gain"]),
                number(row["lose"]),
                f"{row['lose_small']:,} / {row['small']:,}",
                number(row["floor_cost"] / _TRILLION, ",.2f"),
                f"{row['gini_before']:.3f} → {row['gini_after']:.3f}",
            ]
        )
    columns = [
        (page.say("brief.compact.case"), "left", 0.32),
        (page.say("brief.compact.shift"), "right", 0.09),
        (page.say("brief.compact.winners"), "right", 0.08),
        (page.say("brief.compact.losers"), "right", 0.08),
        (page.say("brief.compact.small_losers"), "right", 0.14),
        (page.say("brief.compact.floor"), "right", 0.12),
        (page.say("brief.compact.gini"), "right", 0.17),
    ]
    caption = page.say(
        "brief.compact.shift_caption", currency=page.plan.territory.metadata.currency
    )
    return table(columns, rows, caption)


def _case_name(page: Page, row: Mapping[Any, Any]) -> str:
    return page.say(
        "brief.compact.case_name",
        national=100 - row["local_share_pct"],
        local=row["local_share_pct"],
        grants=page.say(f"brief.compact.grants.{row['grants']}"),
        follows=page.say(f"brief.compact.key.{row['key']}"),
    )


def _figures(page: Page, width_in: float) -> dict[str, Figure]:
    """Draw who gains and who loses in the case with the most losers."""
    shift, worst = page.plan.compact.decentralisation, _worst(page)
    if shift is None or worst is None:
        return {}
    outcomes = shift.outcomes.xs(worst["case"], level="case")
    change = 100 * (outcomes["per_head_after"] / outcomes["per_head_before"] - 1)
    change = change.reindex(page.plan.territory.municipalities.index)
    keys = [str(place) for place in range(len(_CHANGES) + 1)]
    edges = [float("-inf"), *reversed(_CHANGES), float("inf")]
    face = pd.cut(change, edges, right=False, labels=keys[::-1]).astype("object")
    between = [
        page.say("brief.compact.change", low=low, high=high) for high, low in pairwise(_CHANGES)
    ]
    over = page.say("brief.compact.change_over", edge=_CHANGES[0])
    under = page.say("brief.compact.change_under", edge=_CHANGES[-1])
    labels = dict(zip(keys, (over, *between, under), strict=True))
    hardest = change.dropna().sort_values(kind="stable").head(_MOST_NAMED)
    return {
        "tax_shift": class_map(
            page.plan.territory, face, labels, dict(zip(keys, DIVERGING, strict=True)),
            page.say("brief.compact.map_title"), page.lang, width_in,
            named={str(code): f"{value:+.0f} %" for code, value in hardest.items()},
            marked=page.say("brief.compact.map_marked", count=len(hardest)),
            tables=("finance",),
        )
    }  # fmt: skip


def _findings(page: Page) -> Iterator[str]:
    sharing = page.plan.compact.sharing
    if sharing is not None:
        per_head = sharing.rules[sharing.rules["rule"] == "population"]
        yield page.say(
            "brief.compact.find_sharing",
            alliances=len(sharing.alliances),
            blocked=int((per_head["blocking"] > 0).sum()),
            coalitions=int(per_head["blocking"].sum()),
            left=int(sharing.alliances["blocking"].sum()),
        )
    worst = _worst(page)
    if worst is not None:
        yield page.say(
            "brief.compact.find_shift",
            national=100 - worst["local_share_pct"],
            local=worst["local_share_pct"],
            lose=int(worst["lose"]),
            of=int(worst["gain"] + worst["lose"] + worst["same"]),
        )


def _tables(plan: PlanLike) -> dict[str, pd.DataFrame]:
    made = plan.compact
    tables = {
        "compact_register": made.register,
        "compact_functions": made.functions,
        "compact_councils": made.councils,
        "compact_seats": made.seats,
        "compact_bases": made.bases,
        "compact_stakes": made.national.stakes,
        "compact_stability": made.national.alliances,
        "compact_programmes": made.programmes,
        "compact_revenue": made.revenue.table,
    }
    if made.sharing is not None:
        tables |= {
            "compact_sharing": made.sharing.alliances,
            "compact_shares": made.sharing.shares,
            "compact_rules": made.sharing.rules,
            "compact_blocking": made.sharing.blocking,
            "compact_games": made.sharing.games,
            "compact_exits": made.sharing.exits,
        }
    if made.decentralisation is not None:
        tables |= {
            "tax_shift_cases": made.decentralisation.cases,
            "tax_shift_outcomes": made.decentralisation.outcomes,
            "tax_shift_balance": made.decentralisation.balance,
        }
    return tables


def _columns(plan: PlanLike) -> pd.DataFrame | None:
    made = plan.compact
    chosen = made.seats[made.seats["chosen"]].set_index("municipality")
    columns = chosen[["seats", "banzhaf"]].rename(columns={"banzhaf": "voting_power"})
    if made.sharing is not None:
        own = made.sharing.shares[made.sharing.shares["recommended"]].set_index("municipality")
        columns = columns.join(own[["share"]].rename(columns={"share": "base_cost_share"}))
    return columns if len(columns) else None


COMPACT = Chapter(
    "compact",
    blocks=_blocks,
    findings=_findings,
    notes=lambda page: [note[page.lang] for note in page.plan.compact.notes],
    figures=_figures,
    tables=_tables,
    columns=_columns,
)
