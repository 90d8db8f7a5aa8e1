"""What must be true of a request before anything else looks at it? Plain ASGI around the whole application.

Who may ask (token, no other site's pages, no other host's name), how much may be sent and how slowly, how many at
once; and the headers that every answer carries, so that a browser runs nothing but this server's own files.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lenet5.server.metrics import Metrics
from lenet5.server.problems import problem
from lenet5.server.settings import Settings, is_loopback

__all__ = ["Guard"]

COOKIE = "lenet5"
HEARD_OUT = 4  # times the largest body
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_HEADERS = [(k.encode(), v.encode()) for k, v in HEADERS.items()]


class Guard:
    """Wraps the application; `working` is how many requests are inside."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._app, self._settings, self._metrics = app, settings, metrics
        self.working = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            await send(message)

        self.working += 1
        try:
            await self._judge(scope, receive, send_with_headers)
        finally:
            self.working -= 1
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.request(_method(scope), route, status, time.perf_counter() - start)

    async def _judge(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        if self.working > self._settings.waiting:
            refusal = problem(503, "too many requests at once; come again in a second", retry_after="1")
        else:
            refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(self._body(headers, receive), self._settings.body_seconds)
        except _TooLargeError:
            limit = self._settings.largest_body
            await problem(413, f"a body over {limit:,} bytes; send less", connection="close")(scope, receive, send)
        except TimeoutError:
            seconds = self._settings.body_seconds
            answer = problem(408, f"the body had not arrived after {seconds:g} s", connection="close")
            await answer(scope, receive, send)
        except _GoneError:
            return
        else:
            await self._app(scope, _replay(body, receive), send)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> Any:
        """The answer to who may not ask, or None."""
        host = headers.get("host", "")
        if is_loopback(self._settings.host) and not is_loopback(_name(host)):
            # Another site's name that was made to point here must not reach the API through a browser.
            return problem(421, f"this server is called {self._settings.host}, not {host[:80]!r}")
        origin = headers.get("origin")
        foreign = origin is not None and _place(origin) != host
        if (foreign or headers.get("sec-fetch-site") == "cross-site") and scope["method"] not in ("GET", "HEAD"):
            return problem(403, "a page of another site may not ask this server")
        if self._settings.token and not self._knows_token(scope, headers):
            if scope["method"] == "GET" and self._token_in_address(scope):
                # The page's own requests carry the cookie; the token leaves the address bar.
                cookie = f"{COOKIE}={self._settings.token}; HttpOnly; SameSite=Strict; Path=/"
                return problem(303, "welcome", location="/", set_cookie=cookie)
            return problem(401, "no token, or a wrong one; send Authorization: Bearer …", www_authenticate="Bearer")
        return None

    def _knows_token(self, scope: Scope, headers: dict[str, str]) -> bool:
        given = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not given:
            try:
                cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
            except CookieError:
                cookie = None
            given = cookie.value if cookie else ""
        return hmac.compare_digest(given.encode(), self._settings.token.encode())

    def _token_in_address(self, scope: Scope) -> bool:
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        return hmac.compare_digest(given.encode(), self._settings.token.encode())

    async def _body(self, headers: dict[str, str], receive: Receive) -> bytes:
        """All of the body, or an error; a length that is announced is believed only as far as refusing goes.

        Of a body that is too large, a client sees the answer only after it was heard out: within reason it is.
        """
        limit = self._settings.largest_body
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > HEARD_OUT * limit:
            raise _TooLargeError
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _GoneError
            part = message.get("body", b"")
            size += len(part)
            if size <= limit:
                parts.append(part)
            last = not message.get("more_body")
            if size > HEARD_OUT * limit or (last and size > limit):
                raise _TooLargeError
            if last:
                return b"".join(parts)


class _TooLargeError(Exception):
    """A body over the limit."""


class _GoneError(Exception):
    """The client went away while it was sending."""


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _place(origin: str) -> str:
    """The host of an Origin header, or "" of one that names none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH") else "other"
