"""A data set: pictures as MNIST's are, the class of each, and who wrote it where that is known.

A network that has seen a writer's other digits reads this one more easily, so a part held out at random makes every
choice look better than it is. So `split_by_writer` holds out whole writers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lenet5.errors import DataError
from lenet5.scale import INNER

if TYPE_CHECKING:
    from lenet5.datasets.strokes import Strokes

Progress = Callable[[str, int, int], None]  # address, bytes so far, bytes in all (0 where nobody says)


def class_name(label: Any) -> str:
    """What a class is called: a whole number without its point, as tables give it where a label is missing."""
    return str(int(label) if isinstance(label, float) and label.is_integer() else label)


def sort_classes(labels: Iterable[str]) -> tuple[str, ...]:
    """Each label once, numbers first and by their value."""

    def key(label: str) -> tuple[bool, int, str]:
        number = label.isascii() and label.isdecimal() and len(label) < 20
        return not number, int(label) if number else 0, label

    return tuple(sorted(set(labels), key=key))


def in_proportion(labels: NDArray[Any], count: int, seed: int) -> NDArray[np.int64]:
    """(count,) rising positions, drawn at random from the seed: of each label as many as its share of all."""
    rng = np.random.default_rng(seed)
    _, label, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    # In an order by chance within each label, a rank there over the label's size spreads all of them evenly.
    order = rng.permutation(len(label))
    rank = np.empty(len(label))
    for one in range(len(sizes)):
        rank[order[label[order] == one]] = np.arange(sizes[one])
    return np.sort(np.argsort((rank + 0.5) / sizes[label], kind="stable")[:count])


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Labelled pictures.

    name: what it is called in reports.
    images: uint8 (N, 28, 28), 0 is background and 255 is ink, N at least 1.
    labels: int64 (N,), positions in `classes`; any integer type is accepted and converted.
    classes: what each class is called.
    writers: int64 (N,), a number for whoever wrote the picture, or None where nobody knows.
    notes: what was decided when the pictures were read, a sentence each.

    Raises DataError where these do not fit together.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    writers: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        images = np.asarray(self.images)
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (INNER, INNER):
            raise DataError(
                f"{self.name}: pictures of shape {images.shape} and type {images.dtype}; "
                f"expected uint8 of shape (N, {INNER}, {INNER})"
            )
        if not len(images):
            raise DataError(f"{self.name}: no pictures; expected at least one")
        if not self.classes or len(set(self.classes)) != len(self.classes) or not "".join(self.classes).isprintable():
            raise DataError(f"{self.name}: the classes {self.classes}; expected one or more, all different, printable")
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

    def __repr__(self) -> str:
        return f"<Dataset {self.name}, {len(self):,} pictures of {len(self.classes)} classes>"

    def take(self, indices: NDArray[np.integer[Any]] | slice, name: str | None = None) -> Dataset:
        """The pictures at these positions, in this order. Raises DataError where none is left."""
        return replace(
            self,
            name=name or self.name,
            images=self.images[indices],
            labels=self.labels[indices],
            writers=None if self.writers is None else self.writers[indices],
        )

    def sample(self, count: int, seed: int = 0) -> Dataset:
        """`count` of the pictures, drawn at random from the seed, as many of each class as its share; in their order.

        All of them where `count` is no less. A note tells of it. Raises DataError for a count below 1.
        """
        if count < 1:
            raise DataError(f"{count} pictures asked for; expected at least one")
        if count >= len(self):
            return self
        note = f"{count:,} of {len(self):,} pictures, drawn at random (seed {seed}) in proportion to the classes"
        return replace(self.take(in_proportion(self.labels, count, seed)), notes=(*self.notes, note))

    def with_classes(self, classes: Sequence[str]) -> Dataset:
        """The same pictures, with labels that are positions in other `classes` of the same names.

        Raises DataError, naming those that are missing, where a picture's class is not among them.
        """
        missing = sorted({self.classes[label] for label in np.unique(self.labels)} - set(classes))
        if missing:
            raise DataError(
                f"{self.name}: holds the classes {', '.join(missing)}; expected only {', '.join(classes)}: "
                f"give data of these classes"
            )
        # A class that no picture has may be missing; its place is never looked up.
        places = [classes.index(c) if c in classes else -1 for c in self.classes]
        return replace(self, labels=np.array(places)[self.labels], classes=tuple(classes))


Written = TypeVar("Written", Dataset, "Strokes")


def split_by_writer(dataset: Written, held_out: float = 1 / 6, *, seed: int = 0) -> tuple[Written, Written]:
    """(pictures to learn from, pictures held out), no writer in both; each in the order of `dataset`.

    held_out: how many pictures to hold out, as a number of them (an int) or a share (a float under 1);
        it is met to within the pictures of one writer.
    seed: of the order in which the writers are dealt out. Same seed, same parts.

    Without `writers` every picture stands for itself, and the names of the parts say that they are random.
    Raises DataError for a share that leaves nothing on one side.
    """
    total = len(dataset)
    size = held_out if isinstance(held_out, int | np.integer) else held_out * total
    if not 1 <= size < total:
        raise DataError(
            f"{dataset.name}: {held_out} to hold out of {total:,} pictures; "
            f"expected a number from 1 to {total - 1:,}, or a share under 1 with at least one picture in it"
        )
    writers, kind = dataset.writers, "of other writers"
    if writers is None:
        writers, kind = np.arange(total), "at random"
    _, writer, pictures = np.unique(writers, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(pictures))
    # The writers' pictures make one long row; a writer is held out whose first one lies in its beginning.
    first = np.empty(len(pictures))
    first[order] = np.cumsum(pictures[order]) - pictures[order]
    out = (first + 1e-9 < size)[writer]  # (N,)
    if not out.any() or out.all():
        raise DataError(
            f"{dataset.name}: its {len(pictures)} writers cannot be parted so that about {size:.0f} of {total:,} "
            f"pictures are held out; hold out another number"
        )
    held = dataset.take(np.flatnonzero(out), f"{dataset.name}, held out {kind}")
    return dataset.take(np.flatnonzero(~out)), held
