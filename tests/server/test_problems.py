"""Every error becomes a problem (RFC 9457) with a status that fits, and tells no more than it should."""

from __future__ import annotations

import json
import logging

import httpx
import pytest
from fastapi import FastAPI, HTTPException

from lenet5 import errors
from lenet5.server import problems
from lenet5.server.networks import UnknownNetworkError
from lenet5.server.training import BusyError, UnknownTrainingError
from server.expected import finished


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnknownNetworkError("no network 'x'"), 404),
        (UnknownTrainingError("no training 9"), 404),
        (BusyError("one is under way"), 409),
        (errors.PictureError("damaged"), 422),
        (errors.TrainingError("0 passes"), 422),
        (errors.MissingExtraError("pypdfium2", "pdf"), 415),
        (errors.LeNetError("anything else"), 400),
    ],
)
def test_an_error_of_the_package_has_its_status_and_its_words(error: errors.LeNetError, status: int) -> None:
    told = problems.as_problem(error)
    assert told["status"] == status
    assert told["detail"] == str(error)
    assert told["title"]


def test_a_problem_is_an_answer_of_its_own_type() -> None:
    answer = problems.problem(401, "no token", www_authenticate="Bearer")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert json.loads(bytes(answer.body)) == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "no token",
    }


def _ask(address: str) -> httpx.Response:
    """The answer of an application whose routes all fail."""
    app = FastAPI()
    problems.install(app)

    @app.get("/ours")
    def ours() -> None:
        raise errors.PictureError("the picture is cut short")

    @app.get("/http")
    def http() -> None:
        raise HTTPException(404, "no example", headers={"x-hint": "look elsewhere"})

    @app.get("/number/{number}")
    def number(number: int) -> None: ...

    @app.get("/fault")
    def fault() -> None:
        raise RuntimeError("a secret path")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(address)

    return finished(ask())


def test_errors_of_routes_become_problems() -> None:
    assert (_ask("/ours").status_code, _ask("/ours").json()["detail"]) == (422, "the picture is cut short")
    assert (_ask("/http").status_code, _ask("/http").headers["x-hint"]) == (404, "look elsewhere")
    assert "path.number" in _ask("/number/seven").json()["detail"]
    assert _ask("/nowhere").headers["content-type"] == "application/problem+json"
    assert _ask("/nowhere").json()["detail"] == "no GET /nowhere here; /docs names every address"


def test_a_fault_is_logged_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "lenet5.server"):
        answer = _ask("/fault")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "a secret path" in caplog.text
