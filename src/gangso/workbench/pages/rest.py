"""The rest of a plan, worked out behind the page: what the cards tell beyond the alliances."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


from gangso.alliances import Partition, answer
from gangso.alliances.answers import Answers
from gangso.alliances.reasons import municipality_reasons
from gangso.bases import Bases, plan_bases
from gangso.compact import Compact, draft_compact
from gangso.diagnosis import Diagnosis, diagnose
from gangso.errors import BadInputError
from gangso.projection import Projection, project
from gangso.scenario import Scenario
from gangso.services import Services, measure
from gangso.texts import LANGUAGES
from gangso.workbench.ground import Ground
from gangso.workbench.memory import Memory

__all__ = ["STEPS", "Rest"]

# In this order; the first two do not depend on who is allied.
STEPS = ("diagnosis", "services", "reasons", "bases", "compact", "projection", "robustness")
_OF_PLAN = STEPS[2:]


@dataclass(eq=False)
class Rest:
    """What is known of one plan beyond its alliances; grows while it is worked out.

    Attributes
    ----------
    scenario : Scenario
        The scenario.
    plan : Partition
        Its plan.
    found : dict
        Results by step of `STEPS`; None where the data do not allow it.
    missing : dict of str to tuple of dict
        Why a step could not be done, by language.
    """

    ground: Ground
    scenario: Scenario
    plan: Partition
    memory: Memory[Any]
    found: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, tuple[dict[str, str], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take what was found before for the same scenario."""
        for step in STEPS:
            known = self.memory.get(self._key(step))
            if known is not None:
                self.found[step] = known[0]

    def get(self, step: str) -> Any:
        """Return what is found, or None while it is not."""
        return self.found.get(step)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What is wrong."""
        return self.found.get("diagnosis")

    @property
    def services(self) -> Services | None:
        """Who cannot reach what."""
        return self.found.get("services")

    @property
    def bases(self) -> Bases | None:
        """Where shared bases go."""
        return self.found.get("bases")

    @property
    def compact(self) -> Compact | None:
        """Who does what and who pays."""
        return self.found.get("compact")

    @property
    def projection(self) -> Projection | None:
        """What will happen."""
        return self.found.get("projection")

    @property
    def answers(self) -> Answers | None:
        """How sure the plan is."""
        return self.found.get("robustness")

    def _key(self, step: str) -> tuple[str, str]:
        said = self.scenario.model_copy(update={"name": "", "language": "ko"})
        if step in _OF_PLAN:
            return step, said.model_dump_json()
        return step, said.model_dump_json(exclude={"alliances", "bases", "compact", "projection"})

    def done(self, step: str) -> bool:
        """Whether a step is worked out, or known to be impossible."""
        return step in self.found

    def work(self, step: str, cancelled: threading.Event | None = None) -> None:
        """Work out one step, and those that it rests on.

        Parameters
        ----------
        step : str
            One of `STEPS`.
        cancelled : Event, optional
            Set by whoever does not want it any more.
        """
        if step in self.found:
            return
        if step == "bases":
            self.work("services", cancelled)
        if cancelled is not None and cancelled.is_set():
            return
        make: Callable[[], Any] = getattr(self, f"_{step}")

        def made() -> tuple[Any]:
            return (make(),)

        self.found[step] = self.memory.find(self._key(step), made)[0]

    def _diagnosis(self) -> Diagnosis:
        return diagnose(self.ground.territory, self.scenario.diagnosis, self.scenario.year)

    def _services(self) -> Services:
        network = self.ground.network(self.scenario)
        return measure(
            self.ground.territory, network, self.scenario.services, self.scenario.year
        )

    def _reasons(self) -> Any:
        return municipality_reasons(self.plan)

    def _bases(self) -> Bases:
        return plan_bases(
            self.ground.territory,
            self.ground.network(self.scenario),
            self.found["services"],
            self.plan,
            self.scenario.bases,
            self.scenario.services,
        )

    def _compact(self) -> Compact:
        scenario = self.scenario
        return draft_compact(
            self.ground.territory,
            self.plan,
            scenario.compact,
            standards=scenario.services.standards,
            network=self.ground.network(scenario),
            year=scenario.year,
            max_size=scenario.alliances.max_size,
            small_below=scenario.diagnosis.ledger.threshold,
        )

    def _projection(self) -> Projection | None:
        members = self.plan.membership["alliance"]
        try:
            return project(self.ground.territory, self.scenario, membership=members)
        except BadInputError as error:
            self.missing["projection"] = tuple(
                {lang: fault.problem(lang) for lang in LANGUAGES} for fault in error.faults
            )
            return None

    def _robustness(self) -> Answers:
        options = self.scenario.answers
        wanted = options.model_copy(
            update={"alternatives": options.alternatives.model_copy(update={"count": 0})}
        )
        return answer(self.plan, wanted, self.scenario.seed, ())
