"""What each region of the page shows: values for its template, from what stands on the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gangso.report.colours import TINTS
from gangso.workbench.cards import alliance_card, municipality_card
from gangso.workbench.edits import Lock
from gangso.workbench.pages.layers import LAYERS, NEEDS, by_night
from gangso.workbench.pages.marks import service_signs
from gangso.workbench.pages.state import OVERLAYS
from gangso.workbench.pages.view_alliance import (
    alliance_view,
    bases_view,
    compact_view,
    fan_view,
)
from gangso.workbench.pages.view_change import change_view, conflict_view, lock_view, score_view
from gangso.workbench.pages.view_nation import future_view, ledger_view, needs_view, plan_view
from gangso.workbench.pages.view_place import place_view

if TYPE_CHECKING:
    from gangso.workbench.pages.desk import Desk

__all__ = ["REGIONS", "key_of"]


def _top(desk: Desk) -> dict[str, Any]:
    return {
        "name": desk.file["name"] or desk.words.say("wb.file.untitled"),
        "unsaved": desk.unsaved,
        "kept": bool(desk.draft) or desk.resumed,
        "version": desk.file["version"],
        "can_undo": desk.session.can_undo,
        "can_redo": desk.session.can_redo,
    }


def _nav(_: Desk) -> dict[str, Any]:
    return {}


def _left(desk: Desk) -> dict[str, Any]:
    values: dict[str, Any] = {"template": "find", "tab": desk.left_tab}
    values["locks"] = [_lock(desk, lock) for lock in desk.session.locks]
    if desk.left_tab == "find":
        return values | _rows(desk)
    return values | _conditions(desk)


def _rows(desk: Desk) -> dict[str, Any]:
    layer, words = desk.layer(), desk.words
    member = desk.plan.membership
    rows = []
    # Lists, as reading a table cell by cell takes longer than all the rest of an answer.
    columns = zip(
        desk.codes, member["status"].tolist(), member["alliance"].tolist(),
        *(desk.territory.names(lang).tolist() for lang in ("ko", "en")), strict=True,
    )  # fmt: skip
    for number, (code, status, alliance, *names) in enumerate(columns):
        kind = layer.classes[layer.of[number]]
        side = words.say(f"wb.row.{status}") if pd.isna(alliance) else str(alliance)
        where = [p for p in (words.provinces[code], layer.said[number]) if p]
        rows.append(
            {
                "code": code, "name": words.short_names[code], "where": " · ".join(where),
                "side": side, "in_scope": status != "outside", "in_tray": code in desk.tray,
                "day": kind.day, "night": kind.night, "hatched": kind.hatched,
                "search": " ".join([*map(str, dict.fromkeys(names)), *where, code, side]).lower(),
            }
        )  # fmt: skip
    alliances = []
    for ident, row in desk.plan.alliances.iterrows():
        members = str(row["members"]).split("|")
        tint = TINTS[desk.tints[frozenset(members)]]
        title = " · ".join(words.short_names[code] for code in members)
        alliances.append(
            {
                "ident": str(ident), "title": title, "day": tint, "night": by_night(tint),
                "people": words.say("wb.unit.people_short", value=float(row["population"])),
                "search": f"{ident} {row['name']} {row['name_en']}".lower(),
            }
        )  # fmt: skip
    return {"rows": rows, "alliances": alliances}


def _lock(desk: Desk, lock: Lock) -> dict[str, Any]:
    return lock_view(desk.words, lock, desk.prices.get(key_of(lock)))


def _conditions(desk: Desk) -> dict[str, Any]:
    options, opened = desk.scenario.alliances, desk.session.opened.alliances
    highest = max(2.0, *options.weights.values(), *opened.weights.values())
    step = 10.0 ** int(np.floor(np.log10(opened.target_population)) - 1)
    rows = [
        {
            "key": key,
            "label": criterion.describe("label", desk.words.lang),
            "meaning": criterion.describe("meaning", desk.words.lang),
            "weight": float(options.weights.get(key, 0.0)),
        }
        for key, criterion in desk.plan.settled.model.known.items()
    ]
    return {
        "target": options.target_population,
        "target_low": int(step), "target_high": int(opened.target_population * 3),
        "target_step": int(step),
        "min_size": options.min_size, "max_size": options.max_size,
        "size_changed": (options.target_population, options.min_size, options.max_size)
        != (opened.target_population, opened.min_size, opened.max_size),
        "weights_changed": options.weights != opened.weights,
        "weight_high": highest, "criteria": rows,
    }  # fmt: skip


def _controls(desk: Desk) -> dict[str, Any]:
    layers = [{"key": k, "title": desk.words.say(f"wb.layer.{k}.short")} for k in LAYERS]
    overlays = [
        {"key": k, "title": desk.words.say(f"wb.overlay.{k}"), "on": k in desk.overlays}
        for k in OVERLAYS
    ]
    return {"layers": layers, "overlays": overlays, "chosen": desk.layer_key}


def _waiting(desk: Desk) -> list[dict[str, Any]]:
    """What the map was asked to show and is still worked out."""
    found = []
    needed = NEEDS.get(desk.layer_key)
    if needed is not None and desk.ask(needed) is None:
        title = desk.words.say(f"wb.layer.{desk.layer_key}.short")
        found.append({"title": title, "share": desk.shares.get(needed)})
    if "bases" in desk.overlays and desk.all_bases() is None:
        title = desk.words.say("wb.overlay.bases")
        found.append({"title": title, "share": desk.shares.get("all_bases")})
    return found


def _legend(desk: Desk) -> dict[str, Any]:
    extra: list[dict[str, str]] = []
    if desk.change is not None and desk.change.adopted and desk.change.moved:
        text = desk.words.say("wb.legend.moved")
        extra.append({"css": "stroke-moved", "label": text, "sign": "", "tone": ""})
        text = desk.words.say("wb.legend.before")
        extra.append({"css": "stroke-before", "label": text, "sign": "", "tone": ""})
    if "flows" in desk.overlays:
        for side in ("inside", "across"):
            text = desk.words.say(f"wb.legend.{side}")
            extra.append({"css": f"stroke-{side}", "label": text, "sign": "", "tone": ""})
    if "bases" in desk.overlays:
        for sign, tone, label in service_signs(desk.words, desk.scenario).values():
            extra.append({"css": "mark mark-base", "label": label, "sign": sign, "tone": tone})
    if "hubs" in desk.overlays:
        for number, hub in enumerate(desk.scenario.bases.hubs):
            css = "mark mark-hub" if number % 2 == 0 else "mark mark-gate"
            label = hub.label.get(desk.words.lang, hub.kind)
            extra.append({"css": css, "label": label, "sign": "", "tone": "var(--mark)"})
    return {
        "layer": desk.layer(), "extra": extra, "waiting": _waiting(desk),
        "drawn": desk.territory.boundaries_drawn,
    }  # fmt: skip


def _ribbon(desk: Desk) -> dict[str, Any]:
    conflict = change = None
    if desk.change is not None and desk.change.conflict is not None:
        conflict = conflict_view(desk.words, desk.change.conflict)
    elif desk.change is not None:
        change = change_view(desk.words, desk.change, desk.plan)
    plan = plan_view(desk.words, desk.plan, desk.scenario)
    return {
        "busy": desk.busy, "share": desk.share, "faults": desk.faults, "conflict": conflict,
        "change": change, **plan,
    }  # fmt: skip


def _tray(desk: Desk) -> dict[str, Any]:
    people = desk.territory.municipalities["population"]
    score = None
    if desk.score is not None:
        score = score_view(desk.words, desk.score, desk.plan)
    return {
        "members": [{"code": c, "name": desk.words.name(c)} for c in desk.tray],
        "people": float(people.reindex(desk.tray).sum()), "score": score,
    }  # fmt: skip


def _side(desk: Desk) -> dict[str, Any]:
    title, values = "", dict[str, Any]()
    place = alliance = None
    if desk.ident is not None and desk.ident not in desk.plan.alliances.index:
        desk.ident = None
    if desk.ident is not None:
        title = f"{desk.words.say('wb.alliance')} {desk.ident}"
    elif desk.code is not None:
        title = desk.words.short_names[desk.code]
    if desk.right_tab == "nation":
        values = _nation(desk)
    elif desk.ident is not None:
        alliance, values = True, _alliance(desk, desk.ident)
    elif desk.code is not None:
        place, values = True, _place(desk, desk.code)
    return {
        "tab": desk.right_tab, "title": title, "place": place, "alliance": alliance, **values,
    }  # fmt: skip


def _nation(desk: Desk) -> dict[str, Any]:
    words, scenario = desk.words, desk.scenario
    return {
        "nation": plan_view(words, desk.plan, scenario),
        "ledger": desk.told("ledger", lambda found: ledger_view(words, found)),
        "needs": desk.told("services", lambda found: needs_view(words, found, scenario)),
        "outlook": desk.told("outlook", lambda found: future_view(words, found)),
    }


def _alliance(desk: Desk, ident: str) -> dict[str, Any]:
    words, scenario, plan = desk.words, desk.scenario, desk.plan
    card = alliance_card(desk.session, ident)
    columns = [c for c in plan.alliances.columns if c.startswith("score_")]
    means = plan.alliances[columns].mean().rename(lambda c: c.removeprefix("score_"))
    tint = TINTS[desk.tints[frozenset(card.members.index)]]
    return {
        "alliance": alliance_view(words, card, scenario, means),
        "tint": {"day": tint, "night": by_night(tint)},
        "bases": desk.told("bases", lambda found: bases_view(words, found, scenario), ident),
        "compact": desk.told("compact", lambda found: compact_view(words, found), ident),
        "future": desk.told("alliance_fan", lambda table: fan_view(words, table), ident),
    }


def _place(desk: Desk, code: str) -> dict[str, Any]:
    words = desk.words
    card = municipality_card(desk.session, code)
    reasons: dict[str, Any] = {"view": None, "missing": ""}
    sure = ""
    if card.status != "outside":

        def said(row: pd.Series) -> dict[str, str]:
            return {k: str(row[f"{k}_{words.lang}"]) for k in ("why", "price")}

        reasons = desk.told("reasons", said, code)
        found = desk.known.get(("sureness", desk.key_of_plan()))
        if found is not None and found.value is not None and code in found.value.index:
            sure = words.say("wb.hover.sure", share=float(found.value.loc[code]))
    return {
        "place_view": place_view(words, card, desk.plan), "reasons": reasons, "sure": sure,
        "in_tray": code in desk.tray,
        "future": desk.told("place_fan", lambda table: fan_view(words, table), code),
    }  # fmt: skip


def _dialog(desk: Desk) -> dict[str, Any]:
    if not desk.dialog:
        return {"template": ""}
    return dict(desk.dialog)


def key_of(lock: Lock) -> str:
    """What tells a lock from every other."""
    return f"{lock.kind}:{'|'.join(sorted(lock.codes))}"


REGIONS: Mapping[str, Callable[[Desk], dict[str, Any]]] = {
    "top": _top, "left": _left, "controls": _controls, "ribbon": _ribbon, "legend": _legend,
    "tray": _tray, "side": _side, "dialog": _dialog, "nav": _nav,
}  # fmt: skip
