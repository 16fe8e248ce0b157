"""Scenarios kept: named, annotated, with their versions, in SQLite or PostgreSQL.

Every save names the version that it was made from. If somebody else has saved in between, it
is refused and both are told, so that nothing is overwritten silently. A save is on disk when
it returns: SQLite writes ahead and waits for the disk (``synchronous=FULL``).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from gangso.errors import BadInputError, Fault
from gangso.scenario import Scenario
from gangso.texts import LANGUAGES, say
from gangso.workbench.records import (
    EMBEDDED,
    Record,
    StaleError,
    Summary,
    UnknownScenarioError,
    Version,
    read_trail,
    write_trail,
)
from gangso.workbench.session import Step

__all__ = [
    "Record",
    "StaleError",
    "Store",
    "Summary",
    "UnknownScenarioError",
    "Version",
    "drafts",
    "now",
]

_SCHEMA = 1
# So many versions of one scenario are kept; older ones are forgotten.
MOST_VERSIONS = 100

_meta = sa.MetaData()
_schema = sa.Table("gangso_schema", _meta, sa.Column("version", sa.Integer, primary_key=True))
_scenarios = sa.Table(
    "gangso_scenarios", _meta,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("territory", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("changed", sa.Text, nullable=False),
    sa.Column("opened", sa.Text, nullable=False),
    sa.Column("trail", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
)  # fmt: skip
_versions = sa.Table(
    "gangso_versions", _meta,
    sa.Column(
        "scenario", sa.String(32), sa.ForeignKey("gangso_scenarios.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("changed", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)  # fmt: skip
_territories = sa.Table(
    "gangso_territories", _meta,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
)  # fmt: skip
# Unsaved work of the pages; `gangso.workbench.drafts` writes and reads it.
drafts = sa.Table(
    "gangso_drafts", _meta,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("territory", sa.Text, nullable=False),
    sa.Column("scenario", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("opened", sa.Text, nullable=False),
    sa.Column("trail", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
)  # fmt: skip


def now() -> str:
    """Return the time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _driver(url: str) -> URL:
    try:
        made = make_url(url)
    except (SQLAlchemyError, ValueError) as error:
        raise BadInputError([Fault("bad_database", "--database")]) from error
    if made.drivername in ("postgresql", "postgres"):
        made = made.set(drivername="postgresql+psycopg")
    if made.get_backend_name() not in ("sqlite", "postgresql"):
        raise BadInputError([Fault("bad_database", "--database")])
    return made


