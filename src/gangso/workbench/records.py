"""What is kept of a scenario, and what can be wrong with keeping it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from gangso.errors import GangsoError
from gangso.scenario import AllianceOptions, Scenario
from gangso.texts import say
from gangso.workbench.edits import Edit
from gangso.workbench.ground import EDITABLE
from gangso.workbench.session import Step

__all__ = [
    "EMBEDDED",
    "Record",
    "StaleError",
    "Summary",
    "UnknownScenarioError",
    "Version",
    "read_trail",
    "write_trail",
]

# Id of the territory that needs no upload.
EMBEDDED = "korea"

_EDIT: TypeAdapter[Any] = TypeAdapter(Edit)


class UnknownScenarioError(GangsoError, LookupError):
    """There is no scenario, version or territory with this id."""


@dataclass(frozen=True)
class Summary:
    """What a list of scenarios shows.

    Attributes
    ----------
    id : str
        Its id.
    name, note : str
        What the planner calls it, and says of it.
    territory : str
        The territory it stands on: ``korea`` or the id of an uploaded one.
    version : int
        Counts its saves, from 1.
    created, changed : str
        When, UTC, ISO 8601.
    """

    id: str
    name: str
    note: str
    territory: str
    version: int
    created: str
    changed: str


@dataclass(frozen=True)
class Record(Summary):
    """A scenario as it was saved last.

    Attributes
    ----------
    opened : Scenario
        The scenario as it was opened.
    trail : tuple of Step
        Its states, those that were undone included.
    position : int
        Which of them it stands on.
    """

    opened: Scenario
    trail: tuple[Step, ...]
    position: int

    @property
    def scenario(self) -> Scenario:
        """The scenario as it stands."""
        options = self.trail[self.position].options
        return self.opened.model_copy(update={"alliances": options})


@dataclass(frozen=True)
class Version:
    """One earlier save.

    Attributes
    ----------
    version : int
        Its number.
    name, note : str
        As they were.
    changed : str
        When, UTC.
    scenario : Scenario
        As it stood.
    """

    version: int
    name: str
    note: str
    changed: str
    scenario: Scenario


class StaleError(GangsoError, RuntimeError):
    """Somebody else has saved since; nothing was written.

    Parameters
    ----------
    base : int
        Version that the refused save was made from.
    theirs : Record
        What stands now.
    """

    def __init__(self, base: int, theirs: Record) -> None:
        self.base, self.theirs = base, theirs
        super().__init__(self.words("en"))

    def words(self, lang: str) -> str:
        """Say what happened."""
        theirs = self.theirs
        return say(
            "workbench.stale", lang, name=theirs.name, base=self.base, version=theirs.version,
            changed=theirs.changed,
        )  # fmt: skip


def write_trail(trail: Sequence[Step]) -> str:
    """Write states as JSON: of each only what edits can change.

    Parameters
    ----------
    trail : sequence of Step
        The states.

    Returns
    -------
    str
        JSON.
    """
    return json.dumps(
        [
            {
                "edit": None if step.edit is None else step.edit.model_dump(mode="json"),
                "options": step.options.model_dump(mode="json", include=EDITABLE),
            }
            for step in trail
        ]
    )


def read_trail(text: str, opened: AllianceOptions) -> tuple[Step, ...]:
    """Read states back.

    Parameters
    ----------
    text : str
        As written by `write_trail`.
    opened : AllianceOptions
        Everything else about the states.

    Returns
    -------
    tuple of Step
        The states.
    """
    return tuple(
        Step(
            None if item["edit"] is None else _EDIT.validate_python(item["edit"]),
            AllianceOptions.model_validate({**dict(opened), **item["options"]}),
        )
        for item in json.loads(text)
    )
