"""Distortions that leave a digit the same digit: their ranges, and pictures made by them.

The paper trains on pictures that were moved, scaled, squeezed and sheared at random (section III-C), and gives
no ranges; those of AFFINE_1998 were measured from its Figure 7. Elastic bending is Simard's (2003).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.errors import DataError

CENTRE = 15.5  # of the 32×32 pixels

_LIMITS: dict[str, tuple[float, float, str]] = {
    "squeeze": (0, 0.9, "a share"),
    "shear": (0, 2, "pixels aside for each pixel up"),
    "shift": (0, 16, "pixels"),
    "rotation": (0, 180, "degrees"),
    "elastic": (0, 8, "pixels"),
    "smoothness": (2, 32, "pixels"),
    "thickness": (0, 1, "a share"),
    "noise": (0, 1, "a probability"),
    "original": (0, 1, "a probability"),
    "baseline": (0, 31, "the number of a row"),
}


@dataclass(frozen=True)
class Distortion:
    """The ranges that random distortions are drawn from; by default, none.

    scale: the smallest and the largest size, 1 is as it was; uniform in its logarithm.
    squeeze: horizontal size times up to 1 + squeeze while vertical is divided by it, or the reverse.
    shear: up to this many pixels to either side for each pixel of height.
    shift: up to this many pixels in each direction.
    rotation: up to this many degrees to either side.
    elastic: how far a pixel is bent away, in each direction, as a root mean square in pixels. Simard's field
        of uniform noise times alpha under a Gaussian has alpha / (smoothness·√(12π)).
    smoothness: of that bending, the Gaussian's standard deviation in pixels.
    thickness: strokes move up to this share of the way to one pixel more, or less, on each side.
    noise: the probability that a pixel is inverted.
    original: the probability that a picture is left as it is, noise included.
    baseline: the row, of 32, that stays where it is when a picture is scaled.

    Raises DataError for a range that is negative, not finite, or wider than makes sense.
    """

    scale: tuple[float, float] = (1.0, 1.0)
    squeeze: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    rotation: float = 0.0
    elastic: float = 0.0
    smoothness: float = 4.0
    thickness: float = 0.0
    noise: float = 0.0
    original: float = 0.0
    baseline: float = CENTRE

    def __post_init__(self) -> None:
        for name, (low, high, unit) in _LIMITS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise DataError(f"distortion: {name} {value}; expected {unit} from {low} to {high}")
        object.__setattr__(self, "scale", tuple(self.scale))
        if len(self.scale) != 2 or not 0.1 <= self.scale[0] <= self.scale[1] <= 10:
            raise DataError(f"distortion: scale {self.scale}; expected the smallest and the largest, from 0.1 to 10")

    def times(self, strength: float) -> Distortion:
        """The same with every range `strength` times as wide, for a training that ends on milder pictures.

        At 0 nothing is left of it; probabilities stay under 1. Raises DataError for a strength under 0.
        """
        if not 0 <= strength < math.inf:
            raise DataError(f"distortion: strength {strength}; expected a number, 0 or more")
        smallest, largest = (math.exp(strength * math.log(s)) for s in self.scale)
        wide = {name: getattr(self, name) * strength for name in ("shear", "shift", "rotation", "elastic")}
        squeeze = math.expm1(strength * math.log1p(self.squeeze))
        thickness, noise = (min(1.0, strength * p) for p in (self.thickness, self.noise))
        return replace(self, scale=(smallest, largest), squeeze=squeeze, thickness=thickness, noise=noise, **wide)

    def apply(
        self, images: NDArray[np.uint8], indices: NDArray[np.int64], *, seed: int, pass_: int = 0
    ) -> NDArray[np.float32]:
        """Distorted copies of images[indices], in the paper's scale: background −0.1, ink 1.175.

        images: uint8 (N, 28, 28). indices: int64 (n,), each from 0 to N−1.
        seed, pass_: from 0 on.
        Returns float32 (n, 32, 32). Picture i in a pass depends on (seed, pass_, i) alone, so that blocks may
        be made in any order; Python's lock is not held meanwhile, and a thread can make the next block.
        Raises DataError for arrays of other shapes or types, and indices that are out of range.
        """
        from lenet5.kernels.entries import distort, distortion_room

        out = _room(images, indices)
        given = np.ascontiguousarray(images), np.ascontiguousarray(indices), np.uint64(seed), np.uint64(pass_)
        distort(*given, self._parameters(), out, distortion_room())
        return out

    def _parameters(self) -> NDArray[Any]:
        from lenet5.kernels.entries import RANGES

        values = {
            "log_smallest": math.log(self.scale[0]),
            "log_largest": math.log(self.scale[1]),
            "log_squeeze": math.log1p(self.squeeze),
            "rotation": math.radians(self.rotation),
            "spacing": self.smoothness * math.sqrt(3),  # a cubic B-spline's variance is spacing²/3
            "baseline": self.baseline - CENTRE,
        }
        named = tuple(values.get(name, getattr(self, name, None)) for name in RANGES.names or ())
        return np.array([named], RANGES)


AFFINE_1998 = Distortion(scale=(0.72, 1.30), squeeze=0.105, shear=0.15, shift=2.4, original=0.1, baseline=26.4)
ELASTIC_2003 = Distortion(elastic=34 / (4 * math.sqrt(12 * math.pi)), smoothness=4.0)

# Not in the paper: what a hand may well do to its own digit, both kinds together and neither to its limits.
MILD = Distortion(
    scale=(0.85, 1.15), squeeze=0.075, shear=0.15, shift=1.5, rotation=7.5, elastic=1.0, smoothness=4.5, thickness=0.4
)

DISTORTIONS = {"none": Distortion(), "affine-1998": AFFINE_1998, "elastic-2003": ELASTIC_2003, "mild": MILD}


def transform(
    images: NDArray[np.uint8],
    *,
    scale: float = 1.0,
    squeeze: float = 1.0,
    shear: float = 0.0,
    rotation: float = 0.0,
    shift_x: float = 0.0,
    shift_y: float = 0.0,
    thickness: float = 0.0,
    noise: float = 0.0,
    seed: int = 0,
) -> NDArray[np.float32]:
    """The same change for every picture, about the centre (paper, III-E, Figure 13).

    images: uint8 (N, 28, 28). scale: 2 is twice as large. squeeze: width times this, height divided by it.
    shear: pixels to the left for each pixel up. rotation: degrees, clockwise. shift_x, shift_y: pixels right and down.
    thickness: −1 to 1, the share of the way to one pixel less or more on each side. noise: the probability
    that a pixel is inverted, with `seed`.
    Returns float32 (N, 32, 32) in the paper's scale.
    Raises DataError for pictures of another kind, and for values that are not finite or out of range.
    """
    from lenet5.kernels.entries import distortion_room
    from lenet5.kernels.entries import transform as kernel

    how = np.array([scale, squeeze, shear, math.radians(rotation), shift_x, shift_y, thickness, noise], np.float32)
    if not np.isfinite(how).all() or min(scale, squeeze) <= 0 or abs(thickness) > 1 or not 0 <= noise <= 1:
        raise DataError(
            f"transform: scale {scale}, squeeze {squeeze}, shear {shear}, rotation {rotation}, "
            f"shift {shift_x}, {shift_y}, thickness {thickness}, noise {noise}; expected finite numbers, scale and "
            f"squeeze above 0, thickness from -1 to 1, noise from 0 to 1"
        )
    out = _room(images, np.arange(len(images)))
    kernel(np.ascontiguousarray(images), np.uint64(seed), how, out, distortion_room())
    return out


def _room(images: NDArray[np.uint8], indices: NDArray[np.int64]) -> NDArray[np.float32]:
    """Room for as many pictures as indices. The kernels trust what they are given, so all is checked here."""
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise DataError(f"pictures of shape {images.shape}, type {images.dtype}; expected uint8 (N, 28, 28)")
    if indices.ndim != 1 or indices.dtype != np.int64:
        raise DataError(f"indices of shape {indices.shape}, type {indices.dtype}; expected int64 (n,)")
    if len(indices) and not 0 <= int(indices.min()) <= int(indices.max()) < len(images):
        raise DataError(f"indices from {indices.min()} to {indices.max()}; expected 0 to {len(images) - 1}")
    return np.empty((len(indices), 32, 32), np.float32)
