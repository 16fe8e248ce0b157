"""The API, call by call, on the real territory."""

import json
from typing import Any

import httpx
import pytest
import yaml

from gangso.alliances import verify_certificate
from gangso.scenario import resolve
from gangso.workbench.office import Office
from gangso.workbench.session import Session
from tests.workbench.test_session import split_neighbours

JSON = dict[str, Any]


@pytest.fixture(scope="module")
def pairs(office: Office) -> list[tuple[str, str]]:
    return split_neighbours(Session(office.ground()))


def create(client: httpx.Client, **more: Any) -> JSON:
    answer = client.post("/api/scenarios", json={"name": "시험", **more})
    assert answer.status_code == 201, answer.text
    made: JSON = answer.json()
    return made


def lock(client: httpx.Client, made: JSON, pair: tuple[str, str]) -> JSON:
    answer = client.post(
        f"/api/scenarios/{made['id']}/edits",
        json={"version": made["version"], "edit": {"kind": "together", "codes": pair}},
    )
    assert answer.status_code == 200, answer.text
    found: JSON = answer.json()
    return found


def test_edit_undo_redo_and_what_the_command_line_takes(
    client: httpx.Client, office: Office, pairs: list[tuple[str, str]]
) -> None:
    made = create(client, note="첫 안")
    home = f"/api/scenarios/{made['id']}"
    first = client.get(f"{home}/plan").json()
    moved = lock(client, made, pairs[4])
    assert moved["scenario"]["version"] == 2
    change = moved["change"]
    assert change["adopted"]
    assert change["price"]["cost"] == pytest.approx(change["cost_after"] - first["cost"])
    assert set(pairs[4]) <= set(change["moved"])
    plan = client.get(f"{home}/plan").json()
    assert plan["status"] == "proven"
    assert plan["cost"] == change["cost_after"]
    certificate = client.get(f"{home}/certificate.json").json()
    assert all(check.passed for check in verify_certificate(certificate))
    said = yaml.safe_load(client.get(f"{home}/scenario.yaml").text)
    assert said["territory"] == "korea"
    assert said["name"] == "시험"
    options = resolve(said).alliances
    assert options.must_link == (pairs[4],)
    assert office.ground().solve(office.store.get(made["id"]).scenario).cost == plan["cost"]
    prices = client.get(f"{home}/prices").json()
    assert [price["cost"] for price in prices] == [change["price"]["cost"]]
    back = client.post(f"{home}/undo", json={"version": 2}).json()
    assert back["change"]["cost_after"] == first["cost"]
    assert client.post(f"{home}/undo", json={"version": 3}).status_code == 409
    again = client.post(f"{home}/redo", json={"version": 3}).json()
    assert again["change"]["cost_after"] == plan["cost"]
    assert [v["version"] for v in client.get(f"{home}/versions").json()] == [4, 3, 2, 1]


def test_two_browsers_do_not_overwrite_each_other(
    client: httpx.Client, pairs: list[tuple[str, str]]
) -> None:
    made = create(client)
    home = f"/api/scenarios/{made['id']}"
    lock(client, made, pairs[0])
    edit = {"version": 1, "edit": {"kind": "together", "codes": pairs[1]}}
    refused = client.post(f"{home}/edits", json=edit)
    assert refused.status_code == 409
    assert refused.json()["theirs"]["version"] == 2
    assert refused.json()["theirs"]["base"] == 1
    assert client.patch(home, json={"version": 1, "name": "x"}).status_code == 409
    assert client.patch(home, json={"version": 2, "name": "새 이름"}).json()["version"] == 3
    assert client.delete(home, params={"version": 1}).status_code == 409
    assert client.delete(home, params={"version": 3}).status_code == 204
    assert client.get(home).status_code == 404


def test_what_cannot_be_is_an_answer(client: httpx.Client, pairs: list[tuple[str, str]]) -> None:
    made = create(client)
    home = f"/api/scenarios/{made['id']}"
    (a, b), version = pairs[2], 1
    assert lock(client, made, (a, b))["scenario"]["version"] == 2
    edit = {"version": 2, "edit": {"kind": "apart", "codes": [b, a]}}
    answer = client.post(f"{home}/edits", json=edit)
    assert answer.status_code == 200
    assert not answer.json()["change"]["adopted"]
    assert answer.json()["change"]["conflict"]["culprits"]["ko"]
    assert answer.json()["scenario"]["version"] == 2
    stuck = {"alliances": {"must_link": [[a, b]], "cannot_link": [[a, b]]}}
    refused = client.post("/api/scenarios", json={"name": "x", "scenario": stuck})
    assert refused.status_code == 422
    assert refused.json()["conflict"]["way_out"]["en"]
    assert version == made["version"]


