"""A picture as the bytes of a file."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from numpy.typing import NDArray


def png(pixels: NDArray[np.uint8], level: int = 1) -> bytes:
    """A PNG file of pixels, (H, W) or (H, W, 3); level: 0 to 9, the higher the smaller and the slower."""
    turned = pixels if pixels.ndim == 2 else pixels[..., ::-1]
    return cv2.imencode(".png", turned, [cv2.IMWRITE_PNG_COMPRESSION, level])[1].tobytes()


def address(pixels: NDArray[np.uint8]) -> str:
    """The same as a data address, for a page of HTML."""
    return "data:image/png;base64," + base64.b64encode(png(pixels, 9)).decode()
