"""Hold a plan against a newer vintage of its territory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gangso.alliances import Partition, compare
from gangso.diagnosis import Diagnosis
from gangso.monitor.record import Record
from gangso.scenario import Scenario
from gangso.services import Services, sustainable, sustained_together
from gangso.territory import Territory
from gangso.texts import LANGUAGES, say

__all__ = ["Monitoring", "monitor"]

_BREACHES = tuple(f"breaches_{lang}" for lang in LANGUAGES)

# A plan that costs this much more than the best one is still called the best: it is what the
# proof of either leaves open at most.
_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Monitoring:
    """A plan against newer data.

    Attributes
    ----------
    alliances : DataFrame
        One row an alliance of the plan, index ``alliance``: ``members``, ``population_then``,
        ``population_now``, ``holds`` (whether it meets every requirement today),
        ``breaches_ko``, ``breaches_en``, ``in_best`` (whether the best plan of today has it),
        ``keeping`` (what the whole loses by keeping it, cost units; missing if it cannot be
        kept), ``services_lost`` (services sustained together then and no longer, keys).
    criteria : DataFrame
        One row an alliance and criterion: raw value and score, then and now.
    crossings : DataFrame
        One row a threshold that a municipality crossed: ``municipality``, ``what`` (key of
        ``monitor.crossed.<what>``), ``which``, ``then``, ``now``.
    projected : DataFrame
        One row a municipality and year since: ``projected``, ``low``, ``high`` (80 % interval),
        ``actual``, ``error_pct``, ``inside``.
    projected_nation : DataFrame
        Index ``year``: ``municipalities``, ``inside`` (how many), ``projected``, ``actual``,
        ``error_pct``, ``median_error_pct`` (absolute, over municipalities).
    services : DataFrame
        One row a standard and group: share of residents beyond it, then and now.
    moves : DataFrame
        One row a municipality whose partners the best plan of today changes: ``then`` and
        ``now`` (members, codes joined by "|"; missing: alone or outside).
    cost_plan, cost_best, loss : float
        Cost of keeping the plan today, of the best plan today, and the difference as a share
        of the latter; missing if the plan cannot be kept.
    best : str
        ``yes``, ``no`` or ``impossible`` (a part of the plan is no longer admissible).
    gone, added : tuple of str
        Municipalities of the plan that the newer data do not have, and the reverse.
    notes : tuple of dict
        What could not be compared, by language.
    """

    alliances: pd.DataFrame
    criteria: pd.DataFrame
    crossings: pd.DataFrame
    projected: pd.DataFrame
    projected_nation: pd.DataFrame
    services: pd.DataFrame
    moves: pd.DataFrame
    cost_plan: float
    cost_best: float
    loss: float
    best: str
    gone: tuple[str, ...]
    added: tuple[str, ...]
    notes: tuple[dict[str, str], ...]


def _both(key: str, **values: object) -> dict[str, str]:
    return {lang: say(key, lang, **values) for lang in LANGUAGES}


def monitor(
    record: Record,
    territory: Territory,
    scenario: Scenario,
    found: Partition,
    diagnosis: Diagnosis,
    services: Services,
) -> Monitoring:
    """Hold a plan against newer data.

    Parameters
    ----------
    record : Record
        The plan as it was made.
    territory : Territory
        The newer data.
    scenario : Scenario
        The plan's own, resolved.
    found : Partition
        Best plan of the newer data under that scenario.
    diagnosis, services : Diagnosis, Services
        Of the newer data.

    Returns
    -------
    Monitoring
        What holds, what was crossed, what came otherwise, what would change.
    """
    notes: list[dict[str, str]] = []
    codes = territory.municipalities.index
    gone = tuple(str(c) for c in record.membership.index if c not in codes)
    added = tuple(str(c) for c in codes if c not in record.membership.index)
    alliances, criteria = _alliances(record, territory, scenario, found)
    cost_plan, best = _cost(record, found, alliances, gone)
    if gone:
        notes.append(_both("monitor.note.gone", count=len(gone)))
    loss = (cost_plan - found.cost) / found.cost if found.cost > 0 else np.nan
    projected = _projected(record, territory, notes)
    return Monitoring(
        alliances=alliances,
        criteria=criteria,
        crossings=_crossings(record, territory, scenario, found, diagnosis, notes),
        projected=projected,
        projected_nation=_by_year(projected),
        services=_services(record, services, notes),
        moves=_moves(record, found),
        cost_plan=cost_plan,
        cost_best=found.cost,
        loss=float(loss),
        best=best,
        gone=gone,
        added=added,
        notes=tuple(notes),
    )


def _alliances(
    record: Record, territory: Territory, scenario: Scenario, found: Partition
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score the alliances of the plan by today's data."""
    codes = territory.municipalities.index
    listed = record.alliances["members"].str.split("|")
    rows = _members(record)
    there = rows[rows["municipality"].isin(codes)].reset_index(drop=True)
    label = {lang: say("monitor.plan", lang) for lang in LANGUAGES}
    groups = pd.DataFrame(columns=["admissible", "in_plan", "keeping", *_BREACHES])
    if len(there):
        groups = compare(found, "plan", label, there).groups
    groups = groups.reindex(record.alliances.index)
    population = territory.municipalities["population"]
    now = there["municipality"].map(population).groupby(there["name"]).sum()
    whole = listed.map(lambda members: all(m in codes for m in members))
    held = groups["admissible"].fillna(False).astype(bool) & whole
    out = pd.DataFrame(
        {
            "members": record.alliances["members"],
            "population_then": record.alliances["population"],
            "population_now": now.reindex(record.alliances.index),
            "holds": held,
            "in_best": groups["in_plan"].fillna(False).astype(bool) & whole,
            "keeping": groups["keeping"].where(whole),
        }
    )
    for lang in LANGUAGES:
        lost = say("monitor.breach.gone", lang)
        out[f"breaches_{lang}"] = groups[f"breaches_{lang}"].fillna("").where(whole, lost)
    before = record.tables.get("service_sustain_alliances")
    if before is not None and scenario.services.thresholds:
        members = there.set_index("municipality")["name"]
        after = sustained_together(population, members, scenario.services.thresholds)["gained"]
        out["services_lost"] = [
            "|".join(sorted(_keys(before["gained"].get(a)) - _keys(after.get(a))))
            for a in out.index
        ]
    else:
        out["services_lost"] = ""
    return out, _criteria(record, groups, found)


