"""What in a picture is ink, and how much? Shadows, paper and its printed pattern become 0, full ink becomes 1.

The paper under the writing is guessed by closing the strokes over; ink is how much darker than that paper a pixel
is, which forgets shadows. What is left of the paper, its noise and its printed pattern, is measured away from the
strokes and taken off. On clean pictures nothing is measured and nothing is changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Ink", "find_ink", "is_dark_on_light"]

Grey = NDArray[np.float32]
Mask = NDArray[np.uint8]

COARSE = 320  # the paper is guessed on a picture of at most this many pixels a side
LEAST_CONTRAST = 0.06  # of the paper's brightness; fainter than that is no writing
GRAIN = 0.2  # of the variance, what a mean over 3×3 pixels must leave: noise keeps a ninth, thin strokes a quarter
PATTERN = 2.5  # standard deviations of the bare paper that are taken off


@dataclass(frozen=True)
class Ink:
    """ink: float32 (H, W), 0 paper to 1 full ink. dark: whether the ink is darker than the paper.

    paper: float32 (H, W), the brightness of the paper that was guessed, 0 to 255, of the picture as it is (dark
    paper where `dark` is false). contrast: how much darker full ink is than paper, of the paper's brightness.
    noise: how much the bare paper varies, in the same unit.
    """

    ink: Grey
    dark: bool
    paper: Grey
    contrast: float
    noise: float

    @property
    def mask(self) -> Mask:
        """uint8 (H, W): 1 where at least half the pixel is ink."""
        return np.asarray(self.ink >= 0.5, dtype=np.uint8)


def find_ink(picture: NDArray[np.uint8], dark: bool | None = None) -> Ink:
    """The ink of a picture, uint8 (H, W) or (H, W, 3). `dark` tells the polarity where it is known."""
    if dark is None:
        grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        dark = is_dark_on_light(np.asarray(grey))
    bright = picture if dark else 255 - picture
    channels = [bright] if bright.ndim == 2 else [bright[:, :, c] for c in range(3)]
    if len(channels) == 3 and not _is_coloured(bright):
        channels = [bright[:, :, 1]]
    papers = [_paper(channel) for channel in channels]
    depths = [_depth(channel, paper) for channel, paper in zip(channels, papers, strict=True)]
    depth = depths[0] if len(depths) == 1 else _blend(depths)
    ink, contrast, noise = _scale(depth)
    paper = papers[0] if dark else 255 - papers[0]
    return Ink(ink, dark, paper, contrast, noise)


def is_dark_on_light(grey: NDArray[np.uint8]) -> bool:
    """Whether the ink is darker than the paper: paper is what there is more of, above all along the edges."""
    small = _shrink(grey, 96).astype(np.float32)
    side = max(small.shape) // 2 * 2 + 1
    # Against the neighbourhood, so that a shadow over half a page is not taken for ink.
    around = cv2.blur(small, (side, side), borderType=cv2.BORDER_REPLICATE) if side > 64 else small.mean()
    apart: Grey = small - around
    squares = apart * apart
    variance = float(squares.mean())
    if variance < 1e-3:
        return True
    skew = float((squares * apart).mean()) / variance**1.5
    lowest = float(apart.min())
    light = apart > _otsu(apart - lowest) + lowest  # (h, w)
    edge = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    return bool(light.mean() - 0.5 + edge.mean() - 0.5 - 0.25 * skew >= 0)


def _shrink(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    factor = side / max(picture.shape[:2])
    if factor >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _is_coloured(picture: NDArray[np.uint8]) -> bool:
    small = _shrink(picture, 64).astype(np.int16)
    return bool((small.max(axis=2) - small.min(axis=2)).max() > 24)


def _paper(channel: NDArray[np.uint8]) -> Grey:
    """The brightness of the paper under everything, 0 to 255."""
    height, width = channel.shape
    small = _shrink(channel, COARSE)
    side = min(small.shape)
    # Wider than any stroke, narrower than a shadow: strokes are thin in large pictures.
    reach = max(3, int(side * (0.45 if min(height, width) < 100 else 0.2))) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    calm = cv2.medianBlur(small, 3) if side > 40 else small
    closed = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, kernel)
    smooth = cv2.blur(closed, (reach // 2 | 1, reach // 2 | 1), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _depth(channel: NDArray[np.uint8], paper: Grey) -> Grey:
    """How much darker than the paper, of the paper's brightness."""
    return np.asarray(np.maximum(paper - channel, 0) / np.maximum(paper, np.float32(24)), dtype=np.float32)


def _blend(depths: list[Grey]) -> Grey:
    """One depth of three: each colour counts by how well it tells ink from paper."""
    deepest = np.maximum(np.maximum(depths[0], depths[1]), depths[2])
    level = max(_otsu(deepest), 0.02)
    ink = deepest > level
    if not ink.any() or ink.all():
        return deepest
    weights = []
    for depth in depths:
        bare = depth[~ink]
        weights.append(max(float(depth[ink].mean() - bare.mean()), 0.0) / (float(bare.var()) + 1e-3))
    total = sum(weights) or 1.0
    return np.asarray(sum(w / total * d for w, d in zip(weights, depths, strict=True)), dtype=np.float32)


def _otsu(depth: Grey) -> float:
    """The depth that parts ink from paper best (Otsu's threshold)."""
    top = float(depth.max())
    if top <= 0:
        return 0.0
    level, _ = cv2.threshold((depth * (255 / top)).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    return float(level + 0.5) * top / 255


def _scale(depth: Grey) -> tuple[Grey, float, float]:
    """Depth to ink, 0 to 1: the bare paper's own variation taken off, full ink at 1."""
    marked = (depth > _otsu(depth)).astype(np.uint8)
    variance = _deviation(depth) ** 2
    if not marked.any() or _deviation(cv2.blur(depth, (3, 3))) ** 2 < GRAIN * variance:
        return np.zeros_like(depth), 0.0, variance**0.5
    full = _quantile(depth[marked > 0], 0.75)
    bare = cv2.dilate(marked, np.ones((5, 5), np.uint8)) == 0
    middle = noise = 0.0
    if bare.sum() > 0.02 * bare.size:
        values = depth[bare]
        middle, noise = _quantile(values, 0.5), _deviation(values)
    floor = min(middle + PATTERN * noise, 0.75 * full)
    contrast = full - middle
    if contrast < LEAST_CONTRAST:
        return np.zeros_like(depth), contrast, noise
    return np.clip((depth - floor) * (1 / (full - floor)), 0, 1), contrast, noise


def _quantile(values: Grey, share: float) -> float:
    """The value that this share of the others lie below, as `np.quantile` has it, without its cost per call."""
    below = int(share * (len(values) - 1))
    two = np.partition(values, [below, min(below + 1, len(values) - 1)])[below : below + 2].tolist()
    return float(two[0] + (share * (len(values) - 1) - below) * (two[-1] - two[0]))


def _deviation(values: Any) -> float:
    """The standard deviation of all values, as `np.std` has it, without its cost per call."""
    return float(cv2.meanStdDev(values)[1][0, 0])
