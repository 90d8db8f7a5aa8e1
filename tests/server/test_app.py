"""Only what should be served is served."""

from __future__ import annotations

import http.client

import httpx
import pytest

from server.expected import expect_problem


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