def _members(record: Record) -> pd.DataFrame:
    """One row a member: ``name`` (of its alliance) and ``municipality``."""
    listed = record.alliances["members"].str.split("|").explode()
    return listed.rename("municipality").rename_axis("name").reset_index()


def _keys(text: object) -> set[str]:
    return {key for key in text.split("|") if key} if isinstance(text, str) else set()


def _criteria(record: Record, groups: pd.DataFrame, found: Partition) -> pd.DataFrame:
    parts = []
    for key in found.criteria.index:
        score = f"score_{key}"
        if score not in record.alliances or score not in groups:
            continue
        parts.append(
            pd.DataFrame(
                {
                    "criterion": key,
                    "then": record.alliances.get(key),
                    "now": groups.get(key),
                    "score_then": record.alliances[score],
                    "score_now": groups[score],
                }
            )
        )
    if not parts:
        columns = ["alliance", "criterion", "then", "now", "score_then", "score_now"]
        return pd.DataFrame(columns=columns)
    return pd.concat(parts).rename_axis("alliance").reset_index()


def _cost(
    record: Record, found: Partition, alliances: pd.DataFrame, gone: tuple[str, ...]
) -> tuple[float, str]:
    """Price the whole plan by today's data: its alliances, and those it left alone."""
    if gone or not alliances["holds"].all():
        return float("nan"), "impossible"
    label = {lang: say("monitor.plan", lang) for lang in LANGUAGES}
    rows = _members(record)
    in_scope = found.membership.index[found.membership["status"] != "outside"]
    alone = [c for c in in_scope if c not in set(rows["municipality"])]
    singles = pd.DataFrame({"name": [f"={c}" for c in alone], "municipality": alone})
    listed = pd.concat([rows, singles], ignore_index=True)
    if listed.empty:
        return 0.0, "yes" if found.cost <= _SAME else "no"
    groups = compare(found, "plan", label, listed).groups
    if not groups["admissible"].all() or groups["cost"].isna().any():
        return float("nan"), "impossible"
    cost = float(groups["cost"].sum())
    # Costs are compared as whole units of the solver; the sum of floats may differ in the last.
    same = cost <= found.cost * (1 + _SAME) + 1e-9 or bool(groups["in_plan"].all())
    return cost, "yes" if same else "no"


def _moves(record: Record, found: Partition) -> pd.DataFrame:
    then, now = _partners(record.alliances), _partners(found.alliances)
    rows = [
        (code, then.get(code), now.get(code))
        for code in sorted(set(then) | set(now))
        if then.get(code) != now.get(code) and code in found.membership.index
    ]
    return (
        pd.DataFrame(rows, columns=["municipality", "then", "now"])
        .astype("str")
        .mask(lambda frame: frame == "None")
    )


def _partners(alliances: pd.DataFrame) -> dict[str, str]:
    """Members, sorted, of the alliance of each municipality."""
    return {
        code: "|".join(sorted(members.split("|")))
        for members in alliances["members"]
        for code in members.split("|")
    }


