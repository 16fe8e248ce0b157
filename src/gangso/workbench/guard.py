"""The door of the server: who may come in, from where, and with how much.

Without a token the server answers only to the names of this machine, so that no other site can
reach it through the planner's browser (DNS rebinding); requests that another site sends are
refused either way. With a token every request must bring it: as ``Authorization: Bearer``, or
as the cookie that ``/login`` sets. The cookie is a digest; the token itself is never stored,
never in an address, and never in a log.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import html
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gangso.texts import say
from gangso.workbench.api.errors import problem

__all__ = ["COOKIE", "Guard", "is_loopback"]

COOKIE = "gangso_token"
# So much of a request that is no upload is taken.
MOST_BODY = 4 << 20
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_UPLOAD = "/api/territories"


def is_loopback(host: str) -> bool:
    """Say whether an address is reached from this machine only.

    Parameters
    ----------
    host : str
        Name or address to listen on.

    Returns
    -------
    bool
        Whether it is.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    return host in _LOCAL


def _name_of(authority: str) -> str:
    """Host of an authority, without the port."""
    try:
        return (urlsplit(f"//{authority}").hostname or "").lower()
    except ValueError:
        return ""


class Guard:
    """Let in who may come in; ASGI middleware.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    token : str or None
        What every request must bring; None: nobody but this machine comes in.
    most_upload : int
        Largest upload, bytes.
    """

    def __init__(self, app: ASGIApp, token: str | None, most_upload: int) -> None:
        self._app, self._most_upload = app, most_upload
        self._token = None if token is None else token.encode()
        self._cookie = (
            "" if token is None else hmac.new(token.encode(), b"cookie", hashlib.sha256).hexdigest()
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {
            key.decode("latin-1").lower(): value.decode("latin-1")
            for key, value in scope["headers"]
        }
        refusal = await self._refusal(scope, headers)
        if refusal is None and scope["type"] == "http" and scope["path"] == "/login":
            refusal = await self._login(Request(scope, receive))
        if refusal is not None:
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 4403})
            else:
                await refusal(scope, receive, _with_headers(send))
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await self._serve(scope, headers, receive, _with_headers(send))

    async def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        host = headers.get("host", "")
        if self._token is None and _name_of(host) not in _LOCAL:
            return problem(400, "host")
        origin = headers.get("origin")
        unsafe = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if unsafe and origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return problem(403, "origin")
        if self._token is None or scope["path"] == "/login" or self._brings(headers):
            return None
        if scope["type"] == "http" and not scope["path"].startswith("/api"):
            return RedirectResponse("/login", status_code=303)
        await asyncio.sleep(0.2)  # guessing takes time
        return problem(401, "token", headers={"WWW-Authenticate": "Bearer"})

    def _brings(self, headers: Mapping[str, str]) -> bool:
        assert self._token is not None
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and hmac.compare_digest(
            given.strip().encode("latin-1"), self._token
        ):
            return True
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(headers.get("cookie", ""))
        except CookieError:
            return False
        morsel = jar.get(COOKIE)
        return morsel is not None and hmac.compare_digest(
            morsel.value.encode("latin-1", "replace"), self._cookie.encode()
        )

    async def _login(self, request: Request) -> Response | None:
        """Show the form, or set the cookie."""
        if self._token is None:
            return None
        lang = "ko" if "ko" in request.headers.get("accept-language", "ko") else "en"
        wrong = False
        if request.method == "POST":
            body = b""
            async for piece in request.stream():
                body += piece
                if len(body) > 4096:
                    return problem(413, "too_large")
            given = parse_qs(body.decode("latin-1")).get("token", [""])[0]
            if hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._token):
                answer = RedirectResponse("/", status_code=303)
                answer.set_cookie(
                    COOKIE, self._cookie, httponly=True, samesite="strict",
                    secure=request.url.scheme == "https",
                )  # fmt: skip
                return answer
            await asyncio.sleep(0.5)
            wrong = True
        words = {
            key: html.escape(say(f"workbench.login.{key}", lang))
            for key in ("title", "token", "enter", "wrong")
        }
        page = (
            f'<!doctype html><html lang="{lang}"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{words['title']}</title><main><h1>{words['title']}</h1>"
            + (f'<p role="alert">{words["wrong"]}</p>' if wrong else "")
            + f'<form method="post"><label>{words["token"]} '
            '<input name="token" type="password" autocomplete="current-password" autofocus '
            f"required></label> <button>{words['enter']}</button></form></main></html>"
        )
        return Response(
            page, status_code=401 if wrong else 200, media_type="text/html",
            headers={
                "Content-Security-Policy": "default-src 'none'; form-action 'self'",
                "Cache-Control": "no-store",
            },
        )  # fmt: skip

    async def _serve(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        upload = scope["path"] == _UPLOAD
        most = self._most_upload + (1 << 16) if upload else MOST_BODY
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > most:
            await problem(413, "too_large", headers={"Connection": "close"})(scope, receive, send)
            return
        taken, begun, over = 0, False, False

        async def counted() -> Message:
            nonlocal taken, over
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                over = True
                return {"type": "http.disconnect"}
            return message

        async def watched(message: Message) -> None:
            nonlocal begun
            if over and not begun:
                return  # what the application makes of half a request is of no interest
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except ClientDisconnect:  # so the application takes a body that was cut off
            if not over:
                raise
        if over and not begun:
            answer = problem(413, "too_large", headers={"Connection": "close"})
            await answer(scope, receive, send)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {key.lower() for key, _ in message["headers"]}
            more = [(key, value) for key, value in _HEADERS if key not in given]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sending
