"""Plan small-but-strong urban areas: the public names.

They are loaded when first used, so that ``import gangso`` and ``gangso --help`` are fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gangso.alliances import Partition, partition
    from gangso.diagnosis import Diagnosis, diagnose
    from gangso.errors import BadInputError, GangsoError, InfeasibleError, MissingTableError
    from gangso.planning import Plan, plan
    from gangso.scenario import Scenario
    from gangso.territory import Territory, korea, load

_HOME = {
    "BadInputError": "gangso.errors",
    "Diagnosis": "gangso.diagnosis",
    "GangsoError": "gangso.errors",
    "InfeasibleError": "gangso.errors",
    "MissingTableError": "gangso.errors",
    "Partition": "gangso.alliances",
    "Plan": "gangso.planning",
    "Scenario": "gangso.scenario",
    "Territory": "gangso.territory",
    "diagnose": "gangso.diagnosis",
    "korea": "gangso.territory",
    "load": "gangso.territory",
    "partition": "gangso.alliances",
    "plan": "gangso.planning",
}

__all__ = [
    "BadInputError",
    "Diagnosis",
    "GangsoError",
    "InfeasibleError",
    "MissingTableError",
    "Partition",
    "Plan",
    "Scenario",
    "Territory",
    "diagnose",
    "korea",
    "load",
    "partition",
    "plan",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
