"""The cuts of a line of digits, into pieces of at most one digit each, of which digits are put together again.

Over-segmentation as in section V: the connected strokes, cut further wherever a cut crosses little ink. A cut is a
seam that runs from the top to the bottom and goes around ink where it can, as the check reader's does (section X).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.kernels.strokes import ways
from lenet5.pictures.masks import Grey, Mask, depth, inked, parts, pen
from lenet5.reading.loops import Loop, loops_in

STEEPEST = 0.9  # of the slants that are tried, horizontal over vertical


@dataclass(frozen=True)
class Piece:
    """A part of a line's ink: its box in the upright line, and what of the box belongs to it, uint8 (h, w).

    stroke: the number of the connected stroke that it is of.
    """

    x: int
    y: int
    mask: Mask
    area: int
    stroke: int = 0

    @property
    def width(self) -> int:
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        return int(self.mask.shape[0])

    @property
    def box(self) -> tuple[int, int, int, int]:
        return self.x, self.y, self.width, self.height


@dataclass(frozen=True)
class Line:
    """ink: float32 (H, W), upright. slant: what was taken off, x moved by slant·(y − H/2) + shift.

    pieces: from left to right. height: of its digits, pixels. top, bottom: of the band that they stand in.
    stroke: width of the pen, pixels. loops: of noughts in a chain.
    """

    ink: Grey
    slant: float
    shift: float
    pieces: tuple[Piece, ...]
    height: float
    top: float
    bottom: float
    stroke: float
    loops: tuple[Loop, ...] = ()

    def stands_apart(self, index: int) -> bool:
        """Whether a piece touches no other: what was cut off a stroke is no point, comma or nought."""
        return [piece.stroke for piece in self.pieces].count(self.pieces[index].stroke) == 1

    @cached_property
    def rings(self) -> frozenset[int]:
        """The pieces that go around a hole and stand apart, as a small nought does, and no point."""
        trees = [cv2.findContours(p.mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)[1] for p in self.pieces]
        holes = [bool((np.asarray(tree)[0, :, 3] >= 0).any()) for tree in trees]  # an outline with one around it
        return frozenset(k for k, hole in enumerate(holes) if hole and self.stands_apart(k))


def cut(ink: Grey, slanted: bool = True, lean: float = 0.0) -> Line:
    """Cut the ink (H, W), float32 0..1, of one line into pieces, without its slant where it may have one.

    lean: how much more is taken off than the slant that it seems to have, horizontal over vertical.
    """
    slant = _slant(inked(ink)) + lean if slanted else 0.0
    upright, shift = _shear(ink, slant)
    strokes, stroke = _strokes(upright)
    height, top, bottom = _band(strokes, ink.shape[0])
    pieces, loops = list[Piece](), list[Loop]()
    for part in strokes:
        chained, shared = loops_in(part.mask, (part.x, part.y), height, stroke)
        loops += chained
        pieces += _cut_part(part, part.mask & (1 - shared), height, stroke)
    pieces.sort(key=lambda p: p.x + p.width / 2)
    return Line(upright, slant, shift, tuple(pieces), height, top, bottom, stroke, tuple(loops))


def _strokes(ink: Grey) -> tuple[list[Piece], float]:
    """The connected parts of the ink that a pen may have made, and the width of the pen."""
    mask = inked(ink)
    labels, stats = parts(mask)
    if len(stats) < 2:
        return [], 1.0
    tall = stats[:, 3] >= 0.4 * stats[1:, 3].max()
    tall[0] = False
    distance = depth(mask)
    stroke = pen(distance, tall[labels]) or 1.0
    found = []
    for i in range(1, len(stats)):
        x, y, w, h, area = map(int, stats[i])
        part = labels[y : y + h, x : x + w] == i
        # What is thinner and fainter than the pen's own marks is the paper's.
        thick = 2 * float(distance[y : y + h, x : x + w][part].max()) >= 0.5 * stroke
        dark = float(ink[y : y + h, x : x + w][part].max()) >= 0.65
        if area >= max(3.0, 0.5 * stroke * stroke) and (tall[i] or (thick and dark)):
            found.append(Piece(x, y, part.astype(np.uint8), area, i))
    return found, stroke


def _slant(mask: Mask) -> float:
    """The slant under which the writing stands most upright."""
    rows, columns = np.nonzero(mask)
    if len(rows) < 10:
        return 0.0
    every = len(rows) // 6000 + 1
    return sharpest(columns[::every], rows[::every] - len(mask) / 2, np.linspace(-STEEPEST / 2, STEEPEST, 28), 0.05)


def sharpest(at: NDArray[Any], along: NDArray[Any], slopes: NDArray[np.float64], steep: float) -> float:
    """The slope under which pixels (N,) project most sharply, moved by so much of their places along (N,).

    steep: what a steeper one loses, of its sharpness.
    """
    best, answer = -1.0, 0.0
    for slope in slopes.tolist():
        moved = np.rint(at + slope * along).astype(np.int64)
        profile = np.bincount(moved - moved.min()).astype(np.float64)
        sharpness = float((profile**2).sum()) * (1 - steep * abs(slope))
        if sharpness > best:
            best, answer = sharpness, slope
    return answer


def _shear(ink: Grey, slant: float) -> tuple[Grey, float]:
    """The ink with the slant taken off, in a picture wide enough for it, and by how much x was moved."""
    height, width = ink.shape
    if abs(slant) < 0.02:
        return ink, 0.0
    shift = abs(slant) * height / 2
    matrix = np.array([[1, slant, shift - slant * height / 2], [0, 1, 0]], np.float32)
    size = (int(width + 2 * shift + 1), height)
    return np.asarray(cv2.warpAffine(ink, matrix, size, flags=cv2.INTER_LINEAR)), shift


def _band(strokes: list[Piece], full: int) -> tuple[float, float, float]:
    """Height of the digits, and top and bottom of the band they stand in: of the large parts."""
    if not strokes:
        return float(full), 0.0, float(full)
    height = usual_height(np.array([p.height for p in strokes]), np.array([p.area for p in strokes]))
    large = [p for p in strokes if p.height > 0.6 * height]
    top = float(np.median([p.y for p in large]))
    bottom = float(np.median([p.y + p.height for p in large]))
    return height, top, bottom


def usual_height(heights: NDArray[Any], areas: NDArray[Any]) -> float:
    """The height (N,) below which half of the area (N,) lies: that of most of the ink, whatever specks there are."""
    order = np.argsort(heights)
    share = np.cumsum(areas[order]) / areas.sum()
    return float(heights[order][np.searchsorted(share, 0.5)])


def _cut_part(part: Piece, crossed: Mask, height: float, stroke: float) -> list[Piece]:
    """One connected part, cut along every seam that crosses little ink; crossed: the ink that counts."""
    h, w = part.mask.shape
    if w < max(0.45 * height, 2.5 * stroke) or h < 0.35 * height:
        return [part]
    seams = _seams(crossed, height, stroke)
    side = np.zeros((h, w), np.int32)  # how many seams lie to the left of a pixel
    for seam in seams:
        side += np.arange(w)[None, :] >= seam[:, None]
    pieces = []
    for k in range(len(seams) + 1):
        mask = part.mask * (side == k).astype(np.uint8)
        x, y, bw, bh = cv2.boundingRect(mask)
        area = int(mask.sum())
        if area >= max(3.0, 0.3 * stroke * stroke):
            pieces.append(Piece(part.x + x, part.y + y, mask[y : y + bh, x : x + bw], area, part.stroke))
    return pieces


def _seams(part: Mask, height: float, stroke: float) -> list[NDArray[np.int32]]:
    """Seams (h,) of columns, from left to right: at the minima of ink along the best way from top to bottom."""
    w = part.shape[1]
    way, crossed = ways(part, max(2, int(0.18 * height)))
    apart = max(2.0, 0.17 * height)
    limit = 2.2 * stroke + 1
    at = way.mean(axis=1)  # different columns may share a way
    chosen: list[int] = []
    for x in np.argsort(crossed, kind="stable"):
        if crossed[x] > limit:
            break
        if at[x] < 0.08 * height or at[x] > w - 0.08 * height:
            continue
        if all(abs(at[x] - at[c]) >= apart for c in chosen):
            chosen.append(int(x))
    chosen = chosen[: 2 + int(5 * w / height)]
    return [way[x] for x in sorted(chosen, key=lambda c: float(at[c]))]
