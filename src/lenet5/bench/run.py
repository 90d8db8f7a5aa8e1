"""A benchmark: contenders are first checked to be equal, then timed in turns.

They take turns so that a machine that is busy for a while is busy for all of them.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lenet5 import __version__
from lenet5.architecture import LENET5
from lenet5.bench import worker
from lenet5.bench.material import CHECKED, Material, prepared
from lenet5.bench.peers import OURS, PEERS, missing
from lenet5.bench.tasks import ALL, QUICK, Task, multiply_adds
from lenet5.errors import LeNetError
from lenet5.machine.processes import pool
from lenet5.machine.threads import processors
from lenet5.network import LeNet5
from lenet5.training.going_on import machine

T = TypeVar("T")
ROUNDS, SECONDS = 5, 1.0  # turns of each contender at each task, and how long one is
QUICK_ROUNDS, QUICK_SECONDS = 2, 0.2
APART = 1e-3  # penalties of two contenders may differ by this, and probabilities after learning
PEAK = Task("peak")


@dataclass(frozen=True)
class Step:
    """What is being done now, for a progress bar."""

    text: str
    done: int
    total: int


@dataclass(frozen=True)
class Times:
    """Seconds of one call: the median, the 99th percentile, the best; and the number of calls."""

    median: float
    p99: float
    best: float
    calls: int


@dataclass
class Result:
    """What a benchmark has measured.

    times[task][name]: of one call. peak: multiply-adds a second. memory[name]: bytes at most, after reading a few
    pictures at a time and after everything. missing[name]: why a contender did not take part.
    apart[name]: how far its penalties were from ours at most.
    """

    threads: int
    quick: bool
    machine: dict[str, Any]
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    apart: dict[str, float] = field(default_factory=dict)
    times: dict[Task, dict[str, Times]] = field(default_factory=dict)
    memory: dict[str, int | None] = field(default_factory=dict)
    peak: float = 0.0

    def per_picture(self, task: Task, name: str) -> float | None:
        """Seconds, by the median call."""
        times = self.times.get(task, {}).get(name)
        return None if times is None else times.median / task.pictures

    def share_of_peak(self, task: Task, name: str) -> float | None:
        """The useful multiply-adds of the median call, as a part of what the processor can do."""
        seconds = self.per_picture(task, name)
        return None if seconds is None or not self.peak else multiply_adds(task) / seconds / self.peak

    def best_peer(self, task: Task) -> tuple[str, float] | None:
        """The fastest contender other than this package, and its time as a multiple of ours."""
        ours = self.per_picture(task, OURS)
        others = {name: times.median for name, times in self.times.get(task, {}).items() if name != OURS}
        if ours is None or not others:
            return None
        name = min(others, key=others.__getitem__)
        return name, others[name] / task.pictures / ours

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; times in seconds."""
        return {
            **{of: getattr(self, of) for of in ("threads", "quick", "machine", "versions", "missing", "apart")},
            "peak_multiply_adds_per_second": self.peak,
            "memory_bytes": self.memory,
            "tasks": [
                {
                    **asdict(task),
                    "label": task.label,
                    "pictures": task.pictures,
                    "multiply_adds_per_picture": multiply_adds(task),
                    "contenders": {
                        name: {**asdict(times), "share_of_peak": self.share_of_peak(task, name)}
                        for name, times in found.items()
                    },
                }
                for task, found in self.times.items()
            ],
        }


def _ask(process: ProcessPoolExecutor, what: Callable[..., T], *given: Any) -> T:
    """What one of the worker's functions answers in a process. Raises LeNetError where it fails or dies."""
    try:
        return process.submit(worker.answer, what, *given).result()
    except BrokenProcessPool as error:
        raise LeNetError("its process was killed, perhaps for want of memory") from error


