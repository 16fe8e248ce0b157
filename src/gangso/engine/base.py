"""What every engine is, and the one that needs nobody: pieces one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from gangso.errors import GangsoError

__all__ = [
    "LOOK_UP",
    "Asked",
    "CancelledError",
    "Closing",
    "Engine",
    "Losses",
    "Piece",
    "Result",
    "Serial",
    "Told",
    "WorkersLostError",
    "check",
]

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Told = Callable[[int, int], None]
Asked = Callable[[], bool]

LOOK_UP = 0.2  # seconds between two looks at whether the work was cancelled
# A piece that kills whoever takes it would be tried for ever; after this many losses in a
# row without one result in between it is the piece, or the machine, and the user is told.
_LOSSES = 3


class CancelledError(GangsoError):
    """The work was cancelled by whoever asked for it."""


class WorkersLostError(GangsoError, RuntimeError):
    """Workers died again and again without a result in between."""


class Engine(Protocol):
    """Something that runs independent pieces of work."""

    @property
    def workers(self) -> int:
        """How many pieces run at a time."""

    def map(
        self,
        function: Callable[..., Result],
        pieces: Iterable[Piece],
        *,
        shared: Any = None,
        progress: Told | None = None,
        cancelled: Asked | None = None,
    ) -> list[Result]:
        """Call a function on every piece.

        Parameters
        ----------
        function : callable
            Called as ``function(piece)``, or ``function(shared, piece)`` if something is
            shared. A function of a module (not a lambda), pure: it may be called twice for a
            piece whose worker died.
        pieces : iterable
            Whatever can be pickled. Of a sequence each piece is asked for when its turn
            comes, so that large ones need not be in memory together.
        shared : object, optional
            What all pieces read (tables, candidates). It reaches every worker once, its
            arrays in memory that all workers of a machine have in common; a function
            must not write to it.
        progress : callable, optional
            Called with the number of pieces done and their total.
        cancelled : callable, optional
            Asked now and then; once it says True the rest is given up.

        Returns
        -------
        list
            Results in the order of the pieces.

        Raises
        ------
        CancelledError
            If the work was cancelled.
        WorkersLostError
            If workers die again and again.
        """

    def close(self) -> None:
        """Let the workers go."""

    def __enter__(self) -> Self:
        """Open."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""


class Closing:
    """The context-manager half of every engine."""

    def close(self) -> None:
        """Let the workers go."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def check(cancelled: Asked | None) -> None:
    if cancelled is not None and cancelled():
        raise CancelledError("cancelled")


class Serial(Closing):
    """One piece after the other, in this process."""

    workers = 1

    def map(
        self,
        function: Callable[..., Result],
        pieces: Iterable[Piece],
        *,
        shared: Any = None,
        progress: Told | None = None,
        cancelled: Asked | None = None,
    ) -> list[Result]:
        """See `Engine.map`."""
        todo = pieces if isinstance(pieces, Sequence) else list(pieces)
        results: list[Result] = []
        for piece in todo:
            check(cancelled)
            results.append(function(piece) if shared is None else function(shared, piece))
            if progress is not None:
                progress(len(results), len(todo))
        return results


class Losses:
    """Counts workers that died, and gives up when nothing is done in between."""

    def __init__(self) -> None:
        self._count = 0

    def another(self, error: Exception, *, progress: bool) -> None:
        """Count one more.

        Parameters
        ----------
        error : Exception
            How the loss was told.
        progress : bool
            Whether any piece was done since the last one.

        Raises
        ------
        WorkersLostError
            If it was one too many in a row.
        """
        self._count = 1 if progress else self._count + 1
        if self._count >= _LOSSES:
            raise WorkersLostError(_lost(self._count)) from error


def _lost(losses: int) -> str:
    text = f"workers died {losses} times in a row without a result in between (out of memory?)"
    if not getattr(sys, "ps1", None):
        text += "; a script must start its work under 'if __name__ == \"__main__\":'"
    return text
