"""What a planner can change in one move, each as the scenario the command line takes says it.

An edit changes the options of the alliances and nothing else: what it says is what
``alliances:`` in the scenario file says, so that a saved scenario and a scenario written by
hand are one and the same thing.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from gangso.errors import BadInputError, Fault
from gangso.scenario import AllianceOptions
from gangso.scenario.base import Code, Frozen

__all__ = [
    "Edit",
    "FixAlliance",
    "Forbid",
    "Lock",
    "LockTogether",
    "Reset",
    "SetSize",
    "SetTarget",
    "SetWeights",
    "StandAlone",
    "Unlock",
    "locks_of",
]

Pair = tuple[Code, Code]


class LockTogether(Frozen):
    """Two municipalities belong to one alliance (``must_link``)."""

    kind: Literal["together"] = "together"
    codes: Pair


class Forbid(Frozen):
    """Two municipalities never belong to one alliance (``cannot_link``)."""

    kind: Literal["apart"] = "apart"
    codes: Pair


class StandAlone(Frozen):
    """A municipality stays out of every alliance (``stand_alone``)."""

    kind: Literal["alone"] = "alone"
    codes: tuple[Code]


class FixAlliance(Frozen):
    """These municipalities, and no others, are an alliance (``fixed``)."""

    kind: Literal["fix"] = "fix"
    codes: tuple[Code, ...] = Field(min_length=1, max_length=8)


class SetWeights(Frozen):
    """Weights of some criteria; the others stay as they are."""

    kind: Literal["weights"] = "weights"
    weights: dict[str, Annotated[float, Field(ge=0)]] = Field(min_length=1)


class SetTarget(Frozen):
    """Residents that an alliance should have."""

    kind: Literal["target"] = "target"
    population: float = Field(gt=0)


class SetSize(Frozen):
    """Fewest and most members of an alliance."""

    kind: Literal["size"] = "size"
    min_size: int = Field(ge=1, le=8)
    max_size: int = Field(ge=1, le=8)


Lock = Annotated[LockTogether | Forbid | StandAlone | FixAlliance, Field(discriminator="kind")]


class Unlock(Frozen):
    """A lock is taken away."""

    kind: Literal["unlock"] = "unlock"
    lock: Lock


class Reset(Frozen):
    """Something goes back to what the scenario said when it was opened."""

    kind: Literal["reset"] = "reset"
    what: Literal["weights", "target", "size", "locks"]


Edit = Annotated[
    LockTogether
    | Forbid
    | StandAlone
    | FixAlliance
    | SetWeights
    | SetTarget
    | SetSize
    | Unlock
    | Reset,
    Field(discriminator="kind"),
]

# Which option of the alliances holds a kind of lock.
_OPTION = {
    "together": "must_link",
    "apart": "cannot_link",
    "alone": "stand_alone",
    "fix": "fixed",
}
_KINDS: dict[str, type[LockTogether | Forbid | StandAlone | FixAlliance]] = {
    "together": LockTogether,
    "apart": Forbid,
    "alone": StandAlone,
    "fix": FixAlliance,
}
_RESET = {
    "weights": ("weights",),
    "target": ("target_population",),
    "size": ("min_size", "max_size"),
    "locks": tuple(_OPTION.values()),
}


def locks_of(options: AllianceOptions) -> tuple[Lock, ...]:
    """Return the locks in force.

    Parameters
    ----------
    options : AllianceOptions
        Options of the alliances.

    Returns
    -------
    tuple of Lock
        By kind, in the order of the scenario.
    """
    found: list[Lock] = []
    for kind, option in _OPTION.items():
        for entry in getattr(options, option):
            codes = (entry,) if isinstance(entry, str) else tuple(entry)
            # Not validated: a scenario of the command line may fix more than eight.
            found.append(_KINDS[kind].model_construct(kind=kind, codes=codes))  # type: ignore[arg-type]
    return tuple(found)


def _same(kind: str, one: Any, other: Any) -> bool:
    """Whether two entries of an option say the same; the order of codes has no meaning."""
    return one == other if kind == "alone" else set(one) == set(other)


def _entries(options: AllianceOptions, lock: Lock) -> tuple[str, list[Any], Any]:
    """Option that holds a lock, its entries without the lock, and the lock as an entry."""
    option = _OPTION[lock.kind]
    entry = lock.codes[0] if lock.kind == "alone" else lock.codes
    others = [e for e in getattr(options, option) if not _same(lock.kind, e, entry)]
    return option, others, entry


def changes_of(edit: Edit, options: AllianceOptions, first: AllianceOptions) -> dict[str, Any]:
    """Say an edit as options of the alliances.

    Parameters
    ----------
    edit : Edit
        The edit.
    options : AllianceOptions
        Options before it.
    first : AllianceOptions
        Options to which `Reset` goes back.

    Returns
    -------
    dict
        The options that it sets; a lock that is in force already sets none.

    Raises
    ------
    BadInputError
        If it takes away a lock that is not in force.
    """
    match edit:
        case SetWeights():
            return {"weights": {**options.weights, **edit.weights}}
        case SetTarget():
            return {"target_population": edit.population}
        case SetSize():
            return {"min_size": edit.min_size, "max_size": edit.max_size}
        case Reset():
            return {name: getattr(first, name) for name in _RESET[edit.what]}
        case Unlock():
            option, others, entry = _entries(options, edit.lock)
            if len(others) == len(getattr(options, option)):
                value = entry if isinstance(entry, str) else "|".join(entry)
                raise BadInputError(
                    [Fault("no_such_lock", "scenario", None, f"alliances.{option}", value)]
                )
            return {option: tuple(others)}
        case _:
            option, others, entry = _entries(options, edit)
            if len(others) < len(getattr(options, option)):
                return {}
            return {option: (*others, entry)}


def apply(edit: Edit, options: AllianceOptions, first: AllianceOptions) -> AllianceOptions:
    """Return the options of the alliances after an edit.

    Parameters
    ----------
    edit : Edit
        The edit.
    options : AllianceOptions
        Options before it.
    first : AllianceOptions
        Options to which `Reset` goes back.

    Returns
    -------
    AllianceOptions
        The very same object if the edit changes nothing.

    Raises
    ------
    BadInputError
        If the options that result cannot be (all weights nil, fewest above most ...).
    """
    changes = changes_of(edit, options, first)
    if all(getattr(options, name) == value for name, value in changes.items()):
        return options
    try:
        return AllianceOptions.model_validate({**dict(options), **changes})
    except ValidationError as error:
        raise BadInputError(
            Fault(
                "scenario",
                "scenario",
                column=".".join(["alliances", *(str(part) for part in item["loc"])]),
                value=None if not item["loc"] else str(item["input"])[:80],
                details={"message": item["msg"]},
            )
            for item in error.errors()
        ) from error
