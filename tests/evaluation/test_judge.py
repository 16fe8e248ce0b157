"""Verdicts and refusals, in small countries where the truth is set."""

import numpy as np
import pytest

from gangso.errors import BadInputError
from gangso.evaluation import Evaluation, Finding, evaluate, evaluation_tables, finding_lines
from gangso.evaluation.design import group_time
from gangso.texts import LANGUAGES
from tests.evaluation.countries import country, options

HUBS = [(14, 2015), (17, 2016), (21, 2015), (50, 2016), (53, 2015)]
BIG = {"rows": 10, "columns": 14, "hubs": HUBS}


def _ask(territory, asked) -> Finding:
    found = evaluate(territory, asked, np.random.default_rng(3))
    assert isinstance(found, Evaluation)
    return found.findings[0]


def test_a_real_rise_is_found_at_the_hosts_and_a_fall_nearby() -> None:
    finding = _ask(country(**BIG, effect=0.08, near=-0.05, noise=0.001), options())
    assert finding.rings.loc[0, "verdict"] == "up"
    assert finding.rings.loc[0, "estimate"] == pytest.approx(0.08, abs=0.01)
    assert finding.rings.loc[1, "verdict"] == "down"
    assert finding.rings.loc[0, "breakdown"] > 0.5
    assert finding.rings.loc[0, "pretrend_p"] > 0.05
    # Leaving out the ring makes a difference: those near the hosts fell.
    assert finding.rings.loc[0, "ignoring"] > finding.rings.loc[0, "estimate"] + 0.002


def test_nothing_is_not_found_where_the_data_are_sharp_and_cannot_be_told_where_not() -> None:
    sharp = _ask(country(**BIG, noise=0.001), options())
    assert sharp.rings.loc[[0, 1, 2], "verdict"].tolist() == ["none"] * 3
    blunt = _ask(country(**BIG, noise=0.02), options())
    assert set(blunt.rings.loc[[0, 1, 2], "verdict"]) == {"unknown"}


def test_hosts_that_grew_before_cannot_be_told() -> None:
    finding = _ask(country(**BIG, trend=0.01, noise=0.001), options())
    assert finding.rings.loc[0, "p_holm"] < 0.05
    assert finding.rings.loc[0, ["verdict", "why"]].tolist() == ["unknown", "pretrend"]


def test_the_corrected_p_is_holms() -> None:
    rings = _ask(country(**BIG), options()).rings
    real = rings[~rings["placebo"].astype(bool)].sort_values("p")
    steps = real["p"].to_numpy(float) * np.array([3, 2, 1])
    assert real["p_holm"].to_numpy() == pytest.approx(np.minimum(np.maximum.accumulate(steps), 1))


def test_a_study_without_years_before_never_finds() -> None:
    asked = options(outcomes={"people": {"label": {}, "years": [2014, 2019]}})
    finding = _ask(
        country(
            **BIG,
            effect=0.2,
            noise=0.001,
        ),
        asked,
    )
    # The years before 2015 hold the base year alone for some, one year more for others.
    assert finding.rings.loc[0, "pretrend_years"] <= 1
    asked = options(outcomes={"people": {"label": {}, "years": [2016, 2019], "after_only": True}})
    after = _ask(country(**BIG, effect=0.2, noise=0.001), asked)
    assert set(after.rings.loc[[0, 1, 2], "why"]) == {"no_before"}
    for lang in LANGUAGES:
        assert "2016" in finding_lines(after, asked.studies["s"], lang)[0]


@pytest.mark.parametrize(
    ("kind", "ring", "territory", "study"),
    [
        ("too_few", 0, {"hubs": [(14, 2014), (21, 2015)]}, {}),
        ("no_members", 1, {}, {"rings": [10, 60]}),
        ("no_timing", None, {}, {"outcomes": {"people": {"label": {}, "years": [2016, 2019]}}}),
        ("collinear", None, {"constant": True}, {}),
        ("few_compared", None, {}, {"rings": [30, 400]}),
        ("few_years", None, {"years": range(2019, 2020)}, {}),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_way_out(kind, ring, territory, study) -> None:
    finding = _ask(country(**territory), options(**study))
    refusal = finding.refusal if ring is None else finding.refusals[ring]
    assert refusal is not None
    assert refusal.kind == kind
    asked = options(**study).studies["s"]
    for lang in LANGUAGES:
        assert refusal.why[lang]
        assert any(refusal.way_out[lang] in line for line in finding_lines(finding, asked, lang))


def test_all_faults_at_once() -> None:
    outcomes = {
        "births": {"label": {}, "table": "indicator", "item": "births"},
        "young": {"label": {}, "from_age": 7, "below_age": 40},
    }
    with pytest.raises(BadInputError) as caught:
        evaluate(country(), options(outcomes=outcomes), np.random.default_rng(0))
    assert {fault.table for fault in caught.value.faults} == {"indicators"}


def test_the_same_seed_gives_the_same_tables() -> None:
    one, two = (
        evaluation_tables(evaluate(country(), options(), np.random.default_rng(3)))
        for _ in range(2)
    )
    assert all(one[key].equals(two[key]) for key in one)


def test_the_bounds_on_parting_trends_are_the_librarys() -> None:
    """Relative magnitudes of Rambachan and Roth, in closed form and by diff-diff."""
    from diff_diff import HonestDiD
    from diff_diff.results import MultiPeriodDiDResults, PeriodEffect

    finding = _ask(country(**BIG, effect=0.05), options())
    table = finding.exposure.table
    exposed = np.flatnonzero((table["role"] == "exposed") & (table["ring"] == 0))
    others = np.flatnonzero(table["role"] == "unexposed")
    panel = finding.panel.to_numpy(float)
    events = group_time(exposed, table["cohort"].to_numpy()[exposed], others, finding.years)
    before, after = [t for t in events if t < -1], [t for t in events if t >= 0]
    told = {t: float(d.estimate(panel)) for t, d in events.items()}
    cells = np.array([len(events[t]) for t in after], float)
    result = MultiPeriodDiDResults(
        {t: PeriodEffect(t, e, 1e-9, 0.0, 1.0, (0.0, 0.0)) for t, e in told.items()},
        0.0, 0.0, 0.0, 1.0, (0.0, 0.0), 100, 5, 50, before, after,
        vcov=np.eye(len(told)) * 1e-18, interaction_indices={t: i for i, t in enumerate(told)},
        reference_period=-1,
    )  # fmt: skip
    bounds = HonestDiD("relative_magnitude", M=0.5, l_vec=cells / cells.sum()).fit(result)
    row = finding.rings.loc[0]
    slack = row["violation_high"] - row["high"]
    assert slack == pytest.approx((bounds.ub - bounds.lb) / 2, abs=1e-6)
    assert row["estimate"] == pytest.approx((bounds.ub + bounds.lb) / 2, abs=1e-6)
