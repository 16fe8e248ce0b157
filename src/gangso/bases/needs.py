"""What the planner's problem starts from: who lacks what, who could be served from where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from gangso.errors import BadInputError, Fault
from gangso.scenario import BaseService, BasesOptions, Mode, Standard
from gangso.services import Services
from gangso.territory.travel import Network, minutes_matrix

__all__ = ["Needs", "Offer", "Visit", "build_needs"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Visit:
    """A mode that serves a settlement without a base in it: visits, or at a distance.

    Attributes
    ----------
    key : str
        Key of the mode.
    part : float
        Part of the standard that it meets.
    cost : ndarray of int64, shape (n,)
        Cost a year of serving each settlement, whole units.
    can : ndarray of bool, shape (n,)
        Settlements that it can serve.
    """

    key: str
    part: float
    cost: Ints
    can: Bools


@dataclass(frozen=True, eq=False)
class Offer:
    """One service that is planned for.

    Attributes
    ----------
    key : str
        Key of the standard.
    standard : Standard
        The standard.
    options : BaseService
        How it is planned for.
    people : ndarray of float, shape (n,)
        People of the standard's group in each settlement.
    minutes : ndarray of float, shape (n,)
        Minutes to the nearest existing facility.
    fixed : tuple of (str, int) or None
        Key of the fixed mode, and cost of a base a year in whole units; None if the fixed mode
        does not exist or cannot keep the national minimum.
    visits : tuple of Visit
        The other modes.
    """

    key: str
    standard: Standard
    options: BaseService
    people: Floats
    minutes: Floats
    fixed: tuple[str, int] | None
    visits: tuple[Visit, ...]


@dataclass(frozen=True, eq=False)
class Needs:
    """Everything that the siting of bases needs to know of a territory.

    Attributes
    ----------
    codes : Index
        Settlements, n of them.
    home : ndarray of str, shape (n,)
        Municipality of each.
    residents : ndarray of float, shape (n,)
        Residents of each.
    near : csr_array, shape (n, n)
        Minutes between settlements, up to the longest limit.
    offers : tuple of Offer
        Services that are planned for.
    has_base : ndarray of bool, shape (n,)
        Settlements where a facility of a planned service stands already: no new site is paid.
    site_cost : int
        Cost a year of a site that has no base yet, whole units.
    unit : float
        One whole unit of cost, in the territory's currency.
    left_out : tuple of str
        Keys of services that the scenario plans for and the data do not let us measure.
    """

    codes: pd.Index
    home: npt.NDArray[np.object_]
    residents: Floats
    near: sp.csr_array
    offers: tuple[Offer, ...]
    has_base: Bools
    site_cost: int
    unit: float
    left_out: tuple[str, ...]


_SAME_SITE_MIN = 3.0  # a facility this near to a settlement's point stands in that settlement


def build_needs(network: Network, services: Services, standards: dict[str, Standard],
                options: BasesOptions) -> Needs:  # fmt: skip
    """Collect what the siting of bases needs.

    Parameters
    ----------
    network : Network
        Travel times.
    services : Services
        Who reaches what today.
    standards : dict of str to Standard
        The standards of the scenario.
    options : BasesOptions
        What is planned for, and at what cost.

    Returns
    -------
    Needs
        The collection.

    Raises
    ------
    BadInputError
        If the options plan for a standard that the scenario does not have.
    """
    unknown = sorted(set(options.services) - set(standards))
    if unknown:
        raise BadInputError(
            Fault(
                "bases.standard", "scenario", column=f"bases.services.{key}", value=key,
                details={"known": ", ".join(sorted(standards))},
            )
            for key in unknown
        )  # fmt: skip
    table = services.people.table
    planned = [key for key in options.services if key in services.minutes.columns]
    furthest = [standards[key].minutes for key in planned] + [
        mode.reach_min or 0.0
        for key in planned
        for mode in options.services[key].modes.values()
        if mode.kind == "mobile"
    ]
    places = network.settlements
    near = (
        minutes_matrix(network, places, places, max(furthest))
        if planned
        else sp.csr_array((len(table), len(table)))
    )
    home = table["municipality"].to_numpy(dtype=object)
    residents = table["all"].fillna(0.0).to_numpy(dtype=float)
    from_centre = _minutes_from_centre(near, home, residents)
    offers = [_offer(key, standards[key], options, services, from_centre) for key in planned]
    has_base = np.zeros(len(table), dtype=bool)
    for offer in offers:
        has_base |= offer.minutes <= _SAME_SITE_MIN
    return Needs(
        codes=table.index,
        home=home,
        residents=residents,
        near=near,
        offers=tuple(offers),
        has_base=has_base,
        site_cost=_yearly(options.site_opening, options.site_running, options),
        unit=options.cost_unit,
        left_out=tuple(key for key in options.services if key not in planned),
    )


def _yearly(opening: float, running: float, options: BasesOptions) -> int:
    return round((opening / options.life_years + running) / options.cost_unit)


def _offer(
    key: str,
    standard: Standard,
    options: BasesOptions,
    services: Services,
    from_centre: Floats,
) -> Offer:
    how = options.services[key]
    people = services.people.table[standard.group].fillna(0.0).to_numpy(dtype=float)
    fixed = None
    visits = []
    for name, mode in how.modes.items():
        if mode.kind == "fixed":
            if mode.part >= how.minimum_part:
                fixed = (name, _yearly(mode.opening, mode.running, options))
            continue
        can = np.ones(len(people), dtype=bool)
        if mode.kind == "mobile" and mode.reach_min is not None:
            can = from_centre <= mode.reach_min
        visits.append(Visit(name, mode.part, _visit_cost(mode, people, options), can))
    return Offer(
        key, standard, how, people, services.minutes[key].to_numpy(dtype=float), fixed,
        tuple(visits),
    )  # fmt: skip


def _visit_cost(mode: Mode, people: Floats, options: BasesOptions) -> Ints:
    base = mode.opening / options.life_years + mode.running
    return np.rint((base + mode.per_person * people) / options.cost_unit).astype(np.int64)


def _minutes_from_centre(
    near: sp.csr_array, home: npt.NDArray[np.object_], residents: Floats
) -> Floats:
    """Minutes to each settlement from the most populous one of its municipality."""
    order = pd.DataFrame({"home": home, "residents": residents}).sort_values(
        "residents", ascending=False, kind="stable"
    )
    first = order.drop_duplicates("home")
    towns, at_centre = first["home"].tolist(), first.index.to_numpy()
    minutes = np.full(len(home), np.inf)
    for town, at in zip(towns, at_centre, strict=True):
        low, high = near.indptr[at], near.indptr[at + 1]
        reached, value = near.indices[low:high], near.data[low:high]
        own = home[reached] == town
        minutes[reached[own]] = value[own]
        minutes[at] = 0.0
    return minutes
