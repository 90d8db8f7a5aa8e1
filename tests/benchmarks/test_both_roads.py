"""Does the other road go from digit to digit, and is it taught with neighbours beside the digit that is meant?"""

from __future__ import annotations

import numpy as np
from both_roads import flanked, spell

from lenet5.datasets import drawn
from lenet5.reading.pieces import Line
from lenet5.reading.school.lessons import NOTHING


def test_flanked_digits_stand_in_the_middle() -> None:
    digits = drawn.digits(60, 3)
    matter = flanked(digits.images, digits.labels, 80, np.random.default_rng(0))
    assert set(matter.labels.tolist()) <= {NOTHING, *range(10)}
    middle = matter.images[matter.labels != NOTHING][:, :, 8:20]
    assert middle.reshape(len(middle), -1).max(axis=1).min() > 150


def test_a_path_without_cuts_goes_from_digit_to_digit_over_nothing() -> None:
    class Knows:
        def slide(self, images: np.ndarray) -> np.ndarray:
            places = (images.shape[2] - 32) // 4 + 1
            penalties = np.full((1, 1, places, 11), 60, np.float32)
            penalties[..., 10] = 15
            for place, digit in ((4, 3), (5, 3), (8, 7), (11, 7)):
                penalties[0, 0, place, digit] = 1
            return penalties

    line = Line(np.ones((20, 60), np.float32), 0.0, 0.0, (), 20.0, 0.0, 20.0, 2.0)
    assert spell(line, Knows(), sharpness=0.5) == "377"
