"""Are numbers read that a highlighter marked, and is what else has colour left as it is?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.datasets.drawn.paper import Look
from lenet5.pictures.highlighter import without_highlighter
from lenet5.reading import Reader

YELLOW, GREEN, PINK, ORANGE, BLUE = (250, 240, 90), (130, 250, 120), (255, 130, 190), (255, 180, 80), (110, 210, 255)
BARS = {"whole": (-0.1, 1.1, -0.2, 1.2), "middle": (-0.1, 1.1, 0.25, 0.8), "first half": (-0.2, 0.5, -0.1, 1.1)}
TEXTS = ["5", "381", "19", "6126"]


def on_paper(text: str, seed: int) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """A number on white paper, uint8 RGB (H, W, 3), and the box of its ink."""
    look = Look(paper=(245,) * 3, noise=0, blur=0.5)
    number = np.pad(
        drawn.line(text, np.random.default_rng(seed), size=40, gap=0.3, look=look)[0],
        ((30, 30), (40, 40), (0, 0)),
        constant_values=245,
    )
    return number, cv2.boundingRect(np.asarray(number.min(axis=2) < 150, np.uint8))


def marked(text: str, seed: int, colour: tuple[int, int, int], bar: tuple[float, float, float, float]) -> np.ndarray:
    """A number under a bar that lets this colour through, on noisy paper."""
    number, (x, y, width, height) = on_paper(text, seed)
    left, right = (round(x + share * width + pad) for share, pad in zip(bar[:2], (-8, 8), strict=True))
    top, bottom = (round(y + share * height) for share in bar[2:])
    sheet = number.astype(np.float32)
    sheet[top:bottom, max(0, left) : right] *= np.array(colour) / 255
    noise = np.random.default_rng(seed).normal(0, 2, sheet.shape)
    return (cv2.GaussianBlur(sheet, (0, 0), 0.6) + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize("colour", [YELLOW, GREEN, PINK, ORANGE, BLUE])
@pytest.mark.parametrize("bar", BARS.values(), ids=BARS)
def test_a_marked_number_is_read(
    reader: Reader, colour: tuple[int, int, int], bar: tuple[float, float, float, float]
) -> None:
    exact = 0
    for seed, text in enumerate(TEXTS):
        exact += [r.text for r in reader.read(marked(text, seed, colour, bar))] == [text]
    assert exact >= 3


def test_two_bars_of_two_colours_are_both_taken_off() -> None:
    sheet = np.concatenate([marked("381", 1, colour, BARS["whole"]) for colour in (GREEN, PINK)])
    plain = without_highlighter(sheet).astype(int)
    coloured = (np.ptp(sheet.astype(int), axis=2) > 60).sum()
    assert (np.ptp(plain, axis=2) > 60).sum() < 0.02 * coloured
    assert (plain.max(axis=2) < 150).sum() > 0.7 * (sheet.max(axis=2) < 150).sum()


def coloured_pen() -> np.ndarray:
    number, _ = on_paper("381", 1)
    return np.where(number < 200, np.uint8(PINK), number).astype(np.uint8)


def shaded_pen() -> np.ndarray:
    """A broad orange pen whose strokes are dark in their middle."""
    number = cv2.resize(on_paper("10", 4)[0], None, fx=3, fy=3)
    core = cv2.erode(np.asarray(number.min(axis=2) < 150, np.uint8), np.ones((7, 7), np.uint8))
    return np.where(core[..., None] > 0, np.uint8((90, 40, 20)), np.where(number < 150, np.uint8(ORANGE), number))


def coloured_boxes() -> np.ndarray:
    number, (x, y, width, height) = on_paper("19", 2)
    number = number.copy()
    cv2.rectangle(number, (x - 14, y - 12), (x + width + 14, y + height + 12), ORANGE, 4)
    return number


def on_a_table() -> np.ndarray:
    number, _ = on_paper("381", 1)
    return cv2.copyMakeBorder(number, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=(200, 150, 90))


@pytest.mark.parametrize(
    "picture",
    [
        coloured_pen(),
        shaded_pen(),
        coloured_boxes(),
        on_a_table(),
        on_paper("6126", 3)[0],
        np.full((20, 40, 3), YELLOW, np.uint8),
    ],
    ids=["a coloured pen", "a shaded pen", "a coloured box", "a coloured table", "no colour", "small"],
)
def test_what_no_highlighter_marked_is_left_as_it_is(picture: np.ndarray) -> None:
    assert without_highlighter(picture) is picture
