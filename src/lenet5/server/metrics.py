"""How busy is the server? Counts and times in the text format that Prometheus reads."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable

__all__ = ["Metrics"]

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds


class Metrics:
    """Counters, one histogram of times for each route, and gauges that are asked when they are read."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._times: dict[str, list[int]] = {}
        self._sums: Counter[str] = Counter()
        self._gauges: dict[str, Callable[[], float]] = {}
        self._lock = threading.Lock()

    def count(self, name: str, labels: str = "", by: int = 1) -> None:
        with self._lock:
            self._counts[name, labels] += by

    def gauge(self, name: str, ask: Callable[[], float]) -> None:
        self._gauges[name] = ask

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is the pattern, not the address: addresses come from strangers and have no end."""
        with self._lock:
            self._counts["lenet5_requests_total", f'method="{method}",route="{route}",status="{status}"'] += 1
            self._times.setdefault(route, [0] * (len(BOUNDS) + 1))[bisect_left(BOUNDS, seconds)] += 1
            self._sums[route] += seconds  # type: ignore[assignment]

    def text(self) -> str:
        with self._lock:
            lines: list[str] = []
            for name in sorted({name for name, _ in self._counts}):
                lines.append(f"# TYPE {name} counter")
                for (other, labels), value in sorted(self._counts.items()):
                    if other == name:
                        lines.append(f"{name}{{{labels}}} {value}" if labels else f"{name} {value}")
            lines.append("# TYPE lenet5_request_seconds histogram")
            for route, buckets in sorted(self._times.items()):
                lines += self._histogram(route, buckets)
        for name, ask in sorted(self._gauges.items()):
            lines += [f"# TYPE {name} gauge", f"{name} {ask():g}"]
        return "\n".join(lines) + "\n"

    def _histogram(self, route: str, buckets: list[int]) -> list[str]:
        name, lines, so_far = "lenet5_request_seconds", [], 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), buckets, strict=True):
            so_far += count
            lines.append(f'{name}_bucket{{route="{route}",le="{bound}"}} {so_far}')
        lines.append(f'{name}_sum{{route="{route}"}} {self._sums[route]:.6f}')
        lines.append(f'{name}_count{{route="{route}"}} {so_far}')
        return lines
