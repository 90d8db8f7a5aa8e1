"""Are words found where they stand, apart from each other, and put into the order in which they are read?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.reading.words import in_order, together, words


def bars(*places: tuple[int, int, int, int]) -> np.ndarray:
    """Ink (200, 400) with a block for each (x, y, width, height)."""
    ink = np.zeros((200, 400), np.float32)
    for x, y, width, height in places:
        ink[y : y + height, x : x + width] = 1
    return ink


def test_strokes_side_by_side_are_one_word_and_others_are_others() -> None:
    found = words(bars((20, 20, 8, 30), (40, 22, 8, 30), (60, 18, 8, 34), (250, 20, 8, 30), (30, 120, 8, 30)))
    assert [(w.x, w.y) for w in found] == [(18, 16), (248, 18), (28, 118)]
    assert found[0].right == 70


@pytest.mark.parametrize("apart", [0, 2])
def test_a_stroke_with_a_gap_is_one_word(apart: int) -> None:
    assert len(words(bars((50, 40, 9, 30), (50, 70 + apart, 9, 30)))) == 1


def test_a_rule_beside_a_digit_is_no_stroke_of_its_word() -> None:
    assert len(words(bars((60, 80, 14, 22), (90, 0, 3, 200)))) == 2


def test_a_dot_goes_with_its_word_and_a_speck_alone_is_none() -> None:
    (word,) = words(bars((50, 50, 8, 30), (62, 75, 5, 5), (300, 150, 3, 3)))
    assert word.right >= 67


def test_words_put_together_hold_all_their_ink() -> None:
    ink = bars((20, 20, 8, 30), (250, 26, 8, 30))
    one = together(words(ink))
    assert one.ink.sum() == pytest.approx(ink.sum())
    assert (one.x, one.y) == (18, 18)


def test_words_are_read_row_by_row() -> None:
    found = words(bars((200, 20, 9, 30), (20, 26, 9, 30), (100, 100, 9, 30)))
    assert [w.x for w in in_order(found[::-1])] == [18, 198, 98]


def test_there_are_no_words_in_nothing_and_few_in_much() -> None:
    assert words(np.zeros((40, 60), np.float32)) == []
    noise = np.random.default_rng(0).random((600, 800)) > 0.8
    assert len(words(cv2.blur(noise.astype(np.float32), (3, 3)))) < 3000


def test_rows_that_nearly_touch_are_rows() -> None:
    """Full digits one under the other are no broken stroke."""
    ink = np.zeros((90, 110), np.float32)
    for top in (5, 37):
        for left in (8, 40, 72):
            ink[top : top + 30, left : left + 20] = 1
    assert [word.y < 30 for word in words(ink)] == [True, False]


def test_an_underline_is_no_stroke_of_the_number_above_it() -> None:
    number = words(bars((50, 50, 8, 30), (66, 52, 12, 28)))
    underlined = words(bars((50, 50, 8, 30), (66, 52, 12, 28), (44, 83, 46, 4)))
    assert np.array_equal(underlined[0].ink, number[0].ink)
