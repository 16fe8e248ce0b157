"""The municipalities in scope, and what criteria and requirements read about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter
from scipy.sparse import coo_array, csr_array, eye_array

from gangso.alliances.graph import Graph
from gangso.errors import BadInputError, Fault
from gangso.scenario import Figures, HubRequirement, Threshold
from gangso.territory.model import Territory
from gangso.territory.travel import Network, hub_minutes, municipality_minutes, travel_network
from gangso.texts import LANGUAGES, say

__all__ = ["Units"]

Floats = npt.NDArray[np.float64]

# Farther than this is far enough for any score; what cannot be reached at all counts as this.
_FAR_MIN = 1_000.0


@dataclass(frozen=True, eq=False)
class Units:
    """The municipalities in scope, in the order of the solver.

    Attributes
    ----------
    territory : Territory
        The whole territory.
    codes : Index of str
        Those in scope, n of them.
    population : ndarray of float, shape (n,)
        Residents in the year of the plan.
    graph : Graph
        Their neighbourhood.
    max_size : int
        Most members of an alliance.
    given_network : Network, optional
        Roads; by default those of the territory, or estimated ones.
    given_thresholds : mapping of str to Threshold, optional
        Service thresholds; by default those of the territory's own scenario.
    notes : list of dict
        Criteria add what they lack here, by language.
    """

    territory: Territory
    codes: pd.Index
    population: Floats
    graph: Graph
    max_size: int
    given_network: Network | None = None
    given_thresholds: Mapping[str, Threshold] | None = None
    notes: list[dict[str, str]] = field(default_factory=list)
    _minutes: dict[float, csr_array] = field(default_factory=dict, repr=False)

    def note(self, key: str, **values: object) -> None:
        """Add a note in every language, once."""
        said = {lang: say(key, lang, **values) for lang in LANGUAGES}
        if said not in self.notes:
            self.notes.append(said)

    def note_units(self, key: str, missing: npt.NDArray[np.bool_], **values: object) -> None:
        """Add a note that names some of the units; none if there are none."""
        if not missing.any():
            return
        said = {}
        for lang in LANGUAGES:
            names = self.territory.names(lang).loc[self.codes[missing]]
            told = {k: v[lang] if isinstance(v, Mapping) else v for k, v in values.items()}
            said[lang] = say(key, lang, names=", ".join(names.astype("str")), **told)
        if said not in self.notes:
            self.notes.append(said)

    @cached_property
    def network(self) -> Network | None:
        """Roads, given or estimated; None where nothing is known to estimate them from."""
        if self.territory.settlements is None and self.territory.road_nodes is None:
            return None
        if self.given_network is not None:
            return self.given_network
        return travel_network(self.territory)

    @property
    def roads_at_hand(self) -> Network | None:
        """The roads, if they were given or estimated already."""
        found: Network | None = self.__dict__.get("network", self.given_network)
        return found

    @cached_property
    def thresholds(self) -> Mapping[str, Threshold]:
        """Service thresholds by service."""
        if self.given_thresholds is not None:
            return self.given_thresholds
        own = self.territory.metadata.scenario.get("services", {}).get("thresholds", {})
        return TypeAdapter(dict[str, Threshold]).validate_python(own)

    def minutes(self, limit_min: float) -> csr_array | None:
        """Minutes between the centres of units that one alliance could hold.

        Parameters
        ----------
        limit_min : float
            Pairs farther apart are left out.

        Returns
        -------
        csr_array, shape (n, n), or None
            The slower of both directions, symmetric, indices sorted; None without roads.
        """
        if self.network is None:
            return None
        if limit_min not in self._minutes:
            self._minutes[limit_min] = self._find_minutes(self.network, limit_min)
        return self._minutes[limit_min]

    def _find_minutes(self, network: Network, limit_min: float) -> csr_array:
        found = municipality_minutes(
            network, self.territory, [str(code) for code in self.codes], limit_min
        ).tocoo()
        n = len(self.codes)
        # Only units so few steps apart can be in one group; in a large country that is few.
        step = csr_array(
            (np.ones(len(self.graph.indices)), self.graph.indices, self.graph.indptr), shape=(n, n)
        ) + eye_array(n, format="csr")
        reach = eye_array(n, format="csr")
        for _ in range(self.max_size - 1):
            reach = csr_array(reach @ step)
            reach.data[:] = 1.0
        linked = reach.tocoo()
        wanted = np.sort(linked.row.astype(np.int64) * n + linked.col)
        key = found.row.astype(np.int64) * n + found.col
        place = np.minimum(np.searchsorted(wanted, key), len(wanted) - 1)
        keep = (wanted[place] == key) & (found.row != found.col)
        row, column, data = found.row[keep], found.col[keep], found.data[keep]
        key = np.minimum(row, column).astype(np.int64) * n + np.maximum(row, column)
        order = np.lexsort((data, key))
        pairs, first = np.unique(key[order], return_index=True)
        # Of both directions the slower; the last of its key.
        last = np.append(first[1:], len(key))[: len(pairs)] - 1
        slower = data[order][last]
        a, b = np.divmod(pairs, n)
        matrix = csr_array(
            coo_array(
                (np.tile(slower, 2), (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(n, n)
            )
        )
        matrix.sort_indices()
        return matrix

    def to_hub(self, kind: str) -> Floats | None:
        """Minutes from every unit's centre to the nearest hub of a kind, shape (n,).

        Infinite where none can be reached; None without roads.
        """
        if self.network is None:
            return None
        found = hub_minutes(self.network, self.territory, kind, [str(code) for code in self.codes])
        minutes: Floats = found["minutes"].to_numpy(dtype=np.float64)
        return np.where(minutes > _FAR_MIN, np.inf, minutes)

    def holds_hub(self, kind: str) -> npt.NDArray[np.bool_]:
        """Whether a hub of a kind lies in a unit, shape (n,)."""
        hubs = self.territory.require("hubs")
        lists = hubs.loc[hubs["kind"] == kind, "municipalities"].dropna().astype("str")
        held = {code for listed in lists for code in listed.split("|")}
        mask: npt.NDArray[np.bool_] = self.codes.isin(list(held))
        return mask

    def hub_minutes(self, required: HubRequirement) -> Floats:
        """Minutes to the nearest hub, 0 where one lies inside, shape (n,).

        Infinite where none can be reached, or where only a hub inside counts.
        """
        self.territory.require("hubs")
        inside = self.holds_hub(required.kind)
        minutes = np.full(len(self.codes), np.inf)
        if required.within_min is not None:
            found = self.to_hub(required.kind)
            if found is None:
                self.note("note.hub_inside_only", kind=required.kind)
            else:
                minutes = found
        return np.where(inside, 0.0, minutes)

    def figure(self, source: Figures, where: str) -> Floats | None:
        """Read a figure of every unit, shape (n,), missing where there is none.

        Parameters
        ----------
        source : Figures
            Where it comes from.
        where : str
            Key in the scenario, for faults.

        Returns
        -------
        ndarray of float, shape (n,), or None
            The figure; None if the territory lacks the whole table.

        Raises
        ------
        BadInputError
            If the table has no such column or item.
        """
        if source.column is not None:
            table = self.territory.municipalities
            if source.column not in table.columns:
                known = ", ".join(table.columns)
                raise BadInputError(
                    [
                        Fault(
                            "figure_unknown",
                            "scenario",
                            None,
                            where,
                            source.column,
                            {"known": known},
                        )
                    ]
                )
            own = pd.to_numeric(table.loc[self.codes, source.column], errors="coerce")
            column: Floats = own.to_numpy(dtype=np.float64)
            return column
        name, item, value = (
            ("indicators", source.indicator, "value")
            if source.indicator is not None
            else ("finance", source.finance, "amount")
        )
        long: pd.DataFrame | None = getattr(self.territory, name)
        if long is None:
            return None
        rows = long[long["item"] == item]
        if source.year is not None:
            rows = rows[rows["year"] == source.year]
        if rows.empty:
            known = ", ".join(sorted(long["item"].unique()))
            raise BadInputError(
                [Fault("figure_unknown", "scenario", None, where, str(item), {"known": known})]
            )
        rows = rows[rows["year"] == rows["year"].max()]
        by_code = rows.set_index("municipality")[value].astype("float64")
        found: Floats = by_code.reindex(self.codes).to_numpy(dtype=np.float64)
        return found
