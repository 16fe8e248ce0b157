"""What a planner can do on a page: one function an action, found by the name it is asked by.

Moves of the plan are in `moves`, dialogs in `dialogs`; here is what only looks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import run, ui

from gangso.errors import GangsoError
from gangso.texts import say
from gangso.workbench.pages.desk import Desk
from gangso.workbench.pages.layers import LAYERS
from gangso.workbench.pages.state import OVERLAYS, TILES
from gangso.workbench.pages.view_change import fault_lines
from gangso.workbench.pages.words import Words

__all__ = ["ACTIONS", "What", "act", "action", "notify"]

What = Mapping[str, Any]
Action = Callable[[Desk, What], Awaitable[None]]

ACTIONS: dict[str, Action] = {}

_MOST_TRAY = 8


def action(done: Action) -> Action:
    """Register an action under its name."""
    ACTIONS[done.__name__] = done
    return done


async def act(desk: Desk, what: What) -> None:
    """Do what was asked for; whatever is wrong with it is shown, not raised.

    Parameters
    ----------
    desk : Desk
        The page.
    what : mapping
        ``act`` names the action; the rest is its own.
    """
    done = ACTIONS.get(str(what.get("act")))
    if done is None:
        return
    try:
        await done(desk, what)
    except GangsoError as error:
        desk.faults = fault_lines(error, desk.words.lang)
        desk.refresh("ribbon")


@action
async def pick(desk: Desk, what: What) -> None:
    """Take what was clicked on the map: select it, or put it into the tray."""
    code = str(what["code"])
    if what.get("add"):
        await tray(desk, what)
    else:
        desk.select(code=None if code == desk.code and desk.ident is None else code)


@action
async def select(desk: Desk, what: What) -> None:
    """Select a municipality of the list."""
    code = str(what["code"])
    if what.get("add"):
        await tray(desk, what)
        return
    desk.select(code=code)
    desk.show(desk.chosen_codes())


@action
async def alliance(desk: Desk, what: What) -> None:
    """Select an alliance."""
    desk.select(ident=str(what["ident"]))
    desk.show(desk.chosen_codes())


@action
async def zoom(desk: Desk, what: What) -> None:
    """Bring places into sight."""
    desk.show([code for code in str(what["codes"]).split("|") if code])
    desk.regions["top"].run_method("pane", "map")


@action
async def tray(desk: Desk, what: What) -> None:
    """Put a municipality into the tray, or take it out."""
    code = str(what["code"])
    if desk.plan.membership["status"].get(code, "outside") == "outside":
        desk.faults = [{"text": desk.words.say("wb.tray.outside", name=desk.words.name(code)),
                        "fix": ""}]  # fmt: skip
        desk.refresh("ribbon")
        return
    if code in desk.tray:
        desk.tray.remove(code)
    elif len(desk.tray) < _MOST_TRAY:
        desk.tray.append(code)
    desk.score = None
    desk.refresh("tray", "left", "side")
    desk.paint("chosen")


@action
async def tray_alliance(desk: Desk, what: What) -> None:
    """Put the members of an alliance into the tray."""
    desk.tray = str(desk.plan.alliances.loc[str(what["ident"]), "members"]).split("|")
    desk.score = None
    desk.refresh("tray", "left", "side")
    desk.paint("chosen")


@action
async def tray_clear(desk: Desk, _: What) -> None:
    """Empty the tray."""
    desk.tray, desk.score = [], None
    desk.refresh("tray", "left", "side")
    desk.paint("chosen")


@action
async def score(desk: Desk, _: What) -> None:
    """Weigh the alliance of the tray against the optimum."""
    desk.score = await run.io_bound(desk.session.score, [list(desk.tray)])
    desk.refresh("tray")


@action
async def layer(desk: Desk, what: What) -> None:
    """Show a layer."""
    if what["value"] in LAYERS:
        desk.layer_key = str(what["value"])
        desk.refresh("controls", "legend", "left")
        desk.paint("fills", "texts")


@action
async def overlay(desk: Desk, what: What) -> None:
    """Show or hide what lies over the map."""
    key = str(what["key"])
    if key not in OVERLAYS:
        return
    if key == "tiles" and what["value"]:
        # Nothing leaves for the internet before the planner has read where it goes.
        desk.dialog = {"template": "tiles", "host": TILES["host"], "credit": TILES["credit"]}
        desk.refresh("dialog")
        return
    _show_overlay(desk, key, bool(what["value"]))


@action
async def tiles_on(desk: Desk, _: What) -> None:
    """Show the background map of the internet, as the planner has agreed."""
    desk.dialog = {}
    desk.refresh("dialog")
    _show_overlay(desk, "tiles", True)


def _show_overlay(desk: Desk, key: str, shown: bool) -> None:
    (desk.overlays.add if shown else desk.overlays.discard)(key)
    desk.refresh("controls", "legend")
    part = {"outlines": "groups", "names": "groups", "bases": "points", "hubs": "points"}
    desk.paint(part.get(key, key))


@action
async def map_zoom(desk: Desk, what: What) -> None:
    """Zoom the map."""
    if desk.map is not None:
        desk.map.run_method("zoom", float(what["step"]))


@action
async def map_home(desk: Desk, _: What) -> None:
    """Show the whole territory."""
    if desk.map is not None:
        desk.map.run_method("home")


@action
async def left(desk: Desk, what: What) -> None:
    """Turn to a tab of the left panel."""
    desk.left_tab = "conditions" if what["tab"] == "conditions" else "find"
    desk.refresh("left")
    if what.get("focus"):
        desk.regions["left"].run_method("focus_on", what["focus"])


@action
async def right(desk: Desk, what: What) -> None:
    """Turn to a tab of the right panel."""
    desk.right_tab = "card" if what["tab"] == "card" else "nation"
    desk.refresh("side")


@action
async def dismiss(desk: Desk, _: What) -> None:
    """Put away what the ribbon says."""
    if desk.dialog:
        desk.dialog = {}
        desk.refresh("dialog")
        return
    desk.change, desk.faults, desk.before = None, [], None
    desk.refresh("ribbon", "legend")
    desk.paint("before")


@action
async def lang(desk: Desk, _: What) -> None:
    """Turn to the other language; nothing else changes."""
    desk.words = Words(desk.territory, "en" if desk.words.lang == "ko" else "ko")
    desk.refresh()
    desk.paint("texts", "groups", "points")
    title = say("wb.title", desk.words.lang)
    desk.regions["top"].run_method("language", desk.words.lang, title)


@action
async def open_help(desk: Desk, _: What) -> None:
    """List the shortcuts."""
    desk.dialog = {"template": "help"}
    desk.refresh("dialog")


@action
async def close(desk: Desk, _: What) -> None:
    """Close the dialog."""
    desk.dialog = {}
    desk.refresh("dialog")


def notify(desk: Desk, key: str, **values: object) -> None:
    """Say in passing that something is done."""
    ui.notify(desk.words.say(key, **values), position="bottom", timeout=3500)
