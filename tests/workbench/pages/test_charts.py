import itertools
import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gangso.workbench.pages.charts import Line, fan, pyramid, ticks


@given(st.floats(-1e7, 1e7), st.floats(1e-3, 1e7), st.integers(1, 8))
def test_ticks_are_round_ascending_and_inside(low: float, span: float, most: int) -> None:
    found = ticks(low, low + span, most)
    assert len(found) <= most + 1
    slack = 1e-6 * (abs(low) + span)
    assert all(low - slack <= t <= low + span + slack for t in found)
    steps = [b - a for a, b in itertools.pairwise(found)]
    assert all(math.isclose(step, steps[0], abs_tol=2 * slack) for step in steps)


def test_a_pyramid_has_a_bar_a_side_and_group_in_proportion() -> None:
    words = {"men": "<men>", "women": "women"}
    root = ET.fromstring(str(pyramid([1, 2, 4], [3, 0, 8], [0, 5, 10], 'a "label"', words, "en")))
    widths = {
        side: [float(r.get("width", "nan")) for r in root.iter("rect") if r.get("class") == side]
        for side in ("men", "women")
    }
    assert widths["women"][2] == pytest.approx(2 * widths["men"][2], abs=0.2)
    assert widths["women"][1] == 0
    assert root.get("aria-label") == 'a "label"'
    assert "<men>" in [text.text for text in root.iter("text")]


def test_a_fan_places_years_and_values() -> None:
    line = Line("ahead", {2020: 100.0, 2030: 50.0})
    root = ET.fromstring(str(fan([line], {2020: 100, 2030: 40}, {2020: 100, 2030: 60}, "x", "en")))
    (drawn,) = [p for p in root.iter("polyline") if "ahead" in (p.get("class") or "")]
    (x0, y0), (x1, y1) = [tuple(map(float, p.split(","))) for p in drawn.get("points", "").split()]
    assert x0 < x1
    assert y0 < y1  # fewer people stand lower
    (band,) = root.iter("polygon")
    assert len(band.get("points", "").split()) == 4
