"""What an alliance, or the whole plan, must or must not be.

Most requirements speak of one candidate at a time: they strike candidates out and cost the
solver nothing. Those on the whole plan (the number of alliances) are further rows of the
programme. Every requirement can say itself in words, so that a conflict can be named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances.candidates import Candidates
from gangso.alliances.master import ExtraRow
from gangso.alliances.scaled import PairMax
from gangso.alliances.surroundings import Units
from gangso.diagnosis.rules import rule_matches
from gangso.errors import BadInputError, Fault
from gangso.scenario import AllianceOptions, HubRequirement
from gangso.texts import LANGUAGES, say

__all__ = ["Constraint", "Threshold", "constraints_from", "labels_of", "rows_of"]

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Threshold:
    """A requirement that is a figure on one side of a limit, for alliances of two and more.

    Attributes
    ----------
    figure : callable
        Figure of every candidate, shape (N,).
    limit : float
        The limit; itself allowed.
    at_least : bool
        Whether the figure must reach it; otherwise it must not exceed it.
    """

    figure: Callable[[Candidates], Floats]
    limit: float
    at_least: bool

    def allows(self, candidates: Candidates) -> Mask:
        """Say which candidates satisfy it."""
        figure = self.figure(candidates)
        fine = figure >= self.limit if self.at_least else figure <= self.limit
        mask: Mask = fine | (candidates.size == 1)
        return mask


@dataclass(frozen=True, eq=False)
class Constraint:
    """One requirement.

    Attributes
    ----------
    key : str
        Text key ``constraint.<key>``.
    allows : callable
        Which candidates it lets stand: candidates -> mask, shape (N,).
    values : dict
        Values for the text, by language.
    codes : tuple of str
        Municipalities it names.
    row : callable, optional
        For a requirement on the whole plan: candidates -> the further row.
    threshold : Threshold, optional
        The figure behind it, if there is one that could be relaxed.
    """

    key: str
    allows: Callable[[Candidates], Mask]
    values: dict[str, dict[str, object]]
    codes: tuple[str, ...] = ()
    row: Callable[[Candidates], ExtraRow] | None = None
    threshold: Threshold | None = None

    def describe(self, lang: str) -> str:
        """Say the requirement in words."""
        return say(f"constraint.{self.key}", lang, **self.values[lang])


def rows_of(constraints: Sequence[Constraint], pool: Candidates) -> tuple[ExtraRow, ...]:
    """Return the further rows of the requirements on the whole plan.

    Parameters
    ----------
    constraints : sequence of Constraint
        Requirements.
    pool : Candidates
        Candidates that satisfy those on single candidates.

    Returns
    -------
    tuple of ExtraRow
        In the order of the requirements.
    """
    return tuple(c.row(pool) for c in constraints if c.row is not None)


def _has(candidates: Candidates, unit: int) -> Mask:
    found = np.zeros(len(candidates), dtype=bool)
    for member in candidates.members.T:  # the short side: five passes, not one a candidate
        found |= member == unit
    return found


def _together(a: int, b: int, candidates: Candidates) -> Mask:
    same: Mask = _has(candidates, a) == _has(candidates, b)
    return same


def _apart(a: int, b: int, candidates: Candidates) -> Mask:
    return ~(_has(candidates, a) & _has(candidates, b))


def _alone(unit: int, candidates: Candidates) -> Mask:
    fine: Mask = ~_has(candidates, unit) | (candidates.size == 1)
    return fine


def _all(candidates: Candidates) -> Mask:
    return np.ones(len(candidates), dtype=bool)


def _one_label(labels: npt.NDArray[np.int64], candidates: Candidates) -> Mask:
    members = candidates.members
    first = labels[members[:, 0]]
    fine: Mask = ((members < 0) | (labels[members] == first[:, None])).all(axis=1)
    return fine


def _nearest(minutes: Floats, candidates: Candidates) -> Floats:
    nearest: Floats = np.append(minutes, np.inf)[candidates.members].min(axis=1)
    return nearest


def _alliances(low: int, high: int, candidates: Candidates) -> ExtraRow:
    return ExtraRow((candidates.size > 1).astype(np.int64), low, high)


class _Builder:
    def __init__(self, units: Units) -> None:
        self.units = units
        self.where = {str(code): position for position, code in enumerate(units.codes)}
        self.names = {lang: units.territory.names(lang).to_dict() for lang in LANGUAGES}
        self.faults: list[Fault] = []
        self.found: list[Constraint] = []

    def position(self, code: str, where: str) -> int | None:
        """Find a code in scope, or note the fault."""
        if code in self.where:
            return self.where[code]
        known = code in self.units.territory.municipalities.index
        kind = "code_out_of_scope" if known else "code_unknown"
        self.faults.append(Fault(kind, "scenario", column=where, value=code))
        return None

    def add(
        self,
        key: str,
        allows: Callable[[Candidates], Mask],
        codes: Sequence[str] = (),
        row: Callable[[Candidates], ExtraRow] | None = None,
        **values: object,
    ) -> None:
        by_lang = {
            lang: {**values, "names": "·".join(str(self.names[lang][c]) for c in codes)}
            for lang in LANGUAGES
        }
        self.found.append(Constraint(key, allows, by_lang, tuple(codes), row))

    def limit(
        self, key: str, figure: Callable[[Candidates], Floats], limit: float | None, at_least: bool
    ) -> None:
        if limit is not None:
            threshold = Threshold(figure, limit, at_least)
            values: dict[str, dict[str, object]] = {lang: {"value": limit} for lang in LANGUAGES}
            self.found.append(Constraint(key, threshold.allows, values, threshold=threshold))

    def pairs(self, key: str, pairs: Iterable[tuple[str, str]]) -> None:
        rule = _together if key == "must_link" else _apart
        for a, b in pairs:
            where = f"alliances.{key}"
            i, j = self.position(a, where), self.position(b, where)
            if i is None or j is None:
                continue
            if i == j:
                self.faults.append(Fault("pair_of_one", "scenario", column=where, value=a))
            else:
                self.add(key, partial(rule, i, j), (a, b))

    def alone(self, codes: Iterable[str], where: str) -> None:
        for code in codes:
            i = self.position(code, where)
            if i is not None:
                self.add("stand_alone", partial(_alone, i), (code,))

    def fixed(self, group: tuple[str, ...]) -> None:
        where = "alliances.fixed"
        positions = [self.position(code, where) for code in group]
        inside = [p for p in positions if p is not None]
        if len(inside) < len(group):
            return
        if len(set(inside)) < len(inside):
            value = "|".join(group)
            self.faults.append(Fault("fixed_repeats", "scenario", column=where, value=value))
            return

        def allows(candidates: Candidates) -> Mask:
            hits = np.isin(candidates.members, inside).sum(axis=1)
            fine: Mask = (hits == 0) | ((hits == len(inside)) & (candidates.size == len(inside)))
            return fine

        self.add("fixed", allows, group)

    def span_min(self, options: AllianceOptions) -> None:
        limit = options.max_span_min
        if limit is None:
            return
        pairs = self.units.minutes(max(options.worst_span_min, limit))
        if pairs is None:
            self.faults.append(Fault("no_minutes", "scenario", column="alliances.max_span_min"))
            return
        # A pair too far apart to be listed is infinitely far.
        self.limit("max_span_min", PairMax(pairs, limit).raw, limit, at_least=False)

    def hub(self, required: HubRequirement) -> None:
        hubs = self.units.territory.hubs
        kinds = [] if hubs is None else sorted(hubs["kind"].astype("str").unique())
        if required.kind not in kinds:
            details = {"known": ", ".join(kinds) or "–"}
            where = "alliances.hub_required"
            self.faults.append(
                Fault("no_such_hub", "scenario", None, where, required.kind, details)
            )
            return
        limit = required.within_min or 0.0
        figure = partial(_nearest, self.units.hub_minutes(required))
        threshold = Threshold(figure, limit, at_least=False)
        item = self.units.territory.metadata.items.get(required.kind)
        label = {} if item is None else item.label
        values: dict[str, dict[str, object]] = {
            lang: {"value": limit, "kind": label.get(lang, required.kind)} for lang in LANGUAGES
        }
        key = "hub_inside" if required.within_min is None else "hub_within"
        self.found.append(Constraint(key, threshold.allows, values, threshold=threshold))

    def uncrossed(self, column: str) -> None:
        labels = labels_of(self.units, column)
        if labels is None:
            self.faults.append(
                Fault("no_labels", "scenario", None, "alliances.do_not_cross", column)
            )
        else:
            self.add("do_not_cross", partial(_one_label, labels), column=column)

    def by_rule(self, options: AllianceOptions) -> None:
        """Let municipalities stand alone that a rule of the country names."""
        table = self.units.territory.municipalities.loc[self.units.codes].copy()
        table["population"] = self.units.population
        found: list[str] = []
        for rule in options.stand_alone_where:
            found += [str(code) for code in table.index[rule_matches(rule, table).to_numpy(bool)]]
        locked = {code for group in (*options.fixed, *options.must_link) for code in group}
        # A planner's own lock is more particular than the country's rule and overrides it.
        named = {*options.stand_alone, *locked}
        self.alone((c for c in dict.fromkeys(found) if c not in named), "alliances.stand_alone")


def labels_of(units: Units, column: str) -> npt.NDArray[np.int64] | None:
    """Number the values of a column of the municipalities in scope.

    Parameters
    ----------
    units : Units
        The municipalities in scope.
    column : str
        The column.

    Returns
    -------
    ndarray of int64, shape (n,), or None
        A number for every value, or None if the column is not there or has gaps.
    """
    table = units.territory.municipalities
    if column not in table.columns or table.loc[units.codes, column].isna().any():
        return None
    numbers: npt.NDArray[np.int64]
    numbers = pd.factorize(table.loc[units.codes, column], sort=True)[0].astype(np.int64)
    return numbers


def constraints_from(
    units: Units, options: AllianceOptions, span_km: Callable[[Candidates], Floats]
) -> list[Constraint]:
    """Turn the options into requirements.

    Parameters
    ----------
    units : Units
        The municipalities in scope.
    options : AllianceOptions
        What the planner asks for.
    span_km : callable
        Span of candidates in km.

    Returns
    -------
    list of Constraint
        Requirements, general ones first.

    Raises
    ------
    BadInputError
        With every code that is unknown, out of scope or named twice, and every column or
        hub that the territory does not have.
    """
    build = _Builder(units)
    n = len(units.codes)
    if options.min_size > 1:
        low = options.min_size
        build.add("min_size", lambda c: c.size >= low, value=low)

    def residents(candidates: Candidates) -> Floats:
        return candidates.total(units.population)

    build.limit("min_population", residents, options.min_population, at_least=True)
    build.limit("max_population", residents, options.max_population, at_least=False)
    build.limit("max_span_km", span_km, options.max_span_km, at_least=False)
    build.span_min(options)
    for required in options.hub_required:
        build.hub(required)
    if options.min_alliances is not None:
        least = options.min_alliances
        build.add("min_alliances", _all, row=partial(_alliances, least, max(n, least)), value=least)
    if options.max_alliances is not None:
        most = options.max_alliances
        build.add("max_alliances", _all, row=partial(_alliances, 0, most), value=most)
    if options.do_not_cross is not None:
        build.uncrossed(options.do_not_cross)
    build.pairs("must_link", options.must_link)
    build.pairs("cannot_link", options.cannot_link)
    build.alone(options.stand_alone, "alliances.stand_alone")
    build.by_rule(options)
    for group in options.fixed:
        build.fixed(group)
    if build.faults:
        raise BadInputError(build.faults)
    return build.found
