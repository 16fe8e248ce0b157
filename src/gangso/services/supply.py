"""Where the facilities of a service join the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.diagnosis.rules import rule_matches
from gangso.scenario import Rule
from gangso.territory import Territory
from gangso.territory.travel import Network, Places, centre_places

__all__ = ["Supply", "capacity_per_thousand", "facilities_of"]


@dataclass(frozen=True, eq=False)
class Supply:
    """Facilities of some services that are open: with a capacity above zero.

    Attributes
    ----------
    table : DataFrame
        ``id``, ``service``, ``municipality``, ``lon``, ``lat``, ``capacity``, ``year``,
        ``assumed`` (no figure: taken to exist). Position = position in `places`.
    places : Places
        Where they join the network.
    closed : int
        Facilities left out because their capacity is zero.
    """

    table: pd.DataFrame
    places: Places
    closed: int

    @property
    def off_network(self) -> pd.DataFrame:
        """Facilities that nobody can reach because they join no road."""
        return self.table[self.places.node < 0]


def facilities_of(
    network: Network,
    territory: Territory,
    services: Sequence[str],
    assumed_where: Sequence[Rule] = (),
) -> Supply | None:
    """Collect the facilities of some services.

    Parameters
    ----------
    network : Network
        The network.
    territory : Territory
        Its territory.
    services : sequence of str
        Services that count.
    assumed_where : sequence of Rule, optional
        Municipalities without a figure, where one facility (of unknown capacity) is taken to
        stand at the centre.

    Returns
    -------
    Supply or None
        The facilities; None if the territory has no row of any of these services: then nothing
        is known of them, which is not the same as that there are none.
    """
    table = territory.facilities
    if table is None or not table["service"].isin(services).any():
        return None
    chosen = table[table["service"].isin(services)]
    open_ones = chosen["capacity"] > 0
    own = chosen[open_ones].sort_values("id", kind="stable").reset_index(drop=True)
    own = own.reindex(
        columns=["id", "service", "municipality", "lon", "lat", "capacity", "year"]
    ).assign(assumed=False)
    places = network.locate(own["lon"], own["lat"], own["municipality"])
    codes = _assumed(territory, assumed_where)
    codes = [code for code in codes if code not in set(own["municipality"])]
    if codes:
        more = pd.DataFrame(
            {
                "id": [f"assumed:{code}" for code in codes],
                "service": services[0],
                "municipality": codes,
                "lon": territory.municipalities["lon"].reindex(codes).to_numpy(),
                "lat": territory.municipalities["lat"].reindex(codes).to_numpy(),
                "capacity": np.nan,
                "assumed": True,
            }
        )
        at = centre_places(network, territory, codes)
        own = pd.concat([own, more], ignore_index=True)
        places = Places(
            np.concatenate([places.node, at.node]), np.concatenate([places.minutes, at.minutes])
        )
    return Supply(own, places, closed=int((~open_ones).sum()))


def _assumed(territory: Territory, rules: Sequence[Rule]) -> list[str]:
    found: npt.NDArray[np.bool_] = np.zeros(len(territory.municipalities), dtype=bool)
    for rule in rules:
        found |= rule_matches(rule, territory.municipalities).to_numpy(dtype=bool)
    return [str(code) for code in territory.municipalities.index[found]]


def capacity_per_thousand(
    territory: Territory, residents: pd.Series, labels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Count capacity for every thousand residents.

    Parameters
    ----------
    territory : Territory
        The territory, with facilities.
    residents : Series
        Residents by municipality.
    labels : mapping, optional
        Only these services; all by default.

    Returns
    -------
    DataFrame
        Indexed by municipality, one column a service; 0 where there is none.
    """
    table = territory.require("facilities")
    if labels is not None:
        table = table[table["service"].isin(list(labels))]
    sums = table.pivot_table(
        index="municipality", columns="service", values="capacity", aggfunc="sum"
    ).reindex(residents.index)
    return sums.fillna(0.0).div(residents / 1000.0, axis=0)
