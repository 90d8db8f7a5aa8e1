"""The pool of threads that kernels run on.

Kernels release Python's lock, so a plain pool of Python's threads keeps every core busy. Work is cut into the same
pieces whatever the number of threads, so that results never depend on it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from lenet5.errors import LeNetError

SAMPLE = 8  # items that tell how long the others will take
SMALL = 2.5e-3  # seconds for each; below, one thread is quicker than two

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_pools: dict[int, ThreadPoolExecutor] = {}
_here = threading.local()  # `at_work` in a pool's own threads
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pools.clear)  # a child has none of its parent's threads


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads() -> int:
    """The number of threads to use: LENET5_THREADS where it is set, else one for each processor of this process.

    Raises LeNetError where LENET5_THREADS is not a whole number from 1 on.
    """
    text = os.environ.get("LENET5_THREADS")
    if text is None:
        return processors()
    if not text.isdecimal() or int(text) < 1:
        raise LeNetError(f"LENET5_THREADS is {text!r}; expected a whole number from 1 on, or leave it unset")
    return int(text)


def run(function: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """[function(item) for item in items], on `threads()` threads, of which the caller's is one.

    On the caller's alone where `run` has called it: a pool's thread that waited for its own pool could wait for ever.
    """
    items, count = list(items), threads()
    if count == 1 or len(items) < 2 or hasattr(_here, "at_work"):
        return [function(item) for item in items]
    if count not in _pools:
        _pools[count] = ThreadPoolExecutor(count - 1, "lenet5", setattr, (_here, "at_work", True))
    results: dict[int, _Result] = {}
    left = iter(enumerate(items))  # each thread takes the next

    def work() -> None:
        try:
            for place, item in left:
                results[place] = function(item)
        finally:  # where one fails, what is left is not begun
            list(left)

    helpers = [_pools[count].submit(work) for _ in range(min(count, len(items)) - 1)]
    _here.at_work = True
    try:
        work()
    finally:
        del _here.at_work
        for helper in helpers:
            if not helper.cancel():
                helper.result()
    return [results[place] for place in range(len(items))]


def run_where_it_pays(function: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """As `run`; on one thread where the first items show that Python has most of the work.

    Threads wait for Python's lock, and hand it on at a cost: of pictures of 28×28 two prepare two thirds of what one
    does, of 200×200 half as much again.
    """
    items = list(items)
    first, rest = items[:SAMPLE], items[SAMPLE:]
    start = time.perf_counter()
    done = [function(item) for item in first]
    small = time.perf_counter() - start < SMALL * len(first)
    return done + ([function(item) for item in rest] if small or not rest else run(function, rest))
