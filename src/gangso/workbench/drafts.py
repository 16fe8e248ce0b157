"""Unsaved work of the pages, so that a reload or a killed server loses nothing.

A draft belongs to one page: a page that opens one goes on under an id of its own, so that two
browsers never write into the same. The oldest are forgotten.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gangso.scenario import Scenario
from gangso.workbench.records import read_trail, write_trail
from gangso.workbench.session import Step
from gangso.workbench.store import Store, UnknownScenarioError, drafts, now

__all__ = ["Draft", "Drafts"]

# So many are kept on a server; whoever works on a plan writes one.
MOST_DRAFTS = 300


@dataclass(frozen=True)
class Draft:
    """Unsaved work.

    Attributes
    ----------
    territory : str
        Id of the territory.
    scenario : str
        Id of the saved scenario that it began from; empty if from none.
    version : int
        Version of that scenario; 0 without one.
    name, note : str
        What the planner called it, and said of it.
    opened : Scenario
        The scenario as it was opened.
    trail : tuple of Step
        Its states.
    position : int
        Which of them it stands on.
    changed : str
        When, UTC, ISO 8601.
    """

    territory: str
    scenario: str
    version: int
    name: str
    note: str
    opened: Scenario
    trail: tuple[Step, ...]
    position: int
    changed: str = ""


class Drafts:
    """The drafts of one server, in the database of its scenarios.

    Parameters
    ----------
    store : Store
        The database.
    most : int
        How many are kept.
    """

    def __init__(self, store: Store, most: int = MOST_DRAFTS) -> None:
        self._store, self._most = store, most

    def keep(
        self,
        ident: str,
        file: dict[str, object],
        opened: Scenario,
        trail: Sequence[Step],
        position: int,
    ) -> str:
        """Write a draft.

        Parameters
        ----------
        ident : str
            Id under which the page has written before; empty if it has not.
        file : dict
            ``id``, ``version``, ``name``, ``note`` and ``territory`` of what the page shows.
        opened : Scenario
            As it was opened.
        trail : sequence of Step
            Its states.
        position : int
            Which it stands on.

        Returns
        -------
        str
            The id.
        """
        row = {
            "territory": file["territory"], "scenario": file["id"] or "",
            "version": file["version"], "name": file["name"], "note": file["note"],
            "opened": opened.model_dump_json(), "trail": write_trail(trail),
            "position": position, "changed": now(),
        }  # fmt: skip
        with self._store.engine.begin() as db:
            written = ident and db.execute(
                drafts.update().where(drafts.c.id == ident).values(**row)
            ).rowcount  # fmt: skip
            if not written:
                ident = uuid.uuid4().hex
                db.execute(drafts.insert().values(id=ident, **row))
                newest = (
                    sa.select(drafts.c.id)
                    .order_by(drafts.c.changed.desc(), drafts.c.id)
                    .limit(self._most)
                )
                db.execute(drafts.delete().where(drafts.c.id.not_in(newest)))
        return ident

    def get(self, ident: str) -> Draft:
        """Return a draft.

        Parameters
        ----------
        ident : str
            Its id.

        Returns
        -------
        Draft
            The draft.

        Raises
        ------
        UnknownScenarioError
            If there is none, or it was forgotten.
        """
        with self._store.engine.connect() as db:
            row = db.execute(sa.select(drafts).where(drafts.c.id == ident)).mappings().first()
        if row is None:
            raise UnknownScenarioError("no such draft")
        opened = Scenario.model_validate_json(row["opened"])
        names = ("territory", "scenario", "version", "name", "note", "position", "changed")
        return Draft(
            **{name: row[name] for name in names},
            opened=opened,
            trail=read_trail(row["trail"], opened.alliances),
        )

    def recent(self, most: int) -> list[tuple[str, str, str]]:
        """Return id, name and time of the last drafts, the newest first."""
        wanted = (
            sa.select(drafts.c.id, drafts.c.name, drafts.c.changed)
            .order_by(drafts.c.changed.desc(), drafts.c.id)
            .limit(most)
        )
        with self._store.engine.connect() as db:
            return [(row.id, row.name, row.changed) for row in db.execute(wanted)]

    def drop(self, ident: str) -> None:
        """Forget a draft; nothing happens if there is none."""
        with self._store.engine.begin() as db:
            db.execute(drafts.delete().where(drafts.c.id == ident))
