"""The state that all routes of an application share: networks, reader, trainings, metrics, settings."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from anyio import CapacityLimiter
from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from lenet5.architecture import ARCHITECTURES, Architecture, architecture
from lenet5.errors import ArchitectureError, LeNetError, WeightsError
from lenet5.files import PACKAGE
from lenet5.reading.layout import LAYOUTS
from lenet5.reading.reader import Reader
from lenet5.reading.readings import Reading
from lenet5.server.batching import Batcher
from lenet5.server.metrics import Metrics
from lenet5.server.networks import Networks
from lenet5.server.routes.digits import digits
from lenet5.server.settings import Settings
from lenet5.server.training import Trainings
from lenet5.server.trials import changed

AT_ONCE = 4  # requests that decode pictures
READERS = 8  # that are kept, each of other characters: a client may ask for any


@dataclass
class ServerState:
    """What the routes of one application share. A route gets it by a parameter `state: State`."""

    settings: Settings
    networks: Networks
    metrics: Metrics
    architectures: dict[str, Architecture] = field(init=False)
    """The networks that can be trained, by name."""
    digits: Batcher = field(init=False)
    trainings: Trainings = field(init=False)
    at_once: CapacityLimiter = field(init=False)
    """How many requests may decode pictures at the same time: one may hold hundreds of megabytes for a moment."""
    keeping: threading.Lock = field(default_factory=threading.Lock)
    """Held while corrections are written, so that none are lost."""
    warm: bool = False
    """Whether everything is loaded and compiled, so that no request waits for it."""
    _readers: dict[str, Reader] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        own = [architecture(path) for path in self.settings.declared]
        self.architectures = ARCHITECTURES | {declared.name: declared for declared in own}
        if len(self.architectures) < len(ARCHITECTURES) + len(own):
            names = ", ".join(declared.name for declared in own)
            raise ArchitectureError(f"networks declared as {names}; expected names of their own, and none twice")
        self.trainings = Trainings(self.networks, self.settings.kept)
        self.at_once = CapacityLimiter(min(AT_ONCE, max(2, os.cpu_count() or 1)))
        self.digits = Batcher(self.read_digits)
        self.metrics.gauge("lenet5_batches", "Batches of single digits read", lambda: self.digits.batches)
        self.metrics.gauge("lenet5_batched_pictures", "Digits in these batches", lambda: self.digits.items)

    def reader(self, characters: str = "digits") -> Reader:
        """The reader of these characters with its own weights, or with the default network where those are not there.

        Raises ReadingError for characters that are none.
        """
        with self._lock:
            if characters not in self._readers:
                try:
                    made = Reader(characters=characters, limits=self.settings.limits)
                except WeightsError:
                    net = self.networks.get(self.networks.default)
                    made = Reader(net, characters=characters, limits=self.settings.limits)
                if len(self._readers) > READERS:
                    self._readers.clear()
                self._readers[characters] = made
            return self._readers[characters]

    def read_digits(self, pictures: list[Any]) -> list[Reading | LeNetError]:
        """One reading for each picture, or what is wrong with it."""
        return self.reader().read_many(pictures, "digit", on_error="return")

    def warm_up(self) -> None:
        """Load and compile now, so that the first request need not wait."""
        blank = np.zeros((28, 28), np.uint8)
        try:
            net = self.networks.get(self.networks.default)
        except LeNetError:
            return  # without weights, requests say what is missing
        net.activations(blank[None])
        net.penalties(np.zeros((64, 28, 28), np.uint8))
        changed(blank, {"rotation": 10.0}, 0)
        digits("drawn")
        line = (PACKAGE / "samples" / "line_2746.png").read_bytes()
        self.read_digits([line])
        for layout in LAYOUTS:
            self.reader().read(line, layout)
        self.warm = True


async def _state(request: Request) -> ServerState:
    state: ServerState = request.app.state.shared
    return state


State = Annotated[ServerState, Depends(_state)]


async def _writable(state: State) -> None:
    if state.settings.read_only:
        raise HTTPException(403, "this server is read-only: it trains nothing and keeps nothing")


WRITES = [Depends(_writable)]
