"""Presets: what is known of a country before any of its data, each fact with its source.

One YAML file a country (ISO 3166-1 alpha-2), with the keys of `Metadata`. What has no source is
left blank; the planner's mapping lays its own metadata over it.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

__all__ = ["presets", "read_preset"]


@cache
def presets() -> tuple[str, ...]:
    """Return the countries that have a preset.

    Returns
    -------
    tuple of str
        ISO 3166-1 alpha-2 codes, sorted.

    Examples
    --------
    >>> "IT" in presets()
    True
    """
    files = (entry.name for entry in resources.files(__package__).iterdir())
    return tuple(sorted(name[:2] for name in files if name.endswith(".yaml")))


def read_preset(country: str) -> dict[str, Any]:
    """Read what is known of a country.

    Parameters
    ----------
    country : str
        One of `presets`.

    Returns
    -------
    dict
        Keys of `Metadata`.
    """
    path = resources.files(__package__) / f"{country}.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
