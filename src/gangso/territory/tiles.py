"""Fine population grids as tiles: GeoParquet files that are read and written one at a time.

A national grid of 100 m has tens of millions of cells. It is cut into square tiles once, batch
by batch, and from then on nobody holds more of it than one tile.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from gangso.errors import BadInputError, Fault
from gangso.territory.travel.network import metric_km

__all__ = ["Cells", "cut_tiles", "read_tile", "write_tile"]

Floats = npt.NDArray[np.float64]

_BATCH = 500_000  # cells read at a time
_MOST_TILES = 4_000  # files that may be open for writing at once on common systems, with room


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of one tile.

    Attributes
    ----------
    lon, lat : ndarray of float, shape (k,)
        Their middles (WGS 84).
    population : ndarray of float, shape (k,)
        Residents.
    """

    lon: Floats
    lat: Floats
    population: Floats

    def __len__(self) -> int:
        """Count the cells."""
        return len(self.lon)


def cut_tiles(source: Path, folder: Path, tile_km: float, metric_crs: str) -> list[Path]:
    """Cut a grid into square tiles, batch by batch.

    Parameters
    ----------
    source : Path
        Parquet file with ``lon`` and ``lat`` (WGS 84), or GeoParquet file whose geometry is
        the cells or their middles; ``population`` is optional (one a cell without it).
    folder : Path
        Where the tiles go; one file ``<column>_<row>.parquet`` each.
    tile_km : float
        Side of a tile.
    metric_crs : str
        Reference system in metres.

    Returns
    -------
    list of Path
        The tiles, by name.

    Raises
    ------
    BadInputError
        If the file cannot be read, columns are missing, a cell has no place or a negative
        population, or there would be too many tiles.
    """
    try:
        file = pq.ParquetFile(source)
    except (OSError, pa.ArrowInvalid) as error:
        raise BadInputError(
            [Fault("unreadable_file", "grid", value=source.name, details={"message": str(error)})]
        ) from error
    names = file.schema_arrow.names
    geometry, to_degrees = _geometry(file)
    wanted = [geometry] if geometry else ["lon", "lat"]
    details = {"found": ", ".join(names), "description": "WGS 84"}
    faults = [
        Fault("missing_column", source.name, 1, name, None, details)
        for name in wanted
        if name not in names
    ]
    if faults:
        raise BadInputError(faults)
    columns = [*wanted, *(["population"] if "population" in names else [])]
    writers: dict[str, pq.ParquetWriter] = {}
    done = 0
    try:
        for batch in file.iter_batches(_BATCH, columns=columns):
            table = batch.to_pandas()
            if geometry:
                middle = shapely.centroid(shapely.from_wkb(table[geometry].to_numpy()))
                points = gpd.GeoSeries(middle, crs=to_degrees).to_crs("EPSG:4326")
                table = table.assign(lon=points.x.to_numpy(), lat=points.y.to_numpy())
            if "population" not in table:
                table["population"] = 1.0
            table = table[["lon", "lat", "population"]].astype(float)
            bad = ~np.isfinite(table).all(axis=1) | (table["population"] < 0)
            if bad.any():
                row = int(np.flatnonzero(bad)[0])
                value = str(table.iloc[row].to_dict())
                fault = Fault("negative", source.name, done + row + 1, "population", value)
                raise BadInputError([fault])
            done += len(table)
            square = np.floor(
                metric_km(table["lon"].to_numpy(), table["lat"].to_numpy(), metric_crs) / tile_km
            ).astype(np.int64)
            for (column, row), part in table.groupby([square[:, 0], square[:, 1]], sort=True):
                name = f"{column}_{row}"
                arrow = pa.Table.from_pandas(part, preserve_index=False)
                if name not in writers:
                    if len(writers) == _MOST_TILES:
                        value = str(tile_km)
                        raise BadInputError(
                            [Fault("too_many_tiles", "grid", None, "--tile", value)]
                        )
                    writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", arrow.schema)
                writers[name].write_table(arrow)
    finally:
        for writer in writers.values():
            writer.close()
    return [folder / f"{name}.parquet" for name in sorted(writers)]


def _geometry(file: pq.ParquetFile) -> tuple[str | None, str | None]:
    """Name of the geometry column of a GeoParquet file and its reference system."""
    found = (file.schema_arrow.metadata or {}).get(b"geo")
    if found is None:
        return None, None
    geo = json.loads(found)
    column = str(geo["primary_column"])
    crs = geo["columns"][column].get("crs")
    return column, json.dumps(crs) if crs else "EPSG:4326"  # the format's default


def read_tile(path: Path) -> Cells:
    """Read a tile that `cut_tiles` has written.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Cells
        Its cells, in their order.
    """
    table = pq.read_table(path)
    lon, lat, population = (table[name].to_numpy() for name in ("lon", "lat", "population"))
    return Cells(lon, lat, population)


def write_tile(path: Path, cells: Cells, columns: dict[str, npt.NDArray[np.generic]]) -> None:
    """Write a tile as GeoParquet.

    Parameters
    ----------
    path : Path
        The file; it appears complete, or not at all.
    cells : Cells
        The cells; their middles are the geometry.
    columns : dict of str to ndarray, each of shape (k,)
        What was measured.
    """
    frame = gpd.GeoDataFrame(
        pd.DataFrame({"population": cells.population, **columns}),
        geometry=shapely.points(cells.lon, cells.lat),
        crs="EPSG:4326",
    )
    part = path.with_suffix(".part")
    frame.to_parquet(part, index=False)
    part.replace(path)
