"""`gangso grid`: nearest facility and shared capacity for every cell of a population grid."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.text import Text

from gangso import opening
from gangso.cli.screen import Screen
from gangso.cli.whole import whole_folder
from gangso.engine import open_engine
from gangso.errors import BadInputError, Fault
from gangso.scenario import Catchment, Scenario
from gangso.services import facilities_of
from gangso.services.grid import GridAccess, GridCatchment, grid_access
from gangso.territory import Territory
from gangso.territory.tiles import cut_tiles
from gangso.territory.travel import Network, travel_network

__all__ = ["measure_grid"]


def measure_grid(
    cells: Path,
    path: Path | None,
    services: list[str],
    catchment: str | None,
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
        Services of the facilities table that count; those of the catchment if empty.
    catchment : str or None
        Catchment of the scenario (``services.catchments``) whose capacity the cells share.
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
        If the folder is taken, a service or catchment is unknown, or the grid cannot be read.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInputError([Fault("exists", "output", column="--out", value=str(out))])
    early = Screen(str(overrides.get("language", "ko")), quiet=quiet, as_json=as_json)
    steps = {"territory": 1.0, "travel": 1.0, "grid": 10.0}
    with early.progress(steps) as tell, open_engine(engine) as running:
        tell("territory", 0.0)
        scenario, territory = opening.open_scenario(path, overrides)
        shared = _catchment(scenario, catchment)
        chosen = services or list(shared.services if shared else ())
        sites = territory.require("facilities")
        _check_services(chosen, sorted(set(sites["service"])))
        tell("travel", 0.0)
        network = travel_network(territory, scenario.travel, scenario.year)
        sites = sites[sites["service"].isin(chosen)]
        places = network.locate(sites["lon"], sites["lat"])
        tell("grid", 0.0)
        with (
            whole_folder(out) as folder,
            tempfile.TemporaryDirectory(dir=folder.parent, prefix=".gangso-tiles-") as cut,
        ):
            tiles = cut_tiles(cells, Path(cut), tile_km, territory.metadata.metric_crs)
            found = grid_access(
                network, places, tiles, folder, limit_min, running,
                lambda done, total: tell("grid", done / total),
                catchment=None if shared is None else _supply(network, territory, shared),
            )  # fmt: skip
    screen = Screen(scenario.language, quiet=quiet, as_json=as_json)
    figures = _figures(found) | {"limit_min": limit_min, "services": chosen}
    screen.out.print(
        Text(
            screen.say(
                "cli.grid.done", out=out, tiles=figures["tiles"], cells=figures["cells"],
                share=_share(figures["population_within"], figures["population"]),
                limit=limit_min, unreached=figures["population_unreached"],
            )
        )
    )  # fmt: skip
    notes = list(network.assumptions.get(screen.lang, ()))
    if shared is not None:
        figures["catchment"] = catchment
        screen.out.print(Text(_sharing_line(screen, shared, figures)))
        notes.append(screen.say("cli.grid.demand"))
    for note in notes:
        screen.out.print(Text(f"· {note}"))
    screen.document({**figures, "assumptions": notes})


def _catchment(scenario: Scenario, key: str | None) -> Catchment | None:
    known = scenario.services.catchments
    if key is not None and key not in known:
        details = {"known": ", ".join(known) or "–"}
        raise BadInputError(
            [Fault("unknown_catchment", "scenario", None, "--catchment", key, details)]
        )
    return None if key is None else known[key]


def _check_services(asked: list[str], known: list[str]) -> None:
    unknown = [name for name in asked if name not in known]
    if unknown or not asked:
        details = {"known": ", ".join(known)}
        raise BadInputError(
            [
                Fault("unknown_service", "facilities", None, "--service", name, details)
                for name in unknown or [""]
            ]
        )


def _supply(network: Network, territory: Territory, catchment: Catchment) -> GridCatchment:
    """Facilities of a catchment, as `gangso services` counts them."""
    supply = facilities_of(network, territory, catchment.services)
    if supply is None:
        _check_services(list(catchment.services), [])
    assert supply is not None
    capacity = supply.table["capacity"].to_numpy(dtype=float)
    return GridCatchment(supply.places, capacity, catchment.minutes, catchment.decay)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _figures(found: GridAccess) -> dict[str, Any]:
    total = found.tiles.sum()
    people, reached = float(total["population"]), float(total["population_reached"])
    figures: dict[str, Any] = {
        "tiles": len(found.tiles),
        "cells": int(total["cells"]),
        "population": people,
        "population_within": float(total["population_within"]),
        "population_unreached": people - reached,
        "mean_minutes": float(total["person_minutes"]) / reached if reached else None,
    }
    if "capacity_reached" in total:
        figures["population_sharing"] = float(total["population_sharing"])
        figures["capacity_reached"] = float(total["capacity_reached"])
    return figures


def _sharing_line(screen: Screen, catchment: Catchment, figures: Mapping[str, Any]) -> str:
    people, sharing = figures["population"], figures["population_sharing"]
    return screen.say(
        "cli.grid.sharing",
        label=catchment.label.get(screen.lang, ""),
        minutes=catchment.minutes,
        unit=catchment.unit.get(screen.lang, ""),
        mean=1000.0 * _share(figures["capacity_reached"], people),
        without=people - sharing,
    )
