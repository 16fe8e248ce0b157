"""People beyond a limit, by area and group."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.scenario import Standard
from gangso.services.people import GROUPS, People

__all__ = ["beyond_by_area"]

_COLUMNS = (
    "area", "standard", "level", "group", "people", "beyond", "share_beyond", "unreachable",
    "mean_minutes",
)  # fmt: skip


def beyond_by_area(
    people: People,
    minutes: pd.DataFrame,
    standards: Mapping[str, Standard],
    area: pd.Series,
) -> pd.DataFrame:
    """Count who is beyond the limit of each standard.

    Parameters
    ----------
    people : People
        People by settlement.
    minutes : DataFrame
        Settlement × standard, minutes to the nearest facility.
    standards : mapping of str to Standard
        Limits; those that `minutes` has a column for.
    area : Series
        Area of each settlement (municipality, alliance); settlements without one are left out.

    Returns
    -------
    DataFrame
        As `Services.municipalities`, ordered by standard, group and area.
    """
    parts = []
    keys = area.reindex(people.table.index)
    number, names = pd.factorize(keys, sort=True)
    inside = number >= 0
    number = number[inside]

    def total(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.bincount(number, values[inside], len(names)).astype(np.float64)

    for key in map(str, minutes.columns):
        standard = standards[key]
        way = minutes[key].to_numpy(dtype=float)
        far, none = way > standard.minutes, np.isinf(way)
        known_way = np.where(none, 0.0, way)
        for group in GROUPS:
            count = people.table[group].to_numpy(dtype=float)
            if np.isnan(count).all():
                continue
            everyone, beyond, unreachable = total(count), total(count * far), total(count * none)
            parts.append(
                pd.DataFrame(
                    {
                        "area": np.asarray(names, dtype=object),
                        "standard": key,
                        "level": standard.level,
                        "group": group,
                        "people": everyone,
                        "beyond": beyond,
                        "share_beyond": _ratio(beyond, everyone),
                        "unreachable": unreachable,
                        "mean_minutes": _ratio(total(count * known_way), everyone - unreachable),
                    }
                )
            )
    if not parts:
        return pd.DataFrame(columns=list(_COLUMNS))
    return pd.concat(parts, ignore_index=True).astype(
        dict.fromkeys(("area", "standard", "level", "group"), "str")
    )


def _ratio(
    part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Divide; missing where there is nobody."""
    shares: npt.NDArray[np.float64] = np.full(len(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
