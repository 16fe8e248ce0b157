"""What the compact returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from gangso.compact.decentralisation import Decentralisation
from gangso.compact.national import National
from gangso.compact.revenue import Revenue
from gangso.compact.sharing import Sharing

__all__ = ["Compact"]


@dataclass(frozen=True, eq=False)
class Compact:
    """Who does what, who decides, who pays, and whether anyone would rather leave.

    Attributes
    ----------
    register : DataFrame
        The tasks; see `register_of`.
    functions : DataFrame
        Who does what; see `assign_functions`.
    councils : DataFrame
        One row an alliance (index): ``size`` (seats), ``method``, ``needed`` (votes that
        carry a decision), ``powerless`` (members without power), ``needed_for_all`` (votes
        at which nobody is without power).
    seats : DataFrame
        One row an alliance, member and method: ``alliance``, ``municipality``,
        ``residents``, ``method``, ``seats``, ``share``, ``residents_share``,
        ``banzhaf``, ``shapley_shubik``, ``powerless``, ``chosen``.
    sharing : Sharing or None
        Who pays; None if nothing is known of the costs of bases. Beside what `Sharing` says,
        ``games`` has ``served`` (people whom the coalition brings within a national minimum)
        and ``exits`` has ``nation`` (what the move would change in the cost of the plan by its
        criteria; missing where a requirement forbids what it leaves or makes).
    bases : DataFrame
        One row an alliance and shared service: ``alliance``, ``service``, ``bases`` (new ones
        for the national minimum), ``visits`` (settlements served by another mode).
    national : National
        Stakes and the stability of the whole plan.
    revenue : Revenue
        What each municipality lives on.
    decentralisation : Decentralisation or None
        The tax shift; None if there is no budget or no case.
    programmes : DataFrame
        Running programmes against the plan; see `match_programmes`.
    notes : tuple of dict
        Assumptions and what is missing, by language.
    seconds : mapping of str to float
        Time of each step.
    """

    register: pd.DataFrame
    functions: pd.DataFrame
    councils: pd.DataFrame
    seats: pd.DataFrame
    sharing: Sharing | None
    bases: pd.DataFrame
    national: National
    revenue: Revenue
    decentralisation: Decentralisation | None
    programmes: pd.DataFrame
    notes: tuple[dict[str, str], ...]
    seconds: Mapping[str, float]
