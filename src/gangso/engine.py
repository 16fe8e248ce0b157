"""Where independent pieces of work run: here, in processes beside, or on a Dask cluster.

One interface, `Engine.map`, and the same results in the same order everywhere. A worker that
dies costs time, not results: what it had in hand is done again.

With ``processes`` a script must start its work under ``if __name__ == "__main__":``, since
every worker imports the script anew.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, cast

from gangso.errors import BadInputError, Fault, GangsoError

__all__ = ["CancelledError", "Engine", "WorkersLostError", "open_engine"]

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Told = Callable[[int, int], None]
Asked = Callable[[], bool]

# A piece that kills whoever takes it would be tried for ever; after this many losses in a
# row without one result in between it is the piece, or the machine, and the user is told.
_LOSSES = 3
_NEW_WORKER = 120  # seconds that a cluster may take to replace its last worker
_LOOK_UP = 0.2  # seconds between two looks at whether the work was cancelled
# Each worker is one thread: several would fight over the processor, and HiGHS and BLAS
# would start as many again.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class CancelledError(GangsoError):
    """The work was cancelled by whoever asked for it."""


class WorkersLostError(GangsoError, RuntimeError):
    """Workers died again and again without a result in between."""


class Engine(Protocol):
    """Something that runs independent pieces of work."""

    @property
    def workers(self) -> int:
        """How many pieces run at a time."""

    def map(
        self,
        function: Callable[..., Result],
        pieces: Iterable[Piece],
        *,
        shared: Any = None,
        progress: Told | None = None,
        cancelled: Asked | None = None,
    ) -> list[Result]:
        """Call a function on every piece.

        Parameters
        ----------
        function : callable
            Called as ``function(piece)``, or ``function(shared, piece)`` if something is
            shared. A function of a module (not a lambda), pure: it may be called twice for a
            piece whose worker died.
        pieces : iterable
            Whatever can be pickled. Of a sequence each piece is asked for when its turn
            comes, so that large ones need not be in memory together.
        shared : object, optional
            What all pieces read (tables, candidates). It reaches every worker once, its
            arrays in memory that all workers of a machine have in common; a function
            must not write to it.
        progress : callable, optional
            Called with the number of pieces done and their total.
        cancelled : callable, optional
            Asked now and then; once it says True the rest is given up.

        Returns
        -------
        list
            Results in the order of the pieces.

        Raises
        ------
        CancelledError
            If the work was cancelled.
        WorkersLostError
            If workers die again and again.
        """

    def close(self) -> None:
        """Let the workers go."""

    def __enter__(self) -> Self:
        """Open."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""


