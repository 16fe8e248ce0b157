"""Options of the diagnosis."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml
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


@cache
def _published() -> dict[str, Any]:
    """Published thresholds, with their sources, that stand where a territory names none."""
    path = resources.files(__package__) / "diagnosis.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _classes() -> tuple[ExtinctionClass, ...]:
    return tuple(ExtinctionClass.model_validate(entry) for entry in _published()["classes"])


class DiagnosisOptions(Frozen):
    """Thresholds of the diagnosis."""

    women_from_age: int = 20
    women_below_age: int = 40
    old_from_age: int = 65
    classes: tuple[ExtinctionClass, ...] = Field(default_factory=_classes)
    births_threshold: float = Field(
        default_factory=lambda: float(_published()["births_threshold"]),
        description="births a year at which a delivery clinic is lost (diagnosis.yaml: source)",
    )
    births_coverage: float = Field(
        0.97, ge=0, le=1, description="births are missing where less of the towns is covered"
    )
    ledger: LedgerOptions = LedgerOptions()
