"""Dialogs: saving, opening and comparing scenarios, exports, uploads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from nicegui import background_tasks, run, ui
from nicegui.client import Client

from gangso.alliances import Partition
from gangso.errors import GangsoError
from gangso.scenario import Scenario
from gangso.workbench.jobs import Job
from gangso.workbench.pages.actions import What, action, notify
from gangso.workbench.pages.desk import Desk
from gangso.workbench.pages.geometry import outlines
from gangso.workbench.pages.layers import Seen, alliance_layer, group_tints
from gangso.workbench.pages.moves import keep_draft
from gangso.workbench.pages.view_change import fault_lines
from gangso.workbench.records import EMBEDDED
from gangso.workbench.session import Session
from gangso.workbench.sides import Sides, side_by_side
from gangso.workbench.store import Record, StaleError

__all__ = ["file_of"]

_MOST_NAME, _MOST_NOTE = 120, 4000
_MOST_DRAFTS = 5  # of the unsaved, so many are offered
_NOW = "now"  # stands for what is on the desk among the saved scenarios
_OPEN = ("waiting", "running")
# What a job hands out, in the order in which it is offered.
_FILES = ("plan.zip", "brief.pdf", "brief.html", "plan.gpkg", "certificate.json", "scenario.yaml")


def file_of(record: Record) -> dict[str, Any]:
    """What the page keeps of a saved scenario.

    Parameters
    ----------
    record : Record
        As it was saved.

    Returns
    -------
    dict
        Id, name, note, version and territory.
    """
    names = ("id", "name", "note", "version", "territory")
    return {name: getattr(record, name) for name in names}


def _show(desk: Desk, template: str, **values: Any) -> None:
    desk.dialog = {"template": template, **values}
    desk.refresh("dialog")


# -- saving ----------------------------------------------------------------------------------


@action
async def open_save(desk: Desk, _: What) -> None:
    """Ask for name and note."""
    _show(desk, "save", file=desk.file, problem="")


@action
async def save(desk: Desk, what: What) -> None:
    """Save; say so if somebody else has saved in between."""
    fields: Mapping[str, Any] = what["fields"]
    name = str(fields.get("name", "")).strip()[:_MOST_NAME]
    note = str(fields.get("note", "")).strip()[:_MOST_NOTE]
    if not name:
        _show(
            desk,
            "save",
            file={**desk.file, "note": note},
            problem=desk.words.say("wb.save.no_name"),
        )
        return
    await _save(desk, name, note, fresh=what.get("button") == "new" or desk.file["id"] is None)


async def _save(desk: Desk, name: str, note: str, *, fresh: bool) -> None:
    session, office, file = desk.session, desk.office, desk.file
    trail, position = session.trail, session.position

    def work() -> Record | StaleError:
        if fresh:
            return office.create(
                name, file["territory"], session.opened, note=note, trail=trail, position=position
            )
        try:
            return office.store.save(
                file["id"], file["version"], name=name, note=note, trail=trail, position=position
            )
        except StaleError as error:
            return error

    saved = await run.io_bound(work)
    if isinstance(saved, StaleError):
        _show(
            desk, "stale", text=saved.words(desk.words.lang), ident=file["id"], name=name, note=note
        )
        return
    assert saved is not None
    desk.file, desk.saved_as, desk.dialog = file_of(saved), saved.scenario, {}
    desk.refresh("top", "dialog")
    await keep_draft(desk)  # what is saved needs no draft; what was moved meanwhile does
    desk.tell_address()
    notify(desk, "wb.save.done", name=saved.name, version=saved.version)


@action
async def save_as_new(desk: Desk, what: What) -> None:
    """Save as a scenario of its own what could not be saved over another's."""
    name = desk.words.say("wb.save.copy", name=str(what["name"]))[:_MOST_NAME]
    await _save(desk, name, str(what["note"]), fresh=True)


# -- opening ---------------------------------------------------------------------------------


@action
async def open_scenarios(desk: Desk, _: What) -> None:
    """List what is saved."""
    await _list(desk, [])


async def _list(desk: Desk, picked: list[str]) -> None:
    found = await run.io_bound(desk.office.store.all)
    rows = [
        {
            "id": s.id, "name": s.name, "note": s.note, "version": s.version,
            "changed": s.changed[:16].replace("T", " "),
            "open": s.id == desk.file["id"], "comparable": s.territory == desk.file["territory"],
        }
        for s in found or []
    ]  # fmt: skip
    left = await run.io_bound(desk.office.drafts.recent, _MOST_DRAFTS)
    drafts = [
        {"id": ident, "name": name, "changed": changed[:16].replace("T", " ")}
        for ident, name, changed in left or []
        if ident != desk.draft
    ]
    _show(desk, "scenarios", rows=rows, picked=picked, now=_NOW, drafts=drafts)


@action
async def open_scenario(_: Desk, what: What) -> None:
    """Open a saved scenario on this page, by its address."""
    ui.navigate.to(f"/?scenario={what['ident']}")


