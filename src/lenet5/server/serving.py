"""Running the application: one process that closes idle connections, and stops cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from lenet5.errors import LeNetError
from lenet5.server.settings import Settings
from lenet5.server.state import ServerState

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Protocol
except ImportError:  # httptools is faster, and needs a compiler where it has no wheel
    from uvicorn.protocols.http.h11_impl import H11Protocol as Protocol  # type: ignore[assignment]

LARGEST_HEAD = 2**16  # bytes of a request before its body, or after it


def serve(app: FastAPI, settings: Settings, ready: Any = None) -> None:
    """Serve until SIGTERM or Ctrl-C. `ready` is called with the address once requests are answered.

    Raises LeNetError where the port is taken.
    """
    _allow_many_files(settings.connections + 256)
    config = uvicorn.Config(
        app,
        http=protocol(settings),
        log_level="warning",
        access_log=False,  # the guard has one
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        timeout_keep_alive=max(1, int(settings.idle_seconds)),
        timeout_graceful_shutdown=int(settings.stop_seconds),
        backlog=1024,
    )
    Server(config, ready).run(sockets=[_listen(settings)])


class Server(uvicorn.Server):
    """Tells the trainings at once when it must stop, so that streams of events end by themselves."""

    def __init__(self, config: uvicorn.Config, ready: Any = None) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready and sockets:
            host, port = sockets[0].getsockname()[:2]
            host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # which no browser opens
            state: ServerState = self.config.app.state.shared  # type: ignore[union-attr]
            self._ready(f"http://{f'[{host}]' if ':' in host else host}:{port}{state.settings.root_path}/")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        state: ServerState = self.config.app.state.shared  # type: ignore[union-attr]
        state.trainings.begin_to_stop()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again once it has stopped. Here a clean stop exits with 0.
        with super().capture_signals():
            try:
                yield
            finally:
                self._captured_signals.clear()


def protocol(settings: Settings) -> type[asyncio.Protocol]:
    """uvicorn's HTTP protocol, which closes idle connections and those with endless headers: uvicorn keeps both."""

    connections: dict[Timed, None] = {}  # every connection, the longest idle one first

    class Timed(Protocol):
        _timer: asyncio.TimerHandle | None = None
        _head = 0  # bytes since the last of a body, or of a whole head

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._start_timer()
            if len(connections) > settings.connections:
                # A client that opens thousands of connections loses its own; later clients are let in.
                next((c for c in connections if c._idle()), self).transport.abort()

        def data_received(self, data: bytes) -> None:
            self._head += len(data)
            super().data_received(data)
            if self._head > LARGEST_HEAD and hasattr(self, "parser"):  # h11 counts by itself
                self.send_400_response(f"headers of over {LARGEST_HEAD:,} bytes; send less")

        def on_headers_complete(self) -> None:
            self._head = 0
            super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            self._head = 0
            super().on_body(body)

        def _idle(self) -> bool:
            return self.cycle is None or bool(self.cycle.response_complete)

        def _start_timer(self) -> None:
            self._stop_timer()
            connections[self] = None
            self._timer = self.loop.call_later(settings.idle_seconds, self._close_if_idle)

        def _stop_timer(self) -> None:
            connections.pop(self, None)
            if self._timer is not None:
                self._timer.cancel()

        def _close_if_idle(self) -> None:
            if self._idle():
                self.transport.abort()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._start_timer()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            super().connection_lost(exc)

    return Timed


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":  # where it frees a port that nobody has; Windows would share one that somebody has
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host.strip("[]"), settings.port))
    except OSError as error:
        listener.close()
        raise LeNetError(
            f"cannot listen on {settings.host}, port {settings.port}: {error.strerror}; give another --port"
        ) from error
    return listener


def _allow_many_files(wanted: int) -> None:
    """Each connection is an open file to the system, which often allows 1024."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))
