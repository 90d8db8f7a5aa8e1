"""Pictures of any form as MNIST's are: which is ink, which way up, and how other sizes become 28×28.

A picture of 28×28 is kept, and one of 32×32 without the paper's frame of two pixels. Any other is normalised as MNIST
was: its ink is found, scaled until its longer side is 20 pixels, and centred by mass. Whether ink is dark is decided
once for a set, from pictures spread over all of it, and told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import SIDE
from lenet5.datasets.dataset import Dataset, class_name, sort_classes
from lenet5.errors import DataError, PictureError
from lenet5.pictures.opening import DIGIT_SIDE, open_pages, sized, to_bytes
from lenet5.scale import INNER

MOST_PICTURES = 1_000_000
SAMPLE = 1000  # pictures that decide
MISSING = ("None", "nan", "NaT", "<NA>")  # what a label looks like that is not there
AGREED = 0.9  # of the pictures of unequal sizes, from where on they are taken for a set of one kind


@dataclass(frozen=True)
class Form:
    """What the pictures of a set do not say by themselves."""

    ink: Literal["auto", "dark", "light"] = "auto"
    """Whether the ink is darker or lighter than its paper. auto decides it once for the set, and says so."""

    transposed: bool | None = None
    """Whether rows and columns are exchanged, as in EMNIST's files, which are known by their name."""

    image: str | None = None
    """Of a table, the column with the pictures; by default it is found."""

    label: str | None = None
    """Of a table, the column with the labels; by default it is found."""

    def __post_init__(self) -> None:
        if self.ink not in ("auto", "dark", "light"):
            raise DataError(f"ink {self.ink!r}; expected auto, dark or light")


@dataclass(frozen=True)
class Labelled:
    """Pictures and labels as they come.

    name: what the set is called. pictures: arrays uint8 (H, W) or (H, W, 3), the bytes of files, or what reads these.
    labels: what each picture is called, or, with `classes`, positions in these.
    called: the name of picture i in messages. transposed: whether this set is known to have rows and columns exchanged.
    """

    name: str
    pictures: Sequence[Any] | NDArray[np.uint8]
    labels: Sequence[Any] | NDArray[Any]
    classes: tuple[str, ...] | None = None
    called: Callable[[int], str] = field(default=lambda i: f"picture {i}")
    transposed: bool = False


Parts = dict[str, Callable[[], Labelled]]  # "train" and "test", or "" where all is one; each is read when it is called


def from_arrays(images: Any, labels: Any, *, classes: Sequence[str] | None = None, form: Form | None = None) -> Dataset:
    """A data set from arrays.

    Args:
        images: (N, H, W), (N, H, W, 1), (N, 1, H, W), (N, H, W, 3), or rows of square pictures (N, H·H); bool, integers
            or floats, whose white is the smallest of 1, 16, 255 … that no value passes.
        labels: (N,) names, or, with `classes`, positions in these.
        classes: what each class is called; by default the labels themselves, sorted.
        form: which is ink, and which way up.

    Raises:
        DataError: for arrays that are no pictures, or labels that do not fit them.
    """
    pictures = as_pictures(np.asarray(images), "arrays")
    given = np.asarray(labels)
    if given.shape != (len(pictures),):
        raise DataError(f"arrays: labels of shape {given.shape}; expected one for each of {len(pictures):,} pictures")
    return prepared(Labelled("arrays", pictures, given, None if classes is None else tuple(classes)), form or Form())


def prepared(found: Labelled, form: Form) -> Dataset:
    """The set as a Dataset, with notes of what was decided. Raises DataError, naming the picture that is none."""
    count = len(found.pictures)
    if not 0 < count <= MOST_PICTURES:
        raise DataError(f"{found.name}: {count:,} pictures; expected 1 to {MOST_PICTURES:,}")
    turned = found.transposed if form.transposed is None else form.transposed
    notes = ["rows and columns were exchanged, as in EMNIST's files"] if turned else []

    sizes: set[tuple[int, ...]] = set()

    def picture(i: int) -> NDArray[np.uint8]:
        try:
            given = found.pictures[i]
            pixels = open_pages(given() if callable(given) else given)[0]
        except PictureError as error:
            raise DataError(f"{found.called(i)}: {error}") from error
        sizes.add(pixels.shape[:2])
        pixels = sized(pixels, DIGIT_SIDE)[0]
        return np.ascontiguousarray(np.swapaxes(pixels, 0, 1)) if turned else pixels

    some = [picture(i) for i in np.unique(np.linspace(0, count - 1, min(count, SAMPLE)).astype(int)).tolist()]
    dark, note = _polarity(some, form.ink)
    notes.append(note)
    if others := sizes - {(INNER, INNER), (SIDE, SIDE)}:
        example = "×".join(map(str, sorted(others)[0]))
        notes.append(f"pictures of other sizes ({example} …) were normalised as MNIST's: 20 pixels, centred by mass")
    images = np.empty((count, INNER, INNER), np.uint8)
    for i in range(count):
        images[i] = _as_mnist(picture(i), dark)
    labels, classes = numbered(found)
    return Dataset(found.name, images, labels, classes, notes=tuple(notes))


