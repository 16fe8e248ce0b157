"""The planner's problem for one group of municipalities, as integer programmes.

Two aims, one after the other. *First* the national minimum for everyone for whom there is a
way, at least cost: each settlement that lacks a service gets it from a new base within the
limit, or by another mode that meets enough of the standard; services share sites, and sites
that have a base already cost nothing. *Then*, without giving up any of that, the local
optimum for as many people as the budget allows; and last the least cost that achieves it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from gangso.alliances.master import SolverError
from gangso.bases.linear import Programme, Solution, run
from gangso.bases.needs import Bools, Floats, Ints, Needs, Offer

__all__ = ["Siting", "Unmet", "site_group"]

_WHOLE = 1e-7


@dataclass(frozen=True)
class Unmet:
    """A settlement that cannot be brought within the national minimum.

    Attributes
    ----------
    settlement : int
        Position of the settlement.
    offer : int
        Position of the service.
    reason : str
        ``too_few``: no place within the limit has enough people for a base; ``no_mode``: no
        mode of the scenario can serve it.
    partly : str or None
        The mode that meets the largest part of the standard, if any can serve it.
    """

    settlement: int
    offer: int
    reason: str
    partly: str | None


@dataclass(frozen=True, eq=False)
class Siting:
    """What a group opens and runs.

    Attributes
    ----------
    status : str
        ``proven`` or ``gap``, of the national minimum.
    cost, bound : int
        Cost a year of the national minimum, and what no siting goes below; whole units.
    bases : tuple of (int, int)
        Service and settlement of every new base, the local optimum included.
    minimum_bases : tuple of (int, int)
        Those of the national minimum alone.
    visits : tuple of (int, int, int)
        Service, settlement and mode (position in the offer's visits) of every other delivery.
    unmet : tuple of Unmet
        Who cannot be brought within the national minimum, and why.
    total, total_bound : int
        Cost a year with the local optimum, at most ``cost`` and the budget; and what no
        siting that reaches as many people goes below.
    optimum_status : str
        ``proven``, ``gap`` or ``none`` (no local optimum was asked for).
    optimum_people, optimum_bound : int
        People within the local optimum thanks to new bases, and the most that any siting
        within the budget could reach.
    """

    status: str
    cost: int
    bound: int
    bases: tuple[tuple[int, int], ...]
    minimum_bases: tuple[tuple[int, int], ...]
    visits: tuple[tuple[int, int, int], ...]
    unmet: tuple[Unmet, ...]
    total: int
    total_bound: int
    optimum_status: str = "none"
    optimum_people: int = 0
    optimum_bound: int = 0


@dataclass(eq=False)
class _Columns:
    """Columns of a programme while it is being written."""

    cost: list[int] = field(default_factory=list)
    base: dict[tuple[int, int], int] = field(default_factory=dict)
    visit: dict[tuple[int, int, int], int] = field(default_factory=dict)
    site: dict[int, int] = field(default_factory=dict)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)

    def add(self, cost: int) -> int:
        self.cost.append(cost)
        return len(self.cost) - 1


@dataclass(frozen=True, eq=False)
class _Local:
    """The group's own settlements and the minutes between them."""

    at: Ints
    minutes: Floats
    viable: dict[int, Bools]


def _local(needs: Needs, members: tuple[str, ...]) -> _Local:
    at = np.flatnonzero(np.isin(needs.home, list(members))).astype(np.int64)
    part = needs.near[at][:, at].tocoo()
    minutes = np.full((len(at), len(at)), np.inf)
    minutes[part.row, part.col] = part.data
    np.fill_diagonal(minutes, 0.0)
    viable = {}
    for s, offer in enumerate(needs.offers):
        within = (minutes <= offer.standard.minutes).astype(float)
        viable[s] = needs.residents[at] @ within >= offer.options.least_people
        if offer.fixed is None:
            viable[s][:] = False
    return _Local(at, minutes, viable)


def _lacking(offer: Offer, needs: Needs, local: _Local) -> Ints:
    beyond = offer.minutes[local.at] > offer.standard.minutes
    return np.flatnonzero(beyond & (needs.residents[local.at] > 0)).astype(np.int64)


def _base(columns: _Columns, needs: Needs, s: int, j: int) -> int:
    """Return the column of a base, with its site."""
    if (s, j) not in columns.base:
        fixed = needs.offers[s].fixed
        assert fixed is not None  # only viable sites are asked for
        column = columns.base[s, j] = columns.add(fixed[1])
        if needs.site_cost and not needs.has_base[j]:
            if j not in columns.site:
                columns.site[j] = columns.add(needs.site_cost)
            columns.rows.append(({column: 1.0, columns.site[j]: -1.0}, -math.inf, 0.0))
    return columns.base[s, j]


def _minimum(needs: Needs, local: _Local) -> tuple[_Columns, list[Unmet]]:
    """Write the rows of the national minimum; name who has no way."""
    columns, unmet = _Columns(), []
    for s, offer in enumerate(needs.offers):
        for i in _lacking(offer, needs, local):
            place = int(local.at[i])
            reach = local.minutes[i] <= offer.standard.minutes
            row = {
                _base(columns, needs, s, int(local.at[j])): 1.0
                for j in np.flatnonzero(reach & local.viable[s])
            }
            ways = [v for v, visit in enumerate(offer.visits) if visit.can[place]]
            enough = [v for v in ways if offer.visits[v].part >= offer.options.minimum_part]
            if enough:
                best = min(enough, key=lambda v: int(offer.visits[v].cost[place]))
                column = columns.add(int(offer.visits[best].cost[place]))
                columns.visit[s, place, best] = column
                row[column] = 1.0
            if row:
                columns.rows.append((row, 1.0, math.inf))
                continue
            partly = max(ways, key=lambda v: offer.visits[v].part, default=None)
            unmet.append(
                Unmet(
                    place,
                    s,
                    "no_mode" if offer.fixed is None else "too_few",
                    None if partly is None else offer.visits[partly].key,
                )
            )
    return columns, unmet


def _programme(columns: _Columns, cost: npt.ArrayLike, whole: Bools | None = None) -> Programme:
    count = len(columns.cost)
    entries = [(r, c, a) for r, (row, _, _) in enumerate(columns.rows) for c, a in row.items()]
    at_row, at_column, value = zip(*entries, strict=True) if entries else ((), (), ())
    limit = highspy.kHighsInf
    return Programme(
        cost=np.asarray(cost, dtype=float),
        lower=np.zeros(count),
        upper=np.ones(count),
        rows=sp.csr_array((value, (at_row, at_column)), shape=(len(columns.rows), count)),
        low=np.array([max(low, -limit) for _, low, _ in columns.rows]),
        high=np.array([min(high, limit) for _, _, high in columns.rows]),
        whole=np.ones(count, dtype=bool) if whole is None else whole,
    )


def _chosen(columns: _Columns, value: Floats) -> Siting:
    bases = tuple(sorted(key for key, c in columns.base.items() if value[c] > 0.5))
    visits = tuple(sorted(key for key, c in columns.visit.items() if value[c] > 0.5))
    cost = int(sum(c for c, v in zip(columns.cost, value, strict=False) if v > 0.5))
    return Siting("proven", cost, cost, bases, bases, visits, (), cost, cost)


def _settle(programme: Programme, nodes: int) -> Solution:
    """Solve a programme; its linear relaxation is mostly whole already, and much quicker."""
    relaxed = run(replace(programme, whole=np.zeros(len(programme.whole), dtype=bool)))
    if relaxed.status == "optimal" and np.all(
        np.abs(relaxed.value - np.round(relaxed.value)) < _WHOLE
    ):
        return replace(relaxed, value=np.round(relaxed.value))
    return run(programme, nodes)


def site_group(needs: Needs, members: tuple[str, ...], nodes: int, budget: int | None) -> Siting:
    """Site the bases of a group of municipalities.

    Parameters
    ----------
    needs : Needs
        The territory's needs.
    members : tuple of str
        Codes of the municipalities.
    nodes : int
        Most nodes of each search.
    budget : int or None
        What the local optimum may cost a year beyond the national minimum, whole units;
        None: the local optimum is not asked for.

    Returns
    -------
    Siting
        What the group opens and runs.

    Raises
    ------
    SolverError
        If HiGHS finds no siting within the nodes.
    """
    local = _local(needs, members)
    columns, unmet = _minimum(needs, local)
    if columns.rows:
        found = _settle(_programme(columns, columns.cost), nodes)
        if not found.value.size:
            raise SolverError(f"HiGHS found no siting for {', '.join(members)} ({found.status})")
        first = _chosen(columns, found.value)
        bound = min(first.cost, math.ceil(found.bound - 1e-6))
        first = replace(first, status="proven" if bound == first.cost else "gap", bound=bound)
    else:
        first = Siting("proven", 0, 0, (), (), (), (), 0, 0)
    first = replace(first, unmet=tuple(unmet))
    return first if budget is None else _optimum(needs, local, columns, first, nodes, budget)


def _optimum(
    needs: Needs, local: _Local, columns: _Columns, first: Siting, nodes: int, budget: int
) -> Siting:
    """Serve as many people as the budget allows within the local optimum."""
    wanted: dict[int, int] = {}  # column -> people
    for s, offer in enumerate(needs.offers):
        limit = offer.options.optimum_min
        if limit is None or not local.viable[s].any():
            continue
        for i in np.flatnonzero(offer.minutes[local.at] > limit):
            people = round(float(offer.people[local.at[i]]))
            sites = np.flatnonzero((local.minutes[i] <= limit) & local.viable[s])
            if people and len(sites):
                bases = {_base(columns, needs, s, int(local.at[j])): -1.0 for j in sites}
                column = columns.add(0)
                wanted[column] = people
                columns.rows.append(({column: 1.0, **bases}, -math.inf, 0.0))
    if not wanted:
        return replace(first, optimum_status="none")
    spent = {c: float(amount) for c, amount in enumerate(columns.cost) if amount}
    columns.rows.append((spent, -math.inf, float(first.cost + budget)))
    gain = np.zeros(len(columns.cost))
    for column, people in wanted.items():
        gain[column] = -people
    whole = np.array([c not in wanted for c in range(len(gain))])
    found = run(_programme(columns, gain, whole), nodes)
    if not found.value.size:
        return replace(first, optimum_status="gap", optimum_bound=sum(wanted.values()))
    reached = sum(people for c, people in wanted.items() if found.value[c] > 0.5)
    bound = max(reached, math.floor(-found.bound + 1e-6))
    # The cheapest siting that reaches as many.
    columns.rows.append(({c: float(people) for c, people in wanted.items()}, reached, math.inf))
    cheapest = _settle(_programme(columns, columns.cost, whole), nodes)
    least = max(first.bound, math.ceil(cheapest.bound - 1e-6))
    second = _chosen(columns, cheapest.value if cheapest.value.size else found.value)
    return replace(
        first,
        bases=second.bases,
        visits=second.visits,
        total=second.cost,
        total_bound=min(second.cost, least),
        optimum_status="proven" if bound == reached else "gap",
        optimum_people=reached,
        optimum_bound=bound,
    )
