"""Characters as the way of a pen: polylines, which become pictures under any pen.

A file of strokes is NumPy's .npz with five arrays:

    points      int16 (P, 2)    x to the right, y down; the longer side of each character's box is 1,000
    strokes     int32 (S + 1,)  stroke s is points[strokes[s]:strokes[s + 1]]
    characters  int32 (N + 1,)  character i has the strokes characters[i] to characters[i + 1] − 1
    labels      (N,)            which character it is, one printable sign
    writers     int32 (N,)      a number for whoever wrote it
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lenet5.datasets.dataset import Dataset
from lenet5.datasets.drawn.paper import Look, photograph
from lenet5.datasets.drawn.pen import SIDES, Pen, Scan, Trace, draw, trace
from lenet5.datasets.packed import read_npz
from lenet5.errors import DataError
from lenet5.files import write_atomically
from lenet5.pictures.normalise import normalise

SPAN = 1000  # the longer side of a character's box
STEP = 3.0  # from one point of a line to the next when it is drawn, of 100
# Of characters of other proportions, the standard deviation of the logarithm of how much wider they are; and of the
# powers of their heights, half as much of their widths, in a box of 1 by 1.
OTHERWISE = 0.35
MOST_BYTES = 256 << 20  # of a file, and of what it unpacks to
MOST_POINTS = 10_000  # of one character
ARRAYS = ("points", "strokes", "characters", "labels", "writers")


@dataclass(frozen=True, eq=False)
class Strokes:
    """Characters as polylines; the arrays are those of the file.

    Raises DataError where the arrays do not fit together, or a character has no point or more than 10,000.
    """

    name: str
    points: NDArray[np.int16]
    strokes: NDArray[np.int32]
    characters: NDArray[np.int32]
    labels: NDArray[np.str_]
    writers: NDArray[np.int32]

    def __post_init__(self) -> None:
        count = len(np.atleast_1d(self.labels))
        self._expect("points", "i", 2, "int16 (P, 2) from 0 to 1,000", _points)
        self._expect("labels", "U", 1, "one printable sign each, at least one", _signs)
        self._expect("strokes", "iu", 1, f"numbers that rise from 0 to {len(self.points)}", _ends(len(self.points)))
        last = len(self.strokes) - 1
        self._expect("characters", "iu", 1, f"{count + 1} numbers that rise from 0 to {last}", _ends(last, count + 1))
        self._expect("writers", "iu", 1, f"{count} integers", lambda w: len(w) == count)
        longest = int(np.diff(self.strokes[self.characters]).max())
        if longest > MOST_POINTS:
            raise DataError(f"{self.name}: a character of {longest:,} points; expected at most {MOST_POINTS:,}")

    def _expect(self, name: str, kinds: str, axes: int, expected: str, good: Callable[[Any], Any]) -> None:
        found = np.asarray(getattr(self, name))
        if found.dtype.kind not in kinds or found.ndim != axes or not good(found):
            raise DataError(f"{self.name}: {name} of shape {found.shape}, type {found.dtype}; expected {expected}")

    @classmethod
    def of(
        cls,
        characters: Iterable[Sequence[ArrayLike]],
        labels: Sequence[str],
        writers: Sequence[int] | None = None,
        name: str = "strokes",
    ) -> Strokes:
        """Strokes from polylines of any size.

        characters: for each character its strokes, each (S, 2), x to the right and y down
        labels: one printable sign for each. writers: a number for each, by default all different.
        Raises DataError for a character without points, or points that are not finite pairs.
        """
        polylines = [[_polyline(stroke, name) for stroke in strokes] for strokes in characters]
        if not all(polylines) or not len(polylines) == len(labels) > 0:
            raise DataError(
                f"{name}: {len(polylines)} characters, {sum(map(bool, polylines))} of them with strokes, and "
                f"{len(labels)} labels; expected strokes and a label for each, and at least one"
            )
        fitted = [_fitted(strokes) for strokes in polylines]
        lengths = [len(stroke) for strokes in fitted for stroke in strokes]
        return cls(
            name,
            np.concatenate([stroke for strokes in fitted for stroke in strokes]),
            np.cumsum([0, *lengths], dtype=np.int32),
            np.cumsum([0, *map(len, fitted)], dtype=np.int32),
            np.array(list(labels)),
            np.asarray(range(len(labels)) if writers is None else writers),
        )

    def __len__(self) -> int:
        return len(self.labels)

    def polylines(self, index: int) -> list[NDArray[np.int16]]:
        """The strokes of one character, each (S, 2)."""
        ends = self.strokes[self.characters[index] : self.characters[index + 1] + 1]
        return [self.points[a:b] for a, b in pairwise(ends)]

    def take(self, indices: NDArray[np.integer[Any]] | slice, name: str | None = None) -> Strokes:
        """The characters at these positions, in this order. Raises DataError where none is left."""
        chosen = [self.polylines(i) for i in np.arange(len(self))[indices]]
        return Strokes.of(chosen, self.labels[indices].tolist(), self.writers[indices].tolist(), name or self.name)

    def reproportioned(self, rng: np.random.Generator) -> Strokes:
        """The same characters with other proportions: a larger head or foot, narrower, wider."""
        changed = []
        for i in range(len(self)):
            lines = self.polylines(i)
            box = np.maximum(1, np.concatenate(lines).max(axis=0))
            power = np.exp(OTHERWISE * rng.standard_normal(2) * (0.5, 1))
            size = box * (np.exp(OTHERWISE * rng.standard_normal()), 1)
            changed.append([size * (line / box) ** power for line in lines])
        return Strokes.of(changed, self.labels.tolist(), self.writers.tolist(), self.name)

    def trace(self, index: int, pen: Pen, wave: float = 0.0) -> Trace:
        """The way of a pen along one character, 100 high or wide; `wave`: the phase of the hand's pressure, radians."""
        lines = [_even(stroke.astype(np.float64) * (100 / SPAN)) for stroke in self.polylines(index)]
        alongs = [np.linspace(0, 1, len(line)) for line in lines]
        radii = [pen.radii(line, along, 4 * along + wave) for line, along in zip(lines, alongs, strict=True)]
        return trace(lines, np.concatenate(radii))

    def pictures(self, rng: np.random.Generator, pen: Pen | None = None) -> Dataset:
        """Every character as MNIST would hold it, written with `pen`, or each with another one of many.

        The classes are the labels that there are, sorted; `Dataset.with_classes` gives others.
        """
        images = np.empty((len(self), 28, 28), np.uint8)
        for i in range(len(self)):
            scan = Scan(int(rng.integers(*SIDES)), bool(rng.random() < 0.5))
            images[i] = normalise(draw(self.trace(i, pen or Pen.drawn(rng), 2 * np.pi * rng.random()), *scan))
        classes, labels = np.unique(self.labels, return_inverse=True)
        return Dataset(self.name, images, labels, tuple(classes.tolist()), np.asarray(self.writers, np.int64))

    def photograph(self, index: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """One character on paper, uint8 (H, W, 3), its longer side 80 pixels; one of many pens, and of many looks."""
        ink = np.pad(draw(self.trace(index, Pen.drawn(rng), 2 * np.pi * rng.random()), 80), 16)
        return photograph(ink, np.zeros_like(ink), Look.draw(rng), rng)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the file of strokes. Raises DataError where it cannot be written."""
        data = io.BytesIO()
        np.savez_compressed(data, **{name: getattr(self, name) for name in ARRAYS})
        return write_atomically(path, data.getvalue(), error=DataError)


def read_strokes(path: str | os.PathLike[str]) -> Strokes:
    """The characters in a file of strokes. Raises DataError for a file that is none, is damaged or too large."""
    arrays = read_npz(path, MOST_BYTES)
    if missing := [name for name in ARRAYS if name not in arrays]:
        raise DataError(f"{path}: no strokes, without {', '.join(missing)}; expected .npz with {', '.join(ARRAYS)}")
    return Strokes(Path(path).name, *(arrays[name] for name in ARRAYS))


def _points(points: NDArray[Any]) -> bool:
    return points.shape[1] == 2 and points.size > 0 and bool(points.min() >= 0 and points.max() <= SPAN)


def _signs(labels: NDArray[np.str_]) -> bool:
    return len(labels) > 0 and all(len(label) == 1 and label.isprintable() for label in set(labels.tolist()))


def _ends(last: int, count: int | None = None) -> Callable[[NDArray[Any]], bool]:
    """Whether numbers, `count` of them, rise from 0 to `last`."""
    return lambda ends: bool(
        len(ends) == (count or len(ends)) > 1 and ends[0] == 0 and ends[-1] == last and (ends[1:] > ends[:-1]).all()
    )


def _polyline(stroke: ArrayLike, name: str) -> NDArray[np.float64]:
    try:
        points = np.asarray(stroke, np.float64)
    except (TypeError, ValueError) as problem:
        raise DataError(f"{name}: a stroke that is none ({problem}); expected numbers (S, 2)") from problem
    if points.ndim != 2 or points.shape[1:] != (2,) or not len(points) or not np.isfinite(points).all():
        raise DataError(f"{name}: a stroke of shape {points.shape}; expected finite numbers (S, 2), at least one point")
    return points


def _fitted(strokes: list[NDArray[np.float64]]) -> list[NDArray[np.int16]]:
    """A character moved and scaled until its box begins at 0, 0 and its longer side is SPAN; a dot stays one."""
    points = np.concatenate(strokes)
    low = points.min(axis=0)
    longer = float((points.max(axis=0) - low).max())
    scale = SPAN / longer if longer else 0.0
    return [np.rint((stroke - low) * scale).astype(np.int16) for stroke in strokes]


def _even(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """The line through points that are about STEP apart, its corners a little rounded, as tablets are coarse."""
    if len(line) < 2:
        return line
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.linspace(0, way[-1], max(2, round(way[-1] / STEP) + 1))
    even = np.stack([np.interp(at, way, line[:, k]) for k in (0, 1)], axis=1)
    even[1:-1] = 0.25 * even[:-2] + 0.5 * even[1:-1] + 0.25 * even[2:]
    return even
