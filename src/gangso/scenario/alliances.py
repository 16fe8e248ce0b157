"""Options of the alliances."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from gangso.scenario.base import Code, Frozen, Rule
from gangso.scenario.criteria import CriterionOptions, Wish

# Columns of the table of alliances.
_TAKEN = {"alliance", "name", "name_en", "centre", "members", "size", "cost"}

__all__ = ["AllianceOptions", "HubRequirement"]


class HubRequirement(Frozen):
    """A hub that every alliance of two and more must contain or reach."""

    kind: str = Field(description="kind of hub in the hubs table")
    within_min: float | None = Field(
        None, gt=0, description="minutes from a member's centre; none: a member must contain it"
    )


class AllianceOptions(Frozen):
    """What an alliance may look like, and what makes one better than another."""

    min_size: int = Field(1, ge=1, le=8)
    max_size: int = Field(5, ge=1, le=8)
    target_population: float = Field(300_000, gt=0)
    min_population: float | None = Field(None, ge=0, description="of alliances of two and more")
    max_population: float | None = Field(None, gt=0, description="of alliances of two and more")
    max_span_km: float | None = Field(None, gt=0)
    max_span_min: float | None = Field(None, gt=0, description="minutes between two centres")
    min_alliances: int | None = Field(None, ge=0, description="alliances of two and more")
    max_alliances: int | None = Field(None, ge=0, description="alliances of two and more")
    do_not_cross: str | None = Field(
        None, description="column of municipalities in which all members agree (province ...)"
    )
    hub_required: tuple[HubRequirement, ...] = Field(
        (), description="hubs that every alliance of two and more contains or reaches"
    )
    population_factor: float = Field(
        4.0, gt=1, description="at this many times the target (or its inverse) the fit is nil"
    )
    worst_span_km: float = Field(100.0, gt=0, description="span at which the score is worst")
    worst_span_min: float = Field(120.0, gt=0, description="minutes at which the score is worst")
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
    criteria: dict[str, CriterionOptions] = Field(
        default_factory=dict, description="further criteria; each weighs what weights says"
    )
    wishes: tuple[Wish, ...] = Field((), description="who wants or refuses whom")
    priced_wishes: int = Field(
        40, ge=0, description="unkept wishes whose price is found by solving again, strongest first"
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
        few, many = self.min_alliances, self.max_alliances
        if few is not None and many is not None and few > many:
            raise ValueError("min_alliances is larger than max_alliances")
        for key in self.criteria:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", key) or key in _TAKEN:
                raise ValueError(f"{key} cannot name a criterion (small letters; not a column)")
        if not any(self.weights.values()):
            raise ValueError("at least one weight must be positive")
        return self
