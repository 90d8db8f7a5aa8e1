"""A pool of processes that does jobs on all cores, and can be stopped and continued.

Each process does one job after another, on one core. Processes are used and not threads: one that dies does not end
the others, and Python's lock holds nobody up. Finished jobs stay in the work folder; a job that was running goes on
from its last checkpoint.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lenet5 import files
from lenet5.errors import TrainingError
from lenet5.machine.threads import processors
from lenet5.reproduce.jobs import Job

__all__ = ["Advance", "run"]


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
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in left:
        files.make_folder(work / job.name, error=TrainingError)
        told = json.dumps(asdict(job)).encode()
        files.write_atomically(work / job.name / "job.json", told, error=TrainingError)
        waiting.put(job)
    events: queue.SimpleQueue[Advance | TrainingError] = queue.SimpleQueue()
    workers = [_Worker(waiting, work, events) for _ in range(min(processes or processors(), len(left)))]
    try:
        for worker in workers:
            worker.start()
        unfinished = len(left)
        while unfinished:
            event = events.get()
            if isinstance(event, TrainingError):
                raise event
            unfinished -= event.finished
            yield event
    finally:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join()


class _Worker(threading.Thread):
    """One process, and the thread that gives it jobs and passes on its messages."""

    def __init__(
        self, waiting: queue.SimpleQueue[Job], work: Path, events: queue.SimpleQueue[Advance | TrainingError]
    ) -> None:
        super().__init__(name="lenet5-job", daemon=True)
        self._waiting, self._work, self._events = waiting, work, events
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lenet5.reproduce.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # One core each. A group of its own, so that Ctrl-C reaches only the parent, which lets it save.
            env={**os.environ, "LENET5_THREADS": "1"},
            process_group=0,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    def stop(self) -> None:
        """Let it write a checkpoint at the next possible place, and end: that is what the end of its input asks for.

        A signal would do so on POSIX alone; Windows ends a process at once.
        """
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended already
            self._process.stdin.close()

    def run(self) -> None:
        assert self._process.stdin is not None
        with self._process, contextlib.suppress(queue.Empty):
            while True:
                job = self._waiting.get_nowait()
                with contextlib.suppress(OSError, ValueError):  # one that has ended, or must stop, is noticed below
                    self._process.stdin.write(json.dumps(str(self._work / job.name)) + "\n")
                    self._process.stdin.flush()
                if not self._follow(job):
                    return

    def _follow(self, job: Job) -> bool:
        """Pass on the messages about a job. True where the process can be given another."""
        assert self._process.stdout is not None
        reason = "its process ended without a word"
        for line in self._process.stdout:
            try:
                message = json.loads(line)
            except ValueError:  # a traceback, or a warning
                reason = line.strip() or reason
                continue
            if "error" in message:
                reason = message["error"]
                break
            self._events.put(Advance(job, message.get("done", job.work), "finished" in message))
            if "finished" in message:
                return True
        self._events.put(TrainingError(f"the job in {self._work / job.name} failed: {reason}"))
        return False
