"""Minutes between municipalities, from centre to centre, and to hubs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

from gangso.errors import BadInputError, Fault
from gangso.territory.model import Territory
from gangso.territory.travel.network import Network, Places
from gangso.territory.travel.paths import minutes_matrix, nearest_minutes

__all__ = ["centre_places", "hub_minutes", "municipality_minutes"]


def centre_places(
    network: Network, territory: Territory, codes: Sequence[str] | None = None
) -> Places:
    """Find where the centre of each municipality joins the network.

    Parameters
    ----------
    network : Network
        The network.
    territory : Territory
        Its territory.
    codes : sequence of str, optional
        Municipalities; all by default.

    Returns
    -------
    Places
        In the order of `codes`: the most populous settlement, or the municipality's own point
        where no settlement is known.
    """
    own = territory.municipalities
    wanted = own.index if codes is None else pd.Index(codes)
    places = network.locate(own["lon"], own["lat"], own.index)
    node, minutes = places.node.copy(), places.minutes.copy()
    if territory.settlements is not None:
        largest = (
            territory.settlements.sort_values(
                ["population", "code"], ascending=[False, True], kind="stable"
            )
            .drop_duplicates("municipality")
            .set_index("municipality")["code"]
        )
        at = own.index.get_indexer(largest.index)
        found = network.at(largest)
        node[at], minutes[at] = found.node, found.minutes
    return Places(node, minutes).take(own.index.get_indexer(wanted).astype(np.int64))


def municipality_minutes(
    network: Network,
    territory: Territory,
    codes: Sequence[str] | None = None,
    limit_min: float = 180.0,
) -> sp.csr_array:
    """Find the minutes between the centres of municipalities.

    Parameters
    ----------
    network : Network
        The network.
    territory : Territory
        Its territory.
    codes : sequence of str, optional
        Municipalities, n of them; all by default.
    limit_min : float
        Pairs farther apart are left out; may be infinite.

    Returns
    -------
    csr_array, shape (n, n)
        Minutes from row to column; what is not stored is farther apart than the limit.
    """
    centres = centre_places(network, territory, codes)
    return minutes_matrix(network, centres, centres, limit_min)


def hub_minutes(
    network: Network,
    territory: Territory,
    kind: str,
    codes: Sequence[str] | None = None,
    year: int | None = None,
) -> pd.DataFrame:
    """Find the nearest hub of a kind from the centre of each municipality.

    Parameters
    ----------
    network : Network
        The network.
    territory : Territory
        Its territory, with hubs.
    kind : str
        Kind of hub (``innovation_city`` ...).
    codes : sequence of str, optional
        Municipalities; all by default.
    year : int, optional
        Hubs opened later are left out.

    Returns
    -------
    DataFrame
        Indexed by ``code``: ``minutes`` (infinite if none can be reached), ``hub`` (name or
        missing).

    Raises
    ------
    MissingTableError
        If there are no hubs.
    BadInputError
        If there is no hub of that kind (by that year).
    """
    hubs = territory.require("hubs")
    chosen = hubs["kind"] == kind
    if year is not None and "opened" in hubs:
        chosen &= ~(hubs["opened"] > year).fillna(False).astype(bool)
    found = hubs[chosen].reset_index(drop=True)
    if found.empty:
        known = ", ".join(sorted(hubs["kind"].unique()))
        raise BadInputError([Fault("no_such_hub", "hubs", None, "kind", kind, {"known": known})])
    index = territory.municipalities.index if codes is None else pd.Index(codes)
    centres = centre_places(network, territory, codes)
    minutes, which = nearest_minutes(network, network.locate(found["lon"], found["lat"]), centres)
    names = found["name"].reindex(which).to_numpy()  # −1 is in no row: missing
    return pd.DataFrame(
        {"minutes": minutes, "hub": pd.array(names, dtype="str")}, index=index.rename("code")
    )
