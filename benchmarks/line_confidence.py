"""Fit the powers of the parts of a line's confidence, and the odds of the whole, which a network's calibration holds.

    python benchmarks/line_confidence.py [--lines N] [--odds]                 prints those of the best shipped weights
    python benchmarks/line_confidence.py [--lines N] [--odds] --into FILE     fits those of a file of weights, and keeps
                                                                              them

Run it for new networks or new costs. The file keeps the costs too, under which the powers were fitted. Where N is 0,
the powers stay those that the file is read with, and without --odds the odds do.

The powers are those under which right and wrong texts are likeliest. The lines are put together as those are on which
the costs were fitted, and most are made smaller, as pictures of few pixels have them.

Lines that people photographed are right more often than lines put together of which the parts say the same. So the odds
are fitted on the development halves of `field` and `parish_rows` with layout line. The shift is SHIFT at most: drawn
numbers with something beside them are right less often. Needs LENET5_DATA.
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
from written_lines import fitted

from lenet5.errors import LeNetError
from lenet5.loading import load
from lenet5.reading.lines import line_field
from lenet5.reading.place import Place
from lenet5.reading.reader import BEST, Reader
from lenet5.reading.readings import SEPARATORS
from lenet5.reading.school.composed_lines import Pick, compose
from lenet5.reading.school.outcomes import Tally, examples, tally

Floats = NDArray[np.float64]

FITTED = 4  # of the powers, the first; the last is set by hand
LEAST = 0.01  # what is less sure tells nothing more, and neither does what is surer than all but this
SHIFT = 0.3  # of the log-odds, set by hand
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


def odds(reader: Reader) -> tuple[float, float]:
    """Slope and shift, by lines that people photographed; the reader's own are not asked."""
    plain = Reader(reader.network, calibration=replace(reader.calibration, odds=(1.0, 0.0)))
    lines = [one for one in examples("field/pictures.zip") if one.layout == "line"]
    sets = tally(plain, "field", lines), tally(plain, "parish_rows", examples("parish_rows/strings.zip"))
    told, right = (np.concatenate(column) for column in zip(*map(of_texts, sets), strict=True))
    slope, shift = fitted(np.log(told / (1 - told)), right)
    print(f"likeliest odds {slope:.2f} {shift:.2f}")
    return round(slope, 2), min(round(shift, 2), SHIFT)


def of_texts(found: Tally) -> tuple[Floats, NDArray[np.bool_]]:
    """The confidence in each text that was read where there is one, (N,), and whether it is right."""
    texts = [o for o in found.outcomes if o.answer and o.truth]
    told = np.array([o.confidence for o in texts])
    return np.clip(told, LEAST, 1 - LEAST), np.array([o.verdict.startswith("right") for o in texts])


def main(arguments: list[str] | None = None) -> int:
    """Fit, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=3000, help="to fit on")
    parser.add_argument("--odds", action="store_true", help="fit the odds, too")
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
        if given.odds:
            calibration = replace(calibration, odds=odds(Reader(network, calibration=calibration)))
        print("powers", *calibration.powers, "odds", *calibration.odds)
        if given.into:
            network.metadata["reading"] = calibration.to_dict()
            network.save(given.into)
    except LeNetError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
