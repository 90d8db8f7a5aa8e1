"""Are the boxes of a row found, however tightly it is cut, and are digits taken for none?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.pictures.ink import find_ink
from lenet5.reading.strips import find_strips

SIDE = 60


def row(count: int, gap: int = 0, thick: int = 2, margin: int = 20) -> np.ndarray:
    """Ink (H, W) of a row of boxes."""
    ink = np.zeros((SIDE + 2 * margin, count * (SIDE + gap) + 2 * margin), np.float32)
    for k in range(count):
        x = margin + k * (SIDE + gap)
        cv2.rectangle(ink, (x, margin), (x + SIDE, margin + SIDE), 1.0, thick)
    return ink


def found(ink: np.ndarray) -> list[int]:
    """The middles of the boxes that are found, from left to right."""
    strips = find_strips(ink)
    return [round(float(box[:, 0].mean())) for box in strips[0].boxes] if strips else []


@pytest.mark.parametrize("gap", [0, 6, 10, 15])
@pytest.mark.parametrize("count", [2, 3, 5, 7])
def test_boxes_are_found_side_by_side_and_apart(count: int, gap: int) -> None:
    wanted = [20 + SIDE / 2 + k * (SIDE + gap) for k in range(count)]
    assert found(row(count, gap)) == pytest.approx(wanted, abs=3)


@pytest.mark.parametrize("missing", ["left", "right", "top", "bottom"])
def test_a_side_may_be_missing(missing: str) -> None:
    ink = row(3)
    cuts = {"left": np.s_[:, 26:], "right": np.s_[:, :-26], "top": np.s_[26:], "bottom": np.s_[:-26]}
    assert len(found(ink[cuts[missing]])) == 3


def test_uprights_may_be_dashed() -> None:
    ink = row(3)
    for x in (20 + SIDE, 20 + 2 * SIDE):
        for y in range(22, 20 + SIDE, 8):
            ink[y : y + 3, x - 2 : x + 3] = 0
    assert len(found(ink)) == 3


def test_the_black_margin_of_a_form_is_no_box() -> None:
    ink = row(3, margin=20)
    ink[:, :19] = 1
    assert found(ink) == pytest.approx([20 + SIDE / 2 + k * SIDE for k in range(3)], abs=4)


@pytest.mark.parametrize("pitch", [10, 16])
def test_paper_that_is_squared_all_over_has_no_row_of_boxes(pitch: int) -> None:
    """Each two of its rules might be one: to try all of them took half a minute, and gave parts of squares."""
    ink = np.zeros((230, 500), np.uint8)
    ink[pitch // 2 :: pitch] = ink[:, pitch // 2 :: pitch] = 120
    cv2.putText(ink, "286", (150, 150), cv2.FONT_HERSHEY_SIMPLEX, 2.5, 255, 6)
    assert found(ink / np.float32(255)) == []


def test_a_1_that_is_nearly_as_high_as_its_box_does_not_part_it() -> None:
    ink = row(2)
    for k in range(2):
        x = 20 + SIDE // 2 + k * SIDE
        cv2.line(ink, (x + 6, 27), (x - 6, 13 + SIDE), 1.0, 4)
    assert len(found(ink)) == 2


@pytest.mark.parametrize(("text", "high", "which"), [("4275", 64, 1), ("12345", 64, 2), ("12345", 70, 2)])
def test_digits_that_cross_the_rules_of_their_boxes_do_not_bend_them(text: str, high: int, which: int) -> None:
    """The strokes along a rule were taken for a part of it: it leaned, and boxes of one width were of several."""
    ink, shapes = row(len(text)), drawn.digits(400, 5)
    for k, digit in enumerate(text):
        glyph = shapes.images[int(np.flatnonzero(shapes.labels == int(digit))[which])]
        x, y, w, h = cv2.boundingRect((glyph > 90).astype(np.uint8))
        wide = min(SIDE - 6, round(w * high / h))
        left, top = 20 + k * SIDE + (SIDE - wide) // 2, 20 + (SIDE - high) // 2
        part = ink[top : top + high, left : left + wide]
        np.maximum(part, cv2.resize(glyph[y : y + h, x : x + w], (wide, high)) / np.float32(255), out=part)
    assert found(ink) == pytest.approx([20 + SIDE / 2 + k * SIDE for k in range(len(text))], abs=4)


def test_bold_rules_are_the_sides_of_boxes() -> None:
    assert found(row(4, thick=8)) == pytest.approx([20 + SIDE / 2 + k * SIDE for k in range(4)], abs=4)


@pytest.mark.parametrize("which", [(0, 1, 2), (1, 2, 3)])
def test_strokes_in_the_middle_of_some_boxes_make_no_halves_of_them(which: tuple[int, ...]) -> None:
    ink = row(6)
    for k in which:
        x = 20 + SIDE // 2 + k * SIDE
        cv2.line(ink, (x + 3, 24), (x - 3, 16 + SIDE), 1.0, 4)
    assert found(ink) == pytest.approx([20 + SIDE / 2 + k * SIDE for k in range(6)], abs=4)


@pytest.mark.parametrize("text", ["11", "1010", "0123456789", "71717"])
def test_a_line_without_boxes_has_none(text: str) -> None:
    for seed in range(4):
        picture, _ = drawn.line(text, np.random.default_rng(seed), size=60)
        assert found(find_ink(picture).ink) == []
