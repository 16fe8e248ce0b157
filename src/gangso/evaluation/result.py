"""What the evaluation returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from gangso.evaluation.exposure import Exposure

__all__ = ["Evaluation", "Finding", "Refusal"]


@dataclass(frozen=True)
class Refusal:
    """Why a question cannot be answered, and what would help.

    Attributes
    ----------
    kind : str
        ``few_years``, ``no_timing``, ``few_compared``, ``collinear``, ``no_members``,
        ``too_few``.
    why, way_out : dict of str to str
        In words, by language.
    """

    kind: str
    why: dict[str, str]
    way_out: dict[str, str]


@dataclass(frozen=True, eq=False)
class Finding:
    """One outcome of one study.

    Attributes
    ----------
    study, outcome : str
        Keys in the scenario.
    years : tuple of int
        Years of the panel.
    exposure : Exposure
        Who stood where, in these years.
    rings : DataFrame
        One row a ring, index ``ring`` (0 host); then the placebo ring, one beyond the last,
        where there is one. Columns: ``low_edge``, ``high_edge`` (km or minutes; missing for
        hosts), ``placebo``, ``places``, ``compared``, ``estimate``, ``se``, ``low``, ``high``,
        ``p``, ``p_holm`` (corrected for all rings and outcomes of the study), ``pretrend_p``,
        ``pretrend_years``, ``date_estimate``, ``date_low``, ``date_high``, ``date_p`` (placebo
        opening), ``violation_low``, ``violation_high`` (interval that allows trends to part
        as the scenario says), ``breakdown`` (the violation at which the interval meets zero;
        missing without years before), ``hub_low``, ``hub_high`` (smallest and largest
        estimate with one hub left out), ``other_estimate``, ``other_low``, ``other_high``,
        ``other_compared`` (the other group to compare with), ``ignoring`` (hosts only: the
        estimate that takes the rings as comparison), ``verdict`` (``up``, ``down``, ``none``,
        ``unknown``, ``refused``), ``why`` (key of the reason).
    events : DataFrame
        Columns ``ring``, ``since`` (years since the opening), ``estimate``, ``se``, ``low``,
        ``high``, ``p``, ``places``; the base year is a row of zeros.
    hubs : DataFrame
        Leave-one-hub-out: ``ring``, ``hub``, ``places`` (that rest), ``estimate``, ``low``,
        ``high``.
    refusal : Refusal or None
        Why nothing at all can be said.
    refusals : dict of int to Refusal
        Why nothing can be said of a ring.
    shared : tuple of float
        Working model of the errors: share that neighbours have in common, range in km.
    panel : DataFrame
        The outcome, index ``code``, one column a year.
    unused : dict of str to tuple of str
        Codes left aside, by reason: ``missing`` (figures), ``no_base`` (no year before),
        ``stepwise``, ``other``, ``left_out``.
    """

    study: str
    outcome: str
    years: tuple[int, ...]
    exposure: Exposure
    rings: pd.DataFrame
    events: pd.DataFrame
    hubs: pd.DataFrame
    refusal: Refusal | None
    refusals: dict[int, Refusal]
    shared: tuple[float, float]
    panel: pd.DataFrame
    unused: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Every study.

    Attributes
    ----------
    findings : tuple of Finding
        In the order of the scenario.
    opinions : DataFrame or None
        Second opinions by the library diff-diff; None if not asked for.
    synthetic : DataFrame or None
        Synthetic controls of single hosts; None if not asked for.
    """

    findings: tuple[Finding, ...]
    opinions: pd.DataFrame | None = None
    synthetic: pd.DataFrame | None = None
