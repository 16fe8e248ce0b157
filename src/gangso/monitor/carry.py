"""Carry a plan over to newer data: units that merged, split, were renamed, or left."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from gangso.errors import BadInputError, Fault
from gangso.monitor.record import Record
from gangso.territory.intake.crosswalk import Crosswalk
from gangso.texts import LANGUAGES, say

__all__ = ["Carried", "carry_over"]

# With fewer of its units than this share in the data, a plan is of another territory.
_LEAST_SHARED = 0.5
# Locks of the scenario that name several units.
_TOGETHER = ("must_link", "cannot_link", "fixed")
# Figures of the plan that are persons, and can be divided and added up.
_PERSONS = ("population", "population_low", "population_high")
# What is read of each table of a plan, and so has to be there.
_COLUMNS = {
    "alliances": ("name", "members", "population"),
    "membership": ("status",),
    "indicators": ("municipality", "year", "population"),
    "projection": ("municipality", "year", *_PERSONS),
    "service_nation": ("standard", "group", "share_beyond"),
    "service_sustain_alliances": ("alliance", "gained"),
}


@dataclass(frozen=True, eq=False)
class Carried:
    """A plan in the codes of the newer data.

    Attributes
    ----------
    record : Record
        The plan.
    scenario : mapping
        Its scenario.
    notes : tuple of dict
        What changed on the way, by language.
    """

    record: Record
    scenario: Mapping[str, Any]
    notes: tuple[dict[str, str], ...]


def carry_over(
    record: Record,
    scenario: Mapping[str, Any],
    codes: Collection[str],
    walk: Crosswalk | None = None,
) -> Carried:
    """Write a plan in the codes of newer data.

    Units of the crosswalk become what they are today: merged ones one, split ones each of
    their parts. Locks and wishes that name a unit which is gone all the same are left out.

    Parameters
    ----------
    record : Record
        The plan as it was made.
    scenario : mapping
        Its scenario, as a fragment.
    codes : collection of str
        Municipalities of the newer data.
    walk : Crosswalk, optional
        What became of units since.

    Returns
    -------
    Carried
        Plan, scenario, and notes on what changed.

    Raises
    ------
    BadInputError
        If the plan lacks what every plan has (it is of another version), or most of its units
        are not in the data (it is of another territory).
    """
    _complete(record)
    notes: list[dict[str, str]] = []
    if walk is not None:
        record, scenario = _walked(record, scenario, walk, notes)
    known = set(codes)
    index = record.membership.index.astype("str")
    shared = sum(code in known for code in index)
    if shared < _LEAST_SHARED * len(index) or not shared:
        lost = ", ".join([code for code in index if code not in known][:5])
        details = {"shared": f"{shared:,}", "count": f"{len(index):,}", "lost": lost}
        raise BadInputError([Fault("plan_elsewhere", "plan", details=details)])
    scenario = _without(scenario, known, notes)
    return Carried(record, scenario, tuple(notes))


def _both(key: str, **values: object) -> dict[str, str]:
    return {lang: say(key, lang, **values) for lang in LANGUAGES}


def _complete(record: Record) -> None:
    faults = []
    held = {**record.tables, "alliances": record.alliances, "membership": record.membership}
    for name, columns in _COLUMNS.items():
        if name in held:
            there = {*map(str, held[name].columns), *held[name].index.names}
            faults += [
                Fault("plan_lacks", f"plan/{name}", None, column)
                for column in columns
                if column not in there
            ]
    if faults:
        raise BadInputError(faults)


def _walked(
    record: Record,
    scenario: Mapping[str, Any],
    walk: Crosswalk,
    notes: list[dict[str, str]],
) -> tuple[Record, Mapping[str, Any]]:
    own = [str(code) for code in record.membership.index]
    ends = walk.weights(own, None)
    became: dict[str, list[str]] = {
        str(old): rows.sort_values("share", ascending=False, kind="stable")["new"].tolist()
        for old, rows in ends.groupby("old", sort=False)
    }
    changed = {old: new for old, new in became.items() if new != [old]}
    if not changed:
        return record, scenario
    for old, new in changed.items():
        notes.append(_both("monitor.note.became", old=old, new=", ".join(new)))
    alliances, taken = _regrouped(record, became, notes)
    weight = ends[ends["old"].isin(own)]
    membership = _first_of(record.membership, weight)
    # An alliance that lost all of its members to another one is no alliance any more.
    if "alliance" in membership:
        own_home = membership["alliance"]
        home = pd.Series(taken, dtype="str").reindex(membership.index)
        membership = membership.assign(alliance=home.where(home.notna(), own_home))
    tables = {
        name: _table(name, table, weight, set(changed)) for name, table in record.tables.items()
    }
    moved = replace(record, alliances=alliances, membership=membership, tables=tables)
    return moved, _translated(scenario, lambda code: became.get(code, [code]))


def _regrouped(
    record: Record, became: Mapping[str, Sequence[str]], notes: list[dict[str, str]]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Members of each alliance as they are today; who came from two stays in the first."""
    taken: dict[str, str] = {}
    listed: dict[str, list[str]] = {}
    for ident, members in record.alliances["members"].items():
        for old in members.split("|"):
            for code in became.get(old, [old]):
                home = taken.setdefault(code, str(ident))
                if home != ident:
                    notes.append(_both("monitor.note.merged_across", code=code, first=home,
                                       second=ident))  # fmt: skip
                elif code not in listed.setdefault(str(ident), []):
                    listed[str(ident)].append(code)
    left = [ident in listed for ident in record.alliances.index.astype("str")]
    alliances = record.alliances[left]
    members = ["|".join(listed[str(ident)]) for ident in alliances.index]
    return alliances.assign(members=members), taken


