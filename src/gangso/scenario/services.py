"""Options of the services: standards, tests, catchments and thresholds, all of them data.

The territory's fragment brings its country's rows with their sources. A planner's own file may
add rows under new keys, or change some; a row without a source is shown as the user's own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gangso.scenario.base import Frozen, Rule

__all__ = [
    "Catchment",
    "ClosureTest",
    "Decay",
    "Group",
    "ServicesOptions",
    "Standard",
    "Threshold",
    "UnderservedTest",
]

Group = Literal["all", "women_15_49", "65plus", "children"]
Share = Annotated[float, Field(gt=0, le=1)]


class Standard(Frozen):
    """A limit of minutes to the nearest facility of a service."""

    label: dict[str, str]
    services: tuple[str, ...] = Field(description="services of the facilities table that count")
    level: Literal["national_minimum", "local_optimum", "test", "example"] = "national_minimum"
    mode: Literal["car", "walk"] = "car"
    minutes: float = Field(gt=0)
    group: Group = "all"
    assumed_where: tuple[Rule, ...] = Field(
        (), description="municipalities without a figure, where the service is taken to exist"
    )
    note: dict[str, str] = Field(default_factory=dict, description="proxy, by language")
    source: str | None = Field(None, description="none: the user's own")


class UnderservedTest(Frozen):
    """A municipality is underserved if too large a share is beyond any of some standards."""

    label: dict[str, str]
    any_of: tuple[str, ...] = Field(min_length=1, description="keys of standards")
    cuts: tuple[Share, ...] = Field(min_length=1, description="each is counted on its own")
    at_cut: Literal["above", "at_least"] = "above"
    published: dict[str, str] = Field(default_factory=dict, description="figure to lay beside")
    source: str | None = None


class ClosureTest(Frozen):
    """Closing a facility is critical if too many people are pushed beyond the limit."""

    label: dict[str, str]
    services: tuple[str, ...]
    minutes: float = Field(gt=0)
    group: Group = "all"
    people: float = Field(gt=0, description="critical from so many people pushed beyond")
    sparse_people: float | None = Field(
        None, gt=0, description="the same, in sparse municipalities"
    )
    sparse_below: float = Field(50.0, gt=0, description="persons per km2")
    assumed_where: tuple[Rule, ...] = ()
    note: dict[str, str] = Field(default_factory=dict)
    source: str | None = None


class Decay(Frozen):
    """How much a facility counts, by minutes; 1 at its door, 0 beyond the catchment.

    ``binary``: 1 throughout (the plain two-step method); ``steps``: `weights` over equal
    zones; ``gaussian``: falls to 0 at the limit like a bell; ``inverse_power``: minutes to the
    power of −`beta`, 1 up to a minute; ``exponential``: exp(−`beta` × minutes); ``linear``.
    """

    kind: Literal["binary", "steps", "gaussian", "inverse_power", "exponential", "linear"] = (
        "gaussian"
    )
    weights: tuple[Annotated[float, Field(ge=0, le=1)], ...] = (1.0, 0.68, 0.22)
    beta: float = Field(1.0, gt=0)


class Catchment(Frozen):
    """Capacity that people can reach, shared with all others who can (E2SFCA)."""

    label: dict[str, str]
    services: tuple[str, ...]
    minutes: float = Field(gt=0)
    decay: Decay = Decay()
    group: Group = "all"
    unit: dict[str, str] = Field(default_factory=dict, description="unit of the capacity")
    source: str | None = None


class Threshold(Frozen):
    """Population that sustains a service: so many for 50 % and for 80 % of places to have it."""

    label: dict[str, str]
    population_50: float = Field(gt=0)
    population_80: float | None = Field(None, gt=0)
    confidence: str = ""
    source: str | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Threshold:
        if self.population_80 is not None and self.population_80 < self.population_50:
            raise ValueError("population_80 is smaller than population_50")
        return self


class ServicesOptions(Frozen):
    """What people should be able to reach, and what it takes to keep it."""

    standards: dict[str, Standard] = Field(default_factory=dict)
    underserved: dict[str, UnderservedTest] = Field(default_factory=dict)
    closures: dict[str, ClosureTest] = Field(default_factory=dict)
    catchments: dict[str, Catchment] = Field(default_factory=dict)
    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    walk_kmh: float = Field(3.0, gt=0, description="walking speed, for standards on foot")

    @model_validator(mode="after")
    def _known(self) -> ServicesOptions:
        for key, test in self.underserved.items():
            unknown = [name for name in test.any_of if name not in self.standards]
            if unknown:
                raise ValueError(f"underserved.{key} names unknown standards: {', '.join(unknown)}")
        return self
