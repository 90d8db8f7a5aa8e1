"""Do printed rules go, and the strokes that stand on them, cross them or look like them stay?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import lenet5
from lenet5.datasets import drawn
from lenet5.pictures.ink import find_ink
from lenet5.reading.layout import ACROSS, line_ink
from lenet5.reading.rules import drawn_along, without_rests, without_rules


def ruled(slope: float, thick: int, depth: float = 1.0, shape: tuple[int, int] = (60, 200)) -> np.ndarray:
    """Ink with one rule from side to side."""
    ink = np.zeros(shape, np.float32)
    ends = (0, int(50 - slope * 100)), (shape[1], int(50 + slope * 100))
    cv2.line(ink, *ends, depth, thick, cv2.LINE_AA)
    return ink


def strokes(ink: np.ndarray, foot: int, pen: int = 5) -> np.ndarray:
    """The ink with upright strokes from row 10 to the foot."""
    for x in (40, 90, 150):
        cv2.line(ink, (x, 10), (x, foot), 1.0, pen, cv2.LINE_AA)
    return ink


@pytest.mark.parametrize("slope", [0.0, 0.02, -0.05])
@pytest.mark.parametrize("depth", [0.4, 1.0])
def test_a_rule_goes_and_the_strokes_above_it_stay(slope: float, depth: float) -> None:
    written = strokes(np.zeros((60, 200), np.float32), 30)
    left = without_rules(np.maximum(written, ruled(slope, 2, depth)), ACROSS)
    assert left[:33].sum() == pytest.approx(written[:33].sum())
    assert left[36:].sum() < 0.02 * ruled(slope, 2, depth).sum()


@pytest.mark.parametrize("foot", [49, 57])
def test_strokes_that_stand_on_a_rule_or_cross_it_stay_whole(foot: int) -> None:
    written = strokes(np.zeros((60, 200), np.float32), foot)
    left = without_rules(np.maximum(written, ruled(0.01, 2)), ACROSS)
    assert left[written > 0.5].sum() > 0.97 * written[written > 0.5].sum()
    assert left[:, 100:140].sum() == 0


def test_a_rule_that_is_broken_goes() -> None:
    ink = ruled(0.0, 2)
    ink[:, ::5] = 0
    assert without_rules(strokes(ink, 30), ACROSS)[40:].sum() == 0


def test_the_stroke_that_joins_noughts_is_no_rule() -> None:
    ink = np.zeros((60, 200), np.float32)
    for x in range(20, 180, 32):
        cv2.ellipse(ink, (x, 30), (14, 16), 0, 0, 360, 1.0, 4, cv2.LINE_AA)
    cv2.line(ink, (10, 30), (185, 30), 1.0, 4, cv2.LINE_AA)
    assert np.array_equal(line_ink(ink), ink)


@pytest.mark.parametrize("apart", [36, 42, 44])
def test_the_feet_of_joined_noughts_are_no_rule(apart: int) -> None:
    ink = np.zeros((60, 60 + 6 * apart), np.float32)
    for x in range(36, 36 + 6 * apart, apart):
        cv2.ellipse(ink, (x, 30), (24, 12), 0, 0, 360, 1.0, 3, cv2.LINE_AA)
    assert np.array_equal(line_ink(ink), ink)


@pytest.mark.parametrize("text", ["7", "2", "75", "257"])
def test_the_bars_of_digits_that_fill_their_picture_are_no_rules(text: str) -> None:
    for seed in range(4):
        picture, boxes = drawn.line(text, np.random.default_rng(seed), size=60)
        left, top, width, height = np.array([box for box in boxes if box]).T
        tight = picture[top.min() : (top + height).max(), left.min() : (left + width).max()]
        ink = find_ink(tight).ink
        assert line_ink(ink).sum() > 0.99 * ink.sum()


def test_what_is_thick_or_everywhere_is_no_rule() -> None:
    ink = strokes(np.zeros((60, 200), np.float32), 50)
    ink[20:40] = 1
    assert np.array_equal(line_ink(ink), ink)
    assert line_ink(np.ones((300, 400), np.float32)).all()


def test_ink_without_rules_is_handed_back() -> None:
    ink = strokes(np.zeros((60, 200), np.float32), 50)
    assert without_rules(ink, ACROSS) is ink
    assert line_ink(np.zeros((5, 9), np.float32)).shape == (5, 9)


def test_a_slanted_1_as_high_as_its_field_is_no_rule() -> None:
    ink = np.zeros((60, 160), np.float32)
    ink[54:56] = 1
    for y in range(1, 60):
        ink[y, int(40 - 0.3 * y) : int(40 - 0.3 * y) + 5] = 1
    ink[:, 120:122] = 1
    left = line_ink(ink)
    assert left[:50, 20:45].sum() > 0.9 * ink[:50, 20:45].sum()
    assert left[:, 120:122].sum() < 0.2 * ink[:, 120:122].sum()


def test_every_rule_of_a_page_held_askew_goes() -> None:
    rng = np.random.default_rng(3)
    rows = ["".join(map(str, rng.integers(0, 10, 6))) for _ in range(5)]
    page, boxes = drawn.page(rows, rng, size=50, tilt=0.0)
    page = page.copy()
    height, width = page.shape[:2]
    for row in boxes:
        foot = max(box[1] + box[3] for box in row if box)
        cv2.line(page, (0, foot), (width, foot), (90, 90, 120), 1, cv2.LINE_AA)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.uniform(-0.04, 0.04, (4, 2)).astype(np.float32) * corners.max(axis=0)
    askew = cv2.warpPerspective(
        page, cv2.getPerspectiveTransform(corners, moved), (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    found = [reading.text for reading in lenet5.Reader().read(askew, layout="page")]
    assert len(found) == len(rows)
    assert sum(a == b for a, b in zip(found, rows, strict=True)) >= len(rows) - 1


def test_what_a_tight_crop_leaves_of_a_box_goes() -> None:
    ink = np.zeros((50, 70), np.float32)
    ink[:, 1:6] = ink[44:48, :] = 1  # an upright, and the rule that it stands on, both thicker than the pen
    ink[10:36, 30:33] = 1
    left = without_rests(ink)
    assert left[10:36, 30:33].min() == 1
    assert left.sum() == 26 * 3


@pytest.mark.parametrize("height", [44, 50])
def test_a_1_beside_others_as_high_is_no_rest_of_a_box(height: int) -> None:
    ink = np.zeros((50, 70), np.float32)
    ink[:, 1:6] = 1
    ink[:height, 30:35] = 1
    assert np.array_equal(without_rests(ink), ink)


def test_ink_that_is_all_there_is_stays() -> None:
    ink = np.zeros((40, 40), np.float32)
    ink[:, 2:6] = ink[2:6] = 1
    assert np.array_equal(without_rests(ink), ink)


@pytest.mark.parametrize("thick", [3, 5, 7])
@pytest.mark.parametrize("below", [0, 10])
def test_an_underline_as_thick_as_the_pen_goes(thick: int, below: int) -> None:
    ink = np.zeros((80, 260), np.float32)
    for x in range(40, 240, 45):
        cv2.ellipse(ink, (x, 35), (13, 22), 0, 0, 360, 1.0, 4, cv2.LINE_AA)
    lined = ink.copy()
    cv2.line(lined, (22, 58 + below), (238, 57 + below), 1.0, thick, cv2.LINE_AA)
    left = line_ink(lined)
    between = np.s_[:, 58:64]  # of the first two noughts
    assert lined[between].sum() > 6 * (thick - 1)
    assert left[between].sum() < 1
    assert left[:54].sum() == pytest.approx(ink[:54].sum(), rel=0.03)


def test_the_foot_of_a_nought_that_lies_on_a_rule_stays() -> None:
    written = np.zeros((60, 200), np.float32)
    for x in (40, 90, 150):
        cv2.ellipse(written, (x, 32), (11, 18), 0, 0, 360, 1.0, 3, cv2.LINE_AA)
    left = without_rules(np.maximum(written, ruled(0.0, 2)), ACROSS)
    assert left[written > 0.5].sum() > 0.95 * written[written > 0.5].sum()
    assert left[:, [65, 120]].sum() == 0


def test_a_rule_under_strokes_that_stand_on_it_is_no_foot_of_theirs() -> None:
    """A tent and joined stems are no noughts: their legs do not run into the rule."""
    written = np.zeros((60, 200), np.float32)
    cv2.polylines(written, [np.array([(30, 49), (42, 15), (54, 49)])], False, 1.0, 3, cv2.LINE_AA)
    cv2.polylines(written, [np.array([(120, 49), (120, 20), (140, 20), (140, 49)])], False, 1.0, 3, cv2.LINE_AA)
    left = without_rules(np.maximum(written, ruled(0.0, 2)), ACROSS)
    assert left[:, [42, 130]][40:].sum() == 0


def number(text: str, seed: int) -> np.ndarray:
    """Ink of a number in which no digit touches another."""
    return find_ink(drawn.line(text, np.random.default_rng(seed), size=50, gap=0.3)[0]).ink


def along(ink: np.ndarray, left: float, right: float) -> np.ndarray:
    """The ink, cropped, with a line from one height to another over all its width; 0 is its top and 1 its foot."""
    x, y, width, height = cv2.boundingRect(np.asarray(ink > 0.5, np.uint8))
    lined = np.pad(ink[y : y + height, x : x + width], ((0, 6), (6, 6)))
    cv2.line(lined, (0, int(left * height)), (width + 11, int(right * height)), 1.0, 4, cv2.LINE_AA)
    return lined


@pytest.mark.parametrize(("left", "right"), [(0.5, 0.5), (0.4, 0.6), (0.95, 0.05), (0.1, 0.9)])
def test_a_line_through_a_number_is_told_whatever_its_slope(left: float, right: float) -> None:
    told = [drawn_along(along(number(text, seed), left, right))[1] for seed, text in enumerate(["853", "6209", "388"])]
    assert all(told)


def test_no_line_runs_through_a_plain_number_or_an_underlined_one() -> None:
    for seed, text in enumerate(["4471", "77", "5050", "116", "984"]):
        ink = number(text, seed)
        assert drawn_along(ink) == (ink, False)
        assert not drawn_along(along(ink, 1.0, 1.02))[1]


def test_a_line_that_touches_the_feet_of_a_number_goes_and_the_digits_stay() -> None:
    ink = np.zeros((60, 170), np.float32)
    for x in (30, 80, 130):
        cv2.line(ink, (x, 6), (x + 4, 52), 1.0, 4, cv2.LINE_AA)
    lined = along(ink, 1.0, 1.04)
    left, struck = drawn_along(lined)
    assert not struck
    assert left[:, 20:38].sum() == pytest.approx(0, abs=1), "between two digits"
    assert left[:44].sum() == pytest.approx(lined[:44].sum(), rel=0.02)


def test_a_line_that_touches_nothing_is_no_line_under_a_number() -> None:
    ink = np.zeros((40, 60), np.float32)
    ink[10:14, 5:55] = ink[26:30, 5:55] = 1
    left, struck = drawn_along(ink)
    assert np.array_equal(left, ink)
    assert not struck