def _first_of(membership: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    """One row a unit of today: that of the unit which most of it comes from."""
    order = ends.sort_values("share", ascending=False, kind="stable").drop_duplicates("new")
    rows = membership.loc[order["old"]]
    rows.index = pd.Index(order["new"].to_numpy(), name=membership.index.name)
    return rows


def _table(name: str, table: pd.DataFrame, ends: pd.DataFrame, changed: set[str]) -> pd.DataFrame:
    """Figures of a table in the codes of today; what cannot be added up is left out."""
    levels = list(table.index.names)
    if "municipality" not in levels and name != "service_sustain":
        return table
    level = "municipality" if "municipality" in levels else str(levels[0])
    codes = table.index.get_level_values(level).astype("str")
    touched = codes.isin(list(changed))
    if name != "projection" or not set(_PERSONS) <= set(table.columns):
        return table[~touched]
    flat = table[list(_PERSONS)].reset_index()
    flat[level] = flat[level].astype("str")
    merged = flat.merge(ends.rename(columns={"old": level}), on=level, how="left")
    for column in _PERSONS:
        merged[column] = merged[column] * merged["share"].fillna(1.0)
    merged[level] = merged["new"].fillna(merged[level])
    return merged.groupby(levels)[list(_PERSONS)].sum(min_count=1)


def _translated(
    scenario: Mapping[str, Any], become: Callable[[str], Sequence[str]]
) -> Mapping[str, Any]:
    """Codes of locks and wishes as they are today; each part of a split unit is meant."""
    own = scenario.get("alliances")
    if not isinstance(own, Mapping):
        return scenario
    changes: dict[str, Any] = {}
    for key in ("must_link", "cannot_link"):
        pairs = [(x, y) for a, b in own.get(key) or () for x in become(a) for y in become(b)]
        changes[key] = [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
    changes["fixed"] = [
        list(dict.fromkeys(code for old in group for code in become(old)))
        for group in own.get("fixed") or ()
    ]
    changes["stand_alone"] = list(
        dict.fromkeys(code for old in own.get("stand_alone") or () for code in become(old))
    )
    changes["wishes"] = [
        {**wish, "who": x, "whom": y}
        for wish in own.get("wishes") or ()
        for x in become(wish["who"])
        for y in become(wish["whom"])
        if x != y
    ]
    return {**scenario, "alliances": {**own, **changes}}


def _without(
    scenario: Mapping[str, Any], known: Collection[str], notes: list[dict[str, str]]
) -> Mapping[str, Any]:
    """Leave out locks and wishes that name a unit which is gone, and say so."""
    own = scenario.get("alliances")
    if not isinstance(own, Mapping):
        return scenario
    changes: dict[str, Any] = {}
    for key in _TOGETHER:
        kept = [group for group in own.get(key) or () if all(code in known for code in group)]
        for group in own.get(key) or ():
            if group not in kept:
                notes.append(_both("monitor.note.lock_gone", lock=key, codes=" · ".join(group)))
        changes[key] = kept
    alone = own.get("stand_alone") or ()
    changes["stand_alone"] = [code for code in alone if code in known]
    notes += [
        _both("monitor.note.lock_gone", lock="stand_alone", codes=code)
        for code in alone
        if code not in known
    ]
    wishes = own.get("wishes") or ()
    changes["wishes"] = [w for w in wishes if w["who"] in known and w["whom"] in known]
    if len(changes["wishes"]) < len(wishes):
        lost = len(wishes) - len(changes["wishes"])
        notes.append(_both("monitor.note.wishes_gone", count=lost))
    return {**scenario, "alliances": {**own, **changes}}
