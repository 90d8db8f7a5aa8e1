"""A picture that was saved opens again as it was."""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.pictures.opening import open_pages
from lenet5.pictures.saving import address, png


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_a_saved_picture_opens_as_it_was(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    for saved in (png(pixels), png(pixels, 9), address(pixels)):
        (found,) = open_pages(saved)
        np.testing.assert_array_equal(found, pixels)
