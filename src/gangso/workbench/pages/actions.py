"""What a planner can do on a page: one function an action, found by the name it is asked by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pandas as pd
from nicegui import background_tasks, run, ui

from gangso.engine import CancelledError
from gangso.errors import GangsoError
from gangso.texts import say
from gangso.workbench.change import Change
from gangso.workbench.edits import (
    Edit,
    FixAlliance,
    Forbid,
    LockTogether,
    Reset,
    SetSize,
    SetTarget,
    SetWeights,
    StandAlone,
    Unlock,
)
from gangso.workbench.pages.desk import Desk
from gangso.workbench.pages.layers import LAYERS, group_tints
from gangso.workbench.pages.regions import key_of
from gangso.workbench.pages.state import OVERLAYS
from gangso.workbench.pages.view_change import fault_lines
from gangso.workbench.pages.words import Words

__all__ = ["ACTIONS", "act"]

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
        desk.busy = False
        desk.refresh("ribbon")


# -- moves -----------------------------------------------------------------------------------


async def move(desk: Desk, make: Callable[..., Change], *given: Any) -> Change | None:
    """Make a move in a thread, and show what it does.

    Parameters
    ----------
    desk : Desk
        The page.
    make : callable
        Method of the session; told ``progress``.
    *given
        Its arguments.

    Returns
    -------
    Change or None
        What it does; None while another move is under way.
    """
    if desk.busy:
        return None
    earlier, tints = desk.groups(), desk.tints
    desk.busy, desk.share, desk.faults, desk.score = True, None, [], None
    desk.refresh("ribbon")

    def progress(share: float) -> None:
        desk.share = share

    def work() -> Change:
        with desk.office.turn():
            return make(*given, progress=progress)

    background_tasks.create(_show_progress(desk))
    try:
        change = await run.io_bound(work)
    except CancelledError:
        return None
    finally:
        desk.busy = False
    assert change is not None  # the thread pool is there as long as the server is
    desk.change = change
    if change.adopted:
        desk.before = earlier
        desk.tints = group_tints(desk.territory, desk.plan, tints)
        desk.stamp += 1
        if change.price is not None and change.price.lock is not None and change.move == "apply":
            if change.edit.kind == "unlock":
                desk.prices.pop(key_of(change.price.lock), None)
            else:
                desk.prices[key_of(change.price.lock)] = change.price
        follow(desk)
        desk.paint()
        desk.refresh()
        background_tasks.create(price(desk))
    else:
        desk.refresh("ribbon")
        if change.conflict is not None and change.conflict.municipalities:
            desk.show(change.conflict.municipalities)
    return change


async def _show_progress(desk: Desk) -> None:
    """Tell how much of the gap is closed, if it takes long enough to be read."""
    while desk.busy:
        await asyncio.sleep(0.4)
        if desk.busy:
            desk.refresh("ribbon")


def follow(desk: Desk) -> None:
    """Keep what is selected where it still is: an alliance by its most populous member."""
    if desk.ident is None:
        return
    if desk.code is None or desk.code not in desk.plan.membership.index:
        desk.ident = desk.ident if desk.ident in desk.plan.alliances.index else None
        return
    now = desk.plan.membership["alliance"].loc[desk.code]
    desk.ident = None if pd.isna(now) else str(now)


async def price(desk: Desk) -> None:
    """Price every lock in force anew: each depends on all others."""
    stamp = desk.stamp
    if not desk.session.locks:
        return
    found = await run.io_bound(desk.session.prices)
    if found is not None and stamp == desk.stamp:
        desk.prices = {key_of(p.lock): p for p in found if p.lock is not None}
        if desk.left_tab == "conditions":
            desk.refresh("left")


async def edit(desk: Desk, wanted: Edit) -> Change | None:
    """Make an edit."""
    return await move(desk, desk.session.apply, wanted)


@action
async def undo(desk: Desk, _: What) -> None:
    """Take the last move back."""
    if desk.session.can_undo:
        await move(desk, desk.session.undo)


@action
async def redo(desk: Desk, _: What) -> None:
    """Make it again."""
    if desk.session.can_redo:
        await move(desk, desk.session.redo)


def _pair(desk: Desk) -> tuple[str, str]:
    one, other = desk.tray
    return one, other


@action
async def together(desk: Desk, _: What) -> None:
    """Lock the two of the tray together."""
    change = await edit(desk, LockTogether(codes=_pair(desk)))
    await _emptied(desk, change)


@action
async def apart(desk: Desk, _: What) -> None:
    """Forbid the two of the tray to be together."""
    change = await edit(desk, Forbid(codes=_pair(desk)))
    await _emptied(desk, change)


@action
async def fix(desk: Desk, _: What) -> None:
    """Fix the tray as an alliance."""
    change = await edit(desk, FixAlliance(codes=tuple(desk.tray)))
    await _emptied(desk, change)


async def _emptied(desk: Desk, change: Change | None) -> None:
    if change is not None and change.adopted:
        desk.tray = []
        desk.refresh("tray", "left", "side")
        desk.paint("chosen")


@action
async def pair(desk: Desk, what: What) -> None:
    """Lock a municipality with a neighbour, or forbid them to be together."""
    codes = (str(what["code"]), str(what["other"]))
    await edit(
        desk, LockTogether(codes=codes) if what["kind"] == "together" else Forbid(codes=codes)
    )


@action
async def alone(desk: Desk, what: What) -> None:
    """Let a municipality stand alone."""
    await edit(desk, StandAlone(codes=(str(what["code"]),)))


@action
async def fix_alliance(desk: Desk, what: What) -> None:
    """Fix an alliance of the plan."""
    members = str(desk.plan.alliances.loc[str(what["ident"]), "members"]).split("|")
    await edit(desk, FixAlliance(codes=tuple(members)))


@action
async def unlock(desk: Desk, what: What) -> None:
    """Take a lock away."""
    locks = desk.session.locks
    number = int(what["number"])
    if number < len(locks):
        await edit(desk, Unlock.model_construct(kind="unlock", lock=locks[number]))


@action
async def weight(desk: Desk, what: What) -> None:
    """Set the weight of a criterion."""
    await edit(desk, SetWeights(weights={str(what["key"]): float(what["value"])}))


@action
async def target(desk: Desk, what: What) -> None:
    """Set the target population."""
    await edit(desk, SetTarget(population=float(what["value"])))


@action
async def size(desk: Desk, what: What) -> None:
    """Set fewest or most members; the other end follows if it must."""
    options = desk.scenario.alliances
    low, high = options.min_size, options.max_size
    value = int(what["value"])
    if what["end"] == "min_size":
        low, high = value, max(value, high)
    else:
        low, high = min(value, low), value
    await edit(desk, SetSize(min_size=low, max_size=high))


@action
async def reset(desk: Desk, what: What) -> None:
    """Go back to what was opened."""
    await edit(desk, Reset(what=what["what"]))


@action
async def reset_size(desk: Desk, _: What) -> None:
    """Go back to target and size as opened."""
    await edit(desk, Reset(what="target"))
    await edit(desk, Reset(what="size"))


# -- looking ---------------------------------------------------------------------------------


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
    (desk.overlays.add if what["value"] else desk.overlays.discard)(key)
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
