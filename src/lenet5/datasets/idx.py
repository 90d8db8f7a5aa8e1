"""The IDX format, in which MNIST comes.

Four bytes (0, 0, the type of the numbers, how many dimensions), each dimension as a big-endian 32-bit number,
then the numbers, the last dimension fastest. MNIST's are all of type 8: unsigned bytes.
"""

from __future__ import annotations

import math
import struct

import numpy as np
from numpy.typing import NDArray

from lenet5.errors import DataError

__all__ = ["read_idx"]

UNSIGNED_BYTE = 8
MOST_DIMENSIONS = 4


def read_idx(data: bytes, name: str) -> NDArray[np.uint8]:
    """The array in the bytes of an uncompressed IDX file, in its own shape; messages call it `name`.

    Raises DataError for anything else, for other numbers than unsigned bytes, and for a file that is shorter
    or longer than its dimensions say.
    """
    if len(data) < 4 or data[:3] != bytes([0, 0, UNSIGNED_BYTE]) or not 1 <= data[3] <= MOST_DIMENSIONS:
        raise DataError(
            f"{name}: begins with {data[:4].hex(' ') or 'nothing'}; expected an IDX file of unsigned bytes, "
            f"which begins with 00 00 08 and its number of dimensions; fetch it again"
        )
    start = 4 + 4 * data[3]
    if len(data) < start:
        raise DataError(f"{name}: ends within its own header, after {len(data)} bytes; fetch it again")
    shape = struct.unpack(f">{data[3]}I", data[4:start])
    size = start + math.prod(shape)
    if len(data) != size:
        raise DataError(
            f"{name}: {len(data):,} bytes; expected {size:,} for its shape {shape}. "
            f"It is cut short or damaged; fetch it again"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape).copy()