class _Closing:
    """The context-manager half of every engine."""

    def close(self) -> None:
        """Let the workers go."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _check(cancelled: Asked | None) -> None:
    if cancelled is not None and cancelled():
        raise CancelledError("cancelled")


class Serial(_Closing):
    """One piece after the other, in this process."""

    workers = 1

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
        results: list[Result] = []
        for piece in todo:
            _check(cancelled)
            results.append(function(piece) if shared is None else function(shared, piece))
            if progress is not None:
                progress(len(results), len(todo))
        return results


# --- processes -----------------------------------------------------------------------------


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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to answer


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Set what a worker must find in its environment before it imports anything."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class Processes(_Closing):
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
        losses = 0
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
                    losses = 1 if len(results) > before else losses + 1
                    if losses >= _LOSSES:
                        raise WorkersLostError(_lost(losses)) from broken
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
            with _single_threaded():
                while len(running) < 2 * self.workers and (number := next(waiting, -1)) >= 0:
                    content = pickle.dumps(todo[number], protocol=5)
                    Path(folder, f"piece{number}").write_bytes(content)
                    running[pool.submit(_call, function, folder, number)] = number

        feed()
        while running:
            _check(cancelled)
            done, _ = wait(running, _LOOK_UP, FIRST_COMPLETED)
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


def _lost(losses: int) -> str:
    text = f"workers died {losses} times in a row without a result in between (out of memory?)"
    if not getattr(sys, "ps1", None):
        text += "; a script must start its work under 'if __name__ == \"__main__\":'"
    return text


# --- Dask ------------------------------------------------------------------------------------


class Dask(_Closing):
    """Workers of a Dask cluster that is running already.

    Parameters
    ----------
    address : str
        ``host:port`` of its scheduler.

    Raises
    ------
    BadInputError
        If ``distributed`` (extra ``dask``) is not installed, or nobody answers.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise _fault("engine_without_dask", f"dask://{address}") from error
        try:
            # Its methods have no annotations of their own.
            self._client: Any = cast(Any, Client)(f"tcp://{address}", timeout=10)
        except (OSError, ValueError) as error:
            raise _fault("engine_unreachable", f"dask://{address}") from error

    @property
    def workers(self) -> int:
        """Threads of all workers of the cluster, as it stands."""
        return max(1, sum(map(int, self._client.nthreads().values())))

    def close(self) -> None:
        """Leave the cluster; it goes on."""
        self._client.close()

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
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        todo = pieces if isinstance(pieces, Sequence) else list(pieces)
        results: dict[int, Result] = {}
        losses = 0
        while len(results) < len(todo):
            before = len(results)
            try:
                self._run(function, shared, todo, results, progress, cancelled)
            except (KilledWorker, FutureCancelledError, TimeoutError) as lost:
                # Dask itself moves a piece to another worker; what reaches us is data that
                # died with the last worker that held it, or a piece moved too often.
                losses = 1 if len(results) > before else losses + 1
                if losses >= _LOSSES:
                    raise WorkersLostError(_lost(losses)) from lost
        return [results[number] for number in range(len(todo))]

    def _run(
        self,
        function: Callable[..., Result],
        shared: Any,
        todo: Sequence[Piece],
        results: dict[int, Result],
        progress: Told | None,
        cancelled: Asked | None,
    ) -> None:
        import distributed

        wait_for, client = cast(Any, distributed.wait), self._client
        client.wait_for_workers(1, timeout=_NEW_WORKER)
        common = () if shared is None else (client.scatter(shared, broadcast=True, hash=False),)
        waiting = iter([number for number in range(len(todo)) if number not in results])
        running: dict[Any, int] = {}

        def feed() -> None:
            most = 2 * self.workers  # the scheduler holds what is not done
            while len(running) < most and (number := next(waiting, -1)) >= 0:
                running[client.submit(function, *common, todo[number], pure=False)] = number

        try:
            feed()
            while running:
                _check(cancelled)
                done = [future for future in running if future.done()]
                if not done:
                    with suppress(TimeoutError):
                        wait_for(list(running), timeout=_LOOK_UP, return_when="FIRST_COMPLETED")
                for future in done:
                    results[running[future]] = future.result()
                    del running[future]
                    if progress is not None:
                        progress(len(results), len(todo))
                feed()
        finally:
            client.cancel(list(running))


# --- opening ---------------------------------------------------------------------------------


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):  # what this process may use, where that can be asked
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _fault(kind: str, where: str) -> BadInputError:
    return BadInputError([Fault(kind, "engine", column="engine", value=where)])


def open_engine(where: str = "serial") -> Engine:
    """Open an engine by name.

    Parameters
    ----------
    where : str
        ``serial``; ``processes`` (one a processor) or ``processes:<count>``; or
        ``dask://<host>:<port>`` of a running scheduler.

    Returns
    -------
    Engine
        To be closed, or used in a ``with`` statement.

    Raises
    ------
    BadInputError
        If there is no such engine, or the cluster does not answer.

    Examples
    --------
    >>> with open_engine("serial") as engine:
    ...     engine.map(abs, [-1, 2])
    [1, 2]
    """
    kind, _, rest = where.partition(":")
    if where == "serial":
        return Serial()
    if kind == "processes" and (not rest or (rest.isdecimal() and int(rest) > 0)):
        return Processes(int(rest) if rest else _processors())
    if kind == "dask" and rest.startswith("//") and rest[2:].rpartition(":")[2].isdecimal():
        return Dask(rest[2:])
    raise _fault("engine", where)
