"""The council of an alliance: seats by standard apportionment, and the power they carry.

Seats are not power: where one member holds the majority, the seats of the others decide
nothing. So every distribution comes with its power indices, by enumeration, on the
assumption that the delegates of a member vote together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import ceil, factorial
from typing import Literal, get_args

import numpy as np
from apportionment import methods as library

__all__ = [
    "METHODS",
    "Council",
    "Method",
    "apportion",
    "banzhaf",
    "council",
    "shapley_shubik",
    "votes_needed",
]

Method = Literal["degressive", "sainte_lague", "hamilton", "dhondt"]

#: Methods, from the kindest to small members to the least kind.
METHODS: tuple[Method, ...] = get_args(Method)

_IN_LIBRARY = {
    "degressive": "saintelague",
    "sainte_lague": "saintelague",
    "hamilton": "hamilton",
    "dhondt": "dhondt",
}
_FINE = 10**6  # weights of the degressive method are rounded to millionths


@dataclass(frozen=True)
class Council:
    """Seats of a council and what they are worth.

    Attributes
    ----------
    seats : tuple of int
        Seats of each member.
    needed : int
        Votes that carry a decision.
    banzhaf, shapley_shubik : tuple of Fraction
        Power of each member; each adds up to one.
    needed_for_all : int
        The fewest votes, `needed` or more, at which no member is without power.
    """

    seats: tuple[int, ...]
    needed: int
    banzhaf: tuple[Fraction, ...]
    shapley_shubik: tuple[Fraction, ...]
    needed_for_all: int

    @property
    def powerless(self) -> tuple[bool, ...]:
        """Whether each member's votes never make a difference."""
        return tuple(power == 0 for power in self.banzhaf)


def apportion(
    populations: Sequence[int],
    size: int,
    method: Method,
    *,
    minimum: int = 1,
    exponent: float = 0.5,
) -> tuple[int, ...]:
    """Apportion the seats of a council.

    Divisor methods and largest remainders as in Balinski and Young (2001), *Fair
    Representation*. ``degressive`` is Sainte-Laguë on ``population ** exponent``; with the
    exponent 0.5 it is the square-root rule (Penrose 1946, doi:10.2307/2981392). Members that
    would get less than the minimum get the minimum, and the others share the rest by the
    same method; for divisor methods that equals the method with a lower bound.

    Parameters
    ----------
    populations : sequence of int, one a member
        Residents; if all are zero, members count alike.
    size : int
        Seats of the council.
    method : {"degressive", "sainte_lague", "hamilton", "dhondt"}
        Method.
    minimum : int
        Seats that each member has at least.
    exponent : float
        Exponent of ``degressive``: 1 is proportional to residents, 0 is equal seats.

    Returns
    -------
    tuple of int
        Seats, which add up to ``size``. Equal claims go to the more populous member, then
        to the one that is listed first.

    Raises
    ------
    ValueError
        If the seats do not suffice for the minimum, or a population is negative.

    Examples
    --------
    >>> apportion([250_000, 40_000, 30_000], 12, "sainte_lague")
    (9, 2, 1)
    >>> apportion([250_000, 40_000, 30_000], 12, "degressive")
    (7, 3, 2)
    """
    count = len(populations)
    if count * minimum > size:
        raise ValueError(f"{size} seats are too few for {count} members with {minimum} each")
    if any(residents < 0 for residents in populations):
        raise ValueError("a population is negative")
    power = exponent if method == "degressive" else 1.0
    weights = [round(residents**power * _FINE) if residents else 0 for residents in populations]
    if not any(weights):
        weights = [_FINE] * count
    claims = _without_ties(weights, sorted(range(count), key=lambda i: (populations[i], -i)), size)
    at_minimum: set[int] = set()
    while True:
        free = [i for i in range(count) if i not in at_minimum]
        left = size - minimum * len(at_minimum)
        seats = [minimum] * count
        if left and free:
            found = library.compute(
                _IN_LIBRARY[method],
                np.array([claims[i] for i in free], dtype=object),  # or it would make them floats
                left,
                fractions=True,
                tiesallowed=False,
            )
            for i, number in zip(free, found, strict=True):
                seats[i] = int(number)
        short = {i for i in free if seats[i] < minimum}
        if not short:
            return tuple(seats)
        at_minimum |= short


