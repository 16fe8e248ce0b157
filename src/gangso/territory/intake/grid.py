"""Settlements from a population grid (GeoTIFF), read by rasterio (the extra ``grid``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj

from gangso.errors import BadInputError, Fault

__all__ = ["read_grid"]

# Rows of the grid read at a time.
_STRIP = 1024


def read_grid(path: Path, *, cell_km: float | None = None) -> pd.DataFrame:
    """Read the populated cells of a grid as points.

    Parameters
    ----------
    path : Path
        GeoTIFF whose first band counts persons.
    cell_km : float, optional
        Sum cells up to squares of about this size; by default the grid's own.

    Returns
    -------
    DataFrame
        Columns ``code``, ``lon``, ``lat`` (WGS 84; mean point of the people in the square),
        ``population``.

    Raises
    ------
    BadInputError
        If rasterio is not installed, the file is no grid, or it names no reference system.
    """
    try:
        import rasterio
        from rasterio.errors import RasterioError
        from rasterio.windows import Window
    except ImportError as error:
        raise BadInputError([Fault("grid_no_reader", "settlements", value=path.name)]) from error
    try:
        with rasterio.open(path) as source:
            if source.crs is None:
                raise BadInputError([Fault("no_crs_in", "settlements", value=path.name)])
            across, down = _block(source, cell_km)
            parts = []
            step = max(_STRIP // down, 1) * down
            for top in range(0, source.height, step):
                window = Window(0, top, source.width, min(step, source.height - top))
                band = source.read(1, window=window, masked=True)
                persons = np.where(np.ma.getmaskarray(band), 0.0, band.filled(0)).astype(float)
                persons[~np.isfinite(persons) | (persons < 0)] = 0.0
                parts.append(_cells(persons, top, across, down))
            cells = pd.concat(parts, ignore_index=True)
            col, row, to = cells["col"].to_numpy(), cells["row"].to_numpy(), source.transform
            x, y = to.a * col + to.b * row + to.c, to.d * col + to.e * row + to.f
            there = pyproj.Transformer.from_crs(source.crs.to_wkt(), "EPSG:4326", always_xy=True)
            lon, lat = there.transform(x, y)
    except RasterioError as error:
        details = {"message": str(error).splitlines()[0]}
        raise BadInputError(
            [Fault("unreadable_file", "settlements", None, None, path.name, details)]
        ) from error
    return pd.DataFrame(
        {"code": cells["code"], "lon": lon, "lat": lat, "population": cells["persons"]}
    )


def _block(source: Any, cell_km: float | None) -> tuple[int, int]:
    """Number of cells across and down that make a square of the size asked for."""
    if cell_km is None:
        return 1, 1
    wide, high = (abs(size) for size in source.res)
    crs = source.crs
    if crs.is_geographic:
        bounds = source.bounds
        middle = np.radians((bounds.bottom + bounds.top) / 2)
        wide, high = wide * 111_320 * np.cos(middle), high * 111_320
    return max(round(cell_km * 1000 / wide), 1), max(round(cell_km * 1000 / high), 1)


def _cells(persons: npt.NDArray[np.float64], top: int, across: int, down: int) -> pd.DataFrame:
    """Sum a strip to squares; the point of each is the mean of its people."""
    rows, cols = np.nonzero(persons)
    count = persons[rows, cols]
    square = pd.DataFrame(
        {
            "i": (rows + top) // down,
            "j": cols // across,
            "persons": count,
            "row": (rows + top + 0.5) * count,
            "col": (cols + 0.5) * count,
        }
    )
    sums = square.groupby(["i", "j"], as_index=False).sum()
    code = "r" + sums["i"].astype("str") + "c" + sums["j"].astype("str")
    return pd.DataFrame(
        {
            "code": code,
            "row": sums["row"] / sums["persons"],
            "col": sums["col"] / sums["persons"],
            "persons": sums["persons"],
        }
    )
