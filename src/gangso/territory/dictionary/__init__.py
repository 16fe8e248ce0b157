"""The data dictionary: what a territory package may hold, read from the CSV files of this folder.

Validation, the ``datapackage.json`` and ``gangso new`` are all made from it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["KEYS", "REQUIRED_TABLES", "TABLES", "Attribute", "attributes"]

#: Tables in the order in which they are read, checked and written.
TABLES = (
    "municipalities",
    "settlements",
    "population",
    "indicators",
    "facilities",
    "hubs",
    "contiguity",
    "flows",
    "finance",
    "groupings",
    "road_nodes",
    "road_links",
    "programmes",
    "timetable",
)

REQUIRED_TABLES = ("municipalities",)

#: What may stand only once in a table.
KEYS = {
    "municipalities": ("code",),
    "settlements": ("code",),
    "population": ("municipality", "year", "sex", "age"),
    "indicators": ("municipality", "year", "item"),
    "facilities": ("id",),
    "hubs": ("kind", "name"),
    "flows": ("kind", "origin", "destination", "year"),
    "finance": ("municipality", "year", "item"),
    "groupings": ("grouping", "name", "municipality"),
    "road_nodes": ("id",),
    "programmes": ("name",),
    "timetable": ("a", "b", "kind"),
}


@dataclass(frozen=True)
class Attribute:
    """One column of the data dictionary.

    Parameters
    ----------
    name : str
        Column name.
    type : str
        One of ``code``, ``text``, ``number``, ``number>0``, ``number>=0``, ``integer>=0``,
        ``year``, ``longitude``, ``latitude``, ``choice:a|b``, ``municipality``,
        ``municipalities`` (several, separated by ``|``) and ``flow_zone``.
    unit : str
        Unit, or empty.
    required : bool
        Whether the column must be there and full.
    default : str
        Another column or a value that takes its place when it is absent, or empty.
    description : str
        What it means.
    """

    name: str
    type: str
    unit: str
    required: bool
    default: str
    description: str

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.type.startswith(("number", "integer")) or self.type in (
            "year",
            "longitude",
            "latitude",
        )

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that are allowed, or none for no limit."""
        kind, _, choices = self.type.partition(":")
        return tuple(choices.split("|")) if kind == "choice" else ()


@cache
def attributes(table: str) -> tuple[Attribute, ...]:
    """Read the columns of a table.

    Parameters
    ----------
    table : str
        One of `TABLES`.

    Returns
    -------
    tuple of Attribute
        In the order of the dictionary.
    """
    path = resources.files(__package__) / f"{table}.csv"
    with path.open(encoding="utf-8") as file:
        return tuple(
            Attribute(
                name=row["attribute"],
                type=row["type"],
                unit=row["unit"],
                required=row["required"] == "yes",
                default=row["default"],
                description=row["description"],
            )
            for row in csv.DictReader(file)
        )
