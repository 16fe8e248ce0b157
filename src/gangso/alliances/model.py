"""The alliance model: candidates and scores held ready, solved for any weights and locks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances.candidates import Candidates, enumerate_candidates
from gangso.alliances.certificate import certificate_of
from gangso.alliances.constraints import Constraint, constraints_from, rows_of
from gangso.alliances.criteria import Criterion, registered
from gangso.alliances.declared import declared
from gangso.alliances.describe import Group, alliance_table, criteria_table, membership_table
from gangso.alliances.infeasible import explain
from gangso.alliances.master import ExtraRow, SolverError
from gangso.alliances.measures import Measure, Span
from gangso.alliances.pricing import COST_UNIT, mean_costs
from gangso.alliances.requirements import requirements_record
from gangso.alliances.result import Partition
from gangso.alliances.scope import scope
from gangso.alliances.solve import Limits, Progress, solve
from gangso.alliances.surroundings import Units
from gangso.alliances.warm import Settled
from gangso.alliances.wishes import wish_faults
from gangso.engine import Engine
from gangso.errors import BadInputError, Fault
from gangso.scenario import AllianceOptions, Rule, Threshold
from gangso.territory.model import Territory
from gangso.territory.travel import Network
from gangso.texts import say

__all__ = ["AllianceModel", "partition"]

# What a criterion that does not say what it reads is still known not to depend on.
_NEVER_READ = {
    "weights", "must_link", "cannot_link", "stand_alone", "fixed", "stand_alone_where",
    "min_size", "min_population", "max_population", "max_span_km", "min_alliances",
    "max_alliances", "do_not_cross", "hub_required",
}  # fmt: skip


class AllianceModel:
    """Candidates and their scores, ready to be solved again and again.

    Parameters
    ----------
    territory : Territory
        The territory.
    options : AllianceOptions
        What an alliance may look like; `solve` may change weights and requirements later.
    leave_out : sequence of Rule
        Who is out of scope, and why.
    year : int, optional
        Year of the population; by default the reference population of the territory.
    engine : Engine, optional
        Where very large territories are worked on; by default in this process.
    network : Network, optional
        Roads; by default those of the territory, or estimated ones.
    thresholds : mapping of str to Threshold, optional
        Service thresholds; by default those of the territory's own scenario.

    Raises
    ------
    BadInputError
        If nobody is in scope, a weight names no criterion, or the year is not in the data.
    """

    def __init__(
        self,
        territory: Territory,
        options: AllianceOptions | None = None,
        leave_out: Sequence[Rule] = (),
        year: int | None = None,
        engine: Engine | None = None,
        *,
        network: Network | None = None,
        thresholds: Mapping[str, Threshold] | None = None,
    ) -> None:
        self.engine = engine
        self.options = options or AllianceOptions()
        self.leave_out, self.year = tuple(leave_out), year
        self.seconds: dict[str, float] = {}
        self.known: dict[str, Criterion] = {**registered(), **declared(self.options)}
        codes, self.outside, self.graph = scope(territory, leave_out, self.options.links)
        faults = [
            Fault(
                "unknown_criterion",
                "scenario",
                column=f"alliances.weights.{key}",
                details={"known": ", ".join(self.known)},
            )
            for key in self.options.weights
            if key not in self.known
        ]
        faults += [
            Fault("criterion_twice", "scenario", column=f"alliances.criteria.{key}")
            for key in self.options.criteria
            if key in registered()
        ]
        faults += wish_faults(territory, self.options)
        if not len(codes):
            faults.append(Fault("nobody_in_scope", "scenario", column="leave_out"))
        if faults:
            raise BadInputError(faults)
        self.units = Units(
            territory, codes, _population(territory, codes, year), self.graph,
            self.options.max_size, network, thresholds,
        )  # fmt: skip
        started = perf_counter()
        self.candidates: Candidates = enumerate_candidates(self.graph, self.options.max_size)
        self.seconds["candidates"] = perf_counter() - started
        self._score()

    def _score(self, before: AllianceModel | None = None) -> None:
        """Measure and score every candidate; what the options leave as it was is kept."""
        started = perf_counter()
        self.measures: dict[str, Measure] = {}
        self.raw: dict[str, npt.NDArray[np.float64]] = {}
        self.scores: dict[str, npt.NDArray[np.float64]] = {}
        for key, weight in self.options.weights.items():
            if before is not None and not before.rescored(key, self.options):
                if key in before.measures:
                    self.measures[key] = before.measures[key]
                    self.raw[key], self.scores[key] = before.raw[key], before.scores[key]
                    continue
                if before.options.weights.get(key):
                    continue  # it could not be measured, and no option has changed that
            measure = self.known[key].measure(self.units, self.options) if weight else None
            if measure is None:
                continue
            self.measures[key] = measure
            self.raw[key] = measure.raw(self.candidates)
            self.scores[key] = measure.score(self.raw[key], self.candidates)
        self.seconds["scores"] = perf_counter() - started

    def rescored(self, key: str, options: AllianceOptions) -> bool:
        """Say whether a criterion has to be measured again under other options.

        Parameters
        ----------
        key : str
            Key of the criterion.
        options : AllianceOptions
            The other options.

        Returns
        -------
        bool
            Whether one that it reads has changed.
        """
        if self.options.criteria.get(key) != options.criteria.get(key):
            return True
        reads = self.known[key].reads if key in self.known else None
        if reads is None:
            reads = frozenset(AllianceOptions.model_fields) - _NEVER_READ
        return any(getattr(self.options, name) != getattr(options, name) for name in reads)

    def under(self, options: AllianceOptions) -> AllianceModel:
        """Return the model of other options, with all that they leave as it was.

        Parameters
        ----------
        options : AllianceOptions
            What is asked for.

        Returns
        -------
        AllianceModel
            This very model if only weights of its criteria and requirements differ;
            otherwise another one, over the same candidates if they are the same.
        """
        mine = self.options
        if (options.max_size, options.links) != (mine.max_size, mine.links):
            return AllianceModel(
                self.units.territory, options, self.leave_out, self.year,
                network=self.units.roads_at_hand, thresholds=self.units.given_thresholds,
            )  # fmt: skip
        known = all(key in self.scores or not weight or mine.weights.get(key)
                    for key, weight in options.weights.items())  # fmt: skip
        if known and not any(self.rescored(key, options) for key in mine.weights):
            return self
        other = copy(self)
        other.options = options
        other.known = {**registered(), **declared(options)}
        other.units = replace(
            self.units, notes=list(self.units.notes), given_network=self.units.roads_at_hand
        )
        other.seconds = dict(self.seconds)
        other._score(self)
        other.__dict__.pop("_distance", None)
        return other

    @cached_property
    def _distance(self) -> Span:
        index = self.units.territory.municipalities.index
        xy = self.units.territory.xy_km[index.get_indexer(self.units.codes)]
        return Span(xy, self.options.worst_span_km)

    def population_of(self, codes: pd.Index) -> npt.NDArray[np.float64]:
        """Residents of any municipalities of the territory in the year of the plan.

        Parameters
        ----------
        codes : Index of str
            The municipalities, n of them.

        Returns
        -------
        ndarray of float, shape (n,)
            Residents.
        """
        return _population(self.units.territory, codes, self.year)

    def costs(self, weights: dict[str, float]) -> npt.NDArray[np.int64]:
        """Cost of every candidate in whole `COST_UNIT`, shape (N,).

        Members times the weighted mean of the scores: each municipality counts once, and
        the number of alliances is not what drives the plan.

        Parameters
        ----------
        weights : dict of str to float
            Weight by criterion; those without a measure are left out of the mean.

        Returns
        -------
        ndarray of int64
            Costs.
        """
        if sum(weights.get(key, 0.0) for key in self.scores) <= 0:
            raise BadInputError([Fault("no_criterion", "scenario", column="alliances.weights")])
        return mean_costs(self.candidates.size, self.scores, weights)

    def solve(
        self,
        options: AllianceOptions | None = None,
        limits: Limits | None = None,
        progress: Progress | None = None,
        start: Partition | None = None,
        quick: bool = False,
    ) -> Partition:
        """Find the best plan and its proof.

        Parameters
        ----------
        options : AllianceOptions, optional
            What is asked for; by default the options of the model. What they leave as it
            was is not computed again.
        limits : Limits, optional
            How hard to try.
        progress : callable, optional
            Called with the bound and the best cost so far.
        start : Partition, optional
            An earlier plan over the same candidates: its columns and cuts are where the
            solver begins. Of several plans that are equally good it may find another one
            than without.
        quick : bool
            Say by a bound, and not by solving once more for each, what it would cost to
            ally those who are best alone; plan and proof are the same.

        Returns
        -------
        Partition
            The plan.

        Raises
        ------
        InfeasibleError
            If no plan satisfies the requirements; names the smallest conflict.
        """
        if options is not None:
            model = self.under(options)
            if model is not self:
                same = start is not None and start.settled.model.candidates is model.candidates
                return model.solve(None, limits, progress, start if same else None, quick)
        options = options or self.options
        if start is not None and start.settled.model.candidates is not self.candidates:
            raise ValueError("the plan to start from is over other candidates")
        started = perf_counter()
        constraints = tuple(constraints_from(self.units, options, self._distance.raw))
        known = None if start is None else start.settled
        settled = self.settle(options, constraints, limits, progress, known)
        if settled.solution.feasible is None:
            raise SolverError(say("error.no_plan_yet", "en"))
        if not settled.solution.feasible:
            raise explain(
                self.units, self.graph, self.candidates, self.costs(options.weights), constraints,
                options.max_size,
            )  # fmt: skip
        return self._result(settled, {**self.seconds, "solve": perf_counter() - started}, quick)

    def settle(
        self,
        options: AllianceOptions,
        constraints: tuple[Constraint, ...],
        limits: Limits | None = None,
        progress: Progress | None = None,
        start: Settled | None = None,
    ) -> Settled:
        """Solve, without putting the answer into tables.

        Parameters
        ----------
        options : AllianceOptions
            Weights.
        constraints : tuple of Constraint
            Requirements.
        limits : Limits, optional
            How hard to try.
        progress : callable, optional
            Called with the bound and the best cost so far.
        start : Settled, optional
            An earlier question over the same candidates.

        Returns
        -------
        Settled
            The question with its answer; without a plan, its solution names who is stuck.
        """
        allowed, rows = self.pool_under(constraints)
        cost = self.costs(options.weights)
        if len(allowed) < len(cost):
            cost = cost[allowed]
        solution = solve(
            self.candidates.take(allowed).members, cost, self.graph.n, rows, limits, progress,
            None if start is None else start.start(allowed), self.graph, None, self.engine,
        )  # fmt: skip
        return Settled(self, options, constraints, allowed, cost, rows, solution)

    def pool_under(
        self, constraints: Sequence[Constraint]
    ) -> tuple[npt.NDArray[np.int64], tuple[ExtraRow, ...]]:
        """Return what requirements leave to choose from.

        Parameters
        ----------
        constraints : sequence of Constraint
            The requirements.

        Returns
        -------
        allowed : ndarray of int64
            Candidates that satisfy them, ascending.
        rows : tuple of ExtraRow
            Requirements on the whole plan.
        """
        keep = np.ones(len(self.candidates), dtype=bool)
        for constraint in constraints:
            keep &= constraint.allows(self.candidates)
        allowed = np.flatnonzero(keep)
        return allowed, rows_of(constraints, self.candidates.take(allowed))

    def _result(self, settled: Settled, seconds: dict[str, float], quick: bool) -> Partition:
        population = self.units.population
        groups: list[Group] = []
        for chosen in settled.solution.chosen:
            members = [int(u) for u in settled.pool.members[chosen] if u >= 0]
            members.sort(key=lambda u: (-population[u], u))
            groups.append(Group(members, int(settled.allowed[chosen]), int(settled.cost[chosen])))
        alliances = alliance_table(self, [group for group in groups if len(group.members) > 1])
        return Partition(
            alliances=alliances,
            membership=membership_table(settled, alliances, groups, quick),
            criteria=criteria_table(self, self.weights(settled.options)),
            status="proven" if settled.solution.proven else "gap",
            cost=settled.solution.cost * COST_UNIT,
            bound=settled.solution.bound,
            gap=settled.solution.gap,
            candidates=len(settled.allowed),
            seconds=seconds,
            notes=tuple(self.units.notes),
            settled=settled,
        )

    def certificate(self, settled: Settled) -> dict[str, Any]:
        """Assemble the certificate of a plan.

        Parameters
        ----------
        settled : Settled
            The question and its answer.

        Returns
        -------
        dict
            Ready for JSON.
        """
        options, members = settled.options, settled.pool.members[settled.solution.chosen]
        return certificate_of(
            settled.solution,
            codes=[str(code) for code in self.units.codes],
            edges=self.graph.edges().tolist(),
            max_size=options.max_size,
            measures={key: measure.record() for key, measure in self.measures.items()},
            weights=self.weights(options),
            requirements=requirements_record(
                self.units, options, settled.constraints, self._distance
            ),
            plan=[sorted(int(u) for u in group if u >= 0) for group in members],
            candidates=len(settled.allowed),
            fingerprint=self.units.territory.fingerprint,
        )

    def weights(self, options: AllianceOptions) -> dict[str, float]:
        """Weight of every criterion that could be measured."""
        return {key: options.weights.get(key, 0.0) for key in self.scores}

    def requirements(self, options: AllianceOptions) -> dict[str, Any]:
        """Requirements in terms of units, as the certificate states them."""
        constraints = constraints_from(self.units, options, self._distance.raw)
        return requirements_record(self.units, options, constraints, self._distance)


def _population(territory: Territory, codes: pd.Index, year: int | None) -> npt.NDArray[np.float64]:
    if year is None or year == territory.metadata.reference_year:
        reference: npt.NDArray[np.float64] = territory.municipalities.loc[
            codes, "population"
        ].to_numpy(dtype=np.float64)
        return reference
    table = territory.require("population")
    table = table[table["year"] == year]
    total = table.groupby("municipality", observed=True)["persons"].sum().reindex(codes)
    if total.isna().any():
        years = ", ".join(str(y) for y in sorted(territory.require("population")["year"].unique()))
        raise BadInputError(
            [Fault("year_unknown", "scenario", None, "year", str(year), {"known": years})]
        )
    return total.to_numpy(dtype=np.float64)


def partition(
    territory: Territory,
    options: AllianceOptions | None = None,
    leave_out: Sequence[Rule] = (),
    *,
    year: int | None = None,
    limits: Limits | None = None,
    progress: Callable[[float, float | None], None] | None = None,
    engine: Engine | None = None,
    network: Network | None = None,
    thresholds: Mapping[str, Threshold] | None = None,
) -> Partition:
    """Group the municipalities in scope into the best alliances, with proof.

    Parameters
    ----------
    territory : Territory
        The territory.
    options : AllianceOptions, optional
        Target, weights, requirements.
    leave_out : sequence of Rule
        Who is out of scope, and why.
    year : int, optional
        Year of the population; by default the reference population of the territory.
    limits : Limits, optional
        How hard to try; the default proves every Korean question.
    progress : callable, optional
        Called with the bound and the best cost so far.
    engine : Engine, optional
        Where very large territories are worked on; by default in this process.
    network : Network, optional
        Roads; by default those of the territory, or estimated ones.
    thresholds : mapping of str to Threshold, optional
        Service thresholds; by default those of the territory's own scenario.

    Returns
    -------
    Partition
        Alliances, the municipalities that stay alone with the reason, and the certificate.

    Raises
    ------
    BadInputError
        If the options do not fit the territory.
    InfeasibleError
        If no plan satisfies the requirements.
    """
    model = AllianceModel(
        territory, options, leave_out, year, engine, network=network, thresholds=thresholds
    )
    return model.solve(None, limits, progress)
