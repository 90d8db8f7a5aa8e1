"""Are signs at the ends of a number known by their shapes, and passed over?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5.datasets import drawn
from lenet5.datasets.drawn.paper import Look
from lenet5.reading import Reader
from lenet5.reading.graph import Costs, Geometry, best_path, candidates, share
from lenet5.reading.layout import Layout
from lenet5.reading.pieces import Line, cut
from lenet5.reading.signs import passed_over, signs_at_ends, slashes


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def boxes() -> Line:
    """A line of four strokes that stand apart; two of them are small and stand high."""
    ink = np.zeros((100, 150), np.float32)
    for x, y, w, h in ((10, 20, 24, 60), (50, 40, 16, 18), (80, 40, 16, 18), (110, 20, 24, 60)):
        cv2.rectangle(ink, (x, y), (x + w, y + h), 1.0, 3)
    return cut(ink)


def test_what_looks_like_no_digit_at_an_end_is_passed_over_and_the_share_knows_it() -> None:
    line, costs = boxes(), Costs()
    found = candidates(line, Geometry())
    last = len(line.pieces) - 1
    own = [k for k, c in enumerate(found) if (c.first, c.last) in [(0, 1), (1, 2), (2, 3), (last, last + 1)]]
    likely, none = np.full((len(found), 2), 1e-4), np.full(len(found), 0.99)
    for k in own:
        sign = found[k].last == last + 1
        likely[k, 0], none[k] = (0.01, 0.98) if sign else (0.98, 0.01)
    passing = passed_over(line, found, none, costs)
    path = best_path(line, found, likely, costs, passing=passing)
    assert [arc.kind for arc in path][-1] == "sign"
    digits = [arc.digit for arc in path if arc.digit is not None]
    assert digits == [0] * (len(own) - 1)
    shared = share(line, found, likely, digits, costs, passing=passing)
    assert share(line, found, likely, digits, costs) < shared < 1


Way = list[tuple[int, int]]


def between(left: Way, right: Way) -> Line:
    """Two noughts, and a stroke on either side of them."""
    ink = np.zeros((110, 190), np.float32)
    for x in (70, 120):
        cv2.ellipse(ink, (x, 55), (16, 30), 0, 0, 360, 1.0, 4, cv2.LINE_AA)
    for way in (left, right):
        cv2.polylines(ink, [np.array(way, np.int32)], False, 1.0, 4, cv2.LINE_AA)
    return cut(ink, slanted=False)


def arc(x: int, bow: int, top: int, foot: int) -> Way:
    """A stroke from the top to the foot; its middle stands so far to the right of its ends."""
    return [(x + round(bow * np.sin(np.pi * k / 12)), top + (foot - top) * k // 12) for k in range(13)]


def signs(line: Line) -> list[float]:
    """How likely the first and the last stroke are signs."""
    return [likely for _, (likely, _) in sorted(signs_at_ends(line).items())]


def hook(x: int, reach: int) -> Way:
    return [(x + reach, 18), (x, 18), (x, 94), (x + reach, 94)]


@pytest.mark.parametrize(
    ("left", "right"), [(arc(36, -11, 18, 94), arc(156, 11, 18, 94)), (hook(26, 13), hook(168, -13))]
)
def test_strokes_that_bow_apart_around_digits_are_a_pair_of_brackets(left: Way, right: Way) -> None:
    line = between(left, right)
    assert [min(signs_at_ends(line))[0], max(signs_at_ends(line))[1]] == [0, len(line.pieces)]
    assert min(signs(line)) > 0.9


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (arc(32, 0, 25, 85), arc(160, 0, 25, 85)),  # two straight 1s
        (arc(32, -11, 25, 85), arc(160, 0, 25, 85)),  # one of them bows
        (arc(26, 11, 25, 85), arc(156, 11, 25, 85)),  # both bow to the same side
        ([(22, 38), (32, 25), (32, 85)], [(150, 38), (160, 25), (160, 85)]),  # two 1s with a flag
    ],
)
def test_1s_at_both_ends_of_a_number_are_no_brackets(left: Way, right: Way) -> None:
    assert max(signs(between(left, right))) < 0.2


@pytest.mark.parametrize(
    "end",
    [
        [(150, 96), (184, 12)],  # a slash
        [(168, 8), (168, 104)],  # a bar, much higher than the digits
        arc(160, 11, 14, 98),  # one bracket
    ],
)
def test_one_stroke_that_reaches_beyond_the_digits_and_leans_or_bows_may_be_a_sign(end: Way) -> None:
    first, last = signs(between(arc(32, 0, 25, 85), end))
    assert last > 0.4
    assert first < 0.2


@pytest.mark.parametrize(
    "end",
    [
        [(160, 25), (160, 85)],
        [(154, 85), (168, 25)],  # leaning as a hand does
        [(160, 20), (160, 90)],  # a little higher than the noughts
    ],
)
def test_a_1_at_an_end_is_likely_none(end: Way) -> None:
    assert signs(between(arc(32, 0, 25, 85), end))[-1] < 0.2


def test_a_straight_stroke_at_one_end_that_stands_no_further_off_than_digits_may_be_a_tall_1() -> None:
    near, far = (signs(between(arc(32, 0, 25, 85), [(x, 14), (x, 110)]))[-1] for x in (156, 182))
    assert 0.3 < near < 0.5 < far


@pytest.mark.parametrize(
    ("way", "dot"),
    [
        ([(150, 34), (166, 26), (172, 40), (160, 56), (160, 66)], 160),
        ([(160, 25), (160, 66)], 160),
        ([(160, 25), (160, 66)], 172),  # a little aside
    ],
)
def test_a_stroke_with_a_dot_under_it_is_a_sign_and_without_it_none(way: Way, dot: int) -> None:
    drawn_twice = [np.zeros((110, 190), np.float32) for _ in range(2)]
    for ink in drawn_twice:
        for x in (30, 80):
            cv2.ellipse(ink, (x, 55), (16, 30), 0, 0, 360, 1.0, 4, cv2.LINE_AA)
        cv2.polylines(ink, [np.array(way, np.int32)], False, 1.0, 4, cv2.LINE_AA)
    cv2.circle(drawn_twice[0], (dot, 82), 4, 1.0, -1, cv2.LINE_AA)
    dotted, plain = (signs(cut(ink, slanted=False)) for ink in drawn_twice)
    assert dotted[-1] > 0.9
    assert plain[-1] < 0.2


@pytest.mark.parametrize(("low", "least", "most"), [(24, 0.7, 1), (6, 0, 0.2)])
def test_a_9_that_stands_as_low_as_a_g_is_likely_a_sign(low: int, least: float, most: float) -> None:
    ink = np.zeros((130, 190), np.float32)
    for x in (30, 80):
        cv2.ellipse(ink, (x, 55), (16, 30), 0, 0, 360, 1.0, 4, cv2.LINE_AA)
    cv2.circle(ink, (150, 41 + low), 15, 1.0, 4, cv2.LINE_AA)
    cv2.line(ink, (165, 36 + low), (165, 85 + low), 1.0, 4, cv2.LINE_AA)
    assert least <= signs(cut(ink, slanted=False))[-1] <= most


def test_two_strokes_with_nothing_between_them_are_no_brackets() -> None:
    ink = np.zeros((110, 60), np.float32)
    for way in (arc(20, -11, 18, 94), arc(40, 11, 18, 94)):
        cv2.polylines(ink, [np.array(way, np.int32)], False, 1.0, 4, cv2.LINE_AA)
    assert max(signs(cut(ink, slanted=False))) < 0.2
    assert signs_at_ends(cut(np.zeros((40, 40), np.float32))) == {}


NUMBERS = ("42", "375", "806", "2946", "903")


def beside(number: str, seed: int, strokes: list[Way]) -> NDArray[np.uint8]:
    """A number and strokes behind it; their ways are in heights of its digits, from the top of its right end."""
    picture = drawn.line(number, np.random.default_rng(seed), size=40, gap=0.3, look=Look(noise=2, blur=0.5))[0]
    sheet = cv2.copyMakeBorder(picture, 60, 60, 60, 120, cv2.BORDER_CONSTANT, value=(249, 249, 249))
    rows, columns = np.nonzero(sheet.min(axis=2) < 128)
    high, place = np.ptp(rows), np.array([columns.max(), rows.min()])
    for way in strokes:
        cv2.polylines(
            sheet, [np.rint(np.array(way) * high + place).astype(np.int32)], False, (40, 40, 40), 3, cv2.LINE_AA
        )
    return sheet


@pytest.mark.parametrize(
    "strokes",
    [
        [[(0.4, 1.2), (0.9, -0.15)]],
        [[(0.4, -0.2), (0.4, 1.3)]],
        [[(0.3, -0.1), (0.45, 0.2), (0.47, 0.5), (0.45, 0.85), (0.3, 1.2)]],
        [[(0.3, 0.2), (0.45, 0.0), (0.65, 0.15), (0.5, 0.45), (0.48, 0.7)], [(0.47, 0.95), (0.49, 0.97)]],
        [[(0.7, 0.5), (0.45, 0.45), (0.4, 0.7), (0.6, 0.85), (0.7, 0.5), (0.7, 1.3), (0.4, 1.35)]],
    ],
    ids=["slash", "bar", "bracket", "question", "g"],
)
def test_a_sign_behind_a_number_is_no_digit_of_it(reader: Reader, strokes: list[Way]) -> None:
    given = [r for k, n in enumerate(NUMBERS) for r in reader.read(beside(n, k, strokes), "line") if not r.rejected]
    assert {r.text for r in given if r.confidence > 0.8} <= set(NUMBERS)
    assert len([r for r in given if r.text in NUMBERS]) >= 2


@pytest.mark.parametrize("marks", ["()", "[]"])
def test_a_number_in_brackets_is_read_without_them(reader: Reader, marks: str) -> None:
    given = []
    for seed, text in enumerate(("42", "375", "806", "2946", "903")):
        number = drawn.line(text, np.random.default_rng(seed), size=40, gap=0.3, look=Look(noise=2, blur=0.5))[0]
        h, w = number.shape[:2]
        sheet = np.full((h + 120, w + 120, 3), 249, np.uint8)
        sheet[60 : 60 + h, 60 : 60 + w] = number
        rows, columns = np.nonzero(number.min(axis=2) < 128)
        left, right, top, foot = columns.min() + 60, columns.max() + 60, rows.min() + 54, rows.max() + 68
        for x, side in ((left, -1), (right, 1)):
            way = arc(x + 10 * side, 9 * side, top, foot)
            if marks == "[]":
                way = [(x + 10 * side, top), (x + 20 * side, top), (x + 20 * side, foot), (x + 10 * side, foot)]
            cv2.polylines(sheet, [np.array(way, np.int32)], False, (40, 40, 40), 3, cv2.LINE_AA)
        given += [r.text for r in reader.read(sheet, "line") if not r.rejected]
    assert set(given) <= {"42", "375", "806", "2946", "903"}
    assert len(given) >= 4


def joined(number: str, pair: str, seed: int, gap: float) -> NDArray[np.uint8]:
    """A number, and behind it two digits so close to each other that they touch."""
    rng, sheet, x = np.random.default_rng(seed), np.full((200, 400, 3), 249, np.uint8), 50
    for text, apart in ((number, 0.3), (pair, gap)):
        picture = drawn.line(text, rng, size=40, gap=apart, look=Look(noise=0, blur=0.5))[0]
        rows, columns = np.nonzero(picture.min(axis=2) < 128)
        ink = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        sheet[130 - len(ink) : 130, x : x + ink.shape[1]] = ink
        x += ink.shape[1] + 12
    return sheet


@pytest.mark.parametrize(
    ("number", "pair", "seed", "gap"),
    [("598", "24", 7, -0.3), ("46", "37", 8, -0.2), ("598", "00", 2, -0.3), ("598", "69", 2, -0.3)],
)
def test_joined_digits_at_an_end_are_not_passed_over_without_a_word(
    reader: Reader, number: str, pair: str, seed: int, gap: float
) -> None:
    (reading,) = reader.read(joined(number, pair, seed, gap), "line")
    assert reading.rejected or reading.text == number + pair


def amid(*ways: Way, slant: float = 0.0) -> list[float]:
    """How likely strokes between pairs of noughts are slashes; all of them lean."""
    ink = np.zeros((110, 60 + 140 * (len(ways) + 1)), np.float32)
    for k in range(len(ways) + 1):
        for x in (30, 80):
            cv2.ellipse(ink, (x + 140 * k, 55), (16, 30), 0, 0, 360, 1.0, 4, cv2.LINE_AA)
    for k, way in enumerate(ways):
        cv2.polylines(ink, [np.add(way, (140 * k, 0)).astype(np.int32)], False, 1.0, 4, cv2.LINE_AA)
    leaning = np.array([[1, -slant, 55 * slant + 10], [0, 1, 0]])
    line = cut(np.asarray(cv2.warpAffine(ink, leaning, (ink.shape[1] + 20, 110)), np.float32), slanted=False)
    seeming = slashes(line)
    return [seeming[span][0] if span in seeming else 0.0 for span in _spans(line)[2::3]][: len(ways)]


def _spans(line: Line) -> list[tuple[int, int]]:
    """The runs of pieces of a line's strokes, from the left to the right."""
    strokes = [piece.stroke for piece in line.pieces]
    return [(strokes.index(k), strokes.index(k) + strokes.count(k)) for k in dict.fromkeys(strokes)]


