"""What is asked about a plan once it is made: why, how sure, what else, beside what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gangso.alliances.alternatives import Alternatives, alternatives
from gangso.alliances.comparison import Comparison, compare
from gangso.alliances.reasons import Reasons, reasons
from gangso.alliances.result import Partition
from gangso.alliances.robustness import Robustness, robustness
from gangso.engine import Engine
from gangso.scenario import AnswerOptions
from gangso.texts import LANGUAGES, say

__all__ = ["Answers", "Grouping", "answer", "groupings_of"]


@dataclass(frozen=True, eq=False)
class Grouping:
    """An existing grouping to score.

    Attributes
    ----------
    name : str
        Its name.
    label : mapping of str to str
        What to call it, by language.
    table : DataFrame
        Columns ``name`` (of the group) and ``municipality`` (code).
    """

    name: str
    label: Mapping[str, str]
    table: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers about a plan.

    Attributes
    ----------
    reasons : Reasons
        Best alternatives, and prices of municipalities and requirements.
    robustness : Robustness or None
        How sure the plan is; None if it was not asked for.
    alternatives : Alternatives or None
        Different plans at little cost; None if not asked for.
    comparisons : tuple of Comparison
        Existing groupings beside the plan.
    notes : tuple of dict
        What was left out and why, by language.
    """

    reasons: Reasons
    robustness: Robustness | None
    alternatives: Alternatives | None
    comparisons: tuple[Comparison, ...]
    notes: tuple[dict[str, str], ...] = ()


def groupings_of(found: Partition, names: Sequence[str] | None = None) -> list[Grouping]:
    """Gather groupings of the territory's own table.

    Parameters
    ----------
    found : Partition
        The plan.
    names : sequence of str, optional
        Which; all of them by default.

    Returns
    -------
    list of Grouping
        In the order of the table.
    """
    territory = found.settled.model.units.territory
    if territory.groupings is None:
        return []
    chosen = []
    for name, table in territory.groupings.groupby("grouping", sort=False, observed=True):
        if names is None or name in names:
            item = territory.metadata.items.get(str(name))
            label = item.label if item is not None else dict.fromkeys(LANGUAGES, str(name))
            chosen.append(Grouping(str(name), label, table[["name", "municipality"]]))
    return chosen


def answer(
    found: Partition,
    options: AnswerOptions,
    seed: int,
    groupings: Sequence[Grouping],
    engine: Engine | None = None,
    progress: Callable[[float], None] | None = None,
) -> Answers:
    """Answer everything that is asked about a plan.

    Parameters
    ----------
    found : Partition
        The plan.
    options : AnswerOptions
        What is asked.
    seed : int
        Seed of the draws.
    groupings : sequence of Grouping
        Existing groupings to score.
    engine : Engine, optional
        Where draws are solved; here by default.
    progress : callable, optional
        Told the share of the work that is done.

    Returns
    -------
    Answers
        The answers.

    Raises
    ------
    BadInputError
        If a grouping names a code that the territory does not know.
    """
    tell = progress or (lambda _: None)
    comparisons = tuple(compare(found, g.name, g.label, g.table) for g in groupings)
    why = reasons(found)
    tell(0.3)
    sure, other = None, None
    notes: list[dict[str, str]] = []
    asked = options.robustness.draws + options.alternatives.count > 0
    if asked and not found.settled.exact:
        n = len(found.settled.model.units.codes)
        notes.append({lang: say("answers.too_large", lang, count=n) for lang in LANGUAGES})
    elif asked:
        if options.robustness.draws:
            rng = np.random.default_rng(seed)
            sure = robustness(
                found, options.robustness, rng, engine, lambda done, of: tell(0.3 + 0.5 * done / of)
            )
        if options.alternatives.count:
            other = alternatives(found, options.alternatives)
    tell(1.0)
    return Answers(why, sure, other, comparisons, tuple(notes))
