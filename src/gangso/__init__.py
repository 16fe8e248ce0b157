"""Plan small-but-strong urban areas: the public names.

They are loaded when first used, so that ``import gangso`` and ``gangso --help`` are fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gangso.alliances import Banded, MaxP, Partition, banded, max_p, partition
    from gangso.diagnosis import Diagnosis, diagnose
    from gangso.errors import BadInputError, GangsoError, InfeasibleError, MissingTableError
    from gangso.planning import Plan, plan
    from gangso.report.geopackage import layers
    from gangso.scenario import Scenario
    from gangso.territory import Territory, korea, load

_HOME = {
    "BadInputError": "gangso.errors",
    "Banded": "gangso.alliances",
    "Diagnosis": "gangso.diagnosis",
    "GangsoError": "gangso.errors",
    "InfeasibleError": "gangso.errors",
    "MaxP": "gangso.alliances",
    "MissingTableError": "gangso.errors",
    "Partition": "gangso.alliances",
    "Plan": "gangso.planning",
    "Scenario": "gangso.scenario",
    "Territory": "gangso.territory",
    "banded": "gangso.alliances",
    "diagnose": "gangso.diagnosis",
    "korea": "gangso.territory",
    "layers": "gangso.report.geopackage",
    "load": "gangso.territory",
    "max_p": "gangso.alliances",
    "partition": "gangso.alliances",
    "plan": "gangso.planning",
}

__all__ = [
    "BadInputError",
    "Banded",
    "Diagnosis",
    "GangsoError",
    "InfeasibleError",
    "MaxP",
    "MissingTableError",
    "Partition",
    "Plan",
    "Scenario",
    "Territory",
    "banded",
    "diagnose",
    "korea",
    "layers",
    "load",
    "max_p",
    "partition",
    "plan",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
