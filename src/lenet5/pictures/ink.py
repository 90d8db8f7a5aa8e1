"""The ink of a picture, and how much of it: shadows, paper and its printed pattern become 0, full ink becomes 1.

The paper under the writing is guessed by closing the strokes over; ink is how much darker than that paper a pixel
is, which forgets shadows. What is left of the paper, its noise and its printed pattern, is measured away from the
strokes and taken off. On clean pictures nothing is measured and nothing is changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.dropout import channel_of_the_pen, seen
from lenet5.pictures.highlighter import without_highlighter
from lenet5.pictures.masks import Grey, Mask, dilated, parts, quantile, shrunk
from lenet5.pictures.tiles import turned_tiles

Polarity = Literal["auto", "dark", "light"]  # of the ink beside its paper
POLARITIES: dict[Polarity, bool | None] = {"auto": None, "dark": True, "light": False}

COARSE = 320  # the paper is guessed on a picture of at most this many pixels a side
LEAST_CONTRAST = 0.06  # of the paper's brightness; fainter than that is no writing
GRAIN = 0.2  # of the variance, what a mean over 3×3 pixels must leave: noise keeps a ninth, thin strokes a quarter
MANY = 200_000  # pixels tell what a picture's statistics are
SURE = 0.9  # lightness of a picture whose edges are plainly paper
NARROW = 0.06  # of the picture's shorter side: strokes of writing on a sheet that lies on a dark table
FRAMED = 100  # pixels a side: a smaller picture is of digits alone, which may fill it
BROAD = 45  # pixels: hardly a pen is broader
THIN = (3, 5, 7, 9, 13, 17, 25, 33, 49)  # sides of the boxes that strokes may be too thin for
WORTH = 0.02  # of the most that any box leaves out
DARKEST = 0.33  # of the lightest paper: what is darker is black
BASIN = 0.5  # of the paper's brightness around: what is darker, and does not reach the picture's edge, is a mark
RING = 5  # pixels, how far around
PATTERN = 2.5  # standard deviations of the bare paper that are taken off


@dataclass(frozen=True)
class Ink:
    """ink: float32 (H, W), 0 paper to 1 full ink. pen: the same, without boxes that were printed in another colour.

    dark: whether the ink is darker than the paper. paper: float32 (H, W), the brightness of the paper that was guessed,
    0 to 255, of the picture as it is (dark paper where `dark` is false).
    """

    ink: Grey
    pen: Grey
    dark: bool
    paper: Grey

    @property
    def mask(self) -> Mask:
        """uint8 (H, W): 1 where at least half the pixel is ink."""
        return np.asarray(self.ink >= 0.5, dtype=np.uint8)


def find_ink(picture: NDArray[np.uint8], dark: bool | None = None) -> Ink:
    """The ink of a picture, uint8 (H, W) or (H, W, 3). `dark` tells the polarity where it is known."""
    if dark is None:
        picture = turned_tiles(picture)
    coarse = shrunk(picture, COARSE)
    if dark is not False and picture.ndim == 3 and _is_coloured(coarse):
        plain = without_highlighter(picture)
        if plain is not picture:
            picture, coarse = plain, shrunk(plain, COARSE)
    if dark is None:
        dark = is_dark_on_light(coarse if coarse.ndim == 2 else np.asarray(cv2.cvtColor(coarse, cv2.COLOR_RGB2GRAY)))
    if not dark:
        picture, coarse = 255 - picture, 255 - coarse
    colours: list[int | None] = [None] if picture.ndim == 2 else [0, 1, 2] if _is_coloured(coarse) else [1]
    papers = [_paper(_channel(coarse, colour), picture.shape[:2]) for colour in colours]
    depths = [_depth(_channel(picture, colour), paper) for colour, paper in zip(colours, papers, strict=True)]
    channel = channel_of_the_pen(depths) if len(depths) > 1 else None
    pen = None if channel is None else _scale(depths[channel] * seen(depths, channel))
    ink = _scale(depths[0] if len(depths) == 1 else _blend(depths))
    return Ink(ink, ink if pen is None else pen, dark, papers[0] if dark else 255 - papers[0])


def is_dark_on_light(grey: NDArray[np.uint8]) -> bool:
    """Whether the ink is darker than the paper: paper is what there is more of, above all along the edges.

    In a larger picture a table around the sheet, dark corners or a book's back may be along the edges. Where these
    leave a doubt, strokes are known by being thin, and paper by being wide. A broad pen's strokes are not thin, but
    leave none.
    """
    lightness = _lightness(grey)
    if max(grey.shape) <= FRAMED or lightness >= SURE:
        return lightness >= 0
    dark, width = _thin(grey)
    return dark and (lightness > -SURE or width <= NARROW * min(grey.shape))


def _thin(grey: NDArray[np.uint8]) -> tuple[bool, int]:
    """Whether dark or light is what the smallest box cannot enter that leaves out anything worth naming; its side."""
    calm = cv2.GaussianBlur(grey, (0, 0), 1.0)
    left: list[tuple[float, float, int]] = []  # energy of what is dark, and light, and narrower than a box
    for side in THIN:
        if side > 0.7 * min(grey.shape) + 2:
            break
        hats = (cv2.morphologyEx(calm, hat, _round(side)) for hat in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT))
        dark, light = (float(cv2.norm(hat, cv2.NORM_L2SQR)) for hat in hats)
        left.append((dark, light, side))
    most = max(max(dark, light) for dark, light, _ in left)
    return next((dark >= light, side) for dark, light, side in left if max(dark, light) >= WORTH * most)


def _round(side: int) -> NDArray[np.uint8]:
    """What is round and this wide; a square where that is all a few pixels can be."""
    if side == 3:
        return np.ones((3, 3), np.uint8)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), dtype=np.uint8)


def _lightness(grey: NDArray[np.uint8]) -> float:
    """How much more of the picture is light than dark, its edges counted twice: about −1.5 to 1.5."""
    small = shrunk(grey, 96).astype(np.float32)
    side = max(small.shape) // 2 * 2 + 1
    # Against the neighbourhood, so that a shadow over half a page is not taken for ink.
    around = cv2.blur(small, (side, side), borderType=cv2.BORDER_REPLICATE) if side > 64 else small.mean()
    apart: Grey = small - around
    squares = apart * apart
    variance, third = float(squares.mean()), float(np.vdot(squares, apart)) / apart.size
    if variance < 1e-3:
        return 0.0
    skew = third / variance**1.5
    lowest = float(apart.min())
    light = apart > _otsu(apart - lowest) + lowest  # (h, w)
    edge = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    of_all, of_edge = (np.count_nonzero(a) / a.size for a in (light, edge))
    return float(of_all - 0.5 + of_edge - 0.5 - 0.25 * skew)


def _channel(picture: NDArray[np.uint8], colour: int | None) -> NDArray[np.uint8]:
    """One of a picture's colours; the picture where it has none."""
    return picture if colour is None else np.asarray(cv2.extractChannel(picture, colour), dtype=np.uint8)


