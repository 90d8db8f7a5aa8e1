"""Does a row of boxes keep its places: read, unread and empty, each in its row and column?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.datasets.drawn.paper import Look
from lenet5.reading import Reader, Reading

CLEAN = Look()
SIDE = 56


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def boxed(text: str, seed: int = 3, rows: int = 1) -> np.ndarray:
    """A picture, grey (H, W), of drawn digits in boxes; a space is an empty box."""
    picture, _ = drawn.page([text] * rows, np.random.default_rng(seed), size=50, look=CLEAN, boxed=True, tilt=0.0)
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def in_boxes(digits: str, columns: int, at: dict[int, tuple[int, int]] | None = None) -> np.ndarray:
    """Dark digits on light paper in ruled boxes; `at`: by how much the digit of a column is moved."""
    paper = np.full((SIDE + 24, columns * SIDE + 24), 240, np.uint8)
    for c in range(columns):
        cv2.rectangle(paper, (12 + c * SIDE, 12), (12 + (c + 1) * SIDE, 12 + SIDE), 60, 2)
    shapes = drawn.digits(400, 5)
    for c, digit in enumerate(digits):
        if digit == " ":
            continue
        glyph = 255 - cv2.resize(shapes.images[int(np.flatnonzero(shapes.labels == int(digit))[1])], (42, 42))
        x, y = 12 + c * SIDE + 7, 19
        dx, dy = (at or {}).get(c, (0, 0))
        part = paper[y + dy : y + dy + 42, x + dx : x + dx + 42]
        np.minimum(part, glyph, out=part)
    return paper


def one(readings: list[Reading]) -> Reading:
    (reading,) = readings
    return reading


@pytest.mark.parametrize("layout", ["line", "page"])
def test_every_box_has_its_row_and_column_in_the_answer(reader: Reader, layout: str) -> None:
    reading = one(reader.read(in_boxes("204 7  ", 7), layout=layout))
    assert reading.row == 0
    assert [(c.row, c.column) for c in reading.characters] == [(0, k) for k in range(7)]
    assert [c.text for c in reading.characters] == ["2", "0", "4", "", "7", "", ""]
    assert [c.reason for c in reading.characters] == ["", "", "", "blank", "", "blank", "blank"]


def test_an_empty_box_between_digits_stands_in_the_text_and_costs_little(reader: Reader) -> None:
    whole, parted = (one(reader.read(in_boxes(text, 5), layout="line")) for text in ("20427", "20 27"))
    assert (whole.text, parted.text) == ("20427", "20_27")
    assert not parted.rejected
    assert parted.confidence > 0.98 * min(1.0, whole.confidence)


def test_a_box_that_is_crossed_out_is_shown_as_unread(reader: Reader) -> None:
    picture = in_boxes("20 27", 5)
    x = 12 + 2 * SIDE
    for ends in (((x + 6, 20), (x + 50, 60)), ((x + 50, 20), (x + 6, 60)), ((x + 4, 40), (x + 52, 42))):
        cv2.line(picture, *ends, 30, 3, cv2.LINE_AA)
    reading = one(reader.read(picture, layout="line"))
    assert reading.text == "20?27"
    assert reading.rejected
    assert [c.column for c in reading.characters if c.reason == "not a digit"] == [2]


@pytest.mark.parametrize("text", ["17", "203", "4096"])
@pytest.mark.parametrize("cut", ["", "left", "right", "bottom"])
def test_few_boxes_are_read_however_tightly_they_are_cut(reader: Reader, text: str, cut: str) -> None:
    picture = in_boxes(text, len(text))
    parts = {"": np.s_[:], "left": np.s_[:, 16:], "right": np.s_[:, :-16], "bottom": np.s_[:-16]}
    assert one(reader.read(picture[parts[cut]], layout="line")).text == text


def test_boxes_twenty_pixels_high_are_read(reader: Reader) -> None:
    picture = cv2.resize(in_boxes("20427", 5), None, fx=0.35, fy=0.35, interpolation=cv2.INTER_AREA)
    assert one(reader.read(picture, layout="line")).text == "20427"


@pytest.mark.parametrize("moved", [(0, 8), (9, 0), (-9, 0)])
def test_a_digit_over_the_rule_of_its_box_is_whole(reader: Reader, moved: tuple[int, int]) -> None:
    assert one(reader.read(in_boxes("20327", 5, {2: moved}), layout="line")).text == "20327"


def test_two_digits_in_a_cell_stand_in_one_column() -> None:
    reader = Reader()
    paper = np.full((4 * 60 + 24, 3 * 100 + 24), 240, np.uint8)
    for r in range(5):
        cv2.line(paper, (12, 12 + r * 60), (312, 12 + r * 60), 60, 2)
    for c in range(4):
        cv2.line(paper, (12 + c * 100, 12), (12 + c * 100, 252), 60, 2)
    shapes = drawn.digits(400, 5)
    for r in range(4):
        for c, cell in enumerate(("20", "7", "42")):
            for k, digit in enumerate(cell):
                glyph = 255 - cv2.resize(shapes.images[int(np.flatnonzero(shapes.labels == int(digit))[1])], (40, 40))
                x, y = 12 + c * 100 + 14 + 34 * k, 22 + r * 60
                part = paper[y : y + 40, x : x + 40]
                np.minimum(part, glyph, out=part)
    readings = reader.read(paper, layout="page")
    assert [r.text for r in readings] == ["20 7 42"] * 4
    assert [(c.row, c.column) for c in readings[2].characters] == [(2, 0), (2, 0), (2, 1), (2, 2), (2, 2)]


def test_a_row_of_a_grid_that_is_empty_is_a_row_of_empty_cells() -> None:
    picture = np.vstack([in_boxes("204 7", 5)[:-14], in_boxes("     ", 5)[12:-14], in_boxes(" 42 0", 5)[12:]])
    readings = Reader().read(picture, layout="page")
    assert [r.text for r in readings] == ["204_7", "_____", "_42_0"]
    assert [r.row for r in readings] == [0, 1, 2]


def test_boxes_that_are_all_empty_are_blank(reader: Reader) -> None:
    reading = one(reader.read(in_boxes("     ", 5), layout="line"))
    assert (reading.text, reading.reason) == ("", "blank")


def test_the_steps_show_the_boxes(reader: Reader) -> None:
    steps = reader.explain(boxed("20427"), layout="line")
    assert steps["boxes"].ndim == 3


def test_a_grid_that_seems_to_lack_columns_is_not_sure(reader: Reader) -> None:
    for columns, sure in ((9, True), (7, False)):
        row = in_boxes("2047" + " " * (columns - 4), columns)
        picture = np.concatenate([row[:12], *[row[12 : 12 + SIDE]] * 9, row[12 + SIDE :]])
        readings = reader.read(picture, layout="page")
        assert len(readings) == 9
        assert all((r.confidence > 0.9) == sure for r in readings)


@pytest.mark.parametrize("gap", [6, 10])
def test_two_digits_that_stand_apart_in_a_cell_are_not_one(reader: Reader, gap: int) -> None:
    picture = in_boxes("2 7", 3)
    left, top = 12 + SIDE, 12
    cv2.line(picture, (left + 18 - gap, top + 12), (left + 18 - gap, top + 46), 30, 3, cv2.LINE_AA)
    cv2.ellipse(picture, (left + 34, top + 29), (13, 17), 0, 0, 360, 30, 3, cv2.LINE_AA)
    reading = one(reader.read(picture, layout="line"))
    assert reading.rejected or [(c.column, c.text) for c in reading.characters] == [
        (0, "2"),
        (1, "1"),
        (1, "0"),
        (2, "7"),
    ]
    assert gap < 10 or reading.text == "2 10 7"


@pytest.mark.parametrize("lacking", [None, 1, 2])
def test_a_row_that_lacks_a_box_between_others_is_not_sure(reader: Reader, lacking: int | None) -> None:
    texts = "5354", "6370"
    boxes = [[in_boxes(digit, 1) for digit in text] for text in texts]
    if lacking:
        boxes[1][lacking] = np.full_like(boxes[1][lacking], 240)
    first, second = reader.read(np.vstack([np.hstack(row) for row in boxes]), "page")
    assert (first.text, first.rejected) == (texts[0], False)
    assert second.rejected == (lacking is not None)


@pytest.mark.parametrize("turn", range(4))
def test_rows_of_boxes_are_read_from_the_top_to_the_bottom_and_then_to_the_right(reader: Reader, turn: int) -> None:
    sheet = np.full((480, 1100), 240, np.uint8)
    for text, x, y in (("1947", 30, 20), ("30258", 560, 30), ("20427763", 30, 180), ("538", 30, 340)):
        row = in_boxes(text, len(text))
        sheet[y : y + row.shape[0], x : x + row.shape[1]] = row
    readings = reader.read(np.rot90(sheet, turn), layout="page")
    assert [len(r.text) for r in readings] == [4, 5, 8, 3]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("beside", ["7", "42", "-"])
def test_a_row_beside_which_more_digits_stand_is_not_sure(reader: Reader, side: str, beside: str) -> None:
    """Boxes that were not found, or a number that goes on outside of them: the row alone was given for the whole."""
    picture = np.full((SIDE + 24, 16 * SIDE), 240, np.uint8)
    row = in_boxes("53540637", 8)
    picture[:, 4 * SIDE : 4 * SIDE + row.shape[1]] = row
    x = 4 * SIDE - 44 * len(beside) if side == "left" else 12 * SIDE + 40
    cv2.putText(picture, beside, (x, 12 + SIDE - 8), cv2.FONT_HERSHEY_SIMPLEX, 1.9, 30, 4)
    reading = next(r for r in reader.read(picture, "page") if "53540637" in r.text)
    assert reading.rejected == (beside != "-")


def test_a_grid_of_several_rows_is_sure_beside_other_writing(reader: Reader) -> None:
    """What stands beside a sudoku is no box of it that was not found."""
    rows = [in_boxes(digits, 9) for digits in ("534678912", "672195348", "198342567")]
    grid = np.vstack([rows[0], *(row[12:] for row in rows[1:])])
    picture = np.full((grid.shape[0] + 40, grid.shape[1] + 4 * SIDE), 240, np.uint8)
    picture[20 : 20 + grid.shape[0], 2 * SIDE : 2 * SIDE + grid.shape[1]] = grid
    cv2.putText(picture, "7", (2 * SIDE - 34, 20 + SIDE), cv2.FONT_HERSHEY_SIMPLEX, 1.9, 30, 4)
    read = {r.text for r in reader.read(picture, "page") if not r.rejected}
    assert {"534678912", "672195348", "198342567"} <= read


@pytest.mark.parametrize("off", [6, 8])
def test_a_stroke_by_the_side_of_a_box_is_not_passed_over_in_silence(reader: Reader, off: int) -> None:
    """A 1 that was written there was taken for a rest of the rule, and its box was empty at 0.999."""
    paper = in_boxes("2042", 5)
    x = 12 + 5 * SIDE - off
    cv2.line(paper, (x, 24), (x, 60), 30, 3)
    reading = one(reader.read(paper, layout="line"))
    assert reading.rejected or reading.text == "20421"
