"""The codes that the output layer compares F6 with: the 7×12 bitmaps of Figure 3, one for each character.

The paper draws every ASCII character as a small picture of 84 pixels, black +1 and white −1, and makes that
picture the centre of the character's Euclidean RBF unit (section II-B). Characters that look alike get codes
that are alike, so that a confusion shows as a small difference of distances.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lenet5.errors import ArchitectureError

__all__ = ["CHARACTERS", "DIGITS", "HEIGHT", "NONE", "WIDTH", "bitmap", "codes", "farthest"]

WIDTH, HEIGHT = 7, 12
CLIMBS = 8  # to the farthest code
DIGITS = "0123456789"
NONE = " "  # the class that stands for none of the others: the space has a code as any character has

# `codes.txt` draws them as Figure 3 does, sixteen beside each other: # is black, . is white.
CHARACTERS = "".join(map(chr, range(32, 127)))  # the 95 printable characters of ASCII, space first
_DRAWN = Path(__file__).with_name("codes.txt").read_text("utf-8").split("\n\n")
_BESIDE = (zip(*map(str.split, block.splitlines()), strict=True) for block in _DRAWN)
_PIXELS = dict(zip(CHARACTERS, ("".join(rows) for drawn in _BESIDE for rows in drawn), strict=True))


def bitmap(character: str) -> NDArray[np.int8]:
    """The code of one character as a picture.

    Returns an int8 array of shape (12, 7): +1 where Figure 3 is black, −1 where it is white.
    Raises ArchitectureError for anything but one printable ASCII character.
    """
    if character not in _PIXELS:
        raise ArchitectureError(f"no code for {character!r}; Figure 3 has printable ASCII, from space to ~: give those")
    pixels = np.frombuffer(_PIXELS[character].encode(), np.uint8).reshape(HEIGHT, WIDTH)
    return np.where(pixels == ord("#"), np.int8(1), np.int8(-1))


def codes(characters: str = DIGITS) -> NDArray[np.float32]:
    """The centres of the RBF units, one row for each character (paper, Figure 3 and eq. 7).

    Returns a float32 array of shape (len(characters), 84), values −1 and +1, rows of the bitmap from the top.
    """
    return np.array([bitmap(c) for c in characters], np.float32).reshape(-1, 84)


def farthest(known: NDArray[np.float32]) -> NDArray[np.float32]:
    """A code for a sign that Figure 3 does not have: as far as possible from the nearest of the known ones.

    known: (N, 84), values −1 and +1. Returns float32 (84,), the same each time.
    Not in the paper: climbs from opposites of codes, two pixels at a time, until the sum of 2^−differences over the
    codes gets no smaller; the nearest have most of it.
    """
    bits = known > 0
    best, least = ~bits[0], np.inf
    for code in ~bits[:CLIMBS]:
        near = np.inf
        while True:
            near_each = np.exp2(-(code != bits).sum(axis=1, dtype=float))  # (N,)
            turned = np.where(code == bits, 0.5, 2.0)  # (N, 84): what turning a pixel makes of it
            sums = (turned.T * near_each) @ turned  # (84, 84): with each pair of pixels turned
            sums[np.diag_indices(len(code))] = near_each @ turned
            i, j = divmod(int(sums.argmin()), len(code))
            if sums[i, j] >= near:
                break
            near = float(sums[i, j])
            code[[i, j]] = ~code[[i, j]]
        if near < least:
            best, least = code, near
    return np.where(best, 1, -1).astype(np.float32)
