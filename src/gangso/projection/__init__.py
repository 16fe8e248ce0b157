"""What will happen: cohort-component projection, its errors on the past, and the vicious cycle."""

from gangso.projection.measure import Backtest, backtest
from gangso.projection.project import Prepared, Projection, prepare, project
from gangso.projection.source import cohorts_of, notes_of

__all__ = [
    "Backtest",
    "Prepared",
    "Projection",
    "backtest",
    "cohorts_of",
    "notes_of",
    "prepare",
    "project",
]