class Store:
    """The scenarios of one server.

    Parameters
    ----------
    url : str
        ``sqlite:///file`` or ``postgresql://user:password@host/database``. It is never
        printed nor logged.
    most : int
        Most scenarios that are kept; more are refused.

    Raises
    ------
    BadInputError
        If the database cannot be opened, or was made by another version.
    """

    def __init__(self, url: str, most: int = 10_000) -> None:
        self._most = most
        driver = _driver(url)
        try:
            self._engine = sa.create_engine(driver, pool_pre_ping=True)
            if driver.get_backend_name() == "sqlite":
                sa.event.listen(self._engine, "connect", _careful)
            _meta.create_all(self._engine)
            with self._engine.begin() as db:
                found = db.execute(sa.select(_schema.c.version)).scalars().all()
                if not found:
                    db.execute(_schema.insert().values(version=_SCHEMA))
        except ImportError as error:
            raise BadInputError([Fault("no_driver", "--database")]) from error
        except SQLAlchemyError as error:
            # The driver's words may name the host; they never name the password.
            details = {"message": str(getattr(error, "orig", None) or type(error).__name__)}
            raise BadInputError([Fault("database_closed", "--database", details=details)]) from None
        if found and set(found) != {_SCHEMA}:
            raise BadInputError([Fault("other_database", "--database", value=str(max(found)))])

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def create(
        self,
        name: str,
        territory: str,
        opened: Scenario,
        *,
        note: str = "",
        trail: Sequence[Step] = (),
        position: int | None = None,
    ) -> Record:
        """Keep a new scenario.

        Parameters
        ----------
        name : str
            What it is called.
        territory : str
            What it stands on.
        opened : Scenario
            As it was opened.
        note : str
            What the planner says of it.
        trail : sequence of Step
            Its states; by default it has one.
        position : int, optional
            Which it stands on; the last by default.

        Returns
        -------
        Record
            As it was saved, version 1.

        Raises
        ------
        BadInputError
            If there are too many.
        UnknownScenarioError
            If the territory is not there any more.
        """
        states = tuple(trail) or (Step(None, opened.alliances),)
        made = now()
        record = Record(
            uuid.uuid4().hex, name, note, territory, 1, made, made, opened, states,
            len(states) - 1 if position is None else position,
        )  # fmt: skip
        with self._engine.begin() as db:
            db.execute(_scenarios.insert().values(**self._row(record)))
            self._keep_version(db, record)
            if territory != EMBEDDED:  # it may have been deleted since it was opened
                there = sa.select(_territories.c.id).where(_territories.c.id == territory)
                if db.execute(there.with_for_update(read=True)).first() is None:
                    raise _unknown(territory)
            count = db.execute(sa.select(sa.func.count()).select_from(_scenarios)).scalar_one()
            if count > self._most:
                raise BadInputError([Fault("too_many_scenarios", "store", value=f"{self._most:,}")])
        return record

    def all(self) -> list[Summary]:
        """Return all scenarios, the last changed first."""
        columns = [_scenarios.c[name] for name in Summary.__dataclass_fields__]
        wanted = sa.select(*columns).order_by(_scenarios.c.changed.desc(), _scenarios.c.id)
        with self._engine.connect() as db:
            return [Summary(**row) for row in db.execute(wanted).mappings()]

    def get(self, ident: str) -> Record:
        """Return a scenario as it was saved last.

        Parameters
        ----------
        ident : str
            Its id.

        Returns
        -------
        Record
            The scenario.

        Raises
        ------
        UnknownScenarioError
            If there is none.
        """
        with self._engine.connect() as db:
            return self._get(db, ident)

    def save(
        self,
        ident: str,
        base: int,
        *,
        name: str | None = None,
        note: str | None = None,
        trail: Sequence[Step] | None = None,
        position: int | None = None,
    ) -> Record:
        """Save what has changed.

        Parameters
        ----------
        ident : str
            Id of the scenario.
        base : int
            Version that the change was made from.
        name, note : str, optional
            New name and note.
        trail : sequence of Step, optional
            New states.
        position : int, optional
            Which it stands on; with `trail`, the last by default.

        Returns
        -------
        Record
            As it is saved now.

        Raises
        ------
        StaleError
            If somebody else has saved since; nothing is written.
        UnknownScenarioError
            If there is no such scenario.
        """
        changes: dict[str, Any] = {"version": base + 1, "changed": now()}
        if name is not None:
            changes["name"] = name
        if note is not None:
            changes["note"] = note
        if trail is not None:
            changes["trail"] = write_trail(trail)
            changes["position"] = len(trail) - 1 if position is None else position
        elif position is not None:
            changes["position"] = position
        mine = (_scenarios.c.id == ident) & (_scenarios.c.version == base)
        with self._engine.begin() as db:
            # The check and the write are one statement: of two at the same time one finds nothing.
            written = db.execute(_scenarios.update().where(mine).values(**changes)).rowcount
            record = self._get(db, ident)
            if not written:
                raise StaleError(base, record)
            self._keep_version(db, record)
        return record

    def delete(self, ident: str, base: int) -> None:
        """Delete a scenario and its versions.

        Parameters
        ----------
        ident : str
            Its id.
        base : int
            Version that was last seen.

        Raises
        ------
        StaleError
            If somebody else has saved since.
        UnknownScenarioError
            If there is no such scenario.
        """
        with self._engine.begin() as db:
            mine = (_scenarios.c.id == ident) & (_scenarios.c.version == base)
            if not db.execute(_scenarios.delete().where(mine)).rowcount:
                raise StaleError(base, self._get(db, ident))
            db.execute(_versions.delete().where(_versions.c.scenario == ident))

    def versions(self, ident: str) -> list[Version]:
        """Return the saves of a scenario, the newest first.

        Parameters
        ----------
        ident : str
            Its id.

        Returns
        -------
        list of Version
            At most the last hundred.

        Raises
        ------
        UnknownScenarioError
            If there is no such scenario.
        """
        wanted = (
            sa.select(_versions)
            .where(_versions.c.scenario == ident)
            .order_by(_versions.c.version.desc())
        )
        with self._engine.connect() as db:
            rows = db.execute(wanted).mappings().all()
        if not rows:
            raise _unknown(ident)
        return [
            Version(
                row["version"], row["name"], row["note"], row["changed"],
                Scenario.model_validate_json(row["content"]),
            )
            for row in rows
        ]  # fmt: skip

    def add_territory(self, file: str, title: dict[str, str]) -> str:
        """Register an uploaded territory.

        Parameters
        ----------
        file : str
            Its file in the data folder.
        title : dict of str to str
            What it is called, by language.

        Returns
        -------
        str
            Its id.
        """
        ident = uuid.uuid4().hex
        with self._engine.begin() as db:
            db.execute(
                _territories.insert().values(
                    id=ident, file=file, title=json.dumps(title), created=now()
                )
            )
        return ident

    def territories(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Return file and title of the uploaded territories by id, the oldest first."""
        wanted = sa.select(_territories).order_by(_territories.c.created, _territories.c.id)
        with self._engine.connect() as db:
            return {
                row["id"]: (row["file"], json.loads(row["title"]))
                for row in db.execute(wanted).mappings()
            }

    def remove_territory(self, ident: str) -> None:
        """Strike an uploaded territory off, with the drafts that stand on it.

        Parameters
        ----------
        ident : str
            Its id.

        Raises
        ------
        BadInputError
            If saved scenarios stand on it; names some.
        UnknownScenarioError
            If there is none.
        """
        on_it = sa.select(_scenarios.c.name).where(_scenarios.c.territory == ident)
        with self._engine.begin() as db:
            if not db.execute(_territories.delete().where(_territories.c.id == ident)).rowcount:
                raise _unknown(ident)
            # Counted after the deletion, in one transaction: who saves meanwhile is seen or waits.
            names = db.execute(on_it.order_by(_scenarios.c.name).limit(5)).scalars().all()
            if names:
                details = {"names": ", ".join(names)}
                raise BadInputError([Fault("territory_in_use", "store", details=details)])
            db.execute(drafts.delete().where(drafts.c.territory == ident))

    @property
    def engine(self) -> sa.Engine:
        """The database, for what else is kept in it."""
        return self._engine

    @staticmethod
    def _row(record: Record) -> dict[str, Any]:
        return {
            **{name: getattr(record, name) for name in Summary.__dataclass_fields__},
            "opened": record.opened.model_dump_json(),
            "trail": write_trail(record.trail),
            "position": record.position,
        }

    def _get(self, db: sa.Connection, ident: str) -> Record:
        row = db.execute(sa.select(_scenarios).where(_scenarios.c.id == ident)).mappings().first()
        if row is None:
            raise _unknown(ident)
        opened = Scenario.model_validate_json(row["opened"])
        trail = read_trail(row["trail"], opened.alliances)
        return Record(**{**row, "opened": opened, "trail": trail})

    def _keep_version(self, db: sa.Connection, record: Record) -> None:
        db.execute(
            _versions.insert().values(
                scenario=record.id, version=record.version, name=record.name, note=record.note,
                changed=record.changed, content=record.scenario.model_dump_json(),
            )
        )  # fmt: skip
        old = (_versions.c.scenario == record.id) & (
            _versions.c.version <= record.version - MOST_VERSIONS
        )
        db.execute(_versions.delete().where(old))


def _unknown(ident: str) -> UnknownScenarioError:
    words = {lang: say("workbench.unknown", lang, id=ident[:40]) for lang in LANGUAGES}
    return UnknownScenarioError(words["en"])


def _careful(connection: Any, _: Any) -> None:
    """Write ahead, wait for the disk, and wait for others instead of failing."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
