"""What was sited, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gangso.bases.needs import Floats, Ints, Needs
from gangso.bases.siting import Siting
from gangso.services import Services

__all__ = [
    "Outcome",
    "base_table",
    "group_table",
    "lacking_table",
    "mode_table",
    "unmet_table",
    "visit_table",
]

_PLACE = ["group", "municipality", "settlement", "name", "lon", "lat"]


@dataclass(eq=False)
class Outcome:
    """Everything that was sited, and what it does to the minutes.

    Attributes
    ----------
    needs : Needs
        The territory's needs.
    groups : mapping of str to (tuple of str, bool)
        Members of each group; whether it is in the scope of the plan.
    found : mapping of str to Siting
        What each group opens.
    budgets : mapping of str to int
        What each may spend on the local optimum, whole units.
    minutes : dict of str to ndarray of float, shape (n,)
        Minutes to the nearest facility by service, with the plan.
    nearest : dict of str to ndarray of int, shape (n,)
        The new base that shortens them; -1 where none does.
    """

    needs: Needs
    groups: Mapping[str, tuple[tuple[str, ...], bool]]
    found: Mapping[str, Siting]
    budgets: Mapping[str, int]
    minutes: dict[str, Floats] = field(init=False)
    nearest: dict[str, Ints] = field(init=False)

    def __post_init__(self) -> None:
        needs = self.needs
        group_of = {m: g for g, (members, _) in self.groups.items() for m in members}
        own = np.array([group_of.get(str(town), "") for town in needs.home], dtype=object)
        self.minutes = {offer.key: offer.minutes.copy() for offer in needs.offers}
        self.nearest = {o.key: np.full(len(needs.codes), -1) for o in needs.offers}
        away = needs.near.tocsc()
        for ident, siting in self.found.items():
            for s, j in siting.bases:
                key = needs.offers[s].key
                low, high = away.indptr[j], away.indptr[j + 1]
                reached = np.append(away.indices[low:high], j)
                value = np.append(away.data[low:high], 0.0)
                better = (own[reached] == ident) & (value < self.minutes[key][reached])
                self.minutes[key][reached[better]] = value[better]
                self.nearest[key][reached[better]] = j

    def lacks(self, s: int, minutes: Floats) -> np.ndarray:
        """Who is beyond the national minimum of a service, shape (n,)."""
        beyond: np.ndarray = minutes > self.needs.offers[s].standard.minutes
        return beyond & (self.needs.residents > 0)

    def place(self, ident: str, at: int, services: Services) -> list[object]:
        """Return where a settlement is, in the order of the columns."""
        row = services.people.table.iloc[at]
        code = str(self.needs.codes[at])
        return [ident, str(row["municipality"]), code, row["name"], row["lon"], row["lat"]]


def group_table(outcome: Outcome, residents: pd.Series) -> pd.DataFrame:
    """One row a group, see `Bases.groups`."""
    needs, rows = outcome.needs, {}
    for ident, (members, in_scope) in outcome.groups.items():
        siting = outcome.found[ident]
        own = np.isin(needs.home, list(members))
        lacking = sum(
            float(offer.people[own & outcome.lacks(s, offer.minutes)].sum())
            for s, offer in enumerate(needs.offers)
        )
        unmet = sum(float(needs.offers[u.offer].people[u.settlement]) for u in siting.unmet)
        rows[ident] = {
            "members": "|".join(members),
            "population": float(residents.reindex(list(members)).fillna(0).sum()),
            "in_scope": in_scope,
            "lacking": lacking,
            "served": lacking - unmet,
            "unmet": unmet,
            "cost": siting.cost * needs.unit,
            "bound": siting.bound * needs.unit,
            "status": siting.status,
            "budget": outcome.budgets[ident] * needs.unit if in_scope else np.nan,
            "extra_cost": (siting.total - siting.cost) * needs.unit,
            "extra_bound": max(0, siting.total_bound - siting.cost) * needs.unit,
            "optimum_people": siting.optimum_people,
            "optimum_bound": siting.optimum_bound,
            "optimum_status": siting.optimum_status,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("group")


def base_table(outcome: Outcome, services: Services) -> pd.DataFrame:
    """One row a new base, see `Bases.bases`."""
    needs, rows = outcome.needs, []
    for ident, siting in outcome.found.items():
        sharing = pd.Series([j for _, j in siting.bases], dtype="int64").value_counts()
        for s, j in siting.bases:
            offer = needs.offers[s]
            assert offer.fixed is not None  # there is no base without a fixed mode
            site = 0.0 if needs.has_base[j] else needs.site_cost / int(sharing[j])
            cost = (offer.fixed[1] + site) * needs.unit
            nearest = outcome.nearest[offer.key] == j
            after = outcome.minutes[offer.key]
            limit = offer.standard.minutes
            rescued = nearest & outcome.lacks(s, offer.minutes) & (after <= limit)
            minimum = bool(rescued.any())
            if not minimum:  # of a local optimum count those whom it brings within the optimum
                limit = offer.options.optimum_min or 0.0
                rescued = nearest & (offer.minutes > limit) & (after <= limit)
            people = float(offer.people[rescued].sum())
            rows.append(
                [
                    *outcome.place(ident, j, services),
                    offer.key,
                    "minimum" if minimum else "optimum",
                    cost,
                    people,
                    cost / people if people else np.nan,
                ]
            )
    columns = [*_PLACE, "service", "aim", "cost", "people", "cost_per_person"]
    return pd.DataFrame(rows, columns=columns)


def visit_table(outcome: Outcome, services: Services) -> pd.DataFrame:
    """One row a settlement and service that another mode serves, see `Bases.visits`."""
    needs, rows = outcome.needs, []
    for ident, siting in outcome.found.items():
        for s, i, v in siting.visits:
            offer = needs.offers[s]
            visit = offer.visits[v]
            rows.append(
                [
                    *outcome.place(ident, i, services),
                    offer.key,
                    visit.key,
                    visit.part,
                    float(offer.people[i]),
                    int(visit.cost[i]) * needs.unit,
                ]
            )
    return pd.DataFrame(rows, columns=[*_PLACE, "service", "mode", "part", "people", "cost"])


def unmet_table(outcome: Outcome, services: Services) -> pd.DataFrame:
    """One row a settlement that has no way, see `Bases.unmet`."""
    needs, rows = outcome.needs, []
    for ident, siting in outcome.found.items():
        for one in siting.unmet:
            offer = needs.offers[one.offer]
            people = float(offer.people[one.settlement])
            place = outcome.place(ident, one.settlement, services)
            rows.append([*place, offer.key, people, one.reason, one.partly])
    return pd.DataFrame(rows, columns=[*_PLACE, "service", "people", "reason", "partly"])


def _kept(outcome: Outcome, s: int) -> pd.Series:
    """In which way the promise of a service is kept, by settlement."""
    offer = outcome.needs.offers[s]
    way = np.full(len(outcome.needs.codes), "existing", dtype=object)
    way[outcome.lacks(s, offer.minutes)] = "fixed"
    way[outcome.lacks(s, outcome.minutes[offer.key])] = "unmet"
    for siting in outcome.found.values():
        for service, i, v in siting.visits:
            if service == s and way[i] == "unmet":
                way[i] = offer.visits[v].key
    return pd.Series(way, index=outcome.needs.codes)


def mode_table(outcome: Outcome) -> pd.DataFrame:
    """People by service and way, see `Bases.modes`."""
    rows = []
    for s, offer in enumerate(outcome.needs.offers):
        people = pd.Series(offer.people).groupby(_kept(outcome, s).to_numpy()).sum()
        for way in ("existing", "fixed", *(visit.key for visit in offer.visits), "unmet"):
            rows.append([offer.key, way, float(people.get(way, 0.0))])
    return pd.DataFrame(rows, columns=["service", "way", "people"])


def lacking_table(outcome: Outcome) -> pd.DataFrame:
    """Services whose minimum is not kept, by settlement, see `Bases.lacking`."""
    before = np.full(len(outcome.needs.codes), "", dtype=object)
    after = before.copy()
    for s, offer in enumerate(outcome.needs.offers):
        for table, which in (
            (before, outcome.lacks(s, offer.minutes)),
            (after, (_kept(outcome, s) == "unmet").to_numpy()),
        ):
            table[which] = [f"{old}|{offer.key}".strip("|") for old in table[which]]
    return pd.DataFrame({"before": before, "after": after}, index=outcome.needs.codes)
