"""The paper's scale: paper is −0.1, ink is 1.175, and two pixels of paper frame 28×28 to 32×32 (II-B).

Three ways to give a picture, everywhere in this package:

    uint8, (28, 28) or (32, 32)    0 for paper to 255 for ink
    float, (28, 28)                0 for paper to 1 for ink
    float, (32, 32)                in the paper's scale already

Pictures that were prepared in another way are answered too, and nearly all of them wrongly: there is no other way to
notice it than to look at them (`doubt`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.architecture import SIDE
from lenet5.errors import PictureError

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
_SQUARES = (INNER, INNER), (SIDE, SIDE)

LOOKED_AT = 8  # calls of a network whose pictures are looked at: a program prepares all of its pictures alike
SOME = 64  # pictures of a call that are looked at
ENOUGH = 32  # pictures that tell digits from digits on their side
OUTSIDE = 0.25  # of the way from paper to ink: pictures that were resized go less far out of their range
# Measured on MNIST's training pictures, digits drawn here, and two other hands. One picture's mean and edge: as they
# are at most 0.18, black on white at least 0.59. The log of height over width, of 32: as they are at least −0.12,
# even of one digit alone; of all digits on their side at most −0.37.
DARK, LYING = 0.55, -0.25
_MNIST = (-0.1307 / 0.3081, (1 - 0.1307) / 0.3081)  # paper and ink as torchvision's examples normalise them


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


def to_scale(images: Any, *, square: bool) -> tuple[NDArray[Any], np.float32, np.float32]:
    """Pictures as the kernels take them: unscaled, with what scales them.

    images: (N, 28, 28) or (N, 32, 32); where not `square`, (N, H, W) of at least 32×32, which get no frame. One more
        axis of length 1, channels first or last, is passed over; bool and whole numbers become bytes.
    square: whether one place is read, or a whole row of them (VII).
    Returns (array, low, gain): pictures are low + gain·array, in a frame of `low` where they are smaller than 32×32.
    Raises PictureError for arrays that are not pictures.
    """
    try:
        array = np.asarray(images)
    except ValueError as error:
        raise PictureError(f"pictures that are no array ({error}); expected all of one shape") from error
    if array.ndim == 4 and 1 in (array.shape[1], array.shape[3]):  # one channel, before the places or after them
        array = array[:, 0] if array.shape[1] == 1 else array[..., 0]
    sides = array.shape[1:]
    if sides not in _SQUARES if square else len(sides) != 2 or min(sides) < SIDE:
        raise PictureError(_misshapen(array, square))
    if array.dtype != _BYTES and array.dtype.kind in "biu":
        array = _bytes(array)
    framed = sides == (INNER, INNER)
    if array.dtype == _BYTES:
        low, gain = _LOW, _GAIN_OF_A_BYTE
    elif np.issubdtype(array.dtype, np.floating):
        with np.errstate(over="ignore"):  # what does not fit float32 is refused as infinite
            array = array.astype(np.float32, copy=False)
        low, gain = (_LOW, _GAIN) if framed else _AS_IS
        _check_range(array, framed)
    else:
        raise PictureError(f"pictures of type {array.dtype}; expected uint8, 0 to 255, or float")
    return np.ascontiguousarray(array), low, gain


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Bool as paper and ink, whole numbers as they are; those of 0 and 1 alone as bool."""
    lowest, highest = (int(array.min()), int(array.max())) if array.size else (0, 0)
    if lowest < 0 or highest > 255:
        raise PictureError(f"pictures of whole numbers from {lowest} to {highest}; expected 0 for paper to 255 for ink")
    return array.astype(np.uint8) * np.uint8(255 if highest == 1 else 1)


def _misshapen(array: NDArray[Any], square: bool) -> str:
    rows = array.shape[1:] == (INNER * INNER,)
    expected = "(N, 28, 28) or (N, 32, 32)" if square else "(N, H, W), H and W at least 32"
    what = "one picture" if array.ndim == 2 and not rows else "pictures"
    advice = ": give pictures.reshape(-1, 28, 28)" if rows else ": give picture[None]" if array.ndim == 2 else ""
    advice = advice or (": lenet5.Reader reads files" if array.ndim == 0 else "")
    return f"{what} of shape {array.shape}; expected {expected}{advice}"


def _check_range(array: NDArray[np.float32], plain: bool) -> None:
    if not np.isfinite(array).all():
        raise PictureError("pictures with NaN or infinite values; expected finite numbers")
    if array.size and (array.max() > 4 or array.min() < -4):
        expected = "0 for paper to 1 for ink" if plain else f"{BACKGROUND} for paper to {FOREGROUND} for ink"
        raise PictureError(
            f"float pictures from {array.min():g} to {array.max():g}; expected {expected}: "
            f"divide pictures of 0 to 255 by 255, or give them as uint8"
        )


class PictureWarning(UserWarning):
    """Pictures that a network takes, and that look as if they were meant otherwise."""


def doubt(images: Any) -> str:
    """What these pictures look like, and what to do about it, in a line for a warning; "" where they look right.

    images: pictures that a network takes, (N, 28, 28) or (N, 32, 32), uint8 or float. That they are black on white, or
        normalised, shows in a single one; that they are turned over their diagonal, in 32.
    """
    array = np.asarray(images)
    array = array.reshape(len(array), *(side for side in array.shape[1:] if side != 1))
    some = array[:: len(array) // SOME + 1].astype(np.float32)  # (n, H, W)
    if not some.size:
        return ""
    if array.dtype.kind == "f":
        lowest, highest = float(some.min()), float(some.max())
        if array.shape[1] != INNER:
            some = (some - BACKGROUND) / SPAN
        if some.min() < -OUTSIDE or some.max() > 1 + OUTSIDE:
            return _normalised(lowest, highest)
    else:
        some /= max(1.0, float(some.max())) if array.dtype.kind in "bi" and some.max() <= 1 else 255.0
    edge = np.concatenate([some[:, [0, -1]], some[:, :, [0, -1]].transpose(0, 2, 1)], axis=1)
    if min(float(edge.mean()), float(some.mean())) > DARK:
        full = "255" if array.dtype.kind in "iu" else "1" if array.shape[1] == INNER else f"{BACKGROUND + FOREGROUND:g}"
        return f"pictures that look black on white; expected ink light on dark paper: give {full} − pictures"
    if len(some) >= ENOUGH and _height_over_width(some) < LYING:
        return (
            "digits that look turned over their diagonal, as the files of EMNIST are; "
            "give pictures.transpose(0, 2, 1), unless the network was trained on such"
        )
    return ""


def _normalised(lowest: float, highest: float) -> str:
    given = (
        f"float pictures from {lowest:.2f} to {highest:.2f}, which look normalised; expected 0 for paper to 1 for ink"
    )
    if abs(lowest - _MNIST[0]) < 0.01 and highest < _MNIST[1] + 0.01:
        return f"{given}: give pictures * 0.3081 + 0.1307, or leave Normalize((0.1307,), (0.3081,)) out"
    return f"{given}: leave the normalising out"


def _height_over_width(some: NDArray[np.float32]) -> float:
    """The mean log of how far ink (n, H, W) is spread from the top to the bottom, over from left to right."""
    spread = []
    for axis in (2, 1):
        profile = some.sum(axis=axis)  # (n, H), (n, W)
        share = profile / (profile.sum(axis=1, keepdims=True) + 1e-6)
        at = np.arange(share.shape[1], dtype=np.float32)
        spread.append(share @ at**2 - (share @ at) ** 2)
    return float(np.log((spread[0] + 0.1) / (spread[1] + 0.1)).mean())
