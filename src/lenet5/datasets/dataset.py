"""A data set: pictures as MNIST's are, the class of each, and who wrote it where that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.errors import DataError

__all__ = ["SIDE", "Dataset"]

SIDE = 28


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled pictures.

    name: what it is called in reports.
    images: uint8 (N, 28, 28), 0 is background and 255 is ink, N at least 1.
    labels: int64 (N,), positions in `classes`; any integer type is accepted and converted.
    classes: what each class is called.
    writers: int64 (N,), a number for whoever wrote the picture, or None where nobody knows.

    Raises DataError where these do not fit together.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    writers: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        images = np.asarray(self.images)
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
            raise DataError(
                f"{self.name}: pictures of shape {images.shape} and type {images.dtype}; "
                f"expected uint8 of shape (N, {SIDE}, {SIDE})"
            )
        if not len(images):
            raise DataError(f"{self.name}: no pictures; expected at least one")
        if not self.classes or len(set(self.classes)) != len(self.classes):
            raise DataError(f"{self.name}: the classes {self.classes}; expected one or more, all different")
        labels = self._one_for_each(images, "labels", self.labels)
        if labels.min() < 0 or labels.max() >= len(self.classes):
            raise DataError(
                f"{self.name}: labels from {labels.min()} to {labels.max()}; "
                f"expected 0 to {len(self.classes) - 1}, positions in {self.classes}"
            )
        object.__setattr__(self, "images", np.ascontiguousarray(images))
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "classes", tuple(self.classes))
        if self.writers is not None:
            object.__setattr__(self, "writers", self._one_for_each(images, "writers", self.writers))

    def _one_for_each(self, images: NDArray[np.uint8], what: str, values: Any) -> NDArray[np.int64]:
        values = np.asarray(values)
        if values.shape != (len(images),) or values.dtype.kind not in "iu":
            raise DataError(
                f"{self.name}: {what} of shape {values.shape} and type {values.dtype}; "
                f"expected integers of shape ({len(images)},), one for each picture"
            )
        return np.ascontiguousarray(values, np.int64)

    def __len__(self) -> int:
        return len(self.images)

    def take(self, indices: NDArray[np.integer[Any]] | slice, name: str | None = None) -> Dataset:
        """The pictures at these positions, in this order. Raises DataError where none is left."""
        return replace(
            self,
            name=name or self.name,
            images=self.images[indices],
            labels=self.labels[indices],
            writers=None if self.writers is None else self.writers[indices],
        )

    def with_classes(self, classes: Sequence[str]) -> Dataset:
        """The same pictures, with labels that are positions in other `classes` of the same names.

        Raises DataError, naming those that are missing, where a picture's class is not among them.
        """
        missing = sorted({self.classes[label] for label in np.unique(self.labels)} - set(classes))
        if missing:
            raise DataError(f"{self.name}: holds the classes {', '.join(missing)}; expected only {', '.join(classes)}")
        # A class that no picture has may be missing; its place is never looked up.
        places = [classes.index(c) if c in classes else -1 for c in self.classes]
        return replace(self, labels=np.array(places)[self.labels], classes=tuple(classes))
