"""How sure a plan is: made again under many weightings drawn around the planner's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances.candidates import Candidates
from gangso.alliances.graph import Graph
from gangso.alliances.limits import Limits
from gangso.alliances.master import ExtraRow
from gangso.alliances.measures import Measure
from gangso.alliances.pricing import COST_UNIT, mean_costs
from gangso.alliances.result import Partition
from gangso.alliances.solution import Start
from gangso.alliances.solve import solve
from gangso.engine import Engine, open_engine
from gangso.scenario import RobustnessOptions
from gangso.texts import LANGUAGES, say

__all__ = ["Robustness", "robustness"]

Floats = npt.NDArray[np.float64]

# A draw asks who stays together, not for a proof: where that is hard, a plan near the optimum
# says as much. How many are not proven, and how far from the optimum at most, is told.
_LIMITS = Limits(cut_rounds=12, nodes=3)


@dataclass(frozen=True, eq=False)
class Robustness:
    """How often municipalities stay together under other weightings.

    Attributes
    ----------
    municipalities : DataFrame
        One row a municipality in scope, index ``code``. Columns: ``alliance`` (id or
        missing), ``sureness`` (share of the draws in which it keeps at least half of its
        partners; if the plan leaves it alone, in which it is alone), ``same`` (share in
        which its alliance is the very same), ``alone`` (share in which it is alone),
        ``rival`` (code of the municipality outside its alliance that it is with most often;
        missing if there is none) and ``rival_share``.
    pairs : DataFrame
        One row a pair that is together in the plan or in a draw. Columns ``a``, ``b``
        (codes, in the territory's order), ``together`` (share of the draws) and ``in_plan``.
    draws : DataFrame
        One row a draw, index ``draw``. Columns: weight by criterion, as shares,
        ``target_population``, ``cost``, ``gap``, ``proven`` and ``changed`` (share of the
        municipalities that keep fewer than half of their partners).
    notes : tuple of dict
        How the weightings were drawn and what to beware of, by language.
    """

    municipalities: pd.DataFrame
    pairs: pd.DataFrame
    draws: pd.DataFrame
    notes: tuple[dict[str, str], ...]


@dataclass(frozen=True, eq=False)
class _Shared:
    """What every draw reads."""

    pool: Candidates
    scores: Mapping[str, Floats]
    graph: Graph
    rows: tuple[ExtraRow, ...]
    start: Start


@dataclass(frozen=True, eq=False)
class _Draw:
    """Weights, and the measures that are not those of the plan."""

    weights: Mapping[str, float]
    measures: Mapping[str, Measure]


class _Made(NamedTuple):
    """The plan of a draw; its proof stays with the worker."""

    chosen: npt.NDArray[np.int64]
    cost: int
    gap: float
    proven: bool


def _solve_draw(shared: _Shared, draw: _Draw) -> _Made:
    """Make the plan of one weighting; every draw begins where the plan has ended."""
    scores = dict(shared.scores)
    for key, measure in draw.measures.items():
        scores[key] = measure.score(measure.raw(shared.pool), shared.pool)
    cost = mean_costs(shared.pool.size, scores, draw.weights)
    for limits in (_LIMITS, None):  # the requirements are the plan's, so that there is a plan
        found = solve(
            shared.pool.members, cost, shared.graph.n, shared.rows, limits,
            start=shared.start, graph=shared.graph,
        )  # fmt: skip
        if found.feasible:
            break
    return _Made(found.chosen, found.cost, found.gap, found.proven)


def robustness(
    found: Partition,
    options: RobustnessOptions,
    rng: np.random.Generator,
    engine: Engine | None = None,
    progress: Any = None,
) -> Robustness:
    """Make the plan again under weightings drawn around its own.

    Weights follow a Dirichlet distribution whose mean are the plan's weights; the target
    population is multiplied by a log-normal factor. Requirements stay as they are. All draws
    are made first and solved from the same start, so that neither the engine nor the order
    in which they are solved can change the result.

    Parameters
    ----------
    found : Partition
        The plan.
    options : RobustnessOptions
        How many weightings, and how far from the plan's.
    rng : Generator
        Source of the draws.
    engine : Engine, optional
        Where they are solved; here by default.
    progress : callable, optional
        Called with the number of draws done and their total.

    Returns
    -------
    Robustness
        Shares of the draws, by municipality and by pair.
    """
    settled = found.settled
    model = settled.model
    keys = [key for key in model.scores if settled.options.weights.get(key, 0.0) > 0]
    weights = np.array([settled.options.weights[key] for key in keys])
    mean = weights / weights.sum()
    shares = rng.dirichlet(options.concentration * mean, size=options.draws)
    factors = np.exp(options.target_spread * rng.standard_normal(options.draws))
    targets = settled.options.target_population * factors
    moving = [key for key in keys if _moves(found, key)]
    pieces = []
    for share, target in zip(shares, targets, strict=True):
        asked = settled.options.model_copy(update={"target_population": float(target)})
        measures = {key: model.known[key].measure(model.units, asked) for key in moving}
        pieces.append(
            _Draw(
                dict(zip(keys, share.tolist(), strict=True)),
                {key: measure for key, measure in measures.items() if measure is not None},
            )
        )
    start = settled.start(settled.allowed)
    shared = _Shared(
        settled.pool, {key: model.scores[key][settled.allowed] for key in keys},
        model.graph, settled.rows, Start(start.columns, start.cuts),
    )  # fmt: skip
    own = engine or open_engine("serial")
    answers = own.map(_solve_draw, pieces, shared=shared, progress=progress)
    labels = np.array([_labels(settled.pool, one.chosen, model.graph.n) for one in answers])
    plan = _labels(settled.pool, settled.solution.chosen, model.graph.n)
    municipalities, pairs, changed = _tables(found, plan, labels.reshape(-1, model.graph.n))
    draws = pd.DataFrame(shares, columns=keys)
    draws["target_population"] = targets
    draws["cost"] = [one.cost * COST_UNIT for one in answers]
    draws["gap"] = [one.gap for one in answers]
    draws["proven"] = [one.proven for one in answers]
    draws["changed"] = changed
    draws.index = pd.RangeIndex(1, len(draws) + 1, name="draw")
    said = {lang: [model.known[key].describe("label", lang) for key in keys] for lang in LANGUAGES}
    return Robustness(municipalities, pairs, draws, _notes(options, draws, mean, said))


def _moves(found: Partition, key: str) -> bool:
    """Whether the scores of a criterion depend on the target population."""
    settled = found.settled
    criterion, model = settled.model.known[key], settled.model
    if criterion.reads is not None:
        return "target_population" in criterion.reads
    # It does not say: try another target.
    target = 1.5 * settled.options.target_population
    asked = settled.options.model_copy(update={"target_population": target})
    measure = criterion.measure(model.units, asked)
    if measure is None:
        return False
    scores = measure.score(measure.raw(settled.pool), settled.pool)
    return not np.array_equal(scores, model.scores[key][settled.allowed])


def _labels(pool: Candidates, chosen: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """Number of the alliance of every unit, shape (n,); -1 where a draw found no plan."""
    label = np.full(n, -1, dtype=np.int64)
    for column in chosen:
        members = pool.members[column]
        label[members[members >= 0]] = column
    return label


def _tables(
    found: Partition, plan: npt.NDArray[np.int64], labels: npt.NDArray[np.int64]
) -> tuple[pd.DataFrame, pd.DataFrame, Floats]:
    settled = found.settled
    codes = settled.model.units.codes
    n, draws = len(plan), len(labels)
    together = np.zeros((n, n))
    kept, same, alone = np.zeros(n), np.zeros(n), np.zeros(n)
    own = plan[:, None] == plan[None, :]
    np.fill_diagonal(own, False)
    partners = own.sum(axis=1)
    changed = np.empty(draws)
    for number, label in enumerate(labels):
        there = (label[:, None] == label[None, :]) & (label >= 0)[:, None]
        np.fill_diagonal(there, False)
        together += there
        company = there.sum(axis=1)
        stays = np.where(partners > 0, 2 * (there & own).sum(axis=1) >= partners, company == 0)
        kept += stays
        same += label == plan
        alone += company == 0
        changed[number] = 1.0 - stays.mean()
    count = max(draws, 1)
    share = together / count
    outside = np.where(own, 0.0, share)
    rival = outside.argmax(axis=1)
    best = outside[np.arange(n), rival]
    municipalities = pd.DataFrame(
        {
            "alliance": found.membership["alliance"].loc[codes].to_numpy(),
            "sureness": kept / count,
            "same": same / count,
            "alone": alone / count,
            "rival": pd.array(
                [str(codes[r]) if b > 0 else None for r, b in zip(rival, best, strict=True)],
                dtype="str",
            ),
            "rival_share": best,
        },
        index=pd.Index(codes, name="code"),
    )
    first, second = np.nonzero(np.triu(own | (together > 0)))
    pairs = pd.DataFrame(
        {
            "a": codes[first],
            "b": codes[second],
            "together": share[first, second],
            "in_plan": own[first, second],
        }
    )
    return municipalities, pairs, changed


def _notes(
    options: RobustnessOptions, draws: pd.DataFrame, mean: Floats, labels: Mapping[str, list[str]]
) -> tuple[dict[str, str], ...]:
    # Standard deviation of a Dirichlet share m with parameters that sum to c.
    deviation = np.sqrt(mean * (1 - mean) / (options.concentration + 1))
    unproven = int((~draws["proven"].astype(bool)).sum())
    notes = []
    for lang in LANGUAGES:
        spread = ", ".join(
            f"{label} {m:.0%}±{d:.0%}"
            for label, m, d in zip(labels[lang], mean, deviation, strict=True)
        )
        notes.append(
            say(
                "robustness.how", lang, draws=options.draws, spread=spread,
                target=float(np.exp(options.target_spread) - 1),
            )
        )  # fmt: skip
    said = [dict(zip(LANGUAGES, notes, strict=True))]
    if unproven:
        gap = float(draws["gap"].max())
        said.append(
            {lang: say("robustness.unproven", lang, count=unproven, gap=gap) for lang in LANGUAGES}
        )
    return tuple(said)
