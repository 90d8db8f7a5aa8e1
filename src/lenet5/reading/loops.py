"""Noughts in a chain: written in one stroke, or so that neighbours share a wall. Not in the paper.

A cut between two of them gives the wall to one, and leaves the other open at that side; and the stroke that goes on
from one to the next makes them look like other signs. So a chain is cut through the walls that are shared, and what
holds one of its loops is offered to the network as that loop alone, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Mask, dilated, padded, parts

if TYPE_CHECKING:
    from lenet5.reading.pieces import Line

Boxes = NDArray[np.int32]

SMALLEST = 0.1  # side of a loop's inside, in heights of the line's digits
ALIKE = 0.6  # of the higher one's height, how much of it neighbours in a chain stand beside each other
STACKED = 0.5  # of the narrower one's width, and of the other's, how much of it one stands above the other in an 8
THICK = 1.7  # widths of the pen, how far from a loop's inside its ink may be
OWN = 0.6  # of a loop's ink that no other loop has, what a candidate has at least that is this loop
OTHERS = 0.3  # the same, what it has at most of any other loop
ENDS = 0.35  # of a candidate's ink, what is in no loop at most
TALL = 0.75  # of a candidate's height, a loop's at least
DIFFERENT = 0.04  # of the ink, what a loop has at least that the candidate has not, or the candidate besides
SOFT = 0.7  # pixels, the blur of a wall that is drawn


@dataclass(frozen=True)
class Loop:
    """x, y: where its masks lie in the line. wall: uint8 (h, w), its wall as the line's pen draws it. ink: what is
    there, uint8 (h, w)."""

    x: int
    y: int
    wall: Mask
    ink: Mask

    @property
    def box(self) -> tuple[int, int, int, int]:
        x, y, width, height = cv2.boundingRect(self.wall)
        return self.x + x, self.y + y, width, height

    @property
    def place(self) -> tuple[slice, slice]:
        return np.s_[self.y : self.y + self.ink.shape[0], self.x : self.x + self.ink.shape[1]]

    def drawn(self) -> NDArray[np.float32]:
        """Its picture, with soft edges."""
        return np.asarray(cv2.GaussianBlur(padded(self.wall, 2).astype(np.float32), (0, 0), SOFT), np.float32)


def loops_in(mask: Mask, at: tuple[int, int], height: float, stroke: float) -> tuple[list[Loop], Mask]:
    """The loops of a connected part that stand in a chain, and the ink that several of them share, as the mask is.

    mask: uint8 (H, W), which lies at x, y of the line. height: of the line's digits. stroke: width of its pen.
    """
    # A gap of a pixel is closed, and no inside leaks through a corner.
    labels, stats = parts(1 - dilated(padded(mask, 2), 3, 3))
    labels, least = labels[2:-2, 2:-2], SMALLEST * height
    inside = [k for k in range(2, len(stats)) if min(stats[k, 2:4]) >= least and stats[k, 4] >= least**2]
    inside = _with_no(inside, stats, lambda one, other: _above(one, other, stroke + 1))
    alone = _with_no(inside, stats, lambda one, other: _beside(one, other, stroke + 1))
    sides = [2 * round(reach * stroke + 1) + 1 for reach in (1.0, THICK)]
    near, far = (cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)) for side in sides)
    margin = len(far)
    loops, often = [], np.zeros(mask.shape, np.uint8)
    for k in sorted(set(inside) - set(alone)):
        x, y, w, h = (stats[k, :4] - (2, 2, 0, 0)).tolist()
        left, top = max(0, x - margin), max(0, y - margin)
        place = np.s_[top : y + h + margin, left : x + w + margin]
        hole = (labels[place] == k).astype(np.uint8)
        wall = np.asarray(cv2.dilate(hole, near), np.uint8) & (1 - dilated(hole, 3, 3))
        ink = np.asarray(cv2.dilate(hole, far), np.uint8) & mask[place]
        often[place] += ink
        loops.append(Loop(at[0] + left, at[1] + top, wall, ink))
    return loops, (often > 1).astype(np.uint8)


def _with_no(inside: list[int], stats: Boxes, near: Callable[[list[int], list[int]], bool]) -> list[int]:
    """Those of the insides of loops that have no other near them."""
    boxes = stats[:, :4].tolist()
    return [k for k in inside if not any(near(boxes[k], boxes[j]) for j in inside if j != k)]


def _beside(one: Sequence[int], other: Sequence[int], wall: float) -> bool:
    """Whether two loops stand beside each other, about as high: the boxes of their insides, how thick walls are."""
    (x, y, w, h), (left, top, width, height) = one, other
    tall = max(h, height) + 2 * wall
    both = min(y + h, top + height) - max(y, top) + 2 * wall
    apart = max(left - x - w, x - left - width) - 2 * wall
    return both >= ALIKE * tall and apart < tall


def _above(one: Sequence[int], other: Sequence[int], wall: float) -> bool:
    """Whether two loops stand one above the other with one wall between them, as those of an 8."""
    (x, y, w, h), (left, top, width, height) = one, other
    both = min(x + w, left + width) - max(x, left)
    apart = max(top - y - h, y - top - height) - 2 * wall
    return both >= STACKED * min(w, width) and min(w, width) >= STACKED * max(w, width) and apart < 1


class Chain:
    """The loops of a line, and how much of their ink each of its pieces has."""

    def __init__(self, line: Line) -> None:
        self.loops, pieces = line.loops, len(line.pieces)
        owners, often = np.zeros(line.ink.shape, np.int32), np.zeros(line.ink.shape, np.uint8)
        for number, piece in enumerate(line.pieces, 1):
            owners[piece.y : piece.y + piece.height, piece.x : piece.x + piece.width][piece.mask > 0] = number
        for loop in self.loops:
            often[loop.place] += loop.ink

        def counted(of: NDArray[np.int32]) -> NDArray[np.int64]:
            return np.bincount(of, minlength=pieces + 1)[1:]

        held = [counted(owners[o.place][o.ink > 0]) for o in self.loops]
        own = [counted(owners[o.place][(o.ink > 0) & (often[o.place] == 1)]) for o in self.loops]
        shape = (len(self.loops), pieces)
        self.held, self.own = (np.array(counts, float).reshape(shape) for counts in (held, own))
        self.of_any, self.areas = counted(owners[often > 0]), counted(owners.reshape(-1))

    def shares(self, first: int, last: int) -> NDArray[np.float64]:
        """Of each loop's own ink, the share that some pieces have; (loops,)."""
        return np.asarray(self.own[:, first:last].sum(axis=1) / np.maximum(1, self.own.sum(axis=1)))

    def torn(self, first: int, last: int) -> float:
        """How far some pieces tear a loop apart: 1 where they have half of one, 0 where all or nothing of each."""
        shares = self.shares(first, last)
        return 2 * float(np.minimum(shares, 1 - shares).max(initial=0))

    def loop(self, first: int, last: int, height: int) -> tuple[Loop, float] | None:
        """The loop that some pieces, this high together, are, and the share of the ink that only one of both has.

        None where they are no loop, or look as it does already.
        """
        shares = self.shares(first, last)
        k = int(shares.argmax())
        ends = 1 - float(self.of_any[first:last].sum() / self.areas[first:last].sum())
        lacking = 1 - float(self.held[k, first:last].sum() / self.held[k].sum())
        alone = shares[k] >= OWN and np.delete(shares, k).max(initial=0) <= OTHERS
        if not alone or ends > ENDS or max(ends, lacking) < DIFFERENT or self.loops[k].box[3] < TALL * height:
            return None
        return self.loops[k], ends + 1 - float(shares[k])
