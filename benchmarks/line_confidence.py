"""Fit the powers of the parts of a line's confidence, which a network's calibration holds.

    python benchmarks/line_confidence.py [--lines N]                    prints those of the best shipped weights
    python benchmarks/line_confidence.py [--lines N] --into FILE        fits those of a file of weights, and keeps them

Run it for new networks or new costs. The file keeps the costs too, under which the powers were fitted. Where N is 0,
nothing is fitted: the file keeps the powers and the costs that it is read with.

The powers are those under which right and wrong texts are likeliest. The lines are put together as those are on which
the costs were fitted, and most are made smaller, as pictures of few pixels have them. Needs LENET5_DATA.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from line_costs import unlearned
from numpy.typing import NDArray

from lenet5.errors import LeNetError
from lenet5.loading import load
from lenet5.reading.lines import line_field
from lenet5.reading.place import Place
from lenet5.reading.reader import BEST, Reader
from lenet5.reading.readings import SEPARATORS
from lenet5.reading.school.composed_lines import Pick, compose

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


def sureness(parts: Floats, right: NDArray[np.bool_], now: Sequence[float], steps: int = 3000) -> list[float]:
    """The powers under which texts (N,) are as likely right as they are: from parts (N, 5) and those of now, by their
    slope."""
    doubts = -np.log(np.clip(parts, 1e-4, 1))
    powers = np.array(now)
    for _ in range(steps):
        sure = np.exp(-np.maximum(doubts @ powers, 1e-3))
        up = (np.where(right, -1.0, sure / (1 - sure))[:, None] * doubts)[:, :FITTED].mean(axis=0)
        powers[:FITTED] = np.maximum(powers[:FITTED] + 0.1 * up, 0)
    return list(powers.round(2).tolist())


def main(arguments: list[str] | None = None) -> int:
    """Fit, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=3000, help="to fit on")
    parser.add_argument("--into", type=Path, help="the .safetensors file whose powers they are")
    given = parser.parse_args(arguments)
    try:
        network = load(given.into or BEST)
        reader, rng = Reader(network), np.random.default_rng([0, 6])
        calibration = reader.calibration
        if given.lines:
            pick = unlearned(rng)
            found = [one for _ in range(given.lines) if (one := parts_of(reader, pick, rng))]
            parts, right = (np.array(column) for column in zip(*found, strict=True))
            calibration = replace(calibration, powers=sureness(parts, right, calibration.powers))
        print("powers", *calibration.powers)
        if given.into:
            network.metadata["reading"] = calibration.to_dict()
            network.save(given.into)
    except LeNetError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
