"""The reference as a contender: plain NumPy, float64, written to be read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lenet5 import reference
from lenet5.bench.material import J, Material
from lenet5.bench.tasks import ONLINE, Task

LARGEST = 1000  # pictures: all windows of C1 are in memory at once


class Implementation:
    _tensors: dict[str, NDArray[np.float64]]

    def __init__(self, material: Material, threads: int) -> None:
        self._material = material
        self._architecture = material.network.architecture
        self._first = {name: np.array(t, np.float64) for name, t in material.network.tensors.items()}
        self.reset()

    def call(self, task: Task) -> Callable[[], object] | None:
        if task.kind == "read" and task.size <= LARGEST:
            digits = self._material.digits[: task.size]
            return lambda: np.argmin(self.penalties(digits), axis=1)
        return self._online if task.kind == "online" else None

    def penalties(self, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
        answers = reference.forward(self._architecture, self._first, reference.scale(digits))
        return reference.penalties(self._architecture, answers["output.sum"]).astype(np.float32)

    def _online(self) -> None:
        """Eq. 18 after each picture."""
        for n, label in enumerate(self._material.labels[:ONLINE]):
            picture = self._material.shown[n : n + 1].astype(np.float64)
            _, gradient = reference.gradient(self._architecture, self._tensors, picture, np.array([label]), "map", J)
            self._tensors = reference.step(self._tensors, gradient, self._material.rates)

    def learned(self, task: Task) -> dict[str, NDArray[np.float32]]:
        self.reset()
        self._online()
        return {name: t.astype(np.float32) for name, t in self._tensors.items()}

    def reset(self) -> None:
        self._tensors = {name: t.copy() for name, t in self._first.items()}