def test_cards_and_score(client: httpx.Client) -> None:
    made = create(client)
    home = f"/api/scenarios/{made['id']}"
    plan = client.get(f"{home}/plan").json()
    first = plan["alliances"][0]
    ident, codes = first["alliance"], first["members"].split("|")
    card = client.get(f"{home}/alliances/{ident}").json()
    assert sum(row["part"] for row in card["scores"]) == pytest.approx(first["cost"], abs=1e-5)
    assert client.get(f"{home}/alliances/{ident}/bases").json()["group"]["cost"] >= 0
    assert client.get(f"{home}/alliances/{ident}/compact").json()["sharing"]["shares"]
    assert client.get(f"{home}/alliances/{ident}/future").json()[-1]["low"] > 0
    place = client.get(f"{home}/municipalities/{codes[0]}").json()
    assert place["alliance"] == ident
    assert client.get(f"{home}/municipalities/{codes[0]}/alternative").json()["why_ko"]
    assert client.get(f"{home}/municipalities/11010/alternative").json() is None
    assert client.get(f"{home}/municipalities/{codes[0]}/future").json()
    assert client.get(f"{home}/ledger").json()["plan"]["alliances"] == len(plan["alliances"])
    scored = client.post(f"{home}/score", json={"groups": [codes[:-1]]}).json()
    assert scored["comparison"]["groups"][0]["keeping"] > 0
    assert client.get(f"{home}/alliances/A99").status_code == 422
    assert client.get(f"{home}/municipalities/nowhere").status_code == 422


def test_compare(client: httpx.Client, pairs: list[tuple[str, str]]) -> None:
    one, other = create(client), create(client, name="둘째")
    lock(client, other, pairs[3])
    query = {"one": one["id"], "other": other["id"]}
    sides = client.get("/api/compare", params=query).json()
    assert [item["key"] for item in sides["differing"]] == ["alliances.must_link"]
    assert sides["other_by_one"] == sides["cost_other"] > sides["cost_one"]
    assert set(pairs[3]) <= set(sides["moved"])
    assert sides["same"]


def test_a_scenario_is_taken_as_yaml(client: httpx.Client) -> None:
    text = "alliances:\n  target_population: 200000\n  weights: {ties: 3}\n"
    made = create(client, yaml=text)
    assert made["scenario"]["alliances"]["target_population"] == 200_000
    assert made["scenario"]["alliances"]["weights"]["span"] == 1.0
    for bad in ("a: [", "- 1", "alliances: {targets: 3}", "1: 2", "a: &x [1]\nb: *x", "[" * 5000):
        answer = client.post("/api/scenarios", json={"name": "x", "yaml": bad})
        assert answer.status_code == 422, bad
        assert answer.json()["faults"][0]["fix"]["ko"]


def test_a_scenario_cannot_have_files_of_the_server_read(client: httpx.Client) -> None:
    for named in ("/etc/passwd", "../../secret.csv"):
        scenario = {"answers": {"groupings": [named]}}
        answer = client.post("/api/scenarios", json={"name": "x", "scenario": scenario})
        assert answer.status_code == 422
    elsewhere = {"territory": "/etc"}
    made = create(client, scenario=elsewhere)
    assert made["territory"] == "korea"
    assert made["scenario"]["territory"] == "korea"


def test_names_are_harmless(client: httpx.Client) -> None:
    name = "<script>alert(1)</script>=HYPERLINK(1)"
    made = create(client, name=name)
    found = client.get(f"/api/scenarios/{made['id']}")
    assert found.json()["name"] == name
    assert found.headers["content-type"] == "application/json"
    assert found.headers["x-content-type-options"] == "nosniff"
    csv = client.get(f"/api/scenarios/{made['id']}/alliances.csv")
    assert csv.headers["content-disposition"].startswith("attachment")
    assert csv.content.startswith("\ufeff".encode())
    for bad in ("a\x00b", "\ud800", "", " ", "x" * 201):
        answer = client.post(
            "/api/scenarios", content=b'{"name": ' + ascii_json(bad) + b"}",
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.status_code == 422


def ascii_json(text: str) -> bytes:
    return json.dumps(text).encode("ascii")
