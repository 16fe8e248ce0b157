"""The verifier accepts what is true and rejects what is not."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gangso.alliances import AllianceModel, Partition, verify_certificate
from gangso.alliances.certificate import node_record
from gangso.alliances.solve import Limits, solve
from gangso.alliances.verify import digest
from gangso.alliances.verify_large import in_parts
from gangso.alliances.verify_proof import Proof
from gangso.alliances.verify_scores import FailedError
from gangso.scenario import AllianceOptions, Rule, resolve
from gangso.territory.model import Territory
from tests.alliances.test_solve import hard_instance

CRITERIA = ("population", "ties", "span", "province", "alone")


def model(korea: Territory, **options: Any) -> Partition:
    scenario = resolve(korea.metadata.scenario, {"alliances": options})
    return AllianceModel(korea, scenario.alliances, scenario.leave_out).solve()


@pytest.fixture(scope="module")
def plan(korea: Territory) -> Partition:
    return model(korea)


@pytest.fixture(scope="module")
def certificate(plan: Partition) -> dict[str, Any]:
    return json.loads(json.dumps(plan.certificate))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def small(korea: Territory) -> dict[str, Any]:
    """The certificate of one province: small enough to be checked a thousand times."""
    provinces = [p for p in korea.municipalities["province_en"].unique() if p != "Gangwon"]
    elsewhere = Rule(column="province_en", is_in=tuple(provinces), reason={"en": "elsewhere"})
    found = AllianceModel(korea, leave_out=[elsewhere]).solve()
    assert len(found.certificate["units"]) == 18
    return json.loads(json.dumps(found.certificate))  # type: ignore[no-any-return]


def failures(certificate: dict[str, Any]) -> list[str]:
    return [check.key for check in verify_certificate(certificate) if not check.passed]


def signed(certificate: dict[str, Any]) -> dict[str, Any]:
    """The certificate with a digest that fits: what a careful forger would hand in."""
    certificate["digest"] = digest(certificate)
    return certificate


def test_the_genuine_certificate_holds(plan: Partition, certificate: dict[str, Any]) -> None:
    assert failures(certificate) == []
    assert plan.status == "proven"
    assert plan.gap == 0
    assert {check.key for check in verify_certificate(certificate)} >= {"prices", "optimal", "cost"}


def test_an_infeasible_looking_wealth_of_requirements_is_checked(korea: Territory) -> None:
    found = model(
        korea,
        must_link=[["36030", "36060"]],
        cannot_link=[["32010", "32310"]],
        stand_alone=["36010"],
        fixed=[["34360", "34370"]],
        max_population=450_000,
        min_population=100_000,
        max_span_km=70,
    )
    certificate = json.loads(json.dumps(found.certificate))
    assert failures(certificate) == []
    codes = certificate["units"]
    together = next(g for g in certificate["plan"] if codes.index("36030") in g)
    assert codes.index("36060") in together
    assert [codes.index("36010")] in certificate["plan"]
    for group in certificate["plan"]:
        if len(group) > 1:
            assert sum(certificate["requirements"]["population"][u] for u in group) >= 100_000


def test_one_municipality_moved_to_a_neighbour_fails(certificate: dict[str, Any]) -> None:
    """Any such move gives a dearer plan, or a group that is no candidate at all."""
    n = len(certificate["units"])
    near: dict[int, set[int]] = {u: set() for u in range(n)}
    for a, b in certificate["links"]:
        near[a].add(b)
        near[b].add(a)
    moved = 0
    for number, group in enumerate(certificate["plan"]):
        for other, target in enumerate(certificate["plan"]):
            if number != other and len(group) > 1 and any(near[group[0]] & {u} for u in target):
                forged = copy.deepcopy(certificate)
                unit = forged["plan"][number].pop(0)
                forged["plan"][other] = sorted([*forged["plan"][other], unit])
                found = failures(signed(forged))
                assert found
                assert set(found) <= {"connected", "cost", "requirements"}
                moved += 1
    assert moved > 20


def test_a_municipality_twice_or_never_fails(certificate: dict[str, Any]) -> None:
    forged = copy.deepcopy(certificate)
    lost = next(group for group in forged["plan"] if len(group) > 2)
    lost.pop()
    assert failures(signed(forged)) == ["partition"]


def test_a_broken_connection_fails(certificate: dict[str, Any]) -> None:
    pair = next(group for group in certificate["plan"] if len(group) == 2)
    forged = copy.deepcopy(certificate)
    forged["links"] = [link for link in forged["links"] if sorted(link) != sorted(pair)]
    assert "connected" in failures(signed(forged))


def test_a_changed_population_fails(certificate: dict[str, Any]) -> None:
    forged = copy.deepcopy(certificate)
    forged["measures"]["population"]["values"][3] += 5_000
    assert failures(signed(forged))


def test_any_raised_price_fails(certificate: dict[str, Any]) -> None:
    for unit in range(0, len(certificate["units"]), 7):
        forged = copy.deepcopy(certificate)
        stage = forged["proof"]["stages"][-1]
        stage["units"][unit] += 50_000_000  # 0.00005 of cost
        assert failures(signed(forged))
        # Even with the bounds adjusted to match, the price is too high for some candidate.
        stage["bound"] += 50_000_000
        forged["bound"] = max(s["bound"] for s in forged["proof"]["stages"])
        assert "prices" in failures(signed(forged))


def test_a_claim_of_proof_without_proof_fails(certificate: dict[str, Any]) -> None:
    forged = copy.deepcopy(certificate)
    forged["proof"] = {"stages": [], "bound": 0}
    assert failures(signed(forged))


def numbers(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of a sample of the numbers in a certificate."""
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in numbers(item, (*path, key))]
    if isinstance(value, list):
        return [p for key, item in enumerate(value) for p in numbers(item, (*path, key))]
    return [path] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def test_a_thousand_random_corruptions_all_fail(small: dict[str, Any]) -> None:
    certificate = small
    rng = np.random.default_rng(7)
    paths = numbers({k: v for k, v in certificate.items() if k != "digest"})
    for _ in range(1000):
        path = paths[rng.integers(len(paths))]
        forged = copy.copy(certificate)
        target: Any = forged
        for key in path[:-1]:
            target[key] = copy.copy(target[key])
            target = target[key]
        old = target[path[-1]]
        target[path[-1]] = old + int(rng.integers(1, 1000)) * int(rng.choice([-1, 1]))
        assert failures(forged), path


