"""Counts and times are told as Prometheus reads them."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families as parse

from lenet5.server.metrics import Metrics


def _samples(metrics: Metrics) -> dict[tuple[str, str], float]:
    """Name and route (or "") of each sample, and its value; buckets under the name and their bound."""
    return {
        (sample.name, sample.labels.get("le") or sample.labels.get("route", "")): sample.value
        for family in parse(metrics.text().decode())
        for sample in family.samples
    }


def test_a_request_is_counted_and_timed() -> None:
    metrics = Metrics()
    metrics.request("GET", "/api/read", 200, 0.003)
    metrics.request("GET", "/api/read", 200, 0.2)
    metrics.request("GET", "none", 404, 0.0)
    samples = _samples(metrics)
    assert samples["lenet5_requests_total", "/api/read"] == 2
    assert samples["lenet5_requests_total", "none"] == 1
    assert samples["lenet5_request_seconds_sum", "/api/read"] == 0.203


def test_buckets_hold_all_that_took_at_most_so_long() -> None:
    metrics = Metrics()
    for seconds in (0.003, 0.2, 60.0):
        metrics.request("GET", "/", 200, seconds)
    samples = _samples(metrics)
    buckets = [samples["lenet5_request_seconds_bucket", bound] for bound in ("0.0025", "0.005", "0.25", "5.0", "+Inf")]
    assert buckets == [0, 1, 2, 2, 3]


def test_a_gauge_tells_what_is_so_when_it_is_read() -> None:
    metrics, working = Metrics(), [1]
    metrics.gauge("working", "Requests in work", lambda: working[0])
    working[0] = 7
    assert _samples(metrics)["working", ""] == 7


def test_a_label_from_outside_cannot_add_a_line() -> None:
    metrics = Metrics()
    metrics.request("GET", 'a"} 1\nforged 1\n', 200, 0.1)
    assert not any(name == "forged" for name, _ in _samples(metrics))


def test_applications_count_for_themselves() -> None:
    one, other = Metrics(), Metrics()
    one.pictures.inc(3)
    assert _samples(one)["lenet5_pictures_read_total", ""] == 3
    assert _samples(other)["lenet5_pictures_read_total", ""] == 0
