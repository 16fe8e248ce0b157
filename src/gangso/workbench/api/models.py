"""What the API takes and gives, as its OpenAPI document says it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from gangso.workbench.edits import Edit

__all__ = [
    "AnyTable",
    "ChangeAnswer",
    "EditAnswer",
    "EditRequest",
    "ErrorAnswer",
    "JobAnswer",
    "JobRequest",
    "MoveRequest",
    "NewScenario",
    "PatchRequest",
    "PlanAnswer",
    "RecordAnswer",
    "ScoreRequest",
    "SummaryAnswer",
    "TerritoryAnswer",
    "VersionAnswer",
]

AnyTable = list[dict[str, Any]]
Words = dict[str, str]


def _printable(text: str) -> str:
    """Refuse control characters and halves of characters; they are in no name."""
    if any((ord(c) < 32 and c not in "\n\t") or 0xD800 <= ord(c) < 0xE000 for c in text):
        raise ValueError("control characters are not taken")
    return text


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_printable),
]
Note = Annotated[str, StringConstraints(max_length=5_000), AfterValidator(_printable)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class _Taken(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class NewScenario(_Taken):
    """A scenario to keep; ``scenario`` or ``yaml`` is laid over the territory's own."""

    name: Name
    note: Note = ""
    territory: Annotated[str, StringConstraints(max_length=40)] = "korea"
    scenario: dict[str, Any] | None = None
    yaml: Annotated[str, StringConstraints(max_length=1 << 20)] | None = None


class PatchRequest(_Taken):
    """A new name or note, made from a version."""

    version: int = Field(ge=1, le=1 << 31)
    name: Name | None = None
    note: Note | None = None


class EditRequest(_Taken):
    """An edit, made from a version."""

    version: int = Field(ge=1, le=1 << 31)
    edit: Edit


class MoveRequest(_Taken):
    """Undo or redo, made from a version."""

    version: int = Field(ge=1, le=1 << 31)


class ScoreRequest(_Taken):
    """Alliances made by hand: codes of the members of each."""

    groups: Annotated[
        list[Annotated[list[Code], Field(min_length=1, max_length=50)]],
        Field(min_length=1, max_length=2_000),
    ]


class JobRequest(_Taken):
    """A whole plan to be made."""

    language: Literal["ko", "en"] | None = None


class FaultAnswer(BaseModel):
    """One thing that is wrong, and what would mend it."""

    kind: str
    table: str
    row: int | None
    column: str | None
    value: str | None
    problem: Words
    fix: Words


class ErrorAnswer(BaseModel):
    """Why there is no answer."""

    error: str
    message: Words
    faults: list[FaultAnswer] = []
    conflict: dict[str, Any] | None = None
    theirs: dict[str, Any] | None = None


class SummaryAnswer(BaseModel):
    """A scenario in a list."""

    id: str
    name: str
    note: str
    territory: str
    version: int
    created: str
    changed: str


class RecordAnswer(SummaryAnswer):
    """A scenario as it was saved last."""

    scenario: dict[str, Any]
    locks: AnyTable
    can_undo: bool
    can_redo: bool


class VersionAnswer(BaseModel):
    """An earlier save."""

    version: int
    name: str
    note: str
    changed: str
    alliances: dict[str, Any]


class ChangeAnswer(BaseModel):
    """What a move does; see `gangso.workbench.change.Change`."""

    edit: dict[str, Any]
    move: Literal["apply", "undo", "redo"]
    adopted: bool
    conflict: dict[str, Any] | None
    cost_then: float
    cost_before: float
    cost_after: float
    status: Literal["proven", "gap"]
    bound: float
    gap: float
    by_criterion: dict[str, float]
    moved: list[str]
    formed: list[list[str]]
    dissolved: list[list[str]]
    members: AnyTable
    gainers: list[str]
    losers: list[str]
    price: dict[str, Any] | None
    seconds: float


class EditAnswer(BaseModel):
    """The scenario after a move, and what the move did."""

    scenario: SummaryAnswer
    change: ChangeAnswer


class PlanAnswer(BaseModel):
    """The best plan and its proof."""

    version: int
    status: Literal["proven", "gap"]
    cost: float
    bound: float
    gap: float
    candidates: int
    alliances: AnyTable
    membership: AnyTable
    criteria: AnyTable
    notes: list[Words]


class TerritoryAnswer(BaseModel):
    """A territory."""

    id: str
    title: Words


class JobAnswer(BaseModel):
    """A job and how it stands."""

    id: str
    title: str
    state: Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]
    step: str
    progress: float
    created: str
    changed: str
    problem: dict[str, list[str]]
    files: list[str]
