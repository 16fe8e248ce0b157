"""The page on certificates is exact: a checker written from it alone agrees with the verifier."""

import copy
import json
from typing import Any

import pytest

from gangso.alliances import AllianceModel
from gangso.alliances.limits import Limits
from gangso.scenario import Rule, resolve
from gangso.territory.model import Territory
from tests.alliances.page_checker import check


def certificate(korea: Territory, limits: Limits | None = None, **options: Any) -> dict[str, Any]:
    """The certificate of two provinces: plain Python takes its time."""
    kept = ("Gangwon", "Chungbuk")
    others = tuple(p for p in korea.municipalities["province_en"].unique() if p not in kept)
    elsewhere = Rule(column="province_en", is_in=others, reason={"en": "elsewhere"})
    alliances = resolve(korea.metadata.scenario, {"alliances": options}).alliances
    found = AllianceModel(korea, alliances, [elsewhere]).solve(limits=limits)
    return json.loads(json.dumps(found.certificate))  # type: ignore[no-any-return]


WEIGHTS = {"population": 1.0, "ties": 0.0, "span": 0.05, "province": 0.0, "alone": 0.0}
HARD = {"weights": WEIGHTS, "target_population": 150_000}


@pytest.mark.parametrize(
    ("part", "limits", "options"),
    [
        ("rows", None, {"max_alliances": 6, "max_span_km": 70, "do_not_cross": "province"}),
        ("cuts", None, HARD),
        ("pair", Limits(cut_rounds=0), HARD),
        ("patches", Limits(cut_rounds=0, window=8), HARD),
    ],
)
def test_the_page_says_all_that_a_checker_needs(
    korea: Territory, part: str, limits: Limits | None, options: dict[str, Any]
) -> None:
    genuine = certificate(korea, limits, **options)
    proof = genuine["proof"]
    assert part in proof or any(stage.get(part) for stage in proof["stages"])
    assert check(genuine) is genuine["proven"]
    forged = copy.deepcopy(genuine)
    stage = forged["proof"]["stages"][0]
    stage["units"][0] += 1_000_000
    stage["bound"] += 1_000_000
    with pytest.raises(AssertionError):
        check(forged)
