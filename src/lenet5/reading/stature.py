"""Where characters stand on a line, how high they are, and in how many parts: what a normalised picture has lost.

Scaled to one box, an o is an O and a 0, a comma is an apostrophe, and a point is any dot. The line knows better.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from lenet5.codes import CHARACTERS

Floats = NDArray[np.float64]
Box = tuple[int, int, int, int]

SPREAD = 0.1  # of hands, around where a character stands, in heights of a digit
WORST = 4.5  # what a character that stands anywhere else costs at most, −log of a probability, for each of its ends
DOT = 0.38  # what is no wider and no higher looks like any dot when it is enlarged, in heights of a digit
DOTS = ".,'`"
A_DOT = 0.9  # how likely it is that it is one of these
BROKEN = 0.015  # how often a character has a part more
CUT = 0.27  # how likely one is cut off from a stroke that goes on, at each side, beside one that stands free
SMALL = 0.4  # the top of a small letter without an ascender
# How firmly a line's band stands against where one end of a character says that its top is, and its height.
FIRM = np.diag([0.25, 0.1])
STEPS = 5

# Top and foot of characters, in heights of a digit, from the top of the digits down; all others are as high as digits.
_PLACES: dict[str, tuple[float, float]] = {
    "acemnorsuvwxz": (SMALL, 1.0),
    "i": (0.1, 1.0),
    "t": (0.1, 1.0),
    "gpqy": (SMALL, 1.4),
    "j": (0.1, 1.4),
    ".": (0.87, 1.03),
    ",": (0.9, 1.2),
    ":": (0.45, 1.0),
    ";": (0.45, 1.2),
    "'`": (0.0, 0.3),
    '"^': (0.0, 0.32),
    "*": (0.0, 0.5),
    "-": (0.52, 0.62),
    "~": (0.45, 0.65),
    "_": (1.0, 1.08),
    "=": (0.4, 0.72),
    "+": (0.3, 0.85),
    "<>": (0.3, 0.9),
    "()[]{}|/\\@$": (-0.05, 1.1),
}
STANDS: dict[str, tuple[float, float]] = dict.fromkeys(CHARACTERS, (0.0, 1.0)) | {
    character: place for characters, place in _PLACES.items() for character in characters
}

# How often UNIPEN's writers write characters in two parts that stand apart; all others hardly ever.
_IN_TWO = {":;": 0.85, '="': 0.9, "!?i": 0.75, "j%": 0.5, "45EJTGI": 0.06}
IN_TWO = {character: often for characters, often in _IN_TWO.items() for character in characters}


def frames(top: float, bottom: float, classes: Sequence[str]) -> list[tuple[float, float]]:
    """What the band of a line's large strokes, from its top to its bottom, may be: top and height of its digits.

    Either they are digits and what is as high, or, where small letters may be answered, letters without ascenders.
    """
    height = bottom - top
    small = height / (1 - SMALL)
    return [(top, height)] + [(bottom - small, small)] * any(c.islower() for c in classes)


def settled(known: Sequence[tuple[Box, str]], top: float, height: float) -> tuple[float, float]:
    """Top and height of a line's digits, moved on from what they seemed to be to where its characters, each in its box,
    say that they are; who stands astray says little."""
    ends = np.array([(y, y + tall) for (_, y, _, tall), _ in known], float).ravel()
    places = np.array([STANDS.get(c, (0.0, 1.0)) for _, c in known]).ravel()
    rows, seemed = np.stack([np.ones_like(places), places], axis=1), np.array([top, height])
    frame = seemed
    for _ in range(STEPS):
        off = (ends - rows @ frame) / (SPREAD * height)
        weighted = rows.T / (1 + off**2)
        frame = np.linalg.solve(weighted @ rows + FIRM, weighted @ ends + FIRM @ seemed)
    return (float(frame[0]), float(frame[1])) if 0.5 < frame[1] / height < 2 else (top, height)


def signs_of(classes: Sequence[str]) -> Collection[int]:
    """Which classes are signs, no letters or digits."""
    return frozenset(k for k, c in enumerate(classes) if not c.isalnum())


def in_parts(counts: Sequence[int], classes: Sequence[str]) -> Floats:
    """How likely each character is written in so many parts that stand apart: (counts, classes)."""
    two = np.array([IN_TWO.get(c, BROKEN) for c in classes])
    n = np.array(counts, np.int64).reshape(-1, 1)
    return np.asarray(np.where(n == 1, 1 - two, two * BROKEN ** np.maximum(0, n - 2)))


def fits(boxes: Sequence[Box], classes: Sequence[str], top: float, height: float) -> Floats:
    """How well each box (x, y, width, height) suits each character by its top and foot: (boxes, classes), 0 to 1."""
    places = np.array([STANDS.get(c, (0.0, 1.0)) for c in classes])
    y, tall = np.array([(b[1], b[3]) for b in boxes], float).reshape(-1, 2).T
    ends = (np.stack([y, y + tall], axis=1) - top) / height
    off = (ends[:, None] - places) / SPREAD
    return np.asarray(np.exp(-np.minimum(off**2 / 2, WORST).sum(axis=2)))


def with_dots(likely: Floats, boxes: Sequence[Box], classes: Sequence[str], height: float) -> Floats:
    """Probabilities (boxes, classes), where what is as small as a dot is one of the dots, whatever a network said."""
    dots = np.array([c in DOTS for c in classes])
    if not dots.any():
        return likely
    small = np.array([max(b[2:]) <= DOT * height for b in boxes], bool).reshape(-1)
    return np.asarray(np.where(small[:, None], (1 - A_DOT) * likely + A_DOT * dots, likely))
