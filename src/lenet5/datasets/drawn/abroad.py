"""Digits of hands from abroad, which MNIST hardly has, drawn.

MNIST's writers are from the United States. In Europe and Latin America a 1 has an upstroke as long as itself, a 7 is
crossed and its bar begins with a hook or a wave, a 9 ends in a bow, a 4 is a flash of lightning, a 0 closes with a
curl. In East Asia a 7 may be like the handle of a stick, and the bar of a 4 lies low. Their paths stand in
`abroad.txt`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.drawn.glyphs import taste
from lenet5.datasets.drawn.hand import Hands, write
from lenet5.datasets.drawn.pen import draw
from lenet5.datasets.drawn.shapes import Shape, table
from lenet5.pictures.normalise import normalise

__all__ = ["ABROAD_SHAPES", "abroad"]

ABROAD_SHAPES: tuple[Shape, ...] = table("abroad.txt")
PER_WRITER = 8
ONES = 2.0  # times as many: between a stem and a 7 hands differ most


def abroad(count: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`count` drawn digits of these shapes: images uint8 (count, 28, 28) and labels int64 (count,)."""
    weights = np.array([s.weight for s in ABROAD_SHAPES], float)
    of = np.array([int(s.character) for s in ABROAD_SHAPES])
    weights /= np.bincount(of, weights)[of]  # every digit as often as any other
    weights[of == 1] *= ONES
    chosen = rng.choice(len(ABROAD_SHAPES), count, p=weights / weights.sum())
    hands = Hands.draw(count // PER_WRITER + 1, rng).of(np.arange(count) // PER_WRITER)
    # Hands that are further apart than those of one country.
    wider = {name: 1.2 * getattr(hands, name) for name in ("width", "slant", "wobble")}
    hands = replace(hands, **wider, waist=np.clip(2.5 * hands.waist, -0.35, 0.35))
    traces = write([ABROAD_SHAPES[c] for c in chosen], hands, taste(rng, count), rng)
    labels = np.array([int(ABROAD_SHAPES[c].character) for c in chosen], np.int64)
    return np.stack([normalise(draw(trace)) for trace in traces]), labels
