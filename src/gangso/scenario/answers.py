"""Options of what is asked about a plan once it is made."""

from __future__ import annotations

from pydantic import Field

from gangso.scenario.base import Frozen

__all__ = ["AlternativeOptions", "AnswerOptions", "RobustnessOptions"]


class RobustnessOptions(Frozen):
    """Other weightings under which the plan is made again."""

    draws: int = Field(100, ge=0, le=100_000, description="number of weightings; 0: none")
    concentration: float = Field(
        20.0,
        gt=0,
        description="how closely they lie around the scenario's weights: sum of the parameters "
        "of the Dirichlet distribution that they are drawn from",
    )
    target_spread: float = Field(
        0.2, ge=0, description="standard deviation of the logarithm of the target population"
    )


class AlternativeOptions(Frozen):
    """Plans nearly as good as the best and as different from it as can be."""

    count: int = Field(2, ge=0, le=20, description="how many plans; 0: none")
    loss: float = Field(0.01, ge=0, le=1, description="greatest extra cost, as a share")
    apart: float = Field(
        0.5,
        ge=0,
        le=1,
        description="each differs from those before it in at least this share of the pairs in "
        "which the first differs from the best",
    )


class AnswerOptions(Frozen):
    """What is asked about a plan once it is made."""

    robustness: RobustnessOptions = RobustnessOptions()
    alternatives: AlternativeOptions = AlternativeOptions()
    groupings: tuple[str, ...] | None = Field(
        None,
        description="existing groupings to score beside the plan: names of the table groupings, "
        "or files with the columns name and municipality; none: all of the table",
    )
