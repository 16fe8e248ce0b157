"""What all pages and clients of one server share: territories, scenarios, jobs, and limits."""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from gangso.errors import BadInputError, Fault, GangsoError
from gangso.opening import open_scenario, open_territory
from gangso.scenario import Scenario
from gangso.territory.load import load
from gangso.workbench.drafts import Draft, Drafts
from gangso.workbench.ground import Ground
from gangso.workbench.jobs import BusyError, Job, Jobs
from gangso.workbench.memory import Memory
from gangso.workbench.records import EMBEDDED
from gangso.workbench.session import Session, Step
from gangso.workbench.sides import Sides, side_by_side
from gangso.workbench.store import Record, Store, UnknownScenarioError
from gangso.workbench.uploads import read_fragment, refuse_costly, refuse_files, take_package

__all__ = ["EMBEDDED", "Office", "Settings", "UnknownTerritoryError"]


class UnknownTerritoryError(GangsoError, LookupError):
    """There is no territory with this id."""


@dataclass(frozen=True)
class Settings:
    """What a server is told when it starts.

    Attributes
    ----------
    data : Path
        Folder of everything that it writes.
    database : str or None
        URL of the database; by default a SQLite file in the data folder.
    most_upload : int
        Largest upload, bytes.
    most_territories, most_scenarios : int
        How many are kept.
    running_jobs, waiting_jobs : int
        How many run at the same time, and how many more may wait.
    solving : int
        How many questions are worked on at the same time.
    waiting : int
        How many more may wait for their turn.
    patience_s : float
        How long one waits for its turn.
    beforehand : bool
        Whether slow answers about the embedded territory are found before anybody asks.
    """

    data: Path
    database: str | None = None
    most_upload: int = 200 << 20
    most_territories: int = 50
    most_scenarios: int = 10_000
    running_jobs: int = 1
    waiting_jobs: int = 8
    solving: int = max(1, os.cpu_count() or 1)
    waiting: int = 200
    patience_s: float = 60.0
    beforehand: bool = False


