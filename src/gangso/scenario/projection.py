"""Options of the projection."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gangso.scenario.base import Frozen

__all__ = ["ProjectionOptions", "RateOptions"]


class RateOptions(Frozen):
    """How rates are estimated from the years observed; none is chosen on past windows.

    The grid that the choice runs over, and the rule, stand in `gangso.projection.backtest`.
    """

    level_memory: float | None = Field(
        None, gt=0, le=1, description="weight of a year's migration level against the next's"
    )
    level_damping: float | None = Field(
        None, ge=0, le=1, description="share of a place's migration level kept each year ahead"
    )
    fertility_trend: float | None = Field(
        None, ge=0, lt=1, description="share of the last change of fertility carried on each year"
    )
    pattern_memory: float = Field(
        0.9, gt=0, le=1, description="the same memory for the age pattern, which changes slowly"
    )
    pattern_damping: float = Field(
        0.98, ge=0, le=1, description="share of a place's age pattern kept each year ahead"
    )
    level_shrinkage: float = Field(
        2000, ge=0, description="persons of the province that are mixed into a place's level"
    )
    pattern_shrinkage: float = Field(
        60, ge=0, description="persons of the province mixed into each cell of the age pattern"
    )
    fertility_shrinkage: float = Field(
        200, ge=0, description="births of the province mixed into a place's fertility"
    )


class ProjectionOptions(Frozen):
    """How the future is drawn up."""

    horizon: int = Field(30, ge=1, le=100, description="years ahead of the last year observed")
    draws: int = Field(200, ge=0, le=100_000, description="simulated futures; 0: the median only")
    migration: Literal["net", "multiregional"] = Field(
        "net", description="net rates by place, or rates by origin and destination"
    )
    flow_kind: str = Field("migration", description="kind of flow that holds the moves")
    national_total: dict[int, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="persons of the nation by year, to be hit exactly"
    )
    rates: RateOptions = RateOptions()
