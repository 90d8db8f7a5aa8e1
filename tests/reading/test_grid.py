"""Are the cells of a form found, in order, with the ink that was written in each?"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from lenet5.reading.cells import cells_of
from lenet5.reading.grid import find_grid
from lenet5.reading.lattice import is_cut_off

SIDE = 50


def form(rows: int, columns: int, turn: float = 0.0, faint: tuple[int, ...] = ()) -> np.ndarray:
    """Ink (H, W) of ruled cells, in each a stroke as long as its number says; `faint`: columns of faint uprights."""
    ink = np.zeros((rows * SIDE + 60, columns * SIDE + 60), np.float32)
    for r in range(rows + 1):
        cv2.line(ink, (30, 30 + r * SIDE), (30 + columns * SIDE, 30 + r * SIDE), 1.0, 2)
    for c in range(columns + 1):
        depth = 0.1 if c in faint else 1.0
        cv2.line(ink, (30 + c * SIDE, 30), (30 + c * SIDE, 30 + rows * SIDE), depth, 2)
    for r in range(rows):
        for c in range(columns):
            y, x = 40 + r * SIDE, 55 + c * SIDE
            cv2.line(ink, (x, y), (x, y + 4 + (r * columns + c) % 20), 1.0, 3)
    height, width = ink.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 0.9)
    return np.asarray(cv2.warpAffine(ink, matrix, (width, height)))


def places(rows: int, columns: int) -> list[tuple[int, int]]:
    return [(r, c) for r in range(rows) for c in range(columns)]


@pytest.mark.parametrize("turn", [0.0, 1.5, -3.0])
@pytest.mark.parametrize(("rows", "columns"), [(1, 8), (4, 5), (9, 9)])
def test_every_cell_is_found_in_its_place(rows: int, columns: int, turn: float) -> None:
    assert sorted(find_grid(form(rows, columns, turn))[0]) == places(rows, columns)


def test_a_cell_holds_its_own_ink_and_no_rules() -> None:
    ink = form(3, 4)
    lengths = [int((cell.ink > 0.5).any(axis=1).sum()) for cell in cells_of(ink, find_grid(ink)[0])]
    assert lengths == sorted(lengths)
    assert lengths[-1] - lengths[0] in (9, 10, 11)


def test_a_rule_inside_an_outline_that_is_a_little_off_is_no_ink() -> None:
    ink = form(3, 4)
    grid = find_grid(ink)[0]
    here = sorted(grid).index((1, 1))
    before = cells_of(ink, grid)[here].ink
    after = cells_of(ink, {**grid, (1, 1): grid[1, 1] - np.array([SIDE // 12, 0])})[here].ink
    assert before.sum() > 20
    assert after.sum() == pytest.approx(before.sum(), rel=0.02)


def test_a_cell_whose_rule_is_worn_away_is_put_where_the_others_say() -> None:
    ink = form(4, 4)
    ink[30 + SIDE - 2 : 30 + SIDE + 3, 32 + SIDE : 28 + 2 * SIDE] = 0
    assert sorted(find_grid(ink)[0]) == places(4, 4)


def test_two_cells_between_which_the_rule_is_too_faint_are_two() -> None:
    assert sorted(find_grid(form(6, 6, faint=(3,)))[0]) == places(6, 6)


def test_a_grid_goes_on_to_the_edge_of_its_picture() -> None:
    ink = form(5, 6)[:, : 30 + 6 * SIDE - 10]  # the last column without its last rule
    assert sorted(find_grid(ink)[0]) == places(5, 6)


def test_a_grid_seen_at_an_angle_is_found_whole() -> None:
    ink = form(9, 9)
    height, width = ink.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([[40, 20], [width - 60, 0], [width, height - 20], [0, height]], np.float32)
    ink = np.asarray(cv2.warpPerspective(ink, cv2.getPerspectiveTransform(corners, seen), (width, height)))
    assert sorted(find_grid(ink)[0]) == places(9, 9)


def test_columns_of_a_table_may_be_of_unequal_width() -> None:
    ink = np.zeros((260, 420), np.float32)
    uprights = (20, 100, 150, 240, 300, 400)
    for y in range(20, 241, 44):
        cv2.line(ink, (20, y), (400, y), 1.0, 2)
    for x in uprights:
        cv2.line(ink, (x, 20), (x, 240), 1.0, 2)
    grid = find_grid(ink)[0]
    assert sorted(grid) == places(5, 5)
    assert [round(float(grid[2, c][:, 0].mean())) for c in range(5)] == pytest.approx(
        [(a + b) / 2 for a, b in itertools.pairwise(uprights)], abs=3
    )


def test_writing_without_rules_is_no_grid() -> None:
    ink = np.zeros((200, 300), np.float32)
    for x in range(40, 280, 50):
        cv2.circle(ink, (x, 100), 20, 1.0, 3)
    assert find_grid(ink) == []


def test_a_rule_that_may_be_a_side_of_a_digit_is_told_from_one_that_stands_apart() -> None:
    for away, closed in ((0, True), (14, False)):
        ink = np.zeros((110, 4 * SIDE + 60), np.float32)
        for c in range(4):
            cv2.rectangle(ink, (30 + c * SIDE, 30), (30 + (c + 1) * SIDE, 30 + SIDE), 1.0, 2)
        x = 30 + 2 * SIDE + away
        for y in (40, 54):
            cv2.line(ink, (x, y), (x + 20, y), 1.0, 3)
        cv2.line(ink, (x + 20, 40), (x + 20, 70), 1.0, 3)
        assert [cell.closed for cell in cells_of(ink, find_grid(ink)[0])] == [False, False, closed, False]


def test_a_sudoku_is_whole_where_its_last_rules_bend_and_one_is_faint() -> None:
    ink = form(9, 9, faint=(8,))
    y, x = np.mgrid[: len(ink), : ink.shape[1]].astype(np.float32)
    bend = 0.3 * np.maximum(0, x - 0.72 * ink.shape[1])
    assert sorted(find_grid(np.asarray(cv2.remap(ink, x, y - bend, cv2.INTER_LINEAR)))[0]) == places(9, 9)


def test_a_grid_of_nine_rows_and_seven_columns_seems_cut_off() -> None:
    assert is_cut_off(9, 7)
    assert not is_cut_off(9, 9)
    assert not is_cut_off(1, 9)
    assert not is_cut_off(8, 6)


@pytest.mark.parametrize("turn", [4, -9])
def test_every_cell_of_leaning_rules_that_go_on_outside_lies_in_the_picture(turn: float) -> None:
    rules = np.zeros((1400, 1400), np.float32)
    for at in range(0, 1400, 34):
        cv2.line(rules, (0, at), (1400, at), 1.0, 2)
        cv2.line(rules, (at, 0), (at, 1400), 1.0, 2)
    leaning = cv2.warpAffine(rules, cv2.getRotationMatrix2D((700, 700), turn, 1), (1400, 1400))
    ink = np.ascontiguousarray(leaning[240:1156, 500:877])
    (grid,) = find_grid(ink)
    middles = np.array([corners.mean(axis=0) for corners in grid.values()])
    assert len(middles) > 200
    assert (middles >= 0).all()
    assert (middles < (377, 916)).all()
    assert len(cells_of(ink, grid)) == len(grid)


def test_boxes_each_of_which_is_twice_as_long_as_the_others_are_no_grid() -> None:
    ink = np.zeros((320, 560), np.float32)
    for x, y, width, height in ((50, 50, 60, 200), (150, 50, 60, 200), (300, 50, 200, 60), (300, 150, 200, 60)):
        cv2.rectangle(ink, (x, y), (x + width, y + height), 1.0, 3)
    assert find_grid(ink) == []


@pytest.mark.parametrize(("row", "column"), [(0, 4), (1, 0), (1, 2), (2, 3)])
def test_a_box_that_stands_apart_is_not_lost_where_a_stroke_goes_over_its_rule(row: int, column: int) -> None:
    counts = (5, 3, 4)
    ink = np.zeros((190, 240), np.float32)
    for r, count in enumerate(counts):
        for c in range(count):
            cv2.rectangle(ink, (40 + 34 * c, 20 + 54 * r), (66 + 34 * c, 54 + 54 * r), 1.0, 1)
    x, y = 66 + 34 * column, 40 + 54 * row
    cv2.line(ink, (x - 18, y + 6), (x, y), 1.0, 11)  # most of the box, and over its right rule
    (grid,) = find_grid(ink)
    assert sorted(grid) == [(r, c) for r, count in enumerate(counts) for c in range(count)]
    assert np.abs(grid[row, column].mean(axis=0) - (53 + 34 * column, 37 + 54 * row)).max() < 4


def apart(rows: int, columns: int, gap: int, pen: int) -> np.ndarray:
    """Ink (H, W) of boxes, 26 by 33 pixels each, with paper between them."""
    ink = np.zeros((60 + rows * (33 + gap), 60 + columns * (26 + gap)), np.float32)
    for r, c in places(rows, columns):
        x, y = 30 + c * (26 + gap), 30 + r * (33 + gap)
        cv2.rectangle(ink, (x, y), (x + 26, y + 33), 1.0, pen)
    return ink


@pytest.mark.parametrize("pen", [1, 2, 3])
@pytest.mark.parametrize(("rows", "columns", "gap"), [(1, 5, 8), (1, 4, 12), (2, 5, 8), (3, 4, 6)])
def test_a_stroke_from_rule_to_rule_makes_no_two_cells_of_a_box_that_stands_apart(
    rows: int, columns: int, gap: int, pen: int
) -> None:
    ink = apart(rows, columns, gap, 1)
    strokes = (
        [(13, 0), (13, 33)],  # a 1
        [(2, 3), (24, 3), (8, 33)],  # a 7
        [(4, 8), (14, 1), (20, 9), (2, 32), (26, 32)],  # a 2
    )
    for r, c in places(rows, columns)[:-1]:
        x, y = 30 + c * (26 + gap), 30 + r * (33 + gap)
        way = np.array([(x + right, y + down) for right, down in strokes[(r + c) % 3]], np.int32)
        cv2.polylines(ink, [way], False, 1.0, pen)
    found = [at for grid in find_grid(ink) for at in grid.values()]
    assert len(found) == rows * columns
    middles = np.array([at.mean(axis=0) for at in found])
    wanted = np.array([(43 + c * (26 + gap), 46.5 + r * (33 + gap)) for r, c in places(rows, columns)])
    assert np.hypot(*(middles - wanted[:, None]).T).min(axis=0).max() < 4


def test_boxes_one_below_the_other_have_none_beside_them() -> None:
    assert [sorted(grid) for grid in find_grid(apart(4, 1, 8, 1))] == [places(4, 1)]
