"""Labelled pictures to learn from and to be judged on: MNIST, data of your own, or handwriting that is drawn."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from lenet5.datasets.dataset import Dataset, Progress, in_proportion
from lenet5.datasets.form import Form, Parts, from_arrays, numbered, prepared
from lenet5.errors import DataError

__all__ = ["DRAWN", "Dataset", "Form", "Part", "from_arrays", "has_test", "load"]

Part = Literal["train", "test"]
# Not in the paper: how many digits are drawn where nobody says, as many as MNIST has.
DRAWN: dict[Part, int] = {"train": 60_000, "test": 10_000}
_TEST_SEED = 2**62  # added to the seed, so that nothing drawn for learning is ever drawn for testing


def load(
    spec: str,
    part: Part = "train",
    *,
    count: int | None = None,
    seed: int = 0,
    form: Form | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """The data set called `spec`.

    Args:
        spec: "mnist"; "drawn", handwriting that is drawn here; or the path of data of your own: a folder or zip file of
            pictures, a table (.csv, .parquet, or a folder of these), arrays (.npz, .npy), IDX files as MNIST's, or
            strokes of a pen (.npz), which are drawn with many pens.
        part: of data that keeps no pictures for testing apart, both parts are all of it (see `has_test`).
        count: how many to draw, by default 60,000 or 10,000; of other data, so many at random, in proportion to the
            classes.
        seed: of what is drawn, and of the pens.
        form: what the pictures do not say by themselves: which is ink, which way up, which column.
        progress: called with (address, bytes so far, bytes in all) while MNIST is downloaded.

    Returns:
        A Dataset whose notes tell what was decided.

    Raises:
        DataError: for anything that is missing or damaged.
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
    elif holds_strokes(spec):
        from lenet5.datasets.strokes import read_strokes

        strokes = read_strokes(spec)
        if count is not None:
            strokes = strokes.take(in_proportion(strokes.labels, count, seed))
        return strokes.pictures(np.random.default_rng(seed))
    else:
        dataset = _own(Path(spec), part, form or Form())
    return dataset if count is None else dataset.sample(count, seed)


def has_test(spec: str) -> bool:
    """Whether the data set called `spec` keeps pictures for testing apart from those to learn from."""
    return spec in ("mnist", "drawn") or (not holds_strokes(spec) and "test" in _parts(Path(spec), Form()))


def holds_strokes(spec: str) -> bool:
    """Whether this is the path of a file of strokes (`lenet5.datasets.strokes`), known by the arrays in it."""
    return spec.endswith(".npz") and zipfile.is_zipfile(spec) and "points.npy" in zipfile.ZipFile(spec).namelist()


def _parts(path: Path, form: Form) -> Parts:
    """The parts of the data at a path. Raises DataError where nothing is there, or what is there is no data."""
    from lenet5.datasets import folder, packed, tables

    return packed.idx_parts(path) or packed.array_parts(path) or tables.parts(path, form) or folder.parts(path)


def _own(path: Path, part: str, form: Form) -> Dataset:
    """One part of the data at a path; all of it where it is not in parts. The classes are those to learn.

    Raises DataError, naming the file and the picture, for what is missing or damaged.
    """
    found = _parts(path, form)
    name = next(name for name in ("", part, *found) if name in found)
    labelled = found[name]()
    # EMNIST's own files have rows and columns exchanged; nothing but their name tells.
    exchanged = labelled.transposed or "emnist" in path.name.lower()
    dataset = prepared(replace(labelled, transposed=exchanged), form)
    if name in ("", "train") or "train" not in found:
        return dataset
    return dataset.with_classes(numbered(found["train"]())[1])
