"""Is an IDX file read as its bytes say, and refused where they do not add up?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.datasets.packed import read_idx
from lenet5.errors import DataError

# Two pictures of 2×3: magic with three dimensions, the dimensions, twelve bytes.
FILE = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, *range(12)])


def test_the_last_dimension_is_the_fastest() -> None:
    array = read_idx(FILE, "x")
    assert array.dtype == np.uint8
    assert array.tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "begins with nothing"),
        (b"\x89PNG\r\n\x1a\n", "begins with 89 50 4e 47; expected an IDX file"),
        (bytes([0, 0, 13, 1, 0, 0, 0, 0]), "unsigned bytes"),
        (bytes([0, 0, 8, 0]), "number of dimensions"),
        (FILE[:9], "within its own header"),
        (FILE[:-1], r"27 bytes; expected 28 for its shape \(2, 2, 3\)"),
        (FILE + b"\0", "29 bytes; expected 28"),
        (bytes([0, 0, 8, 4, *[255] * 16]), "expected 340,282,"),
    ],
)
def test_what_does_not_add_up_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_idx(data, "x")
