"""All that the reader's networks are taught: digits of many hands and of print, and what is no digit.

Everything is drawn, or comes from MNIST's training part or UNIPEN's writers; of the pictures that the reader is judged
on, none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lenet5.codes import DIGITS
from lenet5.datasets import drawn
from lenet5.datasets.dataset import Dataset
from lenet5.datasets.drawn.glyphs import abroad
from lenet5.datasets.strokes import Strokes
from lenet5.errors import DataError
from lenet5.pictures.masks import depth, inked, pen
from lenet5.pictures.normalise import FIELD, bounding_box, normalise
from lenet5.reading.school.composed_lines import line_lessons
from lenet5.reading.school.doodles import doodles, framed

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]

NOTHING = -1  # the label of what is no digit
# Not those that are digits in some hand: I O S Z P, b f g h l o p q s t u y z.
LETTERS = "ABCDEFGHJKLMNQRTUVWXYABCDEFGHJKLMNQRTUVWXYacdeijkmnrvwx&@#$%?+*=<>~^"
# Written signs that are no digit. In some hand I l | ! / \ ( ) ' ` . , are a 1, and O o Z z S s b g q y other digits;
# and a - or _ may be any stroke.
NO_DIGITS = 'ABCDEFGHJKLMNPQRTUVWXYacdefhijkmnprtuvwx"#$%&*+:;<=>?@[]^{}~'
_HERSHEYS = ("SIMPLEX", "PLAIN", "DUPLEX", "COMPLEX", "TRIPLEX", "SCRIPT_SIMPLEX", "SCRIPT_COMPLEX")
FONTS = tuple(getattr(cv2, f"FONT_HERSHEY_{name}") for name in _HERSHEYS)
TURNED = (1, 2, 3, 4, 5, 6, 7, 9)  # digits that are none after a quarter turn
SLASHED = 0.03  # of the noughts in lines, those with a slash


@dataclass(frozen=True)
class Lessons:
    """images: uint8 (N, 28, 28). labels: int64 (N,), 0 to 9, or NOTHING. share: float (N,), how often each is shown."""

    images: Images
    labels: Labels
    share: NDArray[np.float64]

    @classmethod
    def of(cls, *parts: tuple[Images, Labels | int, float]) -> Lessons:
        """Parts put together: the images of each, a label for each or for all, and its share of what is shown."""
        share = np.concatenate([np.full(len(images), share / len(images)) for images, _, share in parts])
        labels = np.concatenate([np.broadcast_to(labels, len(images)) for images, labels, _ in parts])
        return cls(np.concatenate([images for images, _, _ in parts]), labels.astype(np.int64), share / share.sum())


def lessons(mnist: Dataset, strokes: Strokes, few: Dataset, rng: np.random.Generator, size: float = 1.0) -> Lessons:
    """All that is taught; `size` 1 is about a million pictures.

    mnist: digits that people wrote, of which the lines are put together too.
    strokes: digits and other characters by other people. few: digits of which there are few.
    """

    def n(count: int) -> int:
        return max(20, int(count * size))

    seed = int(rng.integers(2**31))
    people = (mnist.images, mnist.labels)
    drawn_digits = drawn.digits(n(40_000), seed)
    strange = abroad(n(60_000), rng)
    nothing = drawn.nothing(n(50_000), seed).images
    hands = some_written(strokes, DIGITS, 10 * n(6_000), rng)
    source = [people, (drawn_digits.images, drawn_digits.labels), strange, hands]

    places = [[np.flatnonzero(labels == k) for k in range(10)] for _, labels in source]

    def pick(digit: int | None) -> tuple[Images, int]:
        s = int(rng.choice(4, p=[0.35, 0.05, 0.3, 0.3]))
        i = rng.choice(places[s][int(rng.integers(10)) if digit is None else digit])
        image, label = source[s][0][i], int(source[s][1][i])
        return (slashed(image, rng) if label == 0 and rng.random() < SLASHED else image), label

    noughts = np.concatenate([people[0][people[1] == 0], hands[0][hands[1] == 0]])
    crossed = np.stack([slashed(noughts[k], rng) for k in rng.integers(len(noughts), size=n(8_000))])
    line_images, line_labels = line_lessons(n(7_000), pick, rng)
    right = line_labels != NOTHING
    print_images, print_labels = printed(DIGITS, n(8_000), rng)
    turned = _turned(*people, n(6_000), rng)
    return Lessons.of(
        (*people, 0.22),
        (drawn_digits.images, drawn_digits.labels, 0.05),
        (*strange, 0.21),
        (*hands, 0.22),
        (crossed, 0, 0.004),
        (few.images, few.labels, 0.004),
        (print_images, print_labels, 0.03),
        (line_images[right], line_labels[right], 0.14),
        (line_images[~right], NOTHING, 0.12),
        (nothing, NOTHING, 0.09),
        (printed(LETTERS, n(40_000), rng, none=True)[0], NOTHING, 0.15),
        (some_written(strokes, NO_DIGITS, n(60_000), rng)[0], NOTHING, 0.25),
        (*stretched(*people, n(40_000), rng), 0.05),
        (*some_written(strokes, DIGITS, n(40_000), rng, changed=True), 0.06),
        (some_written(strokes, NO_DIGITS, n(40_000), rng, changed=True)[0], NOTHING, 0.06),
        (turned, NOTHING, 0.01),
        (np.stack([normalise(_mark(rng)) for _ in range(n(8_000))]), NOTHING, 0.03),
        (doodles(n(50_000), rng), NOTHING, 0.2),
    )


def some_written(
    strokes: Strokes, signs: str, count: int, rng: np.random.Generator, changed: bool = False
) -> tuple[Images, Labels]:
    """`count` of the characters that are one of `signs`, each with another pen; the labels are their places in it.

    changed: with proportions that nobody may have written.
    A sign is the commoner here the commoner it is among the strokes, though not as much. Raises DataError where one of
    the signs was never written.
    """
    missing = sorted(set(signs) - set(strokes.labels.tolist()))
    if missing:
        raise DataError(f"{strokes.name}: holds no {' '.join(missing)}; expected each of {signs}")
    rows = np.flatnonzero(np.isin(strokes.labels, list(signs)))
    _, of, counts = np.unique(strokes.labels[rows], return_inverse=True, return_counts=True)
    share = counts[of] ** -0.5
    chosen = strokes.take(rng.choice(rows, count, p=share / share.sum()))
    pictures = (chosen.reproportioned(rng) if changed else chosen).pictures(rng).with_classes(signs)
    return pictures.images, pictures.labels


def printed(characters: str, count: int, rng: np.random.Generator, none: bool = False) -> tuple[Images, Labels]:
    """Printed characters; the labels are their places in `characters`. As what is `none` some are hollow or framed."""
    labels = rng.integers(len(characters), size=count)
    return np.stack([_print(characters[k], rng, none) for k in labels]), labels


def _typefaces() -> list[Path]:
    """The typefaces of text that matplotlib brings, in an order that is always the same."""
    from matplotlib import get_data_path

    names = ("DejaVu", "STIXGeneral", "cmb10", "cmr10", "cmss10", "cmti10", "cmtt10", "cmmi10")
    found = sorted((Path(get_data_path()) / "fonts" / "ttf").glob("*.ttf"))
    return [f for f in found if f.name.startswith(names) and "Display" not in f.name]


@cache
def _typeface(number: int, size: int) -> ImageFont.FreeTypeFont:
    faces = _typefaces()
    return ImageFont.truetype(str(faces[number % len(faces)]), size)


def _print(character: str, rng: np.random.Generator, none: bool) -> Images:
    if rng.random() < 0.75:
        size = int(rng.choice([24, 36, 48]))
        canvas = Image.new("L", (2 * size, 2 * size))
        bold = int(rng.integers(1, size // 8)) if rng.random() < 0.3 else 0
        face = _typeface(int(rng.integers(1000)), size)
        ImageDraw.Draw(canvas).text((size // 2, size // 3), character, fill=255, font=face, stroke_width=bold)
        picture = np.asarray(canvas)
        if not picture.any():
            return _print(character, rng, none)  # not every typeface has every character
        if rng.random() < 0.5:
            wide = float(np.exp(rng.normal(0, 0.35)))
            picture = np.asarray(cv2.resize(picture, None, fx=wide, fy=1.0))
    else:
        picture = np.zeros((100, 120), np.uint8)
        font = int(rng.choice(FONTS)) | (cv2.FONT_ITALIC if rng.random() < 0.3 else 0)
        cv2.putText(picture, character, (20, 75), font, 2.0, 255, int(rng.integers(1, 9)), cv2.LINE_AA)
    if rng.random() < 0.4:
        # Heavier, in both directions or in one: stems and serifs of other typefaces.
        heavy = np.ones(rng.integers(1, 7, 2) if rng.random() < 0.5 else (int(rng.integers(2, 6)),) * 2, np.uint8)
        picture = np.asarray(cv2.dilate(picture, heavy))
    if not none:
        return normalise(picture)
    if rng.random() < 0.1:
        picture = np.asarray(cv2.dilate(picture, np.ones((5, 5), np.uint8))) - picture
    return framed(picture, rng) if rng.random() < 0.6 else normalise(picture)


def stretched(images: Images, labels: Labels, count: int, rng: np.random.Generator) -> tuple[Images, Labels]:
    """Digits that people wrote, with a larger head or foot, narrower or wider than theirs."""
    rows = rng.choice(len(images), count)
    return np.stack([normalise(_stretch(images[row], rng)) for row in rows]), labels[rows]


def _stretch(image: Images, rng: np.random.Generator, amount: float = 0.3) -> Images:
    x, y, w, h = cv2.boundingRect(image)
    power = np.exp(amount * rng.standard_normal(2) * (0.5, 1))
    wide = max(8, round(3 * w * float(np.exp(amount * rng.standard_normal()))))
    at_x = x + (w - 1) * np.linspace(0, 1, wide) ** power[0]
    at_y = y + (h - 1) * np.linspace(0, 1, 3 * h) ** power[1]
    across, down = np.meshgrid(at_x.astype(np.float32), at_y.astype(np.float32))
    return np.asarray(cv2.remap(image, across, down, cv2.INTER_LINEAR), np.uint8)


def slashed(image: Images, rng: np.random.Generator, large: int = 4) -> Images:
    """A nought (28, 28) with a stroke through it, by a pen about as wide; drawn `large` times as large."""
    x, y, w, h = bounding_box(image) or (0, 0, FIELD, FIELD)
    ink = cv2.resize(image[y : y + h, x : x + w], None, fx=large, fy=large, interpolation=cv2.INTER_CUBIC)
    ink = np.pad(ink, 8 * large)
    distance = depth(inked(np.asarray(ink / np.float32(255)), 0.5))
    thick = max(1, round(pen(distance, distance > 0) * rng.uniform(0.6, 1.0)))
    size = np.array([w, h]) * large
    reach = size / 2 * rng.uniform((0.5, 0.7), (1.1, 1.3)) * (1 if rng.random() < 0.05 else -1, 1)
    middle = np.array(ink.shape[::-1]) / 2 + rng.normal(0, 0.06, 2) * size
    start, end = np.rint([middle - reach, middle + reach]).astype(int).tolist()
    cv2.line(ink, start, end, 255, thick, cv2.LINE_AA)
    return normalise(ink)


def _turned(images: Images, labels: Labels, count: int, rng: np.random.Generator) -> Images:
    rows = rng.choice(np.flatnonzero(np.isin(labels, TURNED)), count)
    return np.stack([normalise(np.rot90(images[row], 1 + 2 * int(rng.integers(2)))) for row in rows])


def _mark(rng: np.random.Generator) -> Images:
    """A blot, a bar, a cross, an arc, noise, or nothing at all."""
    picture = np.zeros((64, 64), np.uint8)
    thick = int(rng.integers(1, 9))
    kind = rng.integers(7)
    a, b = (int(v) for v in rng.integers(-6, 7, 2))
    if kind == 0:
        angles = np.arange(9) * 0.7
        radii = rng.uniform(12, 28) * rng.uniform(0.6, 1.1, 9)
        points = 32 + np.stack([np.cos(angles), np.sin(angles) * rng.uniform(0.5, 1)], 1) * radii[:, None]
        cv2.fillPoly(picture, [points.astype(np.int32)], 255, cv2.LINE_AA)
    elif kind == 1:
        cv2.line(picture, (6, 32 + a), (58, 32 + b), 255, thick, cv2.LINE_AA)
        if rng.random() < 0.4:
            cv2.line(picture, (6, 46 + a), (58, 46 + b), 255, thick, cv2.LINE_AA)
    elif kind == 2:
        cv2.line(picture, (8, 32 + a), (56, 32 - a), 255, thick, cv2.LINE_AA)
        cv2.line(picture, (32 + b, 8), (32 - b, 56), 255, thick, cv2.LINE_AA)
    elif kind == 3:
        cv2.line(picture, (10, 10 + a), (54, 54), 255, thick, cv2.LINE_AA)
        cv2.line(picture, (54, 10), (10, 54 + b), 255, thick, cv2.LINE_AA)
    elif kind == 4:
        start = float(rng.uniform(160, 220))
        for k in range(int(rng.integers(1, 4))):
            arc = (26 - 6 * k, max(3, int(rng.integers(8, 34)) - 6 * k))
            end = start + float(rng.uniform(110, 190))
            cv2.ellipse(picture, (32, 44), arc, 0, start, end, 255, thick, cv2.LINE_AA)
    elif kind == 5:
        grain = cv2.GaussianBlur(rng.random((64, 64)).astype(np.float32), (0, 0), rng.uniform(0.3, 3))
        picture = ((grain > np.percentile(grain, rng.uniform(40, 97))) * 255).astype(np.uint8)
    return picture