def test_signed_forgeries_of_the_proof_all_fail(small: dict[str, Any]) -> None:
    """Numbers of plan and proof, with a digest that fits: only the mathematics can tell."""
    certificate = small
    rng = np.random.default_rng(8)
    parts = ("plan", "proof", "cost", "bound", "candidates")
    paths = numbers({key: certificate[key] for key in parts})
    for _ in range(300):
        path = paths[rng.integers(len(paths))]
        forged = copy.deepcopy(certificate)
        target: Any = forged
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] += int(rng.integers(1, 1000)) * int(rng.choice([-1, 1]))
        assert failures(signed(forged)), path


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x)))
@settings(max_examples=50, deadline=None)
def test_malformed_certificates_are_findings_not_crashes(junk: Any) -> None:
    for key in ("units", "links", "plan", "proof", "measures", "weights"):
        assert failures({"format": "gangso-certificate/3", "digest": "", key: junk})


def hard_proofs(korea: Territory, limits: Limits) -> Iterator[dict[str, Any]]:
    """Certificates of questions on Korea whose relaxation is far from integral."""
    rng = np.random.default_rng(3)
    for _ in range(8):
        weights = dict.fromkeys(korea.metadata.scenario["alliances"]["weights"], 0.0)
        weights |= dict(zip(CRITERIA, rng.dirichlet(np.ones(5)).round(3).tolist(), strict=True))
        scenario = resolve(
            korea.metadata.scenario,
            {"alliances": {"weights": weights, "target_population": 500_000}},
        )
        found = AllianceModel(korea, scenario.alliances, scenario.leave_out).solve(limits=limits)
        certificate = json.loads(json.dumps(found.certificate))
        assert failures(certificate) == []
        yield certificate


def test_cases_are_verified_too(korea: Territory) -> None:
    split = 0
    for certificate in hard_proofs(korea, Limits(cut_rounds=0)):
        assert certificate["proven"]
        if "pair" not in certificate["proof"]:
            continue
        split += 1
        forged = copy.deepcopy(certificate)
        del forged["proof"]["apart"]
        assert failures(signed(forged))
        forged = copy.deepcopy(certificate)
        forged["proof"]["apart"] = forged["proof"]["together"]
        assert failures(signed(forged))
    assert split > 0


def test_patches_are_verified_too(korea: Territory) -> None:
    """With small windows Korea is treated like a large territory."""
    patched = 0
    for certificate in hard_proofs(korea, Limits(cut_rounds=0, window=30, component=40)):
        for number, stage in enumerate(certificate["proof"]["stages"]):
            for forged_part in ("cost", "units"):
                if "patches" not in stage:
                    continue
                patched += 1
                forged = copy.deepcopy(certificate)
                patch = forged["proof"]["stages"][number]["patches"][0]
                patch[forged_part] = (
                    patch["cost"] // 2 if forged_part == "cost" else patch["units"][:-1]
                )
                assert failures(signed(forged))
    assert patched > 0


def test_cuts_made_of_cuts_are_verified_too() -> None:
    """The verifier's own reading of a proof whose cuts are made of cuts."""
    pool, cost, n = hard_instance()
    solution = solve(pool.members, cost, n)
    record = json.loads(json.dumps(node_record(solution.proof)))
    groups = np.where(pool.members < 0, n, pool.members).astype(np.int64)
    proof = Proof(groups, cost, n, solution.cost)

    def bound(record: dict[str, Any]) -> int:
        return proof.case(record, np.arange(len(cost)), "")

    assert bound(record) == solution.proof.bound > (solution.cost - 1) * 10**6
    made = 0
    for stage, stated in enumerate(record["stages"]):
        for number, cut in enumerate(stated.get("cuts", [])):
            if "cuts" not in cut:
                continue
            made += 1
            for parts in ([], [number], [-1], ["0"]):
                # A cut without a price is there for others only, and they may do without it.
                if parts or cut["price"]:
                    forged = copy.deepcopy(record)
                    forged["stages"][stage]["cuts"][number]["cuts"] = parts
                    with pytest.raises(FailedError):
                        bound(forged)
    assert made > 0


def test_without_options_everything_is_in_scope(korea: Territory) -> None:
    found = AllianceModel(korea, AllianceOptions(max_size=3)).solve()
    assert len(found.membership) == 229
    assert failures(json.loads(json.dumps(found.certificate))) == []


def test_cuts_made_of_cuts_are_not_checked_part_by_part() -> None:
    """They count where none of their own units are, so a part cannot tell which it needs."""
    plain = {"set": [0, 1, 2], "price": -1}
    for cuts, expected in (
        ([plain], True),
        ([plain, {"set": [3, 4], "cuts": [0], "price": -1}], False),
        ([{"set": [0, 1, 2, 3, 4, 5, 6], "price": -1}], False),
    ):
        proof = {"stages": [{"cuts": cuts}]}
        assert in_parts({"proof": proof, "requirements": {}, "measures": {}}) is expected
