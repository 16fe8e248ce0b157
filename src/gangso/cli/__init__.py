"""The command line: ``gangso plan``, ``diagnose``, ``check``, ``new``, ``ally``, ``verify``."""

from __future__ import annotations

import signal
import sys
from types import FrameType

__all__ = ["main"]

_INTERRUPTED = 130  # what shells expect after Ctrl-C


def main() -> None:
    """Run the command line and leave with its exit code.

    0 done, 1 not solvable or not proven, 2 bad input, 130 interrupted, 143 terminated.
    """
    signal.signal(signal.SIGTERM, _terminated)
    try:
        from gangso.cli.app import app  # so that even Ctrl-C during the imports is quiet

        app(prog_name="gangso")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _terminated(number: int, _: FrameType | None) -> None:
    # Whoever stops the program this way wants no debris either: folders half written are
    # taken away, workers are let go.
    sys.exit(128 + number)
