"""Does a glyph of any size, place and scale become a picture as MNIST's are?"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lenet5.errors import PictureError
from lenet5.pictures.normalise import BOX, FIELD, MIDDLE, bounding_box, normalise


def seven(height: int = 90, width: int = 60) -> np.ndarray:
    ink = np.zeros((height, width), np.uint8)
    points = np.array([[0.1, 0.1], [0.9, 0.1], [0.4, 0.95]]) * (width, height)
    cv2.polylines(ink, [points.astype(np.int32)], False, 255, max(2, width // 8), cv2.LINE_AA)
    return ink


@pytest.mark.parametrize(("height", "width"), [(90, 60), (40, 200), (500, 20), (20, 15)])
def test_the_longer_side_fills_the_box_and_the_aspect_is_kept(height: int, width: int) -> None:
    ink = seven(height, width)
    _, _, w0, h0 = bounding_box(ink, 12) or (0, 0, 0, 0)
    _, _, w, h = bounding_box(normalise(ink)) or (0, 0, 0, 0)
    assert max(w, h) == BOX
    assert abs(w / h - w0 / h0) <= max(w0 / h0, 1) * 1.5 / min(w, h)


def test_the_centre_of_mass_is_the_middle_to_half_a_pixel() -> None:
    picture = normalise(seven())
    m = cv2.moments(picture)
    assert abs(m["m10"] / m["m00"] - MIDDLE) <= 0.51
    assert abs(m["m01"] / m["m00"] - MIDDLE) <= 0.51


def test_an_enlarged_and_moved_glyph_comes_back_as_it_was() -> None:
    once = normalise(seven())
    large = cv2.resize(once, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
    moved = np.pad(large, ((31, 4), (0, 50)))
    assert np.abs(normalise(moved).astype(int) - once).max() <= 1
    assert np.abs(normalise(moved / 1000.0).astype(int) - once).max() <= 1


def test_blank_paper_stays_blank_and_one_dot_is_a_square() -> None:
    assert not normalise(np.zeros((5, 9))).any()
    dot = normalise(np.ones((1, 1)))
    assert dot.shape == (FIELD, FIELD)
    assert (dot == 255).sum() == BOX * BOX


@pytest.mark.parametrize("ink", [np.zeros((0, 4)), np.zeros((2, 3, 3)), np.full((4, 4), np.nan)])
def test_what_is_no_glyph_is_refused(ink: np.ndarray) -> None:
    with pytest.raises(PictureError, match="glyph"):
        normalise(ink)


def test_the_stroke_of_a_thin_pen_is_full_ink() -> None:
    thin = np.zeros((300, 200), np.float32)
    cv2.polylines(thin, [np.array([[20, 20], [180, 20], [60, 280]], np.int32)], False, 1.0, 3, cv2.LINE_AA)
    assert normalise(thin).max() >= 254
    thick = normalise(seven())
    assert np.array_equal(normalise(thick), thick)


def test_a_glyph_of_few_pixels_has_edges_nearly_as_steep_as_a_large_one() -> None:
    few = cv2.resize(seven(), (7, 10), interpolation=cv2.INTER_AREA)

    def grey(picture: np.ndarray) -> float:
        return float(((picture > 40) & (picture < 215)).sum() / (picture > 40).sum())

    assert grey(normalise(few, steep=True)) < grey(normalise(seven())) + 0.25 < grey(normalise(few))
