"""Does the reader find out by reading what a picture holds, and pass over what is no number?"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.datasets.drawn.paper import Look
from lenet5.reading import Character, Reader, Reading
from lenet5.reading.choice import Sheet, abreast, amid_others, is_one, lines_of, the_line, upright
from lenet5.reading.fields import GlyphField, KnownField
from lenet5.reading.graph import Costs
from lenet5.reading.layout import line_ink
from lenet5.reading.place import Place
from lenet5.reading.words import Word
from scenery import beside_a_book, dark_corners, on_a_table

LOOK = Look(noise=2, blur=0.5)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def written(text: str, seed: int, size: float = 40) -> np.ndarray:
    return drawn.line(text, np.random.default_rng(seed), size=size, gap=0.3, look=LOOK)[0]


def on_a_sheet(*writings: tuple[np.ndarray, int, int], height: int = 600, width: int = 800) -> np.ndarray:
    """A sheet (H, W, 3) with pictures of writing at their (x, y)."""
    sheet = np.full((height, width, 3), 249, np.uint8)
    for picture, x, y in writings:
        sheet[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    return sheet


@pytest.mark.parametrize("layout", ["auto", "line"])
def test_a_number_beside_a_book_s_back_is_read_and_the_back_is_not(reader: Reader, layout: str) -> None:
    right = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        number = written("4805", seed, 30)
        sheet = on_a_sheet((number, 20, 140), height=400, width=number.shape[1] + 60)
        cv2.line(sheet, (sheet.shape[1] - 12, 0), (sheet.shape[1] - 9, 400), (60, 60, 60), 2)  # a table's rule
        readings = reader.read(beside_a_book(sheet, 90, rng), layout)
        right += [r.text for r in readings] == ["4805"]
    assert right >= 5


@pytest.mark.parametrize("surround", [dark_corners, lambda p: on_a_table(p, 80, np.random.default_rng(0))])
def test_lines_on_a_sheet_are_read_whatever_is_around_it(reader: Reader, surround) -> None:
    page, _ = drawn.page(["27", "804", "36"], np.random.default_rng(2), size=40, gap=0.3, look=LOOK)
    page = cv2.copyMakeBorder(page, 60, 60, 90, 90, cv2.BORDER_REPLICATE)
    assert [r.text for r in reader.read(page)] == [r.text for r in reader.read(surround(page))] == ["27", "804", "36"]


@pytest.mark.parametrize("digit", ["2", "3", "5", "7"])
def test_a_digit_with_a_gap_in_its_stroke_is_one_digit(reader: Reader, digit: str) -> None:
    whole = written(digit, 5, 100)
    paper = whole[0, 0]
    for at in (0.4, 0.5, 0.6):
        broken = whole.copy()
        row = int(at * len(broken))
        broken[row : row + 4] = paper
        (reading,) = reader.read(broken)
        assert reading.text == digit


def test_small_numbers_in_a_large_picture_are_read_in_order(reader: Reader) -> None:
    sheet = on_a_sheet(
        (written("302", 1, 24), 900, 80), (written("25", 2, 24), 100, 90), (written("68", 4, 24), 400, 900),
        height=1200, width=1600,
    )  # fmt: skip
    readings = reader.read(sheet)
    assert [r.text for r in readings] == ["25", "302", "68"]
    assert [r.box[0] > 800 for r in readings] == [False, True, False]


def in_two_columns(left: list[str], right: list[str], gap: int) -> np.ndarray:
    """A sheet of rows of two writings each; `gap`: pixels between the ink of both, whose digits are 40 high."""
    rows = []
    for k, texts in enumerate(zip(left, right, strict=True)):
        one, two = (written(text, 30 * k + len(text) + j) for j, text in enumerate(texts))
        (x, _, w, _), (first, *_) = (cv2.boundingRect((p.min(axis=2) < 128).astype(np.uint8)) for p in (one, two))
        rows += [(one, 300 - x - w, 30 + 110 * k), (two[:, first - 8 :], 300 + gap - 8, 30 + 110 * k)]
    return on_a_sheet(*rows, height=60 + 110 * len(left))


@pytest.mark.parametrize("layout", ["auto", "page"])
@pytest.mark.parametrize("gap", [65, 90])
def test_columns_of_numbers_are_numbers_of_their_own(reader: Reader, layout: str, gap: int) -> None:
    left, right = ["12", "305", "7", "48"], ["960", "24", "61", "802"]
    readings = reader.read(in_two_columns(left, right, gap), layout)
    assert [r.text for r in readings] == [text for row in zip(left, right, strict=True) for text in row]


@pytest.mark.parametrize(
    ("left", "right", "gap"), [(["30"], ["75"], 65), (["2", "6"], ["5", "8"], 65), (["30", "26"], ["75", "48"], 20)]
)
def test_a_gap_in_one_row_and_between_single_digits_parts_no_number(
    reader: Reader, left: list[str], right: list[str], gap: int
) -> None:
    readings = reader.read(in_two_columns(left, right, gap), "page")
    assert [r.text for r in readings] == [a + b for a, b in zip(left, right, strict=True)]


def test_words_beside_and_around_a_number_are_passed_over(reader: Reader) -> None:
    sheet = on_a_sheet((written("4207", 3), 420, 200))
    for text, x, y in (("Received with thanks", 60, 90), ("Amount", 160, 260), ("the amount above", 60, 400)):
        cv2.putText(sheet, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (40, 40, 40), 2, cv2.LINE_AA)
    for layout in ("auto", "line", "page"):
        given = [r for r in reader.read(sheet, layout) if not r.rejected]
        assert [r.text for r in given] == ["4207"]


def beside(number: np.ndarray, text: str, before: bool, gap: int = 16) -> np.ndarray:
    """A sheet with a written number, and printed text or a sign right before or behind it."""
    h, w = number.shape[:2]
    sheet = on_a_sheet((number, 220, 90), height=h + 180, width=w + 440)
    (wide, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 3)
    at = 220 - gap - wide if before else 220 + w + gap
    cv2.putText(sheet, text, (at, 90 + h - 8), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (60, 60, 60), 3, cv2.LINE_AA)
    return sheet


@pytest.mark.parametrize("layout", ["auto", "line"])
@pytest.mark.parametrize(
    ("text", "before"),
    [("#", True), ("$", True), ("+", False), ("@", True), ("x", False), ("cm", False), ("Nr.", True), ("Room", True)],
)
def test_signs_and_letters_beside_a_number_are_passed_over(
    reader: Reader, text: str, before: bool, layout: str
) -> None:
    given = []
    for seed, number in enumerate(("42", "375", "806", "2946")):
        given += [r.text for r in reader.read(beside(written(number, seed), text, before), layout) if not r.rejected]
    assert set(given) <= {"42", "375", "806", "2946"}
    assert len(given) >= 2


@pytest.mark.parametrize("layout", ["auto", "line"])
def test_a_tick_or_a_cross_beside_a_number_is_no_digit(reader: Reader, layout: str) -> None:
    given = []
    for seed, number in enumerate(("42", "375", "806", "2946")):
        for mark in ([(0, 10), (12, 30), (40, -20)],), ([(0, -8), (34, 28)], [(34, -8), (0, 28)]):
            sheet = on_a_sheet((written(number, seed), 40, 60), height=200, width=420)
            x = 40 + written(number, seed).shape[1] + 20
            for stroke in mark:
                points = np.array([(x + a, 80 + b) for a, b in stroke], np.int32)
                cv2.polylines(sheet, [points], False, (30, 30, 35), 4, cv2.LINE_AA)
            given += [r.text for r in reader.read(sheet, layout) if not r.rejected]
    assert set(given) <= {"42", "375", "806", "2946"}
    assert len(given) >= 4  # a cross may be two digits that are joined, and leaves a number unsure


def test_a_number_of_two_digits_is_no_digit_with_a_stain(reader: Reader) -> None:
    right = [reader.read(written(text, 7))[0].text == text for text in ("10", "17", "40", "71", "83")]
    assert sum(right) >= 4


def test_the_steps_show_the_words(reader: Reader) -> None:
    sheet = on_a_sheet((written("25", 2), 100, 90), (written("68", 4), 400, 300))
    assert reader.explain(sheet)["words"].shape == (600, 800, 3)


def test_a_number_among_words_is_less_sure_than_alone(reader: Reader) -> None:
    number = written("4207", 3)
    sheet = on_a_sheet((number, 420, 200))
    (alone,) = reader.read(sheet, "line")
    cv2.putText(sheet, "for the amount above", (60, 400), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (40, 40, 40), 2, cv2.LINE_AA)
    (among,) = reader.read(sheet, "line")
    assert alone.text == among.text == "4207"
    assert among.confidence < alone.confidence


def test_specks_on_the_paper_are_no_part_of_a_line_and_cost_it_nothing(reader: Reader) -> None:
    clean = on_a_sheet((written("4805", 3), 40, 60), height=200, width=420)
    dusty = clean.copy()
    for x, y in ((20, 20), (390, 30), (200, 185), (30, 170)):
        cv2.circle(dusty, (x, y), 3, (60, 60, 60), -1, cv2.LINE_AA)
    (one,), (other,) = reader.read(clean, "line"), reader.read(dusty, "line")
    assert one.text == other.text == "4805"
    assert other.confidence > one.confidence - 0.02


def test_lines_are_less_sure_of_ink_that_no_digit_explains(reader: Reader) -> None:
    sure = []
    for seed in range(3, 9):
        first, second = written("48", seed), written("05", seed)
        x = 40 + first.shape[1]
        clean = on_a_sheet((first, 40, 60), (second, x + 20, 60), height=200, width=420)
        marked = clean.copy()
        for end in ((x + 20, 95), (x + 4, 92)):
            cv2.line(marked, (x + 10, 108), end, (60, 60, 60), 3, cv2.LINE_AA)
        sure.append([reader.read(sheet, "line")[0].confidence for sheet in (clean, marked)])
    of_clean, of_marked = np.mean(sure, axis=0)
    assert of_marked < of_clean - 0.1


def test_more_of_a_number_beside_it_and_many_words_around_make_it_less_sure() -> None:
    def word(x: int, height: int) -> Word:
        return Word(x, 100 - height, np.ones((height, 40), np.float32))

    def reading(text: str, sure: float) -> Reading:
        digits = tuple(Character(c, sure, (0, 0, 9, 9)) for c in text)
        return Reading(text, sure ** len(text), (0, 0, 9, 9), False, "", digits)

    noughts, sevens, letters = reading("00", 0.99), reading("7037", 0.9), reading("6818", 0.01)
    line = word(0, 30)
    beside = amid_others(noughts, line, [(word(60, 80), sevens)], 0.7)
    assert beside.rejected
    assert beside.text == "00"
    assert not amid_others(noughts, line, [(word(90, 80), letters)], 0.7).rejected
    assert amid_others(noughts, line, [(word(60, 95), letters)], 0.7).rejected, "as near as the digits of a number"
    nine = reading("9", 0.99)
    assert amid_others(nine, word(0, 60), [(word(20, 26), letters)], 0.7).rejected, "low, and among its digits"
    assert not amid_others(nine, word(0, 60), [(word(50, 26), letters)], 0.7).rejected, "low, and after them: a sign"
    above = Word(0, 0, np.ones((30, 120), np.float32))
    assert amid_others(nine, line, [(above, sevens)], 0.7).rejected, "a longer number may be what was meant"
    assert not amid_others(nine, line, [(above, letters)], 0.7).rejected
    assert not amid_others(reading("7037", 0.99), line, [(above, noughts)], 0.7).rejected
    page = [(word(300 * k, 30), letters) for k in range(1, 60)]
    assert not amid_others(reading("365", 0.99), line, page, 0.7).rejected
    assert amid_others(reading("3", 0.99), line, page, 0.7).rejected
    assert amid_others(reading("1", 0.99), line, page[:2], 0.7).rejected


@pytest.mark.parametrize("text", ["58", "26", "94", "7"])
def test_a_table_s_border_as_thick_as_the_pen_is_no_part_of_a_number(reader: Reader, text: str) -> None:
    number = written(text, 3, 60)
    cell = on_a_sheet((number, 24, 6), height=len(number) + 12, width=max(number.shape[1], len(number)) + 48)
    foot = len(cell) - 6
    cv2.line(cell, (0, foot), (cell.shape[1], foot), (30, 30, 30), 6)
    cv2.line(cell, (6, 0), (6, foot), (30, 30, 30), 6)
    assert [r.text for r in reader.read(cell, layout="line")] == [text]
    assert [r.text for r in reader.read(cell)] == [text]


def test_a_sliver_at_a_picture_s_side_is_no_one(reader: Reader) -> None:
    number = written("0", 3, 60)
    cell = on_a_sheet((number, 24, 6), height=len(number) + 12, width=number.shape[1] + 48)
    cell[len(cell) // 2 :, :2] = 30
    assert [r.text for r in reader.read(cell)] == ["0"]


def test_a_row_that_is_hard_to_read_is_shown_and_not_passed_over() -> None:
    def row(y: int, text: str, sure: float) -> tuple[Word, Reading]:
        digits = tuple(Character(c, sure, (0, y, 9, 9)) for c in text)
        found = Word(0, y, np.ones((40, 300), np.float32))
        return found, Reading(text, sure ** len(text), (0, y, 300, 40), sure < 0.95, "unsure", digits)

    found, readings = zip(row(0, "99999", 0.99), row(100, "94499", 0.88), row(200, "61018", 0.3), strict=True)
    assert lines_of(found, readings) == [[0], [1]]


def test_a_short_number_beside_a_rule_is_read_without_being_told_that_it_is_a_line(reader: Reader) -> None:
    right = 0
    for seed, text in enumerate(["57", "3", "10", "42", "8", "69", "76", "16", "32", "28", "65", "82"]):
        number = written(text, seed, 30)
        strip = on_a_sheet((number, 40, 60), height=220, width=number.shape[1] + 90)
        cv2.line(strip, (strip.shape[1] - 20, 30), (strip.shape[1] - 23, 190), (60, 60, 60), 3, cv2.LINE_AA)
        given = [r.text for r in reader.read(strip) if not r.rejected]
        assert given in ([], [text])  # never the strip as one digit
        right += given == [text]
    assert right >= 10


def test_a_bar_that_is_all_of_a_page_beside_words_is_no_sure_one(reader: Reader) -> None:
    sheet = on_a_sheet(height=400, width=500)
    cv2.putText(sheet, "Why", (40, 90), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (40, 40, 40), 2, cv2.LINE_AA)
    cv2.line(sheet, (300, 60), (296, 340), (60, 60, 60), 6, cv2.LINE_AA)
    assert not [r.text for r in reader.read(sheet) if not r.rejected and r.confidence >= 0.9]


def test_two_strokes_of_one_height_beside_each_other_are_not_one_digit(reader: Reader) -> None:
    sheet = on_a_sheet(height=160, width=220)
    cv2.line(sheet, (70, 45), (52, 118), (60, 60, 60), 5, cv2.LINE_AA)
    cv2.ellipse(sheet, (122, 78), (36, 38), 0, 0, 360, (60, 60, 60), 5, cv2.LINE_AA)
    ink = (249 - sheet[:, :, 0].astype(np.float32)) / 249
    assert abreast(ink)
    assert [r.text for r in reader.read(sheet) if not r.rejected] != ["0"]
    four = np.zeros((160, 220), np.float32)
    cv2.polylines(four, [np.array([(80, 40), (60, 90), (120, 90)])], False, 1.0, 5)
    cv2.line(four, (105, 45), (100, 130), 1.0, 5)
    assert not abreast(four)
    assert not abreast(np.zeros((9, 9), np.float32))


def test_digits_that_stand_wide_apart_are_not_one() -> None:
    paper = np.full((200, 1040), 255, np.uint8)
    for x in (210, 520):
        cv2.line(paper, (x, 30), (x, 170), 0, 13, cv2.LINE_AA)
    cv2.polylines(paper, [np.array([[707, 36], [832, 36], [749, 170]])], False, 0, 13, cv2.LINE_AA)
    assert [r.text for r in Reader().read(paper)] == ["117"]


def test_far_higher_digits_close_to_a_number_are_not_dropped_in_silence(reader: Reader) -> None:
    paper = np.full((140, 260), 250, np.uint8)
    for x in (30, 62):
        cv2.ellipse(paper, (x, 75), (9, 11), 0, 0, 360, 40, 4, cv2.LINE_AA)
    for x in (100, 150):
        cv2.polylines(paper, [np.array([(x, 22), (x + 28, 26), (x + 6, 118)])], False, 40, 4, cv2.LINE_AA)
    for layout in ("line", "auto"):
        assert "".join(r.text for r in reader.read(paper, layout) if not r.rejected) in ("", "0077")


def test_one_digit_of_two_is_not_given_where_both_together_are_unsure() -> None:
    ink = np.zeros((60, 100), np.float32)
    ink[10:50, 12:32] = ink[10:50, 60:80] = 1
    four = Character("4", 0.9, (12, 10, 20, 40))
    unsure = Reading("42", 0.5, (0, 0, 100, 60), True, "unsure", (four, replace(four, text="2", box=(60, 10, 20, 40))))
    word = Word(10, 8, ink[8:52, 10:82])
    field = KnownField(GlyphField(np.zeros((28, 28), np.uint8), four.box), unsure)
    page = Sheet(ink, Place.scaled(ink.shape, 1.0), [word], [field])
    one = Reading("4", 0.83, (0, 0, 100, 60), False, "", (four,))
    assert not is_one(page, four.box, one, Costs())
    assert is_one(page, (10, 8, 72, 44), one, Costs()), "all ink is explained"


def before_circles(text: str, seed: int, circles: int, radius: int, thick: int) -> np.ndarray:
    """A written number with small circles behind its foot; they are filled where thick is -1."""
    page = cv2.copyMakeBorder(written(text, seed, 56), 20, 20, 20, 160, cv2.BORDER_CONSTANT, value=[249] * 3)
    foot, right = np.argwhere(page.min(axis=2) < 120).max(axis=0).tolist()
    for k in range(circles):
        middle = right + 16 + radius + (2 * radius + 8) * k, foot - radius - 1
        cv2.ellipse(page, middle, (radius - 1, radius + 1), 0, 0, 360, (40, 40, 40), thick, cv2.LINE_AA)
    return page


@pytest.mark.parametrize("layout", ["line", "auto"])
def test_small_noughts_behind_a_digit_are_read_and_never_left_out(reader: Reader, layout: str) -> None:
    readings = [(d, reader.read(before_circles(d, seed, 3, 11, 3), layout)) for seed, d in enumerate("393939")]
    given = [(digit + "000", r.text) for digit, some in readings for r in some if not r.rejected]
    assert all(text == answer for text, answer in given)
    assert len(given) >= 3


@pytest.mark.parametrize("layout", ["line", "auto"])
def test_a_point_behind_a_number_is_no_nought(reader: Reader, layout: str) -> None:
    given = [r.text for seed in range(4) for r in reader.read(before_circles("75", seed, 1, 5, -1), layout)]
    assert given.count("75") >= 3
    assert not any("0" in text for text in given)


SEGMENTS = {
    "a": ((0, 0), (1, 0)), "b": ((1, 0), (1, 1)), "c": ((1, 1), (1, 2)), "d": ((0, 2), (1, 2)),
    "e": ((0, 1), (0, 2)), "f": ((0, 0), (0, 1)), "g": ((0, 1), (1, 1)),
}  # fmt: skip
LIT = ("abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg")


def displayed(text: str, side: int = 40, thick: int = 8, gap: int = 3) -> np.ndarray:
    """A display of seven segments that stand apart, uint8 (H, W), light on dark."""
    board = np.zeros((2 * side + 60, len(text) * (side + 26) + 40), np.uint8)
    for k, digit in enumerate(text):
        for segment in LIT[int(digit)]:
            (x, y), (right, foot) = ((30 + k * (side + 26) + side * a, 30 + side * b) for a, b in SEGMENTS[segment])
            inset = thick // 2 + gap
            level = y == foot
            low = (x + inset, y - thick // 2) if level else (x - thick // 2, y + inset)
            high = (right - inset, foot + thick // 2) if level else (right + thick // 2, foot - inset)
            cv2.rectangle(board, low, high, 230, -1)
    return cv2.GaussianBlur(board, (0, 0), 1)


@pytest.mark.parametrize("text", ["0000", "1234", "90", "88", "2580"])
@pytest.mark.parametrize("layout", ["line", "auto"])
def test_a_display_of_seven_segments_is_read_or_rejected(reader: Reader, text: str, layout: str) -> None:
    for gap in (2, 4):
        readings = reader.read(displayed(text, gap=gap), layout)
        assert [r.text for r in readings if not r.rejected and r.confidence >= 0.8] in ([], [text])


def test_a_small_ring_beside_writing_that_cannot_be_read_is_not_the_number(reader: Reader) -> None:
    for seed in range(8):
        page, rng = np.full((90, 300), 255, np.uint8), np.random.default_rng(seed)
        for x in range(70, 240, 34):
            points = np.stack([x + rng.uniform(-4, 30, 5), rng.uniform(12, 76, 5)], axis=1).astype(np.int32)
            cv2.polylines(page, [points], bool(rng.random() < 0.4), 0, 4, cv2.LINE_AA)
        cv2.ellipse(page, (20, 62), (4, 6), 0, 0, 360, 0, 2, cv2.LINE_AA)
        assert all(r.rejected for r in reader.read(page, "line"))


def test_strokes_that_are_no_display_are_not_bridged() -> None:
    ink = np.zeros((60, 220), np.float32)
    for x in (20, 40, 110, 130):
        cv2.line(ink, (x, 10), (x, 50), 1.0, 4)
    for x in (60, 75):
        cv2.line(ink, (x, 30), (x + 9, 30), 1.0, 4)  # dashes, far shorter than the ones
    assert np.array_equal(line_ink(ink), ink)


def test_of_letters_the_line_is_the_word_of_most_ink_and_of_digits_the_one_that_reads_as_a_number() -> None:
    found = [Word(0, 0, np.ones((60, 200), np.float32)), Word(20, 100, np.ones((50, 60), np.float32))]
    unread = Reading("", 0.0, (0, 0, 200, 60), True, "not a digit", ())
    number = Reading("4", 0.99, (20, 100, 60, 50), False, "", (Character("4", 0.99, (20, 100, 25, 50)),))
    assert the_line(found, [unread, number]) == [1]
    assert the_line(found, [unread, number], letters=True) == [0]


@pytest.mark.parametrize("side", [40, 90, 200])
def test_the_outline_of_a_heart_is_no_sure_nought(reader: Reader, side: int) -> None:
    turn = np.linspace(0, 2 * np.pi, 200)
    x, y = 16 * np.sin(turn) ** 3, 5 * np.cos(2 * turn) + 2 * np.cos(3 * turn) + np.cos(4 * turn) - 13 * np.cos(turn)
    outline = (np.stack([x, y], axis=1) * side / 34 + side / 2 + 40).round().astype(np.int32)
    picture = np.full((side + 80, side + 80), 255, np.uint8)
    cv2.polylines(picture, [outline], True, (30,), max(2, side // 14), cv2.LINE_AA)
    assert all(r.rejected for r in reader.read(picture, "auto"))


@pytest.mark.parametrize("layout", ["page", "auto"])
def test_noughts_of_a_page_that_lies_on_its_side_are_no_sure_numbers(reader: Reader, layout: str) -> None:
    look, given = Look(noise=2, blur=0.5), []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        page, _ = drawn.page(["3700", "5200"], rng, size=50, gap=0.25, look=look, tilt=0.0)
        given += [r.text for r in reader.read(page, layout) if not r.rejected]
        for turn in (1, 3):
            assert all(r.rejected for r in reader.read(np.ascontiguousarray(np.rot90(page, turn)), layout))
    assert set(given) <= {"3700", "5200"}
    assert len(given) >= 7


def test_digits_that_look_the_same_lying_are_less_sure_only_where_what_is_passed_over_lies_too() -> None:
    def sheet(*texts: str) -> Sheet:
        found = [Word(0, 80 * k, np.zeros((50, 50), np.float32)) for k, _ in enumerate(texts)]
        boxes = [(0, 80 * k, 50, 50) for k, _ in enumerate(texts)]
        characters = [(Character(t, 0.99, box),) for t, box in zip(texts, boxes, strict=True)]
        reads = [Reading(c.text, 0.99, c.box, False, "", (c,)) for (c,) in characters]
        blank = GlyphField(np.zeros((28, 28), np.uint8), (0, 0, 50, 50))
        return Sheet(np.zeros((300, 50), np.float32), place, found, [KnownField(blank, r) for r in reads])

    place = Place.scaled((300, 50), 1)
    lying, nothing = sheet("4", "7", "3", "5", "2", "6"), sheet("", "", "")
    passed = list(zip(nothing.words, nothing.readings, strict=True))
    assert upright(["00", "8"], passed, lambda _: lying) < 0.6
    assert upright(["00", "8"], passed, lambda _: nothing) == 1
    assert upright(["00", "83"], passed, lambda _: lying) == 1
    assert upright(["00"], [], lambda _: lying) == 1
