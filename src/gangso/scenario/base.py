"""What every part of a scenario is made of: frozen models, and conditions on a table."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["Code", "Frozen", "Rule"]

Code = Annotated[str, Field(min_length=1)]


class Frozen(BaseModel):
    """A part of a scenario: it cannot be changed, and knows every key it has."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Rule(Frozen):
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
