"""The codes that the output layer compares F6 with: the 7×12 bitmaps of Figure 3, one for each character.

The paper draws every ASCII character as a small picture of 84 pixels, black +1 and white −1, and makes that
picture the centre of the character's Euclidean RBF unit (section II-B). Characters that look alike get codes
that are alike, so that a confusion shows as a small difference of distances.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lenet5.errors import ArchitectureError

__all__ = ["CHARACTERS", "DIGITS", "HEIGHT", "NONE", "WIDTH", "bitmap", "codes", "farthest"]

WIDTH, HEIGHT = 7, 12
CLIMBS = 8  # to the farthest code
DIGITS = "0123456789"
NONE = " "  # the class that stands for none of the others: the space has a code as any character has

# Twelve rows of seven pixels, the top row first: two hexadecimal digits a row, the leftmost pixel in bit 6.
_ROWS = {
    " ": "000000000000000000000000",
    "!": "0c0c0c0c0c0c0c000c0c0000",
    '"': "363636360000000000000000",
    "#": "0036367f7f367f7f36360000",
    "$": "3e14143e773c1e17773e1400",
    "%": "7353760c0c18183765670000",
    "&": "3c6666663c3c6766663f0000",
    "'": "1e0e0e0c1800000000000000",
    "(": "0306040c0c0c0c0c0c040603",
    ")": "3018080c0c0c0c0c0c081830",
    "*": "00086b3e1c771c3e6b080000",
    "+": "00000c0c3f3f0c0c00000000",
    ",": "0000000000001e0e0e0c1800",
    "-": "000000007f7f000000000000",
    ".": "000000000000000c1e0c0000",
    "/": "0003070e0c0c0c0c1c383000",
    "0": "3e001c3663636363361c0000",
    "1": "0c1c3c0c0c0c0c0c0c3f0000",
    "2": "3e003e6343061c30607f0000",
    "3": "7f03060c1e030303633e0000",
    "4": "3e00003333736363673f0303",
    "5": "3e007f60603c1e03633e0000",
    "6": "1e3060607e736363733e0000",
    "7": "7f0303060c0c181818180000",
    "8": "3e6363633e636363633e0000",
    "9": "3e676363673f0303063c0000",
    ":": "00000c1e0c00000c1e0c0000",
    ";": "00000c1e0c001e0e0e0c1800",
    "<": "0003060c1830180c06030000",
    "=": "0000003f3f00003f3f000000",
    ">": "0030180c0603060c18300000",
    "?": "3e636303060c0c000c0c0000",
    "@": "003e7f676f69696f703f0000",
    "A": "3e2263637f63636363630000",
    "B": "3e60607e73636363737e0000",
    "C": "3e00003f70606060703f0000",
    "D": "3f03033f67636363673f0000",
    "E": "7f6160607c606060617f0000",
    "F": "3e3f3030307e303030300000",
    "G": "3e00003f606c6f6d613f0000",
    "H": "636363637f63636363630000",
    "I": "1e0c0c0c0c0c0c0c0c1e0000",
    "J": "3e0c0c001c0c0c0c0c6c6e7e",
    "K": "7e6060666c78786c66630000",
    "L": "6060606060606060617f0000",
    "M": "3e0000367f6b6b6363630000",
    "N": "3e00007e7363636363630000",
    "O": "3e00003e63636363633e0000",
    "P": "3e00007e73636363737e6060",
    "Q": "3e00003f67636363673f0303",
    "R": "7e6363637e7c666663630000",
    "S": "3e00003e633c1e03633e0000",
    "T": "7f0c0c0c0c0c0c0c0c0c0000",
    "U": "3e00006363636363673f0000",
    "V": "3e00006363636336361c0800",
    "W": "3e00006363636b6b7f360000",
    "X": "3e000063633e1c3e63630000",
    "Y": "3e000063636363673f03633e",
    "Z": "3e00007f060c1830607f0000",
    "[": "0f0c0c0c0c0c0c0c0c0c0f00",
    "\\": "0030381c0c0c0c0c0e070300",
    "]": "3c0c0c0c0c0c0c0c0c0c3c00",
    "^": "081c36630000000000000000",
    "_": "000000000000000000007f00",
    "`": "1e1c1c0c0600000000000000",
    "a": "0000003e033f6363673f0000",
    "b": "6060607e73636363737e0000",
    "c": "0000003f70606060703f0000",
    "d": "0303033f67636363673f0000",
    "e": "0000003e63637f60633e0000",
    "f": "1e333030307e303030300000",
    "g": "0000003e676363673f03633e",
    "h": "6060607e7363636363630000",
    "i": "000c0c001c0c0c0c0c1e0000",
    "j": "000c0c001c0c0c0c0c6c6e7e",
    "k": "606060666c78786c66630000",
    "l": "1c0c0c0c0c0c0c0c0c1e0000",
    "m": "000000367f6b6b6363630000",
    "n": "0000007e7363636363630000",
    "o": "0000003e63636363633e0000",
    "p": "0000007e73636363737e6060",
    "q": "0000003f67636363673f0303",
    "r": "0000007e7360606060600000",
    "s": "0000003e633c1e03633e0000",
    "t": "303030307f303030371e0000",
    "u": "0000006363636363673f0000",
    "v": "0000006363636336361c0800",
    "w": "0000006363636b6b7f360000",
    "x": "00000063633e1c3e63630000",
    "y": "00000063636363673f03633e",
    "z": "0000007f060c1830607f0000",
    "{": "03060c0c061c1c060c0c0603",
    "|": "000c0c0c0c0c0c0c0c0c0c00",
    "}": "30180c0c180e0e180c0c1830",
    "~": "00397f4e0000000000000000",
}

CHARACTERS = "".join(_ROWS)  # the 95 printable characters of ASCII, space first
assert len(CHARACTERS) == 95


def bitmap(character: str) -> NDArray[np.int8]:
    """The code of one character as a picture.

    Returns an int8 array of shape (12, 7): +1 where Figure 3 is black, −1 where it is white.
    Raises ArchitectureError for anything but one printable ASCII character.
    """
    if character not in _ROWS:
        raise ArchitectureError(
            f"no code for {character!r}: Figure 3 has one for each of the 95 printable ASCII characters, "
            f"from space to ~; give one of those"
        )
    rows = np.frombuffer(bytes.fromhex(_ROWS[character]), np.uint8)  # (12,)
    pixels = np.unpackbits(rows[:, None], axis=1)[:, 1:]  # (12, 7)
    return 2 * pixels.astype(np.int8) - 1


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
