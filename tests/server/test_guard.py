"""Who may ask, and what every answer carries."""

from __future__ import annotations

import errno
import http.client
import io
import json
import re
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from lenet5.errors import LeNetError
from lenet5.server.settings import Settings
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
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=|https?://", page.read_text("utf-8"))


def test_the_page_names_no_other_machine() -> None:
    for file in PAGE.iterdir():
        addresses = set(re.findall(r"https?://[^\s\"'`)]+", file.read_text("utf-8")))
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
    with _connected(impatient) as slow:
        slow.sendall(head)
        answer = b""
        while part := _received(slow):
            answer += part
    assert answer == b"" or b" 408 " in answer.splitlines()[0]


CHUNKED = b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
HEADERS = b"X-A: b\r\n" * 2**13


@pytest.mark.parametrize(
    ("server", "begin", "more"),
    [
        pytest.param("impatient", CHUNKED, b"10000\r\n" + bytes(2**16) + b"\r\n", id="body"),
        pytest.param("address", b"GET / HTTP/1.1\r\nHost: localhost\r\n", HEADERS, id="headers"),
        pytest.param("address", CHUNKED + b"0\r\n", HEADERS, id="headers after the body"),
    ],
)
def test_who_never_stops_sending_is_sent_away(
    server: str, begin: bytes, more: bytes, request: pytest.FixtureRequest
) -> None:
    with _connected(request.getfixturevalue(server)) as endless:
        endless.sendall(begin)
        end = time.monotonic() + 8  # before `address` would close a connection whose head is not whole

        def send() -> None:
            while time.monotonic() < end:
                endless.sendall(more)

        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            send()


def _connected(address: str) -> socket.socket:
    place = urlsplit(address)
    return socket.create_connection((place.hostname, place.port), 20)


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

    from lenet5.server.app import create_app
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
    idle = []
    try:
        for _ in range(3 * ROOM):
            idle.append(_connected(impatient))
        assert httpx.get(f"{impatient}/api/health", timeout=20).status_code == 200
    finally:
        for connection in idle:
            connection.close()


def test_rubbish_instead_of_http_ends_the_connection(address: str) -> None:
    for rubbish in (b"\0" * 1000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01" * 99, b"A" * 200_000):
        with _connected(address) as connection:
            try:
                connection.sendall(rubbish)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass
            except OSError as ended:  # the server may be quicker; a timeout is none of these
                if ended.errno not in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):
                    raise
    assert httpx.get(f"{address}/api/health", timeout=20).status_code == 200


def test_a_body_over_the_limit_is_refused(client: httpx.Client) -> None:
    answer = client.post("read", content=b"\0" * (17 * 2**20), headers=PNG)
    expect_problem(answer, 413, "16,777,216")


