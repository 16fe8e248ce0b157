"""The criteria by which alliances are compared, and the register they stand in.

A criterion is a small object: a key, the unit of its raw value, and a way to make its
measure from a territory. Texts (``criterion.<key>.label``, ``.meaning``) are in the
catalogue. To add one, build a `Criterion` and pass it to `register`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from gangso.alliances.measures import InsideShare, Measure, Minority, Shortfall, Span, TotalFit
from gangso.alliances.scaled import PairMax, WishFit
from gangso.alliances.surroundings import Units
from gangso.scenario import AllianceOptions
from gangso.texts import say

__all__ = ["Criterion", "Units", "register", "registered"]


@dataclass(frozen=True)
class Criterion:
    """One reason to prefer one alliance to another.

    Attributes
    ----------
    key : str
        Name in scenarios and tables.
    unit : str
        Unit of the raw value.
    measure : callable
        Makes the measure from the units in scope and the options, or returns None (and
        leaves a note) when the territory lacks what it needs.
    text : mapping, optional
        ``label_<lang>`` and ``meaning_<lang>``; by default from the catalogue.
    reads : frozenset of str, optional
        Options that the measure depends on; by default any, so that the measure is made
        anew when one changes.
    """

    key: str
    unit: str
    measure: Callable[[Units, AllianceOptions], Measure | None]
    text: Mapping[str, str] | None = None
    reads: frozenset[str] | None = None

    def describe(self, what: str, lang: str) -> str:
        """Return the ``label`` or the ``meaning`` in a language."""
        if self.text is not None:
            return self.text[f"{what}_{lang}"]
        return say(f"criterion.{self.key}.{what}", lang)


_REGISTER: dict[str, Criterion] = {}


def register(criterion: Criterion) -> Criterion:
    """Make a criterion known under its key.

    Parameters
    ----------
    criterion : Criterion
        The criterion.

    Returns
    -------
    Criterion
        The same.

    Raises
    ------
    ValueError
        If the key is taken.
    """
    if criterion.key in _REGISTER:
        raise ValueError(f"criterion {criterion.key!r} is registered already")
    _REGISTER[criterion.key] = criterion
    return criterion


def registered() -> Mapping[str, Criterion]:
    """Return the known criteria by key, in the order of registration."""
    return dict(_REGISTER)


def _population(units: Units, options: AllianceOptions) -> Measure:
    return TotalFit(units.population, options.target_population, options.population_factor)


def _ties(units: Units, options: AllianceOptions) -> Measure | None:
    flows = units.territory.flows
    if flows is not None:
        flows = flows[flows["kind"] == options.flow_kind]
    if flows is None or flows.empty:
        units.note("note.no_flows", kind=options.flow_kind)
        return None
    if "year" in flows.columns and flows["year"].notna().any():
        flows = flows[flows["year"] == flows["year"].max()]
    table = units.territory.municipalities
    shared = table["flow_zone"].duplicated(keep=False)
    zone_of = table.loc[units.codes, "flow_zone"].where(~shared.loc[units.codes])
    position = pd.Series(np.arange(len(units.codes)), index=pd.Index(zone_of))
    position = position[position.index.notna()]
    away = flows[flows["origin"] != flows["destination"]]
    origin = away["origin"].map(position)
    destination = away["destination"].map(position)
    amount = away["amount"].to_numpy(dtype=np.float64)
    n = len(units.codes)
    totals = np.zeros(n)
    for end in (origin, destination):
        known = end.notna().to_numpy()
        totals += np.bincount(
            end[known].to_numpy(dtype=np.int64), weights=amount[known], minlength=n
        )
    both = (origin.notna() & destination.notna()).to_numpy()
    matrix = csr_array(
        coo_array(
            (
                amount[both],
                (
                    origin[both].to_numpy(dtype=np.int64),
                    destination[both].to_numpy(dtype=np.int64),
                ),
            ),
            shape=(n, n),
        )
    )
    matrix.sum_duplicates()
    matrix.sort_indices()
    units.note_units("note.units_without_flows", totals == 0)
    return InsideShare(matrix, totals)


def _span(units: Units, options: AllianceOptions) -> Measure:
    limit = max(options.worst_span_min, options.max_span_min or 0.0)
    minutes = units.minutes(limit)
    if minutes is not None:
        return PairMax(minutes, options.worst_span_min, limit)
    units.note("note.span_km")
    return _span_km(units, options)


def _span_km(units: Units, options: AllianceOptions) -> Measure:
    all_codes = units.territory.municipalities.index
    return Span(units.territory.xy_km[all_codes.get_indexer(units.codes)], options.worst_span_km)


def _province(units: Units, options: AllianceOptions) -> Measure | None:  # noqa: ARG001
    table = units.territory.municipalities
    if "province" not in table.columns or table.loc[units.codes, "province"].isna().any():
        units.note("note.no_province")
        return None
    return Minority(pd.factorize(table.loc[units.codes, "province"], sort=True)[0].astype(np.int64))


def _alone(units: Units, options: AllianceOptions) -> Measure:
    return Shortfall(units.population, options.target_population)


def _wishes(units: Units, options: AllianceOptions) -> Measure | None:
    n = len(units.codes)
    who = units.codes.get_indexer(pd.Index([wish.who for wish in options.wishes], dtype="str"))
    whom = units.codes.get_indexer(pd.Index([wish.whom for wish in options.wishes], dtype="str"))
    strength = np.array([wish.strength for wish in options.wishes], dtype=np.float64)
    inside = (who >= 0) & (whom >= 0)
    if not inside.any():
        if options.wishes:
            units.note("note.no_wishes")
        return None
    who, whom, strength = who[inside], whom[inside], strength[inside]
    matrix = csr_array(coo_array((strength, (who, whom)), shape=(n, n)))
    matrix.sum_duplicates()
    matrix.sort_indices()
    wanted = np.asarray(matrix.maximum(0).sum(axis=1), dtype=np.float64).ravel()
    scale = float(np.asarray(abs(matrix).sum(axis=1)).max())
    return WishFit(matrix, wanted, scale) if scale > 0 else None


def _reads(*options: str) -> frozenset[str]:
    return frozenset(options)


register(
    Criterion(
        "population", "people", _population, reads=_reads("target_population", "population_factor")
    )
)
register(Criterion("ties", "share", _ties, reads=_reads("flow_kind")))
register(
    Criterion("span", "min", _span, reads=_reads("worst_span_min", "worst_span_km", "max_span_min"))
)
register(Criterion("span_km", "km", _span_km, reads=_reads("worst_span_km")))
register(Criterion("province", "members", _province, reads=_reads()))
register(Criterion("alone", "share", _alone, reads=_reads("target_population")))
register(Criterion("wishes", "strength", _wishes, reads=_reads("wishes")))
