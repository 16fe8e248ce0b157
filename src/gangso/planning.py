"""The line of the design, and nothing else: from the scenario over the domains to the plan."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from gangso.alliances import Answers, Partition, answer, partition
from gangso.bases import Bases, plan_bases
from gangso.compact import Compact, draft_compact
from gangso.diagnosis import Diagnosis, diagnose
from gangso.engine import Engine
from gangso.errors import BadInputError
from gangso.evaluation import Evaluation, evaluate
from gangso.opening import open_groupings, open_scenario, open_territory
from gangso.projection import Projection, project
from gangso.scenario import Scenario
from gangso.services import Services, measure
from gangso.territory import Territory
from gangso.territory.travel import Network, travel_network
from gangso.texts import LANGUAGES

__all__ = [
    "GapProgress",
    "Plan",
    "Progress",
    "find_alliances",
    "plan",
    "versions",
]

# What can change a figure of the plan, and is therefore written beside it.
_NAMED_PACKAGES = ("gangso", "highspy", "geopandas", "numba", "numpy", "pandas", "scipy", "shapely")


class Progress(Protocol):
    """Told how far each step has come."""

    def __call__(
        self, step: str, fraction: float, figures: Mapping[str, float] | None = None, /
    ) -> None:
        """Take note that ``step`` (key of ``step.<key>``) has done ``fraction`` of its work.

        The search for alliances gives figures, too: ``bound`` and, once there is a plan,
        ``cost`` and ``gap``.
        """


@dataclass(frozen=True, eq=False)
class Plan:
    """A plan for one territory.

    Attributes
    ----------
    scenario : Scenario
        What was asked for, resolved: every default is filled in.
    territory : Territory
        The data.
    diagnosis : Diagnosis
        What is wrong.
    network : Network
        Travel times, given or estimated.
    services : Services
        Who cannot reach what.
    partition : Partition
        Who joins whom, and the proof.
    answers : Answers
        Why, how sure, what else, and beside what.
    bases : Bases
        Where shared bases go.
    compact : Compact
        Who does what, who decides and who pays in each alliance.
    evaluation : Evaluation
        Whether past policy reached the neighbours, as far as the data can tell.
    projection : Projection or None
        What will happen, and what the plan changes; None if the data do not allow it.
    projection_missing : tuple of dict
        Why there is no projection, by language; empty if there is one.
    versions : mapping of str to str
        Versions of Python and of the packages that can change a figure.
    seconds : mapping of str to float
        Time of each step.
    """

    scenario: Scenario
    territory: Territory
    diagnosis: Diagnosis
    network: Network
    services: Services
    partition: Partition
    answers: Answers
    bases: Bases
    compact: Compact
    evaluation: Evaluation
    projection: Projection | None
    projection_missing: tuple[dict[str, str], ...]
    versions: Mapping[str, str]
    seconds: Mapping[str, float]

    def summary(self, lang: str | None = None) -> str:
        """Say in a few lines what the plan does.

        Parameters
        ----------
        lang : {"ko", "en"}, optional
            Language; the scenario's by default.

        Returns
        -------
        str
            The lines.
        """
        return self.partition.summary(lang or self.scenario.language)


def versions() -> Mapping[str, str]:
    """Return the versions of Python and of the packages that can change a figure.

    Returns
    -------
    mapping of str to str
        Version by name.
    """
    found = {"python": platform.python_version()}
    found |= {name: version(name) for name in _NAMED_PACKAGES}
    return MappingProxyType(found)


def find_alliances(
    scenario: Scenario,
    territory: Territory,
    network: Network,
    *,
    progress: Callable[[float, float | None], None] | None = None,
    engine: Engine | None = None,
) -> Partition:
    """Find the best alliances of a scenario; every command that needs them asks here.

    Parameters
    ----------
    scenario : Scenario
        The resolved scenario.
    territory : Territory
        Its territory.
    network : Network
        Its travel times.
    progress : callable, optional
        Called with the bound and the best cost so far.
    engine : Engine, optional
        Where very large territories are worked on.

    Returns
    -------
    Partition
        The alliances.

    Raises
    ------
    BadInputError
        If the options do not fit the territory.
    InfeasibleError
        If no plan satisfies the requirements.
    """
    return partition(
        territory,
        scenario.alliances,
        scenario.leave_out,
        year=scenario.year,
        progress=progress,
        engine=engine,
        network=network,
        thresholds=scenario.services.thresholds,
    )


def plan(
    scenario: Scenario | Mapping[str, Any] | Path | str | None = None,
    *,
    territory: Territory | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> Plan:
    """Make a plan.

    Parameters
    ----------
    scenario : Scenario, mapping, Path, str or None
        A resolved scenario is taken as it is; a fragment or a scenario file is laid over
        the territory's own; none is the embedded Korea with its defaults.
    territory : Territory, optional
        The territory, if it is already at hand; otherwise the one that the scenario names.
    progress : Progress, optional
        Told how far each step has come.
    engine : Engine, optional
        Where independent work is done: blocks of very large partitions, draws of the
        robustness, simulated futures. Here by default; the plan is the same everywhere.

    Returns
    -------
    Plan
        The plan.

    Raises
    ------
    BadInputError
        With every fault of the scenario or of the package.
    InfeasibleError
        If no plan satisfies the requirements.
    """
    seconds: dict[str, float] = {}
    tell = progress or _silent
    with _step("territory", seconds, tell):
        if isinstance(scenario, Scenario):
            resolved = scenario
            territory = territory or open_territory(scenario.territory)
        else:
            resolved, territory = open_scenario(scenario, territory=territory)
    with _step("diagnosis", seconds, tell):
        diagnosis = diagnose(territory, resolved.diagnosis, resolved.year)
    with _step("travel", seconds, tell):
        network = travel_network(territory, resolved.travel, resolved.year)
    with _step("services", seconds, tell):
        services = measure(territory, network, resolved.services, resolved.year)
    with _step("alliances", seconds, tell):
        found = find_alliances(
            resolved, territory, network, progress=GapProgress(tell), engine=engine
        )
    with _step("answers", seconds, tell):
        answers = answer(
            found,
            resolved.answers,
            resolved.seed,
            open_groupings(found, resolved.answers.groupings),
            engine,
            progress=lambda share: tell("answers", share),
        )
    with _step("bases", seconds, tell):
        bases = plan_bases(territory, network, services, found, resolved.bases, resolved.services)
    with _step("compact", seconds, tell):
        compact = draft_compact(
            territory,
            found,
            resolved.compact,
            costs=bases.costs,
            year=resolved.year,
            max_size=resolved.alliances.max_size,
            small_below=resolved.diagnosis.ledger.threshold,
        )
    with _step("evaluation", seconds, tell):
        evaluation = evaluate(
            territory,
            resolved.evaluation,
            np.random.default_rng(resolved.seed),
            network=network,
            progress=lambda share: tell("evaluation", share),
        )
    with _step("projection", seconds, tell):
        projection, missing = _project(
            territory, resolved, found, lambda share: tell("projection", share), engine
        )
    return Plan(
        scenario=resolved,
        territory=territory,
        diagnosis=diagnosis,
        network=network,
        services=services,
        partition=found,
        answers=answers,
        bases=bases,
        compact=compact,
        evaluation=evaluation,
        projection=projection,
        projection_missing=missing,
        versions=versions(),
        seconds=MappingProxyType(seconds),
    )


def _project(
    territory: Territory,
    scenario: Scenario,
    found: Partition,
    tell: Callable[[float], None],
    engine: Engine | None,
) -> tuple[Projection | None, tuple[dict[str, str], ...]]:
    """Project without and with the alliances; say why where the data do not allow it.

    A plan of alliances is worth having without a projection, but it must say so.
    """
    members = found.membership["alliance"]
    try:
        return project(territory, scenario, membership=members, engine=engine, progress=tell), ()
    except BadInputError as error:
        faults = error.faults
    if any(fault.table == "scenario" for fault in faults):
        raise BadInputError(faults)  # a wish that cannot be met is the planner's to correct
    return None, tuple({lang: fault.problem(lang) for lang in LANGUAGES} for fault in faults)


def _silent(step: str, fraction: float, figures: Mapping[str, float] | None = None) -> None:
    """Tell nobody."""


@contextmanager
def _step(key: str, seconds: dict[str, float], tell: Progress) -> Iterator[None]:
    tell(key, 0.0)
    start = time.perf_counter()
    yield
    seconds[key] = time.perf_counter() - start
    tell(key, 1.0)


class GapProgress:
    """Pass a solver's bound and best cost on, with the share of its first gap that is closed.

    Parameters
    ----------
    tell : Progress
        Told the share as the progress of the step ``alliances``, and bound, cost and gap.
    """

    def __init__(self, tell: Progress) -> None:
        self._tell = tell
        self._first: float | None = None

    def __call__(self, bound: float, best: float | None) -> None:
        """Take note of the bound and of the best cost so far."""
        if best is None:
            self._tell("alliances", 0.0, {"bound": bound})
            return
        gap = max(best - bound, 0.0)
        self._first = self._first or gap or 1.0
        figures = {"bound": bound, "cost": best, "gap": gap / best if best else 0.0}
        self._tell("alliances", max(0.0, 1.0 - gap / self._first), figures)
