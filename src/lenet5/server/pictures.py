"""Pictures from the bodies of requests: a file, or the ink itself as bytes or as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from fastapi import Request
from numpy.typing import NDArray

from lenet5.errors import PictureError
from lenet5.pictures.ink import find_ink
from lenet5.pictures.normalise import FIELD, normalise
from lenet5.pictures.opening import DIGIT_SIDE, LIMITS, Limits, open_pages, sized

LARGEST_SIDE = 1024  # of ink that is sent as numbers

_INK = {
    "type": "object",
    "required": ["image"],
    "properties": {
        "image": {
            "type": "array",
            "description": "rows of ink, 0 for paper to 255; 28×28 stays as it is, other sizes are normalised",
            "items": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}},
        }
    },
    "example": {"image": [[0] * 28] * 8 + [[0] * 13 + [255] * 2 + [0] * 13] * 12 + [[0] * 28] * 8},
}
FILE = {"type": "string", "format": "binary"}
# Bodies with one digit, for the OpenAPI description.
DIGIT = {
    "application/json": {"schema": _INK},
    "application/octet-stream": {
        "schema": {**FILE, "description": "side·side bytes of ink, 0 for paper to 255, row by row"}
    },
    "image/png": {"schema": FILE},
    "image/jpeg": {"schema": FILE},
}
BODY = {"requestBody": {"required": True, "content": DIGIT}}


def kind_of(request: Request) -> str:
    """The media type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def ink_of(kind: str, body: bytes, limits: Limits = LIMITS) -> NDArray[Any]:
    """The ink (H, W) in a body of this media type. Raises PictureError."""
    if kind == "application/json":
        return _from_json(body)
    if kind == "application/octet-stream":
        side = math.isqrt(len(body))
        if side * side != len(body) or not 5 <= side <= LARGEST_SIDE:
            raise PictureError(
                f"{len(body)} bytes of ink; expected side·side, the side 5 to {LARGEST_SIDE}; "
                f"send a file as its own media type, such as image/png"
            )
        return np.frombuffer(body, np.uint8).reshape(side, side)
    if kind.startswith("image/"):
        return find_ink(sized(open_pages(body, limits)[0], DIGIT_SIDE)[0]).ink
    raise PictureError(f"a body of type {kind[:80]!r}; expected image/…, application/octet-stream or application/json")


def glyph(ink: NDArray[Any]) -> NDArray[np.uint8]:
    """One digit as in MNIST, uint8 (28, 28). Ink that is 28×28 already stays as it is."""
    if ink.shape == (FIELD, FIELD):
        return ink if ink.dtype == np.uint8 else np.asarray(np.rint(np.clip(ink, 0, 1) * 255), dtype=np.uint8)
    return normalise(ink)


def _from_json(body: bytes) -> NDArray[np.uint8]:
    try:
        rows = json.loads(body)["image"]
        array = np.array(rows)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise PictureError('a body that is not {"image": [[…], …]}; expected rows of ink, 0 to 255') from error
    if array.ndim != 2 or min(array.shape) < 5 or max(array.shape) > LARGEST_SIDE or array.dtype.kind != "i":
        raise PictureError(f"image of shape {array.shape}; expected rows of whole numbers, 5 to {LARGEST_SIDE} a side")
    if array.min() < 0 or array.max() > 255:
        raise PictureError(f"ink from {array.min()} to {array.max()}; expected 0 for paper to 255")
    return array.astype(np.uint8)
