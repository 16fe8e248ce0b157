"""Long work: a whole plan with its brief, maps and tables, made in a process of its own.

A job lives in its folder: what was asked (``scenario.yaml``), how it stands (``job.json``) and
what came of it (``plan/``). The process can be stopped at any moment, gives its memory back,
and cannot take the server down with it. A server that is started again finds its jobs; those
that were under way are marked as interrupted.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import queue
import shutil
import threading
import traceback
import uuid
import zipfile
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from gangso.errors import BadInputError, Fault, GangsoError, InfeasibleError
from gangso.scenario import Scenario
from gangso.texts import LANGUAGES

__all__ = ["BusyError", "Job", "Jobs", "UnknownJobError"]

State = Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]
_OPEN = ("waiting", "running")
_ZIP = "plan.zip"


class BusyError(GangsoError, RuntimeError):
    """The server has as much work as it takes; ask again later."""


class UnknownJobError(GangsoError, LookupError):
    """There is no such job, or it has no such file."""


@dataclass(frozen=True)
class Job:
    """A job and how it stands.

    Attributes
    ----------
    id : str
        Its id.
    title : str
        Name of the scenario.
    state : str
        ``waiting``, ``running``, ``done``, ``failed``, ``cancelled`` or ``interrupted`` (by
        the end of the server).
    step : str
        What is being done (key of ``step.<key>``).
    progress : float
        Share of that step.
    created, changed : str
        When, UTC.
    problem : dict of str to list of str
        Why it failed, by language; empty if it did not.
    files : tuple of str
        What can be fetched.
    """

    id: str
    title: str
    state: State
    step: str
    progress: float
    created: str
    changed: str
    problem: dict[str, list[str]]
    files: tuple[str, ...]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _work(scenario_json: str, package: str | None, out: str, end: Connection) -> None:
    """Make a plan, write its folder, and tell how it went."""
    from gangso import opening, planning
    from gangso.report import write_plan
    from gangso.territory.load import load

    try:
        scenario = Scenario.model_validate_json(scenario_json)
        end.send(("progress", "territory", 0.0))
        territory = opening.open_territory(scenario.territory) if package is None else load(package)

        def tell(step: str, share: float, _: object = None) -> None:
            end.send(("progress", step, share))

        made = planning.plan(scenario, territory=territory, progress=tell)
        tell("report", 0.0)
        folder = Path(out)
        write_plan(made, folder, scenario.language, lambda share: tell("report", share))
        with zipfile.ZipFile(folder.parent / _ZIP, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder).as_posix())
        end.send(("done",))
    except BadInputError as error:
        said = {
            lang: [f"{f.problem(lang)} {f.fix(lang)}" for f in error.faults] for lang in LANGUAGES
        }
        end.send(("failed", said))
    except InfeasibleError as error:
        said = {lang: [*error.culprits[lang], error.way_out[lang]] for lang in LANGUAGES}
        end.send(("failed", said))
    except Exception as error:
        traceback.print_exc()  # the operator's log
        end.send(("failed", {lang: [type(error).__name__] for lang in LANGUAGES}))
    finally:
        end.close()


def _apart(scenario_json: str, package: str | None, out: str, end: Connection) -> None:
    """Do the work in a process of its own."""
    if hasattr(os, "nice"):
        os.nice(5)  # whoever waits at a screen goes first
    _work(scenario_json, package, out, end)


class Jobs:
    """The jobs of one server.

    Parameters
    ----------
    folder : Path
        Where they live.
    running : int
        How many run at the same time.
    waiting : int
        How many more may wait; more are refused.
    kept : int
        How many that are over are kept; the oldest are deleted with their files.
    """

    def __init__(self, folder: Path, running: int = 1, waiting: int = 8, kept: int = 30) -> None:
        self._folder, self._most, self._kept = folder, running + waiting, kept
        self._guard = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._asked: dict[str, tuple[str, str | None]] = {}
        self._stop: dict[str, threading.Event] = {}
        self._queue: queue.Queue[str | None] = queue.Queue()
        folder.mkdir(parents=True, exist_ok=True)
        self._recover()
        self._threads = [
            threading.Thread(target=self._serve, name=f"job-{number}", daemon=True)
            for number in range(running)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, scenario: Scenario, package: Path | None = None) -> Job:
        """Have a whole plan made.

        Parameters
        ----------
        scenario : Scenario
            What is asked for.
        package : Path, optional
            Package of its territory; by default the one that the scenario names.

        Returns
        -------
        Job
            The job, waiting.

        Raises
        ------
        BusyError
            If there are too many.
        """
        with self._guard:
            if sum(job.state in _OPEN for job in self._jobs.values()) >= self._most:
                raise BusyError("too many jobs")
            now = _now()
            job = Job(uuid.uuid4().hex, scenario.name, "waiting", "", 0.0, now, now, {}, ())
            home = self._folder / job.id
            home.mkdir()
            (home / "scenario.yaml").write_text(scenario.to_yaml(), encoding="utf-8")
            named = None if package is None else str(package)
            self._asked[job.id] = (scenario.model_dump_json(), named)
            self._stop[job.id] = threading.Event()
            self._put(job)
            self._forget()
        self._queue.put(job.id)
        return job

    def all(self) -> list[Job]:
        """Return all jobs, the newest first."""
        with self._guard:
            return sorted(self._jobs.values(), key=lambda job: job.created, reverse=True)

    def get(self, ident: str) -> Job:
        """Return a job.

        Parameters
        ----------
        ident : str
            Its id.

        Returns
        -------
        Job
            As it stands.

        Raises
        ------
        UnknownJobError
            If there is none.
        """
        with self._guard:
            if ident not in self._jobs:
                raise UnknownJobError(ident[:40])
            return self._jobs[ident]

    def cancel(self, ident: str) -> Job:
        """Stop a job; one that is over stays as it is.

        Parameters
        ----------
        ident : str
            Its id.

        Returns
        -------
        Job
            As it stands; a running one is over within a second.

        Raises
        ------
        UnknownJobError
            If there is none.
        """
        with self._guard:
            job = self.get(ident)
            if job.state in _OPEN:
                self._stop[ident].set()
            if job.state == "waiting":
                job = self._over(job, "cancelled")
            return job

    def file(self, ident: str, name: str) -> Path:
        """Return the path of a file that a job has made.

        Parameters
        ----------
        ident : str
            Id of the job.
        name : str
            One of its `Job.files`.

        Returns
        -------
        Path
            Inside the job's folder.

        Raises
        ------
        UnknownJobError
            If there is no such job or file.
        """
        if name not in self.get(ident).files:  # nothing else is reached, whatever the name says
            raise UnknownJobError(name[:80])
        home = self._folder / ident
        return home / name if name == _ZIP else home / "plan" / name

    def close(self) -> None:
        """Stop everything; what was under way is marked as interrupted."""
        with self._guard:
            for ident, job in self._jobs.items():
                if job.state == "waiting":
                    self._over(job, "interrupted")
                elif job.state == "running":
                    self._put(replace(job, state="interrupted", changed=_now()))
                    self._stop[ident].set()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=10)

    # -- inside --------------------------------------------------------------------------

    def _recover(self) -> None:
        for path in sorted(self._folder.glob("*/job.json")):
            try:
                said = json.loads(path.read_text(encoding="utf-8"))
                job = Job(**{**said, "files": tuple(said["files"])})
            except (OSError, ValueError, TypeError, KeyError):
                continue  # not of ours
            if job.id == path.parent.name:
                self._jobs[job.id] = job
                if job.state in _OPEN:
                    self._over(job, "interrupted")

    def _put(self, job: Job, *, write: bool = True) -> Job:
        with self._guard:
            self._jobs[job.id] = job
            if write:
                home = self._folder / job.id
                fresh = home / ".job.json"
                fresh.write_text(json.dumps(asdict(job), ensure_ascii=False), encoding="utf-8")
                fresh.replace(home / "job.json")
        return job

    def _over(self, job: Job, state: State, problem: dict[str, list[str]] | None = None) -> Job:
        home = self._folder / job.id
        files: tuple[str, ...] = ()
        if state == "done":
            plan = home / "plan"
            listed = (p.relative_to(plan).as_posix() for p in plan.rglob("*") if p.is_file())
            files = (_ZIP, *sorted(listed))
        else:
            shutil.rmtree(home / "plan", ignore_errors=True)
        self._asked.pop(job.id, None)
        return self._put(
            replace(job, state=state, changed=_now(), problem=problem or {}, files=files)
        )

    def _forget(self) -> None:
        over = [job for job in self.all() if job.state not in _OPEN]
        for job in over[self._kept :]:
            del self._jobs[job.id]
            self._stop.pop(job.id, None)
            shutil.rmtree(self._folder / job.id, ignore_errors=True)

    def _serve(self) -> None:
        while (ident := self._queue.get()) is not None:
            with self._guard:
                job = self._jobs.get(ident)
                if job is None or job.state != "waiting":
                    continue
                job = self._put(replace(job, state="running", changed=_now()))
                asked, stop = self._asked[ident], self._stop[ident]
            try:
                state, problem = self._run(job, asked, stop)
            except OSError as error:  # no memory or no disk for one more process
                state, problem = "failed", {lang: [type(error).__name__] for lang in LANGUAGES}
            with self._guard:
                if self._jobs[ident].state == "running":
                    self._over(self._jobs[ident], state, problem)

    def _run(
        self, job: Job, asked: tuple[str, str | None], stop: threading.Event
    ) -> tuple[State, dict[str, list[str]]]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        out = str(self._folder / job.id / "plan")
        process = context.Process(target=_apart, args=(*asked, out, theirs), daemon=True)
        process.start()
        theirs.close()
        try:
            while not stop.is_set():
                if not ours.poll(0.2):
                    continue
                said: tuple[Any, ...] = ours.recv()
                if said[0] == "done":
                    return "done", {}
                if said[0] == "failed":
                    return "failed", said[1]
                with self._guard:
                    now = self._jobs[job.id]
                    self._put(replace(now, step=said[1], progress=said[2]), write=False)
            return "cancelled", {}
        except EOFError:  # it died without a word: out of memory, or killed
            fault = Fault("job_died", "job")
            return "failed", {
                lang: [f"{fault.problem(lang)} {fault.fix(lang)}"] for lang in LANGUAGES
            }
        finally:
            process.join(timeout=0 if stop.is_set() else 5)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
            ours.close()
            for left in (self._folder / job.id).glob(".plan-*"):  # half-written
                shutil.rmtree(left, ignore_errors=True)
