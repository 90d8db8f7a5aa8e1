"""ONNX Runtime as a contender: it reads with the file that this package exports."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lenet5.bench.material import Material
from lenet5.bench.peers import Contender
from lenet5.bench.tasks import Task
from lenet5.formats import onnx


class Implementation(Contender):
    def __init__(self, material: Material, threads: int) -> None:
        self._material = material
        self._session = onnx.session(material.onnx, threads)

    def call(self, task: Task) -> Callable[[], object] | None:
        if task.kind != "read":
            return None
        session, given = self._session, {"pictures": self._material.digits[: task.size]}
        return lambda: session.run(["class"], given)

    def penalties(self, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
        (answers,) = self._session.run(["penalties"], {"pictures": digits})
        return np.asarray(answers)
