"""What happens in the process that trains? It trains block by block, and tells of it through a pipe.

It is a process of its own, so that the page stays quick; it lowers its own priority for the same reason.
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
from numpy.typing import NDArray

from lenet5.architecture import architecture
from lenet5.datasets import Dataset, load
from lenet5.errors import LeNetError
from lenet5.network import LeNet5
from lenet5.training import PassRecord, Progress, Recipe, Run

__all__ = ["Order", "train"]

TELL_EVERY = 0.25  # seconds
WRONG = 30  # wrongly answered pictures that are shown


@dataclass(frozen=True)
class Order:
    """What is to be trained. `start` holds the parameters to begin from, in the order of LeNet5.parameters."""

    network: str
    recipe: Recipe
    data: str
    pictures: int
    seed: int
    start: NDArray[np.float32] | None = None


def train(order: Order, pipe: Connection) -> None:
    """Train until the end, or until the pipe says "stop" or breaks; "pause" and "go" are obeyed between blocks.

    Tells dictionaries: {"event": "progress" | "pass" | "done" | "failed", …}, with the parameters as an array.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it says stop
    os.environ["LENET5_THREADS"] = "1"
    with contextlib.suppress(OSError):
        os.nice(5)
    try:
        _train(order, pipe)
    except LeNetError as error:
        _tell(pipe, {"event": "failed", "detail": str(error)})
    except (BrokenPipeError, EOFError):  # the server is gone
        return


def _train(order: Order, pipe: Connection) -> None:
    learn, held_out = _data(order)
    run = Run(architecture(order.network), order.recipe, learn, held_out, order.seed)
    if order.start is not None:
        run.network.parameters[...] = order.start
    told = 0.0
    for record in run.go():
        if isinstance(record, PassRecord):
            _tell(pipe, {**_pass(run, record), "wrong": _wrong(run.trained(), held_out)})
        elif time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            _tell(pipe, {"event": "progress", **_progress(record), "parameters": run.trained().parameters})
        if not _go_on(pipe):
            break
    _tell(pipe, {"event": "done", "parameters": run.trained().parameters})


def _data(order: Order) -> tuple[Dataset, Dataset]:
    """What is learned from, and a tenth as many pictures held out; of MNIST both from its training part."""
    held = max(200, order.pictures // 10)
    whole = load(order.data, "train", count=order.pictures + held)
    if len(whole) < order.pictures + held:
        held = len(whole) // 10
    split = len(whole) - held
    return whole.take(slice(split)), whole.take(slice(split, None))


def _progress(record: Progress) -> dict[str, Any]:
    return {"pass": record.pass_, "done": record.done, "total": record.total, "error": 100 * record.wrong}


def _pass(run: Run, record: PassRecord) -> dict[str, Any]:
    told = asdict(record)
    rates = run.learner.arrays().get("rates")
    steps = {}
    if rates is not None:
        held = LeNet5(run.architecture, run.network.tensors)
        held.parameters[...] = rates
        trained = {name: rates for name, rates in held.tensors.items() if name != "rbf.codes"}
        steps = {name: [float(f(rates)) for f in (np.min, np.median, np.max)] for name, rates in trained.items()}
    told |= {"pass": told.pop("pass_"), "total": len(run.train), "steps": steps}
    return {"event": "pass", **told, "parameters": run.trained().parameters}


def _wrong(net: LeNet5, held_out: Dataset) -> list[dict[str, Any]]:
    """The first pictures that are answered wrongly, with what was answered."""
    answers = net.predict(held_out.images)
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
    """Whether training goes on; waits here while it is paused."""
    paused = False
    while paused or pipe.poll():
        word = pipe.recv()
        if word == "stop":
            return False
        if paused != (word == "pause"):
            paused = word == "pause"
            _tell(pipe, {"event": "paused" if paused else "going"})
    return True


def _tell(pipe: Connection, event: dict[str, Any]) -> None:
    pipe.send(event)
