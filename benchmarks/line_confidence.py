"""Fit the powers of the parts of a line's confidence, `lenet5.reading.fields.POWERS`.

    python benchmarks/line_confidence.py [LINES]        prints them; run it again for new networks or new costs

They are those under which right and wrong texts are likeliest. The lines are put together as those are on which the
graph's costs were fitted, and most are made smaller, as pictures of few pixels have them. Needs LENET5_DATA.
"""

from __future__ import annotations

import sys

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.reading.fields import POWERS, SEPARATORS
from lenet5.reading.lines import line_field
from lenet5.reading.place import Place
from lenet5.reading.reader import Reader
from lenet5.reading.school.composed_lines import Pick, compose
from lenet5.reading.school.costs import unlearned

Floats = NDArray[np.float64]

FITTED = 4  # of the powers, the first; the last is set by hand
WHOLE, SMALLEST, LOWEST = 0.3, 0.2, 10  # lines as large as they were made; of its size, and pixels, a line at least


def parts_of(reader: Reader, pick: Pick, rng: np.random.Generator) -> tuple[Floats, bool] | None:
    """The parts of a line's confidence (5,), many of few pixels, and whether it is right; None if it has no digit."""
    ink, _, labels = compose(pick, rng)
    if rng.random() > WHOLE:
        scale = max(float(np.exp(rng.uniform(np.log(SMALLEST), 0))), min(1.0, LOWEST / len(ink)))
        ink = np.asarray(cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
    field = line_field(ink, Place.scaled(ink.shape, 1.0), reader.geometry)
    if not field.candidates:
        return None
    penalties = reader.penalties(np.stack(field.images))
    characters, parts = field.read(penalties, reader.classes, reader.calibration)
    text = "".join(c.text for c in characters if c.text not in SEPARATORS)
    return parts, text == "".join(map(str, labels))


def sureness(parts: Floats, right: NDArray[np.bool_], steps: int = 3000) -> Floats:
    """The powers under which texts (N,) are as likely right as they are: from parts (N, 5), by their slope."""
    doubts = -np.log(np.clip(parts, 1e-4, 1))
    powers = POWERS.copy()
    for _ in range(steps):
        sure = np.exp(-np.maximum(doubts @ powers, 1e-3))
        up = (np.where(right, -1.0, sure / (1 - sure))[:, None] * doubts)[:, :FITTED].mean(axis=0)
        powers[:FITTED] = np.maximum(powers[:FITTED] + 0.1 * up, 0)
    return powers.round(2)


def main(lines: int = 3000) -> None:
    """Fit on so many lines and print."""
    rng = np.random.default_rng([0, 6])
    pick, reader = unlearned(rng), Reader()
    found = [one for _ in range(lines) if (one := parts_of(reader, pick, rng))]
    print(sureness(np.array([parts for parts, _ in found]), np.array([right for _, right in found])))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
