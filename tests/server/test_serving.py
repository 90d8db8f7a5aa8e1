"""Does the server stop as it should, finishing what it has begun?"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from lenet5.errors import LeNetError
from lenet5.network import LeNet5
from systems import posix


@posix
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_by_itself_with_a_training_and_its_events_under_way(
    start: Callable[..., tuple[Any, str]], network: LeNet5, how: signal.Signals
) -> None:
    process, address = start()
    begun = httpx.post(f"{address}/api/trainings", json={"pictures": 500, "changes": {"passes": 200}}, timeout=30)
    events: list[str] = []

    def follow() -> None:
        with httpx.stream("GET", f"{address}/api/trainings/{begun.json()['id']}/events", timeout=30) as stream:
            events.extend(stream.iter_lines())  # ends without an error, or this thread dies with one

    thread = threading.Thread(target=follow)
    thread.start()
    while not events and thread.is_alive():
        time.sleep(0.05)
    process.send_signal(how)
    assert process.wait(20) == 0
    thread.join(20)
    assert not thread.is_alive()
    assert events


@posix
def test_a_request_that_has_begun_is_answered_before_the_end(start: Callable[..., tuple[Any, str]]) -> None:
    process, address = start()
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), 20) as connection:
        connection.sendall(
            b"POST /api/activations?network=untrained-lenet5 HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/octet-stream\r\nContent-Length: 784\r\n\r\n" + bytes(300)
        )
        httpx.get(f"{address}/api/health", timeout=20)  # so the first half has arrived
        process.terminate()
        connection.sendall(bytes(484))
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert process.wait(20) == 0


def test_a_port_that_is_taken_is_a_clear_error(address: str) -> None:
    from lenet5.server.app import create_app
    from lenet5.server.serving import serve
    from lenet5.server.settings import Settings

    settings = Settings(port=int(address.rsplit(":", 1)[1]))
    with pytest.raises(LeNetError, match="another --port"):
        serve(create_app(settings), settings)
