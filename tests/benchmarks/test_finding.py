"""Does a network that is slid over a pyramid find a digit at its place and size, and do digits make lines?"""

from __future__ import annotations

import numpy as np
from finding import Digit, digits_of, lines_of


class SeesBars:
    """Sees a digit where the middle of a window is a bar 20 pixels high, and nothing else."""

    def slide(self, images: np.ndarray) -> np.ndarray:
        rows, columns = ((side - 32) // 4 + 1 for side in images.shape[1:])
        penalties = np.full((1, rows, columns, 11), 20, np.float32)
        for row in range(rows):
            for column in range(columns):
                window = images[0, 4 * row : 4 * row + 32, 4 * column : 4 * column + 32] / 255
                penalties[0, row, column, 10] = window[6:26, 13:19].sum() - window.sum() / 2
        return penalties


def test_a_digit_is_found_where_it_stands_at_its_size() -> None:
    ink = np.zeros((200, 240), np.float32)
    ink[80:120, 100:112] = 1
    best = digits_of(ink, SeesBars(), -15.0)[0]
    assert abs(best.x - 106) <= 8
    assert abs(best.y - 100) <= 8
    assert 30 <= best.size <= 60


def test_digits_side_by_side_make_a_line_and_those_within_them_none() -> None:
    row = [Digit(50, 50, 30, 8), Digit(75, 52, 30, 7), Digit(104, 49, 32, 9)]
    small, far = Digit(76, 55, 8, 3), Digit(300, 200, 30, 5)
    boxes = lines_of([*row, small, far])
    assert len(boxes) == 2
    left, top, right, bottom = boxes[0]
    assert (left < 40, top < 38, right > 115, bottom > 62) == (True, True, True, True)
    assert boxes[1][0] > 250
