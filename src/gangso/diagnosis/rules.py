"""Which municipalities a rule of the scenario is about."""

from __future__ import annotations

import pandas as pd

from gangso.errors import BadInputError, Fault
from gangso.scenario import Rule

__all__ = ["rule_matches"]


def rule_matches(rule: Rule, municipalities: pd.DataFrame) -> pd.Series:
    """Say which municipalities a rule is about.

    Parameters
    ----------
    rule : Rule
        A condition on a column.
    municipalities : DataFrame
        The municipalities table.

    Returns
    -------
    Series of bool
        True where the rule holds; False where the value is missing.

    Raises
    ------
    BadInputError
        If the table has no such column, or a number is compared with text.
    """
    if rule.column not in municipalities.columns:
        raise BadInputError(
            [
                Fault(
                    "rule_column",
                    "scenario",
                    column=rule.column,
                    details={"known": ", ".join(municipalities.columns)},
                )
            ]
        )
    column = municipalities[rule.column]
    if rule.is_in is not None:
        return column.astype("str").isin([str(value) for value in rule.is_in])
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.isna().all() and len(numbers):
        raise BadInputError([Fault("rule_number", "scenario", column=rule.column)])
    if rule.at_least is not None:
        return numbers >= rule.at_least
    return numbers < rule.below
