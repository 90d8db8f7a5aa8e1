"""Who may ask, and what does every answer carry?"""

from __future__ import annotations

import errno
import http.client
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from lenet5.errors import LeNetError
from lenet5.server import Settings
from server.expected import PNG, expect_problem

TOKEN = "a-token-that-is-long-enough"
ROOM = 100  # connections
PAGE = Path(__file__).parents[2] / "src" / "lenet5" / "server" / "page"


def test_a_browser_runs_nothing_but_the_servers_own_files(address: str) -> None:
    for path in ("/", "/docs", "/api/health", "/api/nothing", "/page/main.js"):
        headers = httpx.get(address + path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
    for page in PAGE.glob("*.html"):
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=|https?://", page.read_text())


def test_the_page_names_no_other_machine() -> None:
    for file in PAGE.iterdir():
        addresses = set(re.findall(r"https?://[^\s\"'`)]+", file.read_text()))
        assert addresses <= {"http://www.w3.org/2000/svg"}, file


def test_another_sites_page_may_not_ask(address: str) -> None:
    foreign = [{"origin": origin} for origin in ("https://evil.example", "null", "http://[")]
    for headers in (*foreign, {"sec-fetch-site": "cross-site"}):
        assert httpx.post(f"{address}/api/read", content=b"x", headers=headers).status_code == 403
    assert httpx.options(f"{address}/api/read", headers={"origin": "https://evil.example"}).status_code == 403


def test_another_name_for_this_machine_is_refused(address: str) -> None:
    assert httpx.get(f"{address}/api/health", headers={"host": "evil.example"}).status_code == 421
    assert httpx.get(f"{address}/api/health", headers={"host": "localhost:1"}).status_code == 200
    assert httpx.get(f"{address}/api/health", headers={"host": "LOCALHOST.:1"}).status_code == 200


def test_beyond_this_machine_a_token_is_needed() -> None:
    for token in ("", "short"):
        with pytest.raises(LeNetError, match="token"):
            Settings(host="0.0.0.0", token=token)
    assert Settings(host="0.0.0.0", token=TOKEN).token == TOKEN
    for token in ("a token with spaces", "päßwörter12345678", "semicolons;;;;;;;;", "lines\nlines\nlines"):
        with pytest.raises(LeNetError, match="not every client can send"):
            Settings(token=token)


def test_with_a_token_only_those_who_know_it_are_answered(start: Callable[..., tuple[object, str]]) -> None:
    _, address = start("--token", TOKEN, "--host", "0.0.0.0")
    address = address.replace("0.0.0.0", "127.0.0.1")
    for headers in ({}, {"authorization": "Bearer wrong"}, {"cookie": "lenet5=wrong"}):
        answer = httpx.get(f"{address}/api/health", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert httpx.get(f"{address}/api/health", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    with httpx.Client(base_url=address) as browser:
        welcome = browser.get("/", params={"token": TOKEN})
        assert welcome.status_code == 303
        assert "HttpOnly" in welcome.headers["set-cookie"]
        assert "SameSite=Strict" in welcome.headers["set-cookie"]
        assert browser.get("/").status_code == 200
    assert httpx.get(address, params={"token": "wrong"}).status_code == 401


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n",
        b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n12",
    ],
)
def test_who_never_finishes_a_request_is_sent_away(impatient: str, head: bytes) -> None:
    place = urlsplit(impatient)
    with socket.create_connection((place.hostname, place.port), 20) as slow:
        slow.sendall(head)
        answer = b""
        while part := _received(slow):
            answer += part
    assert answer == b"" or b" 408 " in answer.splitlines()[0]


def test_who_never_stops_sending_is_sent_away(impatient: str) -> None:
    place = urlsplit(impatient)
    with socket.create_connection((place.hostname, place.port), 20) as endless:
        endless.sendall(b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        end = time.monotonic() + 20

        def send() -> None:
            while time.monotonic() < end:
                endless.sendall(b"10000\r\n" + bytes(2**16) + b"\r\n")

        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            send()


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(4096)
    except ConnectionResetError:
        return b""


@pytest.fixture(scope="module")
def impatient() -> object:
    """A server that waits half a second for nobody, in a thread of this process."""
    import threading

    import uvicorn

    from lenet5.server import create_app
    from lenet5.server.serving import protocol

    settings = Settings(idle_seconds=0.5, body_seconds=0.5, connections=ROOM, largest_body=2**20)
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings), port=0, log_level="error", http=protocol(settings), lifespan="off")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_more_idle_connections_than_there_is_room_for_keep_nobody_out(impatient: str) -> None:
    place = urlsplit(impatient)
    idle = []
    try:
        for _ in range(3 * ROOM):
            idle.append(socket.create_connection((place.hostname, place.port), 20))
        assert httpx.get(f"{impatient}/api/health", timeout=20).status_code == 200
    finally:
        for connection in idle:
            connection.close()


def test_rubbish_instead_of_http_ends_the_connection(address: str) -> None:
    place = urlsplit(address)
    for rubbish in (b"\0" * 1000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01" * 99, b"A" * 200_000):
        with socket.create_connection((place.hostname, place.port), 20) as connection:
            try:
                connection.sendall(rubbish)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass
            except OSError as ended:  # the server may be quicker; a timeout is none of these
                if ended.errno not in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):
                    raise
    connection = http.client.HTTPConnection(place.netloc, timeout=20)
    connection.request("GET", "/api/health")
    assert connection.getresponse().status == 200
    connection.close()


def test_a_body_over_the_limit_is_refused(client: httpx.Client) -> None:
    answer = client.post("read", content=b"\0" * (17 * 2**20), headers=PNG)
    expect_problem(answer, 413, "16,777,216")


def test_who_sends_too_much_at_once_is_told_so(address: str) -> None:
    """Python's own client looks for an answer only when all is sent."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    connection.request("POST", "/api/v1/read", b"\0" * (17 * 2**20), PNG)
    assert connection.getresponse().status == 413
    connection.close()
