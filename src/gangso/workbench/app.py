"""The application: pages and API behind one door."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import anyio.to_thread
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from gangso.errors import BadInputError, Fault
from gangso.workbench.api import add_api
from gangso.workbench.beforehand import warm_up
from gangso.workbench.guard import Guard, is_loopback
from gangso.workbench.office import Office

__all__ = ["bare_app", "create_app", "run", "token_for"]

_LOG = logging.getLogger("gangso.workbench")

# Threads that wait for turns cost little; too few would let one slow call stop all others.
_THREADS = 128
_SHORTEST_TOKEN = 16


def bare_app(office: Office) -> FastAPI:
    """Make the application without its door.

    Parameters
    ----------
    office : Office
        What it serves.

    Returns
    -------
    FastAPI
        The API, and the pages if they are wanted later.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        # Not before the pages have started: they look through all objects then, and whoever
        # builds a tuple in another thread meanwhile may find it taken (CPython, gc.get_objects).
        if office.settings.beforehand:
            warm_up(office)
        yield
        office.close()

    # Its own pages of documentation would load their scripts from a network.
    app = FastAPI(
        title="gangso", version=version("gangso"), openapi_url="/api/openapi.json",
        docs_url=None, redoc_url=None, lifespan=lifespan,
    )  # fmt: skip
    add_api(app, office)
    return app


def create_app(
    office: Office,
    token: str | None = None,
    add_pages: Callable[[FastAPI, Office], None] | None = None,
) -> ASGIApp:
    """Make the application.

    Parameters
    ----------
    office : Office
        What it serves.
    token : str, optional
        What every request must bring; without one only this machine is served.
    add_pages : callable, optional
        Adds the pages to the application; without it there is the API alone.

    Returns
    -------
    ASGI application
        Pages and API behind the door.
    """
    app = bare_app(office)
    if add_pages is not None:
        add_pages(app, office)
    return Guard(app, token, office.settings.most_upload)


def token_for(host: str, given: str | None, data: Path) -> tuple[str | None, Path | None]:
    """Decide which token guards the server.

    Parameters
    ----------
    host : str
        Where it listens.
    given : str or None
        What the operator asked for.
    data : Path
        Folder in which a drawn token is written.

    Returns
    -------
    token : str or None
        The token; None on this machine, unless one was given.
    file : Path or None
        Where a drawn one stands, readable by its owner only.

    Raises
    ------
    BadInputError
        If the given token is too short.
    """
    if given is not None:
        if len(given) < _SHORTEST_TOKEN or not given.isascii() or not given.isprintable():
            raise BadInputError(
                [Fault("weak_token", "--token", details={"least": str(_SHORTEST_TOKEN)})]
            )
        return given, None
    if is_loopback(host):
        return None, None
    drawn, file = secrets.token_urlsafe(24), data / "token"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(drawn + "\n", encoding="ascii")
    return drawn, file


def run(app: ASGIApp, host: str, port: int) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    app : ASGI application
        As made by `create_app`.
    host : str
        Where to listen.
    port : int
        On which port.
    """
    # No access log: addresses hold what people search for.
    uvicorn.run(
        app, host=host, port=port, log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=5, ws_max_size=1 << 22,
    )  # fmt: skip
