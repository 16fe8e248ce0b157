"""The embedded Korea on the desk, opened once."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from gangso.territory.model import Territory
from gangso.workbench.app import create_app
from gangso.workbench.ground import Ground
from gangso.workbench.office import EMBEDDED, Office, Settings


@pytest.fixture(scope="session")
def ground(korea: Territory) -> Ground:
    return Ground(korea)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, ground: Ground) -> Iterator[Office]:
    """An office of its own on the Korea that is open already."""
    made = Office(Settings(tmp_path_factory.mktemp("office"), most_upload=2 << 20))
    made._grounds.find(EMBEDDED, lambda: ground)
    yield made
    made.close()


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a port of its own and give its URL."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def client(office: Office) -> Iterator[httpx.Client]:
    """A client of its API, behind the door."""
    with (
        serving(create_app(office)) as url,
        httpx.Client(base_url=url, timeout=120, trust_env=False) as found,
    ):
        yield found
