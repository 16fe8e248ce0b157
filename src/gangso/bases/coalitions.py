"""What any coalition of municipalities would pay for its bases, by the siting model itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gangso.bases.needs import Needs
from gangso.bases.siting import site_group

__all__ = ["CoalitionCosts", "Sited"]


@dataclass(frozen=True)
class Sited:
    """What a coalition would do by itself for the national minimum.

    Attributes
    ----------
    cost : int
        Least cost a year, whole units of the currency.
    proven : bool
        Whether it is proven to be the least.
    served : float
        People newly within a national minimum, summed over the services.
    bases, visits : tuple of (str, int)
        New bases, and settlements served by another mode, by service.
    """

    cost: int
    proven: bool
    served: float
    bases: tuple[tuple[str, int], ...]
    visits: tuple[tuple[str, int], ...]


class CoalitionCosts:
    """Price coalitions; what was asked is remembered.

    Each coalition sites within its own area only, on its own: it can rely on nobody else's
    new bases. Existing facilities count for everyone, as they do today.

    Parameters
    ----------
    needs : Needs
        The territory's needs.
    nodes : int
        Most nodes of each search.

    Notes
    -----
    Who cannot be brought within the minimum costs nothing. A larger coalition may have enough
    people for a base that its parts have not: it then serves more, and may pay *more* than
    they do apart.
    """

    def __init__(self, needs: Needs, nodes: int = 20_000) -> None:
        self._needs, self._nodes = needs, nodes
        self._known: dict[tuple[str, ...], Sited] = {}
        lacking = sum(
            (
                np.where((offer.minutes > offer.standard.minutes), offer.people, 0.0)
                for offer in needs.offers
            ),
            start=np.zeros(len(needs.codes)),
        )
        #: Services that are planned for.
        self.planned = tuple(offer.key for offer in needs.offers)
        #: People who lack a national minimum, summed over the services, by municipality.
        self.lacking = pd.Series(lacking).groupby(needs.home.astype(str)).sum()
        self._lacking = {str(code): float(people) for code, people in self.lacking.items()}

    def __call__(self, members: tuple[str, ...], /) -> int:
        """Return the least cost a year, whole units of the currency.

        Parameters
        ----------
        members : tuple of str
            Codes of the coalition.

        Returns
        -------
        int
            The cost.
        """
        return self.sited(members).cost

    def sited(self, members: tuple[str, ...]) -> Sited:
        """Return what a coalition would do by itself.

        Parameters
        ----------
        members : tuple of str
            Codes of the coalition.

        Returns
        -------
        Sited
            Cost, people served, bases.
        """
        key = tuple(sorted(members))
        if key not in self._known:
            self._known[key] = self._site(key)
        return self._known[key]

    @property
    def unproven(self) -> int:
        """How many of the coalitions asked for have a cost that is not proven the least."""
        return sum(not found.proven for found in self._known.values())

    def _site(self, members: tuple[str, ...]) -> Sited:
        needs = self._needs
        found = site_group(needs, members, self._nodes, None)
        without_way = sum(float(needs.offers[u.offer].people[u.settlement]) for u in found.unmet)
        lacking = sum(self._lacking.get(member, 0.0) for member in members)
        return Sited(
            cost=round(found.cost * needs.unit),
            proven=found.status == "proven",
            served=lacking - without_way,
            bases=self._count([s for s, _ in found.minimum_bases]),
            visits=self._count([s for s, _, _ in found.visits]),
        )

    def _count(self, offers: list[int]) -> tuple[tuple[str, int], ...]:
        listed = [self._needs.offers[s].key for s in offers]
        return tuple((key, listed.count(key)) for key in dict.fromkeys(listed))
