"""The criteria by which alliances are compared, and the register they stand in.

A criterion is a small object: a key, the unit of its raw value, and a way to make its
measure from a territory. Texts (``criterion.<key>.label``, ``.meaning``) are in the
catalogue. To add one, build a `Criterion` and pass it to `register`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array

from gangso.alliances.measures import InsideShare, Measure, Minority, Shortfall, Span, TotalFit
from gangso.scenario import AllianceOptions
from gangso.territory.model import Territory
from gangso.texts import LANGUAGES, say

__all__ = ["Criterion", "Units", "register", "registered"]


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
    notes : list of dict
        Criteria add what they lack here, by language.
    """

    territory: Territory
    codes: pd.Index
    population: npt.NDArray[np.float64]
    notes: list[dict[str, str]] = field(default_factory=list)

    def note(self, key: str, **values: object) -> None:
        """Add a note in every language."""
        self.notes.append({lang: say(key, lang, **values) for lang in LANGUAGES})


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
    unknown = units.codes[totals == 0]
    if len(unknown):
        for_lang = {lang: ", ".join(units.territory.names(lang).loc[unknown]) for lang in LANGUAGES}
        units.notes.append(
            {
                lang: say("note.units_without_flows", lang, names=for_lang[lang])
                for lang in LANGUAGES
            }
        )
    return InsideShare(matrix, totals)


def _span(units: Units, options: AllianceOptions) -> Measure:
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


def _reads(*options: str) -> frozenset[str]:
    return frozenset(options)


register(
    Criterion(
        "population", "people", _population, reads=_reads("target_population", "population_factor")
    )
)
register(Criterion("ties", "share", _ties, reads=_reads("flow_kind")))
register(Criterion("span", "km", _span, reads=_reads("worst_span_km")))
register(Criterion("province", "members", _province, reads=_reads()))
register(Criterion("alone", "share", _alone, reads=_reads("target_population")))
