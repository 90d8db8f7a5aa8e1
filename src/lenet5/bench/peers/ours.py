"""This package as a contender, as a user would call it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lenet5.bench.material import ADAM, J, Material
from lenet5.bench.tasks import Task
from lenet5.network import LeNet5
from lenet5.training.learners import Learner, MiniBatch, Online
from lenet5.training.recipe import Recipe


class Implementation:
    """Threads are set by LENET5_THREADS, which the process was started with."""

    def __init__(self, material: Material, threads: int) -> None:
        self._material, self._threads = material, threads
        self._network = material.network
        self._first = self._network.parameters.copy()
        classes = self._network.architecture.classes
        self._wanted = np.eye(classes, dtype=np.float32)[material.labels]
        self._learners: dict[Task, Learner] = {}

    def call(self, task: Task) -> Callable[[], object] | None:
        if task.kind == "peak":
            from lenet5.machine.peak import peak

            return peak(self._threads)
        if task.kind == "read":
            network, digits = self._network, self._material.digits[: task.size]
            return lambda: network.predict(digits)
        if task not in self._learners:
            self._learners[task] = self._make(task)
        learner, shown, wanted = self._learners[task], *self._seen(task)
        return lambda: learner.learn(shown, wanted, 0, 0.0)

    def _seen(self, task: Task) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return self._material.shown[: task.pictures], self._wanted[: task.pictures]

    def _make(self, task: Task) -> Learner:
        plan, weights = self._network.plan, self._network.parameters
        if task.kind == "online":
            online = Online(Recipe(loss="map", j=J), plan, weights)
            for name, view in plan.views(online.arrays()["rates"]).items():
                view[...] = self._material.rates[name]
            return online
        recipe = Recipe(algorithm="adam", loss="cross_entropy", batch=task.size, step=ADAM["rate"], schedule="constant")
        batches = MiniBatch(recipe, plan, weights)
        batches.begin(0, np.arange(0), lambda rows: (self._material.shown[rows], self._wanted[rows]))
        return batches

    def penalties(self, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._network.penalties(digits)

    def learned(self, task: Task) -> dict[str, NDArray[np.float32]]:
        self.reset()
        network = self._network
        self._make(task).learn(*self._seen(task), 0, 0.0)
        return dict(LeNet5(network.architecture, network.tensors).tensors)

    def reset(self) -> None:
        self._network.parameters[...] = self._first
