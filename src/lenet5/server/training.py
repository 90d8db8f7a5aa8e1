"""The trainings of a server: each runs in a process of its own, and is followed from here."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lenet5.errors import TrainingError
from lenet5.files import make_folder
from lenet5.machine.processes import SPAWN
from lenet5.network import LeNet5
from lenet5.server.networks import Networks
from lenet5.server.training_process import Assignment, train
from lenet5.training.going_on import carry_over

MOST = 16  # trainings that are remembered
STOP_SECONDS = 1.0  # seconds that a process gets to stop by itself
ENDED = ("done", "failed", "stopped")


class UnknownTrainingError(TrainingError):
    """There is no training of this number."""


class BusyError(TrainingError):
    """It is not the moment for that: a training runs, or has ended."""


@dataclass
class Training:
    """One training: its assignment, what is known of it, and the network as it is now."""

    id: int
    assignment: Assignment
    network: LeNet5
    pipe: Any
    process: Any
    thread: threading.Thread = field(init=False)
    """Which receives what the process sends."""
    state: str = "starting"
    detail: str = ""
    progress: dict[str, Any] = field(default_factory=dict)
    passes: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    version: int = 0
    ending: bool = False
    """It was told to stop: what it still sends about its state no longer counts."""
    started: float = field(default_factory=time.time)

    @property
    def name(self) -> str:
        """The name of its network among the server's networks."""
        return f"training-{self.id}"

    def to_dict(self) -> dict[str, Any]:
        """Everything but the weights, for JSON."""
        own = ("id", "name", "state", "detail", "progress", "passes", "wrong", "version", "started")
        return {
            **{name: getattr(self, name) for name in own},
            **{name: getattr(self.assignment, name) for name in ("data", "pictures", "seed")},
            "network": self.assignment.architecture.name,
            "recipe": self.assignment.recipe.to_dict(),
        }


class Trainings:
    """All trainings of one server; at most one of them runs, as there is one machine."""

    def __init__(self, networks: Networks, kept: Path) -> None:
        self._networks, self._folder = networks, kept
        self._all: dict[int, Training] = {}
        self._kept: set[Path] = set()  # files that were written here, and may be again
        self._lock = threading.Lock()
        self.stopping = False

    def list(self) -> list[Training]:
        with self._lock:
            return list(self._all.values())

    def get(self, number: int) -> Training:
        with self._lock:
            if number not in self._all:
                raise UnknownTrainingError(f"no training {number}; expected one of {sorted(self._all) or 'none yet'}")
            return self._all[number]

    def begin(self, assignment: Assignment) -> Training:
        """Start a training. Raises TrainingError where one runs already, or the assignment makes no sense."""
        network = assignment.recipe.network(assignment.architecture, assignment.seed)
        if assignment.start is not None:
            carry_over(assignment.start, network)
        with self._lock:
            running = [t.id for t in self._all.values() if t.state not in ENDED]
            if self.stopping:
                raise BusyError("the server is stopping; start it again first")
            if running:
                raise BusyError(f"training {running[0]} is under way; stop it before another is started")
            if len(self._all) >= MOST:
                self._networks.forget(self._all.pop(min(self._all)).name)
            here, there = SPAWN.Pipe()
            process = SPAWN.Process(target=train, args=(assignment, there), daemon=True)
            process.start()
            there.close()
            training = Training(max(self._all, default=0) + 1, assignment, network, here, process)
            training.thread = threading.Thread(target=self._follow, args=(training,), daemon=True)
            self._all[training.id] = training
        self._networks.put(training.name, network)
        training.thread.start()
        return training

    def command(self, number: int, word: str) -> Training:
        """Send "pause", "go" or "stop". Raises TrainingError where the training has ended."""
        training = self.get(number)
        if training.state in ENDED:
            raise BusyError(f"training {number} is {training.state}; it cannot {word}")
        try:
            if word == "stop":
                training.ending, training.state = True, "stopping"
            training.pipe.send(word)
        except OSError as error:
            raise BusyError(f"training {number} has ended just now; it cannot {word}") from error
        return training

    def keep(self, number: int, name: str) -> Path:
        """Write the network as it is now. `name` must be a plain file name: the caller checks it."""
        training = self.get(number)
        network = training.network
        network.metadata |= {
            "recipe": asdict(training.assignment.recipe),
            "data": training.assignment.data,
            "seed": training.assignment.seed,
            "passes": training.passes,
            "command": "trained on the page of lenet5 serve",
        }
        make_folder(self._folder, error=TrainingError)
        path = self._folder / f"{name}.safetensors"
        if path not in self._kept and (path.exists() or name in self._networks.given):
            raise BusyError(f"there is a network {name!r} already, which was not kept here; choose another name")
        network.save(path)
        self._kept.add(path)
        self._networks.put(name, network.__class__(network.architecture, network.tensors, network.metadata))
        return path

    async def events(self, number: int) -> AsyncIterator[dict[str, Any]]:
        """The training as a dictionary, again after each change, until the training or the server ends."""
        training, seen = self.get(number), -1
        while True:
            if training.version != seen:
                seen = training.version
                yield training.to_dict()
            if training.state in ENDED or self.stopping:
                return
            await asyncio.sleep(0.1)

    def begin_to_stop(self) -> None:
        """Tell the running training and all streams of events to end. Returns at once."""
        self.stopping = True
        for training in self.list():
            if training.state not in ENDED:
                with contextlib.suppress(OSError):
                    training.pipe.send("stop")

    def stop(self) -> None:
        """Wait for all trainings to end, and kill those that take too long."""
        self.begin_to_stop()
        for training in self.list():
            training.thread.join(STOP_SECONDS)
            if training.process.is_alive():
                training.process.kill()

    def _follow(self, training: Training) -> None:
        """Receive events from the process until it ends."""
        try:
            while True:
                self._update(training, training.pipe.recv())
        except (EOFError, OSError):
            pass  # its end of the pipe is closed: it has ended
        finally:
            training.process.join()
            training.pipe.close()
            if training.state not in ENDED:
                stopped = training.ending or self.stopping
                training.state = "stopped" if stopped else "failed"
                if not stopped and not training.detail:
                    training.detail = f"its process ended with {training.process.exitcode}"
            training.version += 1

    def _update(self, training: Training, event: dict[str, Any]) -> None:
        kind = event.pop("event")
        parameters = event.pop("parameters", None)
        if parameters is not None:
            training.network.parameters[...] = parameters
        if kind == "progress":
            training.progress = event
        elif kind == "pass":
            training.wrong = [{**w, "image": base64.b64encode(w["image"]).decode()} for w in event.pop("wrong")]
            training.passes.append(event)
            total = event["total"]
            training.progress = {"pass": event["pass"], "done": total, "total": total, "error": event["train_error"]}
        if kind == "done":
            training.state = "stopped" if training.ending else "done"
        elif kind == "failed":
            training.state, training.detail = "failed", event["detail"]
        elif not training.ending:
            paused = kind == "paused" or (training.state == "paused" and kind != "going")
            training.state = "paused" if paused else "running"
        training.version += 1
