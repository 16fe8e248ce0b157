"""Territories that come with the program."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from gangso.territory.load import load
from gangso.territory.model import Territory

__all__ = ["korea"]


def korea() -> Territory:
    """Load the Republic of Korea: 229 municipalities, 3,504 towns, official statistics.

    Returns
    -------
    Territory
        The embedded territory.

    Examples
    --------
    >>> len(korea().municipalities)
    229
    """
    with resources.as_file(resources.files(__package__) / "korea") as folder:
        return load(Path(folder))
