"""The command ``gangso bases``: alliances first, then where their shared bases go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from gangso import opening, planning
from gangso.bases import plan_bases
from gangso.cli.screen import Screen
from gangso.services import measure
from gangso.territory.travel import travel_network

__all__ = ["site"]

_SECONDS = {"territory": 1.0, "travel": 1.0, "services": 2.5, "alliances": 3.0, "bases": 6.0}


def site(path: Path | None, overrides: Mapping[str, Any], *, quiet: bool, as_json: bool) -> None:
    """Site the bases and show what each alliance pays.

    Parameters
    ----------
    path : Path or None
        Scenario file.
    overrides : mapping
        What the command line lays over the scenario.
    quiet, as_json : bool
        How to speak.
    """
    screen = Screen(str(overrides.get("language", "ko")), quiet=quiet, as_json=as_json)
    with screen.progress(_SECONDS) as tell:
        tell("territory", 0.0)
        asked, territory = opening.open_scenario(path, overrides)
        tell("travel", 0.0)
        network = travel_network(territory, asked.travel, asked.year)
        tell("services", 0.0)
        services = measure(territory, network, asked.services, asked.year)
        tell("alliances", 0.0)
        allied = planning.find_alliances(asked, territory, network)
        tell("bases", 0.0)
        found = plan_bases(territory, network, services, allied, asked.bases, asked.services)
    screen = Screen(asked.language, quiet=quiet, as_json=as_json)
    names = territory.names(screen.lang)
    shown = Table(title=screen.say("brief.bases.prices_caption"))
    for key in ("group", "lacking", "served", "cost", "extra", "optimum"):
        right = key != "group"
        shown.add_column(screen.say(f"brief.bases.{key}"), justify="right" if right else "left")
    for ident, row in found.groups[found.groups["lacking"] > 0].iterrows():
        centre = allied.alliances["centre"].get(ident, ident)
        name = str(names.loc[centre]) if centre == ident else f"{ident} {names.loc[centre]}"
        figures = (row["lacking"], row["served"], row["cost"] / 1e6, row["extra_cost"] / 1e6)
        shown.add_row(name, *(f"{v:,.0f}" for v in (*figures, row["optimum_people"])))
    if shown.row_count:
        screen.out.print(shown)
    else:
        screen.out.print(Text(screen.say("cli.bases.nothing")))
    for note in asked.bases.cost_note.get(screen.lang, ""), *found.left_out:
        screen.out.print(Text(note))
    tables = {
        "groups": found.groups.reset_index(), "bases": found.bases, "visits": found.visits,
        "unmet": found.unmet, "modes": found.modes, "ties": found.ties,
    }  # fmt: skip
    screen.document({k: json.loads(t.to_json(orient="records")) for k, t in tables.items()})
