"""What an alliance must or must not be: each requirement strikes candidates out.

All of the requirements here speak of one candidate at a time, so none of them costs the
solver anything; and when a municipality is left without a candidate the requirements that
struck its last ones are at hand to be named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.alliances.candidates import Candidates
from gangso.alliances.criteria import Units
from gangso.diagnosis.rules import rule_matches
from gangso.errors import BadInputError, Fault
from gangso.scenario import AllianceOptions
from gangso.texts import LANGUAGES, say

__all__ = ["Constraint", "constraints_from", "culprits"]

Mask = npt.NDArray[np.bool_]


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
    """

    key: str
    allows: Callable[[Candidates], Mask]
    values: dict[str, dict[str, object]]
    codes: tuple[str, ...] = ()

    def describe(self, lang: str) -> str:
        """Say the requirement in words."""
        return say(f"constraint.{self.key}", lang, **self.values[lang])


def _has(candidates: Candidates, unit: int) -> Mask:
    found: Mask = (candidates.members == unit).any(axis=1)
    return found


def _together(a: int, b: int, candidates: Candidates) -> Mask:
    same: Mask = _has(candidates, a) == _has(candidates, b)
    return same


def _apart(a: int, b: int, candidates: Candidates) -> Mask:
    return ~(_has(candidates, a) & _has(candidates, b))


def _alone(unit: int, candidates: Candidates) -> Mask:
    fine: Mask = ~_has(candidates, unit) | (candidates.size == 1)
    return fine


def _of_two_or_more(
    keep: Callable[[Candidates], Mask],
) -> Callable[[Candidates], Mask]:
    return lambda candidates: keep(candidates) | (candidates.size == 1)


class _Builder:
    def __init__(self, units: Units, names: dict[str, pd.Series]) -> None:
        self.units = units
        self.names = names
        self.faults: list[Fault] = []
        self.found: list[Constraint] = []

    def position(self, code: str, where: str) -> int | None:
        """Find a code in scope, or note the fault."""
        position = int(self.units.codes.get_indexer(pd.Index([code]))[0])
        if position >= 0:
            return position
        known = code in self.units.territory.municipalities.index
        kind = "code_out_of_scope" if known else "code_unknown"
        self.faults.append(Fault(kind, "scenario", column=where, value=code))
        return None

    def add(
        self,
        key: str,
        allows: Callable[[Candidates], Mask],
        codes: Sequence[str] = (),
        **values: object,
    ) -> None:
        by_lang = {
            lang: {**values, "names": "·".join(str(self.names[lang].loc[c]) for c in codes)}
            for lang in LANGUAGES
        }
        self.found.append(Constraint(key, allows, by_lang, tuple(codes)))

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


def constraints_from(
    units: Units, options: AllianceOptions, span_km: Callable[[Candidates], npt.NDArray[np.float64]]
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
        With every code that is unknown, out of scope or named twice.
    """
    names = {lang: units.territory.names(lang) for lang in LANGUAGES}
    build = _Builder(units, names)
    if options.min_size > 1:
        low = options.min_size
        build.add("min_size", lambda c: c.size >= low, value=low)
    if options.min_population is not None:
        least = options.min_population
        build.add(
            "min_population",
            _of_two_or_more(lambda c: c.total(units.population) >= least),
            value=least,
        )
    if options.max_population is not None:
        most = options.max_population
        build.add(
            "max_population",
            _of_two_or_more(lambda c: c.total(units.population) <= most),
            value=most,
        )
    if options.max_span_km is not None:
        limit = options.max_span_km
        build.add("max_span_km", lambda c: span_km(c) <= limit, value=limit)
    build.pairs("must_link", options.must_link)
    build.pairs("cannot_link", options.cannot_link)
    build.alone(options.stand_alone, "alliances.stand_alone")
    by_rule: list[str] = []
    table = units.territory.municipalities.loc[units.codes].copy()
    table["population"] = units.population
    for rule in options.stand_alone_where:
        by_rule += [str(code) for code in table.index[rule_matches(rule, table).to_numpy(bool)]]
    locked = {code for group in (*options.fixed, *options.must_link) for code in group}
    # A planner's own lock is more particular than the country's rule and overrides it.
    named = {*options.stand_alone, *locked}
    build.alone((c for c in dict.fromkeys(by_rule) if c not in named), "alliances.stand_alone")
    for group in options.fixed:
        build.fixed(group)
    if build.faults:
        raise BadInputError(build.faults)
    return build.found


def culprits(
    constraints: Sequence[Constraint], feasible: Callable[[Sequence[Constraint]], bool]
) -> list[Constraint]:
    """Find a smallest set of requirements that cannot hold together.

    Requirements are dropped one after the other; whatever can be dropped with the conflict
    remaining is not part of it (deletion filter, Chinneck and Dravnieks 1991,
    doi:10.1287/ijoc.3.2.157). No requirement of the result can be spared.

    Parameters
    ----------
    constraints : sequence of Constraint
        Requirements that conflict.
    feasible : callable
        Says whether some requirements can hold together.

    Returns
    -------
    list of Constraint
        An irreducible conflict; empty if the question has no answer even without any.
    """
    core = list(constraints)
    for constraint in constraints:
        trial = [c for c in core if c is not constraint]
        if not feasible(trial):
            core = trial
    return core
