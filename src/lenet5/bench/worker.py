"""The process of one contender: it answers questions, a line of JSON for each.

    {"do": "start", "name": …, "material": FOLDER, "threads": N}   {"versions": {…}}
    {"do": "penalties", "to": FILE}                                {}        writes (CHECKED, classes)
    {"do": "learned", "task": …, "to": FILE}                       {"learned": whether it can}   writes the tensors
    {"do": "time", "task": …, "seconds": …}                        {"samples": [nanoseconds]}, or null if it can't
    {"do": "memory"}                                               {"bytes": the most it ever held}

A question that fails is answered by {"error": …}. Threads and processors are set before any framework is imported.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

MOST = 200_000  # calls of one turn that are kept


def pin(threads: int) -> None:
    """Let this process use only so many of its processors, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


class Worker:
    """Answers questions about one contender."""

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = getattr(self, f"_{question.pop('do')}")(**question)
        return found

    def _start(self, name: str, material: str, threads: int) -> dict[str, Any]:
        pin(threads)
        from lenet5.bench.material import Material
        from lenet5.bench.peers import PEERS, make

        self._material = Material.read(Path(material))
        self._contender = make(PEERS[name], self._material, threads)
        return {"versions": {package: version(package) for package in PEERS[name].packages}}

    def _penalties(self, to: str) -> dict[str, Any]:
        import numpy as np

        from lenet5.bench.material import CHECKED

        np.save(to, self._contender.penalties(self._material.digits[:CHECKED]))
        return {}

    def _learned(self, task: dict[str, Any], to: str) -> dict[str, Any]:
        import numpy as np

        from lenet5.bench.tasks import Task

        if self._contender.call(Task(**task)) is None:
            return {"learned": False}
        tensors: dict[str, Any] = self._contender.learned(Task(**task))
        np.savez(to, **tensors)
        return {"learned": True}

    def _time(self, task: dict[str, Any], seconds: float) -> dict[str, Any]:
        from lenet5.bench.tasks import Task

        self._contender.reset()
        call = self._contender.call(Task(**task))
        return {"samples": None if call is None else collect(call, seconds)}

    def _memory(self) -> dict[str, Any]:
        return {"bytes": most_memory()}


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


def most_memory() -> int | None:
    """Bytes that this process has held at most; getrusage would count what its parent held before it."""
    try:
        status = Path("/proc/self/status").read_text("utf-8")
    except OSError:
        return None
    kilobytes = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")), None)
    return None if kilobytes is None else int(kilobytes) * 1024


def main() -> None:
    """Answer the questions on stdin until it ends. Whatever frameworks print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker()
    for line in sys.stdin:
        try:
            answer = worker.answer(json.loads(line))
        except Exception as error:  # a framework may fail in any way, and the others go on
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
