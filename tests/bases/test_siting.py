"""The planner's problem against brute force, and at its edges."""

from dataclasses import replace
from itertools import chain, combinations, product

import numpy as np
import pandas as pd
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.bases.needs import Needs, Offer, Visit
from gangso.bases.siting import site_group
from gangso.scenario import BaseService, Mode, Standard

LABEL = {"ko": "가", "en": "a"}
MEMBERS = ("a", "b")


def standard(minutes: float) -> Standard:
    return Standard(label=LABEL, services=("s",), minutes=minutes)


def service(minimum: float, optimum: float | None, least: float) -> BaseService:
    modes = {
        "fixed": Mode(kind="fixed", label=LABEL),
        "visits": Mode(kind="mobile", label=LABEL, part=0.6),
    }
    return BaseService(modes=modes, minimum_part=minimum, optimum_min=optimum, least_people=least)


@st.composite
def needs(draw: st.DrawFn) -> Needs:
    """Two municipalities, at most five settlements, two services."""
    n = draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    point = rng.random((n, 2)) * 60
    minutes = np.hypot(*(point[:, None] - point[None]).transpose(2, 0, 1)).round()
    offers = []
    for s in range(2):
        options = service(
            draw(st.sampled_from([0.5, 1.0])),
            draw(st.sampled_from([None, 10.0])),
            draw(st.sampled_from([0.0, 150.0])),
        )
        visit = Visit("visits", 0.6, rng.integers(1, 9, n), rng.random(n) < 0.7)
        offers.append(
            Offer(
                f"s{s}", standard(25.0), options, rng.integers(0, 99, n).astype(float),
                rng.choice([5.0, 15.0, 40.0, np.inf], n), ("fixed", int(rng.integers(1, 12))),
                (visit,),
            )
        )  # fmt: skip
    return Needs(
        codes=pd.Index([f"t{i}" for i in range(n)]),
        home=np.array([MEMBERS[i % 2] for i in range(n)], dtype=object),
        residents=rng.integers(1, 99, n).astype(float),
        near=sp.csr_array(np.where(minutes <= 40, minutes, 0)),
        offers=tuple(offers),
        has_base=rng.random(n) < 0.3,
        site_cost=draw(st.sampled_from([0, 5])),
        unit=1.0,
        left_out=(),
    )


class Brute:
    """The same problem by trying every set of bases and every choice of visits."""

    def __init__(self, given_needs: Needs) -> None:
        self.needs = given_needs
        n = len(given_needs.codes)
        self.minutes = given_needs.near.toarray()
        off = (self.minutes == 0) & ~np.eye(n, dtype=bool)
        self.minutes[off] = np.inf
        self.unmet = 0
        self.sitings = list(self._all(n))

    def _all(self, n: int) -> list[tuple[int, int]]:
        """Cost and people within the optimum of every siting that keeps all minimums it can."""
        per_service = []
        for offer in self.needs.offers:
            within = self.minutes <= offer.standard.minutes
            viable = [
                j for j in range(n)
                if self.needs.residents[within[:, j]].sum() >= offer.options.least_people
            ]  # fmt: skip
            can = offer.visits[0].can & (offer.options.minimum_part <= 0.6)
            lacking = [i for i in range(n) if offer.minutes[i] > offer.standard.minutes]
            helped = [i for i in lacking if can[i] or within[i, viable].any()]
            self.unmet += len(lacking) - len(helped)
            ways = []
            every = chain.from_iterable(combinations(viable, k) for k in range(len(viable) + 1))
            for bases in every:
                open_now = list(bases)
                left = [i for i in helped if not within[i, open_now].any()]
                if all(can[i] for i in left):
                    cost = len(bases) * offer.fixed[1] + sum(
                        int(offer.visits[0].cost[i]) for i in left
                    )
                    limit = offer.options.optimum_min
                    good = limit is not None and [
                        i for i in range(n)
                        if offer.minutes[i] > limit and (self.minutes[i, open_now] <= limit).any()
                    ]  # fmt: skip
                    people = int(offer.people[good].sum()) if good else 0
                    ways.append((set(bases), cost, people))
            per_service.append(ways)
        found = []
        for ways in product(*per_service):
            sites = set().union(*(bases for bases, _, _ in ways))
            site_cost = sum(self.needs.site_cost for j in sites if not self.needs.has_base[j])
            found.append((site_cost + sum(c for _, c, _ in ways), sum(p for _, _, p in ways)))
        return found


