"""Draft the whole compact of a plan."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from gangso.alliances import Partition
from gangso.bases import CoalitionCosts
from gangso.compact.councils import councils
from gangso.compact.decentralisation import decentralise
from gangso.compact.functions import assign_functions, budget_notes, register_of
from gangso.compact.moves import plan_changes
from gangso.compact.national import national
from gangso.compact.programmes import match_programmes
from gangso.compact.result import Compact
from gangso.compact.revenue import Revenue, revenue
from gangso.compact.sharing import Sharing, share_costs
from gangso.compact.words import both
from gangso.scenario import CompactOptions
from gangso.territory.model import Territory

__all__ = ["draft_compact"]


def draft_compact(
    territory: Territory,
    found: Partition,
    options: CompactOptions | None = None,
    *,
    costs: CoalitionCosts | None = None,
    year: int | None = None,
    max_size: int = 5,
    small_below: float = 100_000,
) -> Compact:
    """Draft the compact: functions, councils, cost sharing, tax shift, programmes.

    Parameters
    ----------
    territory : Territory
        The territory. Only the municipalities are required; what a missing table costs is
        in the result's notes.
    found : Partition
        The plan of alliances.
    options : CompactOptions, optional
        What is asked for.
    costs : CoalitionCosts, optional
        What any coalition would pay for its bases, from `gangso.bases.plan_bases`; without
        it no cost is shared.
    year : int, optional
        Year of the people; the reference year by default.
    max_size : int
        Most members of an alliance.
    small_below : float
        Residents below which a municipality counts as small.

    Returns
    -------
    Compact
        The draft.

    Raises
    ------
    BadInputError
        If the council is too small for its members.
    """
    options = options or CompactOptions()
    seconds: dict[str, float] = {}
    population = territory.municipalities["population"]
    with _timed("functions", seconds):
        register = register_of(options.functions)
        functions, notes = assign_functions(territory, found.alliances, options.functions)
        programmes, more = match_programmes(
            territory.programmes, found.alliances, functions, year or _reference(territory)
        )
        unequal = budget_notes(territory, options.decentralisation.items.budget)
    with _timed("councils", seconds):
        council_table, seats = councils(found.alliances, population, options.seats)
    with _timed("revenue", seconds):
        money = revenue(territory, options.decentralisation.items)
    if costs is not None and not costs.planned:
        costs = None
    with _timed("sharing", seconds):
        sharing = _shared(territory, found, costs, money, max_size)
        national_view = national(found)
    with _timed("decentralisation", seconds):
        shift = decentralise(
            money, found.membership["alliance"], options.decentralisation, small_below
        )
    said = options.seats
    council_note = (
        both("compact.seats.assumption", per_member=said.per_member)
        if said.size is None
        else both("compact.seats.fixed", size=said.size)
    )
    return Compact(
        register=register,
        functions=functions,
        councils=council_table,
        seats=seats,
        sharing=sharing,
        bases=_bases(found, costs),
        national=national_view,
        revenue=money,
        decentralisation=shift,
        programmes=programmes,
        notes=(
            *notes,
            *unequal,
            *more,
            council_note,
            *_sharing_notes(costs, sharing),
            *money.notes,
            *(shift.notes if shift else ()),
        ),
        seconds=MappingProxyType(seconds),
    )


@contextmanager
def _timed(key: str, seconds: dict[str, float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[key] = time.perf_counter() - start


def _reference(territory: Territory) -> int | None:
    return territory.metadata.reference_year


def _shared(
    territory: Territory,
    found: Partition,
    costs: CoalitionCosts | None,
    money: Revenue,
    max_size: int,
) -> Sharing | None:
    if costs is None or found.alliances.empty:
        return None
    index = territory.municipalities.index
    weights = pd.DataFrame(
        {
            "population": territory.municipalities["population"],
            "use": costs.lacking.reindex(index).fillna(0.0),
            "capacity": money.table["own"].reindex(index),
        }
    )
    members = {
        str(name): str(codes).split("|") for name, codes in found.alliances["members"].items()
    }
    links = territory.contiguity
    pairs = zip(links["a"].astype(str), links["b"].astype(str), strict=True)
    made = share_costs(members, costs, weights, pairs, max_size)
    served = [costs.sited(tuple(c.split("|"))).served for c in made.games["coalition"]]
    return replace(
        made,
        games=made.games.assign(served=served),
        exits=made.exits.assign(nation=plan_changes(found, made.exits)),
    )


def _bases(found: Partition, costs: CoalitionCosts | None) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    if costs is not None:
        for name, codes in found.alliances["members"].items():
            sited = costs.sited(tuple(str(codes).split("|")))
            bases, visits = dict(sited.bases), dict(sited.visits)
            rows += [(name, key, bases.get(key, 0), visits.get(key, 0)) for key in costs.planned]
    return pd.DataFrame(rows, columns=["alliance", "service", "bases", "visits"])


def _sharing_notes(costs: CoalitionCosts | None, sharing: Sharing | None) -> list[dict[str, str]]:
    if costs is None or sharing is None:
        return [both("compact.sharing.none")]
    notes = [both("compact.sharing.meaning"), both("compact.sharing.use")]
    unproven = costs.unproven
    if unproven:
        notes.append(both("compact.sharing.unproven", count=unproven))
    fewer = _serving_fewer(sharing)
    if fewer:
        notes.append(both("compact.sharing.fewer", count=fewer, of=len(sharing.games)))
    with_capacity = set(sharing.rules.loc[sharing.rules["rule"] == "capacity", "alliance"])
    without = [name for name in sharing.alliances.index if name not in with_capacity]
    if without:
        notes.append(both("compact.sharing.capacity", count=len(without), names=", ".join(without)))
    return notes


def _serving_fewer(sharing: Sharing) -> int:
    """Count the coalitions that serve fewer of their people by themselves than in the alliance.

    Alone they cannot reach the people that a base needs; their lower cost buys less.
    """
    games = sharing.games
    count = 0
    for _, own in games.groupby("alliance"):
        served = dict(
            zip(own["coalition"].map(lambda c: frozenset(c.split("|"))), own["served"], strict=True)
        )
        everyone = max(served, key=len)
        for coalition, people in served.items():
            rest = served.get(everyone - coalition, 0.0)
            # Both halves of a parting together serve fewer than the whole.
            count += people + rest < served[everyone] - 0.5
    return count
