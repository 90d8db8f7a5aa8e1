"""Which way to read a picture explains its ink best? Its readings are weighed as the paths of a recognition graph are:
a cost, −log of a probability, for every digit, and for ink that is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lenet5.pictures.masks import inked, parts
from lenet5.reading.graph import Geometry
from lenet5.reading.readings import Box, Reading
from lenet5.reading.words import Word

__all__ = ["cost_of_one", "cost_of_words", "evidence", "numbers", "the_line"]

LEAST = 1e-3  # the least probability, and what the greatest lacks of 1
BAR = 0.3  # what a 1 counts among digits: rests of rules, edges and stems of letters look like one
NO_DIGIT = 2.0  # what a piece that is no digit speaks against a word
ENOUGH = 1.0  # evidence from which on a word is a number
FAINT = 0.15  # of the best word's evidence, what another must have to be a number too
ANOTHER = 1.0  # the cost of every further word
# Heights of two words on one line, the taller over the lower one, and how much they are beside each other.
UNEQUAL, BESIDE = 2.5, 0.45


def evidence(reading: Reading) -> float:
    """How much speaks for it that a word is a number rather than anything else: log of the odds."""
    total = _log(reading.confidence)
    for one in reading.characters:
        if one.text.isdigit():
            p = min(max(one.confidence, LEAST), 1 - LEAST)
            total += (BAR if one.text == "1" else 1.0) * math.log(p / (1 - p))
        elif not one.text:
            total -= NO_DIGIT
    return total


def numbers(found: Sequence[Word], readings: Sequence[Reading]) -> list[int]:
    """Which of the words of a page are numbers: the others are passed over, if there is any number at all."""
    speaks = [evidence(r) for r in readings]
    best = max(speaks, default=0.0)
    least = max(ENOUGH, FAINT * best)
    return [k for k, s in enumerate(speaks) if s >= least] or list(range(len(found)))


def the_line(found: Sequence[Word], readings: Sequence[Reading]) -> list[int]:
    """Which of the words of a picture are its one line: the number that most speaks for, and what stands beside it."""
    speaks = [evidence(r) for r in readings]
    best = int(np.argmax(speaks))
    chosen = []
    for k, word in enumerate(found):
        (low, high), beside = sorted((word.ink.shape[0], found[best].ink.shape[0])), _beside(word, found[best])
        if k == best or (speaks[k] >= ENOUGH and high <= UNEQUAL * low and beside >= BESIDE * low):
            chosen.append(k)
    return chosen


def _beside(one: Word, other: Word) -> int:
    return min(one.bottom, other.bottom) - max(one.y, other.y)


def cost_of_one(ink: NDArray[np.float32], box: Box, reading: Reading, geometry: Geometry) -> float:
    """What it costs to read all ink (H, W) as one digit, in this box of it, and to leave out the rest."""
    if not reading.text:
        return math.inf
    x, y, width, height = box
    rest = ink.copy()
    rest[max(0, y - 1) : y + height + 1, max(0, x - 1) : x + width + 1] = 0
    _, stats = parts(inked(rest))
    sizes = np.maximum(stats[1:, 3], 0.35 * stats[1:, 2])[stats[1:, 4] >= 4] / height
    return _cost(reading, geometry) + _left_out(sizes, geometry)


def cost_of_words(found: Sequence[Word], readings: Sequence[Reading], geometry: Geometry) -> float:
    """What it costs to read these words of a picture, and to leave out those that are no numbers."""
    read = [k for k, r in enumerate(readings) if r.text and not r.rejected]
    if not read:
        return math.inf
    height = max(found[k].ink.shape[0] for k in read)
    others = np.array([found[k].ink.shape[0] / height for k in range(len(found)) if k not in read])
    return sum(_cost(readings[k], geometry) for k in read) + ANOTHER * (len(read) - 1) + _left_out(others, geometry)


def _cost(reading: Reading, geometry: Geometry) -> float:
    return geometry.digit * len(reading.text) - geometry.word * _log(reading.confidence)


def _left_out(sizes: NDArray[np.float64], geometry: Geometry) -> float:
    """The cost of leaving out parts of these sizes, in heights of the digits that are read."""
    return float((np.minimum(geometry.leave_out_large * sizes**2, geometry.leave_out_large)).sum())


def _log(probability: float) -> float:
    return math.log(max(probability, LEAST))
