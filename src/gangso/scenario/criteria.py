"""Criteria and wishes that a scenario declares."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from gangso.scenario.base import Code, Frozen

__all__ = ["CriterionOptions", "Figures", "Wish"]


class Figures(Frozen):
    """Where a figure of every municipality comes from; exactly one source is named."""

    column: str | None = Field(None, description="column of the municipalities table")
    indicator: str | None = Field(None, description="item of the indicators table")
    finance: str | None = Field(None, description="item of the finance table")
    year: int | None = Field(None, description="year of the item; none: the latest")

    @model_validator(mode="after")
    def _one_source(self) -> Figures:
        if sum(s is not None for s in (self.column, self.indicator, self.finance)) != 1:
            raise ValueError("give exactly one of column, indicator, finance")
        return self


class CriterionOptions(Frozen):
    """A criterion in terms of the measures that the program (and its verifier) knows.

    ``mean``: weighted mean of `values` over the members (weights: residents, unless `weights`
    says otherwise). ``ratio``: sum of `values` over sum of `weights`. ``spread``: mean distance
    from the weighted mean. ``greatest``: greatest value of a member. ``centre``: how complete
    the best-equipped member is: half by its residents up to `residents`, half by the share of
    `services` of which it has a facility (either part alone if only it is named). ``reach``:
    minutes to the nearest hub of kind `hub`, from the most populous member or as the mean of
    the members. ``thresholds``: service thresholds reached together and by no member alone.
    """

    measure: Literal["mean", "ratio", "spread", "greatest", "centre", "reach", "thresholds"]
    label: dict[str, str]
    meaning: dict[str, str]
    unit: str = ""
    values: Figures | None = None
    weights: Figures | None = None
    best: float = Field(0.0, description="figure from which on the score is 0, the best")
    worst: float = Field(1.0, description="figure from which on the score is 1, the worst")
    residents: float | None = Field(None, gt=0)
    services: tuple[str, ...] = ()
    hub: str | None = None
    at: Literal["centre", "members"] = "centre"
    leave_out: tuple[str, ...] = Field((), description="thresholds that do not count")
    source: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> CriterionOptions:
        if self.measure in ("mean", "ratio", "spread", "greatest") and self.values is None:
            raise ValueError(f"measure {self.measure} needs values")
        if self.measure == "ratio" and self.weights is None:
            raise ValueError("measure ratio needs weights, the figure to divide by")
        if self.measure == "reach" and self.hub is None:
            raise ValueError("measure reach needs hub")
        if self.measure == "centre" and self.residents is None and not self.services:
            raise ValueError("measure centre needs residents, services or both")
        if self.best == self.worst:
            raise ValueError("best and worst are the same")
        if self.measure == "spread" and self.worst <= 0:
            raise ValueError("worst of a spread must be positive")
        for name, texts in (("label", self.label), ("meaning", self.meaning)):
            if not {"ko", "en"} <= texts.keys():
                raise ValueError(f"{name} is needed in ko and en")
        return self


class Wish(Frozen):
    """What one municipality wishes of another: to be together, or (negative) to be apart."""

    who: Code
    whom: Code
    strength: float = 1.0

    @model_validator(mode="after")
    def _says_something(self) -> Wish:
        if self.who == self.whom:
            raise ValueError("a municipality cannot wish itself")
        if self.strength == 0:
            raise ValueError("a strength of 0 is no wish")
        return self
