"""``gangso plan`` and ``gangso verify`` from end to end, on the embedded Korea."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from gangso.cli.app import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100", "GANGSO_LANG": ""})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """One plan, and the document that was printed."""
    out = tmp_path_factory.mktemp("plans") / "plan"
    result = run("plan", "--out", str(out), "--json")
    assert result.exit_code == 0, result.output
    return out, json.loads(result.stdout)


@pytest.fixture
def copy(made: tuple[Path, dict[str, object]], tmp_path: Path) -> Path:
    """A plan that may be tampered with."""
    shutil.copytree(made[0], tmp_path / "plan")
    return tmp_path / "plan"


def test_the_folder_is_whole(made: tuple[Path, dict[str, object]]) -> None:
    out, document = made
    for name in ("brief.pdf", "brief.html", "plan.gpkg", "certificate.json", "scenario.yaml"):
        assert (out / name).stat().st_size > 0, name
    for name in ("alliances", "membership"):
        assert (out / "tables" / f"{name}.csv").is_file()
        assert (out / "tables" / f"{name}.parquet").is_file()
    assert document["partition"]["status"] == "proven"  # type: ignore[index]
    assert [entry.name for entry in out.parent.iterdir()] == ["plan"]


def test_a_plan_verifies(made: tuple[Path, dict[str, object]]) -> None:
    result = run("verify", str(made[0]), "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["holds"]
    assert {"tables", "data"} <= {check["key"] for check in document["checks"]}


def test_a_moved_municipality_is_found(copy: Path) -> None:
    path = copy / "tables" / "membership.parquet"
    table = pd.read_parquet(path)
    first, *_, last = table["alliance"].dropna().index
    table.loc[first, "alliance"] = table.loc[last, "alliance"]
    table.to_parquet(path)
    result = run("verify", str(copy), "--lang", "en")
    assert result.exit_code == 1
    assert "FAILED" in result.stdout


def test_a_raised_price_is_found(copy: Path) -> None:
    path = copy / "certificate.json"
    certificate = json.loads(path.read_text())
    certificate["proof"]["stages"][-1]["units"][0] += 10**6
    path.write_text(json.dumps(certificate))
    result = run("verify", str(copy), "--lang", "en")
    assert result.exit_code == 1
    assert "FAILED" in result.stdout


@pytest.mark.parametrize("content", ["not json", "[]", "{}"])
def test_a_broken_certificate_does_not_trace_back(copy: Path, content: str) -> None:
    (copy / "certificate.json").write_text(content)
    result = run("verify", str(copy))
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)


def test_anything_but_a_plan_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("years of work")
    result = run("plan", "--out", str(tmp_path), "--lang", "en")
    assert result.exit_code == 2
    assert "precious" not in result.output
    assert str(tmp_path)[:20] in result.output
    assert [entry.name for entry in tmp_path.iterdir()] == ["precious.txt"]


def test_an_earlier_plan_is_replaced(copy: Path) -> None:
    (copy / "left-over.txt").write_text("from an earlier version")
    result = run("plan", "--out", str(copy), "--lang", "en")
    assert result.exit_code == 0, result.output
    assert not (copy / "left-over.txt").exists()
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert "Proven optimal" in result.stdout


def test_bad_input_writes_nothing(tmp_path: Path) -> None:
    scenario = tmp_path / "s.yaml"
    scenario.write_text("colour: blue\n")
    assert run("plan", str(scenario), "--out", str(tmp_path / "plan")).exit_code == 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.yaml"]


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [1.0, 4.0, 6.0, 8.0])
def test_ctrl_c_leaves_no_half_plan(tmp_path: Path, seconds: float) -> None:
    # A shell that runs tests in the background has them ignore the interrupt; this does not.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from gangso.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "plan", "--out"]
    with subprocess.Popen(
        [*command, str(tmp_path / "plan")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    if process.returncode == 0:  # it was faster than we
        assert (tmp_path / "plan" / "brief.pdf").is_file()
        return
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert list(tmp_path.iterdir()) == []
