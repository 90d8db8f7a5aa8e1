"""Is the digit in the middle read where others stand beside it?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.datasets.drawn.paper import Look
from lenet5.reading import Reader
from lenet5.reading.amid import are_two, enlarged, others
from lenet5.reading.fields import GlyphField, MiddleField


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def crops(count: int, gap: float, ruled: bool = False) -> list[tuple[np.ndarray, str]]:
    """Digits cut out of lines of three, the edges of both neighbours with them, and their labels."""
    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        text = "".join(rng.choice(list("0123456789"), 3))
        picture, boxes = drawn.line(text, rng, size=44, gap=gap)
        x, y, w, h = boxes[1]
        aside = w // 2 + 6
        left, right = max(0, x - aside), min(picture.shape[1], x + w + aside)
        crop = picture[max(0, y - 6) : y + h + 6, left:right].copy()
        if ruled:
            cv2.line(crop, (3, 0), (5, crop.shape[0]), (40, 40, 40), 4, cv2.LINE_AA)
        found.append((crop, text[1]))
    return found


@pytest.mark.parametrize(("gap", "ruled"), [(0.25, False), (0.1, False), (0.25, True)])
def test_the_digit_in_the_middle_is_read_and_its_neighbours_are_not(reader: Reader, gap: float, ruled: bool) -> None:
    some = crops(30, gap, ruled)
    readings = reader.read_many([crop for crop, _ in some])
    assert sum(r.text == label for r, (_, label) in zip(readings, some, strict=True)) >= 24
    assert all(len(r.text) <= 1 for r in readings)
    sure = [(r.text, label) for r, (_, label) in zip(readings, some, strict=True) if r.confidence >= 0.9]
    assert sum(text != label for text, label in sure) <= 1


def test_the_box_is_around_the_digit_in_the_middle(reader: Reader) -> None:
    (crop, label), *_ = crops(1, 0.25)
    (reading,) = reader.read(crop, layout="digit")
    assert reading.text == label
    ((x, _, w, _),) = (c.box for c in reading.characters)
    assert abs(x + w / 2 - crop.shape[1] / 2) < 0.15 * crop.shape[1]
    assert w < 0.8 * crop.shape[1]


def test_its_pieces_can_be_looked_at(reader: Reader) -> None:
    (crop, _), *_ = crops(1, 0.25)
    assert {"line", "pieces", "candidates", "answer"} <= set(reader.explain(crop, layout="digit"))


def test_a_digit_alone_is_not_among_others(reader: Reader) -> None:
    digit = drawn.digits(1, 3).images[0]
    large = np.asarray(cv2.resize(digit, (90, 90))) / np.float32(255)
    assert others(large) == "none"
    x, y, w, h = cv2.boundingRect((large > 0.5).astype(np.uint8))
    assert others(large[y : y + h, x : x + w]) == "perhaps", "it fills its picture, and is one part"
    assert not isinstance(reader.fields(255 - digit, "digit")[0], MiddleField)


def test_rules_at_the_edges_go_and_faint_strokes_come_out() -> None:
    ink = np.zeros((60, 50), np.float32)
    ink[:, 1:4] = 1  # a table's upright
    ink[57:, :] = 1
    ink[10:45, 24:27] = 0.3
    large, scale = enlarged(ink)
    assert scale == 150 / 60
    assert large[:, : int(5 * scale)].max() < 0.35
    assert large[80, int(25.5 * scale)] > 0.45


def test_a_digit_joined_to_the_next_is_read_where_the_two_together_are_none(reader: Reader) -> None:
    right = instead = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        text = "".join(rng.choice(list("0123456789"), 2))
        picture, boxes = drawn.line(text, rng, size=60, gap=-0.05)
        x, y, w, h = boxes[0]
        crop = picture[max(0, y - 8) : y + h + 8, max(0, x - w // 2) : x + w + w // 2]
        (reading,) = reader.read(crop, layout="digit")
        right += reading.text == text[0]
        (field,) = reader.fields(crop, "digit")
        instead += isinstance(field, GlyphField) and field.instead() is not None
    assert right >= 8
    assert instead >= 1, "some of them are one part"


@pytest.mark.parametrize("side", [16, 28, 64])
def test_two_digits_side_by_side_are_no_single_one(reader: Reader, side: int) -> None:
    pictures = []
    for seed, text in enumerate(["10", "11", "12", "13", "14", "15", "16"] * 3):
        page, boxes = drawn.line(text, np.random.default_rng(seed), size=60, gap=0.2, look=Look())
        left, right = boxes[0][0], boxes[1][0] + boxes[1][2]
        top, foot = min(y for _, y, _, _ in boxes), max(y + h for _, y, _, h in boxes)
        written = 255 - page[top:foot, left:right].min(axis=2)
        scale = (side - 2) / max(written.shape)
        written = cv2.resize(written, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        y, x = (side - written.shape[0]) // 2, (side - written.shape[1]) // 2
        picture = np.zeros((side, side), np.uint8)
        picture[y : y + written.shape[0], x : x + written.shape[1]] = written
        pictures.append(picture)
    assert sum(not r.rejected for r in reader.read_many(pictures)) <= 2


def test_a_digit_in_the_middle_and_what_comes_in_beside_it_are_not_two_of_one_rank() -> None:
    ink = np.zeros((60, 50), np.float32)
    ink[8:52, 10:14] = ink[8:52, 30:34] = 1
    assert not are_two(ink), "the middle is nearer to one of them"
    ink = np.roll(ink, 3, axis=1)
    assert are_two(ink)
    ink[0:4, 40:50] = 1
    assert not are_two(ink)
    assert not are_two(np.zeros((60, 50), np.float32))
