"""Does the place on the line tell apart what one box makes alike?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.reading.stature import STANDS, fits, frames, in_parts, settled, signs_of, with_dots


@pytest.mark.parametrize(
    ("box", "likes"),
    [
        ((0, 10, 20, 40), "0Oo"),  # as high as a digit
        ((0, 26, 20, 24), "oO0"),  # a small letter
        ((0, 46, 5, 5), ".,'"),  # a dot on the foot of the line
        ((0, 46, 5, 13), ",.'"),  # below it
        ((0, 10, 5, 12), "',."),  # at the top
        ((0, 31, 20, 4), "-_."),  # half way up
        ((0, 50, 20, 3), "_-'"),
        ((0, 28, 20, 38), "pPg"),
    ],
)
def test_a_character_is_likely_where_it_stands(box: tuple[int, int, int, int], likes: str) -> None:
    suited = fits([box], likes, 10, 40)[0]
    assert suited[0] == max(suited)
    assert suited[0] > 0.3
    if likes[:2] not in ("0O", ".,"):
        assert suited[0] > 2 * suited[1]
    assert suited[-1] > 0  # none is impossible


def test_a_band_is_of_digits_or_where_they_may_be_answered_of_small_letters() -> None:
    assert frames(10, 50, "0123") == [(10, 40)]
    (top, height), (higher, taller) = frames(10, 50, "0a")
    assert (top, height) == (10, 40)
    assert higher < top
    assert higher + taller == pytest.approx(50)
    small = fits([(0, 10, 20, 40)], "oO", higher, taller)[0]
    assert small[0] > 10 * small[1]


def test_nothing_suits_nothing() -> None:
    assert fits([], "ab", 0, 10).shape == (0, 2)
    assert np.isfinite(fits([(0, -1000, 1, 1)], "ab", 0, 10)).all()


def test_a_colon_is_in_two_parts_and_a_digit_takes_no_point_beside_it() -> None:
    one, two, three = in_parts([1, 2, 3], "8:i")
    assert one[0] > 0.9
    assert two[0] < 0.05  # an 8 and a point
    assert two[1] > 20 * two[0]
    assert one[1] < 0.2  # half of a colon, or one whose dots touch
    assert min(one[2], two[2]) > 0.1  # some leave out the dot
    assert (three < two).all()
    assert in_parts([], "8:").shape == (0, 2)


def test_what_is_as_small_as_a_dot_is_one() -> None:
    unknown = np.full((2, 2), 0.01)
    dot, digit = with_dots(unknown, [(0, 0, 6, 7), (0, 0, 20, 40)], "8.", 40)
    assert dot[1] > 0.8
    assert digit.tolist() == [0.01, 0.01]
    assert with_dots(unknown, [(0, 0, 6, 7)] * 2, "80", 40) is unknown


@pytest.mark.parametrize(("text", "top", "height"), [("Hxp8", 14.0, 36.0), ("oxen", 6.0, 44.0), ("4:.-9", 12.0, 41.0)])
def test_a_band_settles_where_its_characters_say_that_it_is(text: str, top: float, height: float) -> None:
    boxes = [(0, round(top + height * STANDS[c][0]), 20, round(height * (STANDS[c][1] - STANDS[c][0]))) for c in text]
    found = settled(list(zip(boxes, text, strict=True)), 10, 40)
    assert abs(found[0] - top) < 0.4 * abs(10 - top) + 0.5
    assert abs(found[1] - height) < 0.4 * abs(40 - height) + 0.5
    astray = [*zip(boxes, text, strict=True), ((0, 200, 20, 40), "H")]
    assert settled(astray, 10, 40) == pytest.approx(found, abs=1.5)


def test_a_band_of_nothing_stays() -> None:
    assert settled([], 10, 40) == pytest.approx((10, 40))


def test_signs_are_what_is_no_letter_and_no_digit() -> None:
    assert signs_of("a:9/Z-") == {1, 3, 5}
