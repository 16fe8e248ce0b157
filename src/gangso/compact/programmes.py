"""Running programmes against the plan: received, doubled, missing, and fit to be pooled."""

from __future__ import annotations

import pandas as pd

from gangso.compact.words import both

__all__ = ["match_programmes"]

_COLUMNS = [
    "alliance", "function", "programmes", "count", "members", "missing", "doubled", "poolable",
    "budget",
]  # fmt: skip


def match_programmes(
    programmes: pd.DataFrame | None,
    alliances: pd.DataFrame,
    functions: pd.DataFrame,
    year: int | None = None,
) -> tuple[pd.DataFrame, tuple[dict[str, str], ...]]:
    """Match running programmes with the alliances and the tasks.

    Parameters
    ----------
    programmes : DataFrame or None
        The ``programmes`` table of the territory.
    alliances : DataFrame
        As in `Partition.alliances`.
    functions : DataFrame
        As from `assign_functions`.
    year : int, optional
        Programmes that end before or begin after it are left out; all run by default.

    Returns
    -------
    matched : DataFrame
        One row an alliance and task: ``programmes`` (names joined by "|"), ``count``,
        ``members`` that receive one and those ``missing`` (codes joined by "|"), ``doubled``
        (members that receive two or more for the same task), ``poolable`` (two or more
        members receive something for a task that the alliance is to carry), ``budget`` (of
        the programmes that reach it, whole programmes; missing if unknown).
    notes : tuple of dict
        What is missing or could not be matched, by language.
    """
    if programmes is None:
        return pd.DataFrame(columns=_COLUMNS), (both("missing.programmes"),)
    running = programmes
    if year is not None:
        for column, outside in (("start", running.get("start")), ("end", running.get("end"))):
            if outside is None:
                continue
            gone = outside > year if column == "start" else outside < year
            running = running[~gone.reindex(running.index).fillna(False).astype(bool)]
    received = {
        position: set(str(row["municipalities"]).split("|")) for position, row in running.iterrows()
    }
    rows = []
    for name, row in alliances.iterrows():
        members = str(row["members"]).split("|")
        own = functions[functions["alliance"] == name]
        for key, level in zip(own["function"], own["level"], strict=True):
            fitting = running[running["function"] == key]
            reached = {
                code: sum(code in received[position] for position in fitting.index)
                for code in members
            }
            here = fitting.loc[[p for p in fitting.index if received[p] & set(members)]]
            having = [code for code in members if reached[code]]
            budget = here["budget"].sum(min_count=1) if "budget" in here else None
            rows.append(
                (
                    name, key, "|".join(here["name"].astype(str)), len(here), "|".join(having),
                    "|".join(code for code in members if not reached[code]),
                    "|".join(code for code in members if reached[code] > 1),
                    level == "alliance" and len(having) > 1, budget,
                )
            )  # fmt: skip
    matched = pd.DataFrame(rows, columns=_COLUMNS).astype({"budget": "float64"})
    known = set(functions["function"])
    unknown = sorted(set(running["function"].astype(str)) - known)
    notes = (both("compact.programmes.unknown", functions=", ".join(unknown)),) if unknown else ()
    return matched, notes
