"""Are the cells of a form found, in order, with the ink that was written in each?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.reading.grid import cells_of, find_grid

SIDE = 50


def form(rows: int, columns: int, turn: float = 0.0) -> np.ndarray:
    """Ink (H, W) of ruled cells, in each a stroke as long as its number says."""
    ink = np.zeros((rows * SIDE + 60, columns * SIDE + 60), np.float32)
    for r in range(rows + 1):
        cv2.line(ink, (30, 30 + r * SIDE), (30 + columns * SIDE, 30 + r * SIDE), 1.0, 2)
    for c in range(columns + 1):
        cv2.line(ink, (30 + c * SIDE, 30), (30 + c * SIDE, 30 + rows * SIDE), 1.0, 2)
    for r in range(rows):
        for c in range(columns):
            y, x = 40 + r * SIDE, 55 + c * SIDE
            cv2.line(ink, (x, y), (x, y + 4 + (r * columns + c) % 20), 1.0, 3)
    height, width = ink.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 0.9)
    return np.asarray(cv2.warpAffine(ink, matrix, (width, height)))


@pytest.mark.parametrize("turn", [0.0, 1.5, -3.0])
@pytest.mark.parametrize(("rows", "columns"), [(1, 8), (4, 5), (9, 9)])
def test_every_cell_is_found_in_its_place(rows: int, columns: int, turn: float) -> None:
    grids, _ = find_grid(form(rows, columns, turn))
    assert sorted(grids[0]) == [(r, c) for r in range(rows) for c in range(columns)]


def test_a_cell_holds_its_own_ink_and_no_rules() -> None:
    ink = form(3, 4)
    grids, rules = find_grid(ink)
    lengths = [int((cell.ink > 0.5).any(axis=1).sum()) for cell in cells_of(ink, grids[0], rules)]
    assert lengths == sorted(lengths)
    assert lengths[-1] - lengths[0] in (9, 10, 11)


def test_a_rule_inside_an_outline_that_is_a_little_off_is_no_ink() -> None:
    ink = form(3, 4)
    grids, rules = find_grid(ink)
    here = sorted(grids[0]).index((1, 1))
    before = cells_of(ink, grids[0], rules)[here].ink
    moved = {**grids[0], (1, 1): grids[0][1, 1] - np.array([[[SIDE // 6, 0]]], np.int32)}
    after = cells_of(ink, moved, rules)[here].ink
    assert before.sum() > 20
    assert after.sum() == pytest.approx(before.sum(), rel=0.02)


def test_a_cell_whose_rule_is_worn_away_is_put_where_the_others_say() -> None:
    ink = form(4, 4)
    ink[30 + SIDE - 2 : 30 + SIDE + 3, 32 + SIDE : 28 + 2 * SIDE] = 0
    grids, _ = find_grid(ink)
    assert sorted(grids[0]) == [(r, c) for r in range(4) for c in range(4)]


def test_writing_without_rules_is_no_grid() -> None:
    ink = np.zeros((200, 300), np.float32)
    for x in range(40, 280, 50):
        cv2.circle(ink, (x, 100), 20, 1.0, 3)
    assert find_grid(ink)[0] == []
