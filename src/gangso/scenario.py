"""What the planner asks for: frozen models that forbid unknown keys, YAML in and out.

A territory package may carry a *scenario fragment* (its country's thresholds, its rule of
who is in scope); the planner's own file is laid over it, key by key, and what neither
names takes the default below. The resolved scenario is written beside the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gangso.errors import BadInputError, Fault

__all__ = [
    "AllianceOptions",
    "DiagnosisOptions",
    "ExtinctionClass",
    "LedgerOptions",
    "ReferenceRow",
    "Rule",
    "Scenario",
    "read_scenario",
    "resolve",
]

Code = Annotated[str, Field(min_length=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Rule(_Frozen):
    """A condition on a column of the municipalities table.

    Exactly one of `is_in`, `at_least` and `below` is given.
    """

    column: str
    is_in: tuple[str, ...] | None = None
    at_least: float | None = None
    below: float | None = None
    reason: dict[str, str] = Field(description="why, by language")

    @model_validator(mode="after")
    def _one_condition(self) -> Rule:
        given = [c for c in (self.is_in, self.at_least, self.below) if c is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of is_in, at_least, below")
        return self


class ExtinctionClass(_Frozen):
    """A class of the extinction-risk index: from `at_least` up to the next class."""

    key: str
    at_least: float


class ReferenceRow(_Frozen):
    """A published row to lay beside the ledger (shares in per cent; missing where unknown)."""

    label: dict[str, str]
    municipalities: int | None = None
    land_pct: float | None = None
    population_pct: float | None = None
    jobs_pct: float | None = None
    source: str


class LedgerOptions(_Frozen):
    """How the national imbalance ledger is drawn up."""

    threshold: float = Field(100_000, gt=0, description="persons; smaller places are 'small'")
    item: str | None = Field(
        None, description="indicator that holds the population; none: the registered population"
    )
    year: int | None = Field(None, description="its year; none: the reference year")
    leave_out: tuple[Rule, ...] = Field(
        (), description="who is no city or county for the ledger (metropolitan districts ...)"
    )
    references: tuple[ReferenceRow, ...] = ()


# Five classes of the regional extinction-risk index, Korea Employment Information Service
# (after Masuda 2014): women aged 20-39 over residents of 65 and older.
_KEIS_CLASSES = (
    ExtinctionClass(key="very_low", at_least=1.5),
    ExtinctionClass(key="normal", at_least=1.0),
    ExtinctionClass(key="caution", at_least=0.5),
    ExtinctionClass(key="entering", at_least=0.2),
    ExtinctionClass(key="high", at_least=0.0),
)


class DiagnosisOptions(_Frozen):
    """Thresholds of the diagnosis."""

    women_from_age: int = 20
    women_below_age: int = 40
    old_from_age: int = 65
    classes: tuple[ExtinctionClass, ...] = _KEIS_CLASSES
    births_threshold: float = Field(
        300, description="births a year at which a delivery clinic is lost (KRIHS brief 648)"
    )
    births_coverage: float = Field(
        0.97, ge=0, le=1, description="births are missing where less of the towns is covered"
    )
    ledger: LedgerOptions = LedgerOptions()


class AllianceOptions(_Frozen):
    """What an alliance may look like, and what makes one better than another."""

    min_size: int = Field(1, ge=1, le=8)
    max_size: int = Field(5, ge=1, le=8)
    target_population: float = Field(300_000, gt=0)
    min_population: float | None = Field(None, ge=0, description="of alliances of two and more")
    max_population: float | None = Field(None, gt=0, description="of alliances of two and more")
    max_span_km: float | None = Field(None, gt=0)
    population_factor: float = Field(
        4.0, gt=1, description="at this many times the target (or its inverse) the fit is nil"
    )
    worst_span_km: float = Field(100.0, gt=0, description="span at which the score is worst")
    flow_kind: str = Field("trips", description="kind of flow that counts as a tie")
    stand_alone_where: tuple[Rule, ...] = Field(
        (), description="in scope, but alone by rule (large cities ...)"
    )
    links: tuple[Literal["land", "bridge", "ferry"], ...] = ("land", "bridge", "ferry")
    weights: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=lambda: {
            "population": 1.0,
            "ties": 2.0,
            "span": 1.0,
            "province": 0.5,
            "alone": 1.0,
        }
    )
    must_link: tuple[tuple[Code, Code], ...] = ()
    cannot_link: tuple[tuple[Code, Code], ...] = ()
    stand_alone: tuple[Code, ...] = ()
    fixed: tuple[tuple[Code, ...], ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> AllianceOptions:
        if self.min_size > self.max_size:
            raise ValueError("min_size is larger than max_size")
        low, high = self.min_population, self.max_population
        if low is not None and high is not None and low > high:
            raise ValueError("min_population is larger than max_population")
        if not any(self.weights.values()):
            raise ValueError("at least one weight must be positive")
        return self


class Scenario(_Frozen):
    """Everything that a plan depends on, apart from the data."""

    name: str = "plan"
    territory: str = Field("korea", description="embedded data set, or path to a package")
    language: Literal["ko", "en"] = "ko"
    seed: int = Field(2018, ge=0)
    year: int | None = Field(None, description="year of the plan; none: the latest of the data")
    leave_out: tuple[Rule, ...] = Field((), description="who is out of scope, and why")
    diagnosis: DiagnosisOptions = DiagnosisOptions()
    alliances: AllianceOptions = AllianceOptions()

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
