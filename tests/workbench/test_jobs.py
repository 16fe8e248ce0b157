"""Jobs: made in a process of their own, stopped at once, found again."""

import json
import multiprocessing
import time
import zipfile
from pathlib import Path

import pytest

from gangso.scenario import Scenario
from gangso.workbench.jobs import BusyError, Job, Jobs, UnknownJobError, _work
from tests.workbench.test_uploads import good


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.zip"
    path.write_bytes(good())
    return path


def wait(jobs: Jobs, ident: str, states: set[str]) -> Job:
    until = time.monotonic() + 300
    while (job := jobs.get(ident)).state not in states:
        assert time.monotonic() < until, job
        time.sleep(0.05)
    return job


def test_a_plan_is_made_in_its_folder(tmp_path: Path, package: Path) -> None:
    jobs = Jobs(tmp_path / "jobs")
    scenario = Scenario(name="../../x", language="en", projection={"draws": 0})
    job = jobs.submit(scenario, package)
    done = wait(jobs, job.id, {"done", "failed"})
    assert done.state == "done", done.problem
    assert {"plan.zip", "brief.pdf", "brief.html", "plan.gpkg", "scenario.yaml"} <= set(done.files)
    with zipfile.ZipFile(jobs.file(job.id, "plan.zip")) as archive:
        assert set(archive.namelist()) == set(done.files) - {"plan.zip"}
    assert jobs.file(job.id, "brief.pdf").read_bytes().startswith(b"%PDF")
    assert "<script>alert(1)" not in jobs.file(job.id, "brief.html").read_text()
    for name in ("../job.json", "/etc/passwd", "job.json", "tables", ""):
        with pytest.raises(UnknownJobError):
            jobs.file(job.id, name)
    assert {path.name for path in tmp_path.iterdir()} == {"jobs", "tiny.zip"}
    jobs.close()
    again = Jobs(tmp_path / "jobs")
    assert again.get(job.id) == done
    again.close()


def test_jobs_are_bounded_stopped_and_told_as_interrupted(tmp_path: Path, package: Path) -> None:
    folder = tmp_path / "jobs"
    jobs = Jobs(folder, running=1, waiting=1)
    first, second = (jobs.submit(Scenario(), package) for _ in range(2))
    with pytest.raises(BusyError):
        jobs.submit(Scenario(), package)
    assert jobs.cancel(second.id).state == "cancelled"
    wait(jobs, first.id, {"running"})
    jobs.cancel(first.id)
    assert wait(jobs, first.id, {"cancelled"}).files == ()
    third = jobs.submit(Scenario(), package)
    wait(jobs, third.id, {"running"})
    jobs.close()
    assert jobs.get(third.id).state == "interrupted"
    # A server that was killed had no time to say so.
    file = folder / first.id / "job.json"
    said = json.loads(file.read_text()) | {"state": "running"}
    file.write_text(json.dumps(said))
    (folder / "stray").mkdir()
    (folder / "stray" / "job.json").write_text("{")
    again = Jobs(folder, kept=1)
    assert again.get(first.id).state == "interrupted"
    assert len(again.all()) == 3
    with pytest.raises(UnknownJobError):
        again.get("0" * 32)
    again.close()


def test_why_a_job_failed_is_said(tmp_path: Path, package: Path) -> None:
    stuck = Scenario(alliances={"must_link": [["01", "03"]], "max_size": 2})
    unknown = Scenario(alliances={"stand_alone": ["nowhere"]})
    for scenario in (stuck, unknown):
        ours, theirs = multiprocessing.Pipe(duplex=False)
        _work(scenario.model_dump_json(), str(package), str(tmp_path / "plan"), theirs)
        said = []
        while not said or said[-1][0] == "progress":
            said.append(ours.recv())
        kind, problem = said[-1]
        assert kind == "failed"
        assert problem["ko"]
        assert problem["en"]
