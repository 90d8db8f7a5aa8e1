"""Does anything that the API's own description allows, or forbids, bring the server down? Schemathesis makes it up."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

SETTINGS = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
STARTS = ("POST", "/api/v1/trainings")  # a process each time: routes/test_training.py does that


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_no_request_is_answered_with_a_server_error(address: str, mode: str) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/api/openapi.json")
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) == STARTS:
            continue
        _ask(operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
        asked += 1
    assert asked >= 15


def _ask(cases: Any) -> None:
    @SETTINGS
    @given(case=cases)
    def ask(case: Any) -> None:
        answer = case.call(timeout=600)  # the machine may be busy
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"]
            assert answer.json()["status"] == answer.status_code

    with contextlib.suppress(Unsatisfiable):  # nothing can be wrong with a request that has no parts
        ask()
