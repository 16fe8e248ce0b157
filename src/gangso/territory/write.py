"""Write a territory package: a folder or a zip, as CSV or Parquet, all of it or nothing."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gangso.territory.dictionary import TABLES, attributes
from gangso.territory.metadata import Metadata

__all__ = ["describe_resources", "write_package", "write_parquet"]

# The same moment in every archive, so that the same data give the same bytes.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def _small(column: pd.Series) -> pd.Series:
    """Take the smallest type that holds every value exactly."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column
    if pd.api.types.is_integer_dtype(column):
        return pd.to_numeric(column, downcast="integer")
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    if not np.isnan(values).any() and (values == np.rint(values)).all():
        whole = values.astype("int64")
        if (whole == values).all():
            return pd.Series(pd.to_numeric(whole, downcast="integer"), index=column.index)
    single = values.astype("float32")
    exact = (single.astype("float64") == values) | np.isnan(values)
    return pd.Series(single if exact.all() else values, index=column.index)


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table as a small Parquet file whose bytes depend on the content alone.

    Parameters
    ----------
    table : DataFrame
        The table; its index is not written.
    path : Path
        File to write.
    """
    arrays: dict[str, pa.Array] = {}
    split: list[str] = []
    for name in table.columns:
        column = _small(table[name])
        array = pa.array(column, from_pandas=True)
        if pa.types.is_large_string(array.type):
            array = array.cast(pa.string())
        if pa.types.is_floating(array.type):
            split.append(str(name))
        arrays[str(name)] = array
    content = pa.table(arrays)
    # Floats that hardly repeat compress best with their bytes laid side by side; all else
    # (codes, names, small counts) repeats, and a dictionary serves it best.
    repeating = [name for name in content.column_names if name not in split]
    pq.write_table(
        content,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=repeating,
        column_encoding=dict.fromkeys(split, "BYTE_STREAM_SPLIT"),
        write_statistics=False,
        data_page_size=4 << 20,
        row_group_size=1 << 20,
        store_schema=False,
    )


def describe_resources(tables: Mapping[str, pd.DataFrame], suffix: str) -> list[dict[str, Any]]:
    """Describe tables as the ``resources`` of a ``datapackage.json``.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by name.
    suffix : str
        File name suffix with its dot.

    Returns
    -------
    list of dict
        One resource a table, its columns described from the data dictionary.
    """
    resources = []
    for name, table in tables.items():
        known = {a.name: a for a in attributes(name)}
        fields = []
        for column in map(str, table.columns):
            attribute = known.get(column)
            numeric = (
                attribute.numeric
                if attribute is not None
                else pd.api.types.is_numeric_dtype(table[column])
            )
            field: dict[str, Any] = {"name": column, "type": "number" if numeric else "string"}
            if attribute is not None:
                if attribute.type == "year" or attribute.type.startswith("integer"):
                    field["type"] = "integer"
                if attribute.unit:
                    field["unit"] = attribute.unit
                field["description"] = attribute.description
                if attribute.required:
                    field["constraints"] = {"required": True}
            fields.append(field)
        resource: dict[str, Any] = {
            "name": name,
            "path": f"{name}{suffix}",
            "format": suffix[1:],
            "rows": len(table),
            "schema": {"fields": fields},
        }
        if suffix == ".csv":
            resource["encoding"] = "utf-8"
        resources.append(resource)
    return resources


def _write_folder(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    metadata: Metadata,
    boundaries: gpd.GeoSeries | None,
    form: Literal["csv", "parquet"],
    extra: Mapping[str, Any],
) -> None:
    ordered = {name: tables[name] for name in TABLES if name in tables}
    suffix = f".{form}"
    for name, table in ordered.items():
        if form == "parquet":
            write_parquet(table, folder / f"{name}.parquet")
        else:
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    resources = describe_resources(ordered, suffix)
    if boundaries is not None:
        frame = gpd.GeoDataFrame(
            {"code": boundaries.index.astype("str")},
            geometry=boundaries.to_numpy(),
            crs=boundaries.crs,
        )
        frame.to_parquet(folder / "boundaries.parquet", compression="zstd", index=False)
        resources.append(
            {"name": "boundaries", "path": "boundaries.parquet", "format": "geoparquet"}
        )
    package = {
        "name": metadata.name,
        "title": metadata.title.get("en", metadata.name),
        "profile": "data-package",
        **extra,
        "sources": [
            {"title": title} for title in dict.fromkeys(source.title for source in metadata.sources)
        ],
        "resources": resources,
        "gangso": metadata.model_dump(mode="json"),
    }
    (folder / "datapackage.json").write_text(
        json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def _pack(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for file in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(file.name, date_time=_ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, file.read_bytes())


def write_package(
    path: Path,
    tables: Mapping[str, pd.DataFrame],
    metadata: Metadata,
    *,
    boundaries: gpd.GeoSeries | None = None,
    form: Literal["csv", "parquet"] = "parquet",
    extra: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> None:
    """Write a territory package, all of it or nothing.

    Parameters
    ----------
    path : Path
        Folder to make, or archive if the name ends in ``.zip``.
    tables : mapping of str to DataFrame
        Tables of the data dictionary.
    metadata : Metadata
        The package's metadata.
    boundaries : GeoSeries, optional
        Polygons by municipality code (WGS 84); written as GeoParquet.
    form : {"parquet", "csv"}
        Format of the tables.
    extra : mapping, optional
        Further keys of the ``datapackage.json`` (licences ...).
    overwrite : bool
        Whether something at `path` may be replaced.

    Raises
    ------
    FileExistsError
        If there is something at `path` and `overwrite` is not set.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Everything is made beside its place and moved there in one step, so that an
    # interruption leaves either the old package or the new one, never half of one.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".gangso-") as scratch:
        folder = Path(scratch) / "package"
        folder.mkdir()
        _write_folder(folder, tables, metadata, boundaries, form, extra or {})
        made = folder
        if path.suffix == ".zip":
            made = Path(scratch) / "package.zip"
            _pack(folder, made)
        if path.is_dir():  # a folder cannot be replaced in one step as a file can
            path.rename(Path(scratch) / "old")
        made.replace(path)
