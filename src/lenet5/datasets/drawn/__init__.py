"""What can be learned without a file? Handwriting that is drawn here with pen strokes, from a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.dataset import Dataset
from lenet5.datasets.drawn.digit_shapes import DIGIT_SHAPES
from lenet5.datasets.drawn.hand import Hands, Trace, write
from lenet5.datasets.drawn.pen import ink
from lenet5.errors import DataError
from lenet5.reading.normalise import normalise

__all__ = ["digits"]

PER_WRITER = 20  # pictures of one writer, two of each digit
WRITERS = 50  # in a block: what is drawn from one generator
BLOCK = PER_WRITER * WRITERS
FAITHFUL = 0.85  # how often a writer keeps to the usual shape of a digit
MOST_VARIANTS = max(len(s.variants) for shapes in DIGIT_SHAPES for s in shapes)
SIDE = 60  # longer side of a glyph before it is normalised, pixels
MOST = 10_000_000


def digits(count: int, seed: int = 0) -> Dataset:
    """`count` drawn digits, in every ten pictures each digit once; every 20 pictures are of another writer.

    Picture i depends on the seed and on i alone, whatever the count.
    Returns a Dataset: images uint8 (count, 28, 28), normalised as MNIST's are.
    Raises DataError for a count or a seed that is negative or not a whole number.
    """
    for name, value in (("count", count), ("seed", seed)):
        if not isinstance(value, int | np.integer) or not 0 <= value < 2**63:
            raise DataError(f"drawn digits: {name} {value!r}; expected a whole number, 0 or more")
    if count > MOST:
        raise DataError(f"drawn digits: {count:,} pictures at once; expected at most {MOST:,}")
    images = np.empty((count, 28, 28), np.uint8)
    labels = np.empty(count, np.int64)
    for start in range(0, count, BLOCK):
        block = range(start, min(start + BLOCK, count))
        block_labels, traces = _block(seed, start // BLOCK)
        labels[block.start : block.stop] = block_labels[: len(block)]
        for i, trace in zip(block, traces, strict=False):
            images[i] = picture(trace)
    writers = np.arange(count) // PER_WRITER
    return Dataset("drawn", images, labels, tuple("0123456789"), writers)


def _block(seed: int, block: int) -> tuple[NDArray[np.int64], list[Trace]]:
    """Labels (BLOCK,) and traces of the pictures of one block."""
    rng = np.random.default_rng([seed, block])
    hands = Hands.draw(WRITERS, rng)
    writers = np.repeat(np.arange(WRITERS), PER_WRITER)
    labels = rng.permuted(np.tile(np.arange(10), (BLOCK // 10, 1)), axis=1).reshape(-1)
    # A writer has a usual shape for each digit, and a taste for its variants.
    usual, chance, now = rng.random((WRITERS, 10)), rng.random(BLOCK), rng.random(BLOCK)
    taste = rng.standard_gamma(0.8, (WRITERS, 10, MOST_VARIANTS)) + 1e-6
    pick = np.where(chance < FAITHFUL, usual[writers, labels], now)
    shapes = [_choose(label, p) for label, p in zip(labels, pick, strict=True)]
    return labels, write(shapes, hands.of(writers), taste[writers, labels], rng)


_LADDERS = [np.cumsum([s.weight for s in shapes]) / sum(s.weight for s in shapes) for shapes in DIGIT_SHAPES]


def _choose(digit: int, p: float):
    return DIGIT_SHAPES[digit][int(np.searchsorted(_LADDERS[digit], p))]


def picture(trace: Trace) -> NDArray[np.uint8]:
    """The trace as MNIST would hold it, uint8 (28, 28)."""
    reach = trace.radii[:, None]
    low = (trace.points - reach).min(0)
    extent = (trace.points + reach).max(0) - low
    scale = SIDE / extent.max()
    width, height = np.ceil(extent * scale).astype(int) + 2
    return normalise(ink((trace.points - low) * scale + 0.5, trace.radii * scale, trace.strokes, height, width))
