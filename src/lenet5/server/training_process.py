"""The process that trains: it trains block by block, and sends events through a pipe.

Training has a process of its own, with a lower priority, so that the page stays quick.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from lenet5.architecture import Architecture
from lenet5.datasets import Dataset, load
from lenet5.errors import LeNetError
from lenet5.network import LeNet5
from lenet5.training import PassRecord, Recipe, Run

SEND_EVERY = 0.25  # seconds
WRONG = 30  # wrongly answered pictures that are shown


@dataclass(frozen=True)
class Assignment:
    """One training to do. start: a network to go on from."""

    architecture: Architecture
    recipe: Recipe
    data: str
    pictures: int
    seed: int
    start: LeNet5 | None = None


def train(assignment: Assignment, pipe: Connection) -> None:
    """Train until the end, or until the pipe says "stop" or breaks; "pause" and "go" are obeyed between blocks.

    Sends dictionaries: {"event": "progress" | "pass" | "done" | "failed", …}, with the parameters as an array.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets Ctrl-C, and sends stop
    os.environ["LENET5_THREADS"] = "1"
    with contextlib.suppress(OSError, AttributeError):  # AttributeError: not on Windows
        os.nice(5)
    try:
        _train(assignment, pipe)
    except LeNetError as error:
        pipe.send({"event": "failed", "detail": str(error)})
    except (ConnectionError, EOFError):  # the server is gone
        pass


def _train(assignment: Assignment, pipe: Connection) -> None:
    learn, held_out = _data(assignment)
    run = Run(assignment.architecture, assignment.recipe, learn, held_out, assignment.seed, start=assignment.start)
    sent = 0.0
    for record in run.go():
        if isinstance(record, PassRecord):
            pipe.send({**_pass(run, record), "wrong": _wrong(run.trained(), held_out)})
        elif time.monotonic() - sent > SEND_EVERY:
            sent = time.monotonic()
            told = {"pass": record.pass_, "done": record.done, "total": record.total, "error": 100 * record.wrong}
            pipe.send({"event": "progress", **told, "parameters": run.trained().parameters})
        if not _go_on(pipe):
            break
    pipe.send({"event": "done", "parameters": run.trained().parameters})


def _data(assignment: Assignment) -> tuple[Dataset, Dataset]:
    """The pictures to learn from, and a tenth as many held out. Both are from the training part of MNIST."""
    held = max(200, assignment.pictures // 10)
    whole = load(assignment.data, "train", count=assignment.pictures + held)
    if len(whole) < assignment.pictures + held:
        held = len(whole) // 10
    split = len(whole) - held
    return whole.take(slice(split)), whole.take(slice(split, None))


def _pass(run: Run, record: PassRecord) -> dict[str, Any]:
    event = asdict(record)
    rates = run.learner.arrays().get("rates")
    steps = {}
    if rates is not None:
        views = run.network.plan.views(rates).items()
        steps = {name: [float(f(of)) for f in (np.min, np.median, np.max)] for name, of in views if name != "rbf.codes"}
    event |= {"pass": event.pop("pass_"), "total": len(run.train), "steps": steps}
    return {"event": "pass", **event, "parameters": run.trained().parameters}


def _wrong(net: LeNet5, held_out: Dataset) -> list[dict[str, Any]]:
    """The first pictures that are answered wrongly, with the answers."""
    answers = net.penalties(held_out.images).argmin(axis=1)
    wrong = np.flatnonzero(answers != held_out.labels)[:WRONG]
    return [
        {
            "image": held_out.images[k].tobytes(),
            "label": held_out.classes[held_out.labels[k]],
            "answer": net.classes[answers[k]],
        }
        for k in wrong
    ]


def _go_on(pipe: Connection) -> bool:
    """Whether training goes on. Waits while it is paused."""
    paused = False
    while paused or pipe.poll():
        word = pipe.recv()
        if word == "stop":
            return False
        if paused != (word == "pause"):
            paused = word == "pause"
            pipe.send({"event": "paused" if paused else "going"})
    return True
