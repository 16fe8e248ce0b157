"""Moves: what changes the plan. One page's moves wait for each other; the answer goes first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pandas as pd
from nicegui import background_tasks, run

from gangso.engine import CancelledError
from gangso.workbench.change import Change
from gangso.workbench.edits import (
    Edit,
    FixAlliance,
    Forbid,
    Lock,
    LockTogether,
    Reset,
    SetSize,
    SetTarget,
    SetWeights,
    StandAlone,
    Unlock,
)
from gangso.workbench.pages.actions import What, action
from gangso.workbench.pages.desk import Desk
from gangso.workbench.pages.layers import group_tints
from gangso.workbench.pages.regions import key_of
from gangso.workbench.session import NoStepError

__all__ = ["drawn", "keep_draft"]

# So many moves of one page wait for each other; more are not taken.
_MOST_WAITING = 20


async def move(desk: Desk, make: Callable[..., Change], *given: Any) -> Change | None:
    """Make a move in a thread, and show what it does; moves of one page wait for each other.

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
        What it does; None if too many wait already, or there is nothing to undo or redo.
    """
    if desk.waiting >= _MOST_WAITING:
        return None
    desk.waiting += 1
    try:
        async with desk.turn:
            return await _move(desk, make, given)
    except NoStepError:  # the moves before it left nothing to undo
        return None
    finally:
        desk.waiting -= 1


async def _move(desk: Desk, make: Callable[..., Change], given: tuple[Any, ...]) -> Change | None:
    earlier, tints = desk.groups(), desk.tints
    desk.busy, desk.share, desk.faults, desk.score = True, None, [], None
    desk.ready = False  # nothing else is worked out while somebody waits for the plan
    desk.refresh("ribbon")

    def progress(share: float) -> None:
        desk.share = share

    def work() -> Change:
        with desk.office.turn():
            return make(*given, progress=progress)

    background_tasks.create(_show_progress(desk))
    change: Change | None = None
    try:
        change = await run.io_bound(work)
    except CancelledError:
        return None
    finally:
        desk.busy = False
        desk.ready = change is None or not change.adopted
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
        # What is waited for goes first; lists and cards follow when the map has drawn it.
        desk.paint()
        desk.refresh("ribbon", "legend", "top", "tray")
        if desk.map is None:
            drawn(desk, str(desk.stamp))
    else:
        desk.refresh()
        if change.conflict is not None and change.conflict.municipalities:
            desk.show(change.conflict.municipalities)
    return change


def drawn(desk: Desk, stamp: str) -> None:
    """Show the rest, and have worked out what takes a while, once the map shows the plan.

    Parameters
    ----------
    desk : Desk
        The page.
    stamp : str
        Which plan the map shows.
    """
    if stamp != str(desk.stamp) or desk.busy:
        return
    desk.ready = True
    desk.refresh("left", "controls", "side")
    background_tasks.create(price(desk))
    background_tasks.create(keep_draft(desk))


async def keep_draft(desk: Desk) -> None:
    """Keep what is not saved, so that a reload or a killed server does not lose it."""
    async with desk.keeping:
        session, drafts, held = desk.session, desk.office.drafts, desk.draft
        if desk.unsaved:
            kept = await run.io_bound(
                drafts.keep, held, desk.file, session.opened, session.trail, session.position
            )
            assert kept is not None  # the thread pool is there as long as the server is
            desk.draft = kept
        elif held:
            await run.io_bound(drafts.drop, held)
            desk.draft = ""
        if desk.draft != held:
            desk.refresh("top")
            desk.tell_address()


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
    await move(desk, desk.session.undo)


@action
async def redo(desk: Desk, _: What) -> None:
    """Make it again."""
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
    """Lock a municipality with a neighbour, or forbid them; again, and it is taken away."""
    codes = (str(what["code"]), str(what["other"]))
    wanted = LockTogether(codes=codes) if what["kind"] == "together" else Forbid(codes=codes)
    await _turn(desk, wanted)


async def _turn(desk: Desk, wanted: Lock) -> None:
    """Set a lock, or take it away if it is in force."""
    in_force = {key_of(lock): lock for lock in desk.session.locks}.get(key_of(wanted))
    if in_force is None:
        await edit(desk, wanted)
    else:
        await edit(desk, Unlock.model_construct(kind="unlock", lock=in_force))


@action
async def alone(desk: Desk, what: What) -> None:
    """Let a municipality stand alone; again, and it is taken away."""
    await _turn(desk, StandAlone(codes=(str(what["code"]),)))


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
