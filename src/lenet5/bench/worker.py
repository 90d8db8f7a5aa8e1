"""The process of one contender: a function for each thing that is asked of it.

Threads and processors are set before any framework is imported. What frameworks print is not shown.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lenet5.errors import LeNetError

if TYPE_CHECKING:
    from lenet5.bench.material import Material
    from lenet5.bench.peers import Contender
    from lenet5.bench.tasks import Task

T = TypeVar("T")
MOST = 200_000  # calls of one turn that are kept
LIMITS = ("LENET5_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_material: Material  # this process's own, as `start` makes them
_contender: Contender


def pin(threads: int) -> None:
    """Let this process use only so many of its processors, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def begin(threads: int) -> None:
    """What this process does first."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nobody waits for the end of a call, nor wants a traceback
    os.environ |= dict.fromkeys(LIMITS, str(threads))
    pin(threads)
    nobody = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nobody, stream)


def answer(asked: Callable[..., T], *given: Any) -> T:
    """What one of the functions below answers. Raises LeNetError for whatever a framework raises."""
    try:
        return asked(*given)
    except Exception as error:  # it may fail in any way, and the others go on
        raise LeNetError(f"{type(error).__name__}: {error}".splitlines()[0][:300]) from None


def start(name: str, material: Material, threads: int) -> dict[str, str]:
    """Make the contender of this name; the versions of the packages that it needs."""
    from lenet5.bench.peers import PEERS, make

    global _material, _contender
    _material = material
    _contender = make(PEERS[name], _material, threads)
    return {package: version(package) for package in PEERS[name].packages}


def penalties() -> Any:
    """Its penalties of the pictures that contenders must agree on, (CHECKED, classes)."""
    from lenet5.bench.material import CHECKED

    return _contender.penalties(_material.digits[:CHECKED])


def learned(task: Task) -> dict[str, Any] | None:
    """The tensors after a learning task; None where it cannot do it."""
    return None if _contender.call(task) is None else _contender.learned(task)


def timed(task: Task, seconds: float) -> list[int] | None:
    """The times of a task, as of `collect`; None where it cannot do it."""
    _contender.reset()
    call = _contender.call(task)
    return None if call is None else collect(call, seconds)


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
