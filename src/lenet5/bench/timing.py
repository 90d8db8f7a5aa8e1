"""Timing of a call: every call by itself, the first ones thrown away."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

MOST = 200_000  # calls of one turn that are kept


@dataclass(frozen=True)
class Times:
    """Seconds of one call: the median, the 99th percentile, the best; and the number of calls."""

    median: float
    p99: float
    best: float
    calls: int


def collect(call: Callable[[], object], seconds: float) -> list[int]:
    """Nanoseconds of each call, for so many seconds but at least once. A fifth of that time warms up first."""
    clock = time.perf_counter_ns
    warm = clock() + int(seconds * 0.2e9)
    call()
    while clock() < warm:
        call()
    end = clock() + int(seconds * 1e9)
    samples: list[int] = []
    while len(samples) < MOST:
        start = clock()
        call()
        now = clock()
        samples.append(now - start)
        if now >= end:
            break
    return samples


def summarise(samples: Sequence[int]) -> Times:
    """The times of calls that took so many nanoseconds, of at least one."""
    best, median, p99 = (np.quantile(samples, (0, 0.5, 0.99), method="inverted_cdf") / 1e9).tolist()
    return Times(median, p99, best, len(samples))
