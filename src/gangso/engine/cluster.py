"""Workers of a Dask cluster that is running already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, cast

from gangso.engine.base import LOOK_UP, Asked, Closing, Losses, Piece, Result, Told, check
from gangso.errors import BadInputError, Fault

__all__ = ["Dask", "engine_fault"]

_NEW_WORKER = 120  # seconds that a cluster may take to replace its last worker


def engine_fault(kind: str, where: str) -> BadInputError:
    """Say what is wrong with the engine that was asked for.

    Parameters
    ----------
    kind : str
        Kind of the fault.
    where : str
        The engine asked for.

    Returns
    -------
    BadInputError
        To be raised.
    """
    return BadInputError([Fault(kind, "engine", column="engine", value=where)])


class Dask(Closing):
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
            raise engine_fault("engine_without_dask", f"dask://{address}") from error
        try:
            # Its methods have no annotations of their own.
            self._client: Any = cast(Any, Client)(f"tcp://{address}", timeout=10)
        except (OSError, ValueError) as error:
            raise engine_fault("engine_unreachable", f"dask://{address}") from error

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
        losses = Losses()
        while len(results) < len(todo):
            before = len(results)
            try:
                self._run(function, shared, todo, results, progress, cancelled)
            except (KilledWorker, FutureCancelledError, TimeoutError) as lost:
                # Dask itself moves a piece to another worker; what reaches us is data that
                # died with the last worker that held it, or a piece moved too often.
                losses.another(lost, progress=len(results) > before)
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
                check(cancelled)
                done = [future for future in running if future.done()]
                if not done:
                    with suppress(TimeoutError):
                        wait_for(list(running), timeout=LOOK_UP, return_when="FIRST_COMPLETED")
                for future in done:
                    results[running[future]] = future.result()
                    del running[future]
                    if progress is not None:
                        progress(len(results), len(todo))
                feed()
        finally:
            client.cancel(list(running))
