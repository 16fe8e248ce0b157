"""A small country with hubs, in which everything about a study can be set."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gangso.scenario import EvaluationOptions
from gangso.territory import Territory

YEARS = range(2010, 2020)
STEP_KM = 20.0


def country(
    *, rows: int = 6, columns: int = 12, years: range = YEARS, seed: int = 0,
    hubs: list[tuple[int, int]] | None = None, effect: float = 0.0, near: float = 0.0,
    noise: float = 0.002, trend: float = 0.0, constant: bool = False,
) -> Territory:  # fmt: skip
    """Places 20 km apart on a grid; hubs are (place, year of opening).

    `effect` and `near` raise the log population of hosts, and of places within 30 km, from the
    opening on; `trend` is the growth a year that hosts have on top throughout.
    """
    rng = np.random.default_rng(seed)
    n = rows * columns
    lon = 127 + (np.arange(n) % columns) * STEP_KM / 88.0
    lat = 36 + (np.arange(n) // columns) * STEP_KM / 111.0
    codes = [f"{k:03d}" for k in range(n)]
    hubs = [(14, 2014), (21, 2015), (57, 2015)] if hubs is None else hubs
    log = 11.0 + rng.normal(0, 0.3, n)[:, None] + np.zeros((n, len(years)))
    if not constant:
        log = log + np.cumsum(rng.normal(0, noise, (n, len(years))), axis=1)
        for place, opened in hubs:
            away = np.hypot((lon - lon[place]) * 88.0, (lat - lat[place]) * 111.0)
            after = np.array([year >= opened for year in years])
            log[place] += effect * after + trend * np.arange(len(years))
            log[(away > 0) & (away <= 30)] += near * after
    people = pd.DataFrame(
        [
            {"municipality": code, "year": year, "sex": sex, "age": 0,
             "persons": float(np.exp(log[k, j]) / 2)}
            for k, code in enumerate(codes)
            for j, year in enumerate(years)
            for sex in ("f", "m")
        ]
    )  # fmt: skip
    tables: dict[str, Any] = {
        "municipalities": pd.DataFrame(
            {"code": codes, "name": codes, "lon": lon, "lat": lat, "area_km2": 100.0,
             "population": np.round(np.exp(log[:, -1])), "north": (lat > 36.5).astype(int)}
        ),
        "population": people,
        "hubs": pd.DataFrame(
            {"kind": "station", "name": [f"H{p}" for p, _ in hubs],
             "municipalities": [codes[p] for p, _ in hubs],
             "lon": lon[[p for p, _ in hubs]], "lat": lat[[p for p, _ in hubs]],
             "opened": [y for _, y in hubs]}
        ),
    }  # fmt: skip
    return Territory.from_tables(tables, {"metric_crs": "EPSG:5179"})


def options(**study: Any) -> EvaluationOptions:
    """One study of stations; keyword arguments change it."""
    asked = study.pop("options", {})
    base: dict[str, Any] = {
        "label": {"ko": "역", "en": "stations"}, "kind": "station", "opened": [2011, 2019],
        "rings": [30, 60], "outcomes": {"people": {"label": {"ko": "인구", "en": "people"}}},
    }  # fmt: skip
    return EvaluationOptions.model_validate(
        {"studies": {"s": base | study}, "correlation_km": 60, "draws": 399} | asked
    )
