"""The max-p-regions problem: as many connected regions above a threshold as there can be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gangso.alliances.graph import Graph, graph_from_edges
from gangso.alliances.heterogeneity import attach, heterogeneity, improve
from gangso.alliances.minimal import minimal_sets, sampled_sets
from gangso.alliances.packing import label, pack
from gangso.alliances.units import read_units
from gangso.errors import Fault

__all__ = ["MaxP", "max_p"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Members = npt.NDArray[np.int32]

# Where the sets cannot all be listed: sets drawn from every unit, and nodes for packing them.
_DRAWN = 300
_DRAWN_NODES = 50


@dataclass(frozen=True, eq=False)
class MaxP:
    """Regions above the threshold, and what their number cannot exceed.

    Attributes
    ----------
    labels : Series of Int64
        Region of every unit, numbered from 0 by their first unit, under the index of the
        table of units; missing for units that no region can hold.
    regions : int
        Number of regions.
    bound : int
        What the number of regions cannot exceed.
    proven : bool
        Whether the bound is reached.
    hopeless : tuple
        Units that no region can hold: all that they are connected with stays below the
        threshold.
    heterogeneity : float or None
        Sum of the differences of all pairs of units that share a region; None without
        attributes. Found by local search: **not** proven to be the least.
    sets : int
        Number of minimal sets from which the regions were chosen.
    listed : bool
        Whether these are all minimal sets; where there are too many to list, they were drawn
        at random, and the bound of that part of the country is its population over the
        threshold.
    seconds : float
        Time taken.
    """

    labels: pd.Series
    regions: int
    bound: int
    proven: bool
    hopeless: tuple[object, ...]
    heterogeneity: float | None
    sets: int
    listed: bool
    seconds: float


def max_p(
    units: pd.DataFrame,
    links: pd.DataFrame,
    threshold: float,
    *,
    population: str = "population",
    attributes: Sequence[str] = (),
    rng: np.random.Generator | None = None,
    most_sets: int = 500_000,
) -> MaxP:
    r"""Form as many connected regions as possible, each with at least so many residents.

    Every unit is in a region, and regions may have any number of members. The number
    :math:`p` of regions is found and proven: it is the largest number of disjoint
    *minimal* sets (connected, above the threshold, with no connected part above it), as
    what is left over can join its neighbours,

    .. math:: p = \max \sum_S x_S, \quad \sum_{S \ni u} x_S \le 1 \quad \forall u .

    All minimal sets are listed and the packing is solved to proof in whole numbers. Where
    they are too many, sets are drawn at random, and the bound is the population over the
    threshold; then there may be a gap, and it is told.

    With `attributes`, regions are made homogeneous by simulated annealing and a descent;
    this second aim is a heuristic.

    Parameters
    ----------
    units : DataFrame
        One row a unit, indexed by identifier.
    links : DataFrame
        Columns ``a`` and ``b``: pairs of neighbours, in any direction.
    threshold : float
        Fewest residents of a region.
    population : str
        Column of `units` that has to reach the threshold; whole numbers.
    attributes : sequence of str
        Columns of `units` in which the members of a region should be alike; units differ
        by the sum of the absolute differences, unscaled.
    rng : Generator, optional
        Source of chance of the heuristics; by default always the same.
    most_sets : int
        How many connected sets below the threshold are walked through at most to list the
        minimal ones, in each part of the country that the units above the threshold leave.

    Returns
    -------
    MaxP
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
    Five towns in a row.

    >>> import pandas as pd
    >>> towns = pd.DataFrame({"population": [3, 2, 4, 1, 3]}, index=list("abcde"))
    >>> row = pd.DataFrame({"a": list("abcd"), "b": list("bcde")})
    >>> found = max_p(towns, row, 4)
    >>> found.labels.tolist(), found.regions, found.proven
    ([0, 0, 1, 2, 2], 3, True)
    """
    started = time.perf_counter()
    faults = []
    if not (np.isfinite(threshold) and threshold > 0):
        faults.append(Fault("not_positive", "options", None, "threshold", str(threshold)))
    table = read_units(units, links, population, attributes, faults)
    rng = np.random.default_rng(0) if rng is None else rng
    graph, people, values = table.graph, table.population, table.traits
    listed, drawn, most = _sets(graph, people, threshold, rng, most_sets)
    packed = pack(listed, np.ones(len(listed), dtype=np.int64), graph.n)
    chosen = listed[packed.chosen]
    if len(drawn):
        further = pack(drawn, np.ones(len(drawn), dtype=np.int64), graph.n, nodes=_DRAWN_NODES)
        chosen = _stack([chosen, drawn[further.chosen]])
    labels = attach(graph, people, values, label(chosen, graph.n))
    if values.shape[1]:
        labels = improve(graph, people, threshold, values, labels, rng)
    bound = packed.bound + most
    return MaxP(
        labels=table.series(labels),
        regions=len(chosen),
        bound=bound,
        proven=len(chosen) == bound,
        hopeless=table.names(labels < 0),
        heterogeneity=heterogeneity(labels, values) if values.shape[1] else None,
        sets=len(listed) + len(drawn),
        listed=most == 0,
        seconds=time.perf_counter() - started,
    )


def _sets(
    graph: Graph, people: Floats, threshold: float, rng: np.random.Generator, most: int
) -> tuple[Members, Members, int]:
    """Find minimal sets: all of them where they can be listed, and some where they cannot.

    A unit above the threshold is a minimal set of its own and in no other, so the parts of
    the country between such units are separate.

    Returns
    -------
    listed : ndarray of int32
        All minimal sets of the parts where they can be listed.
    drawn : ndarray of int32
        Some of those of the other parts.
    bound : int
        How many sets the other parts cannot exceed, by their population.
    """
    heavy = people >= threshold
    edges = graph.edges()
    light = edges[~heavy[edges].any(axis=1)]
    ones = np.ones(len(light), dtype=np.int8)
    apart = csr_array((ones, (light[:, 0], light[:, 1])), shape=(graph.n, graph.n))
    part_of = connected_components(apart, directed=False)[1]
    total = np.bincount(part_of, weights=people)
    listed = [np.flatnonzero(heavy)[:, None].astype(np.int32)]
    drawn: list[Members] = []
    bound = 0
    for part in np.flatnonzero(total >= threshold).tolist():
        units = np.flatnonzero((part_of == part) & ~heavy)
        if not len(units):
            continue
        position = np.full(graph.n, -1, dtype=np.int64)
        position[units] = np.arange(len(units))
        own = light[part_of[light[:, 0]] == part]
        inside = graph_from_edges(len(units), position[own])
        found = minimal_sets(inside, people[units], threshold, most)
        sets, to = found.members, listed
        if not found.complete:
            sets, to = sampled_sets(inside, people[units], threshold, _DRAWN, rng), drawn
            bound += int(total[part] // threshold)
        to.append(np.where(sets >= 0, units[sets], -1).astype(np.int32))
    return _stack(listed), _stack(drawn), bound


def _stack(sets: list[Members]) -> Members:
    """Put sets of different widths under each other."""
    widest = max((some.shape[1] for some in sets), default=1)
    padded = [
        np.pad(some, ((0, 0), (0, widest - some.shape[1])), constant_values=-1) for some in sets
    ]
    return np.concatenate([np.empty((0, widest), dtype=np.int32), *padded])