@given(needs(), st.integers(0, 30))
@settings(max_examples=150, deadline=None)
def test_equals_brute_force(case: Needs, budget: int) -> None:
    brute = Brute(case)
    siting = site_group(case, MEMBERS, 10_000, budget)
    least = min(cost for cost, _ in brute.sitings)
    assert (siting.status, siting.cost, siting.bound) == ("proven", least, least)
    assert len(siting.unmet) == brute.unmet
    most = max(people for cost, people in brute.sitings if cost <= least + budget)
    assert siting.optimum_people == (0 if siting.optimum_status == "none" else most)
    assert siting.optimum_status in ("none", "proven")
    assert siting.total <= siting.cost + budget
    if siting.optimum_status == "proven":
        # Of the sitings that reach as many people the cheapest one.
        cheapest = min(c for c, people in brute.sitings if c <= least + budget and people >= most)
        assert (siting.total, siting.total_bound) == (cheapest, cheapest)


@given(needs(), st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_relaxing_never_raises_the_cost(case: Needs, more: int) -> None:
    """A longer limit for one service, or more budget, cannot hurt."""
    first = case.offers[0]
    bare = replace(first, options=first.options.model_copy(update={"least_people": 0.0}))
    wider = replace(bare, standard=standard(30.0))
    before = replace(case, offers=(bare, case.offers[1]))
    after = replace(case, offers=(wider, case.offers[1]))
    one, other = (site_group(c, MEMBERS, 10_000, None) for c in (before, after))
    if len(one.unmet) == len(other.unmet):
        assert other.cost <= one.cost
    assert len(other.unmet) <= len(one.unmet)
    small, large = (site_group(case, MEMBERS, 10_000, b) for b in (0, more))
    assert small.optimum_people <= large.optimum_people


def one_town(**changes: object) -> Needs:
    offer = Offer(
        "s", standard(20.0), service(1.0, None, 0.0), np.array([50.0]), np.array([np.inf]),
        ("fixed", 7), (Visit("visits", 0.6, np.array([1]), np.array([True])),),
    )  # fmt: skip
    return Needs(
        pd.Index(["t"]), np.array(["a"], dtype=object), np.array([50.0]), sp.csr_array((1, 1)),
        (replace(offer, **changes),), np.array([False]), 3, 1.0, (),
    )  # fmt: skip


def test_a_place_off_the_network_gets_its_own_base() -> None:
    siting = site_group(one_town(), ("a",), 100, None)
    assert siting.bases == ((0, 0),)
    assert siting.cost == 10


def test_who_cannot_be_served_is_named_with_the_reason() -> None:
    few = one_town(options=service(1.0, None, 60.0))
    (unmet,) = site_group(few, ("a",), 100, None).unmet
    assert (unmet.reason, unmet.partly) == ("too_few", "visits")
    (unmet,) = site_group(one_town(fixed=None, visits=()), ("a",), 100, None).unmet
    assert (unmet.reason, unmet.partly) == ("no_mode", None)


def test_a_mode_that_meets_enough_is_taken_where_it_is_cheaper() -> None:
    siting = site_group(one_town(options=service(0.6, None, 0.0)), ("a",), 100, None)
    assert siting.visits == ((0, 0, 0),)
    assert siting.cost == 1


def test_a_budget_of_zero_leaves_the_minimum_as_it_is() -> None:
    case = one_town(options=service(1.0, 10.0, 0.0))
    siting = site_group(case, ("a",), 100, 0)
    assert (siting.cost, siting.total) == (10, 10)
    assert siting.optimum_people == 50  # the base of the minimum is within the optimum as well


def test_nothing_to_do_costs_nothing() -> None:
    siting = site_group(one_town(minutes=np.array([5.0])), ("a",), 100, None)
    assert (siting.cost, siting.bases, siting.visits) == (0, (), ())