def _is_coloured(picture: NDArray[np.uint8]) -> bool:
    small = shrunk(picture, 64).astype(np.int16)
    return bool((small.max(axis=2) - small.min(axis=2)).max() > 24)


def _paper(small: NDArray[np.uint8], shape: tuple[int, ...]) -> Grey:
    """The brightness of the paper under everything, 0 to 255, for a picture of this shape that was shrunk."""
    height, width = shape
    side = min(small.shape)
    # Wider than any stroke, narrower than a shadow: strokes are thin in large pictures, and in a strip of a page.
    share = 0.45 if min(height, width) < FRAMED else max(0.2, min(0.45, BROAD / max(height, width)))
    reach = max(3, int(side * share)) | 1
    calm = cv2.medianBlur(small, 3) if side > 40 else small
    closed = _without_basins(np.asarray(cv2.morphologyEx(calm, cv2.MORPH_CLOSE, _round(reach)), np.uint8))
    # Smooth, but where a sheet ends on a dark table, or in a shadow, no lighter than what lies there.
    smooth = np.minimum(closed, cv2.blur(closed, (reach // 2 | 1, reach // 2 | 1), borderType=cv2.BORDER_REPLICATE))
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _without_basins(paper: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The paper, where it is much darker than all around, as light as there: a filled mark lies on it.

    A shadow's edge is soft, and a table goes on outside of the picture.
    """
    level = BASIN * quantile(_sample(paper).ravel().astype(np.float32), 0.9)
    labels, stats = parts(np.asarray(paper < level, np.uint8))
    height, width = paper.shape
    for k, (x, y, across, down, _) in enumerate(stats.tolist()):
        if k == 0 or min(x, y, width - x - across, height - y - down) <= 0:
            continue
        place = np.s_[max(0, y - RING) : y + down + RING, max(0, x - RING) : x + across + RING]
        own = np.asarray(labels[place] == k, np.uint8)
        around = dilated(own, 2 * RING + 1, 2 * RING + 1)
        light = float(np.median(paper[place][around > dilated(own, RING, RING)]))
        if float(paper[place][own > 0].mean()) < BASIN * light:
            paper[place][around > 0] = np.maximum(paper[place][around > 0], np.uint8(light))
    return paper


def _depth(channel: NDArray[np.uint8], paper: Grey) -> Grey:
    """How much darker than the paper, of the paper's brightness."""
    depth: Grey = paper - channel
    np.maximum(depth, 0, out=depth)
    # Of black that is no paper, the noise is not to be magnified.
    least = max(24.0, DARKEST * quantile(_sample(paper).ravel(), 0.9))
    return np.divide(depth, np.maximum(paper, np.float32(least)), out=depth)


def _blend(depths: list[Grey]) -> Grey:
    """One depth of three: each colour counts by how well it tells ink from paper."""
    some = [_sample(depth) for depth in depths]
    deepest = np.maximum(np.maximum(some[0], some[1]), some[2])
    ink = (deepest > max(_otsu(deepest), 0.02)).view(np.uint8)
    if not ink.any() or ink.all():
        return np.maximum(np.maximum(depths[0], depths[1]), depths[2])
    weights = []
    for depth in some:
        (full, _), (bare, spread) = (_spread(depth, where) for where in (ink, 1 - ink))
        weights.append(max(full - bare, 0.0) / (spread**2 + 1e-3))
    total = sum(weights) or 1.0
    blend = np.zeros_like(depths[0])
    for weight, depth in zip(weights, depths, strict=True):
        blend += np.multiply(depth, weight / total, out=depth)
    return blend


def _sample(values: NDArray[Any]) -> NDArray[Any]:
    """Of a large picture every so manieth row and column: its statistics are the whole one's."""
    step = math.isqrt(values.size // MANY) or 1
    return np.ascontiguousarray(values[::step, ::step])


def _otsu(depth: Grey) -> float:
    """The depth that parts ink from paper best (Otsu's threshold)."""
    top = float(depth.max())
    if top <= 0:
        return 0.0
    level, _ = cv2.threshold((depth * (255 / top)).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    return float(level + 0.5) * top / 255


def _scale(depth: Grey) -> Grey:
    """Depth to ink, 0 to 1: the bare paper's own variation taken off, full ink at 1."""
    some = _sample(depth)
    marked = (depth > _otsu(some)).view(np.uint8)
    ink, bare = _sample(marked) > 0, _sample(dilated(marked, 5, 5)) == 0
    if not ink.any() or _spread(_sample(cv2.blur(depth, (3, 3))))[1] ** 2 < GRAIN * _spread(some)[1] ** 2:
        return np.zeros_like(depth)
    full = quantile(some[ink], 0.75)
    middle = noise = 0.0
    if bare.sum() > 0.02 * bare.size:
        values = some[bare]
        middle, noise = quantile(values, 0.5), _spread(values)[1]
    if full - middle < LEAST_CONTRAST:
        return np.zeros_like(depth)
    floor = min(middle + PATTERN * noise, 0.75 * full)
    depth -= floor
    depth *= 1 / (full - floor)
    return np.clip(depth, 0, 1, out=depth)


def _spread(values: Any, where: Mask | None = None) -> tuple[float, float]:
    """Mean and standard deviation of the values where a mask is 1, in double precision."""
    mean, deviation = cv2.meanStdDev(values, mask=where)
    return float(mean[0, 0]), float(deviation[0, 0])
