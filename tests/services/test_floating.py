"""E2SFCA: nothing of the supply is lost, and more supply never means less access."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gangso.scenario import Decay
from gangso.services import decay_weights, e2sfca

KINDS = ("binary", "steps", "gaussian", "inverse_power", "exponential", "linear")


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, Decay]:
    n, k = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    minutes = draw(hnp.arrays(float, (n, k), elements=st.integers(0, 90).map(float)))
    people = draw(hnp.arrays(float, n, elements=st.integers(0, 1000).map(float)))
    capacity = draw(hnp.arrays(float, k, elements=st.integers(0, 50).map(float)))
    return minutes, people, capacity, Decay(kind=draw(st.sampled_from(KINDS)), beta=0.5)


def weigh(minutes: np.ndarray, decay: Decay, limit: float = 60.0) -> sp.csr_array:
    return sp.csr_array(decay_weights(minutes.ravel(), limit, decay).reshape(minutes.shape))


@given(cases())
@settings(max_examples=200, deadline=None)
def test_sum_of_catchment_supply_is_conserved(
    case: tuple[np.ndarray, np.ndarray, np.ndarray, Decay],
) -> None:
    minutes, people, capacity, decay = case
    weights = weigh(minutes, decay)
    access, ratio = e2sfca(weights, people, capacity)
    reached = (weights.T @ people) > 0
    assert (people * access).sum() == pytest.approx(capacity[reached].sum(), rel=1e-9, abs=1e-9)
    assert (ratio[~reached] == 0).all()


@given(cases())
@settings(max_examples=200, deadline=None)
def test_adding_a_facility_never_worsens_access(
    case: tuple[np.ndarray, np.ndarray, np.ndarray, Decay],
) -> None:
    minutes, people, capacity, decay = case
    weights = weigh(minutes, decay)
    fewer = e2sfca(weights[:, 1:], people, capacity[1:])[0]
    assert (e2sfca(weights, people, capacity)[0] >= fewer - 1e-12).all()


@given(cases())
@settings(max_examples=100, deadline=None)
def test_against_the_formula_word_by_word(
    case: tuple[np.ndarray, np.ndarray, np.ndarray, Decay],
) -> None:
    minutes, people, capacity, decay = case
    found = e2sfca(weigh(minutes, decay), people, capacity)[0]
    for i in range(len(people)):
        total = 0.0
        for j in range(len(capacity)):
            weight = decay_weights(minutes[:, j], 60.0, decay)
            crowd = sum(p * w for p, w in zip(people, weight, strict=True))
            if crowd > 0:
                total += capacity[j] / crowd * weight[i]
        assert found[i] == pytest.approx(total, rel=1e-9, abs=1e-12)


@given(st.sampled_from(KINDS), st.floats(0, 60), st.floats(0, 60))
def test_weights_fall_from_one_to_nothing(kind: str, a: float, b: float) -> None:
    decay = Decay(kind=kind, beta=0.05)  # type: ignore[arg-type]
    near, far = decay_weights(np.array([min(a, b), max(a, b)]), 60.0, decay)
    assert 1 >= near >= far >= 0
    assert decay_weights(np.array([0.0, 60.001]), 60.0, decay).tolist() == [1.0, 0.0]


def test_published_weights() -> None:
    steps = Decay(kind="steps", weights=(1.0, 0.68, 0.22))
    minutes = np.array([0.0, 10.0, 10.1, 20.0, 29.0, 30.0, 30.1])
    assert decay_weights(minutes, 30.0, steps).tolist() == [1, 1, 0.68, 0.68, 0.22, 0.22, 0]
    bell = decay_weights(np.array([0.0, 15.0, 30.0]), 30.0, Decay(kind="gaussian"))
    np.testing.assert_allclose(bell, [1.0, 0.7013666, 0.0], atol=1e-6)


def test_negative_people_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        e2sfca(sp.csr_array(np.ones((1, 1))), np.array([-1.0]), np.array([1.0]))
