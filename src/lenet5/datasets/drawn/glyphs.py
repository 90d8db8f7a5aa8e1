"""How is any number of digits drawn from a seed, each by some writer, as MNIST would hold them?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.dataset import Dataset
from lenet5.datasets.drawn.hand import Hands, Trace, write
from lenet5.datasets.drawn.pen import draw
from lenet5.datasets.drawn.shapes import DIGITS, Shape
from lenet5.errors import DataError
from lenet5.reading.normalise import normalise

__all__ = ["MOST", "check", "choose", "digits", "taste"]

PER_WRITER = 20  # pictures of one writer, two of each digit
WRITERS = 50  # in a block: what is drawn from one generator
BLOCK = PER_WRITER * WRITERS
FAITHFUL = 0.85  # how often a writer keeps to the usual shape of a digit
MOST = 10_000_000  # pictures at once
VARIANTS = 8  # of one shape, at most


def digits(count: int, seed: int = 0) -> Dataset:
    """`count` drawn digits; in every ten pictures each digit once, every 20 pictures by another writer.

    Picture i depends on the seed and on i, not on the count.
    Returns a Dataset: images uint8 (count, 28, 28), normalised as MNIST's are, with their writers.
    Raises DataError for a count that is not 1 to 10,000,000, or a seed that is not a whole number from 0.
    """
    check(count, seed)
    images = np.empty((count, 28, 28), np.uint8)
    labels = np.empty(count, np.int64)
    for i, (label, trace) in zip(range(count), _endless(seed), strict=False):
        images[i], labels[i] = normalise(draw(trace)), label
    return Dataset("drawn", images, labels, tuple("0123456789"), np.arange(count) // PER_WRITER)


def check(count: int, seed: int) -> None:
    """Raises DataError for a count that is not 1 to MOST, or a seed that is not a whole number from 0."""
    for name, value, low, high in (("count", count, 1, MOST), ("seed", seed, 0, 2**63 - 1)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
            raise DataError(f"drawn pictures: the {name} is {value!r}; expected a whole number from {low} to {high:,}")


def choose(shapes: Sequence[Shape], p: float) -> Shape:
    """The shape at p, 0..1, where each takes as much room as its weight."""
    ladder = np.cumsum([s.weight for s in shapes])
    return shapes[int(np.searchsorted(ladder, p * ladder[-1]))]


def taste(rng: np.random.Generator, *shape: int) -> NDArray[np.float64]:
    """How much writers like each variant of a shape: (*shape, V), a few much and most a little."""
    return rng.standard_gamma(0.8, (*shape, VARIANTS)) + 1e-6


def _endless(seed: int) -> Iterator[tuple[int, Trace]]:
    """Label and trace of one picture after another."""
    block = 0
    while True:
        yield from _block(np.random.default_rng([seed, block]))
        block += 1


def _block(rng: np.random.Generator) -> Iterator[tuple[int, Trace]]:
    hands = Hands.draw(WRITERS, rng)
    writers = np.repeat(np.arange(WRITERS), PER_WRITER)
    labels = rng.permuted(np.tile(np.arange(10), (BLOCK // 10, 1)), axis=1).reshape(-1)
    usual, chance, now = rng.random((WRITERS, 10)), rng.random(BLOCK), rng.random(BLOCK)
    likes = taste(rng, WRITERS, 10)
    pick = np.where(chance < FAITHFUL, usual[writers, labels], now)
    shapes = [choose(DIGITS[label], p) for label, p in zip(labels, pick, strict=True)]
    traces = write(shapes, hands.of(writers), likes[writers, labels], rng)
    yield from zip(labels.tolist(), traces, strict=True)
