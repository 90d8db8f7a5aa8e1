"""How are many jobs done on all cores, each in a process of its own, so that they can be stopped and gone on with?

A process rather than a thread for each job: a run that dies takes nobody with it, and Python's lock is nobody's
concern. What is finished stays in the work folder; what was running goes on from its last checkpoint.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lenet5 import files
from lenet5.errors import TrainingError
from lenet5.reproduce.jobs import Job

__all__ = ["Advance", "cores", "run"]


@dataclass(frozen=True)
class Advance:
    """A job has come this far, in the units of `Job.work`; `finished` with its last one."""

    job: Job
    done: float
    finished: bool = False


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(jobs: Sequence[Job], work: Path, processes: int | None = None) -> Iterator[Advance]:
    """Do the jobs that are not finished in the folder `work`, in their order, on this many processes at a time.

    Leaving the iteration (a KeyboardInterrupt, say) stops the running ones, with their checkpoints written.
    Raises TrainingError where a job fails, or the folder cannot be written.
    """
    waiting = [job for job in dict.fromkeys(jobs) if not job.finished(work)]
    events: queue.Queue[Advance | TrainingError] = queue.Queue()
    running: list[subprocess.Popen[str]] = []
    count = min(processes or cores(), len(waiting)) or 1
    pool = ThreadPoolExecutor(count, thread_name_prefix="lenet5-job")
    try:
        for job in waiting:
            pool.submit(_follow, job, work, running, events)
        left = len(waiting)
        while left:
            event = events.get()
            if isinstance(event, TrainingError):
                raise event
            left -= event.finished
            yield event
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(running):
            process.terminate()
        pool.shutdown(wait=True)


def _follow(job: Job, work: Path, running: list[subprocess.Popen[str]], events: queue.Queue[Advance | TrainingError]) -> None:
    """Start the process of one job and pass on what it tells, until it ends."""
    try:
        with _start(job, work) as process:
            running.append(process)
            told = "it ended without a word"
            assert process.stdout is not None
            for line in process.stdout:
                message = json.loads(line) if line.startswith("{") else {"error": line.strip()}
                told = message.get("error", told)
                if "done" in message:
                    events.put(Advance(job, message["done"]))
            process.wait()
            running.remove(process)
        if process.returncode == 0 and job.finished(work):
            events.put(Advance(job, job.work, finished=True))
        else:
            events.put(TrainingError(f"the job {work / job.name} failed: {told}"))
    except Exception as error:  # whatever it is, the iteration that waits for this thread must hear of it
        events.put(error if isinstance(error, TrainingError) else TrainingError(f"{job.name}: {error!r}"))


def _start(job: Job, work: Path) -> subprocess.Popen[str]:
    folder = work / job.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"cannot make the folder {folder}: {error.strerror}; name another --out") from error
    files.write_atomically(folder / "job.json", json.dumps(job.to_dict()).encode(), error=TrainingError)
    return subprocess.Popen(
        [sys.executable, "-m", "lenet5.reproduce.jobs", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
        # One core each; and a group of its own, so that Ctrl-C reaches only the parent, which then ends it in peace.
        env={**os.environ, "LENET5_THREADS": "1"}, process_group=0,
    )  # fmt: skip
