"""Reading of shards on all cores of one machine, by processes of one thread each."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from lenet5.bulk.parts import Counts
from lenet5.bulk.sources import Shard
from lenet5.bulk.worker import Task, Worker
from lenet5.errors import ReadingError
from lenet5.machine.processes import KILLED, pool

AHEAD = 2  # shards for each worker that are waiting or being read

_worker: Worker | None = None


def run(task: Task, shards: Iterator[Shard], workers: int) -> Iterator[tuple[Shard, Counts]]:
    """Read the shards; yield each when its part is committed. A single worker is this process itself."""
    if workers == 1:
        worker = Worker(task)
        yield from ((shard, worker.read(shard)) for shard in shards)
        return
    Worker(task).warm()  # the kernels are compiled here once, where it is told, and not by each process
    with pool(workers, _begin, task) as processes:
        pending: dict[Future[Counts], Shard] = {}
        try:
            for shard in shards:
                pending[processes.submit(_read, shard)] = shard
                if len(pending) >= AHEAD * workers:
                    yield from _done(pending)
            while pending:
                yield from _done(pending)
        except BrokenProcessPool as error:
            raise ReadingError(f"a process that read pictures {KILLED} workers") from error
        finally:
            processes.shutdown(wait=False, cancel_futures=True)


def _done(pending: dict[Future[Counts], Shard]) -> Iterator[tuple[Shard, Counts]]:
    finished, _ = wait(pending, return_when=FIRST_COMPLETED)
    for future in finished:
        yield pending.pop(future), future.result()


def _begin(task: Task) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nobody waits for the end of a shard, nor wants a traceback
    _worker = Worker(task)


def _read(shard: Shard) -> Counts:
    assert _worker is not None
    return _worker.read(shard)
