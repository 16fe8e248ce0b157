"""Sharing a cost so that nobody is better off leaving: a cooperative game, solved exactly.

The members of an alliance are the players; the cost of a coalition is what its members
would pay for themselves. A sharing is *stable* if no coalition pays more than its own cost
(the core). All figures are rational numbers, so that "stable" is a fact and not a tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import factorial

from gangso.compact.exact import maximise, solve_square

__all__ = [
    "Blocking",
    "CostGame",
    "blocking",
    "least_subsidy",
    "nucleolus",
    "proportional",
    "shapley",
    "to_whole",
]

Coalition = frozenset[int]
Shares = tuple[Fraction, ...]


@dataclass(frozen=True)
class CostGame:
    """What every coalition of a few players would pay by itself.

    Attributes
    ----------
    players : int
        Number of players, numbered from 0.
    costs : mapping of frozenset of int to Fraction
        Cost of each of the ``2 ** players - 1`` coalitions.
    """

    players: int
    costs: Mapping[Coalition, Fraction]

    def __post_init__(self) -> None:
        missing = [sorted(s) for s in self.coalitions() if s not in self.costs]
        if missing:
            raise ValueError(f"the cost of these coalitions is missing: {missing[:5]}")

    @classmethod
    def from_list(cls, players: int, costs: Sequence[Fraction | int]) -> CostGame:
        """Make a game from costs in the order of `coalitions`."""
        listed = zip(_coalitions(players), costs, strict=True)
        return cls(players, {s: Fraction(cost) for s, cost in listed})

    def coalitions(self) -> list[Coalition]:
        """List all coalitions, the smallest first, everybody together last."""
        return _coalitions(self.players)

    @property
    def everyone(self) -> Coalition:
        """All players together."""
        return frozenset(range(self.players))

    @property
    def total(self) -> Fraction:
        """What everybody together pays."""
        return self.costs[self.everyone]


def _coalitions(players: int) -> list[Coalition]:
    sizes = range(1, players + 1)
    return [frozenset(c) for size in sizes for c in combinations(range(players), size)]


@dataclass(frozen=True)
class Blocking:
    """A coalition that would be better off by itself.

    Attributes
    ----------
    coalition : frozenset of int
        Its players.
    saves : Fraction
        How much less it would pay alone.
    """

    coalition: Coalition
    saves: Fraction


def blocking(game: CostGame, shares: Sequence[Fraction]) -> list[Blocking]:
    """Find the coalitions that would leave under a sharing.

    Parameters
    ----------
    game : CostGame
        The game.
    shares : sequence of Fraction, one a player
        What each pays.

    Returns
    -------
    list of Blocking
        Those that pay more than their own cost, the largest saving first; none if the
        sharing is in the core.
    """
    found = [
        Blocking(s, sum((shares[p] for p in s), Fraction(0)) - game.costs[s])
        for s in game.coalitions()
        if s != game.everyone
    ]
    return sorted((b for b in found if b.saves > 0), key=lambda b: (-b.saves, sorted(b.coalition)))


def shapley(game: CostGame) -> Shares:
    """Share a cost by the Shapley value: the mean cost that each adds on joining.

    Parameters
    ----------
    game : CostGame
        The game.

    Returns
    -------
    tuple of Fraction
        Shares, which add up to the total.

    References
    ----------
    Shapley (1953), A value for n-person games, doi:10.1515/9781400881970-018.

    Examples
    --------
    >>> two = CostGame.from_list(2, [6, 8, 10])
    >>> [str(share) for share in shapley(two)]
    ['4', '6']
    """
    n = game.players
    shares = []
    for player in range(n):
        total = Fraction(0)
        for s in [frozenset[int](), *game.coalitions()]:
            if player in s:
                continue
            weight = Fraction(factorial(len(s)) * factorial(n - len(s) - 1), factorial(n))
            total += weight * (game.costs[s | {player}] - (game.costs[s] if s else 0))
        shares.append(total)
    return tuple(shares)


def proportional(total: Fraction, weights: Sequence[Fraction]) -> Shares:
    """Share a cost in proportion to residents, use, or capacity.

    Parameters
    ----------
    total : Fraction
        The cost.
    weights : sequence of Fraction, one a player
        Not negative; if all are zero the shares are equal.

    Returns
    -------
    tuple of Fraction
        Shares, which add up to the total.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight is negative")
    whole = sum(weights, Fraction(0))
    if whole == 0:
        return tuple(total / len(weights) for _ in weights)
    return tuple(total * weight / whole for weight in weights)


def least_subsidy(game: CostGame) -> Fraction:
    """Find the least that must be paid from outside so that nobody would leave.

    The most that can be collected without any coalition paying more than its own cost is a
    linear programme; what it leaves of the total is the subsidy. It is zero exactly if the
    core is not empty (Bondareva 1963; Shapley 1967, doi:10.1002/nav.3800140404), and is the
    *cost of stability* otherwise (Bachrach et al. 2009, doi:10.1007/978-3-642-04645-2_12).

    Parameters
    ----------
    game : CostGame
        The game.

    Returns
    -------
    Fraction
        The subsidy, zero or more.
    """
    # The dual, whose variables are not negative: the cheapest fractional cover of the players.
    coalitions = game.coalitions()
    best = maximise(
        [-game.costs[s] for s in coalitions],
        [[Fraction(int(p in s)) for s in coalitions] for p in range(game.players)],
        [Fraction(1)] * game.players,
    )
    assert best is not None  # everybody together is a cover
    return game.total + best.value