class Office:
    """The territories, scenarios and jobs of one server; every method is for any thread.

    Parameters
    ----------
    settings : Settings
        Where and how much.

    Attributes
    ----------
    settings : Settings
        As given.
    store : Store
        The scenarios.
    drafts : Drafts
        Unsaved work of the pages.
    jobs : Jobs
        The long work.
    closing : threading.Event
        Set when the server stops.

    Raises
    ------
    BadInputError
        If the data folder or the database cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.closing = threading.Event()
        self._packages = settings.data / "territories"
        self._arriving = settings.data / "arriving"
        try:
            for folder in (self._packages, self._arriving):
                folder.mkdir(parents=True, exist_ok=True)
            for left in self._arriving.iterdir():  # of a server that was killed
                left.unlink()
            self.jobs = Jobs(settings.data / "jobs", settings.running_jobs, settings.waiting_jobs)
        except OSError as error:
            details = {"message": error.strerror or type(error).__name__}
            raise BadInputError(
                [Fault("data_folder", "--data", value=str(settings.data), details=details)]
            ) from error
        url = settings.database or f"sqlite:///{settings.data.absolute() / 'gangso.sqlite'}"
        self.store = Store(url, settings.most_scenarios)
        self.drafts = Drafts(self.store)
        self._grounds: Memory[Ground] = Memory(4)
        self._turns = threading.BoundedSemaphore(settings.solving)
        self._waiting = 0
        self._guard = threading.Lock()

    def close(self) -> None:
        """Stop the jobs and let go of the database."""
        self.closing.set()
        self.jobs.close()
        self.store.close()

    # -- turns ---------------------------------------------------------------------------

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn to work; so many work at the same time, so many may wait.

        Yields
        ------
        None
            During the turn.

        Raises
        ------
        BusyError
            If too many are waiting already, or the turn did not come in time.
        """
        with self._guard:
            if self._waiting >= self.settings.waiting:
                raise BusyError("too many are waiting")
            self._waiting += 1
        try:
            came = self._turns.acquire(timeout=self.settings.patience_s)
        finally:
            with self._guard:
                self._waiting -= 1
        if not came:
            raise BusyError("the turn did not come in time")
        try:
            yield
        finally:
            self._turns.release()

    # -- territories ---------------------------------------------------------------------

    def territories(self) -> dict[str, Mapping[str, str]]:
        """Return titles by language of all territories by id, the embedded one first."""
        uploaded = {ident: title for ident, (_, title) in self.store.territories().items()}
        return {EMBEDDED: self.ground(EMBEDDED).territory.metadata.title, **uploaded}

    def package(self, territory: str) -> Path | None:
        """Return the file of an uploaded territory; None for the embedded one.

        Parameters
        ----------
        territory : str
            Its id.

        Returns
        -------
        Path or None
            In the data folder.

        Raises
        ------
        UnknownTerritoryError
            If there is none.
        """
        if territory == EMBEDDED:
            return None
        known = self.store.territories()
        if territory not in known:
            raise UnknownTerritoryError(territory[:40])
        return self._packages / known[territory][0]

    def ground(self, territory: str = EMBEDDED) -> Ground:
        """Return a territory, opened; the first time takes seconds.

        Parameters
        ----------
        territory : str
            Its id.

        Returns
        -------
        Ground
            Shared by everybody who asks.

        Raises
        ------
        UnknownTerritoryError
            If there is none.
        """
        package = self.package(territory)
        return self._grounds.find(
            territory,
            lambda: Ground(open_territory(EMBEDDED) if package is None else load(package)),
        )

    def opened(self, territory: str) -> Ground | None:
        """Return a territory if it is open already."""
        return self._grounds.get(territory)

    def receive(self, file: BinaryIO) -> str:
        """Take an uploaded package.

        Parameters
        ----------
        file : binary file
            The zip.

        Returns
        -------
        str
            Id of the territory.

        Raises
        ------
        BadInputError
            With every fault of the package; nothing of it is kept then.
        """
        if len(self.store.territories()) >= self.settings.most_territories:
            most = f"{self.settings.most_territories:,}"
            raise BadInputError([Fault("too_many_territories", "store", value=most)])
        # The name that the file had is the sender's affair; ours is drawn.
        arrived = self._arriving / f"{uuid.uuid4().hex}.zip"
        try:
            left = self.settings.most_upload
            with arrived.open("wb") as out:
                while piece := file.read(1 << 20):
                    left -= len(piece)
                    if left < 0:
                        most = f"{self.settings.most_upload >> 20:,} MB"
                        raise BadInputError([Fault("too_large", "package", value=most)])
                    out.write(piece)
            territory = take_package(arrived)
            ground = Ground(territory)
            refuse_costly(ground.defaults)
            kept = self._packages / arrived.name
            shutil.move(arrived, kept)
        finally:
            arrived.unlink(missing_ok=True)
        ident = self.store.add_territory(kept.name, dict(territory.metadata.title))
        self._grounds.find(ident, lambda: ground)
        return ident

    def forget(self, territory: str) -> None:
        """Delete an uploaded territory on which nothing stands any more.

        Parameters
        ----------
        territory : str
            Its id.

        Raises
        ------
        BadInputError
            If it is the embedded one, or saved scenarios stand on it.
        UnknownTerritoryError
            If there is none.
        """
        package = self.package(territory)
        if package is None:
            raise BadInputError([Fault("embedded_territory", "store", value=territory)])
        self.store.remove_territory(territory)
        self._grounds.drop(territory)
        package.unlink(missing_ok=True)

    # -- scenarios -----------------------------------------------------------------------

    def scenario(self, territory: str, fragment: Mapping[str, Any] | str | None = None) -> Scenario:
        """Lay a scenario that was sent over its territory's own.

        Parameters
        ----------
        territory : str
            Id of the territory.
        fragment : mapping or str, optional
            Keys, or YAML; by default the territory's own scenario.

        Returns
        -------
        Scenario
            The resolved scenario.

        Raises
        ------
        BadInputError
            With every fault.
        UnknownTerritoryError
            If there is no such territory.
        """
        ground = self.ground(territory)
        said = read_fragment(fragment) if isinstance(fragment, str) else dict(fragment or {})
        refuse_files(said, ground.territory)
        said.pop("territory", None)
        scenario, _ = open_scenario(said, territory=ground.territory)
        refuse_costly(scenario)
        return scenario

    def session(self, record: Record) -> Session:
        """Open a saved scenario; whoever edits it takes a copy of its own.

        Parameters
        ----------
        record : Record
            As it was saved.

        Returns
        -------
        Session
            Standing where it was saved.

        Raises
        ------
        InfeasibleError
            If no plan satisfies it.
        """
        ground = self.ground(record.territory)
        return Session(ground, record.opened, record.trail, record.position)

    def resume(self, draft: Draft) -> tuple[Session, dict[str, Any], Scenario]:
        """Open a draft.

        Parameters
        ----------
        draft : Draft
            As it was kept.

        Returns
        -------
        session : Session
            Standing where it was left.
        file : dict
            Id and version of the saved scenario that it began from, if it is still there;
            name, note and territory.
        saved : Scenario
            What it is unsaved against.

        Raises
        ------
        InfeasibleError
            If no plan satisfies it.
        """
        ground = self.ground(draft.territory)
        session = Session(ground, draft.opened, draft.trail, draft.position)
        file: dict[str, Any] = {
            name: getattr(draft, name) for name in ("name", "note", "territory", "version")
        }
        try:
            saved = self.store.get(draft.scenario)
        except UnknownScenarioError:
            return session, {**file, "id": None, "version": 0}, draft.opened
        return session, {**file, "id": saved.id}, saved.scenario

    def create(
        self,
        name: str,
        territory: str = EMBEDDED,
        scenario: Scenario | None = None,
        *,
        note: str = "",
        trail: Sequence[Step] = (),
        position: int | None = None,
    ) -> Record:
        """Keep a new scenario; it is solved first, so that what is kept has a plan.

        Parameters
        ----------
        name : str
            What it is called.
        territory : str
            What it stands on.
        scenario : Scenario, optional
            As it was opened; by default the territory's own.
        note : str
            What the planner says of it.
        trail : sequence of Step
            Its states.
        position : int, optional
            Which it stands on.

        Returns
        -------
        Record
            As it was saved.

        Raises
        ------
        BadInputError
            If it does not fit the territory.
        InfeasibleError
            If no plan satisfies it.
        """
        ground = self.ground(territory)
        opened = (scenario or ground.defaults).model_copy(update={"name": name})
        Session(ground, opened, trail, position)
        return self.store.create(name, territory, opened, note=note, trail=trail, position=position)

    def yaml(self, record: Record) -> str:
        """Write a scenario as the command line takes it.

        Parameters
        ----------
        record : Record
            The scenario.

        Returns
        -------
        str
            YAML; an uploaded territory is named as the file that `package` hands out.
        """
        package = self.package(record.territory)
        named = EMBEDDED if package is None else f"{record.territory}.zip"
        said = {"name": record.name, "territory": named}
        return record.scenario.model_copy(update=said).to_yaml()

    def compare(self, one: Record, other: Record) -> Sides:
        """Put two scenarios side by side.

        Parameters
        ----------
        one, other : Record
            The scenarios.

        Returns
        -------
        Sides
            The comparison.

        Raises
        ------
        BadInputError
            If they stand on different territories.
        """
        if one.territory != other.territory:
            raise BadInputError([Fault("other_territory", "scenario", value=other.name)])
        mine, theirs = self.session(one), self.session(other)
        return side_by_side((mine.scenario, mine.plan), (theirs.scenario, theirs.plan))

    def start_plan(self, record: Record, lang: str | None = None) -> Job:
        """Have the whole plan of a scenario made: brief, GeoPackage, tables.

        Parameters
        ----------
        record : Record
            The scenario.
        lang : {"ko", "en"}, optional
            Language of the brief; the scenario's by default.

        Returns
        -------
        Job
            The job.

        Raises
        ------
        BusyError
            If there are too many jobs.
        """
        said: dict[str, Any] = {"name": record.name}
        if lang is not None:
            said["language"] = lang
        return self.jobs.submit(
            record.scenario.model_copy(update=said), self.package(record.territory)
        )
