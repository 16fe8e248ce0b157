"""What any coalition of municipalities would pay for the bases it needs, by set covering.

For each shared service the cheapest set of existing and new bases is found from which every
settlement of the coalition is within the limit of the standard: the location set covering
problem (Toregas and others 1971, doi:10.1287/opre.19.6.1363), solved to proof by
`gangso.bases`. Only sites inside the coalition count: it can rely on nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from gangso.bases import Effort
from gangso.bases.cover import cheapest_cover
from gangso.compact.words import both
from gangso.scenario import BasePrice, Standard
from gangso.services.people import count_people
from gangso.services.supply import facilities_of
from gangso.territory.model import Territory
from gangso.territory.travel import Network, minutes_matrix

__all__ = ["BaseCosts", "base_costs"]


@dataclass(frozen=True, eq=False)
class _Service:
    key: str
    covers: sp.csr_array  # settlements by sites: settlements first, then existing facilities
    price: npt.NDArray[np.int64]
    sites: Mapping[str, npt.NDArray[np.intp]]  # by municipality
    points: Mapping[str, npt.NDArray[np.intp]]  # settlements that count, by municipality


_NOTHING: npt.NDArray[np.intp] = np.empty(0, dtype=np.intp)


class BaseCosts:
    """Annual cost of the bases of any coalition; remembers what it was asked.

    Parameters
    ----------
    services : sequence
        The shared services.
    use : Series
        People the services are for, by municipality.
    notes : tuple of dict
        What the costs rest on, by language.
    """

    def __init__(
        self,
        services: tuple[_Service, ...],
        use: pd.Series,
        notes: tuple[dict[str, str], ...],
    ) -> None:
        self._services = services
        self.use, self.notes = use, notes
        self.open: dict[tuple[str, ...], dict[str, int]] = {}
        self.unproven: set[tuple[str, ...]] = set()
        self._known: dict[tuple[str, ...], int] = {}

    def __call__(self, members: tuple[str, ...], /) -> int:
        """Return the annual cost, whole units of the currency.

        Parameters
        ----------
        members : tuple of str
            Codes of the coalition, ascending.

        Returns
        -------
        int
            The least cost.
        """
        if members not in self._known:
            total, bases = 0, {}
            for service in self._services:
                points = np.concatenate([service.points.get(m, _NOTHING) for m in members])
                sites = np.concatenate([service.sites.get(m, _NOTHING) for m in members])
                if not len(points):
                    bases[service.key] = 0
                    continue
                covers = service.covers[points][:, sites].toarray().astype(bool)
                found = cheapest_cover(
                    covers, service.price[sites], np.zeros(len(sites), dtype=bool), Effort()
                )
                if found.bound < found.cost:
                    self.unproven.add(members)
                assert found.is_open is not None
                bases[service.key] = int(found.is_open.sum())
                total += int(found.cost)
            self._known[members], self.open[members] = total, bases
        return self._known[members]


def base_costs(
    territory: Territory,
    network: Network,
    standards: Mapping[str, Standard],
    prices: Mapping[str, BasePrice],
    year: int | None = None,
) -> tuple[BaseCosts | None, tuple[dict[str, str], ...]]:
    """Prepare the costs of shared bases.

    Parameters
    ----------
    territory : Territory
        The territory.
    network : Network
        Its roads.
    standards : mapping of str to Standard
        Limits of minutes by service.
    prices : mapping of str to BasePrice
        Annual cost of a base of each shared service; keys are those of `standards`.
    year : int, optional
        Year of the people.

    Returns
    -------
    costs : BaseCosts or None
        None if no service has both a standard and facilities.
    notes : tuple of dict
        What the costs rest on and what is left out, by language.
    """
    people = count_people(territory, network.codes, year)
    home = people.table["municipality"].astype(str).to_numpy(dtype=object)
    notes: list[dict[str, str]] = []
    services, use = [], np.zeros(len(home))
    for key, price in prices.items():
        standard = standards.get(key)
        supply = (
            None
            if standard is None
            else facilities_of(network, territory, standard.services, standard.assumed_where)
        )
        if standard is None or supply is None:
            notes.append(both("compact.bases.unknown", service=key))
            continue
        group = people.table[standard.group].fillna(0.0).to_numpy(dtype=float)
        near = minutes_matrix(network, network.settlements, network.settlements, standard.minutes)
        existing = minutes_matrix(network, network.settlements, supply.places, standard.minutes)
        covers = sp.csr_array(sp.hstack([_stored(near), _stored(existing)], format="csr"))
        # Who is near nobody else and no facility cannot share anything: another mode must serve.
        reached = np.diff(covers.indptr) > 1
        wanted = (group > 0) & reached
        lone = group[(group > 0) & ~reached].sum()
        services.append(
            _Service(
                key,
                covers,
                np.concatenate(
                    [
                        np.full(len(home), price.running + price.opening, dtype=np.int64),
                        np.full(len(supply.table), price.running, dtype=np.int64),
                    ]
                ),
                _by_home(
                    np.concatenate(
                        [home, supply.table["municipality"].astype(str).to_numpy(dtype=object)]
                    )
                ),
                _by_home(home, wanted),
            )
        )
        use += np.where(wanted, group, 0.0)
        notes.append(
            both(
                "compact.bases.service",
                label=dict(standard.label),
                minutes=standard.minutes,
                running=price.running,
                opening=price.opening,
                source=price.source or both("compact.bases.no_source"),
                lone=lone,
            )
        )
    if not services:
        return None, tuple(notes)
    notes.append(both("compact.bases.meaning"))
    by_home = pd.Series(use).groupby(home).sum().reindex(territory.municipalities.index)
    return BaseCosts(tuple(services), by_home.fillna(0.0), tuple(notes)), tuple(notes)


def _stored(minutes: sp.csr_array) -> sp.csr_array:
    """Mark every pair that is within the limit, those at zero minutes too."""
    return sp.csr_array(
        (np.ones(len(minutes.data), dtype=np.int8), minutes.indices, minutes.indptr),
        shape=minutes.shape,
    )


def _by_home(
    home: npt.NDArray[np.object_], wanted: npt.NDArray[np.bool_] | None = None
) -> dict[str, npt.NDArray[np.intp]]:
    """Positions by municipality, of those that are wanted."""
    groups = pd.Series(np.arange(len(home), dtype=np.intp)).groupby(home)
    found = {str(code): positions.to_numpy() for code, positions in groups}
    if wanted is None:
        return found
    return {code: positions[wanted[positions]] for code, positions in found.items()}
