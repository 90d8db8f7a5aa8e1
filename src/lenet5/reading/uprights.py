"""The uprights between two level rules, and which of them are the sides of boxes of one width."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import Mask, dilated

Floats = NDArray[np.float64]
Box = tuple[float, float]  # the columns of its sides

MOST = 40  # uprights
# Of the height that is inked: an upright, one that is sure, and the end of the level rules in its place.
WEAK, SURE, END = 0.45, 0.7, 0.6
VERY_SURE, VALLEY = 0.85, 0.2  # two that are close to each other, and what lies between them
FEW = 4  # boxes, fewer than which thick strokes may be taken for
# Of the strip's height.
NARROWEST, WIDEST = 0.28, 2.2  # a box
APART, APART_IF_CLEAR = 0.12, 0.05  # two uprights
THICKEST, THICKEST_OF_FEW = 0.2, 0.14  # an upright of many boxes, and of few
# Of a box's width.
SLACK, END_SLACK = 0.22, 0.3  # how far a side may be from where it is expected
GAP = (0.06, 1.3)  # between boxes that stand apart
INSET = 0.15  # from its sides, where its upper and lower rules are looked for
STRAY = 0.12  # from a side, from where on a sure upright is not explained
# Of a box's width, which is ruled above or below; and how much of a gap is not.
RULED, RULED_APART, OPEN, OPEN_GAP = 0.55, 0.75, 0.15, 0.6
# Mean support of all sides, at least; and of two boxes, their sides and their rules.
SUPPORT, SUPPORT_OF_TWO = 0.68, 0.82


@dataclass(frozen=True)
class Uprights:
    """height: of the strip. at, strength: of each upright, its column and how much of the height is inked.

    thick: of each, pixels. over, under: (N,) of each column, whether a rule runs along the top, and along the foot.
    """

    height: int
    at: list[float]
    strength: list[float]
    thick: list[int]
    over: Floats
    under: Floats

    @cached_property
    def _sums(self) -> tuple[Floats, ...]:
        """Up to each column, how much is ruled, and how much is open."""
        ruled, open_ = (self.over + self.under) / 2, (self.over + self.under) == 0
        return tuple(np.concatenate([[0.0], np.cumsum(x)]) for x in (ruled, open_))

    @classmethod
    def of(cls, stood: Mask, over: Floats, under: Floats) -> Uprights:
        """Of the mask (H, W) of a strip that stands upright."""
        near = dilated(stood, 1, 3)
        near = near[2:-2] if len(near) > 8 else near
        end = max(2, len(near) // 6)
        ends = np.minimum(near[:end].mean(axis=0), near[-end:].mean(axis=0))
        # A rule goes from end to end, a digit does not.
        inked = np.minimum(near.mean(axis=0), 0.4 + 0.6 * ends)
        at: list[float] = []
        for x in np.argsort(-inked, kind="stable").tolist():
            if inked[x] < WEAK or len(at) == MOST:
                break
            if all(_are_two(inked, x, other, len(stood)) for other in at):
                first = max(0, x - 4)
                at.append(float(np.flatnonzero(inked[first : x + 5] >= inked[x] - 0.05).mean()) + first)
        at.sort()
        strength = [float(inked[max(0, round(x) - 1) : round(x) + 2].max()) for x in at]
        thick = [_thick(inked < 0.5 * high, round(x)) for x, high in zip(at, strength, strict=True)]
        return cls(len(stood), at, strength, thick, over, under)

    def ruled(self, a: float, b: float) -> float:
        """How much of the way from one column to another is ruled above and below; 0 where a part of it is open."""
        share, is_open = self.between(a, b)
        return 0.0 if is_open > OPEN else share

    def between(self, a: float, b: float) -> tuple[float, float]:
        """How much of the way between two columns is ruled, and how much is open."""
        a, b = min(a, b), max(a, b)
        inset = INSET * (b - a)
        first, end = max(0, round(a + inset)), min(len(self.over), round(b - inset) + 1)
        if end - first < 2:
            return 0.0, 0.0
        ruled, is_open = ((s[end] - s[first]) / (end - first) for s in self._sums)
        return float(ruled), float(is_open)

    def near(self, x: float, slack: float) -> tuple[float, float] | None:
        """Column and strength of the upright that fits best to where one is expected."""
        all_ = zip(self.at, self.strength, strict=True)
        fits = [(s - 0.5 * abs(at - x) / slack, at, s) for at, s in all_ if abs(at - x) <= slack]
        return max(fits)[1:] if fits else None


def _are_two(inked: Floats, x: int, other: float, height: int) -> bool:
    """Whether two columns are two uprights: far from each other, or both sure with hardly any ink between them."""
    a, b = sorted((x, round(other)))
    if b - a >= max(3.0, APART * height):
        return True
    clear = float(inked[a : b + 1].min()) < VALLEY
    return clear and b - a >= APART_IF_CLEAR * height and min(inked[a], inked[b]) >= VERY_SURE


def _thick(low: NDArray[np.bool_], x: int) -> int:
    """How many columns around x are not low."""
    before, after = np.flatnonzero(low[: x + 1]), np.flatnonzero(low[x:])
    return int((after[0] + x if len(after) else len(low)) - (before[-1] if len(before) else -1) - 1)


def boxes_between(uprights: Uprights) -> tuple[list[Box], float] | None:
    """The boxes, from left to right, whose sides fit best, and how well; None where there are not two."""
    best, answer = 0.0, None
    for (a, sure_a), (b, sure_b) in combinations(zip(uprights.at, uprights.strength, strict=True), 2):
        width, fits = b - a, NARROWEST * uprights.height <= b - a <= WIDEST * uprights.height
        if not fits or max(sure_a, sure_b) < SURE or uprights.ruled(a, b) < RULED:
            continue
        chain = [*_grown(uprights, a, width, -1)[::-1], (a, b), *_grown(uprights, b, width, 1)]
        if len(chain) < 2:
            continue
        fit, support = _fit(uprights, chain, width)
        if fit > best:
            best, answer = fit, (chain, support)
    return answer


def _grown(uprights: Uprights, at: float, width: float, step: int) -> list[Box]:
    """The boxes beside a side at a column, one after the other; step: 1 to the right, −1 to the left."""
    boxes: list[Box] = []
    while (found := _beside(uprights, at, width, step)) is not None:
        boxes.append((min(found), max(found)))
        at = found[1]
    return boxes


def _beside(uprights: Uprights, at: float, width: float, step: int) -> Box | None:
    """The near and the far side of the next box: it stands apart, shares a side, or ends where the rules end."""
    for near in uprights.at[::step]:
        if not GAP[0] * width < step * (near - at) < GAP[1] * width or uprights.between(at, near)[1] <= OPEN_GAP:
            continue
        side = uprights.near(near + step * width, SLACK * width)
        if side is not None and uprights.ruled(near, side[0]) >= RULED_APART:
            return near, side[0]
    aim, end = at + step * width, len(uprights.over) - 1.0 if step > 0 else 0.0
    if uprights.ruled(at, aim) >= RULED:
        side = uprights.near(aim, SLACK * width)
        if side is not None:
            return at, side[0]
        if abs(aim - end) < END_SLACK * width:
            return at, end
    return None


def _fit(uprights: Uprights, boxes: list[Box], width: float) -> tuple[float, float]:
    """How well boxes fit to all uprights, and how well their sides are supported, 0 to 1."""
    strength = dict(zip(uprights.at, uprights.strength, strict=True))
    thick = dict(zip(uprights.at, uprights.thick, strict=True))
    sides = {x: strength.get(x, END) for box in boxes for x in box}
    mean, ruled = float(np.mean(list(sides.values()))), float(np.mean([uprights.ruled(*box) for box in boxes]))
    thickest = THICKEST if len(boxes) >= FEW else THICKEST_OF_FEW
    too_thick = np.median([thick[x] for x in sides if x in thick]) > thickest * uprights.height
    if mean <= SUPPORT or too_thick or (len(boxes) == 2 and min(mean, ruled) < SUPPORT_OF_TWO):
        return 0.0, 0.0
    strays = sum(
        s > VERY_SURE and boxes[0][0] < x < boxes[-1][1] and all(abs(x - side) > STRAY * width for side in sides)
        for x, s in strength.items()
    )
    # Two halves of a box have no more of rules than the whole.
    long = sum((uprights.ruled(*box) - 0.75) * (box[1] - box[0]) for box in boxes) / uprights.height
    return sum(s - SURE for s in sides.values()) - 0.2 * strays + long, (mean + ruled) / 2
