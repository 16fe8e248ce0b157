"""The linear form against published figures and two independent packages' answers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.evaluation.design import Design, group_time, overall

GOLDEN = Path(__file__).resolve().parents[2] / ".." / "shared" / "golden" / "mpdta.csv"

# ../shared/golden/README.md; the R package did 2.1, simple aggregate.
ATT, SE = -0.0399512751551763, 0.0120340127701854


@pytest.fixture(scope="module")
def mpdta() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome by county and year, years, and first year of treatment."""
    if not GOLDEN.exists():
        pytest.skip(f"{GOLDEN} is not beside the checkout", allow_module_level=False)
    table = pd.read_csv(GOLDEN)
    wide = table.pivot_table(index="countyreal", columns="year", values="lemp")
    first = table.groupby("countyreal")["first.treat"].first().reindex(wide.index)
    return wide.to_numpy(), wide.columns.to_numpy(), first.to_numpy(np.int64)


def _influence(values: np.ndarray, years: np.ndarray, first: np.ndarray) -> tuple[float, float]:
    """Callaway and Sant'Anna's simple aggregate from scratch, cohort by cohort.

    An implementation of its own, after their equations 2.8, 3.1 and section 4: group-time
    effects, their influence functions, and that of the estimated shares of the cohorts.
    """
    n = len(values)
    never = first == 0
    effects, influences, cohorts = [], [], []
    for cohort in np.unique(first[first > 0]):
        own = first == cohort
        base = int(np.flatnonzero(years == cohort - 1)[0])
        for t in np.flatnonzero(years >= cohort):
            change = values[:, t] - values[:, base]
            effect = change[own].mean() - change[never].mean()
            influence = np.zeros(n)
            influence[own] = (change[own] - change[own].mean()) * n / own.sum()
            influence[never] -= (change[never] - change[never].mean()) * n / never.sum()
            effects.append(effect)
            influences.append(influence)
            cohorts.append(cohort)
    share = np.array([np.mean(first == cohort) for cohort in cohorts])
    weight = share / share.sum()
    effect = np.array(effects)
    total = np.stack(influences, axis=1) @ weight
    member = np.stack([(first == c).astype(float) for c in cohorts], axis=1) - share
    total += (
        member / share.sum() - np.outer(member.sum(axis=1), share / share.sum() ** 2)
    ) @ effect
    return float(weight @ effect), float(np.sqrt(np.mean(total**2) / n))


def test_the_estimate_is_the_published_one_to_ten_digits(
    mpdta: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    values, years, first = mpdta
    treated = np.flatnonzero(first > 0)
    design = overall(treated, first[treated], np.flatnonzero(first == 0), years)
    assert float(design.estimate(values)) == pytest.approx(ATT, abs=1e-12)


def test_the_library_and_an_implementation_from_scratch_agree_to_ten_digits(
    mpdta: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    from gangso.evaluation.library import callaway_santanna

    values, years, first = mpdta
    by_library = callaway_santanna(values, first, years.tolist())
    from_scratch = _influence(values, years, first)
    assert by_library == pytest.approx((ATT, SE), abs=1e-12)
    assert from_scratch == pytest.approx((ATT, SE), abs=1e-12)


def test_the_event_study_averages_to_the_whole(
    mpdta: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    values, years, first = mpdta
    treated = np.flatnonzero(first > 0)
    never = np.flatnonzero(first == 0)
    events = group_time(treated, first[treated], never, years)
    after = {since: design for since, design in events.items() if since >= 0}
    cells = np.array([len(design) for design in after.values()])
    told = np.array([float(design.estimate(values)) for design in after.values()])
    assert cells @ told / cells.sum() == pytest.approx(ATT, abs=1e-12)
    # did's dynamic aggregate at the opening year, as published with the package.
    assert told[0] == pytest.approx(-0.0199, abs=5e-4)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 8), st.integers(3, 7))
def test_contrasts_add_up_to_the_estimate(seed: int, treated: int, others: int, long: int) -> None:
    rng = np.random.default_rng(seed)
    years = np.arange(2000, 2000 + long)
    cohort = rng.integers(2001, 2000 + long, treated)
    design = overall(np.arange(treated), cohort, np.arange(treated, treated + others), years)
    panel = rng.normal(size=(treated + others, long))
    _, weight, value = design.contrasts(panel)
    assert weight @ value == pytest.approx(float(design.estimate(panel)), abs=1e-12)
    # Constants of places and years leave it as it is.
    moved = panel + rng.normal(size=(len(panel), 1)) + rng.normal(size=(1, long))
    assert float(design.estimate(moved)) == pytest.approx(float(design.estimate(panel)), abs=1e-9)
    # Many panels at once are the panels one by one.
    both = design.estimate(np.stack([panel, 2 * panel], axis=2))
    assert both[1] == pytest.approx(2 * float(design.estimate(panel)), abs=1e-12)


def test_without_takes_places_out() -> None:
    design = overall(np.array([0, 1]), np.array([2, 3]), np.array([2]), [1, 2, 3])
    assert isinstance(design, Design)
    assert len(design) == 3
    assert design.without(np.array([0])).places.tolist() == [1]


def test_all_years_after_take_the_first_as_base() -> None:
    design = overall(np.array([0]), np.array([1990]), np.array([1]), [2000, 2001], after_only=True)
    assert design.estimate(np.array([[0.0, 1.0], [0.0, 0.25]])) == pytest.approx(0.75)
    assert len(overall(np.array([0]), np.array([1990]), np.array([1]), [2000, 2001])) == 0
