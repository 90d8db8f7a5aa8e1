"""The server tells how it is, how busy it is, and what its API has."""

from __future__ import annotations

import time

import httpx


def test_it_is_ready_once_warm(client: httpx.Client) -> None:
    until = time.monotonic() + 300
    while (answer := client.get("v1/ready")).status_code == 503 and time.monotonic() < until:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "1"
        time.sleep(0.1)
    assert answer.json() == {"status": "ready"}
    assert client.get("v1/health").json()["ready"] is True


def test_health_metrics_and_the_description(client: httpx.Client) -> None:
    assert client.get("health").json()["status"] == "ok"
    text = client.get("metrics").text
    assert 'lenet5_requests_total{method="GET"' in text
    assert "lenet5_request_seconds_bucket" in text
    paths = client.get("openapi.json").json()["paths"]
    assert {"/api/v1/read", "/api/v1/networks", "/api/v1/activations", "/api/v1/health"} <= set(paths)
