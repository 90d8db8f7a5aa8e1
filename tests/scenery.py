"""What lies around writing in a photograph or a scan: dark corners, a table, the back of a book."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def dark_corners(picture: Picture, darkest: float = 0.3) -> Picture:
    """The picture as a lens shows it that leaves its corners dark: uint8 (H, W, 3)."""
    height, width = picture.shape[:2]
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    light = 1 - (1 - darkest) * (x**2 + y**2) / 2
    return np.asarray(picture * light[..., None], dtype=np.uint8)


def on_a_table(picture: Picture, margin: int, rng: np.random.Generator, dark: float = 60.0) -> Picture:
    """The sheet on a table of dark wood, that many pixels of it on every side."""
    height, width = picture.shape[:2]
    wood = dark + 8 * np.sin(np.arange(height + 2 * margin) / 3)[:, None] + rng.normal(0, 3, width + 2 * margin)
    table = np.repeat(wood[..., None], 3, axis=2) * (1.0, 0.75, 0.5)
    table[margin:-margin, margin:-margin] = picture
    return np.asarray(np.clip(table, 0, 255), dtype=np.uint8)


def beside_a_book(picture: Picture, width: int, rng: np.random.Generator) -> Picture:
    """The sheet with the black of a book's back at its left, as a scanner shows it."""
    back = np.clip(rng.normal(10, 5, (len(picture), width, 3)), 0, 255).astype(np.uint8)
    return np.concatenate([back, picture], axis=1)
