"""What do many tests need? Random numbers from a seed, pictures of noise, real data where there is any."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5.reference import scale


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers in every run."""
    return np.random.default_rng(1998)


@pytest.fixture
def pictures(rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise: it puts every unit to work, and no two of four inputs are equal."""
    return scale(rng.integers(0, 256, (2, 28, 28), dtype=np.uint8))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder that LENET5_DATA names, with mnist/ and the other sets; without it the test is skipped."""
    folder = os.environ.get("LENET5_DATA")
    if not folder:
        pytest.skip("LENET5_DATA names no folder of real data")
    if not Path(folder).is_dir():
        pytest.skip(f"LENET5_DATA names {folder!r}, which is no folder")
    return Path(folder)
