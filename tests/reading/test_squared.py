"""Numbers on squared paper are read as numbers; a grid stays a grid."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.reading import Reader

from .test_choice import on_a_sheet, written

BEIGE, BLUE, GREY, ORANGE = (200, 180, 160), (150, 175, 220), (170, 170, 170), (235, 170, 120)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def squared(sheet: np.ndarray, pitch: int, colour: tuple[int, int, int], turn: float = 0.0) -> np.ndarray:
    """A sheet (H, W, 3) with rules of a colour from edge to edge, turned by so many degrees."""
    side = 2 * max(sheet.shape)
    rules = np.full((side, side, 3), 249, np.uint8)
    for at in range(7, side, pitch):
        cv2.line(rules, (0, at), (side, at), colour, 1)
        cv2.line(rules, (at, 0), (at, side), colour, 1)
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), turn, 1)
    rules = cv2.warpAffine(rules, matrix, (side, side), flags=cv2.INTER_AREA)
    start = side // 4
    return np.minimum(sheet, rules[start : start + sheet.shape[0], start : start + sheet.shape[1]])


def gridded(rows: int, columns: int, digits: dict[tuple[int, int], str], colour: tuple[int, int, int]) -> np.ndarray:
    """A grid of cells of 60 pixels with paper around it, and digits in some of them."""
    sheet = np.full((60 * rows + 80, 60 * columns + 80, 3), 249, np.uint8)
    for row in range(rows + 1):
        cv2.line(sheet, (40, 40 + 60 * row), (40 + 60 * columns, 40 + 60 * row), colour, 2)
    for column in range(columns + 1):
        cv2.line(sheet, (40 + 60 * column, 40), (40 + 60 * column, 40 + 60 * rows), colour, 2)
    for (row, column), digit in digits.items():
        glyph = written(digit, 3, 34)
        x, y = 70 + 60 * column - glyph.shape[1] // 2, 70 + 60 * row - glyph.shape[0] // 2
        part = sheet[y : y + glyph.shape[0], x : x + glyph.shape[1]]
        np.minimum(part, glyph, out=part)
    return sheet


@pytest.mark.parametrize("layout", ["auto", "line", "page"])
@pytest.mark.parametrize(
    ("pitch", "colour", "turn"), [(18, BEIGE, 0), (30, BLUE, 1.2), (48, GREY, -1), (70, ORANGE, 0)]
)
def test_a_number_on_squared_paper_is_a_number(reader: Reader, layout, pitch, colour, turn) -> None:
    number = written("4826", 5, 42)
    sheet = squared(on_a_sheet((number, 150, 130), height=300, width=460), pitch, colour, turn)
    assert [r.text for r in reader.read(sheet, layout)] == ["4826"]


@pytest.mark.parametrize("layout", ["auto", "line", "page"])
@pytest.mark.parametrize(("pitch", "colour"), [(12, BLUE), (16, GREY), (24, BEIGE)])
def test_a_number_on_a_small_piece_of_squared_paper_is_no_grid_of_empty_cells(
    reader: Reader, layout, pitch, colour
) -> None:
    sheet = squared(on_a_sheet((written("4826", 5, 42), 60, 60), height=200, width=340), pitch, colour)
    assert [r.text for r in reader.read(sheet, layout)] == ["4826"]


def test_several_numbers_on_squared_paper_are_several_lines(reader: Reader) -> None:
    numbers = [(written(text, 5, 42), 120, 80 + 90 * k) for k, text in enumerate(("4826", "375", "9014"))]
    sheet = squared(on_a_sheet(*numbers, height=400, width=460), 26, BLUE)
    assert [r.text for r in reader.read(sheet)] == ["4826", "375", "9014"]


def test_digits_that_keep_to_the_squares_are_a_number(reader: Reader) -> None:
    digits = [(written(digit, 5, 30), 7 + 56 * (3 + k) + 12, 7 + 56 * 2 + 10) for k, digit in enumerate("4826")]
    sheet = squared(on_a_sheet(*digits, height=300, width=560), 56, BLUE)
    assert [r.text.replace(" ", "") for r in reader.read(sheet)] == ["4826"]


@pytest.mark.parametrize("colour", [(60, 60, 60), GREY])
def test_a_sudoku_of_five_entries_stays_a_grid(reader: Reader, colour: tuple[int, int, int]) -> None:
    entries = {(0, 3): "5", (2, 7): "8", (4, 4): "2", (5, 0): "4", (8, 6): "6"}
    readings = reader.read(gridded(9, 9, entries, colour))
    assert len(readings) == 9
    assert readings[1].text == "_" * 9


def test_a_faint_row_of_boxes_stays_one(reader: Reader) -> None:
    (reading,) = reader.read(gridded(1, 8, {(0, 0): "4", (0, 1): "8", (0, 4): "2"}, BEIGE))
    assert (reading.text, reading.row) == ("48__2", 0)


def on_a_table(sheet: np.ndarray, turn: float, table: tuple[int, int, int]) -> np.ndarray:
    """A photograph of a sheet (H, W, 3) that lies turned by so many degrees on a table, its upper edge further away."""
    height, width = sheet.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    away = corners + np.array([(0.04, 0.02), (-0.04, 0.02), (0, 0), (0, 0)], np.float32) * (width, height)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1)
    seen = away @ matrix[:, :2].T + matrix[:, 2] + 70
    whole = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    photo = cv2.warpPerspective(sheet, whole, (width + 150, height + 150), flags=cv2.INTER_AREA, borderValue=table)
    shaded = photo * np.linspace(1, 0.75, photo.shape[1])[None, :, None]
    noisy = shaded + np.random.default_rng(2).normal(0, 3, photo.shape)
    return np.asarray(cv2.GaussianBlur(noisy.clip(0, 255).astype(np.uint8), (0, 0), 0.7), np.uint8)


@pytest.mark.parametrize("layout", ["auto", "line"])
@pytest.mark.parametrize(("turn", "table"), [(4, (90, 60, 40)), (-6, (185, 170, 150)), (9, (45, 45, 55))])
@pytest.mark.parametrize("colour", [BLUE, GREY])
def test_a_number_on_a_squared_sheet_on_a_table_is_a_number(reader: Reader, layout, turn, table, colour) -> None:
    sheet = squared(on_a_sheet((written("4826", 3, 30), 270, 190), height=420, width=640), 27, colour)
    photo = on_a_table(sheet, turn, table)
    (reading,) = reader.read(photo, layout)
    assert (reading.text, reading.rejected) == ("4826", False)
    # Places are told in the photograph.
    x, y, width, height = reading.box
    assert photo[y : y + height, x : x + width].min() < 100
    assert abs(x + width / 2 - photo.shape[1] / 2) < 60


def test_the_lines_of_a_ruled_sheet_on_a_table_are_lines(reader: Reader) -> None:
    numbers = [(written(text, 5, 36), 140, 70 + 84 * k) for k, text in enumerate(("4826", "375", "9014"))]
    sheet = on_a_sheet(*numbers, height=380, width=460)
    for y in range(35, 380, 42):
        cv2.line(sheet, (0, y), (460, y), GREY, 1)
    cv2.line(sheet, (70, 0), (70, 380), (235, 150, 150), 1)
    assert [r.text for r in reader.read(on_a_table(sheet, -5, (90, 60, 40)))] == ["4826", "375", "9014"]


def test_a_small_number_on_a_large_dotted_sheet_is_found(reader: Reader) -> None:
    sheet = on_a_sheet((written("4826", 3, 30), 600, 500), height=1100, width=800)
    for y in range(12, 1100, 26):
        for x in range(9, 800, 26):
            cv2.circle(sheet, (x, y), 2, GREY, -1, cv2.LINE_AA)
    assert [r.text for r in reader.read(on_a_table(sheet, 3, (45, 45, 55)))] == ["4826"]
