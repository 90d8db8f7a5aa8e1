"""Are boxes of another colour than the pen's told from what is written in them?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.pictures.ink import find_ink
from lenet5.reading import Reader

SIDE, APART = 70, 84
ORANGE, RED, GREEN = (235, 130, 40), (210, 60, 60), (60, 170, 90)
PEN = (40, 40, 60)


def boxes(images: list[np.ndarray | None], colour: tuple[int, int, int], thick: int = 4) -> np.ndarray:
    """Boxes that stand apart on white paper, each with a digit, uint8 (28, 28), or empty; RGB uint8 (H, W, 3)."""
    picture = np.full((SIDE + 60, APART * len(images) + 50, 3), 250, np.uint8)
    for k, image in enumerate(images):
        x, y = 30 + k * APART, 30
        cv2.rectangle(picture, (x, y), (x + SIDE - 12, y + SIDE), colour, thick, cv2.LINE_AA)
        if image is not None:
            ink = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)[..., None] / 255
            place = picture[y + 2 : y + 2 + SIDE, x - 6 : x - 6 + SIDE]
            place[:] = place * (1 - ink) + np.minimum(place, PEN) * ink
    return picture


@pytest.mark.parametrize("colour", [ORANGE, RED, GREEN])
def test_a_digit_on_the_rules_of_a_coloured_box_is_read_whole(colour: tuple[int, int, int]) -> None:
    reader, digits = Reader(), drawn.digits(50, 6)
    exact = 0
    for k in range(0, 50, 5):
        picture = boxes(list(digits.images[k : k + 5]), colour)
        exact += reader.read(picture, layout="line")[0].text == "".join(map(str, digits.labels[k : k + 5]))
    assert exact >= 8


def test_an_empty_box_of_another_colour_is_shown() -> None:
    digits = drawn.digits(3, 6)
    first, second, third = digits.images
    (reading,) = Reader().read(boxes([first, second, None, third], ORANGE), layout="line")
    assert reading.text == "{}{}_{}".format(*digits.labels)


def test_the_ink_of_the_pen_has_no_boxes_and_else_is_all_ink() -> None:
    digits = list(drawn.digits(3, 6).images)
    found = find_ink(boxes(digits, ORANGE))
    assert found.pen[30 + SIDE // 2, 30] < 0.1 < found.ink[30 + SIDE // 2, 30]
    for same in (find_ink(boxes(digits, PEN)), find_ink(boxes([None, None], ORANGE))):
        assert same.pen is same.ink
