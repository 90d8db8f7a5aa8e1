"""What do tests of training learn from? A few hundred drawn digits, of which a small network takes three classes."""

from __future__ import annotations

import numpy as np
import pytest

from lenet5 import datasets
from lenet5.datasets import Dataset


@pytest.fixture(scope="session")
def abc() -> Dataset:
    """Zeros, ones and twos under the names of the small network's outputs; three blocks of pictures."""
    drawn = datasets.load("drawn", count=4200)
    three = drawn.take(np.flatnonzero(drawn.labels < 3))
    assert 1024 < len(three) < 1536
    return Dataset("abc", three.images, three.labels, ("A", "B", "C"))
