"""Who came within which ring of a hub, when, and because of which one."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gangso.diagnosis.rules import rule_matches
from gangso.errors import BadInputError, Fault
from gangso.scenario import Study
from gangso.territory.model import Territory
from gangso.territory.travel import Network, centre_places, minutes_matrix

__all__ = ["Exposure", "expose"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Exposure:
    """Where each municipality stood to the hubs of a study, over its years.

    Attributes
    ----------
    table : DataFrame
        One row a municipality, index ``code``. Columns: ``role`` (``exposed``, ``unexposed``:
        beyond the last ring throughout, ``unchanged``: in the same ring since before the
        first year, ``stepwise``: came nearer more than once, ``other``: moved by a hub that
        opened in other years, ``left_out``), ``ring`` (0 host, 1 the nearest ring ...; the
        number of rings plus 1 beyond the last), ``cohort`` (year it came there; 0 if it never
        changed), ``first`` (year of its first change; 0 likewise), ``hub`` (position of the
        hub that moved it; −1 likewise), ``distance`` (to the nearest hub that opened in the
        years of the study), ``nearest`` (position of that hub), ``reason_ko``, ``reason_en``
        (why left out).
    hubs : DataFrame
        Hubs of the kind: ``name``, ``opened``, ``studied``.
    rings : int
        Number of rings around the hosts.
    """

    table: pd.DataFrame
    hubs: pd.DataFrame
    rings: int


def expose(
    territory: Territory, study: Study, first: int, last: int, network: Network | None = None
) -> Exposure:
    """Follow how near each municipality was to a hub.

    Parameters
    ----------
    territory : Territory
        The territory, with hubs and their years of opening.
    study : Study
        What is asked.
    first, last : int
        Years observed: whatever opened up to `first` was there before.
    network : Network, optional
        Travel times, for rings in minutes.

    Returns
    -------
    Exposure
        Where everybody stood.

    Raises
    ------
    MissingTableError
        If the territory has no hubs.
    BadInputError
        If there is no hub of the kind, or none that opened in the years of the study.
    """
    hubs = territory.require("hubs")
    hubs = hubs[hubs["kind"] == study.kind].reset_index(drop=True)
    column = "evaluation.studies.kind"
    if hubs.empty:
        known = ", ".join(sorted(territory.require("hubs")["kind"].unique()))
        details = {"known": known}
        raise BadInputError([Fault("no_such_hub", "scenario", None, column, study.kind, details)])
    opened = hubs["opened"].astype("float64")
    studied = opened.between(*study.opened)
    if not studied.any():
        known = ", ".join(f"{year:.0f}" for year in sorted(opened.dropna().unique()))
        value = f"{study.opened[0]}-{study.opened[1]}"
        raise BadInputError(
            [Fault("evaluation_no_opening", "scenario", None, column, value, {"known": known})]
        )
    # A hub without a year has always been there; one that opens after the last year never was.
    year = np.where(opened.isna(), -np.inf, opened)
    far = _distances(territory, hubs, study, network)
    host = _hosts(territory, hubs)
    ring = np.searchsorted(np.array(study.rings), far, side="left") + 1
    ring[host] = 0
    beyond = len(study.rings) + 1
    years = np.arange(min(first, last - 1), last + 1)  # a change needs two of them
    open_by = year[None, :] <= years[:, None]
    state = np.where(open_by[None], ring[:, None, :], beyond).min(axis=2)
    nearest_now = np.where(open_by[-1] & (ring == state[:, -1:]), far, np.inf)
    changes = np.diff(state, axis=1) != 0
    count = changes.sum(axis=1)
    table = pd.DataFrame(index=territory.municipalities.index.rename("code"))
    table["ring"] = state[:, -1]
    # The hubs that a place was moved by: those in its last ring that opened when it got there.
    cohort = np.where(count > 0, years[1:][_last_true(changes)], 0)
    came = (year[None, :] == cohort[:, None]) & (ring == state[:, -1:]) & (count > 0)[:, None]
    mover = np.where(came.any(axis=1), np.where(came, far, np.inf).argmin(axis=1), -1)
    table["cohort"] = cohort
    table["first"] = np.where(count > 0, years[1:][changes.argmax(axis=1)], 0)
    # Everything open before the first year already: told by the nearest hub, for those who ask.
    before = (state[:, 0] < beyond) & (count == 0)
    since = np.where(nearest_now.min(axis=1) < np.inf, nearest_now.argmin(axis=1), 0)
    table["hub"] = np.where(count > 0, mover, np.where(before, since, -1))
    within = np.where(studied.to_numpy()[None, :], far, np.inf)
    table["distance"], table["nearest"] = within.min(axis=1), within.argmin(axis=1)
    role = np.where(count == 0, np.where(before, "unchanged", "unexposed"), "exposed")
    role = np.where(count > 1, "stepwise", role).astype(object)
    foreign = (count > 0) & ~studied.to_numpy()[mover]
    role[foreign] = "other"
    reasons = {lang: np.full(len(table), "", dtype=object) for lang in ("ko", "en")}
    for rule in reversed(study.leave_out):
        match = rule_matches(rule, territory.municipalities).to_numpy(dtype=bool)
        role[match] = "left_out"
        for lang, texts in reasons.items():
            texts[match] = rule.reason.get(lang, "")
    table["role"] = pd.array(role, dtype="str")
    for lang, texts in reasons.items():
        table[f"reason_{lang}"] = pd.array(texts, dtype="str")
    named = hubs[["name", "opened"]].assign(studied=studied)
    return Exposure(table, named, len(study.rings))


def _last_true(flags: npt.NDArray[np.bool_]) -> Ints:
    """Find the last True of each row (0 where there is none)."""
    at = flags.shape[1] - 1 - flags[:, ::-1].argmax(axis=1)
    return np.where(flags.any(axis=1), at, 0).astype(np.int64)


def _hosts(territory: Territory, hubs: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which municipality hosts which hub, shape (municipalities, hubs)."""
    host = np.zeros((len(territory.municipalities), len(hubs)), dtype=bool)
    for column, listed in enumerate(hubs["municipalities"].fillna("").astype("str")):
        codes = [code for code in listed.split("|") if code]
        at = territory.municipalities.index.get_indexer(pd.Index(codes, dtype="str"))
        host[at[at >= 0], column] = True
    return host


def _distances(
    territory: Territory, hubs: pd.DataFrame, study: Study, network: Network | None
) -> Floats:
    """Measure from each centre to each hub, shape (municipalities, hubs), km or minutes."""
    if study.measure == "minutes":
        if network is None:
            raise ValueError("rings in minutes need a network")
        ends = network.locate(hubs["lon"], hubs["lat"])
        found = minutes_matrix(network, centre_places(network, territory), ends, np.inf)
        far = np.full(found.shape, np.inf)
        cells = found.tocoo()
        far[cells.coords] = cells.data
        return far
    points = gpd.GeoSeries(gpd.points_from_xy(hubs["lon"], hubs["lat"]), crs="EPSG:4326")
    points = points.to_crs(territory.metadata.metric_crs)
    xy = np.column_stack([points.x, points.y]) / 1000.0
    away: Floats = np.hypot(*(territory.xy_km[:, None, :] - xy[None]).transpose(2, 0, 1))
    return away
