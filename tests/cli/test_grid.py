"""`gangso grid`: tiles on disk, figures as JSON, and refusals."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
from typer.testing import CliRunner, Result

from gangso.cli.app import app
from gangso.territory import korea


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100", "GANGSO_LANG": ""})


def test_a_grid_is_measured_and_written(tmp_path: Path) -> None:
    towns = korea().settlements
    assert towns is not None
    cells = tmp_path / "cells.parquet"
    table = pd.DataFrame({name: towns[name].to_numpy() for name in ("lon", "lat")})
    table.to_parquet(cells)
    out = tmp_path / "out"
    asked = ("grid", str(cells), "--service", "general_hospital", "--tile", "100", "--json")
    result = run(*asked, "--out", str(out), "--minutes", "20")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    tiles = [gpd.read_parquet(path) for path in sorted(out.glob("*.parquet"))]
    assert figures["tiles"] == len(tiles) > 10
    assert figures["cells"] == len(table) == sum(map(len, tiles)) == figures["population"]
    within = sum(int((tile["minutes"] <= 20).sum()) for tile in tiles)
    assert 0 < within == figures["population_within"] < len(table)
    assert figures["assumptions"]  # estimated travel times are said to be
    again = run(*asked, "--out", str(out))
    assert again.exit_code == 2  # the folder is taken


def test_an_unknown_service_is_named_with_those_there_are(tmp_path: Path) -> None:
    result = run("grid", "none.parquet", "-s", "hospitl", "-o", str(tmp_path / "o"), "--lang", "en")
    assert result.exit_code == 2
    assert "hospitl" in result.output
    assert "general_hospital" in result.output


def test_capacity_is_shared_over_the_cells(tmp_path: Path) -> None:
    towns = korea().settlements
    assert towns is not None
    cells = tmp_path / "cells.parquet"
    towns[["lon", "lat", "population"]].to_parquet(cells)
    out = tmp_path / "new" / "out"
    asked = ("grid", str(cells), "--catchment", "doctors_hospitals", "--tile", "100")
    result = run(*asked, "--out", str(out), "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["services"] == ["tertiary_hospital", "general_hospital", "hospital"]
    tiles = pd.concat([gpd.read_parquet(path) for path in out.glob("*.parquet")])
    shared = float((tiles["access"] * tiles["population"]).sum())
    facilities = korea().require("facilities")
    chosen = facilities[facilities["service"].isin(figures["services"])]
    # Nothing is lost: every doctor whom somebody reaches is shared out.
    assert 0.99 * chosen["capacity"].sum() < shared <= chosen["capacity"].sum() * (1 + 1e-9)
    assert abs(figures["capacity_reached"] / shared - 1) < 1e-9
    assert sorted(path.name for path in out.parent.iterdir()) == ["out"]  # nothing else is left
    text = run(*asked, "--out", str(tmp_path / "again"), "--lang", "en").output
    assert "Doctors in hospitals" in text
    assert "doctors per 1,000 residents" in " ".join(text.split())


def test_an_unknown_catchment_is_named_with_those_there_are(tmp_path: Path) -> None:
    result = run("grid", "none.parquet", "-c", "beds", "-o", str(tmp_path / "o"), "--lang", "en")
    assert result.exit_code == 2
    assert "beds" in result.output
    assert "doctors_hospitals" in result.output
