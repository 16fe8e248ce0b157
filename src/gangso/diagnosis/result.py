"""What the diagnosis returns."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

__all__ = ["Diagnosis"]


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What is wrong, by municipality and nationally.

    Attributes
    ----------
    year : int or None
        Year that maps and summaries show; None without the population table.
    indicators : DataFrame
        One row a municipality and year, index (``municipality``, ``year``). Columns:
        ``population``, ``change_pct`` (since the year before), ``share_65plus`` (in [0, 1]),
        ``extinction_index``, ``extinction_class`` (key), ``births``,
        ``births_below_threshold`` (nullable boolean), ``delivery_institutions``,
        ``self_reliance_pct``, ``autonomy_pct``. Missing values are missing, never zero.
    counts : DataFrame
        Index ``year``; number of municipalities in each class (columns: class keys),
        ``index_known``, ``index_below_0.5``, ``index_below_0.2``, ``births_known``,
        ``births_below_threshold``, ``delivery_known``, ``delivery_0`` (no institution),
        ``delivery_1_or_2`` (one or two). Missing where nothing is known of that year.
    ledger : DataFrame
        The national imbalance ledger. Columns: ``group`` (key), ``label_ko``, ``label_en``,
        ``municipalities``, ``population``, ``population_pct``, ``area_km2``, ``land_pct`` (of
        the whole national area), ``land_pct_cities`` (of that area without the first
        group that ``leave_out`` names), ``jobs_pct``, ``source``. The first rows are
        computed, the last are references.
    definitions : tuple of dict
        How each figure is defined, by language.
    notes : tuple of dict
        What is missing and what that costs, by language.
    """

    year: int | None
    indicators: pd.DataFrame
    counts: pd.DataFrame
    ledger: pd.DataFrame
    definitions: tuple[dict[str, str], ...]
    notes: tuple[dict[str, str], ...]
