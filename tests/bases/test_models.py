"""Each location model against a list of every set of sites, and what must always hold."""

from collections.abc import Callable
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gangso.bases import Effort, Location, capacitated_p_median, lscp, mclp, p_centre, p_median
from gangso.errors import BadInputError, InfeasibleError
from tests.bases.brute import Matrix, least, matrices, sets

MANY = settings(max_examples=200, deadline=None)


def sparse(cost: Matrix) -> sp.csr_array:
    """The same matrix with a stored entry for every finite cost, zeros included."""
    row, col = np.nonzero(np.isfinite(cost))
    return sp.csr_array((cost[row, col], (row, col)), shape=cost.shape)


def answer(call: Callable[[], Location]) -> float:
    """Objective of a proven answer; infinity if the question has none."""
    try:
        found = call()
    except InfeasibleError:
        return np.inf
    assert found.status == "proven"
    assert found.bound == found.objective
    assert found.gap == 0
    return found.objective


@given(matrices(), st.data())
@MANY
def test_p_median_equals_brute_force(cost: Matrix, data: st.DataObject) -> None:
    n, m = cost.shape
    p = data.draw(st.integers(1, m))
    fixed = tuple(data.draw(st.sets(st.integers(0, m - 1), max_size=p)))
    weights = np.array(data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), dtype=float)

    def total(chosen: list[int]) -> float:
        nearest = cost[:, chosen].min(axis=1)
        return float((weights * nearest).sum()) if np.isfinite(nearest).all() else np.inf

    expected = least(sets(m, range(p, p + 1), fixed), total)
    for given_as in (cost, sparse(cost)):
        found = answer(lambda c=given_as: p_median(c, p, weights=weights, fixed_open=fixed))
        assert found == expected


@given(matrices(), st.data())
@MANY
def test_p_centre_equals_brute_force(time_min: Matrix, data: st.DataObject) -> None:
    m = time_min.shape[1]
    p = data.draw(st.integers(1, m))
    fixed = tuple(data.draw(st.sets(st.integers(0, m - 1), max_size=p)))
    expected = least(
        sets(m, range(p, p + 1), fixed), lambda s: float(time_min[:, s].min(axis=1).max())
    )
    for given_as in (time_min, sparse(time_min)):
        assert answer(lambda t=given_as: p_centre(t, p, fixed_open=fixed)) == expected


@given(matrices(), st.data())
@MANY
def test_lscp_equals_brute_force(time_min: Matrix, data: st.DataObject) -> None:
    m = time_min.shape[1]
    limit = data.draw(st.integers(0, int(np.max(time_min, initial=0, where=np.isfinite(time_min)))))
    fixed = tuple(data.draw(st.sets(st.integers(0, m - 1), max_size=2)))
    price = np.array(data.draw(st.lists(st.integers(0, 5), min_size=m, max_size=m)))

    def spent(chosen: list[int]) -> float:
        if not (time_min[:, chosen].min(axis=1, initial=np.inf) <= limit).all():
            return np.inf
        return float(sum(price[j] for j in chosen if j not in fixed))

    expected = least(sets(m, range(m + 1), fixed), spent)
    for given_as in (time_min, sparse(time_min)):
        assert answer(lambda t=given_as: lscp(t, limit, price=price, fixed_open=fixed)) == expected


@given(matrices(), st.data())
@MANY
def test_mclp_equals_brute_force(time_min: Matrix, data: st.DataObject) -> None:
    n, m = time_min.shape
    limit = data.draw(st.integers(0, 1000))
    p = data.draw(st.integers(1, m))
    fixed = tuple(data.draw(st.sets(st.integers(0, m - 1), max_size=p)))
    weights = np.array(data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), dtype=float)
    reached = least(
        sets(m, range(p, p + 1), fixed),
        lambda s: -float(weights[time_min[:, s].min(axis=1) <= limit].sum()),
    )
    for given_as in (time_min, sparse(time_min)):
        found = mclp(given_as, limit, p, weights=weights, fixed_open=fixed)
        assert (found.status, found.objective, found.bound) == ("proven", -reached, -reached)
        assert weights[found.assignment >= 0].sum() == -reached


def fill(cost: Matrix, weights: Matrix, room: Matrix, chosen: list[int]) -> float:
    """Least cost of giving every point whole to one of the chosen sites, by trying all."""
    best = np.inf
    for at in product(chosen, repeat=len(cost)):
        load = np.bincount(at, weights=weights, minlength=len(room))
        if (load <= room).all():
            best = min(best, float((weights * cost[range(len(cost)), at]).sum()))
    return best


