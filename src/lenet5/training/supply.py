"""What does the network see in a block of pictures, and what is wanted of it?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.dataset import Dataset
from lenet5.datasets.distortions import DISTORTIONS
from lenet5.training.recipe import Recipe

__all__ = ["Supply"]


class Supply:
    """Positions of training pictures and a pass -> pictures float32 (n, 32, 32), wanted answers float32 (n, classes).

    A picture in a pass is the same whatever is asked for beside it, and on whatever thread.
    """

    def __init__(self, recipe: Recipe, train: Dataset, seed: int) -> None:
        self._recipe, self._train, self._seed = recipe, train, seed
        self._distortion = DISTORTIONS[recipe.distortion]
        classes = len(train.classes)
        self._wanted = np.full((classes, classes), recipe.smoothing / classes, np.float32)
        self._wanted[np.diag_indices(classes)] += 1 - recipe.smoothing

    def __call__(self, rows: NDArray[np.int64], pass_: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        distortion = self._distortion.times(self._left(pass_))
        shown = distortion.apply(self._train.images, rows, seed=self._seed, pass_=pass_)
        return shown, self._wanted[self._train.labels[rows]]

    def _left(self, pass_: int) -> float:
        """How much of the distortion is left in this pass: 1, falling to 0 over the last `fade` of the passes."""
        fading = self._recipe.fade * self._recipe.passes
        return min(1.0, (self._recipe.passes - 1 - pass_) / fading) if fading else 1.0