def nucleolus(game: CostGame) -> Shares:
    r"""Share a cost by the nucleolus: the worst-treated coalition is treated as well as can be.

    The excess of a coalition is what it pays beyond its own cost; the largest excess is made
    as small as possible, then the second, and so on. If the core is not empty, the nucleolus
    is in it. With :math:`F` the coalitions that are settled, each step solves

    .. math:: \min \varepsilon \quad x(S) - c(S) \le \varepsilon \; (S \notin F), \quad
              x(S) = c(S) + \varepsilon_S \; (S \in F), \quad x(N) = c(N)

    through its dual in rational arithmetic: a coalition with a positive price binds in
    *every* optimum, so ties are no trouble, and each step settles at least one more.
    Where each can be asked for no more than its own cost, that is required from the start.

    Parameters
    ----------
    game : CostGame
        The game.

    Returns
    -------
    tuple of Fraction
        Shares, which add up to the total.

    References
    ----------
    Schmeidler (1969), The nucleolus of a characteristic function game, doi:10.1137/0117107.
    Young, Okada, Hashimoto (1982), Cost allocation in water resources development,
    doi:10.1029/WR018i003p00463.

    Examples
    --------
    >>> two = CostGame.from_list(2, [6, 8, 10])
    >>> [str(share) for share in nucleolus(two)]
    ['4', '6']
    """
    n = game.players
    one, zero = Fraction(1), Fraction(0)
    own = [game.costs[frozenset({p})] for p in range(n)]
    individual = sum(own, zero) >= game.total
    settled: list[tuple[list[Fraction], Fraction]] = [([one] * n, game.total)]
    while _rank([row for row, _ in settled]) < n:
        open_ones = [
            s
            for s in game.coalitions()
            if not _follows(_indicator(s, n), [row for row, _ in settled])
        ]
        alone = [
            p
            for p in range(n)
            if individual and not _follows(_indicator({p}, n), [row for row, _ in settled])
        ]
        # Dual of the step: prices of open coalitions add up to one; those of settled ones
        # may have either sign and are split in two.
        gain = [-game.costs[s] for s in open_ones]
        gain += [-own[p] for p in alone]
        gain += [value for _, value in settled] + [-value for _, value in settled]
        rows = [
            [-_indicator(s, n)[p] for s in open_ones]
            + [-one if q == p else zero for q in alone]
            + [row[p] for row, _ in settled]
            + [-row[p] for row, _ in settled]
            for p in range(n)
        ]
        rows.append([one] * len(open_ones) + [zero] * (len(alone) + 2 * len(settled)))
        best = maximise(gain, rows, [zero] * n + [one])
        assert best is not None  # a sharing exists, so the dual has a solution
        for position, s in enumerate(open_ones):
            if best.x[position] > 0:
                settled.append((_indicator(s, n), game.costs[s] + best.value))
        for position, p in enumerate(alone):
            if best.x[len(open_ones) + position] > 0:
                settled.append((_indicator({p}, n), own[p]))
    return tuple(solve_square([row for row, _ in settled], [value for _, value in settled]))


def _indicator(coalition: frozenset[int] | set[int], n: int) -> list[Fraction]:
    return [Fraction(int(p in coalition)) for p in range(n)]


def _rank(rows: Sequence[Sequence[Fraction]]) -> int:
    table = [[int(value) for value in row] for row in rows]  # they are zeros and ones
    rank = 0
    for column in range(len(table[0])):
        found = next((r for r in range(rank, len(table)) if table[r][column]), None)
        if found is None:
            continue
        table[rank], table[found] = table[found], table[rank]
        lead = table[rank]
        for r in range(rank + 1, len(table)):
            factor = table[r][column]
            if factor:
                table[r] = [
                    lead[column] * a - factor * b for a, b in zip(table[r], lead, strict=True)
                ]
        rank += 1
    return rank


def _follows(row: list[Fraction], rows: list[list[Fraction]]) -> bool:
    """Whether a coalition's payment follows from those that are settled."""
    return _rank([*rows, row]) == _rank(rows)


def to_whole(shares: Sequence[Fraction], game: CostGame | None = None) -> tuple[int, ...]:
    """Round shares to whole units of the currency so that they add up to the total.

    The largest remainders are rounded up. If a game is given, a rounding that keeps every
    coalition at or below its own cost is looked for first.

    Parameters
    ----------
    shares : sequence of Fraction
        Shares whose sum is a whole number.
    game : CostGame, optional
        The game whose core the rounding should not leave.

    Returns
    -------
    tuple of int
        Whole shares with the same sum.

    Raises
    ------
    ValueError
        If the sum is not a whole number.
    """
    total = sum(shares, Fraction(0))
    if total.denominator != 1:
        raise ValueError("the sum of the shares is not a whole number")
    floors = [int(share // 1) for share in shares]
    up = int(total) - sum(floors)
    ranked = sorted(range(len(shares)), key=lambda p: (floors[p] - shares[p], p))

    def rounded(chosen: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(f + (p in chosen) for p, f in enumerate(floors))

    if game is not None and not blocking(game, shares):
        for chosen in combinations(ranked, up):
            whole = rounded(chosen)
            if not blocking(game, [Fraction(value) for value in whole]):
                return whole
    return rounded(tuple(ranked[:up]))
