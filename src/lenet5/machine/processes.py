"""A pool of processes of one thread each, that end with the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

KILLED = "was killed, perhaps for want of memory; what is done is kept: start again with fewer"
SPAWN = multiprocessing.get_context("spawn")  # a forked process would inherit locks that threads of this one may hold


def pool(count: int, begin: Callable[..., object], *given: Any) -> ProcessPoolExecutor:
    """`count` processes, each of which has called begin(*given) before it does anything else.

    They ignore Ctrl-C, unless `begin` says otherwise: one that is just starting would complain at length.
    """
    count = min(count, 61) if os.name == "nt" else count  # Windows can wait for no more
    made = ProcessPoolExecutor(count, SPAWN, _begin, (begin, *given))
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
    for _ in range(count):  # each call starts a process
        made.submit(os.getpid)
    if main:
        signal.signal(signal.SIGINT, before)
    return made


def _begin(begin: Callable[..., object], *given: Any) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["LENET5_THREADS"] = "1"  # this process's own
    begin(*given)


def _end_with_parent() -> None:
    """End this process with the one that started it, however that ended: the pool itself only hears of a good end."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
