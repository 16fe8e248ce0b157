"""Who pays what for the shared bases of an alliance, and who would rather leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import ceil
from typing import Protocol

import pandas as pd

from gangso.compact.game import (
    Blocking,
    CostGame,
    blocking,
    least_subsidy,
    nucleolus,
    proportional,
    shapley,
    to_whole,
)

__all__ = ["RULES", "CostOf", "Sharing", "Split", "share_costs", "split"]

#: Rules of sharing, from the simplest; ``subsidised`` is the nucleolus of what a subsidy leaves.
RULES = ("population", "use", "capacity", "shapley", "nucleolus", "subsidised")

_WEIGHTED = ("population", "use", "capacity")


class CostOf(Protocol):
    """The siting model: what a coalition of municipalities pays for the bases it needs."""

    def __call__(self, members: tuple[str, ...], /) -> int:
        """Return the cost in whole units of the currency a year; codes are ascending."""


@dataclass(frozen=True, eq=False)
class Split:
    """Every way of sharing the cost of one alliance.

    Attributes
    ----------
    members : tuple of str
        Codes, ascending; players are positions in it.
    game : CostGame
        What every coalition would pay by itself.
    subsidy : int
        The least that must come from outside so that nobody would leave; 0 if the core is
        not empty.
    shares : mapping of str to tuple of int
        What each pays by rule, whole units of the currency; adds up to the cost, and under
        ``subsidised`` to the cost less the subsidy.
    blocking : mapping of str to list of Blocking
        Who would leave under each rule.
    recommended : str
        ``nucleolus``, or ``subsidised`` where the core is empty.
    """

    members: tuple[str, ...]
    game: CostGame
    subsidy: int
    shares: Mapping[str, tuple[int, ...]]
    blocking: Mapping[str, list[Blocking]]
    recommended: str


def split(
    members: Sequence[str],
    cost_of: CostOf,
    weights: Mapping[str, Sequence[Fraction | int] | None],
) -> Split:
    """Share the cost of one alliance by every rule.

    The nucleolus is recommended: if any sharing leaves nobody better off by leaving, it is
    one, and the coalition that gains least by staying gains as much as can be. Where no
    sharing does (the core is empty), the least subsidy is stated and the rest is shared by
    the nucleolus of what it leaves.

    Parameters
    ----------
    members : sequence of str
        Codes of the members.
    cost_of : CostOf
        The siting model; it is asked for every coalition.
    weights : mapping of str to sequence or None
        Residents, use and capacity of each member in the order of `members`; a rule without
        weights is left out.

    Returns
    -------
    Split
        Game, shares, and who would leave.
    """
    order = sorted(range(len(members)), key=lambda i: members[i])
    codes = tuple(members[i] for i in order)
    game = _game(codes, cost_of)
    exact = {
        rule: proportional(game.total, [Fraction(given[i]) for i in order])
        for rule in _WEIGHTED
        if (given := weights.get(rule)) is not None
    }
    shares = {rule: to_whole(parts) for rule, parts in exact.items()}
    shares["shapley"] = to_whole(shapley(game), game)
    shares["nucleolus"] = to_whole(nucleolus(game), game)
    subsidy = ceil(least_subsidy(game))
    recommended = "nucleolus"
    if subsidy or blocking(game, _fractions(shares["nucleolus"])):
        subsidy, shares["subsidised"] = _subsidised(game, subsidy)
        recommended = "subsidised"
    return Split(
        codes,
        game,
        subsidy,
        shares,
        {rule: blocking(game, _fractions(parts)) for rule, parts in shares.items()},
        recommended,
    )


def _fractions(parts: Iterable[int]) -> tuple[Fraction, ...]:
    return tuple(Fraction(part) for part in parts)


def _subsidised(game: CostGame, subsidy: int) -> tuple[int, tuple[int, ...]]:
    """Share what a subsidy leaves, in whole units; a few units more may be needed for that."""
    while True:
        helped = CostGame(game.players, {**game.costs, game.everyone: game.total - subsidy})
        parts = to_whole(nucleolus(helped), helped)
        if not blocking(helped, _fractions(parts)):
            return subsidy, parts
        subsidy += 1  # at most one unit a player: rounded down, no coalition pays too much


@dataclass(frozen=True, eq=False)
class Sharing:
    """Cost sharing of all alliances.

    Attributes
    ----------
    games : DataFrame
        One row an alliance and coalition: ``alliance``, ``coalition`` (codes joined by "|"),
        ``size``, ``cost``.
    shares : DataFrame
        One row an alliance, member and rule: ``alliance``, ``municipality``, ``rule``,
        ``share``, ``per_head`` (missing where nobody lives), ``alone`` (what it would pay by
        itself), ``recommended``.
    rules : DataFrame
        One row an alliance and rule: ``alliance``, ``rule``, ``blocking`` (coalitions that
        would leave), ``worst`` (the most that one of them would save), ``recommended``.
    blocking : DataFrame
        One row an alliance, rule and coalition that would leave: ``alliance``, ``rule``,
        ``coalition``, ``saves``.
    alliances : DataFrame
        One row an alliance (index): ``members``, ``cost``, ``alone`` (sum of what each would
        pay by itself), ``saved``, ``core_empty``, ``subsidy``, ``recommended``, ``blocking``
        (under the recommended rule).
    exits : DataFrame
        One row a member and neighbouring alliance: ``municipality``, ``alliance``, ``to``,
        ``share`` (recommended), ``full`` (the other has as many members as are allowed
        already; then the rest is missing), ``offer`` (the least the other could ask: what the
        newcomer adds to its cost), ``saves`` (share less offer; above zero there is something
        to bargain for),
        ``fair`` (the newcomer's share by the nucleolus of the other alliance with it;
        missing where that is full or has nothing to offer), ``moves`` (it would pay less).
    """

    games: pd.DataFrame
    shares: pd.DataFrame
    rules: pd.DataFrame
    blocking: pd.DataFrame
    alliances: pd.DataFrame
    exits: pd.DataFrame


def share_costs(
    alliances: Mapping[str, Sequence[str]],
    cost_of: CostOf,
    weights: pd.DataFrame,
    neighbours: Iterable[tuple[str, str]] = (),
    max_size: int = 5,
) -> Sharing:
    """Share the costs of all alliances and test who would leave for where.

    Parameters
    ----------
    alliances : mapping of str to sequence of str
        Members by alliance.
    cost_of : CostOf
        The siting model.
    weights : DataFrame
        Index ``code``; columns ``population``, ``use``, ``capacity``. A rule is left out in
        an alliance where a member has no figure.
    neighbours : iterable of (str, str)
        Links between municipalities, for the moves.
    max_size : int
        Most members of an alliance.

    Returns
    -------
    Sharing
        The tables.
    """
    splits = {
        name: split(members, cost_of, _weights(weights, members))
        for name, members in alliances.items()
    }
    return Sharing(
        games=_games(splits),
        shares=_shares(splits, weights["population"]),
        rules=_rules(splits),
        blocking=_blocking(splits),
        alliances=_alliances(splits),
        exits=_exits(splits, cost_of, neighbours, max_size),
    )


def _weights(
    weights: pd.DataFrame, members: Sequence[str]
) -> dict[str, Sequence[Fraction | int] | None]:
    found: dict[str, Sequence[Fraction | int] | None] = {}
    for rule in _WEIGHTED:
        own = weights[rule].reindex(list(members))
        found[rule] = None if own.isna().any() else [Fraction(str(value)) for value in own]
    return found


def _codes(made: Split, coalition: Iterable[int]) -> str:
    return "|".join(made.members[p] for p in sorted(coalition))


def _games(splits: Mapping[str, Split]) -> pd.DataFrame:
    rows = [
        (name, _codes(made, s), len(s), int(made.game.costs[s]))
        for name, made in splits.items()
        for s in made.game.coalitions()
    ]
    return pd.DataFrame(rows, columns=["alliance", "coalition", "size", "cost"])


def _shares(splits: Mapping[str, Split], population: pd.Series) -> pd.DataFrame:
    rows = []
    for name, made in splits.items():
        for rule in (rule for rule in RULES if rule in made.shares):
            for p, code in enumerate(made.members):
                share, people = made.shares[rule][p], float(population[code])
                rows.append(
                    (
                        name, code, rule, share, share / people if people else float("nan"),
                        int(made.game.costs[frozenset({p})]), rule == made.recommended,
                    )
                )  # fmt: skip
    columns = ["alliance", "municipality", "rule", "share", "per_head", "alone", "recommended"]
    return pd.DataFrame(rows, columns=columns)


def _rules(splits: Mapping[str, Split]) -> pd.DataFrame:
    rows = [
        (
            name,
            rule,
            len(made.blocking[rule]),
            int(made.blocking[rule][0].saves) if made.blocking[rule] else 0,
            rule == made.recommended,
        )
        for name, made in splits.items()
        for rule in RULES
        if rule in made.shares
    ]
    return pd.DataFrame(rows, columns=["alliance", "rule", "blocking", "worst", "recommended"])


def _blocking(splits: Mapping[str, Split]) -> pd.DataFrame:
    rows = [
        (name, rule, _codes(made, found.coalition), int(found.saves))
        for name, made in splits.items()
        for rule in RULES
        for found in made.blocking.get(rule, ())
    ]
    return pd.DataFrame(rows, columns=["alliance", "rule", "coalition", "saves"])


def _alliances(splits: Mapping[str, Split]) -> pd.DataFrame:
    rows = {}
    for name, made in splits.items():
        alone = sum(made.game.costs[frozenset({p})] for p in range(made.game.players))
        rows[name] = {
            "members": "|".join(made.members),
            "cost": int(made.game.total),
            "alone": int(alone),
            "saved": int(alone - made.game.total),
            "core_empty": least_subsidy(made.game) > 0,
            "subsidy": made.subsidy,
            "recommended": made.recommended,
            "blocking": len(made.blocking[made.recommended]),
        }
    columns = [
        "members", "cost", "alone", "saved", "core_empty", "subsidy", "recommended", "blocking",
    ]  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("alliance")


def _exits(
    splits: Mapping[str, Split],
    cost_of: CostOf,
    neighbours: Iterable[tuple[str, str]],
    max_size: int,
) -> pd.DataFrame:
    """Test every move to a neighbouring alliance.

    The least the other alliance could ask without paying more itself is what the newcomer
    adds to its cost; if that is no less than its share, no bargain can lure it away. What it
    would really pay is shared by the same rule as everywhere.
    """
    home = {code: name for name, made in splits.items() for code in made.members}
    possible = set()
    for a, b in neighbours:
        for one, other in ((a, b), (b, a)):
            if one in home and other in home and home[one] != home[other]:
                possible.add((one, home[other]))
    rows = []
    for code, to in sorted(possible):
        own, there = splits[home[code]], splits[to]
        share = own.shares[own.recommended][own.members.index(code)]
        full = len(there.members) >= max_size
        offer = fair = None
        if not full:
            together = tuple(sorted((*there.members, code)))
            offer = cost_of(together) - int(there.game.total)
            if offer < share:
                fair = _fair(together, cost_of)[together.index(code)]
        saves = None if offer is None else share - offer
        moves = fair is not None and fair < share
        rows.append((code, home[code], to, share, offer, saves, full, fair, moves))
    columns = [
        "municipality", "alliance", "to", "share", "offer", "saves", "full", "fair", "moves",
    ]  # fmt: skip
    whole = dict.fromkeys(("offer", "saves", "fair"), "Int64")
    return pd.DataFrame(rows, columns=columns).astype({**whole, "moves": bool})


def _fair(members: tuple[str, ...], cost_of: CostOf) -> tuple[int, ...]:
    game = _game(members, cost_of)
    return to_whole(nucleolus(game), game)


def _game(members: tuple[str, ...], cost_of: CostOf) -> CostGame:
    players = range(len(members))
    coalitions = [s for size in range(1, len(members) + 1) for s in combinations(players, size)]
    return CostGame(
        len(members),
        {frozenset(s): Fraction(cost_of(tuple(members[p] for p in s))) for s in coalitions},
    )