@given(matrices(), st.data())
@settings(max_examples=60, deadline=None)
def test_capacitated_p_median_equals_brute_force(cost: Matrix, data: st.DataObject) -> None:
    cost = cost[:5, :4]
    n, m = cost.shape
    p = data.draw(st.integers(1, m))
    weights = np.array(data.draw(st.lists(st.integers(1, 5), min_size=n, max_size=n)), dtype=float)
    room = np.array(data.draw(st.lists(st.integers(0, 12), min_size=m, max_size=m)), dtype=float)
    expected = least(sets(m, range(p, p + 1)), lambda s: fill(cost, weights, room, s))
    assert answer(lambda: capacitated_p_median(cost, p, room, weights=weights)) == expected


def test_zero_capacity_is_named() -> None:
    with pytest.raises(InfeasibleError, match=r"fit into no site.*: 0, 1"):
        capacitated_p_median(np.ones((2, 2)), 1, [0, 0])
    with pytest.raises(InfeasibleError, match="hold 3 together; the demand is 4"):
        capacitated_p_median(np.ones((4, 2)), 1, [3, 3])


@given(matrices(), st.data())
@MANY
def test_relaxing_never_raises_the_cost(cost: Matrix, data: st.DataObject) -> None:
    """One more site, or a longer limit, cannot hurt."""
    m = cost.shape[1]
    assume(m > 1)
    p = data.draw(st.integers(1, m - 1))
    for model in (p_median, p_centre):
        assert answer(lambda f=model: f(cost, p + 1)) <= answer(lambda f=model: f(cost, p))
    limit = data.draw(st.integers(0, 1000))
    assert answer(lambda: lscp(cost, limit + 7)) <= answer(lambda: lscp(cost, limit))


@given(st.integers(0, 2**32), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_the_assignment_is_to_the_nearest_open_site(seed: int, p: int) -> None:
    rng = np.random.default_rng(seed)
    cost = rng.random((60, 25)) * 100
    found = p_median(cost, p)
    assert len(found.sites) == p
    np.testing.assert_array_equal(
        cost[np.arange(60), found.assignment], cost[:, found.sites].min(axis=1)
    )
    exact = cost[:, found.sites].min(axis=1).sum()
    assert abs(found.objective - exact) <= 60 * found.unit / 2
    assert found.bound <= found.objective


def test_fractions_are_rounded_to_a_stated_unit() -> None:
    cost = np.array([[0.1, 2.0], [2.0, 0.3]])
    assert p_median(cost, 1).unit <= 1e-6
    assert p_median(cost, 1, unit=0.1).objective == pytest.approx(2.1)


def test_of_a_large_matrix_only_the_cheapest_arcs_are_kept_and_the_bound_holds() -> None:
    """2,500 × 2,000 entries are above the limit; the answer must equal that of the whole."""
    rng = np.random.default_rng(3)
    points, sites = rng.random((2500, 2)), rng.random((2000, 2))
    cost = np.rint(np.hypot(*(points[:, None] - sites[None]).transpose(2, 0, 1)) * 100)
    found = p_median(cost, 150, effort=Effort(nodes=0))
    whole = p_median(sparse(cost), 150, effort=Effort(nodes=0))
    assert found.objective == cost[:, found.sites].min(axis=1).sum()
    assert found.bound <= whole.objective
    assert whole.bound <= found.objective
    assert found.gap < 0.01


def test_every_fault_is_reported_at_once() -> None:
    cost = np.array([[1.0, -1.0], [np.nan, 2.0]])
    with pytest.raises(BadInputError) as caught:
        p_median(cost, 5, weights=[1.0], fixed_open=[7])
    assert {fault.kind for fault in caught.value.faults} == {
        "location.negative",
        "location.weights",
        "location.site",
        "location.p",
    }


@pytest.mark.parametrize("cost", [np.empty((0, 3)), np.zeros(3), np.array([["a"]])])
def test_what_is_no_matrix_is_said(cost: npt.NDArray[np.generic]) -> None:
    with pytest.raises(BadInputError):
        p_centre(cost, 1)


def test_the_culprit_is_named() -> None:
    cost = np.array([[1.0, 2.0], [np.inf, np.inf]])
    for call in (lambda: p_median(cost, 1), lambda: p_centre(cost, 1), lambda: lscp(cost, 5)):
        with pytest.raises(InfeasibleError, match=r"1 demand point.*: 1"):
            call()
    with pytest.raises(InfeasibleError, match=r"1 site\(s\) cannot"):
        p_median(np.array([[1.0, np.inf], [np.inf, 1.0]]), 1)
