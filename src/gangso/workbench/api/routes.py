"""Every call of the API. Each is a few lines: the work is done by the office and the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, FastAPI, Path, Query, Response, UploadFile
from fastapi.responses import FileResponse

from gangso.report.tables import spreadsheet
from gangso.workbench.api.errors import RESPONSES, add_errors, problem
from gangso.workbench.api.models import (
    AnyTable,
    EditAnswer,
    EditRequest,
    JobAnswer,
    JobRequest,
    MoveRequest,
    NewScenario,
    PatchRequest,
    PlanAnswer,
    RecordAnswer,
    ScoreRequest,
    SummaryAnswer,
    TerritoryAnswer,
    VersionAnswer,
)
from gangso.workbench.api.plain import answer, plain
from gangso.workbench.cards import (
    alliance_bases,
    alliance_card,
    alliance_compact,
    alliance_fan,
    best_alternative,
    municipality_card,
    municipality_fan,
    national_ledger,
)
from gangso.workbench.change import Change
from gangso.workbench.edits import locks_of
from gangso.workbench.jobs import BusyError
from gangso.workbench.office import Office
from gangso.workbench.session import Session
from gangso.workbench.store import Record, Summary

__all__ = ["add_api"]

Ident = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
TerritoryIdent = Annotated[str, Path(pattern="^([0-9a-f]{32}|korea)$")]
AllianceIdent = Annotated[str, Path(pattern="^A[0-9]{1,7}$")]
Code = Annotated[str, Path(min_length=1, max_length=40)]
FileName = Annotated[str, Path(min_length=1, max_length=200)]
IdentQuery = Annotated[str, Query(pattern="^[0-9a-f]{32}$")]
VersionQuery = Annotated[int, Query(ge=1, le=1 << 31)]


def add_api(app: FastAPI, office: Office) -> None:
    """Serve the API of a workbench.

    Parameters
    ----------
    app : FastAPI
        The application.
    office : Office
        What it serves.
    """
    add_errors(app)
    for part in (_territories, _scenarios, _plans, _cards, _jobs):
        router = APIRouter(prefix="/api", responses=RESPONSES)
        part(router, office)
        app.include_router(router)


def _summary(record: Summary) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Summary.__dataclass_fields__}


def _record(record: Record) -> dict[str, Any]:
    return {
        **_summary(record),
        "scenario": record.scenario,
        "locks": locks_of(record.scenario.alliances),
        "can_undo": record.position > 0,
        "can_redo": record.position < len(record.trail) - 1,
    }


def _change(change: Change) -> dict[str, Any]:
    return {**plain(change), "gainers": change.gainers, "losers": change.losers}


def _opened(office: Office, ident: str) -> tuple[Record, Session]:
    record = office.store.get(ident)
    return record, office.session(record)


def _territories(router: APIRouter, office: Office) -> None:
    @router.get("/territories", response_model=list[TerritoryAnswer])
    def list_territories() -> Response:
        """List the territories."""
        listed = office.territories().items()
        return answer([{"id": ident, "title": title} for ident, title in listed])

    @router.post("/territories", status_code=201, response_model=TerritoryAnswer)
    def upload_territory(package: UploadFile) -> Response:
        """Send a territory package as zip; all its faults are reported at once."""
        with office.turn():
            ident = office.receive(package.file)
        return answer({"id": ident, "title": office.territories()[ident]}, 201)

    @router.delete("/territories/{territory}", status_code=204, response_class=Response)
    def delete_territory(territory: TerritoryIdent) -> Response:
        """Delete an uploaded territory; refused while saved scenarios stand on it."""
        office.forget(territory)
        return Response(status_code=204)

    @router.get("/territories/{territory}/municipalities", response_model=AnyTable)
    def list_municipalities(territory: TerritoryIdent) -> Response:
        """List the municipalities of a territory."""
        return answer(office.ground(territory).territory.municipalities)

    @router.get("/territories/{territory}/package", response_class=FileResponse)
    def download_package(territory: TerritoryIdent) -> Response:
        """Fetch an uploaded package as it was sent."""
        path = office.package(territory)
        if path is None:
            return problem(404, "unknown")
        return FileResponse(path, media_type="application/zip", filename=f"{territory}.zip")


def _scenarios(router: APIRouter, office: Office) -> None:
    @router.get("/scenarios", response_model=list[SummaryAnswer])
    def list_scenarios() -> Response:
        """List the scenarios, the last changed first."""
        return answer([_summary(record) for record in office.store.all()])

    @router.post("/scenarios", status_code=201, response_model=RecordAnswer)
    def create_scenario(asked: NewScenario) -> Response:
        """Keep a new scenario; it is solved first."""
        with office.turn():
            given = asked.yaml if asked.yaml is not None else asked.scenario
            scenario = office.scenario(asked.territory, given)
            record = office.create(asked.name, asked.territory, scenario, note=asked.note)
        return answer(_record(record), 201)

    @router.get("/scenarios/{ident}", response_model=RecordAnswer)
    def get_scenario(ident: Ident) -> Response:
        """Return a scenario as it was saved last."""
        return answer(_record(office.store.get(ident)))

    @router.patch("/scenarios/{ident}", response_model=RecordAnswer)
    def rename_scenario(ident: Ident, asked: PatchRequest) -> Response:
        """Give a scenario another name or note."""
        record = office.store.save(ident, asked.version, name=asked.name, note=asked.note)
        return answer(_record(record))

    @router.delete("/scenarios/{ident}", status_code=204, response_class=Response)
    def delete_scenario(ident: Ident, version: VersionQuery) -> Response:
        """Delete a scenario and its versions."""
        office.store.delete(ident, version)
        return Response(status_code=204)

    @router.get("/scenarios/{ident}/versions", response_model=list[VersionAnswer])
    def list_versions(ident: Ident) -> Response:
        """List the saves of a scenario, the newest first."""
        return answer(
            [
                {
                    **{name: getattr(v, name) for name in ("version", "name", "note", "changed")},
                    "alliances": v.scenario.alliances,
                }
                for v in office.store.versions(ident)
            ]
        )

    @router.get("/scenarios/{ident}/scenario.yaml", response_class=Response)
    def export_scenario(ident: Ident) -> Response:
        """Return a scenario as the command line takes it."""
        text = office.yaml(office.store.get(ident))
        headers = {"Content-Disposition": 'attachment; filename="scenario.yaml"'}
        return Response(text.encode("utf-8"), media_type="application/yaml", headers=headers)

    @router.get("/compare", response_model=dict[str, Any])
    def compare(one: IdentQuery, other: IdentQuery) -> Response:
        """Put two scenarios side by side."""
        records = office.store.get(one), office.store.get(other)
        with office.turn():
            return answer(office.compare(*records))


def _plans(router: APIRouter, office: Office) -> None:
    def move(ident: str, version: int, make: Callable[[Session], Change]) -> Response:
        record = office.store.get(ident)
        if record.version != version:
            # Refused as a save would be, before anything is solved.
            record = office.store.save(ident, version)
        with office.turn():
            session = office.session(record)
            change = make(session)
        if change.adopted and (session.position, session.trail) != (record.position, record.trail):
            record = office.store.save(
                ident, version, trail=session.trail, position=session.position
            )
        return answer({"scenario": _summary(record), "change": _change(change)})

    @router.post("/scenarios/{ident}/edits", response_model=EditAnswer)
    def edit_scenario(ident: Ident, asked: EditRequest) -> Response:
        """Make a move, prove the plan again and save it; without a plan nothing is saved."""
        return move(ident, asked.version, lambda session: session.apply(asked.edit))

    @router.post("/scenarios/{ident}/undo", response_model=EditAnswer)
    def undo(ident: Ident, asked: MoveRequest) -> Response:
        """Take the last move back."""
        return move(ident, asked.version, lambda session: session.undo())

    @router.post("/scenarios/{ident}/redo", response_model=EditAnswer)
    def redo(ident: Ident, asked: MoveRequest) -> Response:
        """Make the move again that was taken back last."""
        return move(ident, asked.version, lambda session: session.redo())

    @router.get("/scenarios/{ident}/plan", response_model=PlanAnswer)
    def get_plan(ident: Ident) -> Response:
        """Return the best plan."""
        with office.turn():
            record, session = _opened(office, ident)
        plan = session.plan
        names = ("status", "cost", "bound", "gap", "candidates", "alliances", "membership",
                 "criteria", "notes")  # fmt: skip
        return answer({"version": record.version, **{n: getattr(plan, n) for n in names}})

    @router.get("/scenarios/{ident}/certificate.json", response_model=dict[str, Any])
    def get_certificate(ident: Ident) -> Response:
        """Return the proof, as ``gangso verify`` reads it."""
        with office.turn():
            return answer(_opened(office, ident)[1].plan.certificate)

    @router.get("/scenarios/{ident}/{table}.csv", response_class=Response)
    def get_table(
        ident: Ident, table: Annotated[str, Path(pattern="^(alliances|membership)$")]
    ) -> Response:
        """Return a table of the plan for a spreadsheet."""
        with office.turn():
            plan = _opened(office, ident)[1].plan
        frame: pd.DataFrame = plan.alliances if table == "alliances" else plan.membership
        headers = {"Content-Disposition": f'attachment; filename="{table}.csv"'}
        return Response(spreadsheet(frame), media_type="text/csv; charset=utf-8", headers=headers)

    @router.get("/scenarios/{ident}/prices", response_model=AnyTable)
    def get_prices(ident: Ident) -> Response:
        """Say for every lock in force what it costs the nation."""
        with office.turn():
            return answer(_opened(office, ident)[1].prices())

    @router.post("/scenarios/{ident}/score", response_model=dict[str, Any])
    def score(ident: Ident, asked: ScoreRequest) -> Response:
        """Weigh alliances made by hand against the best plan."""
        with office.turn():
            found = _opened(office, ident)[1].score(asked.groups)
        return answer({**plain(found), "loss": found.loss})


def _cards(router: APIRouter, office: Office) -> None:
    alliance = "/scenarios/{ident}/alliances/{alliance}"
    place = "/scenarios/{ident}/municipalities/{code}"
    by_alliance: dict[str, Callable[[Session, str], Any]] = {
        "": alliance_card,
        "/bases": alliance_bases,
        "/compact": alliance_compact,
        "/future": alliance_fan,
    }
    by_place = {
        "": municipality_card,
        "/alternative": best_alternative,
        "/future": municipality_fan,
    }

    def add_alliance(end: str, card: Callable[[Session, str], Any]) -> None:
        def get_alliance(ident: Ident, alliance: AllianceIdent) -> Response:
            with office.turn():
                return answer(card(_opened(office, ident)[1], alliance))

        router.add_api_route(
            alliance + end, get_alliance, methods=["GET"], name=card.__name__,
            description=(card.__doc__ or "").split("\n\n")[0], response_model=_model(end),
        )  # fmt: skip

    def add_place(end: str, card: Callable[[Session, str], Any]) -> None:
        def get_place(ident: Ident, code: Code) -> Response:
            with office.turn():
                return answer(card(_opened(office, ident)[1], code))

        router.add_api_route(
            place + end, get_place, methods=["GET"], name=card.__name__,
            description=(card.__doc__ or "").split("\n\n")[0], response_model=_model(end),
        )  # fmt: skip

    for end, of_alliance in by_alliance.items():
        add_alliance(end, of_alliance)
    for end, of_place in by_place.items():
        add_place(end, of_place)

    @router.get("/scenarios/{ident}/ledger", response_model=dict[str, Any])
    def ledger(ident: Ident) -> Response:
        """Draw up the nation's ledger and what the plan makes of it."""
        with office.turn():
            return answer(national_ledger(_opened(office, ident)[1]))


