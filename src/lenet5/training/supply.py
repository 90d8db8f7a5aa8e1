"""The pictures and wanted answers of each block, distorted anew in each pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.dataset import Dataset
from lenet5.datasets.distortions import DISTORTIONS
from lenet5.errors import TrainingError
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.training.recipe import Recipe

ASKED = 4096  # pictures that a teacher is asked about at a time


class Supply:
    """Positions of training pictures and a pass -> pictures float32 (n, 32, 32), wanted answers float32 (n, classes).

    A picture in a pass is the same whatever is asked for beside it, and on whatever thread. Of a teacher, what it
    answers to each version of each picture is kept: 4 bytes for each, and each class.
    kept: of the pictures, the last so many are to be answered as `start` answers them, whatever their labels.
    Raises TrainingError where the recipe's teacher answers other classes, and WeightsError where there is none.
    """

    def __init__(self, recipe: Recipe, train: Dataset, seed: int, start: LeNet5 | None = None, kept: int = 0) -> None:
        self._recipe, self._train, self._seed = recipe, train, seed
        self._start, self._own = start, len(train) - kept
        self._distortion = DISTORTIONS[recipe.distortion]
        classes = len(train.classes)
        self._wanted = np.full((classes, classes), recipe.smoothing / classes, np.float32)
        self._wanted[np.diag_indices(classes)] += 1 - recipe.smoothing
        self._teacher = _teacher(recipe.teacher, train)
        self._taught: dict[int, NDArray[np.float32]] = {}

    def __call__(self, rows: NDArray[np.int64], pass_: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        labelled = self._wanted[self._train.labels[rows]]
        if self._teacher is None:
            shown, old = self._shown(rows, pass_), rows >= self._own
            if self._start is not None and old.any():
                labelled[old] = self._as_before(self._start, shown[old])
            return shown, labelled
        version = pass_ % self._recipe.versions
        if version not in self._taught:
            self._taught[version] = self._ask(self._teacher, version)
        share = np.float32(self._recipe.trust)
        return self._shown(rows, version), share * self._taught[version][rows] + (1 - share) * labelled

    def _as_before(self, start: LeNet5, shown: NDArray[np.float32]) -> NDArray[np.float32]:
        """What `start` answers, probabilities (n, classes) of the classes that it shares with the data."""
        wanted = np.full((len(shown), len(self._train.classes)), 1e-6, np.float32)
        shared = [(k, start.classes.index(name)) for k, name in enumerate(self._train.classes) if name in start.classes]
        here, there = np.array(shared).T
        wanted[:, here] = start.probabilities(shown)[:, there]
        return np.asarray(wanted / wanted.sum(axis=1, keepdims=True), np.float32)

    def _shown(self, rows: NDArray[np.int64], pass_: int) -> NDArray[np.float32]:
        distortion = self._distortion.times(self._strength(pass_))
        return distortion.apply(self._train.images, rows, seed=self._seed, pass_=pass_)

    def _ask(self, teacher: LeNet5, version: int) -> NDArray[np.float32]:
        """What the teacher answers to all pictures in this version, probabilities (N, classes)."""
        everything = np.arange(len(self._train))
        parts = np.array_split(everything, -(-len(everything) // ASKED))
        return np.concatenate([teacher.probabilities(self._shown(rows, version)) for rows in parts])

    def _strength(self, pass_: int) -> float:
        """How much there is of the distortion in this pass: its strength, falling to 0 over the last `fade` of them."""
        fading = self._recipe.fade * self._recipe.passes
        return self._recipe.strength * (min(1.0, (self._recipe.passes - 1 - pass_) / fading) if fading else 1.0)


def _teacher(name: str, train: Dataset) -> LeNet5 | None:
    """The network of that name, where it answers the classes of the data."""
    if name == "none":
        return None
    teacher = load(name)
    if teacher.classes != train.classes:
        raise TrainingError(
            f"the teacher {name} answers {', '.join(teacher.classes)}, and {train.name} has "
            f"{', '.join(train.classes)}; expected the same: train with --recipe best-alone, or another --teacher"
        )
    return teacher
