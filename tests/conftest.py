"""What many tests need: random numbers from a seed, noise, real data where there is any; and which tests take long."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5.reference import scale

TESTS = Path(__file__).parent

# Marker: files and folders whose tests carry it. `make quick` leaves these out.
KINDS = {
    "processes": (
        "bench",
        "bulk",
        "cli/test_bar.py",
        "cli/test_cli.py",
        "cli/test_train.py",
        "formats/test_c.py",
        "kernels/test_compiled.py",
        "kernels/test_lanes.py",
        "server",
        "test_extras.py",
        "test_public.py",
    ),
    "slow": (
        "cli/test_reproduce.py",
        "formats/test_onnx.py",
        "formats/test_pytorch.py",
        "reading/school",
        "reproduce",
        "test_docs.py",
        "test_reference_derivatives.py",
        "test_sklearn.py",
        "test_torch.py",
        "training",
    ),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start a browser or other processes, or take long."""
    for item in items:
        place = item.path.relative_to(TESTS)
        for kind, places in KINDS.items():
            if any(place.is_relative_to(named) for named in places):
                item.add_marker(kind)
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


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
