"""Is the digit of a picture told from the paper's grain, and from what is along the picture's edge?"""

from __future__ import annotations

import numpy as np

from lenet5.reading.glyph import the_glyph


def test_faint_grain_is_no_part_of_the_only_stroke_and_its_faint_end_is() -> None:
    ink = np.zeros((60, 60), np.float32)
    ink[20:40, 28:32] = 1
    ink[40:45, 28:32] = 0.2
    ink[5, 5] = ink[50, 50] = 0.3
    glyph, writing = the_glyph(ink)
    assert writing
    assert glyph[5, 5] == glyph[50, 50] == 0
    assert np.array_equal(glyph[20:45, 28:32], ink[20:45, 28:32])


def test_what_is_all_along_one_edge_is_no_digit() -> None:
    for columns, digit in ((slice(0, 8), False), (slice(52, 60), False), (slice(26, 34), True), (slice(0, 60), True)):
        ink = np.zeros((60, 60), np.float32)
        ink[:, columns] = 1
        assert the_glyph(ink)[1] == digit
        assert the_glyph(np.ascontiguousarray(ink.T))[1] == digit
