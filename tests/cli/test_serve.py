"""`gangso serve` as a planner starts it, and what it refuses before anything is loaded."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

COMMAND = [sys.executable, "-c", "from gangso.cli import main; main()", "serve", "--lang", "en"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_taken_port_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run("--port", str(port), "--data", str(tmp_path / "data"))
    assert refused.returncode == 2
    assert f"127.0.0.1:{port}" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_it_serves_pages_and_api_and_keeps_the_token_to_itself(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token, data = "correct-horse-battery", tmp_path / "data"
    process = subprocess.Popen(
        [*COMMAND, "--port", str(port), "--data", str(data)],
        env={**os.environ, "GANGSO_TOKEN": token}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            until = time.monotonic() + 240
            while True:
                try:
                    answer = client.get("/api/scenarios")
                    break
                except httpx.TransportError:
                    assert process.poll() is None
                    assert time.monotonic() < until
                    time.sleep(0.2)
            assert answer.status_code == 401
            entered = client.post("/login", data={"token": token}, follow_redirects=True)
            assert entered.status_code == 200
            assert "/workbench/style.css" in entered.text
            assert client.get("/api/scenarios").json() == []
        assert {path.name for path in data.iterdir()} >= {"gangso.sqlite", "jobs", "territories"}
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=60)
    assert f"http://127.0.0.1:{port}/" in said
    assert token not in said
