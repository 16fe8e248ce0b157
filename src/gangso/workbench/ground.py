"""One territory, opened once, on which any number of scenarios stand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from gangso.alliances import AllianceModel, Partition, robustness
from gangso.alliances.candidates import count_candidates
from gangso.alliances.graph import Graph
from gangso.alliances.scope import scope
from gangso.bases import CoalitionCosts, Needs, build_needs
from gangso.diagnosis import Diagnosis, diagnose
from gangso.errors import BadInputError, Fault
from gangso.opening import open_scenario
from gangso.scenario import AllianceOptions, Scenario
from gangso.services import Services, measure
from gangso.territory import Territory
from gangso.territory.travel import Network, travel_network
from gangso.workbench.memory import Memory
from gangso.workbench.outlook import Outlook, look_ahead

__all__ = ["EDITABLE", "Ground"]

T = TypeVar("T")

Progress = Callable[[float, float | None], None]

# More candidates than this are not listed while somebody waits at the screen.
MOST_CANDIDATES = 1_000_000
# Plans at hand (to undo, to price a lock) may have so many candidates together.
_BUDGET = 1_500_000
# Each lock is priced by solving once more.
MOST_LOCKS = 200
LOCKS = ("must_link", "cannot_link", "stand_alone", "fixed")
# What an edit can change; everything else of a scenario is fixed when it is opened.
EDITABLE = {
    "weights", "target_population", "min_size", "max_size",
    "must_link", "cannot_link", "stand_alone", "fixed",
}  # fmt: skip
# What the plan of alliances depends on beside the options of the alliances.
_BENEATH = {"leave_out", "year", "travel"}


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Ground:
    """A territory and what was worked out on it, shared by all sessions and threads.

    Parameters
    ----------
    territory : Territory
        The territory.
    most_candidates : int
        Questions with more candidates are refused.

    Attributes
    ----------
    territory : Territory
        The territory.
    defaults : Scenario
        Its own scenario, resolved: what a new scenario starts from.
    """

    def __init__(self, territory: Territory, most_candidates: int = MOST_CANDIDATES) -> None:
        self.territory = territory
        self.defaults, _ = open_scenario({}, territory=territory)
        self._most = most_candidates
        self._networks: Memory[Network] = Memory(4)
        self._models: Memory[AllianceModel] = Memory(_BUDGET, lambda model: len(model.candidates))
        self._plans: Memory[Partition] = Memory(
            _BUDGET, lambda plan: len(plan.settled.model.candidates)
        )
        self._firsts: Memory[Partition] = Memory(4)
        self._diagnoses: Memory[Diagnosis] = Memory(2)
        self._services: Memory[Services] = Memory(2)
        self._needs: Memory[Needs] = Memory(2)
        self._costs: Memory[CoalitionCosts] = Memory(2)
        self._outlooks: Memory[Outlook] = Memory(2)
        self._bases: Memory[Any] = Memory(600)
        self._sure: Memory[pd.Series] = Memory(16)

    def network(self, scenario: Scenario) -> Network:
        """Return the travel times that a scenario asks for.

        Parameters
        ----------
        scenario : Scenario
            The scenario.

        Returns
        -------
        Network
            Roads, given or estimated.
        """
        key = _fingerprint(scenario.travel.model_dump_json(), str(scenario.year))
        return self._networks.find(
            key, lambda: travel_network(self.territory, scenario.travel, scenario.year)
        )

    def diagnosis(self, scenario: Scenario) -> Diagnosis:
        """Return the diagnosis of the territory under a scenario's thresholds."""
        key = _fingerprint(scenario.diagnosis.model_dump_json(), str(scenario.year))
        return self._diagnoses.find(
            key, lambda: diagnose(self.territory, scenario.diagnosis, scenario.year)
        )

    def services(self, scenario: Scenario) -> Services:
        """Return who reaches what today; takes seconds the first time."""
        return self._services.find(
            self._around(scenario),
            lambda: measure(
                self.territory, self.network(scenario), scenario.services, scenario.year
            ),
        )

    def needs(self, scenario: Scenario) -> Needs:
        """Return what the siting of bases starts from; takes seconds the first time."""
        return self._needs.find(
            self._around(scenario, scenario.bases.model_dump_json()),
            lambda: build_needs(
                self.network(scenario),
                self.services(scenario),
                dict(scenario.services.standards),
                scenario.bases,
            ),
        )

    def base_costs(self, scenario: Scenario) -> CoalitionCosts:
        """Return what any coalition would pay for its bases; remembers what it was asked."""
        return self._costs.find(
            self._around(scenario, scenario.bases.model_dump_json()),
            lambda: CoalitionCosts(self.needs(scenario), scenario.bases.nodes),
        )

    def bases(self, scenario: Scenario, members: tuple[str, ...], make: Callable[[], T]) -> T:
        """Return the shared bases of a group of municipalities; made once.

        Parameters
        ----------
        scenario : Scenario
            The scenario.
        members : tuple of str
            Their codes, the centre first.
        make : callable
            Sites them.

        Returns
        -------
        T
            What `make` returned, now or earlier.
        """
        key = (self._around(scenario, scenario.bases.model_dump_json()), members)
        found: T = self._bases.find(key, make)
        return found

    def sureness(
        self, scenario: Scenario, plan: Partition, progress: Callable[[int, int], None] | None
    ) -> pd.Series:
        """Return how often each municipality keeps its partners under other weightings.

        Parameters
        ----------
        scenario : Scenario
            The scenario.
        plan : Partition
            Its plan.
        progress : callable or None
            Called with the number of weightings done and their total; may raise to stop.

        Returns
        -------
        Series
            Share of the weightings, index code.
        """
        options = scenario.answers.robustness
        key = (
            self._beneath(scenario), _said(scenario.alliances), options.model_dump_json(),
            scenario.seed,
        )  # fmt: skip

        def make() -> pd.Series:
            rng = np.random.default_rng(scenario.seed)
            return robustness(plan, options, rng, progress=progress).municipalities["sureness"]

        return self._sure.find(key, make)

    def outlook(
        self, scenario: Scenario, progress: Callable[[float], None] | None = None
    ) -> Outlook:
        """Return what will happen without any plan; takes seconds the first time.

        Parameters
        ----------
        scenario : Scenario
            The scenario.
        progress : callable, optional
            Told the share done.

        Returns
        -------
        Outlook
            The projection and its futures.

        Raises
        ------
        BadInputError
            If the data do not allow a projection.
        """
        return self._outlooks.find(
            self._ahead(scenario), lambda: look_ahead(self.territory, scenario, progress)
        )

    def model(self, scenario: Scenario) -> AllianceModel:
        """Return the candidates and scores on which a scenario is solved.

        Parameters
        ----------
        scenario : Scenario
            The scenario.

        Returns
        -------
        AllianceModel
            Of this scenario, or of one that differs from it by edits only.

        Raises
        ------
        BadInputError
            If the scenario does not fit the territory, or has too many candidates.
        """

        def make() -> AllianceModel:
            codes, _, graph = scope(self.territory, scenario.leave_out, scenario.alliances.links)
            if len(codes):
                self._refuse_too_many(graph, scenario.alliances)
            return AllianceModel(
                self.territory,
                scenario.alliances,
                scenario.leave_out,
                scenario.year,
                network=self.network(scenario),
                thresholds=scenario.services.thresholds,
            )

        return self._models.find(self._beneath(scenario), make)

    def solve(
        self,
        scenario: Scenario,
        start: Partition | None = None,
        progress: Progress | None = None,
    ) -> Partition:
        """Return the best plan of a scenario, from memory if it was found before.

        Parameters
        ----------
        scenario : Scenario
            The scenario.
        start : Partition, optional
            A plan of a scenario that differs from it by edits only.
        progress : callable, optional
            Called with the bound and the best cost so far; may raise to stop the search.

        Returns
        -------
        Partition
            The plan.

        Raises
        ------
        BadInputError
            If the scenario does not fit the territory.
        InfeasibleError
            If no plan satisfies the requirements.
        """

        beneath = self._beneath(scenario)

        def make() -> Partition:
            options = scenario.alliances
            # Any earlier plan over the same candidates is a better start than none.
            known = start or self._firsts.get(beneath)
            model = self.model(scenario) if known is None else known.settled.model
            self._refuse_unknown(model, options)
            if options.max_size > model.options.max_size:
                self._refuse_too_many(model.graph, options)
            model = model.under(options)
            same = known is not None and known.settled.model.candidates is model.candidates
            start_from = known if same else None
            # What it costs to ally those who are best alone is solved when somebody asks.
            return model.solve(options, progress=progress, start=start_from, quick=True)

        found = self._plans.find((beneath, _said(scenario.alliances)), make)
        self._firsts.find(beneath, lambda: found)
        return found

    def known(self, scenario: Scenario) -> Partition | None:
        """Return the plan of a scenario if it is at hand."""
        return self._plans.get((self._beneath(scenario), _said(scenario.alliances)))

    def _around(self, scenario: Scenario, *more: str) -> str:
        """Everything that access to services depends on."""
        return _fingerprint(
            scenario.travel.model_dump_json(),
            str(scenario.year),
            scenario.services.model_dump_json(),
            *more,
        )

    def _ahead(self, scenario: Scenario) -> str:
        """Everything that the outlook depends on."""
        return _fingerprint(
            scenario.projection.model_dump_json(),
            scenario.diagnosis.model_dump_json(),
            scenario.services.model_dump_json(include={"thresholds"}),
            str(scenario.seed),
        )

    def _beneath(self, scenario: Scenario) -> str:
        """Everything the candidates and scores depend on that no edit can change."""
        return _fingerprint(
            scenario.model_dump_json(include=_BENEATH),
            json.dumps(
                {k: v.model_dump(mode="json") for k, v in scenario.services.thresholds.items()}
            ),
            scenario.alliances.model_dump_json(exclude=EDITABLE),
        )

    def _refuse_unknown(self, model: AllianceModel, options: AllianceOptions) -> None:
        faults = [
            Fault(
                "unknown_criterion",
                "scenario",
                column=f"alliances.weights.{key}",
                details={"known": ", ".join(model.known)},
            )
            for key in options.weights
            if key not in model.known
        ]
        count = sum(len(getattr(options, name)) for name in LOCKS)
        if count > MOST_LOCKS:
            details = {"most": f"{MOST_LOCKS:,}"}
            faults.append(
                Fault("too_many_locks", "scenario", None, "alliances", f"{count:,}", details)
            )
        if faults:
            raise BadInputError(faults)

    def _refuse_too_many(self, graph: Graph, options: AllianceOptions) -> None:
        count = int(count_candidates(graph, options.max_size).sum())
        if count > self._most:
            raise BadInputError(
                [
                    Fault(
                        "too_many_candidates",
                        "scenario",
                        column="alliances.max_size",
                        value=str(options.max_size),
                        details={"count": f"{count:,}", "most": f"{self._most:,}"},
                    )
                ]
            )


def _said(options: AllianceOptions) -> str:
    """What the editable options say; the order in which locks were set has no meaning."""
    said = {name: getattr(options, name) for name in EDITABLE}
    for name in ("must_link", "cannot_link", "fixed"):
        said[name] = sorted(sorted(entry) for entry in said[name])
    said["stand_alone"] = sorted(said["stand_alone"])
    return json.dumps(said, sort_keys=True)
