"""What the map in the browser is told: all of it when it opens, afterwards what has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gangso.workbench.pages.marks import base_points, flow_lines, hub_points

if TYPE_CHECKING:
    from gangso.workbench.pages.desk import Desk

__all__ = ["OVERLAYS", "TILES", "map_state"]

OVERLAYS = ("outlines", "names", "bases", "hubs", "flows", "tiles")
# Asked for only when the planner switches them on.
TILES = {
    "host": "tile.openstreetmap.org",
    "url": "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    "credit": "© OpenStreetMap contributors",
}


def map_state(desk: Desk, *names: str) -> dict[str, Any]:
    """State of the map: all of it, or the parts that are named."""
    wanted = names or ("fills", "texts", "groups", "before", "points", "flows", "chosen")
    state: dict[str, Any] = {"stamp": str(desk.stamp)}
    layer = desk.layer() if {"fills", "texts"} & set(wanted) else None
    if "fills" in wanted and layer is not None:
        classes = [[c.day, c.night, c.hatched] for c in layer.classes]
        state["fills"] = {"classes": classes, "of": list(layer.of)}
    if "texts" in wanted and layer is not None:
        words, status = desk.words, desk.plan.membership["status"]
        state["texts"] = {
            "names": [words.names[c] for c in desk.codes],
            "short": [words.short_names[c] for c in desk.codes],
            "places": [words.provinces[c] for c in desk.codes],
            "values": list(layer.said),
            "status": ["" if s == "allied" else words.say(f"wb.place.{s}") for s in status],
        }
    if "groups" in wanted:
        index = {code: number for number, code in enumerate(desk.codes)}
        table = desk.plan.alliances
        centres = [index[str(code)] for code in table["centre"]]
        state["groups"] = desk.groups()
        state["centres"] = centres
        state["group_tags"] = [
            f"{ident} {desk.words.short_names[str(code)]}"
            for ident, code in zip(table.index, table["centre"], strict=True)
        ]
        state["group_names"] = [
            f"{ident} · {desk.words.list(row.split('|'))}"
            for ident, row in table["members"].items()
        ]
        state["outlines"] = "outlines" in desk.overlays
        state["show_names"] = "names" in desk.overlays
    if "before" in wanted:
        index = {code: number for number, code in enumerate(desk.codes)}
        moved = desk.change.moved if desk.change is not None and desk.change.adopted else ()
        state["moved"] = [index[code] for code in moved]
        state["before"] = desk.before if moved else None
    if "points" in wanted:
        points: list[dict[str, Any]] = []
        if "hubs" in desk.overlays:
            points += hub_points(desk.words, desk.scenario)
        if "bases" in desk.overlays:
            points += base_points(desk.words, desk.scenario, desk.all_bases() or [])
        state["points"] = points
    if "flows" in wanted:
        shown = "flows" in desk.overlays
        state["flows"] = flow_lines(desk.words, desk.plan, desk.scenario) if shown else []
    if "tiles" in wanted:
        state["tiles"] = TILES if "tiles" in desk.overlays else None
    if "chosen" in wanted:
        state["selected"] = desk.chosen_codes()
        state["tray"] = list(desk.tray)
    return state
