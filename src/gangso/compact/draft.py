"""Draft the whole compact of a plan."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import pandas as pd

from gangso.alliances import Partition
from gangso.compact.basecosts import BaseCosts, base_costs
from gangso.compact.councils import councils
from gangso.compact.decentralisation import decentralise
from gangso.compact.functions import assign_functions, budget_notes, register_of
from gangso.compact.national import national
from gangso.compact.programmes import match_programmes
from gangso.compact.result import Compact
from gangso.compact.revenue import Revenue, revenue
from gangso.compact.sharing import Sharing, share_costs
from gangso.compact.words import both
from gangso.scenario import CompactOptions, Standard
from gangso.territory.model import Territory
from gangso.territory.travel import Network

__all__ = ["draft_compact"]


def draft_compact(
    territory: Territory,
    found: Partition,
    options: CompactOptions | None = None,
    *,
    standards: Mapping[str, Standard] | None = None,
    network: Network | None = None,
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
    standards : mapping of str to Standard, optional
        Limits of minutes that the shared bases keep.
    network : Network, optional
        The roads, to site the bases that are paid for together.
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
    with _timed("bases", seconds):
        costs, base_notes = _costs(territory, options, standards or {}, network, year)
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
            *base_notes,
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


def _costs(
    territory: Territory,
    options: CompactOptions,
    standards: Mapping[str, Standard],
    network: Network | None,
    year: int | None,
) -> tuple[BaseCosts | None, tuple[dict[str, str], ...]]:
    prices = options.sharing.bases
    if not prices or network is None:
        return None, (both("compact.sharing.none"),)
    if territory.settlements is None:
        return None, (both("compact.sharing.no_settlements"),)
    return base_costs(territory, network, standards, prices, year)


def _shared(
    territory: Territory,
    found: Partition,
    costs: BaseCosts | None,
    money: Revenue,
    max_size: int,
) -> Sharing | None:
    if costs is None or found.alliances.empty:
        return None
    index = territory.municipalities.index
    weights = pd.DataFrame(
        {
            "population": territory.municipalities["population"],
            "use": costs.use.reindex(index),
            "capacity": money.table["own"].reindex(index),
        }
    )
    members = {
        str(name): str(codes).split("|") for name, codes in found.alliances["members"].items()
    }
    links = territory.contiguity
    pairs = zip(links["a"].astype(str), links["b"].astype(str), strict=True)
    return share_costs(members, costs, weights, pairs, max_size)


def _bases(found: Partition, costs: BaseCosts | None) -> pd.DataFrame:
    columns = ["alliance", "service", "bases"]
    if costs is None:
        return pd.DataFrame(columns=columns)
    rows = [
        (name, service, count)
        for name, codes in found.alliances["members"].items()
        for service, count in costs.open[tuple(sorted(str(codes).split("|")))].items()
    ]
    return pd.DataFrame(rows, columns=columns)


def _sharing_notes(costs: BaseCosts | None, sharing: Sharing | None) -> list[dict[str, str]]:
    if costs is None or sharing is None:
        return []
    notes = [both("compact.sharing.use")]
    if costs.unproven:
        notes.append(both("compact.sharing.unproven", count=len(costs.unproven)))
    with_capacity = set(sharing.rules.loc[sharing.rules["rule"] == "capacity", "alliance"])
    without = [name for name in sharing.alliances.index if name not in with_capacity]
    if without:
        notes.append(both("compact.sharing.capacity", count=len(without), names=", ".join(without)))
    return notes
