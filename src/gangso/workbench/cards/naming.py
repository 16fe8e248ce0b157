"""Names and locks, as every card shows them."""

from __future__ import annotations

from gangso.texts import LANGUAGES
from gangso.workbench.edits import Lock, locks_of
from gangso.workbench.ground import Ground
from gangso.workbench.session import Session

__all__ = ["locks_naming", "names_of"]


def locks_naming(session: Session, codes: set[str]) -> tuple[Lock, ...]:
    """Return the locks in force that name any of some municipalities."""
    options = session.scenario.alliances
    return tuple(lock for lock in locks_of(options) if codes & set(lock.codes))


def names_of(ground: Ground, code: str) -> dict[str, str]:
    """Return the name of a municipality by language."""
    return {lang: str(ground.territory.names(lang).loc[code]) for lang in LANGUAGES}
