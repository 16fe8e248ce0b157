"""Regions of a few members within a band of population; units may stay unassigned.

The banded form of the max-p-regions problem: every region that could be is listed, and the
largest number of regions, or the smallest number of units left over and then the least cost,
are found and proven.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import highspy
import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances.candidates import Candidates, enumerate_candidates
from gangso.alliances.cuts import coefficients_of, limits_of, take_cuts
from gangso.alliances.master import SolverError, quiet_solver, to_price
from gangso.alliances.packing import (
    label,
    minimal,
    pack,
    parts,
    still_in_play,
    with_singles,
)
from gangso.alliances.pricing import (
    COST_UNIT,
    PRICES_PER_COST,
    Prices,
    reduced_costs,
    whole_costs,
)
from gangso.alliances.proof import Stage
from gangso.alliances.solve import Limits, solve
from gangso.alliances.units import read_units
from gangso.errors import BadInputError, Fault

__all__ = ["Banded", "banded"]

Ints = npt.NDArray[np.int64]
Members = npt.NDArray[np.int32]
Cost = Callable[[Candidates], npt.NDArray[np.float64]]

# Nodes that HiGHS may visit for what the reduced costs leave undecided.
_NODES = 100_000
# Costs of plans up to here, in `COST_UNIT`, leave room for prices in 64 bits.
_LARGEST = 2_000_000_000_000


@dataclass(frozen=True, eq=False)
class Banded:
    """Regions within the band, and the proof that no plan is better.

    Attributes
    ----------
    labels : Series of Int64
        Region of every unit, numbered from 0 by their first unit, under the index of the
        table of units; missing where unassigned.
    aim : str
        ``regions`` or ``unassigned``: what was made as large or as small as possible.
    regions : int
        Number of regions.
    unassigned : tuple
        Units in no region.
    hopeless : tuple
        Those of them that no region within the band can hold, whatever the plan.
    bound : int
        Aim ``regions``: what their number cannot exceed; aim ``unassigned``: what the number
        of units left over cannot go below.
    proven : bool
        Whether the bound is reached; shown in whole numbers.
    cost : float
        Total cost of the regions.
    cheapest : bool
        Whether no plan that leaves as few units over costs less, as HiGHS says within its
        tolerance of a millionth; False with the aim ``regions``, where cost plays no part.
    candidates : int
        Number of regions within the band, all of them.
    seconds : float
        Time taken.
    """

    labels: pd.Series
    aim: str
    regions: int
    unassigned: tuple[object, ...]
    hopeless: tuple[object, ...]
    bound: int
    proven: bool
    cost: float
    cheapest: bool
    candidates: int
    seconds: float


def banded(
    units: pd.DataFrame,
    links: pd.DataFrame,
    low: float,
    high: float,
    *,
    population: str = "population",
    min_size: int = 2,
    max_size: int = 5,
    centre: float | None = None,
    aim: Literal["regions", "unassigned"] = "regions",
    cost: Cost | None = None,
) -> Banded:
    r"""Form connected regions of a few members whose population is within a band.

    Every connected set :math:`S` of `min_size` to `max_size` units with a population in
    [`low`, `high`] (and, if asked, a member of at least `centre`) is a candidate,
    :math:`x_S` says whether it is a region, and :math:`y_u` whether unit :math:`u` is
    left over:

    .. math:: \sum_{S \ni u} x_S + y_u = 1 \quad \forall u

    The aim is the largest :math:`\sum x_S`, or the smallest :math:`\sum y_u` and, among the
    plans that reach it, the smallest :math:`\sum c_S x_S`. These are two questions, and the
    answers differ: more regions may mean more units left over. With the aim ``regions``,
    how many units are left over is as it comes.

    Parameters
    ----------
    units : DataFrame
        One row a unit, indexed by identifier.
    links : DataFrame
        Columns ``a`` and ``b``: pairs of neighbours, in any direction.
    low, high : float
        Band of the population of a region, ends included.
    population : str
        Column of `units` with the residents, whole numbers.
    min_size, max_size : int
        Fewest and most members of a region.
    centre : float, optional
        At least one member of every region has as many residents.
    aim : {'regions', 'unassigned'}
        What is asked for.
    cost : callable, optional
        Gives a cost to every candidate (rows of `Candidates`, whose members are positions in
        `units`), not negative, rounded to a millionth; by default
        ``abs(log(population / middle of the band))``.

    Returns
    -------
    Banded
        The regions and the proof.

    Raises
    ------
    BadInputError
        With everything that is wrong with the tables and options.
    SolverError
        If HiGHS stops without an answer.

    References
    ----------
    Duque, Anselin, Rey (2012), The max-p-regions problem, Journal of Regional Science 52(3),
    doi:10.1111/j.1467-9787.2011.00743.x.

    Examples
    --------
    Four towns in a row; pairs reach the band.

    >>> import pandas as pd
    >>> towns = pd.DataFrame({"population": [2, 3, 3, 2]}, index=list("abcd"))
    >>> row = pd.DataFrame({"a": list("abc"), "b": list("bcd")})
    >>> found = banded(towns, row, 5, 7)
    >>> found.labels.tolist(), found.proven
    ([0, 0, 1, 1], True)
    """
    started = time.perf_counter()
    table = read_units(units, links, population, faults=_faults(low, high, min_size, max_size, aim))
    n, people = table.graph.n, table.population
    pool = enumerate_candidates(table.graph, min(max_size, max(n, 1)), people, high)
    total = pool.total(people)
    fits = (pool.size >= min_size) & (total >= low)
    if centre is not None:
        fits &= np.append(people, -np.inf)[pool.members].max(axis=1, initial=-np.inf) >= centre
    pool, total = pool.take(fits), total[fits]
    whole = _whole(cost, pool, total, (low + high) / 2)
    held = np.zeros(n, dtype=bool)
    held[pool.members[pool.members >= 0]] = True
    hopeless = np.flatnonzero(~held)
    cheapest = False
    if aim == "regions":
        least = np.flatnonzero(minimal(pool.members, n))
        packed = pack(pool.members[least], np.ones(len(least), dtype=np.int64), n)
        chosen, bound, proven = least[packed.chosen], packed.bound, packed.proven
    else:
        chosen, bound, cheapest = _fewest_then_cheapest(pool, whole, n)
        bound += len(hopeless)
        proven = bound == n - int(pool.size[chosen].sum())
    labels = label(pool.members[chosen], n)
    return Banded(
        labels=table.series(labels),
        aim=aim,
        regions=len(chosen),
        unassigned=table.names(labels < 0),
        hopeless=table.names(~held),
        bound=bound,
        proven=proven,
        cost=int(whole[chosen].sum()) * COST_UNIT,
        cheapest=cheapest,
        candidates=len(pool),
        seconds=time.perf_counter() - started,
    )


def _faults(low: float, high: float, min_size: int, max_size: int, aim: str) -> list[Fault]:
    found = []
    if not 0 <= low <= high:
        found.append(Fault("band_empty", "options", None, "low, high", f"{low}, {high}"))
    if not 1 <= min_size <= max_size:
        value = f"{min_size}, {max_size}"
        found.append(Fault("sizes_empty", "options", None, "min_size, max_size", value))
    if aim not in ("regions", "unassigned"):
        allowed = {"allowed": "regions, unassigned"}
        found.append(Fault("not_allowed", "options", None, "aim", str(aim), allowed))
    return found


def _whole(
    cost: Cost | None, pool: Candidates, total: npt.NDArray[np.float64], middle: float
) -> Ints:
    if cost is None:
        # A band that admits nobody at all costs nothing; elsewhere residents are above zero.
        values = np.abs(np.log(np.where(total > 0, total, 1) / (middle if middle > 0 else 1)))
    else:
        values = np.asarray(cost(pool), dtype=np.float64)
    fine = values.shape == (len(pool),) and bool((np.isfinite(values) & (values >= 0)).all())
    if not fine:
        details = {"count": str(len(pool)), "found": str(values.shape)}
        raise BadInputError([Fault("bad_costs", "options", None, "cost", None, details)])
    return whole_costs(values)


def _fewest_then_cheapest(pool: Candidates, cost: Ints, n: int) -> tuple[Ints, int, bool]:
    """Return the plan, the bound on units left over, and whether its cost is proven least."""
    chosen = [np.empty(0, dtype=np.int64)]
    left, cheapest = 0, True
    for part in parts(pool.members, n):
        plan, bound, least = _settle(part.members, cost[part.which], len(part.units))
        chosen.append(part.which[plan])
        left += bound
        cheapest &= least
    return np.sort(np.concatenate(chosen)), left, cheapest


def _settle(members: Members, cost: Ints, n: int) -> tuple[Ints, int, bool]:
    """Settle one part: plan, bound on the units left over, whether no plan is cheaper."""
    size = (members >= 0).sum(axis=1)
    everyone = with_singles(members, n)

    def missing(plan: Ints) -> int:
        return n - int(size[plan].sum())

    def cheapest(price: int, known: Ints) -> tuple[Ints, bool]:
        """Look for the cheapest plan with a price for each unit left over."""
        if price * n > _LARGEST:
            raise BadInputError([Fault("costs_too_large", "options", None, "cost")])
        priced = np.concatenate([cost, np.full(n, price)])
        plan, best = known, price * missing(known) + int(cost[known].sum())
        found = solve(everyone, priced, n, (), Limits(nodes=1), ceiling=best)
        if len(found.chosen):
            plan, best = found.chosen[found.chosen < len(members)], found.cost
        if found.proven:
            return plan, True
        return _finish(everyone, priced, n, found.proof.stages, plan, best)

    # A plan that is cheapest at any price, and leaves as few units over as any, is cheapest
    # among those.
    nobody = np.empty(0, dtype=np.int64)
    plan, proven = cheapest(3 * int(cost.max()) + 1, nobody)
    packed = pack(members, size, n, known=plan)
    if packed.value > size[plan].sum():
        # One unit more left over must cost more than the whole plan at hand: then whatever
        # is as cheap as that plan leaves no more units over.
        plan, proven = cheapest(int(cost[packed.chosen].sum()) + 1, packed.chosen)
    return plan, n - packed.bound, proven and packed.proven


def _finish(
    members: Members, cost: Ints, n: int, stages: list[Stage], plan: Ints, best: int
) -> tuple[Ints, bool]:
    """Decide by HiGHS among the candidates that the proof has not ruled out.

    Plans are looked for among the few candidates with the least reduced cost first: a plan
    that costs no more than the bound and the first reduced cost left aside is the best of all.
    """
    active = still_in_play(members, cost, stages, best - 1)
    last = stages[-1]
    none = np.empty((0, len(members)), dtype=np.int64)
    for many in (5 * n, 10 * n, 20 * n, len(members)):
        reduced = reduced_costs(members, active, to_price(cost), last.prices, none)
        uncovered = np.ones(n, dtype=bool)
        uncovered[members[plan][members[plan] >= 0]] = False
        known = np.concatenate([plan, len(members) - n + np.flatnonzero(uncovered)])
        everything = many >= len(active)
        few = active if everything else active[np.argpartition(reduced, many)[:many]]
        few = np.union1d(few, known)
        answer = _integer(members[few], cost[few], n, last.prices, best)
        if answer is None:
            return plan, False
        chosen, proven = few[answer[0]], answer[1]
        spent = int(cost[chosen].sum())
        if spent > best:
            raise SolverError("HiGHS gave a plan that is dearer than one it was given")
        best, plan = spent, chosen[chosen < len(members) - n]
        keep = last.bound + reduced <= (best - 1) * PRICES_PER_COST
        active = active[keep]
        if everything or np.isin(active, few).all():
            return plan, proven
    raise AssertionError("the last round looks at everything")


def _integer(
    members: Members, cost: Ints, n: int, prices: Prices, best: int
) -> tuple[Ints, bool] | None:
    """Partition at least cost by HiGHS, the binding cuts of the relaxation added as rows.

    None if the nodes ran out.
    """
    column, place = np.nonzero(members >= 0)
    rows = [(column[np.argsort(members[column, place], kind="stable")])]
    counts = [np.bincount(members[column, place], minlength=n)]
    coefficients: list[npt.NDArray[np.float64]] = [np.ones(len(column))]
    binding, _ = take_cuts(prices.cuts, prices.cut_prices < 0, n)
    hits = coefficients_of(members, binding, n).tocsc()
    rows.append(hits.indices.astype(np.int64))
    counts.append(np.diff(hits.indptr).astype(np.int64))
    coefficients.append(hits.data)
    most = limits_of(binding, n).astype(np.float64)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(members), n + len(binding)
    model.col_cost_ = (cost * COST_UNIT).astype(np.float64)
    model.col_lower_, model.col_upper_ = np.zeros(len(members)), np.ones(len(members))
    free = np.full(len(binding), -highspy.kHighsInf)
    model.row_lower_ = np.concatenate([np.ones(n), free])
    model.row_upper_ = np.concatenate([np.ones(n), most])
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
    model.a_matrix_.index_ = np.concatenate(rows)
    model.a_matrix_.value_ = np.concatenate(coefficients)
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(members)
    solver = quiet_solver()
    for option, value in (
        ("mip_max_nodes", _NODES), ("mip_rel_gap", 0.0), ("mip_abs_gap", COST_UNIT / 2),
        ("mip_heuristic_effort", 0.0), ("objective_bound", best * COST_UNIT + 1e-4),
    ):  # fmt: skip
        if solver.setOptionValue(option, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refuses the option {option}")
    if solver.passModel(model) == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refuses the model")
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kSolutionLimit:
        return None
    if status != highspy.HighsModelStatus.kOptimal:
        raise SolverError(f"regions: HiGHS says {solver.modelStatusToString(status)}")
    chosen = np.flatnonzero(np.array(solver.getSolution().col_value) > 0.5)
    bound = solver.getInfo().mip_dual_bound / COST_UNIT
    return chosen, bool(bound > int(cost[chosen].sum()) - 1)
