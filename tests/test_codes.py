"""Are the codes those of Figure 3? Compared with what was measured from the figure, and with each other."""

from __future__ import annotations

import hashlib
from itertools import combinations

import numpy as np
import pytest

from lenet5.codes import CHARACTERS, DIGITS, HEIGHT, WIDTH, bitmap, codes, farthest
from lenet5.errors import ArchitectureError


def picture(character: str) -> list[str]:
    return ["".join("#" if pixel > 0 else "." for pixel in row) for row in bitmap(character)]


def different_pixels(a: str, b: str) -> int:
    return int((bitmap(a) != bitmap(b)).sum())


def test_a_four_looks_as_in_the_figure() -> None:
    assert picture("4") == [
        ".#####.",
        ".......",
        ".......",
        ".##..##",
        ".##..##",
        "###..##",
        "##...##",
        "##...##",
        "##..###",
        ".######",
        ".....##",
        ".....##",
    ]


def test_an_a_looks_as_in_the_figure() -> None:
    assert picture("A")[:5] == [".#####.", ".#...#.", "##...##", "##...##", "#######"]


def test_there_are_95_codes_of_7_by_12_pixels_of_plus_and_minus_one() -> None:
    assert "".join(chr(c) for c in range(32, 127)) == CHARACTERS
    everything = codes(CHARACTERS)
    assert everything.shape == (95, WIDTH * HEIGHT) == (95, 84)
    assert everything.dtype == np.float32
    assert set(np.unique(everything)) == {-1.0, 1.0}
    assert (codes(" ") == -1).all()


def test_all_95_are_the_pixels_of_the_figure() -> None:
    # The digest of the 95 pictures as measured from the figure, # for black and . for white, a line for each.
    lines = "\n".join("".join(picture(character)) for character in CHARACTERS)
    measured = "d1807f64a4fb40235ebb11d3192af56fb512637625236ed087d21080a6a42dab"
    assert hashlib.sha256(lines.encode()).hexdigest() == measured


def test_the_digits_have_the_black_pixels_of_the_figure() -> None:
    assert [int((row > 0).sum()) for row in codes()] == [35, 27, 33, 32, 41, 35, 39, 25, 43, 39]


def test_the_digits_are_as_far_from_each_other_as_in_the_figure() -> None:
    distances = {pair: different_pixels(*pair) for pair in combinations(DIGITS, 2)}
    nearest = sorted(distances, key=distances.__getitem__)[:3]
    assert nearest[0] == ("6", "8")
    assert distances["6", "8"] == 12
    assert sorted(nearest[1:]) == [("0", "4"), ("8", "9")]
    assert distances["0", "4"] == distances["8", "9"] == 18
    assert max(distances.values()) == 50
    assert np.mean(list(distances.values())) == pytest.approx(31.1, abs=0.05)


def test_no_two_characters_share_a_code() -> None:
    assert len({row.tobytes() for row in codes(CHARACTERS)}) == 95


@pytest.mark.parametrize(("a", "b", "most"), [("O", "0", 20), ("o", "O", 12), ("l", "1", 12), ("S", "s", 12)])
def test_characters_that_look_alike_have_codes_that_are_alike(a: str, b: str, most: int) -> None:
    assert different_pixels(a, b) <= most


def test_the_rows_follow_the_characters_asked_for() -> None:
    np.testing.assert_array_equal(codes("73"), codes(DIGITS)[[7, 3]])
    np.testing.assert_array_equal(codes("7")[0].reshape(HEIGHT, WIDTH), bitmap("7"))


@pytest.mark.parametrize("wrong", ["é", "\n", "", "12", "\x7f"])
def test_anything_else_has_no_code(wrong: str) -> None:
    with pytest.raises(ArchitectureError, match="printable ASCII"):
        bitmap(wrong)


def test_the_code_of_a_new_sign_is_far_from_all_others() -> None:
    known = codes(DIGITS)
    first = farthest(known)
    second = farthest(np.concatenate([known, first[None]]))
    assert set(np.unique(first)) == {-1, 1}
    # Any two of the digits' own codes differ in 12 to 46 pixels; at random, the nearest of ten would differ in 34.
    assert (first != known).sum(axis=1).min() > 50
    assert (second != np.concatenate([known, first[None]])).sum(axis=1).min() > 44
