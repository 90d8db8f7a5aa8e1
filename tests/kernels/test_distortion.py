"""Are pictures sampled where they should be, and bent as far and as smoothly as was asked for?"""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5.datasets.distortions import Distortion, transform
from lenet5.kernels.entries import distortion_room
from lenet5.machine.native import Kernel

RNG = np.random.default_rng(5)
IMAGES = (RNG.random((6, 28, 28)) * 256).astype(np.uint8)
IMAGES = np.stack([cv2.GaussianBlur(image, (5, 5), 0) for image in IMAGES])


def padded(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The paper's input (section II-B): 28×28 in 32×32, background −0.1, ink 1.175."""
    out = np.full((len(images), 32, 32), -0.1)
    out[:, 2:30, 2:30] += 1.275 * images / 255.0
    return out.astype(np.float32)


def test_no_change_is_the_picture_itself() -> None:
    everything = Distortion().apply(IMAGES, np.arange(6), seed=3)
    np.testing.assert_allclose(everything, padded(IMAGES), atol=2e-7)
    assert np.array_equal(everything, transform(IMAGES))
    assert np.array_equal(everything, Distortion(rotation=90, noise=1, original=1).apply(IMAGES, np.arange(6), seed=3))


def sample(picture: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bilinear interpolation as it is defined; background outside."""
    wide = np.pad(picture.astype(float), 40, constant_values=-0.1)
    x, y = np.clip(x, -40, 70) + 40, np.clip(y, -40, 70) + 40
    i, j = np.floor(y).astype(int), np.floor(x).astype(int)
    v, u = y - i, x - j
    above = (1 - u) * wide[i, j] + u * wide[i, j + 1]
    below = (1 - u) * wide[i + 1, j] + u * wide[i + 1, j + 1]
    return np.asarray((1 - v) * above + v * below)


@pytest.mark.parametrize("seed", range(4))
def test_pictures_are_sampled_where_they_come_from(seed: int) -> None:
    """Against the matrix of the whole change, inverted by NumPy."""
    rng = np.random.default_rng(seed)
    scale, squeeze = rng.uniform(0.6, 1.6), rng.uniform(0.8, 1.2)
    shear, degrees, shift = rng.uniform(-0.4, 0.4), rng.uniform(-60, 60), rng.uniform(-5, 5, 2)
    a, d = scale * squeeze, scale / squeeze
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    forward = np.array([[a, shear * d], [0, d]])
    rows, columns = np.mgrid[:32, :32]
    places = np.stack([columns.ravel(), rows.ravel()]) - 15.5  # (2, 1024), x and y from the centre
    x, y = np.linalg.inv(forward) @ (turn.T @ places - shift[:, None]) + 15.5
    out = transform(
        IMAGES, scale=scale, squeeze=squeeze, shear=shear, rotation=degrees, shift_x=shift[0], shift_y=shift[1]
    )
    for image, got in zip(padded(IMAGES), out, strict=True):
        np.testing.assert_allclose(got, sample(image, x, y).reshape(32, 32), atol=2e-5)


def bends(elastic: float, smoothness: float, count: int) -> NDArray[np.float32]:
    """(count, 2, 32, 32): displacements as the kernel draws them."""
    _, _, one, _, grid = distortion_room()
    bend, state, all_of_them = Kernel("lenet5.kernels.distortion", "_bend"), np.array([7], np.uint64), []
    for _ in range(count):
        bend(state, elastic, smoothness * math.sqrt(3), grid, one)
        all_of_them.append(one.copy())
    return np.stack(all_of_them)


@pytest.mark.parametrize(("elastic", "smoothness"), [(1.4, 4.0), (0.5, 2.0), (2.0, 8.0)])
def test_bending_is_as_strong_and_as_smooth_as_asked(elastic: float, smoothness: float) -> None:
    field = bends(elastic, smoothness, 1500)
    assert abs(field.mean()) < 0.03 * elastic
    assert np.sqrt((field**2).mean()) == pytest.approx(elastic, rel=0.02)
    # No place is bent more than another.
    assert np.sqrt((field**2).mean((0, 1))).std() < 0.04 * elastic
    # White noise under a Gaussian of σ is alike at a distance r by exp(−r²/4σ²).
    for r in (int(smoothness), int(2 * smoothness)):
        alike = (field[:, :, :, r:] * field[:, :, :, :-r]).mean() / (field**2).mean()
        assert alike == pytest.approx(math.exp(-(r**2) / (4 * smoothness**2)), abs=0.06)
    # The two directions know nothing of each other.
    assert abs((field[:, 0] * field[:, 1]).mean()) < 0.03 * elastic**2


def test_strokes_grow_and_shrink_by_a_pixel() -> None:
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
    for thickness, change in ((1.0, cv2.dilate), (-1.0, cv2.erode)):
        whole = transform(IMAGES, thickness=thickness)
        half = transform(IMAGES, thickness=thickness / 2)
        for image, got, halfway in zip(padded(IMAGES), whole, half, strict=True):
            np.testing.assert_allclose(got, change(image, cross), atol=1e-6)
            np.testing.assert_allclose(halfway, (got + image) / 2, atol=1e-6)


def test_noise_inverts_one_pixel_in_ten() -> None:
    images = np.zeros((50, 28, 28), np.uint8)
    out = transform(images, noise=0.1, seed=1)
    white = np.isclose(out, 1.175)
    assert np.all(white | np.isclose(out, -0.1))
    assert white.mean() == pytest.approx(0.1, abs=0.005)
    assert not np.array_equal(out, transform(images, noise=0.1, seed=2))
    assert np.allclose(transform(images, noise=1.0), 1.175)
