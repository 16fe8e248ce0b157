"""Councils: published apportionments and power indices, and properties on random members."""

from fractions import Fraction
from itertools import permutations, product

import hypothesis.strategies as st
import pytest
from apportionment import methods as library
from hypothesis import assume, given, settings

from gangso.compact.seats import (
    METHODS,
    apportion,
    banzhaf,
    council,
    shapley_shubik,
    votes_needed,
)

members = st.lists(st.integers(0, 60), min_size=1, max_size=5)


def test_a_published_example_of_each_method() -> None:
    # The standard textbook example of largest remainders and divisors, 100 votes, 10 seats.
    votes = [47_000, 16_000, 15_900, 12_000, 6_000, 3_100]
    assert apportion(votes, 10, "hamilton", minimum=0) == (5, 2, 1, 1, 1, 0)
    assert apportion(votes, 10, "sainte_lague", minimum=0) == (4, 2, 2, 1, 1, 0)
    assert apportion(votes, 10, "dhondt", minimum=0) == (5, 2, 2, 1, 0, 0)


def test_austria_in_the_european_parliament_2019() -> None:
    votes = [1_305_956, 903_151, 650_114, 532_193, 319_024]
    assert apportion(votes, 18, "dhondt", minimum=0) == (7, 5, 3, 2, 1)


def test_the_library_takes_seats_from_larger_remainders_and_we_do_not() -> None:
    # Quotas 1.55, 1.55 and 1.90: the last has the largest remainder and must have a second seat.
    votes = [155, 155, 190]
    assert library.compute("hamilton", votes, 5, fractions=True) == [2, 2, 1]  # known fault
    assert apportion(votes, 5, "hamilton") == (2, 1, 2)


def bounded_divisor(votes: list[int], size: int, first: int, step: int, minimum: int) -> list[int]:
    """Give one seat after the other to the largest quotient; the minimum comes first."""
    seats = [minimum] * len(votes)
    for _ in range(size - sum(seats)):
        best = max(
            range(len(votes)),
            key=lambda i: (Fraction(votes[i], first + step * seats[i]), votes[i], -i),
        )
        seats[best] += 1
    return seats


@settings(max_examples=150)
@given(members, st.integers(0, 3), st.integers(0, 14))
def test_divisor_methods_are_seat_by_seat(votes: list[int], minimum: int, more: int) -> None:
    assume(any(votes))
    size = minimum * len(votes) + more
    assume(size > 0)
    for method, step in (("sainte_lague", 2), ("dhondt", 1)):
        expected = bounded_divisor(votes, size, 1, step, minimum)
        assert list(apportion(votes, size, method, minimum=minimum)) == expected


@settings(max_examples=150)
@given(members, st.integers(1, 3), st.integers(0, 14), st.sampled_from(METHODS))
def test_seats_add_up_and_follow_the_residents(
    votes: list[int], minimum: int, more: int, method: str
) -> None:
    size = minimum * len(votes) + more
    seats = apportion(votes, size, method, minimum=minimum)
    assert sum(seats) == size
    assert min(seats) >= minimum
    for i, j in product(range(len(votes)), repeat=2):
        if votes[i] > votes[j]:
            assert seats[i] >= seats[j]
    if len(set(votes)) == 1:
        assert max(seats) - min(seats) <= 1  # equal members differ by one seat at most


@settings(max_examples=60)
@given(st.lists(st.integers(0, 60), min_size=2, max_size=4, unique=True), st.integers(0, 9))
def test_the_order_of_members_does_not_matter(votes: list[int], more: int) -> None:
    size = len(votes) + more
    for method in METHODS:
        seats = dict(zip(votes, apportion(votes, size, method), strict=True))
        for order in permutations(votes):
            again = apportion(list(order), size, method)
            assert dict(zip(order, again, strict=True)) == seats


def test_hamilton_stays_within_the_quota() -> None:
    votes, size = [8123, 4456, 3111, 977], 21
    for own, residents in zip(apportion(votes, size, "hamilton"), votes, strict=True):
        quota = Fraction(residents * size, sum(votes))
        assert quota - 1 < own < quota + 1


def test_exponents_lead_from_equal_seats_to_proportion() -> None:
    votes = [400_000, 100_000]
    assert apportion(votes, 10, "degressive", exponent=0.0) == (5, 5)
    assert apportion(votes, 9, "degressive", exponent=0.5) == (6, 3)  # roots are as 2 to 1
    assert apportion(votes, 10, "degressive", exponent=1.0) == (8, 2)


def test_power_in_the_council_of_the_european_communities_1958() -> None:
    # Germany, France, Italy 4 votes, Belgium, Netherlands 2, Luxembourg 1; 12 of 17 needed.
    # Luxembourg could never decide anything: Felsenthal and Machover (1998), chapter 5.
    seats = [4, 4, 4, 2, 2, 1]
    big, small = Fraction(5, 21), Fraction(1, 7)
    assert banzhaf(seats, 12) == (big, big, big, small, small, 0)
    big, small = Fraction(7, 30), Fraction(3, 20)
    assert shapley_shubik(seats, 12) == (big, big, big, small, small, 0)


def test_a_member_without_power_is_seen_and_a_way_out_is_named() -> None:
    made = council((7, 3, 2), Fraction(1, 2))
    assert made.needed == 7
    assert made.powerless == (False, True, True)
    assert made.needed_for_all == 8  # the city then needs one of the others
    assert not any(power == 0 for power in banzhaf(made.seats, made.needed_for_all))


@settings(max_examples=100)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 20))
def test_power_adds_up_and_unanimity_is_equal(seats: list[int], above: int) -> None:
    needed = min(sum(seats) // 2 + 1 + above, sum(seats))
    for index in (banzhaf, shapley_shubik):
        power = index(seats, needed)
        assert sum(power) == 1
        for i, j in product(range(len(seats)), repeat=2):
            if seats[i] >= seats[j]:
                assert power[i] >= power[j]
        assert set(index(seats, sum(seats))) == {Fraction(1, len(seats))}


@settings(max_examples=50)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_shapley_shubik_counts_orders_of_voting(seats: list[int]) -> None:
    needed = votes_needed(sum(seats), Fraction(1, 2))
    pivots = [0] * len(seats)
    orders = list(permutations(range(len(seats))))
    for order in orders:
        votes = 0
        for member in order:
            votes += seats[member]
            if votes >= needed:
                pivots[member] += 1
                break
    assert shapley_shubik(seats, needed) == tuple(Fraction(p, len(orders)) for p in pivots)


def test_edge_cases() -> None:
    assert apportion([5000], 4, "hamilton") == (4,)
    assert council((4,), Fraction(1, 2)).banzhaf == (1,)
    assert apportion([0, 0, 0], 6, "dhondt") == (2, 2, 2)
    assert apportion([100_000, 0], 8, "sainte_lague") == (7, 1)  # the minimum holds for nobody too
    with pytest.raises(ValueError, match="too few"):
        apportion([1, 1, 1], 5, "dhondt", minimum=2)
    with pytest.raises(ValueError, match="negative"):
        apportion([1, -1], 5, "dhondt")
    with pytest.raises(ValueError, match="not even all"):
        banzhaf([1, 1], 3)
