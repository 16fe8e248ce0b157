"""The page: its frame, its fonts and styles, and a desk for whoever opens it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from nicegui import run, ui

from gangso.errors import GangsoError
from gangso.report.fonts import cuts, web_font
from gangso.scenario import Scenario
from gangso.texts import LANGUAGES, say
from gangso.workbench.memory import Memory
from gangso.workbench.office import EMBEDDED, Office
from gangso.workbench.pages.actions import act
from gangso.workbench.pages.desk import Desk
from gangso.workbench.pages.dialogs import file_of  # registers the actions of the dialogs, too
from gangso.workbench.pages.geometry import shapes_json
from gangso.workbench.pages.moves import drawn
from gangso.workbench.pages.parts import Live, PlanMap
from gangso.workbench.pages.state import map_state
from gangso.workbench.pages.view_change import fault_lines
from gangso.workbench.pages.words import Words
from gangso.workbench.session import Session

__all__ = ["add_pages"]

_HERE = Path(__file__).parent
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}

# Before anything is drawn: the theme that was chosen here last, or the system's.
_THEME = """<script>
document.documentElement.lang = "LANG";
document.documentElement.dataset.theme = localStorage.getItem("gangso-theme")
  || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
</script>"""
_HATCH = """<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"
 patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--alone)"/>
<rect width="1.6" height="6" fill="var(--alone-line)"/></pattern></defs></svg>"""


def _faces() -> str:
    return "".join(
        f"@font-face{{font-family:Gangso;font-weight:{weight};font-display:swap;"
        f"src:url(/workbench/font/{weight}.ttf)}}"
        for weight in cuts()
    )


def add_pages(app: FastAPI, office: Office) -> None:
    """Serve the pages of a workbench.

    Parameters
    ----------
    app : FastAPI
        The application; the pages are at ``/``, their files under ``/workbench``.
    office : Office
        What they share.
    """

    shapes: Memory[bytes] = Memory(4)
    at_hand = office.opened(EMBEDDED)
    if at_hand is not None:  # so that the first who opens the page does not wait for them
        shapes.find(at_hand.territory.fingerprint, lambda: shapes_json(at_hand.territory))

    @app.get("/workbench/shapes/{territory}/{fingerprint}.json", include_in_schema=False)
    def send_shapes(territory: str, fingerprint: str) -> Response:
        try:
            opened = office.ground(territory).territory
        except GangsoError:
            return Response(status_code=404)
        if fingerprint != opened.fingerprint:
            return Response(status_code=404)
        content = shapes.find(fingerprint, lambda: shapes_json(opened))
        return Response(content, media_type="application/json", headers=_FOREVER)

    @app.get("/workbench/font/{weight}.ttf", include_in_schema=False)
    def send_font(weight: int) -> Response:
        path = cuts().get(weight)
        if path is None:
            return Response(status_code=404)
        return Response(web_font(path), media_type="font/ttf", headers=_FOREVER)

    @app.get("/workbench/style.css", include_in_schema=False)
    def send_style() -> Response:
        text = _faces() + (_HERE / "style.css").read_text(encoding="utf-8")
        return Response(text, media_type="text/css", headers={"Cache-Control": "no-cache"})

    @ui.page("/", response_timeout=60)
    async def page(request: Request) -> None:
        lang = _language(request)
        asked = {
            key: request.query_params.get(key, "") for key in ("scenario", "territory", "draft")
        }
        await open_page(office, lang, **asked)

    ui.run_with(
        app, title=say("wb.title", "ko"), favicon=_HERE / "favicon.svg", tailwind=False,
        show_welcome_message=False, reconnect_timeout=30,
    )  # fmt: skip


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang") or request.cookies.get("gangso_lang") or ""
    if wanted in LANGUAGES:
        return wanted
    header = request.headers.get("accept-language", "")
    return "en" if header and not header.lower().startswith("ko") else "ko"


async def open_page(
    office: Office, lang: str, scenario: str, territory: str, draft: str = ""
) -> None:
    """Build the page for whoever opens it.

    Parameters
    ----------
    office : Office
        What all pages share.
    lang : {"ko", "en"}
        Language.
    scenario : str
        Id of the saved scenario to open; empty for the territory's own.
    territory : str
        Id of the territory; empty for the embedded one.
    draft : str
        Id of unsaved work to go on with; empty for none.
    """
    ui.page_title(say("wb.title", lang))
    ui.add_head_html(_THEME.replace("LANG", lang))
    ui.add_head_html('<link rel="stylesheet" href="/workbench/style.css">')
    ui.add_body_html(_HATCH)
    opened = await run.io_bound(_session, office, scenario, territory, draft)
    assert opened is not None  # the thread pool is there as long as the server is
    session, file, saved_as, problem = opened
    print_ = session.ground.territory.fingerprint
    shapes = f"/workbench/shapes/{file.get('territory', EMBEDDED)}/{print_}.json"
    # Begun with the page; the map asks for it when its scripts are there.
    ui.add_head_html(f'<link rel="preload" as="fetch" crossorigin href="{shapes}">')
    desk = Desk(session, Words(session.ground.territory, lang), office)
    desk.file |= file
    desk.saved_as, desk.resumed = saved_as, bool(draft and problem is None)
    if problem is not None:
        desk.faults = fault_lines(problem, lang)
    with ui.element("div").classes("desk"):
        for name, tag, classes in (
            ("top", "header", "top"), ("left", "aside", "left"), ("main", "section", "middle"),
            ("side", "aside", "side"), ("nav", "nav", "nav"),
        ):  # fmt: skip
            with ui.element(tag).classes(classes) as holder:
                if name in ("left", "side", "nav", "main"):
                    holder.props(f'aria-label="{say(f"wb.region.{name}", lang)}"')
                if name == "main":
                    desk.map = PlanMap(shapes, say("wb.map.label", lang), map_state(desk))
                    desk.map.on("pick", _heard(desk, "pick"))
                    for inner in ("controls", "ribbon", "legend", "tray"):
                        _region(desk, inner)
                else:
                    _region(desk, name)
        _region(desk, "dialog")
    desk.regions["top"].props("keys")
    assert desk.map is not None

    def closed() -> None:
        desk.gone = True

    ui.context.client.on_delete(closed)
    # What the panels tell is worked out once the map is there, not before.
    desk.map.on("drawn", lambda event: drawn(desk, str(event.args["stamp"])))


def _region(desk: Desk, name: str) -> None:
    region = Live(desk.html(name))
    region.classes(f"region {name}-region")
    region.on("act", _heard(desk))
    desk.regions[name] = region


def _heard(desk: Desk, name: str | None = None) -> Callable[[Any], Any]:
    async def heard(event: Any) -> None:
        what = dict(event.args or {})
        if name is not None:
            what["act"] = name
        await act(desk, what)

    return heard


def _session(
    office: Office, scenario: str, territory: str, draft: str
) -> tuple[Session, dict[str, Any], Scenario, GangsoError | None]:
    """Open what the address names; if that is not there, the embedded territory and why."""
    try:
        if draft:
            return *office.resume(office.drafts.get(draft)), None
        if scenario:
            record = office.store.get(scenario)
            return office.session(record), file_of(record), record.scenario, None
        session = Session(office.ground(territory or EMBEDDED))
        return session, {"territory": territory or EMBEDDED}, session.scenario, None
    except GangsoError as error:
        session = Session(office.ground(EMBEDDED))
        return session, {}, session.scenario, error
