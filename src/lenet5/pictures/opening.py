"""Opening a picture as an array of pixels, from a path, bytes, a file, a data URL, an image or an array.

What a file says of itself is believed only after its bytes and pixels were counted; the decoders are Pillow's,
and of those only the formats that hold pictures and run nothing. A file may hold several pages.
"""

from __future__ import annotations

import base64
import io
import math
import os
import re
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from lenet5.errors import PictureError, extra, telling
from lenet5.files import read_bounded

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 64 * 1024 * 1024
PILLOWS = 178_956_970  # pixels; more are refused by Pillow itself
MIN_SIDE = 5  # under that no digit can be told from another
MAX_ASPECT = 100
WHITES = (1, 16, 255, 1023, 4095, 16383, 65535)  # of masks and fractions, of scikit-learn's digits, of 8 to 16 bits
RINGING = 0.1  # a resized picture goes over its white, and below its black, by a share of it
LEAST_SIDE = 20  # pixels that a picture is enlarged to
DIGIT_SIDE = 400  # a picture of one digit needs no more pixels a side
PAGE_SIDE = 2000
PDF_DOTS = 150  # an inch: a handwritten digit is then some 30 pixels high, and an A4 page has 2 million pixels

_PDFIUM = Lock()  # PDFium is not made for several threads

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+:/)/*", re.IGNORECASE)  # a Path has lost one of the two slashes
LONGEST_PATH = 4096  # characters

FORMATS = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "PPM")
SUFFIXES = frozenset((
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".gif", ".bmp", ".webp", ".ppm", ".pgm", ".pbm",
    ".pnm", ".pdf", ".heic", ".heif", ".hif",
))  # fmt: skip

# ISO 14496-12: what a file of HEIF says that it is, in its bytes 4 to 12.
_HEIF = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))

# What `Reader.read` takes: a path, the bytes of a file, an open file, a data URL, a PIL image, or an array.
Picture = Any  # str | os.PathLike[str] | bytes | BinaryIO | PIL.Image.Image | NDArray


@dataclass(frozen=True)
class Limits:
    """How many pages a file may have, and how many pixels on all of them. A million pixels take up to 24 MB.

    Raises PictureError for numbers that make no sense.
    """

    pages: int = 64
    pixels: int = 64_000_000

    def __post_init__(self) -> None:
        if not (self.pages >= 1 and MIN_SIDE**2 <= self.pixels <= PILLOWS):
            raise PictureError(
                f"limits of {self.pages} pages, {self.pixels:,} pixels; expected at least 1, and {MIN_SIDE**2} to "
                f"{PILLOWS:,}"
            )

    def check(self, pages: int, pixels: int, name: str) -> None:
        """Raises PictureError for a file of more."""
        if pages > self.pages:
            raise PictureError(f"{name} has over {self.pages} pages; split it")
        if pixels > self.pixels and pages > 1:
            raise PictureError(f"{name} has over {self.pixels:,} pixels on its {pages} pages; split it")

    def check_size(self, width: int, height: int, name: str) -> None:
        """Raises PictureError for a page of more pixels, or too small or too long to be read."""
        if width * height > self.pixels:
            raise PictureError(f"{name} has {width}×{height} pixels; expected at most {self.pixels:,}: make it smaller")
        if min(width, height) < MIN_SIDE:
            raise PictureError(f"{name} has {width}×{height} pixels; expected at least {MIN_SIDE} on each side")
        if max(width, height) > MAX_ASPECT * min(width, height):
            raise PictureError(
                f"{name} has {width}×{height} pixels; expected no side over {MAX_ASPECT} times the other: "
                f"cut out the part with the digits"
            )


LIMITS = Limits()


def open_pages(source: Any, limits: Limits = LIMITS) -> list[NDArray[np.uint8]]:
    """Every page of a picture as uint8 (H, W) or (H, W, 3), turned as its EXIF tag says, on opaque paper.

    source: a path, bytes, a file that is open for reading bytes, a data URL, a PIL image, or an array (H, W),
    (1, H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of bool, integers or floats, whose white is the smallest of WHITES
    that no value passes.
    Raises PictureError for what is no picture, is damaged, or has more than MAX_BYTES or `limits`.
    """
    name = "the picture"  # where it has no path
    if isinstance(source, str) and source[:5].lower() == "data:":
        return _decode(_in_data_url(source), "the data URL", limits)
    if isinstance(source, str | os.PathLike):
        path = _local(os.fsdecode(source))
        return _decode(_checked(read_bounded(path, MAX_BYTES, error=PictureError), str(path)), str(path), limits)
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(bytes(source), name, limits)
    if isinstance(source, np.ndarray):
        return [_from_array(source, name, limits)]
    if hasattr(source, "getexif") and hasattr(source, "convert"):
        return [_from_image(source, name, limits)]
    if callable(getattr(source, "read", None)):
        called = getattr(source, "name", None)
        name = called if isinstance(called, str) and called else name
        return _decode(_read_file(source, name), name, limits)
    raise PictureError(f"{name} is a {type(source).__name__}; expected a path, bytes, a file, a PIL image or an array")


def sized(pixels: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], float]:
    """The picture with at most `side` pixels a side and at least LEAST_SIDE, and how many times as long its sides are.

    Strokes of one pixel are as thin as noise, and seams cannot pass between them. Greys that are dots become greys.
    """
    import cv2

    from lenet5.pictures.dither import undithered

    pixels = undithered(pixels)
    height, width = pixels.shape[:2]
    scale = min(max(1.0, LEAST_SIDE / min(height, width)), side / max(height, width))
    if scale == 1:
        return pixels, 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=how)), scale


def _in_data_url(url: str) -> bytes:
    """The bytes in a data URL of base64, as a canvas gives it."""
    head, _, text = url.partition(",")
    if not head.lower().endswith(";base64") or not text:
        raise PictureError(f"a data URL that begins {url[:60]!r}; expected data:image/png;base64,… with a picture")
    if len(text) > MAX_BYTES * 4 // 3:
        raise PictureError(f"a data URL with more than {MAX_BYTES >> 20} MiB; make the picture smaller")
    try:
        return base64.b64decode("".join(unquote(text).split()), validate=True)
    except ValueError as error:
        raise PictureError(f"a data URL whose base64 is damaged ({error}); send it whole") from error


def _local(text: str) -> Path:
    """The path of a file on this machine."""
    if len(text) > LONGEST_PATH:
        raise PictureError(f"{text[:40]}… has {len(text):,} characters; expected a path, bytes, or a data URL")
    if (scheme := _ADDRESS.match(text)) and not os.path.lexists(text):
        whole = text if "://" in text else f"{scheme[1]}/{text[scheme.end() :]}"
        raise PictureError(f"{whole} is an address, and nothing is fetched; download it first, and give the file")
    return Path(text)


def _read_file(file: Any, name: str) -> bytes:
    """All that an open file holds, never more than MAX_BYTES."""
    parts: list[bytes] = []
    left = MAX_BYTES + 1
    with telling(PictureError, f"{name} cannot be read"):
        if callable(getattr(file, "seekable", None)) and file.seekable():
            file.seek(0)  # who has just written it stands at its end
        while left > 0 and (part := file.read(left)):
            if not isinstance(part, bytes | bytearray):
                getattr(part, "close", lambda: None)()  # a coroutine that nobody will wait for
                raise PictureError(
                    f"{name} gives {type(part).__name__}, no bytes; open files with 'rb', await what has to be awaited"
                )
            parts.append(bytes(part))
            left -= len(part)
    return _checked(b"".join(parts), name)


def _checked(data: bytes, name: str) -> bytes:
    if len(data) > MAX_BYTES:
        raise PictureError(f"{name} has more than {MAX_BYTES >> 20} MiB; make the picture smaller")
    if not data:
        raise PictureError(f"{name} is empty (0 bytes); expected a picture")
    return data


def _decode(data: bytes, name: str, limits: Limits) -> list[NDArray[np.uint8]]:
    if data[:5] == b"%PDF-":
        return _decode_pdf(data, name, limits)
    if data[4:12] in _HEIF:
        return [_decode_heif(data, name, limits)]
    from PIL import Image, UnidentifiedImageError

    with telling(PictureError, f"{name} is damaged or cut short"):
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return _frames(image, name, limits)
        except UnidentifiedImageError as error:
            raise PictureError(f"{name} is no picture; expected one of {', '.join(FORMATS)}, HEIC or PDF") from error
        except Image.DecompressionBombError as error:
            raise PictureError(
                f"{name} has over {PILLOWS:,} pixels; expected at most {limits.pixels:,}: make it smaller"
            ) from error


def _frames(image: Image.Image, name: str, limits: Limits) -> list[NDArray[np.uint8]]:
    """Pages of a TIFF; of anything animated, the first picture."""
    pages, arrays, pixels = 1, [], 0
    with suppress(EOFError):
        while image.format == "TIFF":  # whose n_frames takes minutes for a file that is made to take long
            image.seek(pages)
            pages += 1
            limits.check(pages, 0, name)
    for page in range(pages):
        image.seek(page)
        pixels += image.width * image.height
        limits.check_size(image.width, image.height, name)
        limits.check(pages, pixels, name)
        arrays.append(_from_image(image, name, limits))
    return arrays


def _decode_heif(data: bytes, name: str, limits: Limits) -> NDArray[np.uint8]:
    """The main picture of a HEIC file, as telephones save them."""
    with extra("pillow-heif", "heif", name):
        import pillow_heif
    with telling(PictureError, f"{name} is damaged or cut short"):
        heif = pillow_heif.open_heif(data)
        limits.check_size(heif.size[0], heif.size[1], name)  # its pixels are not decoded yet
        return _from_image(heif.to_pillow(), name, limits)


def _decode_pdf(data: bytes, name: str, limits: Limits) -> list[NDArray[np.uint8]]:
    """Pages of a PDF, as a scanner of PDF_DOTS an inch would give them."""
    with extra("pypdfium2", "pdf", name):
        import pypdfium2
    arrays, pixels, scale = [], 0, PDF_DOTS / 72  # a PDF's unit is 1/72 inch
    locked = telling(PictureError, f"{name} is a damaged or locked PDF")
    with locked, _PDFIUM, closing(pypdfium2.PdfDocument(data)) as document:
        if not len(document):
            raise PictureError(f"{name} has no pages; expected a page with digits")
        limits.check(len(document), 0, name)
        for number in range(len(document)):
            with closing(document[number]) as page:
                width, height = (math.ceil(side * scale) for side in page.get_size())
                pixels += width * height
                limits.check_size(width, height, name)
                limits.check(len(document), pixels, name)
                arrays.append(_from_image(page.render(scale=scale).to_pil(), name, limits))
    return arrays


def _from_image(image: Image.Image, name: str, limits: Limits) -> NDArray[np.uint8]:
    from PIL import ImageOps

    limits.check_size(image.width, image.height, name)
    with telling(PictureError, f"{name} is damaged or cut short"):
        turned = ImageOps.exif_transpose(image)
        if turned.mode.startswith(("I", "F")):
            return _from_array(np.asarray(turned), name, limits)
        if "A" in turned.getbands() or "transparency" in turned.info:
            return _from_array(np.asarray(turned.convert("RGBA")), name, limits)
        if turned.mode in ("1", "L"):
            return np.asarray(turned.convert("L"))
        return np.asarray(turned.convert("RGB"))


def _from_array(array: NDArray[Any], name: str, limits: Limits) -> NDArray[np.uint8]:
    while array.ndim in (3, 4) and array.shape[0] == 1:  # one picture of a batch, or one channel before the places
        array = array[0]
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or channels not in (1, 3, 4):
        advice = ": give each of several pictures by itself, and channels last" if array.ndim in (3, 4) else ""
        raise PictureError(f"{name} has shape {array.shape}; expected (H, W), (H, W, 3) or (H, W, 4){advice}")
    limits.check_size(array.shape[1], array.shape[0], name)
    if array.ndim == 3 and channels == 1:
        array = array[:, :, 0]
    pixels = to_bytes(array, name)
    return _flatten(pixels) if channels == 4 else pixels


def to_bytes(array: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """8 bits a channel, from any depth: the white is the smallest of WHITES that no value passes."""
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == bool:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind not in "iuf":
        raise PictureError(f"{name} has values of type {array.dtype}; expected integers or floats")
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise PictureError(f"{name} has values that are not finite (NaN or infinite); expected numbers")
    lowest, highest = float(values.min()), float(values.max())
    # An integer picture whose largest value is 1 is a mask.
    full = next((full for full in WHITES if highest <= (1 + RINGING) * full), highest)
    if lowest < (-RINGING * full if array.dtype.kind == "f" else 0):
        raise PictureError(f"{name} has values down to {lowest:g}; expected 0 to 1, to 255 or to 65535")
    values *= 255 / full
    return np.asarray(np.rint(values.clip(0, 255, out=values), out=values), dtype=np.uint8)


def _flatten(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Onto white, or onto black where what is drawn is light, so that ink never vanishes into the paper."""
    alpha = rgba[:, :, 3:].astype(np.uint16)  # (H, W, 1)
    drawn = int(alpha.sum(dtype=np.int64))
    if not drawn:
        return np.full(rgba.shape[:2], 255, np.uint8)
    mixed = rgba[:, :, :3] * alpha  # (H, W, 3); a stranger's picture may be large, and floats take twice the room
    mean = float(mixed.sum(dtype=np.int64)) / (3 * drawn)
    transparent = drawn < 0.99 * 255 * alpha.size
    paper = np.uint16(0 if transparent and mean > 160 else 255)
    mixed += paper * (255 - alpha) + 127  # for rounding
    mixed //= 255
    return mixed.astype(np.uint8)
