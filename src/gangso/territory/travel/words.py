"""What an estimated network assumes, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gangso.scenario.travel import TravelOptions
from gangso.territory.model import Territory
from gangso.texts import LANGUAGES, say

__all__ = ["assumptions", "given_roads"]


def assumptions(
    territory: Territory, options: TravelOptions, year: int | None, *, dry: bool, local: int
) -> Mapping[str, tuple[str, ...]]:
    """Name the assumptions of an estimated network.

    Parameters
    ----------
    territory : Territory
        The territory.
    options : TravelOptions
        Speeds and detours.
    year : int or None
        Year of the links.
    dry : bool
        Whether nothing is known of where the water is.
    local : int
        Number of assumed crossings within municipalities.

    Returns
    -------
    mapping of str to tuple of str
        Sentences by language.
    """
    bands = sorted(options.speeds, key=lambda band: -band.at_least)
    told = {}
    for lang in LANGUAGES:
        lines = [say("travel.assume.estimated", lang)]
        lines.append(
            say(
                "travel.assume.roads",
                lang,
                detour=options.detour,
                speeds=", ".join(
                    say("travel.assume.speed", lang, density=band.at_least, kmh=band.kmh)
                    for band in bands
                ),
            )
        )
        lines += [
            say(
                "travel.assume.main" if tier.places_over > 0 else "travel.assume.main_all",
                lang,
                people=tier.places_over,
                kmh=tier.kmh,
                detour=tier.detour,
            )
            for tier in options.main_roads
        ]
        if dry:
            lines.append(say("travel.assume.water_unknown", lang))
        else:
            drawn = "drawn" if territory.boundaries_drawn else "given"
            lines.append(say(f"travel.assume.water_{drawn}", lang, km=options.water_km))
        lines.append(
            say(
                "travel.assume.crossings",
                lang,
                bridge=options.bridge_kmh,
                ferry=options.ferry_kmh,
                wait=options.ferry_wait_min,
            )
        )
        if year is not None:
            lines.append(say("travel.assume.year", lang, year=year))
        if local:
            lines.append(say("travel.assume.local_ferries", lang, count=local))
        lines.append(say("travel.assume.points", lang))
        told[lang] = tuple(lines)
    return MappingProxyType(told)


def given_roads(options: TravelOptions) -> Mapping[str, tuple[str, ...]]:
    """Name what minutes over given roads rest on.

    Parameters
    ----------
    options : TravelOptions
        Speed from a point to its node.

    Returns
    -------
    mapping of str to tuple of str
        Sentences by language.
    """
    return MappingProxyType(
        {
            lang: (
                say(
                    "travel.assume.given",
                    lang,
                    kmh=options.access_kmh,
                    km=options.farthest_access_km,
                ),
                say("travel.assume.points", lang),
            )
            for lang in LANGUAGES
        }
    )
