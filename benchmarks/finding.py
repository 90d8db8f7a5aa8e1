"""Two ways to find the lines of a picture: connected parts, as the reader does it, and a network slid over a pyramid.

    python benchmarks/finding.py [--sample N]        compares both on LENET5_DATA, after a choice on drawn sheets

The paper's own way (section VII): networks that know "none" are slid over the ink of a picture, without its long rules
and its fat regions, at scales at which digits of 8 to 200 pixels are 20 high. Where a place and its scale are less
"none" than all around, a digit stands. Digits of like size that stand side by side make a line. The line's box is cut
out of the picture, and the reader reads it with layout "line".

How many networks slide, and how sure they must be of a digit, is chosen on sheets that are drawn here. Seconds are the
processor's, for one picture.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import SIDE
from lenet5.datasets import drawn
from lenet5.ensemble import Ensemble
from lenet5.network import LeNet5
from lenet5.pictures.ink import find_ink
from lenet5.pictures.masks import dilated, inked, opened
from lenet5.pictures.normalise import BOX
from lenet5.pictures.opening import PAGE_SIDE, open_pages, sized
from lenet5.pictures.sheet import without_print
from lenet5.reading import choice
from lenet5.reading.layout import line_ink
from lenet5.reading.reader import Reader
from lenet5.reading.readings import Reading
from lenet5.reading.school.outcomes import SURE, Example, Outcome, examples, judged, sampled
from lenet5.reading.sliding import STEP
from lenet5.reading.words import Word, in_order

SMALLEST, LARGEST = 8, 200  # pixels, the heights of digits that are looked for
FINER = 2**0.5  # from one scale to the next
MOST = 1_000_000  # pixels of a picture that is slid over: the smallest digits of a large page are not looked for
FAT = 10  # pixels of 20: no stroke is as thick
LITTLE = 8.0  # pixels of ink in the middle of a window: less is no digit
ROUND_UP = 64  # pixels: pictures of like sizes share a plan
APART, OVER = 0.5, 0.7  # of the larger one's size, the places of one digit
GAP, LEVEL, LIKE = 1.6, 0.5, 1.5  # of two neighbours in a line: their middles, of their size, and their sizes
MARGIN = 0.4  # of the size, around a line's box
SHEETS = 40  # drawn, to choose on
COVERED = 0.3  # of a line's box, what a better line's may have of it

Box = tuple[float, float, float, float]  # left, top, right, bottom


class Way(NamedTuple):
    """How many of the reader's networks are slid, and the least log of the odds for a digit."""

    networks: int
    odds: float


class Digit(NamedTuple):
    """The middle of a digit and its size in pixels, and the log of the odds that it is one."""

    x: float
    y: float
    size: float
    odds: float


def digits_of(ink: NDArray[np.float32], network: LeNet5, least: float) -> list[Digit]:
    """The digits that a network finds in ink (H, W), the surest first; its last class is "none"."""
    found: list[Digit] = []
    for step in range(round(np.log(LARGEST / SMALLEST) / np.log(FINER)) + 1):
        size = SMALLEST * FINER**step
        if ink.size * (BOX / size) ** 2 <= MOST:
            found += _at(ink, BOX / size, network, least)
    kept: list[Digit] = []
    for one in sorted(found, key=lambda d: -d.odds):
        if not any(_same(one, other) for other in kept):
            kept.append(one)
    return kept


def _at(ink: NDArray[np.float32], scale: float, network: LeNet5, least: float) -> list[Digit]:
    """The places of one scale that are less "none" than their neighbours."""
    small = _scaled(ink, scale)
    penalties = network.slide(np.rint(255 * small).astype(np.uint8)[None])[0].astype(np.float64)
    odds = penalties[..., -1] + np.log(np.exp(-penalties[..., :-1]).sum(axis=-1))
    middle = cv2.boxFilter(small, -1, (BOX, BOX), normalize=False)
    half = SIDE // 2
    odds[middle[half : half + STEP * len(odds) : STEP, half : half + STEP * odds.shape[1] : STEP] < LITTLE] = -np.inf
    peaks = (odds >= cv2.dilate(odds, np.ones((3, 3), np.uint8))) & (odds >= least)
    return [
        Digit((STEP * column) / scale, (STEP * row) / scale, BOX / scale, float(odds[row, column]))
        for row, column in np.argwhere(peaks).tolist()
    ]


