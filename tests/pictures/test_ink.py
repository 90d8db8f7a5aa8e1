"""Is ink found under shadows, on coloured paper, light on dark, and not where there is none?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.datasets.drawn.paper import Look
from lenet5.pictures.ink import find_ink, is_dark_on_light
from scenery import beside_a_book, dark_corners, on_a_table

SIDE = 120


def stroke() -> np.ndarray:
    """An 8 as coverage, float (120, 120)."""
    picture = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(picture, (60, 38), 20, 255, 6, cv2.LINE_AA)
    cv2.circle(picture, (60, 82), 24, 255, 6, cv2.LINE_AA)
    return picture / 255


def on_paper(paper: np.ndarray | float, pen: np.ndarray | float) -> np.ndarray:
    cover = stroke()
    paper, pen = np.asarray(paper, float), np.asarray(pen, float)
    if paper.ndim == 1 or pen.ndim == 1:
        cover = cover[..., None]
    return np.rint(paper * (1 - cover) + pen * cover).astype(np.uint8)


def wrong(picture: np.ndarray) -> float:
    """How far the ink that is found is from the ink that is there, in the mean, of the ink that is there."""
    return float(np.abs(find_ink(picture).ink - stroke()).sum() / stroke().sum())


def shadow() -> np.ndarray:
    x = np.linspace(0.55, 1, SIDE)
    return 220 * np.minimum.outer(np.roll(x, 0), x + 0.2)


@pytest.mark.parametrize(
    ("paper", "pen"),
    [(255, 0), (0, 255), (200, 90), (60, 180), ([240, 235, 180], [40, 60, 170]), ([250, 250, 250], [220, 40, 40])],
    ids=["black on white", "white on black", "grey on grey", "light on dark", "blue on yellow", "red on white"],
)
def test_clean_ink_is_found_as_it_is(paper: object, pen: object) -> None:
    assert wrong(on_paper(np.asarray(paper), np.asarray(pen))) < 0.06


def test_a_shadow_is_no_ink() -> None:
    light = shadow()
    picture = (light * (1 - 0.8 * stroke())).astype(np.uint8)
    assert wrong(picture) < 0.15


def test_noise_and_a_printed_pattern_are_no_ink() -> None:
    rng = np.random.default_rng(0)
    paper = 200 + rng.normal(0, 6, (SIDE, SIDE)) - 30 * (np.add.outer(np.arange(SIDE), np.arange(SIDE)) % 9 == 0)
    ink = find_ink(np.clip(paper * (1 - 0.75 * stroke()), 0, 255).astype(np.uint8)).ink
    far = cv2.dilate(stroke(), np.ones((9, 9))) == 0
    assert float(ink[far].mean()) < 0.02
    assert float(ink[stroke() > 0.9].mean()) > 0.7


@pytest.mark.parametrize("level", [0, 120, 255])
def test_an_even_picture_holds_no_ink(level: int) -> None:
    assert not find_ink(np.full((40, 50), level, np.uint8)).ink.any()


@pytest.mark.parametrize("spread", [3, 20, 60])
def test_pure_noise_holds_no_ink(spread: float) -> None:
    noise = np.random.default_rng(1).normal(150, spread, (64, 64))
    assert not find_ink(np.clip(noise, 0, 255).astype(np.uint8)).ink.any()


def test_the_polarity_of_digits_that_fill_their_frame_is_found() -> None:
    images = drawn.digits(50, 3).images
    boxes = [cv2.boundingRect(image) for image in images]
    frames = [image[y : y + h, x : x + w] for image, (x, y, w, h) in zip(images, boxes, strict=True)]
    assert all(is_dark_on_light(255 - f) for f in frames)
    assert not any(is_dark_on_light(f) for f in frames)


@pytest.mark.parametrize("surround", ["dark corners", "a table", "a book's back"])
def test_what_is_dark_around_a_sheet_is_neither_paper_nor_ink(surround: str) -> None:
    rng = np.random.default_rng(3)
    picture, _ = drawn.page(["0123", "4567"], rng, size=36, look=Look(noise=3, blur=0.6), tilt=0.0)
    alone = find_ink(picture).ink
    if surround == "dark corners":
        ink, inside = find_ink(dark_corners(picture)), np.s_[:]
    elif surround == "a table":
        ink, inside = find_ink(on_a_table(picture, 90, rng)), np.s_[90:-90, 90:-90]
    else:
        ink, inside = find_ink(beside_a_book(picture, 120, rng)), np.s_[:, 120:]
    assert ink.dark
    seen = np.asarray(ink.ink[inside])
    # All of the writing is found, and little else.
    assert np.abs(seen - alone).sum() < 0.2 * alone.sum()
    assert ink.ink.sum() - seen.sum() < 0.2 * alone.sum()


def test_chalk_on_a_board_is_found_whatever_the_wall_around_it() -> None:
    rng = np.random.default_rng(4)
    look = Look(paper=(32, 66, 52), ink=(238, 238, 232), noise=3)
    board, _ = drawn.page(["31", "72"], rng, size=60, look=look)
    wall = np.full((board.shape[0] + 80, board.shape[1] + 80, 3), 190, np.uint8)
    wall[40:-40, 40:-40] = board
    found = find_ink(board)
    assert not found.dark
    on_the_wall = find_ink(wall).ink
    assert np.abs(on_the_wall[40:-40, 40:-40] - found.ink).sum() < 0.05 * found.ink.sum()
    assert on_the_wall.sum() < 1.05 * found.ink.sum()


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("width", [6.0, 9.0, 14.0])
def test_the_gaps_of_a_broad_pen_are_no_strokes(width: float, dark: bool) -> None:
    """An 8 whose holes are narrower than its strokes, on paper wider than both."""
    yy, xx = np.mgrid[:150, :120].astype(float)
    rings = [np.abs(np.hypot(xx - 60, yy - y) - 22) < width for y in (48.0, 98.0)]
    digit = np.where(rings[0] | rings[1], 40, 215).astype(np.uint8)
    assert is_dark_on_light(digit if dark else 255 - digit) == dark


@pytest.mark.parametrize("side", [90, 105, 120, 160, 220])
def test_the_strokes_of_a_broad_pen_have_no_holes(side: int) -> None:
    width = 24
    picture = np.full((side, side), 200, np.uint8)
    points = np.array([[0.2, 0.25], [0.5, 0.15], [0.78, 0.3], [0.2, 0.82], [0.82, 0.82]]) * side
    stroke = np.zeros((side, side), np.uint8)
    cv2.polylines(stroke, [points.astype(np.int32)], False, 255, width)
    picture[stroke > 0] = 60
    ink = find_ink(picture, dark=True).ink
    assert ink[cv2.erode(stroke, np.ones((3, 3))) > 0].min() > 0.9
    assert ink[cv2.dilate(stroke, np.ones((3, 3))) == 0].max() < 0.1


@pytest.mark.parametrize("side", [40, 100, 300])
@pytest.mark.parametrize("dark", [True, False])
def test_a_filled_mark_is_ink_all_over(side: int, dark: bool) -> None:
    mark = np.pad(np.ones((side, side), np.uint8), 80)
    picture = np.where(mark > 0, 40, 220).astype(np.uint8)
    found = find_ink(picture if dark else 255 - picture)
    assert found.dark == dark
    assert float(np.abs(found.ink - mark).mean()) < 0.02


def test_a_shadow_in_the_middle_of_a_sheet_is_no_filled_mark() -> None:
    y, x = np.mgrid[-1:1:300j, -1:1:300j]
    shade = 1 - 0.7 * np.exp(-3 * (x**2 + y**2))
    ink = find_ink((230 * shade).astype(np.uint8)).ink
    assert float(ink.mean()) < 0.02
