"""The pictures that are shipped to try the reader on, drawn; the end of a file's name tells what they read.

python benchmarks/draw_samples.py src/lenet5/samples
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.drawn.paper import Look
from lenet5.datasets.drawn.scenes import page
from lenet5.errors import DataError, LeNetError
from lenet5.files import write_atomically
from lenet5.pictures.saving import png

_BLACK, _BLUE, _PENCIL = (28.0, 28.0, 32.0), (30.0, 45.0, 130.0), (95.0, 95.0, 98.0)
_SCAN = Look(ink=_BLACK, blur=0.6)
_DESK = Look(paper=(205, 205, 202), ink=_BLUE, grain=0.01, shadow=0.3, blur=0.8)
_CHEQUE = Look(paper=(214, 228, 216), ink=_BLACK, pattern=0.18, blur=0.7)
_BOARD = Look(paper=(32, 66, 52), ink=(240, 240, 232), shadow=0.1, blur=0.9)
_FORM = Look(paper=(250, 246, 232), ink=_PENCIL, shadow=0.2, blur=0.6)

# Kind, rows, height of a digit, look, in boxes, seed.
_EXAMPLES = (
    ("digit", ["7"], 90, _SCAN, False, 1),
    ("digit", ["4"], 24, _SCAN, False, 2),
    ("digit", ["3"], 70, _BOARD, False, 2),
    ("line", ["1998"], 44, _DESK, False, 3),
    ("line", ["20500"], 36, _CHEQUE, False, 4),
    ("line", ["2746"], 44, _BOARD, False, 2),
    ("boxes", ["0314159"], 32, _FORM, True, 7),
    ("page", ["123", "456", "789"], 24, _DESK, False, 14),
)


def samples() -> dict[str, NDArray[np.uint8]]:
    """Every example by the name of its file: pictures uint8 (H, W, 3), the same each time."""
    pictures = {}
    for i, (name, rows, size, look, boxed, seed) in enumerate(_EXAMPLES):
        rng = np.random.default_rng([1998, i, seed])
        tilt = 0.04 if len(rows) > 1 else 0.0
        pictures[f"{name}_{'_'.join(rows)}.png"] = page(rows, rng, size=size, look=look, boxed=boxed, tilt=tilt)[0]
    return pictures


def save_samples(folder: str | os.PathLike[str]) -> list[Path]:
    """Write every example into the folder as PNG. Raises DataError where that cannot be done."""
    paths = []
    for name, picture in samples().items():
        paths.append(write_atomically(Path(folder) / name, png(picture, 9), error=DataError))
    return paths


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/draw_samples.py FOLDER")
    try:
        save_samples(sys.argv[1])
    except LeNetError as error:
        sys.exit(f"error: {error}")
