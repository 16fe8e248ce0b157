"""The wheel by itself: installed in a clean environment, without the repository."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("uv") is None, reason="uv is needed to build the wheel"),
]


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    clean = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**clean, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of an environment that holds nothing but the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    run("uv", "build", "--quiet", "--wheel", "--out-dir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("gangso-*.whl")
    # The versions that are pinned here, as a text that `uv pip` reads.
    pins = folder / "pins.txt"
    pins.write_text(run("uv", "export", "--quiet", "--no-hashes", "--no-emit-project",
                        "--no-annotate", "--no-header", cwd=ROOT))  # fmt: skip
    environment = folder / "environment"
    run("uv", "venv", "--quiet", "--python", sys.executable, environment, cwd=folder)
    python = environment / "bin" / "python"
    run("uv", "pip", "install", "--quiet", "--python", python, "--constraint", pins, wheel,
        cwd=folder)  # fmt: skip
    return environment / "bin" / "gangso"


def test_a_plan_is_made_and_verified_without_the_repository(program: Path, tmp_path: Path) -> None:
    asked = run(program, "plan", "--out", tmp_path / "plan", "--json", "--quiet", cwd=tmp_path)
    assert json.loads(asked)["partition"]["status"] == "proven"
    names = {path.name for path in (tmp_path / "plan").iterdir()}
    assert {"brief.pdf", "brief.html", "plan.gpkg", "tables", "certificate.json"} <= names
    run(program, "verify", tmp_path / "plan", cwd=tmp_path)
