"""OpenVINO as a contender: it reads with the ONNX file that this package exports."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from lenet5.bench.material import Material
from lenet5.bench.peers import Contender
from lenet5.bench.tasks import Task


class Implementation(Contender):
    def __init__(self, material: Material, threads: int) -> None:
        self._material = material
        self._core = openvino.Core()
        # Without the hint it may compute in bfloat16, and would no longer answer alike.
        self._settings = {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
            "ENABLE_CPU_PINNING": False,
        }

    def _compiled(self, pictures: int, output: str) -> Any:
        """A request for so many pictures at a time: known sizes are faster than any size."""
        model = self._core.read_model(io.BytesIO(self._material.onnx))
        wanted = next(o for o in model.outputs if output in o.get_names())
        model = openvino.Model([wanted], model.get_parameters(), "lenet5")
        model.reshape([pictures, 28, 28])
        return self._core.compile_model(model, "CPU", self._settings).create_infer_request()

    def call(self, task: Task) -> Callable[[], object] | None:
        if task.kind != "read":
            return None
        request, given = self._compiled(task.size, "class"), [self._material.digits[: task.size]]
        return lambda: request.infer(given, share_inputs=True, share_outputs=True)

    def penalties(self, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
        request = self._compiled(len(digits), "penalties")
        return np.array(request.infer([digits])[0])
