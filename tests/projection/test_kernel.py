"""The compiled step against the formula, and what must hold for every path."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.projection.kernel import Inputs, Loop, no_loop, run_path
from gangso.projection.model import carry_on

Floats = np.ndarray


def some_inputs(seed: int, count: int = 4, years: int = 4, ages: int = 66) -> Inputs:
    """Rates of a made-up country, empty groups and a place of 300 among them."""
    rng = np.random.default_rng(seed)
    groups = (ages - 1) // 5 + 1
    size = np.array([3.0, 200.0, 2000.0, 9000.0])[:count, None, None]
    base = size * rng.uniform(0.0, 1.0, (count, 2, ages))
    base[0, :, 10:15] = 0.0
    schedule = np.zeros(ages)
    schedule[15:50] = rng.uniform(0, 1, 35)
    return Inputs(
        base=base,
        kept=np.where(np.arange(ages) == 0, 1.0, rng.uniform(0.8, 1.01, (2, ages))),
        kept_open=rng.uniform(0.5, 0.8, 2),
        hazard=rng.uniform(0.0, 0.3, (2, ages)),
        schedule=schedule,
        relative_fertility=rng.uniform(0.5, 1.5, count),
        girls=0.487,
        level=rng.normal(0, 0.03, (years, count)),
        pattern=np.exp(rng.normal(0, 0.1, (years, count, 2, groups))),
        fertility=rng.uniform(0.01, 0.05, years),
        given=np.full(years, np.nan),
        moves=np.zeros((0, 0)),
    )


def by_hand(inputs: Inputs, years: int) -> Floats:
    """The plain model written out, one person's worth at a time, without any loop in it."""
    count, _, ages = inputs.base.shape
    states = [inputs.base]
    nation = np.zeros((2, ages))
    for place in inputs.base:
        nation = nation + place
    for k in range(years):
        target = np.zeros((2, ages))
        target[:, 1:] = nation[:, :-1] * inputs.kept[:, 1:]
        target[:, -1] += nation[:, -1] * inputs.kept_open
        women = 0.0
        for x in range(ages):
            women += target[0, x] * inputs.schedule[x]
        target[0, 0] = inputs.fertility[k] * women * inputs.girls
        target[1, 0] = inputs.fertility[k] * women * (1.0 - inputs.girls)
        then = np.zeros_like(inputs.base)
        for i in range(count):
            factor = math.exp(inputs.level[k, i])
            moved = factor * inputs.pattern[k, i]
            for x in range(1, ages):
                then[i, :, x] = states[-1][i, :, x - 1] * inputs.kept[:, x] * moved[:, x // 5]
            stay = inputs.kept_open * factor * inputs.pattern[k, i, :, -1]
            then[i, :, -1] += states[-1][i, :, -1] * stay
            women = 0.0
            for x in range(1, ages):
                women += then[i, 0, x] * inputs.schedule[x]
            born = inputs.fertility[k] * women * inputs.relative_fertility[i]
            then[i, 0, 0] = born * inputs.girls
            then[i, 1, 0] = born * (1.0 - inputs.girls)
        sums = np.zeros((2, ages))
        for i in range(count):
            sums = sums + then[i]
        ratio = np.where(sums > 1e-9, target / np.where(sums > 1e-9, sums, 1.0), 1.0)
        states.append(then * ratio)
        nation = target
    return np.array(states)


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_the_kernel_is_the_formula_to_the_last_bit(seed: int) -> None:
    inputs = some_inputs(seed)
    assert np.array_equal(run_path(inputs, no_loop(4), 4), by_hand(inputs, 4))


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(0, 5))
def test_feedback_off_changes_no_bit(seed: int, lag: int) -> None:
    inputs = some_inputs(seed)
    rng = np.random.default_rng(seed)
    loop = Loop(
        strength=0.0,
        lag=lag,
        middle=np.log(rng.uniform(2_000, 80_000, 5)),
        slope=rng.uniform(0.5, 8, 5),
        alliance=np.array([0, 0, -1, -1], dtype=np.int64),
        start=1,
    )
    assert np.array_equal(run_path(inputs, loop, 4), by_hand(inputs, 4))


@given(st.integers(0, 10**6))
def test_the_balance_closes_and_nobody_is_negative(seed: int) -> None:
    path = carry_on(some_inputs(seed), 4)
    assert (path.persons >= 0).all()
    after = path.totals[:-1] + path.births - path.deaths + path.net_migration
    assert after == pytest.approx(path.totals[1:], rel=1e-12, abs=1e-9)
    assert (path.births >= 0).all()
    assert (path.deaths >= 0).all()


@given(st.integers(0, 10**6))
def test_permuting_places_permutes_results(seed: int) -> None:
    inputs = some_inputs(seed)
    order = np.random.default_rng(seed).permutation(4)
    mixed = inputs._replace(
        base=inputs.base[order],
        relative_fertility=inputs.relative_fertility[order],
        level=inputs.level[:, order],
        pattern=inputs.pattern[:, order],
    )
    straight = run_path(inputs, no_loop(4), 4)
    assert run_path(mixed, no_loop(4), 4) == pytest.approx(straight[:, order], rel=1e-9)


@given(st.integers(0, 10**6), st.floats(1_000, 1_000_000))
def test_a_given_total_is_hit(seed: int, total: float) -> None:
    inputs = some_inputs(seed)
    given_totals = np.full(4, np.nan)
    given_totals[[1, 3]] = total, total / 2
    path = carry_on(inputs._replace(given=given_totals), 4)
    sums = path.totals.sum(axis=1)
    assert sums[[2, 4]] == pytest.approx([total, total / 2], rel=1e-12)


@given(st.integers(0, 10**6))
def test_moves_between_places_add_up_to_nothing(seed: int) -> None:
    inputs = some_inputs(seed)
    moves = np.random.default_rng(seed).uniform(0, 0.02, (4, 4))
    quiet = inputs._replace(
        level=np.zeros_like(inputs.level), pattern=np.ones_like(inputs.pattern), moves=moves
    )
    plain = quiet._replace(moves=np.zeros((0, 0)))
    with_moves, without = (run_path(one, no_loop(4), 1)[1].sum() for one in (quiet, plain))
    assert with_moves == pytest.approx(without, rel=1e-12)
