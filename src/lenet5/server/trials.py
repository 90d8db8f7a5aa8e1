"""Changes of a digit that test how robust the network is (section III-E, Figure 13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.distortions import transform
from lenet5.reproduce.paper import PAPER

Picture = NDArray[np.uint8]
STEPS = 25  # settings in a strip


@dataclass(frozen=True)
class Change:
    """One way to change a digit: the settings from `low` to `high`, the one that leaves it as it is, and its unit.

    paper: the range in which LeNet-5 still answers rightly, where the paper gives one.
    """

    name: str
    low: float
    high: float
    neutral: float
    unit: str
    paper: tuple[float, float] | None = None
    logarithmic: bool = False

    def settings(self) -> list[float]:
        """From low to high, evenly; sizes evenly in their logarithm."""
        spread = np.geomspace if self.logarithmic else np.linspace
        return list(spread(self.low, self.high, STEPS).tolist())


# The ranges over which the paper says that LeNet-5 still answers rightly (III-E). It says "a factor of 2" of the scale;
# here that is from the smallest to the largest.
_FACTOR, _SHIFT, _ANGLE = (PAPER["invariance"][change] for change in ("scale", "shift_y", "rotation"))
CHANGES = {
    change.name: change
    for change in (
        Change("shift_x", -12, 12, 0, "px"),
        Change("shift_y", -12, 12, 0, "px", paper=(-_SHIFT, _SHIFT)),
        Change("scale", 0.4, 2.5, 1, "×", paper=(_FACTOR**-0.5, _FACTOR**0.5), logarithmic=True),
        Change("rotation", -90, 90, 0, "°", paper=(-_ANGLE, _ANGLE)),
        Change("squeeze", 0.4, 2.5, 1, "×", logarithmic=True),
        Change("shear", -1, 1, 0, "px/px"),
        Change("thickness", -1, 1, 0, "px"),
        Change("noise", 0, 0.48, 0, "p"),
    )
}


def ranges() -> dict[str, Any]:
    """The possible changes with their settings, and the names of the patterns."""
    changes = [{**asdict(change), "settings": change.settings()} for change in CHANGES.values()]
    return {"changes": changes, "patterns": list(PATTERNS)}


def changed(image: Picture, settings: dict[str, float], seed: int) -> NDArray[np.float32]:
    """The picture (28, 28) after every change at once: (32, 32) in the paper's scale. Raises DataError."""
    how: dict[str, Any] = {**settings}
    return np.asarray(transform(image[None], seed=seed, **how)[0])


def strip(image: Picture, settings: dict[str, float], change: Change, seed: int) -> NDArray[np.float32]:
    """The picture with one setting going from low to high, the others as they are: (STEPS, 32, 32)."""
    return np.stack([changed(image, {**settings, change.name: value}, seed) for value in change.settings()])


# Patterns: pictures that people still read as the digit, although no pen makes such strokes.


ROWS, COLUMNS = np.indices((28, 28))


def _put(ink: int, where: NDArray[np.bool_]) -> Callable[[Picture], Picture]:
    """The pattern that has this ink, 0 to 255, at some places, and the digit at all others."""
    return lambda image: np.where(where, np.uint8(ink), image)


def _salt(image: Picture) -> Picture:
    hit = np.random.default_rng(1998).random(image.shape) < 0.1  # III-E: each pixel inverted with probability 0.1
    return np.where(hit, 255 - image, image).astype(np.uint8)


def _blocks(image: Picture) -> Picture:
    small = cv2.resize(image, (9, 9), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (28, 28), interpolation=cv2.INTER_NEAREST))


PATTERNS: dict[str, Callable[[Picture], Picture]] = {
    "salt": _salt,
    "outline": lambda image: np.asarray(cv2.morphologyEx(image, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))),
    "dots": _put(0, (ROWS % 2 == 1) | (COLUMNS % 2 == 1)),
    "stripes": _put(0, ROWS % 3 == 2),
    "pieces": _put(0, np.isin(ROWS, (9, 10)) | np.isin(COLUMNS, (13, 14))),
    "double": lambda image: np.maximum(image, np.roll(image, (2, 3), (0, 1))),
    "crossed": _put(255, (ROWS + COLUMNS) % 14 == 0),
    "underlined": _put(255, np.isin(ROWS, (25, 26)) & (COLUMNS >= 3) & (COLUMNS < 25)),
    "framed": _put(255, np.isin(ROWS, (0, 27)) | np.isin(COLUMNS, (0, 27))),
    "blocks": _blocks,
    "faint": lambda image: image // 3,
    "negative": lambda image: 255 - image,
}
