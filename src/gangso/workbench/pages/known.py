"""What a page has asked for that takes a while: found once, in a thread, while the page lives."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from nicegui import background_tasks, run

from gangso.engine import CancelledError
from gangso.errors import GangsoError

__all__ = ["Answered", "Known"]


@dataclass(frozen=True)
class Answered:
    """An answer, or why there is none.

    Attributes
    ----------
    value : object
        The answer; None if there is none.
    missing : GangsoError or None
        Why there is none.
    """

    value: Any = None
    missing: GangsoError | None = None


class Known:
    """Answers by key.

    Parameters
    ----------
    told : callable
        Called on the page's own thread whenever an answer has come.
    """

    def __init__(self, told: Callable[[Hashable], None]) -> None:
        self._told = told
        self._found: dict[Hashable, Answered] = {}
        self._asked: set[Hashable] = set()

    def get(self, key: Hashable) -> Answered | None:
        """Return an answer if it is there."""
        return self._found.get(key)

    def waiting(self, key: Hashable) -> bool:
        """Whether something was asked for and is not answered."""
        return key in self._asked

    def ask(self, key: Hashable, find: Callable[[], Any]) -> Answered | None:
        """Return an answer; if it is not there, have it found and return None.

        Parameters
        ----------
        key : hashable
            What is asked; holds everything that the answer depends on.
        find : callable
            Finds it; run in a thread.

        Returns
        -------
        Answered or None
            The answer, or None while it is being found.
        """
        if key in self._found:
            return self._found[key]
        if key not in self._asked:
            self._asked.add(key)
            background_tasks.create(self._find(key, find))
        return None

    async def _find(self, key: Hashable, find: Callable[[], Any]) -> None:
        try:
            found = await run.io_bound(lambda: (find(),))
            if found is None:  # the server stops
                return
            answer = Answered(value=found[0])
        except CancelledError:  # nobody waits for it any more
            self._asked.discard(key)
            return
        except GangsoError as error:
            answer = Answered(missing=error)
        self._found[key] = answer
        self._asked.discard(key)
        if len(self._found) > 400:  # a long day at one page
            self._found.pop(next(iter(self._found)))
        self._told(key)