def _scaled(ink: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """The ink at a scale, without what is fat there, with half a window of paper around it."""
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    small = small * (1 - dilated(opened(inked(small), FAT, FAT), 3, 3))
    height, width = (-(-(side + SIDE) // ROUND_UP) * ROUND_UP for side in small.shape)
    room = np.zeros((height, width), np.float32)
    room[SIDE // 2 : SIDE // 2 + small.shape[0], SIDE // 2 : SIDE // 2 + small.shape[1]] = np.clip(small, 0, 1)
    return room


def _same(one: Digit, other: Digit) -> bool:
    size = max(one.size, other.size)
    return abs(one.x - other.x) < APART * size and abs(one.y - other.y) < OVER * size


def lines_of(digits: Sequence[Digit]) -> list[Box]:
    """The boxes (left, top, right, bottom) of lines: digits of like size, side by side. They may leave the picture.

    Of two that lie over each other, the one with more digits, and surer ones, stands.
    """
    left, lines = list(digits), list[list[Digit]]()
    while left:
        line = [left.pop(0)]
        for one in line:  # grows on the way
            line += [other for other in left if _neighbours(one, other)]
            left = [other for other in left if not _neighbours(one, other)]
        lines.append(line)
    boxes: list[Box] = []
    for line in sorted(lines, key=lambda line: -sum(d.odds for d in line)):
        box = _around(line)
        if not any(_shared(box, other) > COVERED * _area(box) for other in boxes):
            boxes.append(box)
    return boxes


def _around(line: Sequence[Digit]) -> Box:
    reach = np.array([d.size for d in line]) * (0.5 + MARGIN)
    x, y = np.array([d.x for d in line]), np.array([d.y for d in line])
    left, top, right, bottom = (x - reach).min(), (y - reach).min(), (x + reach).max(), (y + reach).max()
    return float(left), float(top), float(right), float(bottom)


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _shared(one: Box, other: Box) -> float:
    (a, b, c, d), (left, top, right, bottom) = one, other
    return _area((max(a, left), max(b, top), min(c, right), min(d, bottom)))


def _neighbours(one: Digit, other: Digit) -> bool:
    low, high = sorted((one.size, other.size))
    return high <= LIKE * low and abs(one.x - other.x) <= GAP * high and abs(one.y - other.y) <= LEVEL * high


def read_found(reader: Reader, example: Example, network: LeNet5, least: float) -> list[Reading]:
    """The numbers among the lines that a network finds in a picture, in the order in which they are read.

    Which of the lines are numbers, and which are passed over, the reader decides as it does for its own words.
    """
    pixels = open_pages(example.picture, reader.limits)[0]
    small, scale = sized(pixels, PAGE_SIDE)
    ink = line_ink(find_ink(without_print(small)).pen)
    words, readings = list[Word](), list[Reading]()
    for box in lines_of(digits_of(ink, network, least)):
        left, top, right, bottom = (round(max(0.0, end) / scale) for end in box)
        crop = np.ascontiguousarray(pixels[top:bottom, left:right])
        if not crop.size:
            continue
        for reading in reader.read(crop, "line"):
            x, y, width, height = reading.box
            readings.append(replace(reading, box=(x + left, y + top, width, height)))
            words.append(Word(x + left, y + top, np.zeros((height, width), np.float32)))
    numbers = {words[k]: readings[k] for line in choice.lines_of(words, readings) for k in line}
    return [numbers[word] for word in in_order(list(numbers))]


def sheets(count: int, rng: np.random.Generator) -> list[Example]:
    """Drawn sheets with one number, or two below each other, at times with letters, boxes, a rule, or a black back."""
    made = []
    for k in range(count):
        numbers = [str(int(rng.integers(10 ** int(rng.integers(1, 5))))) for _ in range(1 + (rng.random() < 0.2))]
        boxed = rng.random() < 0.15
        letters = [] if boxed or rng.random() < 0.5 else ["".join(rng.choice(list("AEFHKMNRTXY"), 5))]
        rows = numbers + letters if rng.random() < 0.5 else letters + numbers
        size = float(np.exp(rng.uniform(np.log(14), np.log(90))))
        picture, _ = drawn.page(rows, rng, size=size, boxed=boxed, tilt=0.02)
        around = (size * rng.uniform(0, 4, 4)).astype(int).tolist()
        picture = cv2.copyMakeBorder(picture, *around, cv2.BORDER_REPLICATE)
        if rng.random() < 0.3:  # a register has rules beside its numbers
            right = picture.shape[1] - 1 - int(rng.integers(3))
            cv2.line(picture, (right, 0), (right, len(picture)), (90, 90, 90), max(1, round(size / 30)))
        if rng.random() < 0.3:
            back = np.clip(rng.normal(12, 5, (len(picture), int(size * rng.uniform(0.5, 2)), 3)), 0, 255)
            picture = np.concatenate([back.astype(np.uint8), picture], axis=1)
        made.append(Example(str(k), picture, "/".join(numbers), "auto"))
    return made


def timed(read: Callable[[Example], list[Reading]], some: Sequence[Example]) -> tuple[list[list[Reading]], float]:
    """The readings of each example, and how many processor seconds one took."""
    start = time.process_time()
    found = [read(example) for example in some]
    return found, (time.process_time() - start) / max(1, len(some))


def outcomes(some: Sequence[Example], found: Sequence[Sequence[Reading]]) -> list[Outcome]:
    return [judged(example, readings) for example, readings in zip(some, found, strict=True)]


def shares(found: Sequence[Outcome]) -> str:
    counts, verdicts = Counter(o.verdict for o in found), ("right", "right, rejected", "unanswered", "wrong")
    return ", ".join(f"{v} {100 * counts[v] / len(found):.1f} %" for v in verdicts)


def chosen(reader: Reader, networks: Callable[[int], LeNet5]) -> Way:
    """The way that has most drawn sheets right, a wrong answer taking a right one away."""
    some = sheets(SHEETS, np.random.default_rng(0))
    parts, seconds = timed(lambda e: reader.read(e.picture), some)
    print(f"drawn sheets, connected parts: {shares(outcomes(some, parts))}, {seconds:.2f} s")
    worth: dict[Way, int] = {}
    for way in (Way(*both) for both in product((1, 3), (0.0, 2.0, 4.0))):
        read = functools.partial(read_found, reader, network=networks(way.networks), least=way.odds)
        slid, seconds = timed(read, some)
        found = outcomes(some, slid)
        worth[way] = sum((o.verdict == "right") - (o.verdict == "wrong") for o in found)
        print(f"drawn sheets, {way}: {shares(found)}, {seconds:.2f} s", flush=True)
    return max(worth, key=worth.__getitem__)


def agreement(parts: Sequence[Outcome], slid: Sequence[Outcome]) -> None:
    """How many of the answers of connected parts are right where the other way says the same, and where it does not."""
    kinds: list[tuple[str, Callable[[Outcome], bool]]] = [
        ("given at 0.9 or more", lambda o: "(" not in o.answer and o.confidence >= SURE),
        ("given at less", lambda o: "(" not in o.answer and o.confidence < SURE),
        ("rejected", lambda o: "(" in o.answer),
    ]
    for what, is_such in kinds:
        two = [(a, b) for a, b in zip(parts, slid, strict=True) if a.answer and is_such(a)]
        for how, same in (("agree", True), ("differ", False)):
            some = [a for a, b in two if (_bare(a) == _bare(b)) == same]
            right = sum(a.verdict.startswith("right") for a in some)
            print(f"    {what}, both {how}: {right} of {len(some)} right", flush=True)


def _bare(outcome: Outcome) -> str:
    """What was read, be it given or rejected."""
    return outcome.answer.replace("(", "").replace(")", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, metavar="N", help="of each set only N pictures, spread over it")
    names = "how many networks, and the odds; chosen on drawn sheets by default"
    parser.add_argument("--way", type=float, nargs=2, metavar="X", help=names)
    given = parser.parse_args()
    reader = Reader()
    members = getattr(reader.network, "members", (reader.network,))
    networks = {count: Ensemble(members[:count]) for count in (1, 3)}
    way = Way(int(given.way[0]), given.way[1]) if given.way else chosen(reader, networks.__getitem__)
    print(f"slid: {way}")
    for name in ("parish_rows/strings.zip", "form_boxes/strings.zip", "field/pictures.zip"):
        some = sampled([e for e in examples(name) if e.layout in ("line", "page")], given.sample)
        found, seconds = timed(lambda e: reader.read(e.picture), some)
        parts = outcomes(some, found)
        print(f"{name}, {len(some)} pictures")
        print(f"  connected parts: {shares(parts)}, {seconds:.2f} s", flush=True)
        read = functools.partial(read_found, reader, network=networks[way.networks], least=way.odds)
        found, seconds = timed(read, some)
        slid = outcomes(some, found)
        print(f"  slid: {shares(slid)}, {seconds:.2f} s", flush=True)
        agreement(parts, slid)


if __name__ == "__main__":
    main()