def _model(end: str) -> Any:
    """A table, or a record that may be missing."""
    return AnyTable if end == "/future" else dict[str, Any] | None


def _jobs(router: APIRouter, office: Office) -> None:
    @router.post("/scenarios/{ident}/jobs", status_code=202, response_model=JobAnswer)
    def start_job(ident: Ident, asked: JobRequest) -> Response:
        """Have the whole plan made: brief, GeoPackage, tables."""
        record = office.store.get(ident)
        try:
            return answer(office.start_plan(record, asked.language), 202)
        except BusyError:
            return problem(429, "jobs", headers={"Retry-After": "30"})

    @router.get("/jobs", response_model=list[JobAnswer])
    def list_jobs() -> Response:
        """List the jobs, the newest first."""
        return answer(office.jobs.all())

    @router.get("/jobs/{job}", response_model=JobAnswer)
    def get_job(job: Ident) -> Response:
        """Return how a job stands."""
        return answer(office.jobs.get(job))

    @router.delete("/jobs/{job}", response_model=JobAnswer)
    def cancel_job(job: Ident) -> Response:
        """Stop a job; one that is over stays as it is."""
        return answer(office.jobs.cancel(job))

    @router.get("/jobs/{job}/files/{name:path}", response_class=FileResponse)
    def get_file(job: Ident, name: FileName) -> Response:
        """Fetch a file that a job has made; always as a download, never shown."""
        path = office.jobs.file(job, name)
        return FileResponse(path, filename=path.name, media_type="application/octet-stream")
