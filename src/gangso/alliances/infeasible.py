"""Say why no plan satisfies every requirement, whom it concerns, and what would help."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, shortest_path

from gangso.alliances.candidates import Candidates
from gangso.alliances.conflict import Conflict, find_conflict
from gangso.alliances.constraints import Constraint, rows_of
from gangso.alliances.graph import Graph
from gangso.alliances.solve import Limits, Solution, solve
from gangso.alliances.surroundings import Units
from gangso.errors import InfeasibleError
from gangso.texts import LANGUAGES, say

__all__ = ["explain"]

# Up to this many units a question is answered so fast that many can be asked.
_SMALL = 500
_EFFORT = 120
# What one counts for where alliances are counted.
_ONE = 1_000_000
# An explanation is wanted soon: what takes more cases than this is left open.
_LIMITS = Limits(cut_rounds=10, nodes=30)
_QUICK = Limits(cut_rounds=5, nodes=4)
# Of more municipalities than this that cannot all be placed the names explain nothing.
_MOST_STUCK = 12

Values = dict[str, object]


class _Question:
    """Asks whether requirements can hold together, on the candidates of one model."""

    def __init__(
        self,
        candidates: Candidates,
        cost: npt.NDArray[np.int64],
        graph: Graph,
        constraints: Sequence[Constraint],
    ) -> None:
        self.candidates, self.cost, self.graph = candidates, cost, graph
        self.constraints = constraints
        self.masks = [constraint.allows(candidates) for constraint in constraints]

    def solve(
        self,
        which: Sequence[int],
        count: Callable[[Candidates], npt.NDArray[np.int64]] | None = None,
        more: npt.NDArray[np.bool_] | None = None,
        limits: Limits = _LIMITS,
    ) -> Solution:
        keep = np.ones(len(self.candidates), dtype=bool) if more is None else more.copy()
        for number in which:
            keep &= self.masks[number]
        kept = np.flatnonzero(keep)
        pool = self.candidates.take(kept)
        # Whether there is a plan does not depend on the costs, but the true ones lead the
        # solver to an answer soonest: where all plans cost the same it wanders.
        costs = self.cost[kept]
        if count is not None:  # the true costs of a whole plan add up to less than one
            costs = count(pool) * _ONE + costs // (4 * self.graph.n)
        rows = rows_of([self.constraints[number] for number in which], pool)
        return solve(pool.members, costs, self.graph.n, rows, limits, graph=self.graph)

    def feasible(self, which: Sequence[int]) -> bool:
        alone = self.candidates.size == 1
        counted = any(self.constraints[number].row is not None for number in which)
        if not counted and all(self.masks[number][alone].all() for number in which):
            return True  # everybody alone is a plan
        # What the limits leave open counts as possible: the conflict that is named then
        # holds for sure, though it may not be the smallest.
        return self.solve(which).feasible is not False


def explain(
    units: Units,
    graph: Graph,
    candidates: Candidates,
    cost: npt.NDArray[np.int64],
    constraints: Sequence[Constraint],
    max_size: int,
) -> InfeasibleError:
    """Find what conflicts, and put it into words.

    Parameters
    ----------
    units : Units
        The municipalities in scope.
    graph : Graph
        Their neighbourhood.
    candidates : Candidates
        Every connected group.
    cost : ndarray of int64
        Their costs.
    constraints : sequence of Constraint
        Requirements that cannot all hold.
    max_size : int
        Most members of an alliance.

    Returns
    -------
    InfeasibleError
        Naming the requirements, why they conflict, the municipalities and the way out.
    """
    question = _Question(candidates, cost, graph, constraints)
    effort = _EFFORT if graph.n <= _SMALL else 0
    conflict = find_conflict(len(constraints), question.feasible, effort)
    core = [constraints[number] for number in conflict.core]
    stuck = question.solve(conflict.core).stuck
    reasons = list(_structure(core, units, graph, max_size))
    if not reasons and 0 < len(stuck) <= _MOST_STUCK:
        reasons = [("why.stuck", {"units": stuck.tolist()})]
    concerned = [code for constraint in core for code in constraint.codes]
    if len(stuck) <= _MOST_STUCK or not concerned:
        concerned += [str(units.codes[u]) for u in stuck if len(stuck) < graph.n]
    for _, values in reasons:
        named = values.get("units", [])
        assert isinstance(named, list)
        concerned += [str(units.codes[u]) for u in named]
    concerned = list(dict.fromkeys(concerned))
    outs = list(_ways_out(question, conflict))
    by_lang: dict[str, tuple[list[str], list[str], str]] = {}
    for lang in LANGUAGES:
        names = units.territory.names(lang).loc[units.codes].astype("str").to_list()
        lines = [constraint.describe(lang) for constraint in core]
        why = [_words(key, values, names, lang) for key, values in reasons]
        if len(core) > 1:
            kind = "smallest" if conflict.smallest else "irreducible"
            why.append(say(f"infeasible.{kind}", lang))
        listed = ", ".join(f"{units.territory.names(lang).loc[c]} ({c})" for c in concerned)
        way = " ".join(_words(key, values, names, lang, constraints) for key, values in outs)
        if listed:
            way += " " + say("infeasible.concerned", lang, names=listed)
        by_lang[lang] = (lines, why, way)
    return InfeasibleError(
        {lang: lines for lang, (lines, _, _) in by_lang.items()},
        concerned,
        {lang: way for lang, (_, _, way) in by_lang.items()},
        {lang: why for lang, (_, why, _) in by_lang.items()},
    )


def _words(
    key: str,
    values: Values,
    names: Sequence[str],
    lang: str,
    constraints: Sequence[Constraint] = (),
) -> str:
    said: Values = {name: value for name, value in values.items() if name not in ("units", "drop")}
    for name, join in (("units", "·"), ("drop", "; ")):
        listed = values.get(name)
        if isinstance(listed, list):
            words = names if name == "units" else [c.describe(lang) for c in constraints]
            said[name] = join.join(words[u] for u in listed)
    return say(key, lang, **said)


def _structure(
    core: Sequence[Constraint], units: Units, graph: Graph, max_size: int
) -> Iterator[tuple[str, Values]]:
    """Say what no figure could mend: chains too long, groups torn apart, contradictions."""
    n = graph.n
    place = {str(code): number for number, code in enumerate(units.codes)}
    joined = [[place[c] for c in k.codes] for k in core if k.key in ("must_link", "fixed")]
    pairs = [(group[0], other) for group in joined for other in group[1:]]
    row, column = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    links = csr_array((np.ones(len(row)), (row, column)), shape=(n, n))
    label = connected_components(links, directed=False)[1]
    neighbours = csr_array((np.ones(len(graph.indices)), graph.indices, graph.indptr), shape=(n, n))
    for number in dict.fromkeys(label[row].tolist()):
        group = np.flatnonzero(label == number).tolist()
        steps = shortest_path(neighbours, unweighted=True, indices=group)[:, group]
        if len(group) > max_size:
            yield "why.too_many", {"units": group, "count": len(group), "most": max_size}
        elif np.isinf(steps).any():
            yield "why.not_connected", {"units": group}
        elif steps.max() > max_size - 1:
            a, b = np.unravel_index(steps.argmax(), steps.shape)
            yield (
                "why.too_far",
                {
                    "units": [group[a], group[b]],
                    "between": int(steps.max()) - 1,
                    "most": max_size,
                },
            )
        for constraint in core:
            named = [place[c] for c in constraint.codes]
            if constraint.key == "cannot_link" and set(named) <= set(group):
                yield "why.contradiction", {"units": named}
            if constraint.key == "stand_alone" and named[0] in group:
                yield "why.alone_and_together", {"units": named}
            if constraint.key == "fixed" and set(named) < set(group):
                extra = sorted(set(group) - set(named))
                yield "why.fixed_and_more", {"units": named, "others": len(extra)}
    for constraint in core:
        named = [place[c] for c in constraint.codes]
        if constraint.key == "fixed" and len(named) <= max_size:
            inner = neighbours[named][:, named]
            if connected_components(inner, directed=False)[0] > 1:
                yield "why.fixed_torn", {"units": named}


def _ways_out(question: _Question, conflict: Conflict) -> Iterator[tuple[str, Values]]:
    """Say which requirement dropped, or which figure relaxed, would be enough."""
    if conflict.repairs:
        key = "out.any_of" if len(conflict.repairs) > 1 else "out.drop"
        yield key, {"drop": list(conflict.repairs)}
    elif conflict.correction:
        yield "out.together", {"drop": list(conflict.correction)}
    if question.graph.n > _SMALL:
        return
    everything = list(range(len(question.constraints)))
    for number in conflict.repairs:
        constraint = question.constraints[number]
        others = [c for c in everything if c != number]
        if constraint.row is not None:
            low, high, settled = _range(question, others)
            if low is not None:
                key = "out.range" if settled else "out.range_found"
                yield key, {"low": low, "high": high}
        if constraint.threshold is not None:
            found = _relaxed(question, constraint, others)
            if found is not None:
                yield f"out.{constraint.key}", {"value": found}


def _range(question: _Question, others: Sequence[int]) -> tuple[int | None, int | None, bool]:
    """Return the fewest and the most alliances found, and whether there are no others."""
    free = [c for c in others if question.constraints[c].row is None]

    def fewest(pool: Candidates) -> npt.NDArray[np.int64]:
        return (pool.size > 1).astype(np.int64)

    def most(pool: Candidates) -> npt.NDArray[np.int64]:
        # Members, less one for an alliance, so that no cost is negative.
        return pool.size.astype(np.int64) - (pool.size > 1)

    low, high = question.solve(free, fewest), question.solve(free, most)
    if not (low.feasible and high.feasible):
        return None, None, False
    settled = low.proven and high.proven
    return low.cost // _ONE, question.graph.n - high.cost // _ONE, settled


def _relaxed(question: _Question, constraint: Constraint, others: Sequence[int]) -> float | None:
    """Find the nearest figure at which a limit can hold with the other requirements."""
    assert constraint.threshold is not None
    figure = constraint.threshold.figure(question.candidates)
    several = question.candidates.size > 1
    at_least = constraint.threshold.at_least
    beyond = (
        figure < constraint.threshold.limit if at_least else figure > constraint.threshold.limit
    )
    steps = np.unique(figure[several & beyond & np.isfinite(figure)])
    if not at_least:
        steps = steps[::-1]
    # Ascending in strictness: the first can hold if any can.
    low, high = -1, len(steps)
    while high - low > 1:
        middle = (low + high) // 2
        limit = steps[middle]
        fine = ~several | (figure >= limit if at_least else figure <= limit)
        if question.solve(others, more=fine, limits=_QUICK).feasible:
            low = middle
        else:
            high = middle
    if low < 0:
        return None
    # Rounded to what is said, on the side that holds.
    tenths = float(steps[low]) * 10
    return float(np.floor(tenths) if at_least else np.ceil(tenths)) / 10
