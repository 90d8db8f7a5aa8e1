"""Are filled marks told from the strokes of a pen?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.reading import Reader
from lenet5.reading.solid import filled

SIDE = 200
MARKS = {
    "disc": cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (121, 121)),
    "ellipse": cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (91, 141)),
    "square": np.ones((111, 111), np.uint8),
    "diamond": np.asarray(np.add.outer(abs(np.arange(-70, 71)), abs(np.arange(-70, 71))) <= 70, np.uint8),
}


def on_paper(mark: np.ndarray, paper: int, ink: int, margin: int) -> np.ndarray:
    """The mark in the middle of a sheet, grey, so many pixels of paper on every side."""
    return np.where(np.pad(mark, margin) > 0, ink, paper).astype(np.uint8)


def test_digits_are_not_filled_and_a_disc_is() -> None:
    digits = drawn.digits(200, 11).images
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (19, 19)) * np.uint8(255)
    assert (filled(digits) > 0).mean() < 0.02
    assert filled(np.pad(disc, ((4, 5), (4, 5)))[None])[0] > 8


def test_no_round_reaches_from_one_image_into_the_next() -> None:
    halves = np.zeros((2, 28, 28), np.uint8)
    halves[0, -4:, 8:18] = halves[1, :4, 8:18] = 255
    assert not filled(halves).any()


def test_the_hole_of_a_broad_nought_is_no_dent_that_is_filled() -> None:
    ring = np.zeros((1, 28, 28), np.uint8)
    cv2.circle(ring[0], (14, 14), 7, 255, 5)
    assert filled(ring)[0] == 0


@pytest.mark.parametrize("margin", [10, 40, 200])
@pytest.mark.parametrize(("paper", "ink"), [(230, 30), (30, 230)])
@pytest.mark.parametrize("mark", MARKS)
def test_a_filled_mark_is_no_digit(mark: str, paper: int, ink: int, margin: int) -> None:
    picture = on_paper(MARKS[mark], paper, ink, margin)
    for layout in ("digit", "auto"):
        assert all(r.rejected or r.confidence < 0.9 for r in Reader().read(picture, layout))
