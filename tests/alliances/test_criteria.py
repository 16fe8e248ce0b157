"""Criteria and wishes on real figures: scored twice, by the engine and by the verifier."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gangso.alliances import AllianceModel, Criterion, Partition, registered, verify_certificate
from gangso.alliances.candidates import Candidates
from gangso.alliances.criteria import _REGISTER, register
from gangso.alliances.scaled import Listed
from gangso.alliances.verify import digest
from gangso.errors import BadInputError
from gangso.scenario import AllianceOptions, Rule, read_wishes, resolve
from gangso.territory import Territory
from tests.alliances.countries import country

EVERYTHING: dict[str, Any] = {
    "weights": {
        "span_km": 0.3, "centrality": 1.0, "innovation_city": 1.0, "gateway": 1.0,
        "services": 1.0, "fiscal": 1.0, "fiscal_evenness": 1.0, "decline": 1.0, "wishes": 1.0,
        "largest": 0.5,
    },
    "criteria": {
        "largest": {
            "measure": "greatest",
            "values": {"column": "area_km2"},
            "best": 200,
            "worst": 2000,
            "label": {"ko": "넓이", "en": "Area"},
            "meaning": {"ko": "가장 넓은 구성 시군", "en": "The widest member"},
        }
    },
    "wishes": [
        {"who": "32010", "whom": "32310", "strength": 2},
        {"who": "32310", "whom": "32010", "strength": -1},
        {"who": "32030", "whom": "32040", "strength": -3},
        {"who": "32030", "whom": "32060", "strength": 1},
    ],
    "max_span_min": 110,
    "max_population": 700_000,
    "min_alliances": 3,
    "max_alliances": 5,
    "hub_required": [{"kind": "rail_station", "within_min": 150}],
}  # fmt: skip


def gangwon(korea: Territory, **options: Any) -> Partition:
    provinces = [p for p in korea.municipalities["province_en"].unique() if p != "Gangwon"]
    elsewhere = Rule(column="province_en", is_in=tuple(provinces), reason={"en": "elsewhere"})
    scenario = resolve(korea.metadata.scenario, {"alliances": options})
    return AllianceModel(korea, scenario.alliances, [elsewhere]).solve()


@pytest.fixture(scope="module")
def found(korea: Territory) -> Partition:
    return gangwon(korea, **EVERYTHING)


@pytest.fixture(scope="module")
def certificate(found: Partition) -> dict[str, Any]:
    return json.loads(json.dumps(found.certificate))  # type: ignore[no-any-return]


def failures(certificate: dict[str, Any]) -> list[str]:
    return [check.key for check in verify_certificate(certificate) if not check.passed]


def test_every_measure_is_scored_the_same_twice(
    found: Partition, certificate: dict[str, Any]
) -> None:
    kinds = {measure["kind"] for measure in certificate["measures"].values()}
    assert kinds >= {"ratio", "spread", "greatest", "at_largest", "steps", "pair_max", "wishes"}
    assert failures(certificate) == []
    assert found.status == "proven"
    assert 3 <= len(found.alliances) <= 5
    assert found.alliances["span"].max() <= 110
    assert set(found.criteria.index) == set(certificate["measures"])
    assert found.criteria.loc["span", "unit"] == "min"


def test_signed_forgeries_of_figures_rows_and_requirements_fail(
    certificate: dict[str, Any],
) -> None:
    """A thousand of them: proof, plan, limits of the whole plan, and their prices."""

    def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        if isinstance(value, (dict, list)):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            return [p for key, item in items for p in paths(item, (*path, key))]
        return [path] if type(value) in (int, float) else []

    assert certificate["proof"]["stages"][0]["rows"]
    rng = np.random.default_rng(11)
    known = paths({key: certificate[key] for key in ("plan", "proof", "cost", "candidates")})
    text = json.dumps(certificate)
    for _ in range(1000):
        path = known[rng.integers(len(known))]
        forged = json.loads(text)
        target: Any = forged
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] += int(rng.integers(1, 1000)) * int(rng.choice([-1, 1]))
        forged["digest"] = digest(forged)
        assert failures(forged), path
    for key, value in (("max_alliances", 2), ("max_span_min", 20), ("hubs", None)):
        forged = json.loads(text)
        if value is None:
            forged["requirements"]["hubs"][0]["within"] = 1
        else:
            forged["requirements"][key] = value
        forged["digest"] = digest(forged)
        assert failures(forged), key
    for measure in certificate["measures"]:
        forged = json.loads(text)
        figures = forged["measures"][measure]
        key = next(k for k, v in figures.items() if isinstance(v, list) and k != "thresholds")
        figures[key].pop()
        forged["digest"] = digest(forged)
        assert failures(forged), measure


def test_the_price_of_a_wish_is_what_locking_it_costs(korea: Territory, found: Partition) -> None:
    table = found.wishes
    assert len(table) == 4
    # Of two that contradict each other one is kept and one is not.
    assert set(table["status"].iloc[:2]) == {"kept", "not_kept"}
    for row in table[table["status"] == "not_kept"].itertuples():
        key = "must_link" if row.strength > 0 else "cannot_link"
        locked = gangwon(korea, **EVERYTHING, **{key: [[row.who, row.whom]]})
        assert row.exact
        assert row.loss == pytest.approx(locked.cost - found.cost, abs=1e-9)


def test_a_function_of_ones_own_is_taken_as_given(korea: Territory) -> None:
    def odd(candidates: Candidates) -> Any:
        return (candidates.members.sum(axis=1) % 7) / 6.0

    text = {f"{what}_{lang}": "x" for what in ("label", "meaning") for lang in ("ko", "en")}
    register(Criterion("odd", "share", lambda _units, _options: Listed(odd), text))
    try:
        assert "odd" in registered()
        certificate = json.loads(json.dumps(gangwon(korea, weights={"odd": 2.0}).certificate))
    finally:
        del _REGISTER["odd"]
    checks = verify_certificate(certificate)
    assert all(check.passed for check in checks)
    assert next(check.detail for check in checks if check.key == "given") == "odd"
    certificate["measures"]["odd"]["scores"].pop()
    certificate["digest"] = digest(certificate)
    assert "figures" in failures(certificate)


def test_without_settlements_span_is_in_km_and_says_so() -> None:
    land = country(4, [(0, 1), (1, 2), (2, 3)], 5)
    found = AllianceModel(land, AllianceOptions()).solve()
    assert found.criteria.loc["span", "unit"] == "km"
    assert any("straight-line" in note["en"] for note in found.notes)


def test_faults_of_a_file_of_wishes_name_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "wishes.csv"
    path.write_text("who,whom,strength\na,b,1\n,b,0\na,a,x\n", encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        read_wishes(path)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (3, "who"), (3, "strength"), (4, "whom"), (4, "strength"),
    ]  # fmt: skip
    path.write_text("who,whom\na,b\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="strength"):
        read_wishes(path)
    with pytest.raises(BadInputError):
        read_wishes(tmp_path / "none.csv")
