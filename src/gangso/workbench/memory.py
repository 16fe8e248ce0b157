"""What was found once and is asked for again: kept in memory within bounds, found once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Memory"]

T = TypeVar("T")


@dataclass
class _Entry(Generic[T]):
    """One thing, and who is finding it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    value: T | None = None
    weight: int = 0
    found: bool = False


class Memory(Generic[T]):
    """Keeps the things that were used last, up to a total weight.

    Two threads that ask for the same thing at the same time find it once: the second waits
    for the first. If the first fails, the second tries again.

    Parameters
    ----------
    budget : int
        Greatest total weight that is kept.
    weigh : callable, optional
        Weight of a thing; 1 by default.
    least : int
        So many things are kept whatever they weigh.
    """

    def __init__(
        self, budget: int, weigh: Callable[[T], int] | None = None, least: int = 2
    ) -> None:
        self._budget, self._weigh, self._least = budget, weigh or (lambda _: 1), least
        self._entries: OrderedDict[Hashable, _Entry[T]] = OrderedDict()
        self._guard = threading.Lock()

    def __len__(self) -> int:
        """Return the number of things kept."""
        return len(self._entries)

    def get(self, key: Hashable) -> T | None:
        """Return what is kept under a key, or None."""
        with self._guard:
            entry = self._entries.get(key)
            if entry is None or not entry.found:
                return None
            self._entries.move_to_end(key)
            return entry.value

    def find(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept under a key; make and keep it if there is nothing yet.

        Parameters
        ----------
        key : hashable
            The key.
        make : callable
            Makes the thing.

        Returns
        -------
        T
            The thing.
        """
        with self._guard:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
        with entry.lock:
            if entry.found:
                return entry.value  # type: ignore[return-value]
            try:
                entry.value = make()
            except BaseException:
                with self._guard:  # a failure is not kept
                    if self._entries.get(key) is entry:
                        del self._entries[key]
                raise
            entry.weight, entry.found = self._weigh(entry.value), True
            value = entry.value
        self._forget()
        return value

    def drop(self, key: Hashable) -> None:
        """Drop what is kept under a key, if anything is."""
        with self._guard:
            self._entries.pop(key, None)

    def _forget(self) -> None:
        """Drop what was used longest ago until the rest fits."""
        with self._guard:
            done = [key for key, entry in self._entries.items() if entry.found]
            total = sum(self._entries[key].weight for key in done)
            for key in done[: max(0, len(done) - self._least)]:
                if total <= self._budget:
                    break
                total -= self._entries.pop(key).weight