def _without_ties(weights: Sequence[int], upwards: Sequence[int], size: int) -> list[int]:
    """Scale weights and add a trace, so that equal claims differ and unequal ones keep their order.

    The library breaks ties by position, and with largest remainders takes seats from larger
    remainders to do so: it is left no tie to break. Traces add up to zero, so that they do not
    move quotas, and each outweighs the ones before it by more than any ratio of divisors.
    """
    base = 4 * size + 4
    traces = [0] * len(weights)
    for rank, i in enumerate(upwards):
        traces[i] = base**rank
    scale = base ** (len(weights) + 4)
    total = sum(traces)
    return [
        len(weights) * (weight * scale + trace) - total
        for weight, trace in zip(weights, traces, strict=True)
    ]


def votes_needed(size: int, majority: Fraction) -> int:
    """Count the votes that carry a decision.

    Parameters
    ----------
    size : int
        Seats of the council.
    majority : Fraction
        Share of the seats that is asked for; more than half is needed in any case.

    Returns
    -------
    int
        Votes.

    Examples
    --------
    >>> votes_needed(12, Fraction(1, 2)), votes_needed(12, Fraction(2, 3))
    (7, 8)
    """
    return max(size // 2 + 1, ceil(majority * size))


def banzhaf(seats: Sequence[int], needed: int) -> tuple[Fraction, ...]:
    """Measure power as the share in all decisive votes (normalised Banzhaf index).

    Parameters
    ----------
    seats : sequence of int, one a member
        Votes that each member casts together.
    needed : int
        Votes that carry a decision.

    Returns
    -------
    tuple of Fraction
        Power, which adds up to one.

    References
    ----------
    Banzhaf (1965), Weighted voting doesn't work, Rutgers Law Review 19, 317-343.

    Examples
    --------
    >>> [str(power) for power in banzhaf([3, 2, 1], 4)]
    ['3/5', '1/5', '1/5']
    """
    swings = [sum(per_size) for per_size in _swings(seats, needed)]
    whole = sum(swings)
    if whole == 0:
        raise ValueError("not even all members together carry a decision")
    return tuple(Fraction(own, whole) for own in swings)


def shapley_shubik(seats: Sequence[int], needed: int) -> tuple[Fraction, ...]:
    """Measure power as the share of orders of voting in which a member tips the scales.

    Parameters
    ----------
    seats : sequence of int, one a member
        Votes that each member casts together.
    needed : int
        Votes that carry a decision.

    Returns
    -------
    tuple of Fraction
        Power, which adds up to one.

    References
    ----------
    Shapley and Shubik (1954), A method for evaluating the distribution of power in a
    committee system, doi:10.2307/1951053.

    Examples
    --------
    >>> [str(power) for power in shapley_shubik([3, 2, 1], 4)]
    ['2/3', '1/6', '1/6']
    """
    n = len(seats)
    if sum(seats) < needed:
        raise ValueError("not even all members together carry a decision")
    return tuple(
        sum(
            (
                Fraction(swings * factorial(k) * factorial(n - k - 1), factorial(n))
                for k, swings in enumerate(per_size)
            ),
            Fraction(0),
        )
        for per_size in _swings(seats, needed)
    )


def _swings(seats: Sequence[int], needed: int) -> list[list[int]]:
    """Count, by member and by number of others, the coalitions that win only with the member."""
    n = len(seats)
    found = [[0] * n for _ in range(n)]
    for i in range(n):
        others = [seats[j] for j in range(n) if j != i]
        for k in range(n):
            found[i][k] = sum(
                needed - seats[i] <= sum(votes) < needed for votes in combinations(others, k)
            )
    return found


def council(seats: Sequence[int], majority: Fraction) -> Council:
    """Say what the seats of a council are worth.

    Parameters
    ----------
    seats : sequence of int, one a member
        Seats.
    majority : Fraction
        Share of the seats that a decision needs; more than half in any case.

    Returns
    -------
    Council
        Seats, votes needed, power, and the majority at which nobody is without power.
    """
    size = sum(seats)
    needed = votes_needed(size, majority)
    # Unanimity gives power to everyone who has a seat, so the search ends.
    voters = [own for own in seats if own]
    for_all = next(votes for votes in range(needed, size + 1) if all(banzhaf(voters, votes)))
    return Council(
        tuple(seats), needed, banzhaf(seats, needed), shapley_shubik(seats, needed), for_all
    )
