"""Make a `Territory` from a package or from tables in memory, checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pydantic import ValidationError

from gangso.errors import BadInputError, Fault
from gangso.territory.boundaries import estimate_areas
from gangso.territory.check import Checked, check_package
from gangso.territory.dictionary import TABLES, attributes
from gangso.territory.metadata import Metadata
from gangso.territory.model import Territory
from gangso.territory.read import RawPackage, read_package
from gangso.texts import LANGUAGES, say

__all__ = ["build", "load"]


def _defaults(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Fill the optional columns that have a default: another column, or a value."""
    filled = {}
    for attribute in attributes(table):
        if not attribute.default:
            continue
        if attribute.default in frame:
            other: Any = frame[attribute.default]
        else:
            other = float(attribute.default) if attribute.numeric else attribute.default
        if attribute.name not in frame:
            filled[attribute.name] = other
        elif frame[attribute.name].isna().any():
            filled[attribute.name] = frame[attribute.name].fillna(other)
    return _ordered(frame.assign(**filled), table).reset_index(drop=True)


def _ordered(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Put the columns of the dictionary first, in its order."""
    known = [a.name for a in attributes(table) if a.name in frame]
    return frame[known + [c for c in frame.columns if c not in known]]


def _weighted_points(towns: pd.DataFrame) -> pd.DataFrame:
    """Population-weighted mean point of each municipality's settlements."""
    # Where nobody is counted every settlement weighs the same.
    total = towns.groupby("municipality")["population"].transform("sum")
    weight = towns["population"].where(total > 0, 1.0)
    sums = (
        pd.DataFrame({"lon": towns["lon"] * weight, "lat": towns["lat"] * weight, "weight": weight})
        .groupby(towns["municipality"])
        .sum()
    )
    return sums[["lon", "lat"]].div(sums["weight"], axis=0)


def _complete(
    own: pd.DataFrame,
    towns: pd.DataFrame | None,
    boundaries: gpd.GeoSeries | None,
    metric_crs: str,
) -> pd.DataFrame:
    """Fill places and areas from the settlements, else from the boundaries."""
    own = own.set_index("code").sort_index()
    if not {"lon", "lat"} <= set(own.columns):
        own["lon"] = own["lat"] = np.nan
    if "area_km2" not in own:
        own["area_km2"] = np.nan
    # A place is two numbers: one of them alone is of no use.
    bare = own[["lon", "lat"]].isna().any(axis=1)
    if bare.any() and towns is not None:
        own.loc[bare, ["lon", "lat"]] = _weighted_points(towns).reindex(own.index[bare]).to_numpy()
        bare = own[["lon", "lat"]].isna().any(axis=1)
    if bare.any() and boundaries is not None:
        points = boundaries.reindex(own.index[bare]).representative_point()
        own.loc[bare, "lon"] = points.x.to_numpy()
        own.loc[bare, "lat"] = points.y.to_numpy()
    bare = own["area_km2"].isna()
    if bare.any() and boundaries is not None:
        area = boundaries.reindex(own.index[bare]).to_crs(metric_crs).area / 1e6
        own.loc[bare, "area_km2"] = area.to_numpy()
        bare = own["area_km2"].isna()
    if bare.any() and towns is not None and "area_km2" in towns:
        area = towns.groupby("municipality")["area_km2"].sum(min_count=1)
        own.loc[bare, "area_km2"] = area.reindex(own.index[bare]).to_numpy()
        bare = own["area_km2"].isna()
    if bare.any():  # the check let it pass: nobody gave any area, and the metadata says so
        own.loc[bare, "area_km2"] = _estimated(own, towns, metric_crs)[bare.to_numpy()]
    return _ordered(own, "municipalities")


def _estimated(
    own: pd.DataFrame, towns: pd.DataFrame | None, metric_crs: str
) -> npt.NDArray[np.float64]:
    """Areas from the points of the settlements, and of municipalities without any."""
    places = own[["lon", "lat"]].assign(code=own.index)
    if towns is not None:
        named = towns.rename(columns={"municipality": "code"})[["lon", "lat", "code"]]
        bare = places[~places["code"].isin(named["code"])]
        places = pd.concat([named, bare], ignore_index=True)
    area = estimate_areas(places["lon"], places["lat"], metric_crs)
    summed = pd.Series(area, index=places["code"]).groupby(level=0).sum()
    return np.asarray(summed.reindex(own.index), dtype=np.float64)


def _local_crs(checked: Checked) -> str:
    """Lay an equal-area projection about the middle of the territory."""
    if checked.boundaries is not None:
        west, south, east, north = checked.boundaries.total_bounds
        lon, lat = (west + east) / 2, (south + north) / 2
    else:
        table = checked.tables["municipalities"]
        if not {"lon", "lat"} <= set(table.columns) or table["lon"].isna().all():
            table = checked.tables["settlements"]
        lon, lat = table["lon"].median(), table["lat"].median()
    return f"+proj=laea +lat_0={lat:.2f} +lon_0={lon:.2f} +datum=WGS84 +units=m +no_defs"


def _fingerprint(tables: Mapping[str, pd.DataFrame], boundaries: gpd.GeoSeries | None) -> str:
    """Digest of the content, the same whatever the format it was read from."""
    digest = hashlib.sha256()
    for name in sorted(tables):
        frame = tables[name]
        digest.update(f"\x1d{name}\x1d{len(frame)}".encode())
        for column in sorted(map(str, frame.columns)):
            digest.update(f"\x1e{column}\x1e".encode())
            values = frame[column]
            if pd.api.types.is_numeric_dtype(values):
                numbers = values.to_numpy(dtype="float64", na_value=np.nan)
                digest.update(numbers.astype("<f8").tobytes())
            else:
                codes, texts = pd.factorize(values)
                digest.update("\x1f".join(texts).encode())
                digest.update(codes.astype("<i4").tobytes())
    if boundaries is not None:
        shapes = shapely.normalize(boundaries.sort_index().to_numpy())
        digest.update(b"".join(shapely.to_wkb(shapes, byte_order=1)))
    return digest.hexdigest()


def _make(checked: Checked, metadata: Metadata) -> Territory:
    if checked.faults:
        raise BadInputError(checked.faults)
    fingerprint = _fingerprint(
        {
            name: frame.sort_values("code") if name == "municipalities" else frame
            for name, frame in checked.tables.items()
        },
        checked.boundaries,
    )
    if not metadata.metric_crs:
        metadata = metadata.model_copy(update={"metric_crs": _local_crs(checked)})
    if any(note.kind == "areas_estimated" for note in checked.notes):
        said = {lang: say("territory.areas_estimated", lang) for lang in LANGUAGES}
        metadata = metadata.model_copy(update={"notes": (said, *metadata.notes)})
    tables = {name: _defaults(frame, name) for name, frame in checked.tables.items()}
    own = _complete(
        tables.pop("municipalities"),
        tables.get("settlements"),
        checked.boundaries,
        metadata.metric_crs,
    )
    boundaries = checked.boundaries
    if boundaries is not None:
        boundaries = boundaries.reindex(own.index)
    optional = {name: tables.get(name) for name in TABLES if name != "municipalities"}
    return Territory(
        metadata=metadata,
        municipalities=own,
        listed_contiguity=optional.pop("contiguity"),
        listed_boundaries=boundaries,
        fingerprint=fingerprint,
        **optional,
    )


def load(path: str | Path) -> Territory:
    """Load a territory package.

    Parameters
    ----------
    path : str or Path
        Folder or zip with a ``datapackage.json`` and tables as CSV or Parquet.

    Returns
    -------
    Territory
        The territory, checked.

    Raises
    ------
    BadInputError
        With every fault that was found.
    """
    raw = read_package(Path(path))
    return _make(check_package(raw), raw.metadata)


def build(tables: Mapping[str, pd.DataFrame], metadata: Mapping[str, Any]) -> Territory:
    """Check tables held in memory and build a territory from them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables of the data dictionary; ``boundaries`` is a GeoDataFrame with ``code``.
    metadata : mapping
        The ``gangso`` part of a ``datapackage.json``.

    Returns
    -------
    Territory
        The territory, checked.

    Raises
    ------
    BadInputError
        With every fault that was found.
    """
    faults: list[Fault] = []
    said = Metadata()
    try:
        said = Metadata.model_validate(dict(metadata))
    except ValidationError as error:
        faults += [
            Fault(
                "datapackage", "datapackage", None, ".".join(map(str, ("gangso", *item["loc"]))),
                str(item["input"])[:80], {"message": item["msg"]},
            )
            for item in error.errors()
        ]  # fmt: skip
    held = {name: frame.reset_index(drop=True) for name, frame in tables.items()}
    raw = RawPackage(
        tables={name: frame for name, frame in held.items() if name in TABLES},
        boundaries=held.get("boundaries"),
        metadata=said,
        faults=faults,
        notes=[],
    )
    return _make(check_package(raw), said)
