"""Who is pushed beyond the limit if a facility closes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gangso.scenario import ClosureTest
from gangso.services.people import People
from gangso.services.supply import Supply
from gangso.territory import Territory
from gangso.territory.travel import Network, minutes_matrix

__all__ = ["CLOSURE_COLUMNS", "close_each"]

CLOSURE_COLUMNS = (
    "test", "id", "municipality", "facilities", "pushed", "threshold", "critical",
)  # fmt: skip


def close_each(
    network: Network,
    territory: Territory,
    people: People,
    key: str,
    test: ClosureTest,
    supply: Supply,
) -> pd.DataFrame:
    """Close every site of a service in turn.

    Parameters
    ----------
    network : Network
        The network.
    territory : Territory
        Its territory.
    people : People
        People by settlement.
    key : str
        Key of the test.
    test : ClosureTest
        Limit and thresholds.
    supply : Supply
        Facilities; those at one point are one site and close together.

    Returns
    -------
    DataFrame
        As `Services.closures`, the most people first.

    Notes
    -----
    Pushed beyond are the people who reach exactly one site within the limit; so one bounded
    search for all sites together answers for each of them.
    """
    table = supply.table
    point = table[["lon", "lat"]].round(5).agg(tuple, axis=1)
    first = ~point.duplicated().to_numpy()
    site_of = pd.Series(np.cumsum(first) - 1, index=table.index)
    site_of = point.map(dict(zip(point[first], site_of[first], strict=True)))
    sites = supply.places.take(np.flatnonzero(first))
    near = minutes_matrix(network, network.settlements, sites, test.minutes)
    only = np.flatnonzero(np.diff(near.indptr) == 1)
    dependent = np.asarray(near.indices)[np.asarray(near.indptr)[only]]
    count = people.table[test.group].to_numpy(dtype=float)
    pushed = np.bincount(dependent, weights=count[only], minlength=len(sites))
    municipality = table["municipality"].to_numpy()[first]
    own = territory.municipalities.reindex(municipality)
    sparse = (own["population"] / own["area_km2"] < test.sparse_below).to_numpy()
    threshold = np.where(
        sparse & (test.sparse_people is not None), test.sparse_people or test.people, test.people
    )
    grouped = table.groupby(site_of)
    assumed = table["assumed"].to_numpy(dtype=bool)[first]
    found = pd.DataFrame(
        {
            "test": key,
            "id": grouped["id"].agg("|".join).to_numpy(),
            "municipality": municipality,
            "facilities": grouped.size().to_numpy(),
            "pushed": pushed,
            "threshold": threshold,
            "critical": pushed >= threshold,
        }
    )
    # What is only assumed to exist cannot be closed.
    found = found[(found["pushed"] > 0) & ~assumed]
    return found.sort_values(["pushed", "id"], ascending=[False, True], ignore_index=True)