@pytest.mark.parametrize("way", [[(109, 98), (141, 12)], [(111, 92), (139, 18)], [(115, 106), (135, 4)]])
def test_a_stroke_among_digits_that_leans_and_is_higher_than_they_is_a_slash(way: Way) -> None:
    assert min(*amid(way), *amid(way, slant=0.3)) > 0.5


@pytest.mark.parametrize("slant", [0.0, 0.2, 0.4])
@pytest.mark.parametrize("way", [[(125, 25), (125, 85)], [(119, 85), (131, 25)], [(117, 36), (126, 24), (126, 88)]])
def test_a_1_among_digits_that_leans_as_they_do_is_no_slash(way: Way, slant: float) -> None:
    assert max(amid(way, slant=slant)) < 0.1


def test_two_strokes_that_are_alike_and_part_pairs_are_slashes_where_one_alone_is_none() -> None:
    leaning, upright = [(113, 90), (137, 20)], [(125, 90), (125, 20)]
    assert min(amid(leaning, leaning)) > 0.8
    assert max(amid(leaning, upright)) < min(amid(leaning, leaning))


def test_a_block_among_digits_is_no_slash() -> None:
    block = [(x, y) for x in range(108, 144, 6) for y in (98, 12)]
    assert not any(amid(block))


def test_the_most_1s_are_soon_known_to_be_no_date() -> None:
    assert not any(amid(*[[(113, 94), (137, 16)]] * 40))


