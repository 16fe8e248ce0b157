"""Options of the diagnosis."""

from __future__ import annotations

from pydantic import Field

from gangso.scenario.base import Frozen, Rule

__all__ = ["DiagnosisOptions", "ExtinctionClass", "LedgerOptions", "ReferenceRow"]


class ExtinctionClass(Frozen):
    """A class of the extinction-risk index: from `at_least` up to the next class."""

    key: str
    at_least: float


class ReferenceRow(Frozen):
    """A published row to lay beside the ledger (shares in per cent; missing where unknown)."""

    label: dict[str, str]
    municipalities: int | None = None
    land_pct: float | None = None
    population_pct: float | None = None
    jobs_pct: float | None = None
    source: str


class LedgerOptions(Frozen):
    """How the national imbalance ledger is drawn up."""

    threshold: float = Field(100_000, gt=0, description="persons; smaller places are 'small'")
    item: str | None = Field(
        None, description="indicator that holds the population; none: the registered population"
    )
    year: int | None = Field(None, description="its year; none: the reference year")
    leave_out: tuple[Rule, ...] = Field(
        (), description="who is no city or county for the ledger (metropolitan districts ...)"
    )
    references: tuple[ReferenceRow, ...] = ()


# Five classes of the regional extinction-risk index, Korea Employment Information Service
# (after Masuda 2014): women aged 20-39 over residents of 65 and older.
_KEIS_CLASSES = (
    ExtinctionClass(key="very_low", at_least=1.5),
    ExtinctionClass(key="normal", at_least=1.0),
    ExtinctionClass(key="caution", at_least=0.5),
    ExtinctionClass(key="entering", at_least=0.2),
    ExtinctionClass(key="high", at_least=0.0),
)


class DiagnosisOptions(Frozen):
    """Thresholds of the diagnosis."""

    women_from_age: int = 20
    women_below_age: int = 40
    old_from_age: int = 65
    classes: tuple[ExtinctionClass, ...] = _KEIS_CLASSES
    births_threshold: float = Field(
        300, description="births a year at which a delivery clinic is lost (KRIHS brief 648)"
    )
    births_coverage: float = Field(
        0.97, ge=0, le=1, description="births are missing where less of the towns is covered"
    )
    ledger: LedgerOptions = LedgerOptions()
