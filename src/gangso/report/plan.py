"""What the report needs of a plan; `gangso.planning.Plan` has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gangso.alliances.answers import Answers
from gangso.alliances.result import Partition
from gangso.bases import Bases
from gangso.compact import Compact
from gangso.diagnosis import Diagnosis
from gangso.evaluation import Evaluation
from gangso.projection import Projection
from gangso.scenario import Scenario
from gangso.services import Services
from gangso.territory.model import Territory
from gangso.territory.travel import Network

__all__ = ["PlanLike"]


class PlanLike(Protocol):
    """A plan."""

    @property
    def scenario(self) -> Scenario:
        """What was asked for."""

    @property
    def territory(self) -> Territory:
        """The data."""

    @property
    def diagnosis(self) -> Diagnosis:
        """What is wrong."""

    @property
    def network(self) -> Network:
        """Travel times, given or estimated."""

    @property
    def services(self) -> Services:
        """Who cannot reach what."""

    @property
    def partition(self) -> Partition:
        """Who joins whom, and the proof."""

    @property
    def answers(self) -> Answers:
        """Why, how sure, what else, and beside what."""

    @property
    def bases(self) -> Bases:
        """Where shared bases go."""

    @property
    def compact(self) -> Compact:
        """Who does what, who decides and who pays."""

    @property
    def evaluation(self) -> Evaluation:
        """Whether past policy reached the neighbours, as far as the data can tell."""

    @property
    def projection(self) -> Projection | None:
        """What will happen, and what the plan changes; None if the data do not allow it."""

    @property
    def projection_missing(self) -> tuple[dict[str, str], ...]:
        """Why there is no projection, by language."""

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of what can change a figure."""
