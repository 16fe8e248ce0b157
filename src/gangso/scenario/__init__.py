"""What the planner asks for: frozen models that forbid unknown keys, YAML in and out.

A territory package may carry a *scenario fragment* (its country's thresholds, its rule of
who is in scope); the planner's own file is laid over it, key by key, and what neither
names takes the default below. The resolved scenario is written beside the plan.

One file of options for each package of the design; the scenario that holds them is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from gangso.errors import BadInputError, Fault
from gangso.scenario.alliances import AllianceOptions, HubRequirement
from gangso.scenario.answers import AlternativeOptions, AnswerOptions, RobustnessOptions
from gangso.scenario.base import Frozen, Rule
from gangso.scenario.bases import BaseService, BasesOptions, HubKind, Mode
from gangso.scenario.compact import (
    CharterOptions,
    CompactOptions,
    DecentralisationOptions,
    FinanceItems,
    Function,
    FunctionOptions,
    SeatOptions,
)
from gangso.scenario.criteria import CriterionOptions, Figures, Wish
from gangso.scenario.diagnosis import (
    DiagnosisOptions,
    ExtinctionClass,
    LedgerOptions,
    ReferenceRow,
)
from gangso.scenario.evaluation import EvaluationOptions, Outcome, Study
from gangso.scenario.projection import FeedbackOptions, ProjectionOptions, RateOptions
from gangso.scenario.services import (
    Catchment,
    ClosureTest,
    Decay,
    ServicesOptions,
    Standard,
    Threshold,
    UnderservedTest,
)
from gangso.scenario.travel import MainRoads, SpeedClass, TravelOptions
from gangso.scenario.wishes import read_wishes

__all__ = [
    "AllianceOptions",
    "AlternativeOptions",
    "AnswerOptions",
    "BaseService",
    "BasesOptions",
    "Catchment",
    "CharterOptions",
    "ClosureTest",
    "CompactOptions",
    "CriterionOptions",
    "Decay",
    "DecentralisationOptions",
    "DiagnosisOptions",
    "EvaluationOptions",
    "ExtinctionClass",
    "FeedbackOptions",
    "Figures",
    "FinanceItems",
    "Function",
    "FunctionOptions",
    "HubKind",
    "HubRequirement",
    "LedgerOptions",
    "MainRoads",
    "Mode",
    "Outcome",
    "ProjectionOptions",
    "RateOptions",
    "ReferenceRow",
    "RobustnessOptions",
    "Rule",
    "Scenario",
    "SeatOptions",
    "ServicesOptions",
    "SpeedClass",
    "Standard",
    "Study",
    "Threshold",
    "TravelOptions",
    "UnderservedTest",
    "Wish",
    "read_scenario",
    "read_wishes",
    "resolve",
]


class Scenario(Frozen):
    """Everything that a plan depends on, apart from the data."""

    name: str = "plan"
    territory: str = Field("korea", description="embedded data set, or path to a package")
    language: Literal["ko", "en"] = "ko"
    seed: int = Field(2018, ge=0)
    year: int | None = Field(None, description="year of the plan; none: the latest of the data")
    leave_out: tuple[Rule, ...] = Field((), description="who is out of scope, and why")
    travel: TravelOptions = TravelOptions()
    diagnosis: DiagnosisOptions = DiagnosisOptions()
    services: ServicesOptions = ServicesOptions()
    projection: ProjectionOptions = ProjectionOptions()
    alliances: AllianceOptions = AllianceOptions()
    bases: BasesOptions = BasesOptions()
    compact: CompactOptions = CompactOptions()
    answers: AnswerOptions = AnswerOptions()
    evaluation: EvaluationOptions = EvaluationOptions()

    def to_yaml(self) -> str:
        """Write the scenario as YAML that `read_scenario` reads back."""
        return yaml.safe_dump(
            self.model_dump(mode="json"), allow_unicode=True, sort_keys=False, width=88
        )


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        lower = merged.get(key)
        if isinstance(lower, Mapping) and isinstance(value, Mapping):
            merged[key] = _overlay(lower, value)
        else:
            merged[key] = value
    return merged


def resolve(*layers: Mapping[str, Any]) -> Scenario:
    """Lay scenario fragments over each other and validate the result.

    Parameters
    ----------
    *layers : mapping
        From the weakest (the territory's fragment) to the strongest (the command line).
        Mappings are merged key by key; lists and scalars replace what lies below.

    Returns
    -------
    Scenario
        The resolved scenario.

    Raises
    ------
    BadInputError
        With every fault that was found.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _overlay(merged, layer)
    try:
        return Scenario.model_validate(merged)
    except ValidationError as error:
        raise BadInputError(
            Fault(
                "scenario",
                "scenario",
                column=".".join(str(part) for part in item["loc"]) or None,
                value=str(item["input"])[:80],
                details={"message": item["msg"]},
            )
            for item in error.errors()
        ) from error


def read_scenario(path: Path) -> dict[str, Any]:
    """Read a scenario file into a fragment for `resolve`.

    Parameters
    ----------
    path : Path
        YAML file.

    Returns
    -------
    dict
        The keys the file names.

    Raises
    ------
    BadInputError
        If the file cannot be read as a YAML mapping.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInputError(
            [Fault("scenario", "scenario", value=str(path), details={"message": str(error)})]
        ) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        message = f"a mapping is expected, not {type(content).__name__}"
        raise BadInputError(
            [Fault("scenario", "scenario", value=str(path), details={"message": message})]
        )
    return content
