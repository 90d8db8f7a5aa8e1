"""Samples of a hand from what its owner corrected: readings with the right text, pictures named by it, or a data set.

    NAME.jsonl      corrected readings, one a line: path, box, text, as `lenet5 read --json` prints them
    a folder        of pictures that are named by their right answers, as 1998.png and 1998_2.png
    a data set      as `lenet5.datasets.load` takes it: a folder for each class, labels.csv, tables, arrays, strokes

A reading of several characters is cut by the reader's own graph, along the paths that read the right text (sections VI
and VII). Only what is surely one of its characters becomes a sample; what is left out is told with the reason.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.codes import NONE
from lenet5.datasets import Form, load
from lenet5.datasets.dataset import Dataset
from lenet5.errors import DataError, LeNetError
from lenet5.files import listed, read_bounded
from lenet5.pictures.ink import Polarity
from lenet5.pictures.masks import Pixels
from lenet5.pictures.opening import SUFFIXES, open_pages
from lenet5.reading.fields import Field, GlyphField, KnownField, LineField
from lenet5.reading.graph import Candidate, Costs, digit_costs, left_out, paths_of
from lenet5.reading.pieces import Line
from lenet5.reading.reader import Reader
from lenet5.reading.readings import EMPTY, SEPARATORS, UNREAD, Box

Floats = NDArray[np.float64]

MOST_BYTES = 256 << 20
SURE = 0.9  # of the paths that read the text, the share that must go through a piece, or nearly the same one
SAME = 0.6  # of two boxes, what is common to both, from where on they hold the same character
COUNT = 0.01  # of all paths, the share of those that read as many characters, or the text is another line's
DOUBTED = 1e-3  # the least probability of a character that stands there by its owner's word
AROUND = 0.08  # of a box's height: the paper that is shown with it


@dataclass(frozen=True)
class Correction:
    """What stands in a box (x, y, width, height) of a picture, or in all of it where the box is None."""

    path: str
    box: Box | None
    text: str
    page: int = 0
    place: str = ""  # for messages: the file, and the line


def samples_of(
    path: str | os.PathLike[str], reader: Reader, more: Sequence[str] = (), *, ink: Polarity = "auto", seed: int = 0
) -> Dataset:
    """The samples in corrections or a data set; the notes tell what was left out.

    reader: which cuts lines into characters. more: classes that its network does not know yet. seed: of the pens that
    strokes are drawn with.
    Raises DataError for what is none of these, a correction that contradicts another, or if nothing is left.
    """
    place = Path(path)
    if place.suffix == ".jsonl":
        corrections = read_corrections(place)
    elif not (corrections := _named(place)):
        return load(os.fspath(path), seed=seed, form=Form(ink))
    cutter, images, labels = _Cutter(reader, more, ink), [], []
    for correction in _told_once(corrections):
        try:
            pages = open_pages(correction.path)
        except LeNetError as error:
            there = os.path.lexists(correction.path) or correction.path[:5].lower() == "data:"
            where = "" if there else f"; a path begins at the folder of {place.name}"
            raise DataError(f"{correction.place}: {error}{where}") from error
        if correction.page >= len(pages):
            raise DataError(f"{correction.place}: page {correction.page}; the picture has {len(pages)}, from 0")
        for image, label in cutter.characters(_cropped(pages[correction.page], correction), correction):
            images.append(image)
            labels.append(label)
    told = tuple(f"left out: {count} of the characters, {why}" for why, count in cutter.notes.items())
    if not images:
        raise DataError(f"{place}: no sample in {len(corrections)} corrections; {'; '.join(told)}")
    classes = tuple(dict.fromkeys(labels))
    places = np.array([classes.index(label) for label in labels])
    return Dataset(place.name, np.stack(images), places, classes, notes=told)


def read_corrections(path: Path) -> list[Correction]:
    """The corrected readings in a file. Raises DataError, naming the line, for what is none."""
    data = read_bounded(path, MOST_BYTES, error=DataError)
    found: list[Correction] = []
    try:
        lines = data.decode("utf-8-sig").split("\n")  # a name may have other ends of lines in it
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not in UTF-8 ({error}); expected a line of JSON for each reading") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            found += _correction(line, path.parent, f"{path}, line {number}")
    if not found:
        raise DataError(f"{path}: no corrections; expected a line of JSON for each corrected reading: path, box, text")
    return found


def _correction(line: str, folder: Path, place: str) -> list[Correction]:
    """One line: a correction, or one for each cell of a row of cells."""
    try:
        told = json.loads(line)
        if not isinstance(told, dict):
            raise TypeError("not an object")
        if "error" in told and "text" not in told:  # of a picture that `lenet5 read --json` could not open
            return []
        name, text, box, page = told["path"], told["text"], told.get("box"), told.get("page", 0)
        if not isinstance(name, str) or not isinstance(text, str) or not name:
            raise TypeError(f"path {name!r} and text {text!r}; expected text")
        if isinstance(page, bool) or not isinstance(page, int) or page < 0:
            raise TypeError(f"page {page!r}; expected a whole number from 0")
        path = name if name[:5].lower() == "data:" else str(folder / name)
        one = Correction(path, _box(box), text, page, place)
        cells = [c for c in told.get("characters") or () if c.get("row") is not None]
        if not cells:
            return [one]
        signs = text.replace(" ", "")
        written = [k for k, cell in enumerate(cells) if cell.get("reason") != "blank"]
        if len(signs) != len(cells) and written:  # the text has no sign for the empty boxes before and behind it
            cells = cells[written[0] : written[-1] + 1]
        if len(signs) != len(cells):
            raise TypeError(f"the text {text!r} for {len(cells)} characters in cells; expected one for each")
        return [
            replace(one, box=_box(cell["box"]), text=sign)
            for cell, sign in zip(cells, signs, strict=True)
            if sign not in (EMPTY, UNREAD)
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{place}: no corrected reading ({error}); expected JSON with path, box and text") from error


def _box(box: Any) -> Box | None:
    if box is None:
        return None
    whole = isinstance(box, list) and len(box) == 4 and all(type(v) is int for v in box)
    if not whole or min(box[2:]) < 1:
        raise TypeError(f"box {box!r}; expected [x, y, width, height] in whole pixels")
    return box[0], box[1], box[2], box[3]


def _named(folder: Path) -> list[Correction]:
    """The pictures that lie loose in a folder without labels.csv: 1998_2.png reads 1998."""
    found = listed(folder, error=DataError)
    if "labels.csv" in [path.name for path in found]:
        return []
    loose = [path for path in found if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
    return [Correction(str(p), None, p.stem.partition("_")[0], place=str(p)) for p in loose]


def _told_once(corrections: list[Correction]) -> Iterator[Correction]:
    """Each correction once. Raises DataError where two say different things of one place."""
    said: dict[tuple[str, int, Box | None], Correction] = {}
    for one in corrections:
        before = said.setdefault((one.path, one.page, one.box), one)
        if before.text != one.text:
            raise DataError(f"{one.place}: {one.text!r}, and {before.place} says {before.text!r}; give one of them")
        if before is one:
            yield one


def _cropped(pixels: Pixels, one: Correction) -> Pixels:
    """The box of a correction with a little paper around it. Raises DataError where it lies outside of the picture."""
    if one.box is None:
        return pixels
    (x, y, width, height), around = one.box, 2 + round(AROUND * one.box[3])
    tall, wide = pixels.shape[:2]
    if x < -around or y < -around or x + width > wide + around or y + height > tall + around:
        raise DataError(f"{one.place}: the box {list(one.box)} in a picture of {wide}×{tall}; expected one inside")
    rows, columns = slice(max(0, y - around), y + height + around), slice(max(0, x - around), x + width + around)
    return np.ascontiguousarray(pixels[rows, columns])


class _Cutter:
    """Makes samples of corrections. notes: how many characters were left out, by the reason."""

    def __init__(self, reader: Reader, more: Sequence[str], ink: Polarity) -> None:
        self._reader, self._ink = reader, ink
        self._classes = (*reader.classes, *more)
        self._none = NONE in getattr(reader.network, "classes", ())
        self.notes: dict[str, int] = {}

    def _leave_out(self, count: int, why: str) -> None:
        if count:
            self.notes[why] = self.notes.get(why, 0) + count

    def characters(self, pixels: Pixels, one: Correction) -> Iterator[tuple[Pixels, str]]:
        """The characters of a correction that are surely what its text says, each with its label."""
        signs = [one.text] if one.text in self._classes else list("".join(one.text.split()))
        signs = [sign for sign in signs if sign in self._classes or sign not in SEPARATORS]
        try:
            field = self._reader.fields(pixels, "digit" if len(signs) <= 1 else "line", self._ink)[0]
        except LeNetError as error:
            raise DataError(f"{one.place}: {error}") from error
        field = field.field if isinstance(field, KnownField) else field
        if len(signs) > 1:
            yield from self._of_line(field, signs, one)
        elif not signs and not self._none:
            self._leave_out(1, "where nothing is to be read: the network has no class for it")
        elif isinstance(field, GlyphField) and not field.fault:
            yield field.image, signs[0] if signs else NONE
        else:
            self._leave_out(1, "where no single character was found")

    def _of_line(self, field: Field, signs: list[str], one: Correction) -> Iterator[tuple[Pixels, str]]:
        unknown = sorted(set(signs) - set(self._reader.classes))
        if unknown:
            raise DataError(
                f"{one.place}: {', '.join(unknown)} in {one.text!r}, which the network does not know; expected only "
                f"{', '.join(self._classes)}: correct it, or show a new sign alone and add it with --add"
            )
        if not isinstance(field, LineField) or not field.candidates:
            self._leave_out(len(signs), "where no line of characters was found")
            return
        text = [self._reader.classes.index(sign) for sign in signs]
        penalties = self._reader.penalties(np.stack(field.images))
        likely = self._reader.calibration.on_path().probabilities(penalties)[:, :-1]
        shares = aligned(field.line, field.candidates, likely, text, field.geometry.costs)
        if shares is None:
            self._leave_out(len(signs), "of lines that do not look like as many characters as their text has")
            return
        sure = 0
        for sign, share in zip(signs, shares.T, strict=True):
            best = field.candidates[int(share.argmax())]
            if share @ [_overlap(best.box, other.box) >= SAME for other in field.candidates] >= SURE:
                sure += 1
                yield best.image, sign
        self._leave_out(len(signs) - sure, "whose place in their line is not sure")


def _overlap(one: Box, other: Box) -> float:
    """What two boxes have in common, of all that they cover."""
    (x, y, width, height), (left, top, wide, tall) = one, other
    across = min(x + width, left + wide) - max(x, left)
    down = min(y + height, top + tall) - max(y, top)
    common = max(0, across) * max(0, down)
    return common / (width * height + wide * tall - common)


def aligned(line: Line, found: Sequence[Candidate], likely: Floats, text: list[int], costs: Costs) -> Floats | None:
    """How sure it is that each candidate is each character of a text, (candidates, characters): the share of the paths
    that read the text which go through it there. None where hardly a path has as many characters.

    likely: (candidates, classes), the probability of each class of each candidate. text: classes.
    """
    n, nodes = len(text), len(line.pieces) + 1
    if n >= nodes:  # a character is a piece or more
        return None
    shape = -digit_costs(line, found, np.zeros(len(found)), costs)  # (candidates,)
    leaving = [-left_out(line, i, costs)[1] for i in range(nodes - 1)]
    ends = np.array([(c.first, c.last) for c in found])
    # A state is a node and how many characters came before it; the text's own count is the last.
    arcs = [(i * (n + 1) + done, (i + 1) * (n + 1) + done) for done in range(n + 1) for i in range(nodes - 1)]
    scores = [leaving[i] for _ in range(n + 1) for i in range(nodes - 1)]
    skips = len(arcs)
    for done in range(n):
        arcs += [(a * (n + 1) + done, b * (n + 1) + done + 1) for a, b in ends.tolist()]
    first, last = np.array(arcs).T
    doubted = costs.word * np.log(np.maximum(likely[:, text], DOUBTED))  # (candidates, n)
    right = np.concatenate([scores, (shape[:, None] + doubted).T.reshape(-1)])
    anything = shape + costs.word * np.log(np.maximum(likely.max(axis=1), DOUBTED))
    total, held = paths_of(first, last, right, nodes * (n + 1))
    as_many, _ = paths_of(first, last, np.concatenate([scores, np.tile(anything, n)]), nodes * (n + 1))
    every, _ = paths_of(
        np.concatenate([np.arange(nodes - 1), ends[:, 0]]),
        np.concatenate([np.arange(1, nodes), ends[:, 1]]),
        np.concatenate([leaving, anything]),
        nodes,
    )
    if not np.isfinite(total) or as_many - every < np.log(COUNT):
        return None
    return held[skips:].reshape(n, len(found)).T
