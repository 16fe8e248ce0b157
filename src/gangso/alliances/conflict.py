"""Requirements that cannot hold together: the smallest set of them, and the way out.

Nothing here knows what a requirement says; all that is asked is whether some of them can
hold together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

__all__ = ["Conflict", "find_conflict"]

Feasible = Callable[[Sequence[int]], bool]


@dataclass(frozen=True)
class Conflict:
    """A conflict among numbered requirements.

    Attributes
    ----------
    core : tuple of int
        Requirements that cannot hold together, though any of them dropped the others can.
    smallest : bool
        Whether no conflict has fewer requirements; otherwise `core` is only irreducible.
    repairs : tuple of int
        Requirements of the core of which dropping one alone lets all the others hold.
    correction : tuple of int
        If there is no such requirement: some that have to be dropped together.
    """

    core: tuple[int, ...]
    smallest: bool
    repairs: tuple[int, ...]
    correction: tuple[int, ...] = ()


class _Oracle:
    """Remembers answers, and counts the questions that were really asked."""

    def __init__(self, feasible: Feasible) -> None:
        self._feasible = feasible
        self._known: dict[frozenset[int], bool] = {}
        self.asked = 0

    def __call__(self, some: Sequence[int]) -> bool:
        key = frozenset(some)
        if key not in self._known:
            self.asked += 1
            self._known[key] = self._feasible(sorted(key))
        return self._known[key]


def _irreducible(
    feasible: _Oracle, given: list[int], items: list[int], grown: bool = False
) -> list[int]:
    """Conflict among ``items`` on top of ``given``, by halving (QuickXplain)."""
    if grown and not feasible(given):
        return []
    if len(items) == 1:
        return items
    first, second = items[: len(items) // 2], items[len(items) // 2 :]
    of_second = _irreducible(feasible, [*given, *first], second, True)
    of_first = _irreducible(feasible, [*given, *of_second], first, bool(of_second))
    return [*of_first, *of_second]


def _grow(feasible: _Oracle, kept: list[int], rest: list[int]) -> list[int]:
    """Add as many of ``rest`` as can hold, by halving."""
    if not rest or feasible([*kept, *rest]):
        return [*kept, *rest]
    if len(rest) == 1:
        return kept
    kept = _grow(feasible, kept, rest[: len(rest) // 2])
    return _grow(feasible, kept, rest[len(rest) // 2 :])


def _least_hitting_set(sets: Sequence[frozenset[int]], count: int) -> list[int]:
    rows = np.zeros((len(sets), count))
    for number, items in enumerate(sets):
        rows[number, list(items)] = 1
    found = milp(
        np.ones(count),
        constraints=LinearConstraint(rows, lb=1),
        integrality=np.ones(count, dtype=np.int8),
        bounds=Bounds(0, 1),
    )
    assert found.x is not None  # every set has a member, so there is an answer
    return [int(number) for number in np.flatnonzero(found.x > 0.5)]


def find_conflict(count: int, feasible: Feasible, effort: int) -> Conflict:
    """Find a smallest set of requirements that cannot hold together, and what would mend it.

    A first conflict is found by halving (Junker 2004). Every conflict holds one requirement
    of each *correction* (a set whose dropping makes the question solvable), so a smallest
    set that meets all corrections known so far is either a smallest conflict, or can hold
    and yields a new correction (Ignatiev, Previti, Liffiton, Marques-Silva 2015).

    Parameters
    ----------
    count : int
        Number of requirements; together they cannot hold.
    feasible : callable
        Says whether some of them (ascending numbers) can hold together.
    effort : int
        Questions to ask after the first conflict before settling for an irreducible one.

    Returns
    -------
    Conflict
        The conflict; its core is empty if the question has no answer even without any.

    References
    ----------
    Junker (2004), QuickXplain: preferred explanations and relaxations for over-constrained
    problems, AAAI. Ignatiev, Previti, Liffiton, Marques-Silva (2015), Smallest MUS
    extraction with minimal hitting set dualization, doi:10.1007/978-3-319-23219-5_13.

    Examples
    --------
    >>> find_conflict(4, lambda some: not {1, 3} <= set(some), 50)
    Conflict(core=(1, 3), smallest=True, repairs=(1, 3), correction=())
    """
    oracle = _Oracle(feasible)
    everything = list(range(count))
    if not oracle([]):
        return Conflict((), True, ())
    core = _irreducible(oracle, [], everything)
    repairs = [c for c in core if oracle([other for other in everything if other != c])]
    corrections = [frozenset([c]) for c in repairs]
    limit = oracle.asked + effort
    smallest = False
    while True:
        hit = _least_hitting_set(corrections, count) if corrections else []
        if len(hit) >= len(core):
            smallest = True
            break
        if oracle.asked >= limit:
            break
        if not oracle(hit):
            core, smallest = hit, True
            break
        rest = [c for c in everything if c not in hit]
        corrections.append(frozenset(everything) - frozenset(_grow(oracle, hit, rest)))
    # Requirements that mend everything alone are in every conflict, so in the new core too.
    correction: list[int] = []
    if not repairs:
        known = [items for items in corrections if len(items) > 1]
        known.append(frozenset(everything) - frozenset(_grow(oracle, [], everything)))
        correction = min((sorted(items) for items in known), key=lambda items: (len(items), items))
    return Conflict(tuple(sorted(core)), smallest, tuple(repairs), tuple(correction))
