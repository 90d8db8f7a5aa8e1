"""Data of one's own, whatever it comes as: found by its name, in parts, and made into a Dataset."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from lenet5.datasets import folder, packed, tables
from lenet5.datasets.dataset import Dataset
from lenet5.datasets.form import Form, Labelled, Parts, numbered, prepared


def parts(path: Path, form: Form | None = None) -> Parts:
    """The parts of the data at a path. Raises DataError where nothing is there, or what is there is no data."""
    form = form or Form()
    for known in (packed.idx_parts, packed.array_parts, lambda place: tables.parts(place, form)):
        if found := known(path):
            return found
    return folder.parts(path)


def own(path: Path, part: str, form: Form) -> Dataset:
    """One part of the data at a path; all of it where it is not in parts. The classes are those to learn.

    Raises DataError, naming the file and the picture, for what is missing or damaged.
    """
    found = parts(path, form)
    if "" in found:
        return prepared(_named(found[""](), path), form)
    if part not in found:
        part = next(iter(found))
    dataset = prepared(_named(found[part](), path), form)
    if part == "train" or "train" not in found:
        return dataset
    return dataset.with_classes(numbered(found["train"]())[1])


def _named(found: Labelled, path: Path) -> Labelled:
    """EMNIST's own files have rows and columns exchanged; nothing but their name tells."""
    return replace(found, transposed=bool(re.search("emnist", path.name, re.IGNORECASE)) or found.transposed)