@action
async def open_draft(_: Desk, what: What) -> None:
    """Open unsaved work on this page, by its address."""
    ui.navigate.to(f"/?draft={what['ident']}")


@action
async def fresh_scenario(desk: Desk, _: What) -> None:
    """Begin anew on this territory."""
    ui.navigate.to(f"/?territory={desk.file['territory']}")


@action
async def delete_scenario(desk: Desk, what: What) -> None:
    """Delete a saved scenario."""
    await run.io_bound(desk.office.store.delete, str(what["ident"]), int(what["version"]))
    if desk.file["id"] == what["ident"]:
        desk.file |= {"id": None, "version": 0}
        desk.refresh("top")
    await _list(desk, [])


@action
async def open_yaml(desk: Desk, what: What) -> None:
    """Put a scenario of the command line on the desk."""
    territory = str(desk.file["territory"])

    def work() -> Session:
        scenario = desk.office.scenario(territory, str(what["value"]))
        return Session(desk.office.ground(territory), scenario)

    try:
        session = await run.io_bound(work)
    except GangsoError:
        desk.dialog = {}
        desk.refresh("dialog")
        raise
    assert session is not None
    _stand_on(desk, session)


def _stand_on(desk: Desk, session: Session) -> None:
    desk.session, desk.change, desk.before, desk.prices = session, None, None, {}
    desk.file = {
        "id": None, "name": session.scenario.name, "note": "", "version": 0,
        "territory": desk.file["territory"],
    }  # fmt: skip
    desk.tray, desk.score, desk.code, desk.ident, desk.dialog = [], None, None, None, {}
    desk.tints = group_tints(desk.territory, desk.plan)
    desk.stamp += 1
    desk.refresh()
    desk.paint()  # and then a draft is kept


# -- comparing -------------------------------------------------------------------------------


@action
async def compare_pick(desk: Desk, what: What) -> None:
    """Choose what is compared; the last two count."""
    picked = [p for p in desk.dialog.get("picked", []) if p != what["ident"]]
    if what["value"]:
        picked = [*picked, str(what["ident"])][-2:]
    await _list(desk, picked)


@action
async def compare(desk: Desk, _: What) -> None:
    """Put two scenarios side by side."""
    picked = list(desk.dialog.get("picked", []))
    if len(picked) != 2:
        return

    def open_one(ident: str) -> tuple[str, Scenario, Partition]:
        if ident == _NOW:
            return desk.words.say("wb.compare.now"), desk.scenario, desk.plan
        record = desk.office.store.get(ident)
        session = desk.office.session(record)
        return record.name, session.scenario, session.plan

    def work() -> tuple[list[tuple[str, Scenario, Partition]], Sides]:
        both = [open_one(ident) for ident in picked]
        return both, side_by_side(both[0][1:], both[1][1:])

    found = await run.io_bound(work)
    assert found is not None
    both, sides = found
    words, territory = desk.words, desk.territory
    box, paths = outlines(territory)
    moved = set(sides.moved)
    tints: dict[frozenset[str], int] | None = None
    columns = []
    for (name, scenario, plan), cost in zip(both, (sides.cost_one, sides.cost_other), strict=True):
        # The second is tinted after the first: what is the same in both looks the same.
        tints = group_tints(territory, plan, tints)
        layer = alliance_layer(Seen(territory, scenario, plan, words.lang), tints)
        shapes = [
            {
                "d": path, "day": layer.classes[k].day, "night": layer.classes[k].night,
                "hatched": layer.classes[k].hatched, "moved": code in moved,
            }
            for path, k, code in zip(paths, layer.of, desk.codes, strict=True)
            if path
        ]  # fmt: skip
        table = plan.alliances
        status = plan.membership["status"].value_counts()
        columns.append(
            {
                "name": name, "shapes": shapes, "cost": cost, "alliances": len(table),
                "allied": int(status.get("allied", 0)), "alone": int(status.get("alone", 0)),
                "median": float(table["population"].median()) if len(table) else 0.0,
                "ties": float(table["ties"].mean()) if "ties" in table and len(table) else None,
                "proof": words.say(f"wb.proof.{plan.status}", gap=plan.gap),
            }
        )  # fmt: skip
    _show(
        desk, "compare", columns=columns, box=box, sides=sides, moved=words.list(sides.moved),
        only=[[words.list(g) for g in groups] for groups in (sides.only_one, sides.only_other)],
        differing=[
            {"key": d.key, "one": _said(desk, d.one), "other": _said(desk, d.other)}
            for d in sides.differing
        ],
    )  # fmt: skip


def _said(desk: Desk, value: Any) -> str:
    """Write an option; codes of municipalities by their names."""
    if value is None:
        return "–"
    if isinstance(value, list | tuple):
        return ", ".join(_said(desk, item) for item in value) or "–"
    if isinstance(value, str):
        return desk.words.name(value)
    if isinstance(value, float):
        return f"{value:,g}"
    return str(value)


# -- taking away -----------------------------------------------------------------------------


@action
async def open_export(desk: Desk, _: What) -> None:
    """Offer what can be taken away."""
    _show(desk, "export", job=_job(desk, desk.job))


