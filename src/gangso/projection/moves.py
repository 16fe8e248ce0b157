"""Moves by origin and destination, as rates: the multiregional option."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gangso.errors import BadInputError, Fault
from gangso.projection.cohorts import Cohorts
from gangso.territory.model import Territory

__all__ = ["moves_of"]


def moves_of(territory: Territory, cohorts: Cohorts, kind: str) -> npt.NDArray[np.float64]:
    """Rates of moving between the municipalities that are projected.

    Parameters
    ----------
    territory : Territory
        With a flow table.
    cohorts : Cohorts
        Who is projected, and the residents at the start.
    kind : str
        Kind of flow that holds the moves of a year.

    Returns
    -------
    ndarray, shape (n, n)
        Moves a year per resident of the origin (row); moves within a place are left out. The
        latest year of moves that is no later than the last year observed is taken.

    Raises
    ------
    MissingTableError
        If there is no flow table.
    BadInputError
        If it has no moves of that kind up to the last year observed.
    """
    flows = territory.require("flows")
    base = cohorts.years[-1]
    rows = flows[(flows["kind"] == kind) & (flows["year"] <= base).fillna(False)]
    if rows.empty:
        details = {"known": ", ".join(sorted(flows["kind"].astype("str").unique()))}
        raise BadInputError(
            [Fault("projection_flows", "flows", value=f"{kind} <= {base}", details=details)]
        )
    rows = rows[rows["year"] == rows["year"].max()]
    place = {code: number for number, code in enumerate(cohorts.codes)}
    origin, destination = (rows[key].astype("str").map(place) for key in ("origin", "destination"))
    both = (origin.notna() & destination.notna()).to_numpy()
    moves = np.zeros((len(place), len(place)))
    at = origin[both].to_numpy(dtype=int), destination[both].to_numpy(dtype=int)
    np.add.at(moves, at, rows["amount"].to_numpy(dtype=float)[both])
    np.fill_diagonal(moves, 0.0)
    return moves / np.maximum(cohorts.totals[:, -1], 1.0)[:, None]
