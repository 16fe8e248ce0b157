"""Options of the evaluation: which past policy, measured by what, at which distance.

A study names a kind of hub, the years in which the hubs opened, rings around them and the
outcomes. The territory's fragment brings its country's studies; a planner's file may add some.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gangso.scenario.base import Frozen, Rule

__all__ = ["EvaluationOptions", "Outcome", "Study"]

Edge = Annotated[float, Field(gt=0)]


class Outcome(Frozen):
    """What is followed over the years, for each municipality.

    ``population``: residents by sex and age; ``indicator``: an item of the indicators table;
    ``net_flow``: arrivals minus departures of a kind of flow, per 1,000 residents. With `per`
    or `per_age`, the ratio to a second figure of the same table (an index).
    """

    label: dict[str, str]
    table: Literal["population", "indicator", "net_flow"] = "population"
    item: str | None = Field(None, description="item of the indicators, or kind of flow")
    from_age: int | None = Field(None, ge=0, description="youngest counted; none: all ages")
    below_age: int | None = Field(None, gt=0, description="age at which counting ends")
    sex: Literal["f", "m"] | None = None
    per: str | None = Field(None, description="item to divide by")
    per_age: int | None = Field(None, ge=0, description="divide by residents from this age on")
    coverage: str | None = Field(None, description="item with the share that was counted")
    least_coverage: float = Field(0.97, ge=0, le=1, description="missing below this coverage")
    years: tuple[int, int] | None = Field(None, description="first and last; none: all there are")
    scale: Literal["log", "level"] = "log"
    after_only: bool = Field(
        False, description="every year is after the opening: describe, and judge nothing"
    )
    smallest: float = Field(
        0.02, gt=0, description="smallest difference worth finding (log points, or the unit)"
    )
    note: dict[str, str] = Field(default_factory=dict, description="caveat, by language")

    @model_validator(mode="after")
    def _named(self) -> Outcome:
        if self.table != "population" and self.item is None:
            raise ValueError(f"an outcome from {self.table} needs the key item")
        if self.table == "net_flow" and self.scale == "log":
            raise ValueError("net flows may be negative: give scale: level")
        if self.years is not None and self.years[0] >= self.years[1]:
            raise ValueError("the first of the years must be before the last")
        return self


class Study(Frozen):
    """One past policy, and how to look for its traces by distance."""

    label: dict[str, str]
    kind: str = Field(description="kind of hub")
    opened: tuple[int, int] = Field(description="first and last year of opening")
    rings: tuple[Edge, ...] = Field((30.0, 60.0), min_length=1, description="outer edges")
    measure: Literal["km", "minutes"] = "km"
    outcomes: dict[str, Outcome] = Field(min_length=1)
    compare_with: Literal["unexposed", "unchanged"] = Field(
        "unexposed",
        description="unexposed: beyond the last ring throughout; unchanged: also places whose"
        " ring has been the same since before the first year",
    )
    stepwise: Literal["drop", "keep"] = Field(
        "drop", description="places that came nearer to hubs more than once while observed"
    )
    leave_out: tuple[Rule, ...] = Field((), description="who is no fair comparison, and why")
    note: dict[str, str] = Field(default_factory=dict, description="caveat, by language")

    @model_validator(mode="after")
    def _ordered(self) -> Study:
        if list(self.rings) != sorted(set(self.rings)):
            raise ValueError("rings are outer edges from the nearest to the farthest")
        if self.opened[0] > self.opened[1]:
            raise ValueError("opened is the first and the last year")
        return self


class EvaluationOptions(Frozen):
    """Which past policies are evaluated, and how strictly."""

    studies: dict[str, Study] = Field(default_factory=dict)
    correlation_km: float = Field(
        100.0, gt=0, description="places farther apart than this are taken to err independently"
    )
    level: float = Field(0.95, gt=0.5, lt=1, description="of the intervals")
    draws: int = Field(999, ge=199, le=20000, description="draws behind each interval")
    least_treated: int = Field(3, ge=2, description="fewer places in a ring are not judged")
    least_compared: int = Field(8, ge=3, description="fewer places to compare with: refused")
    placebo_years: int = Field(2, ge=1, description="placebo openings lie so many years earlier")
    violation: float = Field(
        0.5, ge=0,
        description="a finding must survive trends that part this much as fast as they did at"
        " worst before the opening (Rambachan and Roth's relative magnitudes)",
    )  # fmt: skip
