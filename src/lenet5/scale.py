"""The paper's scale: paper is −0.1, ink is 1.175, and two pixels of paper frame 28×28 to 32×32 (II-B).

Three ways to give a picture, everywhere in this package:

    uint8, (28, 28) or (32, 32)    0 for paper to 255 for ink
    float, (28, 28)                0 for paper to 1 for ink
    float, (32, 32)                in the paper's scale already
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import SIDE
from lenet5.errors import PictureError

__all__ = ["BACKGROUND", "FOREGROUND", "FRAME", "INNER", "SPAN", "ink", "scale", "to_scale"]

BACKGROUND, FOREGROUND = -0.1, 1.175
SPAN = 1.275  # from paper to ink
INNER = 28  # a picture of MNIST
FRAME = (SIDE - INNER) // 2
assert FRAME == 2
assert abs(BACKGROUND + SPAN - FOREGROUND) < 1e-15

_BYTES = np.dtype(np.uint8)
# float32, for the kernels.
_LOW, _GAIN, _GAIN_OF_A_BYTE = np.float32(BACKGROUND), np.float32(SPAN), np.float32(SPAN / 255)
_AS_IS = np.float32(0), np.float32(1)


def scale(images: NDArray[np.uint8] | NDArray[np.floating]) -> NDArray[np.float64]:
    """Pictures in the paper's scale, framed where they are 28×28.

    Args:
        images: uint8 (N, H, W), 0 for paper to 255 for ink; or float (N, 28, 28), 0 to 1; or float of another size,
            taken as scaled already.

    Returns:
        float64, (N, 32, 32) for (N, 28, 28) and else (N, H, W).

    Raises:
        PictureError: other shapes and types.
    """
    x = np.asarray(images)
    if x.ndim != 3 or not (x.dtype == _BYTES or np.issubdtype(x.dtype, np.floating)):
        raise PictureError(f"pictures {x.dtype} {x.shape}; expected uint8 or float, (N, 28, 28) or (N, H, W)")
    inner = x.shape[1:] == (INNER, INNER)
    if x.dtype == _BYTES or inner:
        x = BACKGROUND + SPAN * (x / (255.0 if x.dtype == _BYTES else 1.0))
    frame = FRAME if inner else 0
    return np.pad(x.astype(np.float64), ((0, 0), (frame,) * 2, (frame,) * 2), constant_values=BACKGROUND)


def ink(scaled: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Bytes of ink, 0 to 255, of pictures in the paper's scale; the same shape."""
    return np.asarray(np.rint(np.clip((scaled - BACKGROUND) / SPAN, 0, 1) * 255), np.uint8)


def to_scale(images: Any, *, square: bool) -> tuple[NDArray[Any], np.float32, np.float32, int]:
    """Pictures as the kernels take them: unscaled, with what scales them.

    Args:
        images: (N, 28, 28) or (N, 32, 32); where not `square`, (N, H, W) of at least 32×32, which get no frame.
        square: whether one place is read, or a whole row of them (VII).

    Returns:
        (array, low, gain, frame): pictures are low + gain·array, framed by `frame` pixels.

    Raises:
        PictureError: arrays that are not pictures.
    """
    try:
        array = np.asarray(images)
    except ValueError as error:
        raise PictureError(f"pictures that are no array ({error}); expected all of one shape") from error
    sides = array.shape[1:]
    _check_shape(array, square)
    frame = FRAME if sides == (INNER, INNER) else 0
    if array.dtype == _BYTES:
        low, gain = _LOW, _GAIN_OF_A_BYTE
    elif np.issubdtype(array.dtype, np.floating):
        with np.errstate(over="ignore"):  # what does not fit float32 is refused as infinite
            array = array.astype(np.float32, copy=False)
        low, gain = (_LOW, _GAIN) if frame else _AS_IS
        _check_range(array, bool(frame))
    else:
        raise PictureError(f"pictures of type {array.dtype}; expected uint8, 0 to 255, or float")
    array = np.ascontiguousarray(array)[:]
    array.setflags(write=False)  # one compiled kernel serves arrays that can be written and that cannot
    return array, low, gain, frame


def _check_shape(array: NDArray[Any], square: bool) -> None:
    sides = array.shape[1:]
    if sides in ((INNER, INNER), (SIDE, SIDE)) if square else len(sides) == 2 and min(sides) >= SIDE:
        return
    expected = "(N, 28, 28) or (N, 32, 32)" if square else "(N, H, W), H and W at least 32"
    rows = sides == (INNER * INNER,)
    what = "one picture" if array.ndim == 2 and not rows else "pictures"
    advice = ": give pictures.reshape(-1, 28, 28)" if rows else ": give picture[None]" if array.ndim == 2 else ""
    raise PictureError(f"{what} of shape {array.shape}; expected {expected}{advice}")


def _check_range(array: NDArray[np.float32], plain: bool) -> None:
    if not np.isfinite(array).all():
        raise PictureError("pictures with NaN or infinite values; expected finite numbers")
    if array.size and (array.max() > 4 or array.min() < -4):
        expected = "0 for paper to 1 for ink" if plain else f"{BACKGROUND} for paper to {FOREGROUND} for ink"
        raise PictureError(
            f"float pictures from {array.min():g} to {array.max():g}; expected {expected}: "
            f"divide pictures of 0 to 255 by 255, or give them as uint8"
        )