def dated(parts: tuple[str, ...], seed: int) -> NDArray[np.uint8]:
    """Numbers on one line and slashes between them."""
    rng, sheet, x = np.random.default_rng(seed), np.full((160, 520, 3), 249, np.uint8), 40
    for k, text in enumerate(parts):
        if k:
            cv2.line(sheet, (x + 6, 112), (x + 36, 36), (40, 40, 40), 3, cv2.LINE_AA)
            x += 42
        picture = drawn.line(text, rng, size=44, gap=0.2, look=Look(noise=0, blur=0.5))[0]
        rows, columns = np.nonzero(picture.min(axis=2) < 128)
        ink = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        sheet[100 - len(ink) : 100, x : x + ink.shape[1]] = ink
        x += ink.shape[1]
    return sheet


@pytest.mark.parametrize("layout", ["line", "auto"])
@pytest.mark.parametrize("parts", [("23", "9", "19"), ("12", "5"), ("30", "6", "48"), ("8", "40"), ("5", "20", "63")])
def test_the_slashes_of_a_date_are_no_1s_and_are_told(reader: Reader, parts: tuple[str, ...], layout: Layout) -> None:
    readings = [reading for seed in range(3) for reading in reader.read(dated(parts, seed), layout)]
    given = [reading for reading in readings if not reading.rejected]
    assert {reading.text for reading in given} == {"".join(parts)}
    assert {"".join(c.text for c in reading.characters) for reading in given} == {"/".join(parts)}
    assert all(set(reading.left_out) == {"/"} for reading in given)


@pytest.mark.parametrize("number", ["1117", "21119", "41013", "17171", "91180"])
def test_the_1s_of_a_number_are_no_slashes(reader: Reader, number: str) -> None:
    lines = [drawn.line(number, np.random.default_rng(seed), gap=0.25, look=Look(noise=0))[0] for seed in range(5)]
    readings = [reader.read(line, "line")[0] for line in lines]
    assert not [r.left_out for r in readings if "/" in r.left_out]
    assert sum(r.text == number and not r.rejected for r in readings) >= 3
