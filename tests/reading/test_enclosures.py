"""Are lines that somebody drew around a number passed over, and digits that touch them not lost in silence?"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.datasets.drawn.paper import Look
from lenet5.pictures.masks import inked, parts
from lenet5.reading import Reader
from lenet5.reading.enclosures import without_enclosures

INK = (60, 60, 60)
Box = tuple[int, int, int, int]
Enclose = Callable[[np.ndarray, Box], object]


def frame(sheet: np.ndarray, box: Box) -> None:
    x, y, width, height = box
    cv2.rectangle(sheet, (x - 18, y - 14), (x + width + 18, y + height + 14), INK, 2)


def two_frames(sheet: np.ndarray, box: Box) -> None:
    x, y, width, height = box
    frame(sheet, box)
    frame(sheet, (x - 12, y - 12, width + 24, height + 24))


def oval(sheet: np.ndarray, box: Box) -> None:
    x, y, width, height = box
    middle = x + width // 2, y + height // 2
    cv2.ellipse(sheet, middle, (width // 2 + 20, height // 2 + 16), 4, 0, 360, INK, 3, cv2.LINE_AA)


def open_frame(sheet: np.ndarray, box: Box) -> None:
    x, y, width, height = box
    left, right, top, bottom = x - 16, x + width + 16, y - 14, y + height + 14
    cv2.polylines(sheet, [np.array([(left, top), (left, bottom), (right, bottom), (right, top)])], False, INK, 2)


def by_hand(sheet: np.ndarray, box: Box) -> None:
    x, y, width, height = box
    corners = [(x - 15, y - 8), (x + width + 17, y - 14), (x + width + 11, y + height + 9), (x - 10, y + height + 13)]
    cv2.polylines(sheet, [np.array(corners, np.int32)], True, INK, 3, cv2.LINE_AA)


def corners(sheet: np.ndarray, box: Box) -> None:
    x, y, width, height = box
    left, right, top, bottom = x - 14, x + width + 14, y - 12, y + height + 12
    for at_x, at_y, to_x, to_y in ((left, top, 14, 14), (right, top, -14, 14), (right, bottom, -14, -14)):
        cv2.polylines(sheet, [np.array([(at_x + to_x, at_y), (at_x, at_y), (at_x, at_y + to_y)])], False, INK, 3)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize("enclose", [frame, two_frames, open_frame, oval, by_hand, corners])
@pytest.mark.parametrize("layout", ["auto", "line", "page"])
def test_a_number_with_a_line_around_it_is_read(reader: Reader, enclose: Enclose, layout: str) -> None:
    for seed, text in enumerate(["5", "381", "19", "6126"]):
        look = Look(noise=2, blur=0.5)
        number, _ = drawn.line(text, np.random.default_rng(seed), size=40, gap=0.3, look=look)
        height, width = number.shape[:2]
        sheet = np.full((height + 180, width + 220, 3), 249, np.uint8)
        sheet[90 : 90 + height, 110 : 110 + width] = number
        enclose(sheet, (110, 90, width, height))
        assert [r.text for r in reader.read(sheet, layout) if not r.rejected] == [text]


def ink_of(*drawings: Callable[[np.ndarray], object]) -> np.ndarray:
    ink = np.zeros((100, 200), np.float32)
    for draw in drawings:
        draw(ink)
    return ink


def bar(x: int, top: int = 30, bottom: int = 70) -> Callable[[np.ndarray], object]:
    return lambda ink: cv2.line(ink, (x, top), (x, bottom), 1.0, 4)


def angle(x: int, y: int, arm: int) -> Callable[[np.ndarray], object]:
    """A stroke down and to the right, or, to the left, the other way around."""
    points = [(x, y), (x, y + arm), (x + arm, y + arm)] if arm > 0 else [(x + arm, y), (x, y), (x, y - arm)]
    return lambda ink: cv2.polylines(ink, [np.array(points)], False, 1.0, 4)


def ring(ink: np.ndarray) -> None:
    cv2.rectangle(ink, (20, 10), (180, 90), 1.0, 2)


def test_what_stands_in_a_frame_stays_and_the_frame_goes() -> None:
    assert len(parts(inked(without_enclosures(ink_of(ring, bar(80), bar(120)))))[1]) == 1 + 2


@pytest.mark.parametrize(
    "drawings",
    [
        pytest.param((ring, bar(80), bar(120, 8, 60)), id="a stroke hangs on the frame"),
        pytest.param((ring, bar(100, 10, 90), bar(60), bar(140)), id="two boxes"),
        pytest.param((ring,), id="nothing in it"),
        pytest.param((lambda ink: cv2.line(ink, (20, 10), (180, 10), 1.0, 4), bar(178, 10, 90), bar(100)), id="a 7"),
        pytest.param((ring, bar(100, 48, 52)), id="a dot in it"),
        pytest.param((angle(20, 30, 40), bar(70, 20, 90), angle(160, 20, -70)), id="the halves of a 4, and a 7"),
        pytest.param(
            (lambda ink: cv2.rectangle(ink, (20, 10), (180, 90), 1.0, 24), bar(100, 40, 60)), id="a thick one"
        ),
    ],
)
def test_ink_is_not_taken_away_where_it_may_be_writing(drawings: tuple[Callable[[np.ndarray], object], ...]) -> None:
    ink = ink_of(*drawings)
    assert np.array_equal(without_enclosures(ink), ink)
