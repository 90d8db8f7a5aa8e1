"""Masks of ink: each operation does what the size of its box says."""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.pictures.masks import PART, Mask, closed, depth, dilated, inked, least_overlap, opened, parts, pen, quantile


def mask(*rows: str) -> Mask:
    """A drawing, `#` for ink."""
    return np.array([[mark == "#" for mark in row] for row in rows], np.uint8)


def test_ink_counts_from_a_share_on() -> None:
    ink = np.array([[0.0, PART - 0.01, PART, 1.0]], np.float32)
    assert inked(ink).tolist() == [[0, 0, 1, 1]]
    assert inked(ink, 0.9).tolist() == [[0, 0, 0, 1]]


def test_a_mask_grows_by_a_box() -> None:
    grown = dilated(mask(".....", ".....", "..#..", ".....", "....."), 3, 5)
    assert (grown == mask(".....", "#####", "#####", "#####", ".....")).all()


def test_what_a_box_cannot_cover_goes() -> None:
    drawn = mask("........", ".######.", "........", "..##....", "..##....", "........")
    row, block = drawn.copy(), drawn.copy()
    row[2:], block[:3] = 0, 0
    assert (opened(drawn, 1, 4) == row).all()
    assert (opened(drawn, 2, 2) == block).all()


def test_gaps_that_a_box_does_not_fit_into_close() -> None:
    assert closed(mask("##.##..##"), 1, 2).tolist() == mask("#####..##").tolist()


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_no_pixels_have_no_parts(shape: tuple[int, int]) -> None:
    labels, stats = parts(np.zeros(shape, np.uint8))
    assert labels.shape == shape
    assert stats.tolist() == [[0, 0, 0, 0, 0]]


def test_parts_touch_at_corners_too() -> None:
    labels, stats = parts(mask("##...", "..#..", "....#"))
    assert labels[0, 0] == labels[1, 2] != 0
    assert labels[2, 4] not in (0, labels[0, 0])
    assert stats[labels[0, 0]].tolist() == [0, 0, 3, 2, 3]  # x, y, width, height, area
    assert stats[labels[2, 4]].tolist() == [4, 2, 1, 1, 1]


def test_parts_overlap_where_they_share_columns() -> None:
    assert least_overlap(mask("##..#", "##..#"), 0.6) == (-2, 1)
    assert least_overlap(mask("###...", "......", "..####"), 0.6) == (1, 3)
    assert least_overlap(mask("##..#", "##...", "##..."), 0.6) == (5, 2)  # the speck does not count


@pytest.mark.parametrize("width", [1, 3, 6, 9])
def test_the_pen_is_as_wide_as_its_stroke(width: int) -> None:
    drawn = np.zeros((40, 60), np.uint8)
    drawn[10 : 10 + width, 5:55] = 1
    assert pen(depth(drawn), drawn > 0) == pytest.approx(width, abs=1)


def test_outside_of_the_picture_is_no_ink() -> None:
    assert depth(np.ones((5, 5), np.uint8))[0] == pytest.approx(1, abs=0.1)
    assert depth(np.ones((5, 5), np.uint8))[2, 2] == pytest.approx(3, abs=0.2)


def test_no_stroke_no_pen() -> None:
    assert pen(depth(np.zeros((4, 4), np.uint8)), np.zeros((4, 4), bool)) == 0.0


@pytest.mark.parametrize("count", [1, 2, 37])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 1.0])
def test_a_quantile_is_numpys(count: int, share: float) -> None:
    values = np.random.default_rng(count).random(count, np.float32)
    assert quantile(values, share) == pytest.approx(float(np.quantile(values.astype(float), share)), rel=1e-6)
