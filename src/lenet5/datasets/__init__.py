"""Labelled pictures to learn from and to be judged on: MNIST, folders, strokes of a pen, or drawn digits."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from lenet5.datasets.dataset import Dataset
from lenet5.datasets.download import Progress
from lenet5.errors import DataError

__all__ = ["DRAWN", "Dataset", "Part", "has_test", "load"]

Part = Literal["train", "test"]
# Not in the paper: how many digits are drawn where nobody says, as many as MNIST has.
DRAWN: dict[Part, int] = {"train": 60_000, "test": 10_000}
_TEST_SEED = 2**62  # added to the seed, so that nothing drawn for learning is ever drawn for testing


def load(
    spec: str, part: Part = "train", *, count: int | None = None, seed: int = 0, progress: Progress | None = None
) -> Dataset:
    """The data set called `spec`.

    spec: "mnist"; "drawn", handwriting that is drawn here; the path of a folder or zip file of pictures, or of a
        file of strokes, .npz, whose characters are written with many pens.
    part: of strokes, and of a folder without `train/` and `test/` in it, both parts are all of it (see `has_test`).
    count: how many to draw, by default 60,000 or 10,000; of the other sets, only the first `count` are given.
    seed: of what is drawn, and of the pens.
    progress: called with (address, bytes so far, bytes in all) while MNIST is downloaded.
    Raises DataError for anything that is missing or damaged.
    """
    if part not in DRAWN:
        raise DataError(f"no part {part!r}; expected one of {', '.join(DRAWN)}")
    if count is not None and count < 1:
        raise DataError(f"{count} pictures asked for; expected at least one")
    if spec == "drawn":
        from lenet5.datasets.drawn import digits

        return digits(count or DRAWN[part], seed if part == "train" else seed + _TEST_SEED)
    if spec == "mnist":
        from lenet5.datasets.mnist import mnist

        dataset = mnist(part, progress)
    elif spec.endswith(".npz"):
        from lenet5.datasets.strokes import read_strokes

        return read_strokes(spec).take(slice(count)).pictures(np.random.default_rng(seed))
    else:
        from lenet5.datasets.folder import folder

        dataset = folder(Path(spec), part)
    return dataset if count is None else dataset.take(slice(count))


def has_test(spec: str) -> bool:
    """Whether the data set called `spec` keeps pictures for testing apart from those to learn from."""
    from lenet5.datasets.folder import has_parts

    return spec in ("mnist", "drawn") or has_parts(Path(spec))
