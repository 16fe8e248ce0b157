"""Options of the bases: which standards are planned for, by which modes, at what cost.

Costs are inputs. Those of the territory's fragment carry a source, or say that they are an
assumption of the scenario; the program invents no savings.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gangso.scenario.base import Frozen

__all__ = ["BaseService", "BasesOptions", "HubKind", "Mode"]

Amount = Annotated[float, Field(ge=0)]


class Mode(Frozen):
    """A way of delivering a service: a fixed base, visits, or at a distance.

    The cost of a fixed base is that of the base; the cost of the others is that of one
    settlement that they serve.
    """

    kind: Literal["fixed", "mobile", "remote"]
    label: dict[str, str]
    part: float = Field(1.0, gt=0, le=1, description="part of the standard that it can meet")
    opening: Amount = Field(0.0, description="once, currency of the territory")
    running: Amount = Field(0.0, description="a year")
    per_person: Amount = Field(0.0, description="a year and person served")
    reach_min: float | None = Field(
        None, gt=0, description="longest way of a visit, from the centre of the municipality"
    )
    source: str | None = Field(None, description="none: an assumption of the scenario")


class BaseService(Frozen):
    """How one standard is planned for."""

    modes: dict[str, Mode] = Field(min_length=1)
    minimum_part: float = Field(
        1.0, gt=0, le=1, description="a mode keeps the national minimum from this part on"
    )
    optimum_min: float | None = Field(
        None, gt=0, description="minutes of the local optimum, by a fixed base; none: no optimum"
    )
    least_people: float = Field(
        0.0, ge=0, description="residents of its own area within the limit that a new base needs"
    )
    note: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_fixed(self) -> BaseService:
        if sum(mode.kind == "fixed" for mode in self.modes.values()) > 1:
            raise ValueError("at most one mode may be fixed")
        if not any(mode.part >= self.minimum_part for mode in self.modes.values()):
            raise ValueError("no mode meets minimum_part")
        return self


class HubKind(Frozen):
    """A kind of hub that every alliance is tied to."""

    kind: str = Field(description="kind of the hubs table")
    label: dict[str, str]
    drains: bool = Field(
        False, description="whether the link can also drain a small place (rail to a metropolis)"
    )


class BasesOptions(Frozen):
    """Where shared bases go."""

    services: dict[str, BaseService] = Field(
        default_factory=dict, description="by key of the standard; none: nothing is planned"
    )
    site_opening: Amount = Field(0.0, description="once, for a site that has no base yet")
    site_running: Amount = Field(0.0, description="a year, for a site that has no base yet")
    life_years: float = Field(30.0, gt=0, description="opening costs are spread over it evenly")
    optimum_budget: Amount = Field(
        0.0, description="a year and resident, for the local optimum, beyond the national minimum"
    )
    cost_unit: float = Field(1_000_000.0, gt=0, description="costs are counted in whole units")
    cost_note: dict[str, str] = Field(
        default_factory=dict, description="where the costs come from, by language"
    )
    hubs: tuple[HubKind, ...] = ()
    drain_min: float = Field(
        30.0, gt=0, description="a draining hub within these minutes is flagged"
    )
    drain_population: float = Field(
        300_000.0, gt=0, description="... for an alliance of fewer residents"
    )
    nodes: int = Field(20_000, ge=1, description="most nodes of each search, then the gap is told")
