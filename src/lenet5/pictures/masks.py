"""OpenCV's operations on masks of 0 and 1, by sizes rather than kernels, with types; and quantiles."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Grey = NDArray[np.float32]  # (H, W): ink, 0 for paper to 1, or light
Pixels = NDArray[np.uint8]  # (H, W) or (H, W, 3): a picture

PART = 0.35  # ink from which a pixel belongs to a stroke
FEW = 2**14  # pixels: their parts are counted in 16 bits


def inked(ink: Grey, least: float = PART) -> Mask:
    """Where there is at least this much ink."""
    return np.asarray(ink >= least, dtype=np.uint8)


def padded(picture: NDArray[Any], width: int) -> NDArray[Any]:
    """The picture (H, W) with so many pixels of 0 around it, in a tenth of the time of `np.pad`."""
    return np.asarray(cv2.copyMakeBorder(picture, width, width, width, width, cv2.BORDER_CONSTANT))


def dilated(mask: Mask, height: int, width: int) -> Mask:
    """The mask grown by a box of this size around each of its pixels."""
    return np.asarray(cv2.dilate(mask, np.ones((height, width), np.uint8)), dtype=np.uint8)


def opened(mask: Mask, height: int, width: int) -> Mask:
    """What of the mask a box of this size can cover without leaving it."""
    box = np.ones((height, width), np.uint8)
    return np.asarray(cv2.dilate(cv2.erode(mask, box), box, anchor=_other_middle(height, width)), dtype=np.uint8)


def closed(mask: Mask, height: int, width: int) -> Mask:
    """The mask without gaps that a box of this size does not fit into."""
    box = np.ones((height, width), np.uint8)
    return np.asarray(cv2.erode(cv2.dilate(mask, box), box, anchor=_other_middle(height, width)), dtype=np.uint8)


def _other_middle(height: int, width: int) -> tuple[int, int]:
    """A box of an even size has two middles: OpenCV takes the later one, and the way back must take the other."""
    return (width - 1) // 2, (height - 1) // 2


def parts(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Connected parts: labels (H, W), 0 for none, and for each label x, y, width, height, area (N, 5)."""
    if not mask.size:  # OpenCV would give None, or crash
        return np.zeros(mask.shape, np.int32), np.zeros((1, 5), np.int32)
    # With statistics, this of OpenCV's algorithms takes a third of the time of the others. For labels of 32 bits it
    # wakes its threads, which takes three times as long as a small mask.
    kind = cv2.CV_16U if mask.size <= FEW else cv2.CV_32S
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(mask, 8, kind, cv2.CCL_BBDT)
    return np.asarray(labels, dtype=np.int32), np.asarray(stats, dtype=np.int32)


def only(ink: Grey, labels: NDArray[np.int32], own: NDArray[np.bool_]) -> Grey:
    """The ink (H, W) of some of its parts, `own` of all (N,), with their faint edges. labels: (H, W), as of `parts`."""
    of_them = own[labels]
    return np.asarray(ink * dilated(of_them.astype(np.uint8), 3, 3) * (of_them | (labels == 0)), dtype=np.float32)


def least_overlap(mask: Mask, tall: float) -> tuple[int, int]:
    """How many columns the parts of a mask share where they share least, and how many the narrowest has.

    tall: of the tallest part's height, the least of those that count. A single part shares all of the mask's.
    """
    _, stats = parts(mask)
    counted = stats[1:][stats[1:, 3] >= tall * stats[1:, 3].max(initial=0)]
    left, right = np.sort(counted[:, 0]), np.sort(counted[:, 0] + counted[:, 2])
    width = mask.shape[1]
    return int((right[:-1] - left[1:]).min(initial=width)), int(counted[:, 2].min(initial=width))


def depth(mask: Mask) -> Grey:
    """How far each pixel of the mask is from what is not in it; outside of the picture nothing is."""
    return np.asarray(cv2.distanceTransform(padded(mask, 1), cv2.DIST_L2, 3), np.float32)[1:-1, 1:-1]


def pen(distance: Grey, where: NDArray[np.bool_]) -> float:
    """The width of the pen, pixels: twice the median depth of the strokes' ridges there; 0 where there are none."""
    ridge = (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)) - 1e-3) & (distance > 0) & where
    return max(1.0, 2 * float(np.median(distance[ridge])) - 0.5) if ridge.any() else 0.0


def shrunk(picture: NDArray[Any], side: int) -> NDArray[Any]:
    """The picture with at most so many pixels a side."""
    while max(picture.shape[:2]) >= 2 * side and min(picture.shape[:2]) > 1:  # OpenCV halves in a fifth of the time
        half = picture.shape[1] // 2, picture.shape[0] // 2
        picture = np.asarray(cv2.resize(picture, half, interpolation=cv2.INTER_AREA))
    scale = side / max(picture.shape[:2])
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    return picture if scale >= 1 else np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def transposed(picture: NDArray[Any]) -> NDArray[Any]:
    """The picture (H, W) as (W, H), in a fifth of the time of a copy of its `T`."""
    return np.asarray(cv2.transpose(picture))


def quantile(values: NDArray[np.float32], share: float) -> float:
    """The value that this share of the others lie below: as `np.quantile` has it, which imports masked arrays first."""
    below = int(share * (len(values) - 1))
    two = np.partition(values, [below, min(below + 1, len(values) - 1)])[below : below + 2].tolist()
    return float(two[0] + (share * (len(values) - 1) - below) * (two[-1] - two[0]))
