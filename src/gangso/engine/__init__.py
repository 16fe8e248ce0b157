"""Where independent pieces of work run: here, in processes beside, or on a Dask cluster.

One interface, `Engine.map`, and the same results in the same order everywhere. A worker that
dies costs time, not results: what it had in hand is done again.

With ``processes`` a script must start its work under ``if __name__ == "__main__":``, since
every worker imports the script anew.
"""

from __future__ import annotations

import os

from gangso.engine.base import CancelledError, Engine, Serial, WorkersLostError
from gangso.engine.cluster import Dask, engine_fault
from gangso.engine.processes import Processes

__all__ = [
    "CancelledError",
    "Dask",
    "Engine",
    "Processes",
    "Serial",
    "WorkersLostError",
    "open_engine",
]


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):  # what this process may use, where that can be asked
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
    raise engine_fault("engine", where)
