"""Options of the compact: council, tax shift, functions, charter."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gangso.scenario.base import Frozen

__all__ = [
    "CharterOptions",
    "CompactOptions",
    "DecentralisationOptions",
    "FinanceItems",
    "Function",
    "FunctionOptions",
    "SeatOptions",
]

Percent = Annotated[float, Field(gt=0, lt=100)]


class SeatOptions(Frozen):
    """The council of an alliance."""

    method: Literal["degressive", "sainte_lague", "hamilton", "dhondt"] = "degressive"
    exponent: float = Field(
        0.5, ge=0, le=1, description="of the residents, for the degressive method (0.5: Penrose)"
    )
    per_member: int = Field(
        4, ge=1, description="size of the council: so many seats times the number of members"
    )
    size: int | None = Field(None, ge=1, description="size of every council, instead")
    minimum: int = Field(1, ge=0, description="seats that each member has at least")
    majority: float = Field(
        0.5, gt=0, le=1, description="share of the seats a decision needs; always more than half"
    )

    @model_validator(mode="after")
    def _enough(self) -> SeatOptions:
        if self.size is None and self.per_member < self.minimum:
            raise ValueError("per_member is smaller than minimum")
        return self


class FinanceItems(Frozen):
    """Items of the finance table that say what a municipality lives on.

    Amounts (`own_revenue`, `general_grants`) are used where the table has them; otherwise
    they are estimated from the budget and the indices.
    """

    budget: str = "budget_total"
    own_revenue: str = "own_revenue"
    general_grants: str = "general_grants"
    own_pct: str = Field(
        "self_reliance_pct", description="own current revenue in per cent of the budget"
    )
    self_reliance_pct: str = Field(
        "self_reliance_pct", description="self-reliance by the definition that autonomy builds on"
    )
    autonomy_pct: str = "autonomy_pct"


class DecentralisationOptions(Frozen):
    """A shift of national to local tax, what happens to grants, and what alliances pool."""

    local_share_pct: Percent | None = Field(
        None, description="local tax in all tax, before; none: no tax shift is simulated"
    )
    targets_pct: tuple[Percent, ...] = Field((), description="local tax in all tax, after")
    grants: tuple[Literal["kept", "law", "offset"], ...] = ("kept", "law", "offset")
    grant_rate_pct: Percent | None = Field(
        None, description="share of national tax that funds general grants by law (for 'law')"
    )
    keys: tuple[Literal["own_revenue", "population"], ...] = Field(
        ("own_revenue", "population"), description="what the new local tax follows"
    )
    pool_share: float = Field(
        0.4, ge=0, le=1, description="of the new tax, pooled inside each alliance"
    )
    items: FinanceItems = FinanceItems()

    @model_validator(mode="after")
    def _upwards(self) -> DecentralisationOptions:
        if self.local_share_pct is not None and any(
            target < self.local_share_pct for target in self.targets_pct
        ):
            raise ValueError("a target is below local_share_pct")
        return self


class Function(Frozen):
    """A task of municipalities, and what is known for deciding who should carry it."""

    label: dict[str, str]
    budget: tuple[str, ...] = Field((), description="items of the finance table that fund it")
    shareable: bool = Field(True, description="false: part of each municipality by its nature")
    spills: bool = Field(False, description="people from other municipalities use it, too")
    elasticity_population: float | None = Field(
        None, description="of spending: 0.5 means that 1 % more people go with 0.5 % more"
    )
    se_population: float = Field(0.0, ge=0)
    elasticity_area: float = 0.0
    se_area: float = Field(0.0, ge=0)
    threshold_item: str = Field(
        "population", description="residents, or an indicator such as births"
    )
    threshold: float | None = Field(None, gt=0, description="of the item, needed to sustain it")
    source: str | None = Field(None, description="none: the user's own")
    level: Literal["municipality", "alliance", "province"] | None = Field(
        None, description="decided by the planner, whatever the rule says"
    )
    reason: dict[str, str] = Field(default_factory=dict, description="why the planner decided so")


class FunctionOptions(Frozen):
    """Who does what: the tasks, and where the rule draws its lines."""

    tasks: dict[str, Function] = Field(default_factory=dict)
    scale_below: float = Field(
        0.75, gt=0, description="strong scale: the upper limit of the elasticity is below"
    )
    deviations: float = Field(1.96, ge=0, description="standard errors up to the upper limit")
    coverage_at_least: float = Field(
        0.97, ge=0, le=1, description="an indicator that covers less of the towns is missing"
    )
    ties_at_least: float = Field(
        0.2, ge=0, le=1, description="share of members' outward trips that must stay inside"
    )


class CharterOptions(Frozen):
    """What the charters say that nothing computes."""

    law: dict[str, str] = Field(default_factory=dict, description="legal basis, by language")
    head_years: int = Field(2, ge=1, description="term of the head")
    notice_months: int = Field(12, ge=1, description="notice of a member that leaves")
    review_years: int = Field(4, ge=1, description="years until the charter is reviewed")


class CompactOptions(Frozen):
    """Who does what, who pays, who decides."""

    functions: FunctionOptions = FunctionOptions()
    seats: SeatOptions = SeatOptions()
    charter: CharterOptions = CharterOptions()
    decentralisation: DecentralisationOptions = DecentralisationOptions()