def test_who_sends_too_much_at_once_is_told_so(address: str) -> None:
    """Python's own client looks for an answer only when all is sent."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    connection.request("POST", "/api/v1/read", b"\0" * (17 * 2**20), PNG)
    assert connection.getresponse().status == 413
    connection.close()


def test_a_value_that_makes_no_sense_is_refused_at_once() -> None:
    for wrong in (
        {"host_names": ("digits.example:80",)},
        {"root_path": "digits"},
        {"root_path": "/digits/"},
        {"trusted_proxies": ("*",)},
        {"largest_batch": 0},
        {"kept": Path(__file__)},
        {"corrections": Path(__file__)},
        {"largest_pages": 0},
        {"largest_pixels": 10**9},
    ):
        with pytest.raises(LeNetError, match="expected"):
            Settings(**wrong)


def test_head_is_answered_as_get_without_a_body(address: str) -> None:
    for path in ("/", "/docs", "/page/main.js", "/api/v1/health"):
        answer = httpx.head(address + path)
        assert (answer.status_code, answer.content) == (200, b"")
    assert httpx.head(f"{address}/api/v1/read").status_code == 405


def test_every_answer_has_a_number_and_keeps_one_that_came(address: str) -> None:
    numbers = {httpx.get(f"{address}/api/health").headers["x-request-id"] for _ in range(3)}
    assert len(numbers) == 3
    for given, kept in (("order-66", True), ("a b", False), ("x" * 65, False)):
        assert (
            httpx.get(f"{address}/api/health", headers={"x-request-id": given}).headers["x-request-id"] == given
        ) is kept


NAME = "digits.example"


@pytest.fixture(scope="module")
def behind(start: Callable[..., tuple[object, str]]) -> tuple[subprocess.Popen[str], str]:
    """A server as it stands behind a proxy called digits.example, which has it under /digits; only to be read."""
    options = ["--token", TOKEN, "--open-probes", "--read-only", "--access-log", "json", "--largest-batch", "2"]
    options += ["--largest-pages", "2", "--largest-pixels", "200000"]
    process, address = start(*options, "--host-name", NAME, "--root-path", "/digits", "--trusted-proxy", "127.0.0.1")
    address = address.removesuffix("/digits")
    until = time.monotonic() + 300
    while httpx.get(f"{address}/api/v1/ready", timeout=60).status_code == 503 and time.monotonic() < until:
        time.sleep(0.1)
    return process, address


def saved(pages: int, side: int) -> bytes:
    sheet, held = Image.new("L", (side, side), 255), io.BytesIO()
    sheet.save(held, "TIFF", save_all=True, append_images=[sheet] * (pages - 1), compression="tiff_lzw")
    return held.getvalue()


@pytest.mark.parametrize(
    ("pages", "side", "words"),
    [(2, 300, ""), (3, 20, "over 2 pages; split it"), (1, 500, "at most 200,000"), (2, 400, "over 200,000 pixels on")],
)
def test_a_picture_has_as_many_pages_and_pixels_as_the_options_say(
    behind: tuple[subprocess.Popen[str], str], pages: int, side: int, words: str
) -> None:
    for route in ("read", "activations", "line", "explain"):
        headers = {**KNOWN, "content-type": "image/tiff"}
        answer = httpx.post(f"{behind[1]}/api/{route}", content=saved(pages, side), headers=headers, timeout=60)
        assert answer.status_code == (422 if words else 200)
        assert words in answer.text


PROXIED = {"host": NAME, "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}
KNOWN = {**PROXIED, "authorization": f"Bearer {TOKEN}", "origin": f"https://{NAME}"}


def test_a_proxy_may_pass_on_the_path_or_take_it_off_and_the_host_likewise(
    behind: tuple[subprocess.Popen[str], str],
) -> None:
    _, address = behind
    for root in ("", "/digits"):
        for host in (NAME, "DIGITS.example:443", urlsplit(address).netloc):
            headers = {**KNOWN, "host": host, **PNG}
            assert httpx.get(f"{address}{root}/page/main.js", headers=headers).status_code == 200
            assert httpx.post(f"{address}{root}/api/v1/read", content=b"x", headers=headers).status_code == 422
    assert httpx.get(f"{address}/digits", headers=KNOWN).headers["location"] == "/digits/"
    assert httpx.get(f"{address}/digitsx/page/main.js", headers=KNOWN).status_code == 404
    described = httpx.get(f"{address}/api/openapi.json", headers=KNOWN).json()
    assert described["servers"] == [{"url": "/digits"}]


def test_behind_a_proxy_other_names_and_other_sites_are_still_refused(
    behind: tuple[subprocess.Popen[str], str],
) -> None:
    _, address = behind
    assert httpx.get(f"{address}/", headers={**KNOWN, "host": "evil.example"}).status_code == 421
    for foreign in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert httpx.post(f"{address}/api/v1/read", content=b"x", headers={**KNOWN, **foreign}).status_code == 403
    assert httpx.get(f"{address}/", headers=PROXIED).status_code == 401


def test_the_cookie_keeps_to_the_path_and_to_https(behind: tuple[subprocess.Popen[str], str]) -> None:
    _, address = behind
    asked = {"params": {"token": TOKEN}, "headers": PROXIED}
    welcome = httpx.get(f"{address}/digits/", **asked)
    assert welcome.headers["location"] == "/digits/"
    assert "Path=/digits/; Secure" in welcome.headers["set-cookie"]
    asked["headers"] = {**PROXIED, "x-forwarded-proto": "http"}
    assert "Secure" not in httpx.get(f"{address}/digits/", **asked).headers["set-cookie"]


def test_open_probes_need_no_token_and_no_name(behind: tuple[subprocess.Popen[str], str]) -> None:
    _, address = behind
    for path in ("/api/health", "/api/v1/health", "/api/v1/metrics", "/digits/api/v1/health"):
        assert httpx.get(address + path, headers={"host": "10.1.2.3:8998"}).status_code == 200
    assert httpx.get(f"{address}/api/v1/ready", headers={"host": "10.1.2.3"}).json() == {"status": "ready"}
    for path in ("/", "/api/v1/networks", "/api/v1/health/", "/api/v1/metrics/x"):
        assert httpx.get(address + path).status_code == 401
    assert httpx.post(f"{address}/api/v1/health").status_code == 401


def test_a_server_that_is_only_read_trains_and_keeps_nothing(behind: tuple[subprocess.Popen[str], str]) -> None:
    _, address = behind
    expect_problem(httpx.post(f"{address}/api/v1/trainings", json={}, headers=KNOWN), 403, "read-only")
    expect_problem(httpx.post(f"{address}/api/v1/trainings/1/stop", headers=KNOWN), 403)
    expect_problem(httpx.put(f"{address}/api/v1/trainings/1/kept", json={"name": "x"}, headers=KNOWN), 403)
    assert httpx.get(f"{address}/api/v1/health").json()["read_only"] is True


def test_a_batch_over_the_option_is_refused(behind: tuple[subprocess.Popen[str], str]) -> None:
    _, address = behind
    for count, status in ((2, 200), (3, 400)):
        files = [("file", ("a.png", b"x"))] * count
        assert httpx.post(f"{address}/api/v1/read", files=files, headers=KNOWN, timeout=60).status_code == status


def test_the_access_log_has_a_line_for_each_request_and_no_secret(behind: tuple[subprocess.Popen[str], str]) -> None:
    process, address = behind
    httpx.get(f"{address}/digits/a%20b%0A", params={"token": TOKEN}, headers={**PROXIED, "x-request-id": "mine"})
    assert process.stdout is not None
    lines = []
    while not lines or json.loads(lines[-1])["id"] != "mine":
        lines.append(process.stdout.readline())
    told = json.loads(lines[-1])
    assert told.keys() == {"time", "id", "client", "method", "path", "status", "ms"}
    assert (told["client"], told["method"], told["status"]) == ("203.0.113.7", "GET", 303)
    assert told["path"] == "/digits/a%20b%0A"
    assert TOKEN not in "".join(lines)
