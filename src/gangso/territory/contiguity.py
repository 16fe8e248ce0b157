"""Which municipalities touch: derived from polygons where a package does not say."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

__all__ = ["derive_contiguity"]


def derive_contiguity(
    boundaries: gpd.GeoSeries, metric_crs: str, *, gap_m: float = 50.0, least_km: float = 0.05
) -> pd.DataFrame:
    raise NotImplementedError
