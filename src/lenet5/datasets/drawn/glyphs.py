"""Any number of digits drawn from a seed, each by some writer, as MNIST would hold them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.dataset import Dataset
from lenet5.datasets.drawn.hand import Hands, write
from lenet5.datasets.drawn.pen import Ink, draw, scans
from lenet5.datasets.drawn.shapes import DIGITS, LETTERS, SYMBOLS, Shape, table
from lenet5.errors import DataError
from lenet5.pictures.normalise import normalise

PER_WRITER = 20  # pictures of one writer, two of each digit
WRITERS = 50  # in a block: what is drawn from one generator
BLOCK = PER_WRITER * WRITERS
FAITHFUL = 0.85  # how often a writer keeps to the usual shape of a digit
ABROAD_SHAPES: tuple[Shape, ...] = table("abroad.txt")
PER_WRITER_ABROAD = 8
ONES = 2.0  # times as many: between a stem and a 7 hands differ most
MOST = 10_000_000  # pictures at once
VARIANTS = 8  # of one shape, at most
assert max(len(s.variants) for s in (*(s for shapes in DIGITS for s in shapes), *LETTERS, *SYMBOLS)) <= VARIANTS


def digits(count: int, seed: int = 0) -> Dataset:
    """`count` drawn digits; in every ten pictures each digit once, every 20 pictures by another writer.

    Picture i depends on the seed and on i, not on the count.
    Returns a Dataset: images uint8 (count, 28, 28), normalised as MNIST's are, with their writers.
    Raises DataError for a count that is not 1 to 10,000,000, or a seed that is not a whole number from 0.
    """
    images, labels = gather(count, seed, 0, _block)
    return Dataset("drawn", images, labels, tuple("0123456789"), np.arange(count) // PER_WRITER)


def abroad(count: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`count` drawn digits of hands from abroad, which MNIST hardly has: uint8 (count, 28, 28), labels int64 (count,).

    MNIST's writers are from the United States. In Europe and Latin America a 1 has an upstroke as long as itself, a 7
    is crossed and its bar begins with a hook or a wave, a 9 ends in a bow, a 4 is a flash of lightning, a 0 closes with
    a curl. In East Asia a 7 may be like the handle of a stick, and the bar of a 4 lies low.
    """
    weights = np.array([s.weight for s in ABROAD_SHAPES], float)
    of = np.array([int(s.character) for s in ABROAD_SHAPES])
    weights /= np.bincount(of, weights)[of]  # every digit as often as any other
    weights[of == 1] *= ONES
    chosen = rng.choice(len(ABROAD_SHAPES), count, p=weights / weights.sum())
    hands = Hands.draw(count // PER_WRITER_ABROAD + 1, rng).of(np.arange(count) // PER_WRITER_ABROAD)
    # Hands that are further apart than those of one country.
    wider = {name: 1.2 * getattr(hands, name) for name in ("width", "slant", "wobble")}
    hands = replace(hands, **wider, waist=np.clip(2.5 * hands.waist, -0.35, 0.35))
    traces = write([ABROAD_SHAPES[c] for c in chosen], hands, taste(rng, count), rng)
    labels = np.array([int(ABROAD_SHAPES[c].character) for c in chosen], np.int64)
    return np.stack([normalise(draw(trace)) for trace in traces]), labels


def gather(
    count: int, seed: int, stream: int, block: Callable[[np.random.Generator], Iterator[tuple[int, Ink]]]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Normalised pictures (count, 28, 28) and labels (count,): as many blocks as are needed, one after another.

    stream: other streams draw other pictures from the same seed
    Raises DataError for a count that is not 1 to 10,000,000, or a seed that is not a whole number from 0.
    """
    for name, value, low, high in (("count", count, 1, MOST), ("seed", seed, 0, 2**63 - 1)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
            raise DataError(f"drawn pictures: the {name} is {value!r}; expected a whole number from {low} to {high:,}")
    images = np.empty((count, 28, 28), np.uint8)
    labels = np.empty(count, np.int64)
    blocks = (block(np.random.default_rng([seed, stream, b])) for b in itertools.count())
    for i, (label, ink) in zip(range(count), itertools.chain.from_iterable(blocks), strict=False):
        images[i], labels[i] = normalise(ink), label
    return images, labels


def choose(shapes: Sequence[Shape], p: float) -> Shape:
    """The shape at p, 0..1, where each takes as much room as its weight."""
    ladder = np.cumsum([s.weight for s in shapes])
    return shapes[int(np.searchsorted(ladder, p * ladder[-1]))]


def taste(rng: np.random.Generator, *shape: int) -> NDArray[np.float64]:
    """How much writers like each variant of a shape: (*shape, V), a few much and most a little."""
    return rng.standard_gamma(0.8, (*shape, VARIANTS)) + 1e-6


def _block(rng: np.random.Generator) -> Iterator[tuple[int, Ink]]:
    """Label and ink of the pictures of WRITERS writers."""
    hands = Hands.draw(WRITERS, rng)
    writers = np.repeat(np.arange(WRITERS), PER_WRITER)
    labels = rng.permuted(np.tile(np.arange(10), (BLOCK // 10, 1)), axis=1).reshape(-1)
    usual, chance, now = rng.random((WRITERS, 10)), rng.random(BLOCK), rng.random(BLOCK)
    likes = taste(rng, WRITERS, 10)
    pick = np.where(chance < FAITHFUL, usual[writers, labels], now)
    shapes = [choose(DIGITS[label], p) for label, p in zip(labels, pick, strict=True)]
    traces = write(shapes, hands.of(writers), likes[writers, labels], rng)
    for label, trace, scan in zip(labels.tolist(), traces, scans(rng, WRITERS, PER_WRITER), strict=True):
        yield label, draw(trace, *scan)
