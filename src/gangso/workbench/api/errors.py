"""Errors as answers: what is wrong, in both languages, and never a secret."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from gangso.engine import CancelledError
from gangso.errors import BadInputError, Fault, GangsoError, InfeasibleError
from gangso.texts import LANGUAGES, say
from gangso.workbench.api.models import ErrorAnswer
from gangso.workbench.api.plain import answer
from gangso.workbench.change import conflict_of
from gangso.workbench.jobs import BusyError, UnknownJobError
from gangso.workbench.office import UnknownTerritoryError
from gangso.workbench.session import NoStepError
from gangso.workbench.store import StaleError, UnknownScenarioError

__all__ = ["RESPONSES", "add_errors", "problem"]

_LOG = logging.getLogger("gangso.workbench")
_LATER = {"Retry-After": "5"}

_MEANING = {
    400: "the request cannot be read",
    401: "a token is needed",
    403: "the request comes from another site",
    404: "there is no such thing",
    405: "not with this method",
    409: "somebody else has saved since, or there is nothing to undo",
    413: "the request is too large",
    422: "the input has faults, or no plan satisfies it",
    429: "there are too many jobs; try again later",
    503: "the server is busy; try again later",
}
# What any call may answer; FastAPI writes it into the OpenAPI document.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": meaning} for status, meaning in _MEANING.items()
}


def problem(
    status: int,
    error: str,
    *,
    faults: tuple[Fault, ...] = (),
    message: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    """Make the answer to what went wrong.

    Parameters
    ----------
    status : int
        HTTP status.
    error : str
        Key of the error; the text ``workbench.error.<error>`` says it.
    faults : tuple of Fault
        What is wrong with the input.
    message : dict of str to str, optional
        Words, instead of that text.
    headers : dict of str to str, optional
        Further headers.
    **more
        ``conflict`` or ``theirs``.

    Returns
    -------
    Response
        As `ErrorAnswer`.
    """
    said = [
        {
            "kind": f.kind, "table": f.table, "row": f.row, "column": f.column, "value": f.value,
            "problem": {lang: f.problem(lang) for lang in LANGUAGES},
            "fix": {lang: f.fix(lang) for lang in LANGUAGES},
        }
        for f in faults
    ]  # fmt: skip
    words = message or {lang: say(f"workbench.error.{error}", lang) for lang in LANGUAGES}
    return answer({"error": error, "message": words, "faults": said, **more}, status, headers)


def _stale(error: StaleError) -> Response:
    theirs = {
        key: getattr(error.theirs, key) for key in ("id", "name", "note", "version", "changed")
    }
    return problem(
        409, "stale", message={lang: error.words(lang) for lang in LANGUAGES},
        theirs={**theirs, "base": error.base},
    )  # fmt: skip


_HANDLERS: dict[type[Exception], Callable[[Any], Response]] = {
    BadInputError: lambda e: problem(422, "faults", faults=e.faults[:200]),
    InfeasibleError: lambda e: problem(422, "infeasible", conflict=conflict_of(e)),
    StaleError: _stale,
    NoStepError: lambda _: problem(409, "no_step"),
    UnknownScenarioError: lambda _: problem(404, "unknown"),
    UnknownTerritoryError: lambda _: problem(404, "unknown"),
    UnknownJobError: lambda _: problem(404, "unknown"),
    BusyError: lambda _: problem(503, "busy", headers=_LATER),
    CancelledError: lambda _: problem(503, "busy", headers=_LATER),
}

_BY_STATUS = {401: "token", 403: "origin", 404: "unknown", 405: "method", 413: "too_large"}


def add_errors(app: FastAPI) -> None:
    """Have an application answer errors so.

    Parameters
    ----------
    app : FastAPI
        The application.
    """

    def answering(handler: Callable[[Any], Response]) -> Callable[[Request, Exception], Response]:
        return lambda _, error: handler(error)

    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, answering(handler))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(GangsoError, _other)


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = tuple(
        Fault(
            "request", "request", None, ".".join(str(part) for part in item["loc"])[:200], None,
            {"message": str(item["msg"])[:300]},
        )
        for item in error.errors()[:50]
    )  # fmt: skip
    return problem(422, "faults", faults=faults)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if not request.url.path.startswith("/api"):
        return Response(status_code=error.status_code, headers=error.headers)
    key = _BY_STATUS.get(error.status_code, "request")
    return problem(error.status_code, key, headers=dict(error.headers or {}))


def _other(_: Request, error: Exception) -> Response:
    _LOG.error("unanswered: %s", type(error).__name__, exc_info=error)
    return problem(500, "internal")
