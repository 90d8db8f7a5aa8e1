"""The guard around the whole application: it checks every request before anything else looks at it.

It checks who asks (token, no other site's page, no other host's name), how much is sent and how slowly, and how many
ask at once. It adds the headers that keep a browser from running anything but this server's own files.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
import secrets
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lenet5.server.metrics import Metrics
from lenet5.server.problems import problem
from lenet5.server.settings import Settings, is_loopback

LOG = logging.getLogger("lenet5.access")
COOKIE = "lenet5"
PROBES = frozenset(f"/api{version}/{name}" for version in ("", "/v1") for name in ("health", "ready", "metrics"))
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
        self._names = {name.lower().rstrip(".") for name in settings.host_names}
        self.working = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500
        named = Headers(scope=scope).get("x-request-id", "")
        number = named if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", named) else secrets.token_hex(8)
        inside = self._inside(scope)

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS, own]}
            await send(message)

        own = (b"x-request-id", number.encode())
        self.working += 1
        try:
            await self._answer(inside, receive, send_with_headers)
        finally:
            self.working -= 1
            seconds = time.perf_counter() - start
            self._metrics.request(_method(scope), getattr(inside.get("route"), "path", "none"), status, seconds)
            if self._settings.access_log != "off":
                LOG.info(_line(scope, number, status, seconds, self._settings.access_log == "json"))

    def _inside(self, scope: Scope) -> Scope:
        """The request as the application has it: its path without the root path, and HEAD as GET.

        uvicorn sends no body in answer to HEAD.
        """
        path, root = scope["path"], self._settings.root_path
        if path == root or path.startswith(f"{root}/"):
            path = path[len(root) :]
        return {**scope, "path": path, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}

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
        settings, host, root = self._settings, headers.get("host", ""), self._settings.root_path
        probe = settings.open_probes and scope["method"] == "GET" and scope["path"] in PROBES
        if (is_loopback(settings.host) or self._names) and not (is_loopback(_name(host)) or self._owns(host) or probe):
            # Another site's name that was made to point here must not reach the API through a browser.
            own = ", ".join(sorted(self._names)) or settings.host
            return problem(421, f"this server is called {own}, not {host[:80]!r}; --host-name gives it another name")
        if not scope["path"]:
            query = scope.get("query_string", b"").decode("latin-1")
            return problem(308, "the page", location=f"{root}/{'?' if query else ''}{quote(query, safe='=&%')}")
        origin = headers.get("origin")
        foreign = origin is not None and _place(origin) != host and not self._owns(_place(origin))
        if (foreign or headers.get("sec-fetch-site") == "cross-site") and scope["method"] not in ("GET", "HEAD"):
            return problem(403, "a page of another site may not ask this server")
        if settings.token and not probe and not self._knows_token(Request(scope)):
            if scope["method"] == "GET" and self._is_token(Request(scope).query_params.get("token", "")):
                # The page's own requests carry the cookie; the token leaves the address bar.
                secure = "; Secure" if scope["scheme"] == "https" else ""
                cookie = f"{COOKIE}={settings.token}; HttpOnly; SameSite=Strict; Path={root}/{secure}"
                return problem(303, "welcome", location=f"{root}/", set_cookie=cookie)
            return problem(401, "no token, or a wrong one; send Authorization: Bearer …", www_authenticate="Bearer")
        return None

    def _owns(self, host: str) -> bool:
        """Whether this is a name that the settings give the server."""
        return _name(host).lower().rstrip(".") in self._names

    def _knows_token(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return self._is_token(given or request.cookies.get(COOKIE, ""))

    def _is_token(self, given: str) -> bool:
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


def _line(scope: Scope, number: str, status: int, seconds: float, as_json: bool) -> str:
    """A request as a line of the access log: without its query, which may hold the token."""
    told = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "id": number,
        "client": quote((scope.get("client") or ("-",))[0], safe=":.")[:80],
        "method": _method(scope),
        "path": quote(scope["path"])[:200],
        "status": status,
        "ms": round(1000 * seconds, 1),
    }
    return json.dumps(told) if as_json else " ".join(map(str, told.values()))


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH") else "other"
