"""The command line: ``gangso plan``, ``diagnose``, ``check``, ``new``, ``ally``, ``verify``."""

from __future__ import annotations

import sys

__all__ = ["main"]

_INTERRUPTED = 130  # what shells expect after Ctrl-C


def main() -> None:
    """Run the command line and leave with its exit code.

    0 done, 1 not solvable or not proven, 2 bad input, 130 interrupted.
    """
    try:
        from gangso.cli.app import app  # so that even Ctrl-C during the imports is quiet

        app(prog_name="gangso")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