@action
async def export_yaml(desk: Desk, _: What) -> None:
    """Hand out the scenario as the command line takes it."""
    scenario = desk.scenario
    package = desk.office.package(str(desk.file["territory"]))
    said = {
        "name": desk.file["name"] or scenario.name,
        "territory": scenario.territory if package is None else f"{desk.file['territory']}.zip",
    }
    text = scenario.model_copy(update=said).to_yaml()
    ui.download.content(text.encode("utf-8"), "scenario.yaml", "application/yaml")


@action
async def export_plan(desk: Desk, _: What) -> None:
    """Have brief, GeoPackage and tables made."""
    said = {
        "name": desk.file["name"] or desk.scenario.name, "language": desk.words.lang,
    }  # fmt: skip
    scenario = desk.scenario.model_copy(update=said)
    package = desk.office.package(str(desk.file["territory"]))
    desk.job = await run.io_bound(desk.office.jobs.submit, scenario, package)
    _show(desk, "export", job=_job(desk, desk.job))
    background_tasks.create(_follow(desk, ui.context.client))


async def _follow(desk: Desk, client: Client) -> None:
    """Show how far the job is, while the page is there."""
    while desk.job is not None and desk.job.state in _OPEN and not client.is_deleted:
        await asyncio.sleep(0.7)
        desk.job = desk.office.jobs.get(desk.job.id)
        if desk.dialog.get("template") == "export":
            with client:
                _show(desk, "export", job=_job(desk, desk.job))


@action
async def cancel_job(desk: Desk, _: What) -> None:
    """Stop the job."""
    if desk.job is not None:
        desk.job = await run.io_bound(desk.office.jobs.cancel, desk.job.id)
        _show(desk, "export", job=_job(desk, desk.job))


def _job(desk: Desk, job: Job | None) -> dict[str, Any] | None:
    if job is None:
        return None
    known = set(job.files)
    return {
        "id": job.id, "state": job.state, "progress": job.progress, "running": job.state in _OPEN,
        "step": desk.words.say(f"step.{job.step}") if job.step else "",
        "files": [name for name in _FILES if name in known],
        "problem": job.problem.get(desk.words.lang, []),
    }  # fmt: skip


# -- bringing in -----------------------------------------------------------------------------


@action
async def open_data(desk: Desk, _: What) -> None:
    """Show the territories, and take another."""
    await _data(desk)


async def _data(desk: Desk, **more: Any) -> None:
    found = await run.io_bound(desk.office.territories)
    rows = [
        {
            "id": ident, "title": title.get(desk.words.lang) or next(iter(title.values()), ident),
            "open": ident == desk.file["territory"], "own": ident != EMBEDDED,
        }
        for ident, title in (found or {}).items()
    ]  # fmt: skip
    values: dict[str, Any] = {
        "busy": "",
        "faults": [],
        "problems": [],
        "sources": _sources(desk),
        **more,
    }
    _show(desk, "data", rows=rows, **values)


def _sources(desk: Desk) -> list[str]:
    return [s.cited(desk.words.lang) for s in desk.territory.metadata.sources]


@action
async def open_territory(_: Desk, what: What) -> None:
    """Open a territory on this page, by its address."""
    ui.navigate.to(f"/?territory={what['ident']}")


@action
async def delete_territory(desk: Desk, what: What) -> None:
    """Delete an uploaded territory, or say what stands on it."""
    try:
        await run.io_bound(desk.office.forget, str(what["ident"]))
    except GangsoError as error:
        await _data(desk, problems=fault_lines(error, desk.words.lang))
        return
    await _data(desk)


@action
async def upload_begun(desk: Desk, what: What) -> None:
    """Say that a package is on its way."""
    await _data(desk, busy=str(what["name"]))


@action
async def upload_done(desk: Desk, what: What) -> None:
    """Open the territory that has come, or report every fault of it."""
    answer: Mapping[str, Any] = what["answer"]
    body: Mapping[str, Any] = answer.get("body") or {}
    if answer.get("status") == 201:
        ui.navigate.to(f"/?territory={body['id']}")
        return
    lang = desk.words.lang
    faults = [
        {
            "text": str((f.get("problem") or {}).get(lang, f.get("kind", ""))),
            "fix": str((f.get("fix") or {}).get(lang, "")),
            "where": _where(desk, f),
        }
        for f in body.get("faults") or []
    ]  # fmt: skip
    if not faults:
        message = body.get("message")
        text = message.get(lang, "") if isinstance(message, Mapping) else str(message or "")
        faults = [{"text": text or desk.words.say("wb.data.failed"), "fix": "", "where": ""}]
    await _data(desk, faults=faults)


def _where(desk: Desk, fault: Mapping[str, Any]) -> str:
    """Name table, row, column and value of a fault, as far as it has them."""
    parts = (
        desk.words.say(f"wb.data.{name}", value=str(fault[name])[:80])
        for name in ("table", "row", "column", "value")
        if fault.get(name) not in (None, "")
    )
    return " · ".join(parts)
