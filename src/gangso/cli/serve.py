"""The command ``gangso serve``: the workbench, until it is interrupted."""

from __future__ import annotations

import logging
import socket
import sys
from pathlib import Path

from rich.text import Text

from gangso.cli.screen import Screen
from gangso.errors import BadInputError, Fault

__all__ = ["serve"]


def _refuse_taken(host: str, port: int) -> None:
    """Say that a port is taken before anything is loaded."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(found[0][0], socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        details = {"message": error.strerror or type(error).__name__}
        raise BadInputError(
            [Fault("cannot_listen", "--port", value=f"{host}:{port}", details=details)]
        ) from error


def serve(
    host: str, port: int, data: Path, database: str | None, token: str | None, screen: Screen
) -> None:
    """Serve the workbench.

    Parameters
    ----------
    host : str
        Where to listen.
    port : int
        On which port.
    data : Path
        Folder of everything that is written.
    database : str or None
        URL of the database; a SQLite file in the data folder by default.
    token : str or None
        What every request must bring.
    screen : Screen
        Where to speak.

    Raises
    ------
    BadInputError
        If the port is taken, the token is weak, or folder or database cannot be used.
    """
    _refuse_taken(host, port)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    with screen.progress({"territory": 2.0, "alliances": 3.0}) as tell:
        tell("territory", 0.0)
        from gangso.workbench.app import create_app, run, token_for  # the web stack loads late
        from gangso.workbench.office import Office, Settings
        from gangso.workbench.pages import add_pages
        from gangso.workbench.session import Session

        office = Office(Settings(data, database, beforehand=True))
        guard, file = token_for(host, token, data)
        ground = office.ground()
        tell("alliances", 0.0)
        Session(ground, progress=lambda share: tell("alliances", share))
        app = create_app(office, guard, add_pages)
    shown = f"[{host}]" if ":" in host else host
    screen.out.print(Text(screen.say("cli.serve.ready", url=f"http://{shown}:{port}/")))
    if file is not None:
        screen.out.print(Text(screen.say("cli.serve.token", path=file)))
    if guard is not None:
        screen.out.print(Text(screen.say("cli.serve.plain")))
    run(app, host, port)
