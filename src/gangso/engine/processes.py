"""Worker processes on this machine."""

from __future__ import annotations

import mmap
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import Any

from gangso.engine.base import LOOK_UP, Asked, Closing, Losses, Piece, Result, Told, check

__all__ = ["Processes"]

# Each worker is one thread: several would fight over the processor, and HiGHS and BLAS
# would start as many again.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def _spill(shared: Any, path: Path) -> None:
    """Write what is shared to a file that workers map into memory: one copy for all."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(shared, protocol=5, buffer_callback=buffers.append)
    spans = []
    with path.open("wb") as out:
        for buffer in buffers:
            raw = buffer.raw()
            out.write(b"\0" * (-out.tell() % 64))  # arrays begin where processors like it
            spans.append((out.tell(), raw.nbytes))
            out.write(raw)
        start = out.tell()
        out.write(pickle.dumps((spans, head)))
        out.write(start.to_bytes(8, "little"))


_held: tuple[str, Any] | None = None  # what this worker has mapped, and from which file


def _mapped(path: str) -> Any:
    global _held
    if _held is None or _held[0] != path:
        _held = None
        with Path(path).open("rb") as file:
            # Copy on write: arrays count as writable (compiled functions ask), pages stay common.
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
        start = int.from_bytes(view[-8:], "little")
        spans, head = pickle.loads(view[start:-8])
        _held = path, pickle.loads(head, buffers=[view[a : a + size] for a, size in spans])
    return _held[1]


def _call(function: Callable[..., Any], folder: str, number: int) -> None:
    """Do one piece. Pieces and results go through files, only their numbers through pipes.

    A worker killed in the middle of a long message would leave whoever is at the other end
    of the pipe waiting for the rest of it, for ever.
    """
    piece = pickle.loads(Path(folder, f"piece{number}").read_bytes())
    shared = Path(folder, "shared")
    result = function(_mapped(str(shared)), piece) if shared.exists() else function(piece)
    Path(folder, f"result{number}").write_bytes(pickle.dumps(result, protocol=5))


def _begin() -> None:
    """Begin a worker: Ctrl-C is for the parent to answer, and nobody outlives the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()


def _leave_with(parent: int) -> None:
    # A worker that waits for work holds both ends of its pipe, and would wait for ever.
    wait_for([parent])
    os._exit(1)


@contextmanager
def _starting() -> Iterator[None]:
    """Set what a worker must find before it imports anything.

    It inherits the environment, and that Ctrl-C is blocked: until `_begin` it would trace
    back. Blocked here it only comes a little later.
    """
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    block = getattr(signal, "pthread_sigmask", None)  # not on Windows
    mask = block(signal.SIG_BLOCK, {signal.SIGINT}) if block else None
    try:
        yield
    finally:
        if block:
            block(signal.SIG_SETMASK, mask)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class Processes(Closing):
    """Worker processes on this machine, started anew rather than forked.

    Parameters
    ----------
    workers : int
        How many.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, context, _begin)
        return self._pool

    def close(self) -> None:
        """Let the workers go."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _abandon(self) -> None:
        """Stop at once, whatever the workers have in hand."""
        if self._pool is not None:
            processes = list((self._pool._processes or {}).values())
            for process in processes:
                with suppress(OSError, ValueError):
                    process.kill()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def map(
        self,
        function: Callable[..., Result],
        pieces: Iterable[Piece],
        *,
        shared: Any = None,
        progress: Told | None = None,
        cancelled: Asked | None = None,
    ) -> list[Result]:
        """See `Engine.map`."""
        todo = pieces if isinstance(pieces, Sequence) else list(pieces)
        results: dict[int, Result] = {}
        losses = Losses()
        # Workers may still have files open when all is done, which some systems mind.
        with tempfile.TemporaryDirectory(prefix="gangso-", ignore_cleanup_errors=True) as folder:
            if shared is not None:
                _spill(shared, Path(folder, "shared"))
            while len(results) < len(todo):
                before = len(results)
                try:
                    self._run(function, folder, todo, results, progress, cancelled)
                except BrokenProcessPool as broken:
                    self._abandon()
                    losses.another(broken, progress=len(results) > before)
                except BaseException:
                    self._abandon()
                    raise
        return [results[number] for number in range(len(todo))]

    def _run(
        self,
        function: Callable[..., Result],
        folder: str,
        todo: Sequence[Piece],
        results: dict[int, Result],
        progress: Told | None,
        cancelled: Asked | None,
    ) -> None:
        pool = self._open()
        waiting = iter([number for number in range(len(todo)) if number not in results])
        running: dict[Future[None], int] = {}
        broken: BrokenProcessPool | None = None

        def feed() -> None:
            # A few in hand for each worker: enough to keep it busy, little to lose.
            with _starting():
                while len(running) < 2 * self.workers and (number := next(waiting, -1)) >= 0:
                    content = pickle.dumps(todo[number], protocol=5)
                    Path(folder, f"piece{number}").write_bytes(content)
                    running[pool.submit(_call, function, folder, number)] = number

        feed()
        while running:
            check(cancelled)
            done, _ = wait(running, LOOK_UP, FIRST_COMPLETED)
            for future in done:
                number = running.pop(future)
                try:
                    future.result()
                except BrokenProcessPool as error:
                    broken = error  # others of this round may have finished: keep theirs
                    continue
                result = Path(folder, f"result{number}")
                results[number] = pickle.loads(result.read_bytes())
                result.unlink()
                Path(folder, f"piece{number}").unlink()
                if progress is not None:
                    progress(len(results), len(todo))
            if broken is None:
                feed()
        if broken is not None:
            raise broken
