"""The guard around the whole application: it checks every request before anything else looks at it.

It checks who asks (token, no other site's page, no other host's name), how much is sent and how slowly, and how many
ask at once. It adds the headers that keep a browser from running anything but this server's own files.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lenet5.server.metrics import Metrics
from lenet5.server.problems import problem
from lenet5.server.settings import Settings, is_loopback

__all__ = ["Guard"]

COOKIE = "lenet5"
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
            await self._answer(scope, receive, send_with_headers)
        finally:
            self.working -= 1
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.request(_method(scope), route, status, time.perf_counter() - start)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if self.working > self._settings.waiting:
            refusal = problem(503, "too many requests at once; come again in a second", retry_after="1")
        else:
            refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(self._body(Request(scope, receive)), self._settings.body_seconds)
        except ClientDisconnect:
            return
        except TimeoutError:
            late = f"the body had not arrived after {self._settings.body_seconds:g} s"
            await problem(408, late, connection="close")(scope, receive, send)
            return
        if body is None:
            # The connection stays open: closed at once, it would be reset before the client has read the answer.
            too_much = f"a body over {self._settings.largest_body:,} bytes; send less"
            await problem(413, too_much)(scope, receive, send)
        else:
            await self._app(scope, _replay(body, receive), send)

    def _refusal(self, scope: Scope, headers: Headers) -> Any:
        """The answer to a request that is not allowed, or None."""
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

    def _knows_token(self, scope: Scope, headers: Headers) -> bool:
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

    async def _body(self, request: Request) -> bytes | None:
        """The whole body, or None where it is over the limit. Raises ClientDisconnect."""
        announced, limit = request.headers.get("content-length", ""), self._settings.largest_body
        if announced.isdecimal() and int(announced[:20]) > limit:
            return None
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > limit:
                return None
        return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """`receive` for the application, which gets the body that the guard has read already."""
    read: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return read.pop() if read else await receive()

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
