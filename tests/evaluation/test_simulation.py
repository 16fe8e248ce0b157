"""Honest intervals where the truth is known, on the real map."""

import pytest

from gangso.territory import Territory
from tests.evaluation.simulate import TRUTH, Outcomes, World, run


@pytest.fixture(scope="module")
def simulated(korea: Territory) -> Outcomes:
    return run(korea, World(), draws=2000)


def test_no_ring_is_biased(simulated: Outcomes) -> None:
    assert set(simulated.bias) == set(TRUTH)
    assert all(abs(bias) < 0.001 for bias in simulated.bias.values())


def test_intervals_cover_as_often_as_they_say(simulated: Outcomes) -> None:
    assert all(0.92 <= share <= 0.98 for share in simulated.covered.values())


def test_conley_with_a_normal_critical_value_does_not(simulated: Outcomes) -> None:
    """Why the correction is there."""
    assert all(share < 0.85 for share in simulated.normal_covered.values())


def test_placebos_reject_as_seldom_as_they_should(simulated: Outcomes) -> None:
    assert 0.03 <= simulated.placebo_ring <= 0.08
    assert 0.03 <= simulated.placebo_date <= 0.08


def test_ignoring_spillovers_biases_the_hosts(simulated: Outcomes) -> None:
    # 50 of 215 places compared with lie within 30 km and fell by 0.015.
    assert simulated.ignoring == pytest.approx(0.015 * 50 / 215, abs=0.001)
    assert abs(simulated.ignoring) > 3 * abs(simulated.bias[0])
