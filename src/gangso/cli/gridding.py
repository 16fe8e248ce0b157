"""`gangso grid`: minutes to the nearest facility for every cell of a population grid."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.text import Text

from gangso import opening
from gangso.cli.screen import Screen
from gangso.engine import open_engine
from gangso.errors import BadInputError, Fault
from gangso.services.grid import grid_access
from gangso.territory.tiles import cut_tiles
from gangso.territory.travel import travel_network

__all__ = ["measure_grid"]


def measure_grid(
    cells: Path,
    path: Path | None,
    services: list[str],
    limit_min: float,
    out: Path,
    tile_km: float,
    engine: str,
    overrides: Mapping[str, Any],
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Measure a grid and write its tiles.

    Parameters
    ----------
    cells : Path
        Parquet or GeoParquet file of the cells.
    path : Path or None
        Scenario file; its territory has roads and facilities.
    services : list of str
        Services of the facilities table that count.
    limit_min : float
        Minutes that count as within reach.
    out : Path
        Folder for the tiles.
    tile_km : float
        Side of a tile.
    engine : str
        Where tiles are measured.
    overrides : mapping
        What the command line lays over the scenario.
    quiet, as_json : bool
        How to speak.

    Raises
    ------
    BadInputError
        If the folder is taken, a service is unknown, or the grid cannot be read.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInputError([Fault("exists", "output", column="--out", value=str(out))])
    early = Screen(str(overrides.get("language", "ko")), quiet=quiet, as_json=as_json)
    steps = {"territory": 1.0, "travel": 1.0, "grid": 10.0}
    with early.progress(steps) as tell, open_engine(engine) as running:
        tell("territory", 0.0)
        scenario, territory = opening.open_scenario(path, overrides)
        table = territory.require("facilities")
        known = sorted(set(table["service"]))
        unknown = [name for name in services if name not in known]
        if unknown or not services:
            raise BadInputError(
                [
                    Fault("unknown_service", "facilities", None, "--service", name,
                          {"known": ", ".join(known)})
                    for name in unknown or [""]
                ]
            )  # fmt: skip
        tell("travel", 0.0)
        network = travel_network(territory, scenario.travel, scenario.year)
        chosen = table[table["service"].isin(services)]
        sites = network.locate(chosen["lon"], chosen["lat"])
        tell("grid", 0.0)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".gangso-tiles-") as folder:
            tiles = cut_tiles(cells, Path(folder), tile_km, territory.metadata.metric_crs)
            found = grid_access(
                network, sites, tiles, out, limit_min, running,
                lambda done, total: tell("grid", done / total),
            )  # fmt: skip
    screen = Screen(scenario.language, quiet=quiet, as_json=as_json)
    total = found.tiles.sum()
    people, within = float(total["population"]), float(total["population_within"])
    reached = float(total["population_reached"])
    figures = {
        "tiles": len(found.tiles),
        "cells": int(total["cells"]),
        "population": people,
        "population_within": within,
        "population_unreached": people - reached,
        "mean_minutes": float(total["person_minutes"]) / reached if reached else None,
        "limit_min": limit_min,
        "services": list(services),
    }
    screen.out.print(
        Text(
            screen.say(
                "cli.grid.done", out=out, tiles=figures["tiles"], cells=figures["cells"],
                share=within / people if people else 0.0, limit=limit_min,
                unreached=people - reached,
            )
        )
    )  # fmt: skip
    for note in network.assumptions.get(screen.lang, ()):
        screen.out.print(Text(f"· {note}"))
    screen.document({**figures, "assumptions": list(network.assumptions.get(screen.lang, ()))})
