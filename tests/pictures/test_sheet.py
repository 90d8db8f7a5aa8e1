"""A sheet on a table is seen alone, level, and without what is printed all over it; all else is left as it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.pictures.sheet import paper_of, sheet_on_table, without_print

TABLE, PAPER, PEN = (90, 65, 45), (236, 234, 228), (30, 40, 110)
WHITE, INK = 244, 60
BLUE, GREY, GREEN = (165, 185, 220), (185, 185, 185), (165, 205, 180)


def laid(corners: list[tuple[int, int]]) -> np.ndarray:
    """The 3×3 matrix from a sheet of 300×200 to its picture."""
    flat = np.array([(0, 0), (300, 0), (300, 200), (0, 200)], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(flat, np.array(corners, np.float32)))


def photographed(corners: list[tuple[int, int]], table: tuple[int, int, int] = TABLE) -> np.ndarray:
    """A picture of 400×300 of a sheet of 300×200 with a cross of strokes in its middle; corners: of the sheet."""
    sheet = np.full((200, 300, 3), PAPER, np.uint8)
    cv2.line(sheet, (130, 100), (170, 100), PEN, 4)
    cv2.line(sheet, (150, 80), (150, 120), PEN, 4)
    seen = cv2.warpPerspective(sheet, laid(corners), (400, 300), borderValue=table)
    return np.asarray(cv2.GaussianBlur(seen, (0, 0), 0.8))


def middle_of_strokes(picture: np.ndarray) -> np.ndarray:
    """x, y of the middle of what is dark."""
    rows, columns = np.nonzero(picture.min(axis=2) < 120)
    return np.array([columns.mean(), rows.mean()])


@pytest.mark.parametrize(
    "corners",
    [
        [(50, 40), (350, 60), (340, 260), (60, 250)],  # in perspective
        [(80, 20), (370, 60), (345, 258), (55, 218)],  # turned
        [(-60, 50), (240, 30), (250, 230), (-50, 250)],  # cut off at the left
        [(40, -70), (340, -70), (340, 130), (40, 130)],  # one whole edge, two that are cut off
    ],
)
def test_the_table_is_gone_and_places_are_found_again(corners: list[tuple[int, int]]) -> None:
    picture = photographed(corners)
    sheet, back = sheet_on_table(picture)
    assert sheet is not picture
    assert sheet[:, [0, -1]].min() > 200
    assert sheet[[0, -1]].min() > 200
    (place,) = cv2.perspectiveTransform(middle_of_strokes(sheet)[None, None], back)[0]
    (cross,) = cv2.perspectiveTransform(np.array([[[150.0, 100.0]]]), laid(corners))[0]
    assert np.hypot(*(place - cross)) < 3


def test_a_sheet_in_perspective_has_the_shape_that_its_sides_tell() -> None:
    sheet, _ = sheet_on_table(photographed([(70, 40), (330, 40), (370, 260), (30, 260)]))
    assert abs(sheet.shape[1] - 300) < 20
    assert abs(sheet.shape[0] - 223) < 20


def test_a_soft_shadow_over_half_of_a_page_is_no_table() -> None:
    page = photographed([(-100, -100), (500, -100), (500, 400), (-100, 400)])
    light = 1 - 0.4 / (1 + np.exp(-(np.arange(400) - 230) / 14))
    shaded = np.asarray(page * light[None, :, None], np.uint8)
    assert sheet_on_table(shaded)[0] is shaded


def test_where_writing_goes_on_beside_it_what_is_lighter_is_no_sheet() -> None:
    form = photographed([(30, 40), (230, 40), (230, 260), (30, 260)], table=(205, 203, 198))
    assert sheet_on_table(form)[0] is not form
    cv2.line(form, (290, 120), (330, 170), PEN, 4)
    cv2.line(form, (330, 120), (290, 170), PEN, 4)
    assert sheet_on_table(form)[0] is form


def test_a_dark_sheet_a_disc_and_a_digit_of_few_pixels_are_left_alone() -> None:
    dark = 255 - photographed([(50, 40), (350, 60), (340, 260), (60, 250)])
    disc = cv2.circle(np.full((300, 400, 3), TABLE, np.uint8), (200, 150), 60, PAPER, -1)
    digit = cv2.line(np.zeros((28, 28), np.uint8), (14, 4), (14, 24), 255, 9)
    for picture in (dark, disc, digit):
        assert sheet_on_table(picture)[0] is picture


def test_paper_has_no_strokes_and_what_a_picture_cuts_off_is_no_stroke() -> None:
    picture = photographed([(-40, 10), (360, 10), (360, 290), (-40, 290)])
    _, paper = paper_of(picture)
    height, width = paper.shape[:2]
    assert paper[height // 2, width // 4 : width // 2].min() > 200
    assert paper[height // 2, -5:].max() < 130


def printed(kind: str, colour: tuple[int, int, int], *, noise: float = 2.0) -> np.ndarray:
    """A paper of 460×320 with squares or rules all over."""
    paper = np.full((320, 460, 3), WHITE, np.float32)
    for y in range(9, 320, 28):
        if kind != "dots":
            cv2.line(paper, (0, y), (460, y), colour, 2)
        for x in range(5, 460, 28):
            if kind == "squares":
                cv2.line(paper, (x, 0), (x, 320), colour, 2)
            if kind == "dots":
                cv2.circle(paper, (x, y), 2, colour, -1, cv2.LINE_AA)
    shade = 1 - 0.3 * np.linspace(0, 1, 460)[None, :, None]
    return np.clip(paper * shade + np.random.default_rng(3).normal(0, noise, paper.shape), 0, 255).astype(np.uint8)


def written(paper: np.ndarray) -> np.ndarray:
    """The paper with two strokes of a pen."""
    picture = paper.copy()
    cv2.line(picture, (180, 110), (240, 190), (INK, INK, 90), 5, cv2.LINE_AA)
    cv2.ellipse(picture, (290, 150), (22, 36), 0, 0, 360, (INK, INK, 90), 5, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize("kind", ["squares", "rules"])
@pytest.mark.parametrize("colour", [BLUE, GREY, GREEN])
def test_what_is_printed_all_over_is_gone_and_the_pen_stays(kind: str, colour: tuple[int, int, int]) -> None:
    paper = printed(kind, colour)
    picture = written(paper)
    left, pen = without_print(picture), picture.max(axis=2) < 110
    assert np.array_equal(left[pen], picture[pen])
    away = cv2.dilate(np.pad(pen[12:-12, 12:-12], 12, constant_values=True).astype(np.uint8), np.ones((25, 25))) == 0
    marked = [cv2.morphologyEx(p, cv2.MORPH_GRADIENT, np.ones((9, 9), np.uint8))[away].max() for p in (picture, left)]
    assert marked[0] > 30
    assert marked[1] < 20


def test_print_as_dark_as_the_pen_stays() -> None:
    picture = written(printed("squares", (INK, INK, 90)))
    assert without_print(picture) is picture


def test_a_page_of_writing_and_a_grid_with_paper_around_it_stay() -> None:
    page = np.full((320, 460, 3), WHITE, np.uint8)
    rng = np.random.default_rng(1)
    for y in range(30, 300, 45):
        for x in range(20, 430, 30):
            points = np.stack([x + rng.uniform(0, 20, 4), y + rng.uniform(0, 28, 4)], axis=1)
            cv2.polylines(page, [points.astype(np.int32)], False, (INK, INK, INK), 3, cv2.LINE_AA)
    grid = np.full((320, 460, 3), WHITE, np.uint8)
    for k in range(6):
        cv2.line(grid, (60, 60 + 40 * k), (260, 60 + 40 * k), GREY, 2)
        cv2.line(grid, (60 + 40 * k, 60), (60 + 40 * k, 260), GREY, 2)
    for picture in (page, written(grid)):
        assert without_print(picture) is picture


def test_a_picture_of_one_digit_stays() -> None:
    digit = cv2.resize(written(printed("squares", BLUE)), (64, 64))
    assert without_print(digit) is digit
