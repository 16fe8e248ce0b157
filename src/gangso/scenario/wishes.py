"""A table of wishes in a file of its own."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

from gangso.errors import BadInputError, Fault

__all__ = ["read_wishes"]

_COLUMNS = ("who", "whom", "strength")


def read_wishes(path: Path) -> list[dict[str, Any]]:
    """Read who wants or refuses whom.

    Parameters
    ----------
    path : Path
        CSV file in UTF-8 with the columns ``who``, ``whom`` (codes) and ``strength``
        (positive: to be together; negative: to be apart).

    Returns
    -------
    list of dict
        The rows, as the scenario's ``alliances.wishes``.

    Raises
    ------
    BadInputError
        With every fault, by row and column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            columns = reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        details = {"message": str(error)}
        raise BadInputError(
            [Fault("wish_file", "wishes", None, None, str(path), details)]
        ) from error
    faults = [Fault("wish_column", "wishes", 1, name) for name in _COLUMNS if name not in columns]
    if faults:
        raise BadInputError(faults)
    found = []
    for number, row in enumerate(rows, start=2):
        who, whom = ((row[name] or "").strip() for name in ("who", "whom"))
        for name, code in (("who", who), ("whom", whom)):
            if not code:
                faults.append(Fault("wish_code", "wishes", number, name))
        if who and who == whom:
            faults.append(Fault("wish_itself", "wishes", number, "whom", whom))
        given = (row["strength"] or "").strip()
        try:
            strength = float(given)
        except ValueError:
            strength = math.nan
        if not math.isfinite(strength) or strength == 0:
            faults.append(Fault("wish_strength", "wishes", number, "strength", given))
        found.append({"who": who, "whom": whom, "strength": strength})
    if faults:
        raise BadInputError(faults)
    return found
