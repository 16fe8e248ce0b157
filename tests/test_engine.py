"""Engines: same results everywhere, and dead workers cost time only."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from gangso.engine import CancelledError, Engine, Processes, WorkersLostError, open_engine
from gangso.errors import BadInputError

Floats = npt.NDArray[np.float64]


def square(number: int) -> int:
    return number * number


def weigh(values: Floats, number: int) -> float:
    return float(values[number] * number)


def fail(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return number


def die_once(folder: Path, number: int) -> tuple[int, int]:
    """The worker that first takes five is killed in the middle of it."""
    mark = folder / str(number)
    if number == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number, number * number


def die(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def threads(_: int) -> str:
    return os.environ["OMP_NUM_THREADS"]


def nap(number: int) -> int:
    time.sleep(5)
    return number


@pytest.fixture(scope="module", params=["serial", "processes:2", "dask"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param != "dask":
        with open_engine(request.param) as opened:
            yield opened
        return
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        open_engine(f"dask://{cluster.scheduler_address.removeprefix('tcp://')}") as opened,
    ):
        yield opened


def test_results_come_in_the_order_of_the_pieces(engine: Engine) -> None:
    told: list[tuple[int, int]] = []
    results = engine.map(square, range(20), progress=lambda done, of: told.append((done, of)))
    assert results == [number**2 for number in range(20)]
    assert told == [(done, 20) for done in range(1, 21)]
    assert engine.map(square, []) == []


def test_what_is_shared_reaches_every_piece(engine: Engine) -> None:
    values = np.linspace(0, 1, 1000)
    assert engine.map(weigh, range(8), shared=values) == [values[k] * k for k in range(8)]
    assert engine.map(weigh, range(8), shared=2 * values) == [2 * values[k] * k for k in range(8)]


def test_an_error_of_a_piece_is_raised_here(engine: Engine) -> None:
    with pytest.raises(ValueError, match="three"):
        engine.map(fail, range(6))
    assert engine.map(square, [2]) == [4]  # the engine can go on


def test_work_can_be_cancelled(engine: Engine) -> None:
    with pytest.raises(CancelledError):
        engine.map(nap, range(4), cancelled=lambda: True)


def test_a_killed_worker_costs_time_not_results(engine: Engine, tmp_path: Path) -> None:
    if engine.workers == 1:
        pytest.skip("serial work has no worker to kill")
    results = engine.map(die_once, range(12), shared=tmp_path)
    assert results == [(number, number * number) for number in range(12)]
    assert {path.name for path in tmp_path.iterdir()} == {"5"}


def test_a_piece_that_kills_every_worker_is_not_tried_for_ever() -> None:
    with Processes(1) as engine, pytest.raises(WorkersLostError, match="3 times"):
        engine.map(die, range(4))


def test_a_worker_is_one_thread() -> None:
    before = os.environ.get("OMP_NUM_THREADS")
    with Processes(1) as engine:
        assert engine.map(threads, [0]) == ["1"]
    assert os.environ.get("OMP_NUM_THREADS") == before


def children(session: int) -> list[str]:
    """Command lines of the processes that belong to a session and are still at work."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append((path / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it has just ended
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_work_that_is_stopped(sent: signal.Signals, tmp_path: Path) -> None:
    """As Ctrl-C in a terminal does it: every process of the group gets the signal."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.argv = ['gangso', 'stopped'];"
        "from gangso.cli import app as commands, main;"
        "from gangso.cli.screen import guarded;"
        "from tests.test_engine import sleepers; import signal;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "commands.app.command('stopped')(guarded(sleepers)); main()"
    )
    root = str(Path(__file__).resolve().parent.parent)
    with subprocess.Popen(
        [sys.executable, "-c", code, root], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": root}, start_new_session=True,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        if sent != signal.SIGKILL:
            os.killpg(process.pid, sent)
        else:
            process.send_signal(sent)  # of the parent alone: its workers have to notice
        _, errors = process.communicate(timeout=30)
        code_left = process.returncode
    assert code_left == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[sent]
    assert "Traceback" not in errors
    end = time.monotonic() + 10
    while (left := children(process.pid)) and time.monotonic() < end:
        time.sleep(0.05)
    assert left == []
    if sent != signal.SIGKILL:
        assert list(tmp_path.iterdir()) == []


def sleepers() -> None:
    """Work of two workers that is told of before they have loaded what they need."""
    with Processes(2) as engine:
        engine.map(nap, range(8), cancelled=_begun())


def _begun() -> Callable[[], bool]:
    seen: list[None] = []

    def asked() -> bool:
        if len(seen) == 1:  # the workers are being started
            sys.stdout.write("begun\n")
            sys.stdout.flush()
        seen.append(None)
        return False

    return asked


@pytest.mark.parametrize("where", ["", "parallel", "processes:0", "processes:x", "dask://host"])
def test_an_unknown_engine_is_bad_input(where: str) -> None:
    with pytest.raises(BadInputError, match="no engine"):
        open_engine(where)


def test_a_cluster_that_does_not_answer_is_bad_input() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(BadInputError, match="No Dask scheduler"):
        open_engine("dask://127.0.0.1:1")
