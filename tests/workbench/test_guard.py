"""The door: who comes in, from where, and what never leaves."""

import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request

from gangso.errors import BadInputError
from gangso.workbench.app import create_app, token_for
from gangso.workbench.guard import COOKIE, MOST_BODY, Guard
from gangso.workbench.office import Office
from tests.workbench.conftest import serving

TOKEN = "correct-horse-battery"


@pytest.fixture(scope="module")
def plain() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def page() -> str:
        return "page"

    @app.get("/api/x")
    @app.post("/api/x")
    async def call(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.fixture(scope="module")
def local(plain: FastAPI) -> Iterator[httpx.Client]:
    with serving(Guard(plain, None, 1 << 20)) as url, httpx.Client(base_url=url) as found:
        yield found


@pytest.fixture(scope="module")
def guarded(plain: FastAPI) -> Iterator[httpx.Client]:
    with serving(Guard(plain, TOKEN, 1 << 20)) as url, httpx.Client(base_url=url) as found:
        yield found


def test_only_this_machine_without_a_token(local: httpx.Client) -> None:
    assert local.get("/").status_code == 200
    for host in ("evil.example", "127.0.0.1.evil.example", "", "[::", "10.0.0.1:8080"):
        assert local.get("/", headers={"Host": host}).status_code == 400, host


def test_other_sites_cannot_write(local: httpx.Client, guarded: httpx.Client) -> None:
    own = str(local.base_url).rstrip("/")
    assert local.post("/api/x", headers={"Origin": own}).status_code == 200
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        assert local.post("/api/x", headers={"Origin": origin}).status_code == 403
        headers = {"Origin": origin, "Authorization": f"Bearer {TOKEN}"}
        assert guarded.post("/api/x", headers=headers).status_code == 403


def test_nothing_without_the_token(guarded: httpx.Client) -> None:
    assert guarded.get("/api/x").status_code == 401
    assert guarded.get("/").headers["location"] == "/login"
    for wrong in ("Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer 한글".encode()):
        answer = guarded.get("/api/x", headers={"Authorization": wrong})
        assert answer.status_code == 401
        assert TOKEN not in answer.text
    for wrong in (f"{COOKIE}={TOKEN}", f"{COOKIE}=", "=;=", f"{COOKIE}=\xff"):
        cookie = wrong.encode("latin-1")
        assert guarded.get("/api/x", headers={"Cookie": cookie}).status_code == 401
    right = {"Authorization": f"Bearer {TOKEN}", "Host": "planning.example"}
    assert guarded.get("/api/x", headers=right).status_code == 200


def test_the_form_sets_a_cookie_that_is_not_the_token(guarded: httpx.Client) -> None:
    assert 'type="password"' in guarded.get("/login").text
    assert guarded.post("/login", data={"token": "wrong"}).status_code == 401
    assert guarded.post("/login", content=b"x" * 10_000).status_code == 413
    entered = guarded.post("/login", data={"token": TOKEN})
    assert entered.status_code == 303
    said = entered.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    assert TOKEN not in said
    assert guarded.get("/api/x").status_code == 200
    guarded.cookies.clear()


def test_too_large_a_request_is_refused(local: httpx.Client) -> None:
    assert local.post("/api/x", content=b"x" * (MOST_BODY + 1)).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(MOST_BODY // (1 << 20) + 2):
            yield b"x" * (1 << 20)

    assert local.post("/api/x", content=endless()).status_code == 413
    assert local.get("/").headers["x-frame-options"] == "DENY"


def test_a_token_is_drawn_where_others_come_in(tmp_path: Path) -> None:
    assert token_for("127.0.0.1", None, tmp_path) == (None, None)
    assert token_for("0.0.0.0", TOKEN, tmp_path) == (TOKEN, None)
    token, file = token_for("0.0.0.0", None, tmp_path)
    assert token is not None
    assert file is not None
    assert len(token) >= 32
    assert file.read_text().strip() == token
    assert file.stat().st_mode & 0o077 == 0
    for weak in ("short", "열여섯 글자가 넘는 한글 토큰입니다요"):
        with pytest.raises(BadInputError):
            token_for("0.0.0.0", weak, tmp_path)


def test_no_secret_is_logged(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(create_app(office, TOKEN)) as url, httpx.Client(base_url=url) as client:
        client.get("/api/scenarios", headers={"Authorization": f"Bearer {TOKEN}"})
        client.get(f"/api/scenarios?token={TOKEN}")
        client.post("/login", data={"token": TOKEN})
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    assert not any(TOKEN in line for line in ours)
