"""What a plan's folder says of the time when it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

__all__ = ["Record"]


@dataclass(frozen=True, eq=False)
class Record:
    """What a plan's folder says of the time when it was made.

    Parameters
    ----------
    alliances, membership : DataFrame
        As in `gangso.alliances.Partition`.
    tables : mapping of str to DataFrame
        Further tables by name: ``indicators``, ``projection``, ``service_nation``,
        ``service_sustain``, ``service_sustain_alliances``; those that are missing are noted.
    """

    alliances: pd.DataFrame
    membership: pd.DataFrame
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
