"""The vicious cycle and its tipping points against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gangso.errors import BadInputError
from gangso.projection.cycle import bundle_of, loop_of, tipping_points, yearly
from gangso.projection.kernel import run_path
from gangso.scenario.projection import FeedbackOptions
from gangso.scenario.services import Threshold
from tests.projection.test_kernel import some_inputs

POINTS = {
    "clinic": Threshold(label={"en": "clinic"}, population_50=3_500, population_80=5_500),
    "hospital": Threshold(label={"en": "hospital"}, population_50=17_500, population_80=22_500),
    "university": Threshold(label={"en": "university"}, population_50=125_000),
}
OPTIONS = FeedbackOptions()
BUNDLE = bundle_of(OPTIONS, POINTS)


def test_presence_goes_through_the_published_points() -> None:
    one = bundle_of(FeedbackOptions(bundles={"x": ("hospital",)}), POINTS)
    assert one.presence(np.array([17_500.0, 22_500.0])) == pytest.approx([0.5, 0.8])


def test_services_without_both_points_are_left_out_or_refused() -> None:
    assert BUNDLE.services == ("clinic", "hospital")
    with pytest.raises(BadInputError) as caught:
        bundle_of(FeedbackOptions(vintage="z", bundles={"x": ("university",)}), POINTS)
    assert {fault.kind for fault in caught.value.faults} == {"projection_vintage"}
    with pytest.raises(BadInputError) as caught:
        bundle_of(FeedbackOptions(bundles={"x": ("university", "bank")}), POINTS)
    assert len(caught.value.faults) == 2


@given(st.floats(0.001, 0.2), st.floats(0.22, 0.6))
def test_a_yearly_rate_loses_what_it_says_in_ten_years(loss: float, young: float) -> None:
    gamma = yearly(loss, young)
    left = (1 - young) + young * np.exp(-10 * gamma)
    assert 1 - left == pytest.approx(loss)


@given(st.integers(0, 10**6))
def test_feedback_takes_only_the_young_from_those_who_lose(seed: int) -> None:
    inputs = some_inputs(seed)
    inputs = inputs._replace(base=inputs.base * 8, level=inputs.level * 0 - 0.1)
    loop = loop_of(OPTIONS, BUNDLE, "high", 0.3, np.full(4, -1, dtype=np.int64))
    off = run_path(inputs, loop._replace(strength=0.0), 4)
    on = run_path(inputs, loop, 4)
    assert np.array_equal(on[: loop.lag + 1], off[: loop.lag + 1])
    # Whoever leaves arrives elsewhere: the nation is the same at every age.
    assert on.sum(axis=1) == pytest.approx(off.sum(axis=1), rel=1e-9)
    first = loop.lag + 1
    assert on[first, :, :, 40:] == pytest.approx(off[first, :, :, 40:], rel=1e-12)


@given(st.integers(0, 10**6))
def test_serving_together_never_loses_more_services(seed: int) -> None:
    inputs = some_inputs(seed)
    inputs = inputs._replace(base=inputs.base * 8, level=inputs.level * 0 - 0.1)
    alone = loop_of(OPTIONS, BUNDLE, "high", 0.3, np.full(4, -1, dtype=np.int64))
    together = alone._replace(alliance=np.zeros(4, dtype=np.int64), start=0)
    people = run_path(inputs, alone, 4)[:, :, :, :].sum(axis=(2, 3))
    pooled = np.repeat(people.sum(axis=1, keepdims=True), 4, axis=1)
    assert (BUNDLE.presence(pooled) >= BUNDLE.presence(people)).all()
    # All four together stay far above the thresholds here: nothing is lost, so the path
    # with the alliance is the one without feedback.
    if (BUNDLE.presence(pooled[:3]) >= BUNDLE.presence(people[0])).all():
        off = run_path(inputs, alone._replace(strength=0.0), 4)
        assert np.array_equal(run_path(inputs, together, 4), off)


@given(st.floats(4_000, 60_000), st.floats(0.3, 0.95), st.sampled_from(["low", "mid", "high"]))
def test_tipping_population_by_brute_force(start: float, kept: float, key: str) -> None:
    options = FeedbackOptions(return_pct=0.2)
    young = 0.25
    found = tipping_points(
        ["a"], np.array([start]), np.array([start * kept]), np.array([young]), BUNDLE, options
    ).loc["a"]
    gamma = yearly(options.loss_in_ten_years[key], young)

    def grows(people: float) -> bool:
        lost = BUNDLE.presence(np.array([start]))[0] - BUNDLE.presence(np.array([people]))[0]
        return 0.002 - young * gamma * max(lost, 0.0) > 0

    point = found[f"tipping_{key}"]
    if np.isnan(point):
        assert grows(1.0)
    else:
        assert grows(point * 1.01)
        assert not grows(point * 0.99)
    assert bool(found[f"tips_{key}"]) == (not np.isnan(point) and start * kept < point)


def test_the_tipping_strength_is_where_the_projected_place_stands() -> None:
    options = FeedbackOptions(return_pct=0.2)
    start, later, young = np.array([20_000.0]), np.array([9_000.0]), np.array([0.25])
    strength = tipping_points(["a"], start, later, young, BUNDLE, options)["tipping_strength"]
    there = FeedbackOptions(return_pct=0.2, loss_in_ten_years={"mid": float(strength.iloc[0])})
    point = tipping_points(["a"], start, later, young, BUNDLE, there)["tipping_mid"]
    assert point.iloc[0] == pytest.approx(9_000.0, rel=1e-6)
