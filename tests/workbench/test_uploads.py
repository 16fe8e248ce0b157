"""Whatever is uploaded: faults in the answer, never a 5xx, nothing outside the data folder."""

import contextlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gangso.errors import BadInputError
from gangso.workbench.office import Office
from gangso.workbench.uploads import take_package

MUNICIPALITIES = (
    "code,name,name_en,province,population,lon,lat,area_km2\n"
    "01,@하나,<script>alert(1)</script>,북,80000,127.0,37.0,100\n"
    "02,둘,Two,북,60000,127.1,37.0,100\n"
    "03,셋,Three,남,70000,127.2,37.0,100\n"
)
CONTIGUITY = "a,b,link\n01,02,land\n02,03,land\n"


def package(**files: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def good(**more: str | bytes) -> bytes:
    said = {"gangso": {"name": "tiny", "title": {"ko": "작은 나라", "en": "Tiny"}}}
    files: dict[str, str | bytes] = {
        "datapackage__json": json.dumps(said),
        "municipalities__csv": MUNICIPALITIES,
        "contiguity__csv": CONTIGUITY,
    }
    return package(**{**files, **more})


def send(client: httpx.Client, content: bytes, name: str = "x.zip") -> httpx.Response:
    return client.post("/api/territories", files={"package": (name, content)})


def listing(office: Office) -> set[Path]:
    return set(office.settings.data.parent.rglob("*"))


def test_a_package_is_taken_and_planned_on(client: httpx.Client, office: Office) -> None:
    sent = good()
    answer = send(client, sent, "../../../etc/<script>.zip")
    assert answer.status_code == 201, answer.text
    ident = answer.json()["id"]
    assert answer.json()["title"]["ko"] == "작은 나라"
    listed = [item["id"] for item in client.get("/api/territories").json()]
    assert listed == ["korea", ident]
    made = client.post("/api/scenarios", json={"name": "plan", "territory": ident})
    assert made.status_code == 201, made.text
    home = f"/api/scenarios/{made.json()['id']}"
    assert client.get(f"{home}/plan").json()["status"] == "proven"
    codes = ["01", "02"]
    edit = {"version": 1, "edit": {"kind": "together", "codes": codes}}
    assert client.post(f"{home}/edits", json=edit).json()["change"]["adopted"]
    assert f"{ident}.zip" in client.get(f"{home}/scenario.yaml").text
    assert client.get(f"/api/territories/{ident}/package").content == sent
    table = client.get(f"{home}/alliances.csv").text
    cells = [cell for line in table.split("\r\n") for cell in line.split(",")]
    assert any(cell.startswith("'@하나") for cell in cells)
    assert not any(cell.startswith(("=", "@", "+")) for cell in cells)
    kept = office.package(ident)
    assert kept is not None
    assert kept.parent == office.settings.data / "territories"
    future = client.get(f"{home}/municipalities/01/future")
    assert future.status_code == 422  # there is no population table, and it says so
    assert client.get(f"{home}/municipalities/01").status_code == 200


def test_every_fault_is_reported_at_once(client: httpx.Client) -> None:
    rows = MUNICIPALITIES.replace("80000", "many").replace("127.1", "927.1")
    answer = send(client, good(municipalities__csv=rows))
    assert answer.status_code == 422
    faults = answer.json()["faults"]
    assert {fault["value"] for fault in faults} >= {"many", "927.1"}
    assert all(fault["problem"]["ko"] and fault["fix"]["en"] for fault in faults)


def test_a_territory_can_be_deleted_when_nothing_stands_on_it(
    client: httpx.Client, office: Office
) -> None:
    ident = send(client, good()).json()["id"]
    made = client.post("/api/scenarios", json={"name": "on it", "territory": ident}).json()
    refused = client.delete(f"/api/territories/{ident}")
    assert refused.status_code == 422
    assert "on it" in refused.json()["faults"][0]["problem"]["en"]
    client.delete(f"/api/scenarios/{made['id']}", params={"version": 1})
    package_file = office.package(ident)
    assert package_file is not None
    assert client.delete(f"/api/territories/{ident}").status_code == 204
    assert not package_file.exists()
    assert client.delete(f"/api/territories/{ident}").status_code == 404
    assert client.get(f"/api/territories/{ident}/municipalities").status_code == 404
    assert client.delete("/api/territories/korea").status_code == 422


def test_no_more_territories_than_are_kept(
    client: httpx.Client, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = len(office.store.territories())
    monkeypatch.setattr(office, "settings", replace(office.settings, most_territories=most))
    before = listing(office)
    refused = send(client, good())
    assert refused.status_code == 422
    assert refused.json()["faults"][0]["kind"] == "too_many_territories"
    assert listing(office) == before


def test_what_would_keep_the_server_busy_for_hours_is_refused(client: httpx.Client) -> None:
    asked = {"projection": {"draws": 5000}, "answers": {"robustness": {"draws": 100000}}}
    refused = client.post("/api/scenarios", json={"name": "dear", "scenario": asked})
    assert refused.status_code == 422
    faults = {f["column"]: f for f in refused.json()["faults"]}
    assert set(faults) == {"projection.draws", "answers.robustness.draws"}
    assert "500" in faults["projection.draws"]["fix"]["ko"]
    said = json.dumps({"gangso": {"scenario": asked}})
    assert send(client, good(datapackage__json=said)).status_code == 422


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("municipalities.csv", b"0" * (80 << 20))
    return out.getvalue()


def link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("municipalities.csv")
        entry.external_attr = 0xA1FF << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def refused_packages() -> dict[str, bytes]:
    many = {f"f{number}__csv": "" for number in range(300)}
    reads = json.dumps({"gangso": {"scenario": {"answers": {"groupings": ["/etc/passwd"]}}}})
    remote = b"<OGRVRTDataSource><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTDataSource>"
    return {
        "up": package(**{"../evil__csv": "x", "datapackage__json": "{}"}),
        "absolute": package(**{"/tmp/evil__csv": "x"}),
        "drive": package(**{"C:\\evil__csv": "x"}),
        "backslash": package(**{"..\\evil__csv": "x"}),
        "link": link(),
        "bomb": bomb(),
        "many": package(**many),
        "disguised": good(boundaries__gpkg=remote),
        "parquet": good(settlements__parquet=b"no parquet"),
        "reads a file": good(datapackage__json=reads),
        "no zip": b"hello",
        "nothing": b"",
        "cut short": good()[:200],
        "wrong json": good(datapackage__json="[1"),
        "json of another kind": good(datapackage__json='{"resources": 3, "gangso": []}'),
        "binary": good(municipalities__csv=bytes(range(256))),
    }


@pytest.mark.parametrize("name", refused_packages())
def test_what_is_refused_leaves_no_trace(client: httpx.Client, office: Office, name: str) -> None:
    before = listing(office)
    answer = send(client, refused_packages()[name])
    assert answer.status_code == 422, answer.text
    assert answer.json()["faults"][0]["fix"]["ko"]
    assert listing(office) == before
    assert not Path("/tmp/evil.csv").exists()


def test_too_large_an_upload(client: httpx.Client, office: Office) -> None:
    noise = np.random.default_rng(1).bytes(3 << 20)
    before = listing(office)
    assert send(client, noise).status_code == 413
    assert listing(office) == before


def mutated(data: st.DataObject) -> bytes:
    """A package with some bytes changed, inside its files or in the archive itself."""
    files: dict[str, str | bytes] = {}
    sheet = pd.DataFrame({"code": ["01"], "municipality": ["01"], "population": [1.0]})
    parquet = io.BytesIO()
    sheet.to_parquet(parquet)
    parts = {
        "municipalities__csv": MUNICIPALITIES.encode(),
        "contiguity__csv": CONTIGUITY.encode(),
        "settlements__parquet": parquet.getvalue(),
        "boundaries__geojson": b'{"type":"FeatureCollection","features":[]}',
    }
    for name, content in parts.items():
        if data.draw(st.booleans()):
            files[name] = _flipped(data, content)
    whole = good(**files)
    return _flipped(data, whole) if data.draw(st.booleans()) else whole


def _flipped(data: st.DataObject, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 10))
    return bytes(changed[: len(changed) - cut])


@given(st.data())
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_broken_packages_are_bad_input_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    path = folder / "sent.zip"
    path.write_bytes(mutated(data))
    with contextlib.suppress(BadInputError):
        take_package(path)
    assert list(folder.iterdir()) == [path]
