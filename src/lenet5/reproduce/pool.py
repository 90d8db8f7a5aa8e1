"""Jobs done on all cores, by processes that can be stopped and continued.

Each process does one job after another, on one core. Processes are used and not threads: Python's lock holds nobody up.
Finished jobs stay in the work folder; a job that was running goes on from its last checkpoint.
"""

from __future__ import annotations

import signal
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lenet5 import files
from lenet5.errors import LeNetError, TrainingError
from lenet5.machine.processes import KILLED, SPAWN, pool
from lenet5.machine.threads import processors
from lenet5.reproduce.jobs import Job, do

SOON = 0.02  # seconds until what was told meanwhile is passed on

_told: Any  # a process's own, as `_begin` is given them
_stop: Any


@dataclass(frozen=True)
class Advance:
    """A job has come this far, in the units of `Job.work`; `finished` is true at its end."""

    job: Job
    done: float
    finished: bool = False


def run(jobs: Sequence[Job], work: Path, processes: int | None = None) -> Generator[Advance, None, None]:
    """Do the jobs that are not finished in the folder `work`, in their order, on this many processes at a time.

    Where the iteration is left (by a KeyboardInterrupt, for example), the running jobs write checkpoints and stop.
    Raises TrainingError where a job fails, or the folder cannot be written.
    """
    left = [job for job in dict.fromkeys(jobs) if not job.finished(work)]
    if not left:
        return
    for job in left:
        files.make_folder(work / job.name, error=TrainingError)
    told, stop = SPAWN.Queue(), SPAWN.Event()
    with pool(min(processes or processors(), len(left)), _begin, told, stop) as workers:
        try:
            pending = {workers.submit(_do, job, work / job.name): job for job in left}
            while pending:
                finished, _ = wait(pending, SOON, FIRST_COMPLETED)
                while not told.empty():
                    yield Advance(*told.get())
                for future in finished:
                    job = pending.pop(future)
                    future.result()
                    yield Advance(job, job.work, finished=True)
        except BrokenProcessPool as error:
            raise TrainingError(f"a process in {work} {KILLED} processes") from error
        finally:
            stop.set()
            workers.shutdown(cancel_futures=True)


def _begin(told: Any, stop: Any) -> None:
    global _told, _stop
    _told, _stop = told, stop
    told.cancel_join_thread()  # nobody may listen at the end
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Windows too: the parent lets the job be saved


def _do(job: Job, folder: Path) -> None:
    try:
        with suppress(KeyboardInterrupt):
            work = do(job, folder)
            for done in work:
                _told.put((job, done))
                if _stop.is_set():
                    work.throw(KeyboardInterrupt())
    except LeNetError as error:
        raise TrainingError(f"the job in {folder} failed: {error}") from None