def _polarity(pictures: list[NDArray[np.uint8]], ink: str) -> tuple[bool | None, str]:
    """Whether ink is dark, None where each picture decides by itself, and how that was found."""
    from lenet5.pictures.ink import is_dark_on_light

    if ink != "auto":
        return ink == "dark", f"ink is {ink}, as you said"
    votes = [is_dark_on_light(p if p.ndim == 2 else p.mean(axis=2).astype(np.uint8)) for p in pictures]
    dark, total = sum(votes), len(votes)
    kind = "dark" if 2 * dark > total else "light"
    of = max(dark, total - dark)
    told = f"of {total:,} pictures {of:,} look as if ink were {kind}"
    prepared_before = len({p.shape for p in pictures}) == 1 and total > 1
    if of < AGREED * total and not prepared_before:
        return None, f"{told}: each is taken as it looks; --ink dark or --ink light decides for all"
    doubt = "" if of == total else f", {total - of:,} the other way; --ink decides where that is wrong"
    return kind == "dark", f"ink is {kind}: {told}{doubt}"


def _as_mnist(pixels: NDArray[np.uint8], dark: bool | None) -> NDArray[np.uint8]:
    """uint8 (28, 28), 0 for paper and 255 for ink."""
    from lenet5.pictures.ink import find_ink, is_dark_on_light
    from lenet5.pictures.normalise import normalise

    if pixels.shape[:2] in ((INNER, INNER), (SIDE, SIDE)):
        grey = pixels if pixels.ndim == 2 else np.rint(pixels.mean(axis=2)).astype(np.uint8)
        edge = (len(grey) - INNER) // 2
        grey = grey[edge : edge + INNER, edge : edge + INNER]
        return 255 - grey if (is_dark_on_light(grey) if dark is None else dark) else grey
    return normalise(find_ink(pixels, dark).ink)


def numbered(found: Labelled) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels as positions, and the names of the classes. Raises DataError, naming the picture whose label is none."""
    labels = np.asarray(found.labels).tolist()
    if found.classes is not None:
        return np.array([_position(label, i, found) for i, label in enumerate(labels)], np.int64), found.classes
    names = [_called(label, i, found) for i, label in enumerate(labels)]
    classes = sort_classes(names)
    place = {name: i for i, name in enumerate(classes)}
    return np.array([place[name] for name in names], np.int64), classes


def _position(label: Any, i: int, found: Labelled) -> int:
    with suppress(TypeError, ValueError, OverflowError):
        if isinstance(label, str) or label == int(label):
            return int(label)
    raise DataError(f"{found.called(i)}: the label {label!r}; expected a position, 0 to {len(found.classes or ()) - 1}")


def _called(label: Any, i: int, found: Labelled) -> str:
    """What a class is called. Raises DataError for a label that is missing, or none."""
    if isinstance(label, bytes):
        label = label.decode("utf-8", "replace")
    name = class_name(label)
    if isinstance(label, (list, dict)) or not name or (name in MISSING and not isinstance(label, str)):
        raise DataError(f"{found.called(i)} has the label {label!r}; expected a name or a number; or leave it out")
    return name


def as_pictures(images: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """uint8 (N, H, W) or (N, H, W, 3), from any of the forms that arrays of pictures have."""
    shape = images.shape
    if len(shape) == 2 and (side := round(shape[1] ** 0.5)) ** 2 == shape[1] and side > 1:
        images = images.reshape(-1, side, side)
    elif len(shape) == 4 and shape[3] == 1:
        images = images[..., 0]
    elif len(shape) == 4 and shape[1] == 1:
        images = images[:, 0]
    if not (images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)) or not images.size:
        raise DataError(
            f"{name}: pictures of shape {shape}; expected (N, H, W), (N, H, W, 1), (N, 1, H, W), (N, H, W, 3), or rows "
            f"of square pictures (N, 784); at least one"
        )
    try:
        return to_bytes(images, name)
    except PictureError as error:
        raise DataError(str(error)) from error
