"""What the partition returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from gangso.alliances.warm import Settled
from gangso.alliances.wishes import wish_table
from gangso.texts import say

__all__ = ["Partition"]


@dataclass(frozen=True, eq=False)
class Partition:
    """The best plan of alliances, and the proof.

    Attributes
    ----------
    alliances : DataFrame
        One row an alliance of two or more members, index ``alliance`` ("A01" ...). Columns:
        ``name`` and ``name_en`` (members, most populous first, joined by "·"), ``centre``
        (code of the most populous member), ``members`` (codes joined by "|", most populous
        first), ``size``, ``population``, ``cost``, and for every criterion its raw value
        ``<key>`` (``population``'s raw value is ``population``) and its score ``score_<key>``
        in [0, 1], 0 best.
    membership : DataFrame
        One row a municipality of the territory, index ``code``. Columns: ``alliance`` (id or
        missing), ``status`` (``allied``, ``alone`` = in scope and best alone, ``outside`` =
        left out by rule), ``reason_ko``, ``reason_en``, ``price`` (dual price, cost units;
        missing outside the scope).
    criteria : DataFrame
        Index ``key``; columns ``weight``, ``unit``, ``label_ko``, ``label_en``,
        ``meaning_ko``, ``meaning_en``.
    status : str
        ``proven`` or ``gap``.
    cost, bound, gap : float
        Cost of the plan; what no plan can go below; (cost - bound) / cost.
    candidates : int
        Number of candidate alliances that were considered, all of them.
    seconds : mapping of str to float
        Time of each step.
    notes : tuple of dict
        Approximations and missing data that shaped the result, by language.
    settled : Settled
        The question with its answer, in the solver's terms: where follow-up questions start.
    """

    alliances: pd.DataFrame
    membership: pd.DataFrame
    criteria: pd.DataFrame
    status: str
    cost: float
    bound: float
    gap: float
    candidates: int
    seconds: Mapping[str, float]
    notes: tuple[dict[str, str], ...]
    settled: Settled = field(repr=False)

    @cached_property
    def certificate(self) -> Mapping[str, Any]:
        """The proof, ready to be written as JSON; assembled when it is first asked for."""
        return self.settled.model.certificate(self.settled)

    @cached_property
    def wishes(self) -> pd.DataFrame:
        """Wishes of the scenario, kept or not, and what keeping each would cost the whole.

        Columns ``who``, ``whom``, ``strength``, ``status`` (``kept``, ``not_kept``,
        ``impossible``), ``loss``, ``exact``; found when it is first asked for.
        """
        return wish_table(self.settled)

    def summary(self, lang: str | None = None) -> str:
        """Say in a few lines who is allied and how good that is.

        Parameters
        ----------
        lang : {"ko", "en"}, optional
            Language; by default that of the territory, or English if the program does not
            speak it.

        Returns
        -------
        str
            The lines.
        """
        metadata = self.settled.model.units.territory.metadata
        lang = lang or metadata.spoken
        status = self.membership["status"].value_counts()
        lines = [
            say(
                "plan.alliances",
                lang,
                title=metadata.title.get(lang, metadata.name),
                alliances=len(self.alliances),
                allied=int(status.get("allied", 0)),
                alone=int(status.get("alone", 0)),
                outside=int(status.get("outside", 0)),
            ),
            say(
                f"plan.{self.status}",
                lang,
                cost=self.cost,
                bound=self.bound,
                gap=self.gap,
                candidates=self.candidates,
            ),
        ]
        return "\n".join(lines)