def _crossings(
    record: Record,
    territory: Territory,
    scenario: Scenario,
    found: Partition,
    diagnosis: Diagnosis,
    notes: list[dict[str, str]],
) -> pd.DataFrame:
    """Find the thresholds that municipalities crossed."""
    rows: list[tuple[str, str, str, str, str]] = []
    before = record.tables.get("indicators")
    if before is None or before.empty or diagnosis.indicators.empty:
        notes.append(_both("monitor.note.no_indicators"))
    else:
        then, now = _latest(before), _latest(diagnosis.indicators)
        shared = then.index.intersection(now.index)
        threshold = scenario.diagnosis.ledger.threshold
        for what in ("extinction_class", "births_below_threshold"):
            if what in then and what in now:
                rows += _changed(then.loc[shared, what], now.loc[shared, what], what, "")
        sizes = (then.loc[shared, "population"], now.loc[shared, "population"])
        small = [
            (size < threshold).map({True: "below", False: "above"}).where(size.notna())
            for size in sizes
        ]
        rows += _changed(small[0], small[1], "size", f"{threshold:,.0f}")
    sustained = record.tables.get("service_sustain")
    if sustained is not None and scenario.services.thresholds:
        population = territory.municipalities["population"]
        after = sustainable(population, scenario.services.thresholds)
        shared = sustained.index.intersection(after.index)
        for key in after.columns.intersection(sustained.columns):
            rows += _changed(
                sustained.loc[shared, key], after.loc[shared, key], "service", str(key)
            )
    shared = record.membership.index.intersection(found.membership.index)
    status = [m.loc[shared, "status"].eq("outside").map({True: "outside", False: "inside"})
              for m in (record.membership, found.membership)]  # fmt: skip
    rows += _changed(status[0], status[1], "scope", "")
    columns = ["municipality", "what", "which", "then", "now"]
    return pd.DataFrame(rows, columns=columns).astype("str")


def _latest(indicators: pd.DataFrame) -> pd.DataFrame:
    """Last year that is known of each municipality, figure by figure."""
    return indicators.sort_index(level="year").groupby(level="municipality").last()


def _changed(
    then: pd.Series, now: pd.Series, what: str, which: str
) -> list[tuple[str, str, str, str, str]]:
    known = then.notna() & now.notna()
    a, b = then[known].astype("str"), now[known].astype("str")
    return [
        (str(code), what, which, str(a[code]), str(b[code]))
        for code in a.index[(a != b).to_numpy()]
    ]


def _projected(record: Record, territory: Territory, notes: list[dict[str, str]]) -> pd.DataFrame:
    """Lay what was projected beside what came."""
    columns = ["municipality", "year", "projected", "low", "high", "actual", "error_pct", "inside"]
    foreseen = record.tables.get("projection")
    if foreseen is None or territory.population is None:
        notes.append(_both("monitor.note.no_projection"))
        return pd.DataFrame(columns=columns)
    people = territory.population.groupby(["municipality", "year"])["persons"].sum()
    base = int(foreseen.index.get_level_values("year").min())
    shared = foreseen.index.intersection(people.index)
    shared = shared[shared.get_level_values("year") > base]
    if not len(shared):
        notes.append(_both("monitor.note.no_year", year=base))
        return pd.DataFrame(columns=columns)
    rows = foreseen.loc[shared]
    actual = people.loc[shared].astype(float)
    low, high = rows["population_low"], rows["population_high"]
    out = pd.DataFrame(
        {
            "projected": rows["population"],
            "low": low,
            "high": high,
            "actual": actual,
            "error_pct": (rows["population"] / actual - 1) * 100,
            "inside": (actual >= low) & (actual <= high),
        }
    )
    if low.isna().all():
        notes.append(_both("monitor.note.no_interval"))
        out["inside"] = pd.array([pd.NA] * len(out), dtype="boolean")
    return out.rename_axis(["municipality", "year"]).reset_index()


def _by_year(projected: pd.DataFrame) -> pd.DataFrame:
    if projected.empty:
        return pd.DataFrame(
            columns=["municipalities", "inside", "projected", "actual", "error_pct",
                     "median_error_pct"]
        )  # fmt: skip
    groups = projected.groupby("year")
    sums = groups[["projected", "actual"]].sum()
    return pd.DataFrame(
        {
            "municipalities": groups.size(),
            "inside": groups["inside"].sum(),
            "projected": sums["projected"],
            "actual": sums["actual"],
            "error_pct": (sums["projected"] / sums["actual"] - 1) * 100,
            "median_error_pct": projected["error_pct"].abs().groupby(projected["year"]).median(),
        }
    )


def _services(record: Record, services: Services, notes: list[dict[str, str]]) -> pd.DataFrame:
    """Lay the nation's shares beyond each standard side by side."""
    key = ["standard", "group"]
    columns = [*key, "then", "now"]
    before = record.tables.get("service_nation")
    if before is None or before.empty or services.nation.empty:
        notes.append(_both("monitor.note.no_services"))
        return pd.DataFrame(columns=columns)
    then = before.reset_index().set_index(key)["share_beyond"]
    now = services.nation.reset_index().set_index(key)["share_beyond"]
    return pd.DataFrame({"then": then, "now": now}).dropna().reset_index()[columns]
