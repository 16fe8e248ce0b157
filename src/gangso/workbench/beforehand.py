"""The slow answers about a territory, found in the background before anybody asks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from gangso.engine import CancelledError
from gangso.errors import GangsoError
from gangso.workbench.cards import every_base
from gangso.workbench.office import EMBEDDED, Office
from gangso.workbench.session import Session

__all__ = ["warm_up"]

_LOG = logging.getLogger("gangso.workbench")


def warm_up(office: Office, territory: str = EMBEDDED) -> threading.Thread:
    """Find what the panels and layers of a territory's own plan tell.

    Parameters
    ----------
    office : Office
        What the answers are kept in; when it closes, the search ends.
    territory : str
        Id of the territory.

    Returns
    -------
    Thread
        Running; nobody needs to wait for it.
    """

    def going(*_: object) -> None:
        if office.closing.is_set():
            raise CancelledError("the server stops")

    def find() -> None:
        try:
            session = Session(office.ground(territory))
            ground, scenario, plan = session.ground, session.scenario, session.plan
            # In the order in which a planner comes upon them.
            parts: dict[str, Callable[[], object]] = {
                "diagnosis": lambda: ground.diagnosis(scenario),
                "services": lambda: ground.services(scenario),
                "outlook": lambda: ground.outlook(scenario, going),
                "bases": lambda: every_base(session, plan, going),
                "costs": lambda: ground.base_costs(scenario),
                "sureness": lambda: ground.sureness(scenario, plan, going),
            }
            for name, part in parts.items():
                going()
                started = time.perf_counter()
                part()
                _LOG.info("%s: %.1f s", name, time.perf_counter() - started)
        except CancelledError:
            return
        except GangsoError as error:
            # The panel that asks for it will say so; the server goes on.
            _LOG.info("not found beforehand: %s", type(error).__name__)

    thread = threading.Thread(target=find, name="beforehand", daemon=True)
    thread.start()
    return thread
