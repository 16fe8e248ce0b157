"""Frozen results as JSON: tables as lists of rows, missing values as null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd
from fastapi import Response
from pydantic import BaseModel

__all__ = ["answer", "plain"]


def plain(value: Any) -> Any:
    """Turn a result into what JSON knows.

    Parameters
    ----------
    value : object
        Frozen results, tables, models, arrays, and what is made of them.

    Returns
    -------
    object
        Dictionaries, lists, texts, numbers, booleans and None.

    Examples
    --------
    >>> plain({"a": (1, float("nan")), "b": np.int64(2)})
    {'a': [1, None], 'b': 2}
    """
    if isinstance(value, pd.DataFrame):
        named = value if value.index.names == [None] else value.reset_index()
        columns = [str(column) for column in named.columns]
        return [
            dict(zip(columns, map(plain, row), strict=True))
            for row in named.itertuples(index=False, name=None)
        ]
    if isinstance(value, pd.Series):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json"))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [plain(item) for item in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        return number if math.isfinite(number) else None
    return str(value)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Make a JSON response.

    Parameters
    ----------
    value : object
        What `plain` takes.
    status : int
        HTTP status.
    headers : mapping of str to str, optional
        Further headers.

    Returns
    -------
    Response
        Written in ASCII, so that no text can break it.
    """
    body = json.dumps(plain(value), ensure_ascii=True, allow_nan=False)
    return Response(
        body, status_code=status, media_type="application/json", headers=dict(headers or {})
    )
