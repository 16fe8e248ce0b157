"""What the command line shows while it works, and how it ends when something is wrong."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gangso.cli.faults import fault_tables
from gangso.cli.tables import infeasible_lines
from gangso.errors import BadInputError, GangsoError, InfeasibleError
from gangso.texts import LANGUAGES, say

if TYPE_CHECKING:  # help pages must not wait for the library
    from gangso.planning import Progress as Told

__all__ = ["Screen", "guarded", "help_language"]

_WIDTH = 100
_INTERRUPTED = 130
_BETWEEN_LINES = 10  # seconds
_ENVIRONMENT = "GANGSO_LANG"

Parameters = ParamSpec("Parameters")


def help_language() -> str:
    """Language of the help pages: GANGSO_LANG, else that of the locale.

    Returns
    -------
    str
        ``"ko"`` or ``"en"``.
    """
    asked = os.environ.get(_ENVIRONMENT, "")
    if asked in LANGUAGES:
        return asked
    locale = next((os.environ[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if k in os.environ), "")
    return "ko" if locale.startswith("ko") else "en"


def _width() -> int:
    return min(shutil.get_terminal_size((_WIDTH, 24)).columns, _WIDTH)


@dataclass(frozen=True)
class Screen:
    """Where a command speaks, and in which language.

    Parameters
    ----------
    lang : str
        Language of everything it says.
    quiet : bool
        Say nothing but errors.
    as_json : bool
        Print one JSON document to standard output, and nothing else there.
    """

    lang: str
    quiet: bool = False
    as_json: bool = False

    @property
    def out(self) -> Console:
        """Standard output, at most 100 columns wide; silent when quiet or when JSON is due."""
        return Console(
            width=_width(), quiet=self.quiet or self.as_json, highlight=False, emoji=False
        )

    @property
    def err(self) -> Console:
        """Standard error."""
        return Console(width=_width(), stderr=True, highlight=False, emoji=False)

    def say(self, key: str, **values: object) -> str:
        """Return a text in the screen's language."""
        return say(key, self.lang, **values)

    def document(self, content: Mapping[str, Any]) -> None:
        """Print the JSON document if it was asked for."""
        if self.as_json:
            json.dump(content, sys.stdout, ensure_ascii=False, indent=2, allow_nan=False)
            sys.stdout.write("\n")

    @contextmanager
    def progress(self, weights: Mapping[str, float]) -> Iterator[Told]:
        """Show one bar over all steps, with the time left and how far a search has come.

        Where there is no terminal to draw a bar on, a search that takes long says so in a line
        now and then.

        Parameters
        ----------
        weights : mapping of str to float
            Steps in order (``step.<key>``) and about how long each takes.

        Yields
        ------
        Progress
            Takes the key of a step, the share of it that is done, and figures.
        """
        whole = sum(weights.values())
        steps = list(weights)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(compact=True),
            TextColumn(self.say("cli.left")),
            console=self.err,
            transient=True,
            disable=self.quiet or self.as_json,
        ) as bar:
            task = bar.add_task("", total=whole)

            last = time.monotonic()

            def tell(
                step: str, fraction: float, figures: Mapping[str, float] | None = None
            ) -> None:
                nonlocal last
                before = sum(weights[key] for key in steps[: steps.index(step)])
                name = self.say(f"step.{step}")
                if figures:
                    key = "cli.search" if "gap" in figures else "cli.search_bound"
                    name = self.say(key, step=name, **figures)
                bar.update(
                    task,
                    description=name,
                    completed=before + weights[step] * min(max(fraction, 0.0), 1.0),
                )
                silent = self.quiet or self.as_json or self.err.is_terminal
                if figures and not silent and time.monotonic() - last > _BETWEEN_LINES:
                    last = time.monotonic()
                    self.err.print(name)

            yield tell


def guarded(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Turn the program's own errors into a report and an exit code; let others trace back.

    Parameters
    ----------
    command : callable
        A command; ``lang`` and ``as_json`` among its keywords choose how errors are told.

    Returns
    -------
    callable
        The guarded command.
    """

    @functools.wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        lang = kwargs.get("lang")
        screen = Screen(
            str(getattr(lang, "value", lang) or help_language()),
            as_json=bool(kwargs.get("as_json")),
        )
        try:
            command(*args, **kwargs)
        except GangsoError as error:
            _report(error, screen)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt:
            screen.err.print(screen.say("cli.interrupted"))
            raise typer.Exit(_INTERRUPTED) from None

    return run


def _report(error: GangsoError, screen: Screen) -> None:
    if screen.as_json:
        screen.document({"error": _error_document(error, screen.lang)})
        return
    if isinstance(error, BadInputError):
        for table in fault_tables(error.faults, screen.lang):
            screen.err.print(table)
        screen.err.print(screen.say("cli.faults", count=len(error.faults)))
    elif isinstance(error, InfeasibleError):
        for line in infeasible_lines(error, screen.lang):
            screen.err.print(line, markup=False)
    else:
        screen.err.print(str(error), markup=False)


def _error_document(error: GangsoError, lang: str) -> dict[str, Any]:
    content: dict[str, Any] = {"kind": type(error).__name__, "exit_code": error.exit_code}
    if isinstance(error, BadInputError):
        content["faults"] = [
            {
                "kind": fault.kind,
                "table": fault.table,
                "row": fault.row,
                "column": fault.column,
                "value": fault.value,
                "problem": fault.problem(lang),
                "fix": fault.fix(lang),
            }
            for fault in error.faults
        ]
    elif isinstance(error, InfeasibleError):
        content["culprits"] = list(error.culprits[lang])
        content["municipalities"] = list(error.municipalities)
        content["why"] = list(error.why[lang])
        content["way_out"] = error.way_out[lang]
    else:
        content["message"] = str(error)
    return content