class Bench:
    """Iterate over `go()` for its steps; `result` holds what is known so far.

    peers: names of PEERS, this package always among them; None for all. Raises LeNetError for an unknown one, and
    for more threads than there are processors.
    """

    def __init__(self, threads: int, peers: Sequence[str] | None = None, *, quick: bool = False) -> None:
        unknown = [name for name in peers or () if name not in PEERS]
        if unknown:
            raise LeNetError(f"no contender {', '.join(unknown)}; expected some of {', '.join(PEERS)}")
        if not 1 <= threads <= processors():
            raise LeNetError(f"{threads} threads; expected 1 to {processors()}, the processors that there are")
        self._names = [name for name in PEERS if peers is None or name in peers or name == OURS]
        self._tasks = QUICK if quick else ALL
        self._rounds, self._seconds = (QUICK_ROUNDS, QUICK_SECONDS) if quick else (ROUNDS, SECONDS)
        self._ours: dict[str, NDArray[np.float32]] = {}  # answers, by the words that find fault with others
        # The machine and the versions that the numbers are measured with.
        here = {"processors": os.cpu_count(), "system": platform.platform(), "lenet5": __version__}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.result = Result(threads, quick, {**machine(), **here, "time": now})

    def go(self) -> Iterator[Step]:
        with ExitStack() as stack:
            steps = len(self._names) + (len(self._tasks) + 1) * self._rounds
            yield Step("drawing pictures", 0, steps)
            material = prepared()
            contenders: dict[str, ProcessPoolExecutor] = {}
            for done, name in enumerate(self._names):
                yield Step(f"checking {name}", done, steps)
                process = stack.enter_context(pool(1, worker.begin, self.result.threads))
                if self._takes_part(name, process, material):
                    contenders[name] = process
            done = len(self._names)
            for task in (*self._tasks, PEAK):
                samples: dict[str, list[int]] = {}
                for _ in range(self._rounds):
                    for name, process in list(contenders.items()):
                        yield Step(f"{task.label}: {name}", done, steps)
                        if not self._time(name, process, task, samples):
                            del contenders[name]
                    done += 1
                self._record(task, samples)
            for name, process in contenders.items():
                self.result.memory[name] = _ask(process, worker.most_memory)
            yield Step("done", steps, steps)

    def _takes_part(self, name: str, process: ProcessPoolExecutor, material: Material) -> bool:
        """Start a contender and compare its answers with this package's, which comes first."""
        absent = missing(PEERS[name])
        if absent:
            self.result.missing[name] = f"not installed: {', '.join(absent)}"
            return False
        try:
            self.result.versions[name] = _ask(process, worker.start, name, material, self.result.threads)
            self.result.apart[name] = self._compare(process, material)
        except LeNetError as error:
            self.result.missing[name] = str(error)
            return False
        return True

    def _compare(self, process: ProcessPoolExecutor, material: Material) -> float:
        """The largest difference of a penalty. Raises LeNetError where the contender reads or learns differently."""
        apart = self._apart("answers differently: penalties", _ask(process, worker.penalties))
        for task in self._tasks:
            if task.kind == "read" or (tensors := _ask(process, worker.learned, task)) is None:
                continue
            # Weights cannot be compared: units of F6 that have the same sign in all codes get no gradient but that of
            # rounding, and Adam makes full steps of it. What is compared is what the network answers.
            answers = LeNet5(LENET5, tensors).probabilities(material.digits[:CHECKED])
            self._apart(f"learns differently: after {task.label}, probabilities", answers)
        return apart

    def _apart(self, words: str, answers: NDArray[np.float32]) -> float:
        """How far answers are at most from this package's to the same question, which come first."""
        apart = float(np.abs(answers - self._ours.setdefault(words, answers)).max())
        if not apart <= APART:
            raise LeNetError(f"{words} are up to {apart:g} apart")
        return apart

    def _time(self, name: str, process: ProcessPoolExecutor, task: Task, samples: dict[str, list[int]]) -> bool:
        """Time one turn. False where the contender failed: it takes no further part."""
        if task is PEAK and name != OURS:
            return True
        try:
            found = _ask(process, worker.timed, task, self._seconds)
        except LeNetError as error:
            self.result.missing[name] = f"{task.label}: {error}"
            return False
        if found is not None:
            samples.setdefault(name, []).extend(found)
        return True

    def _record(self, task: Task, samples: dict[str, list[int]]) -> None:
        times = {name: summarise(found) for name, found in samples.items()}
        if task is not PEAK:
            self.result.times[task] = times
        elif times:
            from lenet5.machine.peak import PRODUCTS

            self.result.peak = PRODUCTS * self.result.threads / times[OURS].median


def summarise(samples: Sequence[int]) -> Times:
    """The times of calls that took so many nanoseconds, of at least one."""
    best, median, p99 = (np.quantile(samples, (0, 0.5, 0.99), method="inverted_cdf") / 1e9).tolist()
    return Times(median, p99, best, len(samples))
