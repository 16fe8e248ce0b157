"""Options of the projection."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gangso.scenario.base import Frozen

__all__ = ["FeedbackOptions", "ProjectionOptions", "RateOptions"]


Strength = Literal["low", "mid", "high"]


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


def _published_range() -> dict[Strength, float]:
    return {"low": 0.038, "mid": 0.076, "high": 0.152}


class FeedbackOptions(Frozen):
    """The vicious cycle: services go with the population served, and the young with the services.

    Strengths are *scenario ranges* taken from published magnitudes, never calibrated to the
    territory: the share of the population that a place loses over ten years once every
    service of the bundle is gone.
    """

    strength: Literal["off", "low", "mid", "high"] = "mid"
    loss_in_ten_years: dict[Strength, Annotated[float, Field(ge=0, lt=0.25)]] = Field(
        default_factory=_published_range,
        description="mid: a school closure, -7.6 % over ten years; low and high: half and twice",
    )
    source: str = "Sorensen et al. (2021), doi:10.1016/j.jrurstud.2021.09.016 (mid only)"
    lag: int = Field(2, ge=1, le=20, description="years from the loss of services to the leaving")
    vintage: str | None = Field(None, description="key of bundles; none: the first")
    bundles: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="services (keys of services.thresholds) by vintage; none: all with both points",
    )
    alliance_from: int = Field(
        1, ge=0, le=100, description="years ahead from which an alliance serves together"
    )
    return_pct: float = Field(
        0.5, gt=0, description="growth in per cent a year that a turnaround would bring (tipping)"
    )


class ProjectionOptions(Frozen):
    """How the future is drawn up."""

    horizon: int = Field(30, ge=1, le=100, description="years ahead of the last year observed")
    draws: int = Field(60, ge=0, le=5_000, description="simulated futures; 0: the median only")
    migration: Literal["net", "multiregional"] = Field(
        "net", description="net rates by place, or rates by origin and destination"
    )
    flow_kind: str = Field("migration", description="kind of flow that holds the moves")
    national_total: dict[int, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="persons of the nation by year, to be hit exactly"
    )
    feedback: FeedbackOptions = FeedbackOptions()
    rates: RateOptions = RateOptions()
