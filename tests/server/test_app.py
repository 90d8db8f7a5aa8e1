"""Only what should be served is served."""

from __future__ import annotations

import http.client
import mimetypes
import multiprocessing
import os
import signal

import httpx
import pytest

from lenet5.architecture import LENET5
from lenet5.server.app import create_app
from lenet5.server.settings import Settings
from lenet5.server.training_process import Assignment, train
from lenet5.training import Recipe
from server.expected import expect_problem, finished


@pytest.mark.parametrize(
    "path",
    [
        "networks/..%2f..%2fetc%2fpasswd",
        "examples/..%2f__init__.py",
        "examples/%00",
        "networks/<script>/weights",
        "trainings/99",
        "networks/nix",
        "nothing",
        "trainings/99/events",
    ],
)
def test_what_is_not_there_is_a_problem_and_no_path_leads_out(client: httpx.Client, path: str) -> None:
    expect_problem(client.get(path), 404)


@pytest.mark.parametrize("path", ["/page/../app.py", "/page/..%2fapp.py", "/page/%2e%2e/app.py", "/page//etc/passwd"])
def test_only_the_pages_own_files_are_served(address: str, path: str) -> None:
    from urllib.parse import urlsplit

    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    connection.request("GET", path)  # httpx would tidy the path up
    assert connection.getresponse().status == 404
    connection.close()


def test_scripts_are_scripts_whatever_the_system_takes_their_names_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows any program may change what .js stands for, and browsers run no script that is called plain text."""
    monkeypatch.setattr(mimetypes, "_db", mimetypes.MimeTypes())
    mimetypes.add_type("text/plain", ".js")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(Settings()))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/page/main.js")

    assert finished(ask()).headers["content-type"].startswith("text/javascript")


def test_a_training_runs_where_processes_have_no_nice(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    monkeypatch.delattr(os, "nice", raising=False)
    monkeypatch.setenv("LENET5_THREADS", "1")
    before = signal.getsignal(signal.SIGINT)
    ours, theirs = multiprocessing.Pipe()
    try:
        train(Assignment(LENET5, Recipe(), "no/such/folder", 10, 0), theirs)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ours.recv()["event"] == "failed"
