"""Files that hold the arrays of many pictures: IDX as MNIST's and its like, .npz and .npy, as labelled pictures.

An IDX file has four bytes (0, 0, the type of the numbers, how many dimensions), each dimension as a big-endian 32-bit
number, then the numbers, the last dimension fastest. MNIST's are all of type 8: unsigned bytes.
"""

from __future__ import annotations

import io
import lzma
import math
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.form import Labelled, Parts, as_pictures
from lenet5.errors import DataError
from lenet5.files import GZIP_MAGIC, gunzip, listed, read_bounded

MOST_BYTES = 2 << 30  # of a file, unpacked
UNSIGNED_BYTE, MOST_DIMENSIONS = 8, 4  # of IDX files
IMAGES = re.compile(r"(?P<set>.*?)[-_.]?(?P<part>train|t10k|test)-images[-.]idx3-ubyte(?P<packed>\.gz)?")
JUDGE = ("t10k", "test")
# What arrays are called in .npz files, and how the files of .npy pictures and labels are.
PICTURES, LABELS = ("images", "imgs", "x", "data"), ("labels", "y", "targets", "target")
# What NumPy and zipfile raise where a file is damaged: a header that is cut, claims too much, or is locked.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, KeyError, RuntimeError, MemoryError,
    OverflowError, TokenError,
)  # fmt: skip


def idx_parts(path: Path) -> Parts:
    """The parts of IDX files: of a folder that holds those of one set, or of the set that a file belongs to."""
    place = path if os.path.isdir(path) else path.parent
    found = {file.name: match for file in listed(place, error=DataError) if (match := IMAGES.fullmatch(file.name))}
    if not os.path.isdir(path):
        if path.name not in found:
            return {}
        found = {name: match for name, match in found.items() if match["set"] == found[path.name]["set"]}
    if len(sets := sorted({match["set"] for match in found.values()})) > 1:
        raise DataError(f"{path}: the files of several sets ({', '.join(sets)}); give one of the files: {min(found)}")
    return {
        "test" if match["part"] in JUDGE else "train": partial(_idx, place / name, match)
        for name, match in sorted(found.items())
    }


def _idx(images: Path, match: re.Match[str]) -> Labelled:
    labels = images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))
    if not os.path.exists(labels):
        labels = labels.with_suffix("") if labels.suffix == ".gz" else labels.with_name(labels.name + ".gz")
    array, given = (read_idx(_unpacked(file), str(file)) for file in (images, labels))
    if array.ndim != 3 or given.shape != (len(array),):
        raise DataError(f"{images}: shapes {array.shape} and {given.shape}; expected (N, H, W) and (N,)")
    names = _mapping(images.with_name(f"{match['set']}-mapping.txt"))
    called = [names.get(int(label), str(label)) for label in given]
    name = f"{match['set'] or images.parent.name} {match['part']}"
    return Labelled(name, array, called, called=lambda i: f"{images}, picture {i}", transposed="emnist" in name.lower())


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


def _mapping(path: Path) -> dict[int, str]:
    """What EMNIST's labels stand for: a row has a label and the codes of its characters."""
    if not os.path.exists(path):
        return {}
    rows = read_bounded(path, 1 << 16, error=DataError).decode("ascii", "replace").splitlines()
    try:
        return {int(label): chr(int(code)) for label, code, *_ in (row.split() for row in rows if row.strip())}
    except (ValueError, OverflowError) as error:
        raise DataError(f"{path}: {error}; expected rows of a label and the code of a character") from error


def array_parts(path: Path) -> Parts:
    """The parts of an .npz file that holds pictures and labels, or of a pair of .npy files, as x.npy and y.npy."""
    if path.suffix == ".npz" and os.path.isfile(path):
        return _by_part(read_npz(path), str(path), path.name)
    place = path.parent if path.suffix == ".npy" and os.path.isfile(path) else path
    names = {file.stem: file for file in listed(place, error=DataError) if file.suffix == ".npy"}
    return _by_part({name: _npy(file) for name, file in names.items()}, str(path), path.name) if names else {}


def _by_part(arrays: Mapping[str, NDArray[Any]], place: str, name: str) -> Parts:
    """Arrays named such as x_train, y_train, x_test, y_test, or images and labels."""
    found: dict[str, dict[str, NDArray[Any]]] = {}
    for key, array in arrays.items():
        words = [word for word in re.split(r"[^a-z0-9]+", key.lower()) if word]
        part = next((part for part in ("train", "test", "val") if part in words), "")
        kind = next((k for k, known in (("x", PICTURES), ("y", LABELS)) if set(words) & set(known)), None)
        if kind:
            found.setdefault("test" if part == "val" else part, {})[kind] = array
    if not found or any(set(pair) != {"x", "y"} for pair in found.values()):
        raise DataError(
            f"{place}: arrays {', '.join(sorted(arrays)) or 'none'}; expected pictures and labels: images and labels, "
            f"x and y, or x_train, y_train, x_test and y_test, in one .npz file or in .npy files side by side"
        )

    def labelled(part: str) -> Labelled:
        x, y = found[part]["x"], found[part]["y"]
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if y.shape != (len(x),):
            raise DataError(
                f"{place}: {len(x):,} pictures and labels of shape {y.shape}; expected one for each (of "
                "one-hot rows give their argmax(axis=1))"
            )
        return Labelled(f"{name} {part}".rstrip(), as_pictures(x, place), y, called=lambda i: f"{place}, picture {i}")

    return {part: partial(labelled, part) for part in found}


def read_npz(path: str | os.PathLike[str], limit: int = MOST_BYTES) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file by their names. Raises DataError where it is none, or unpacks to more bytes."""
    data = read_bounded(path, limit, error=DataError)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if (size := sum(info.file_size for info in archive.infolist())) > limit:
                raise DataError(f"{path}: unpacks to {size:,} bytes; expected at most {limit:,}")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        return {name: array for name, array in found.items() if isinstance(array, np.ndarray)}  # no other file
    except DAMAGED as error:
        raise DataError(f"{path}: no .npz file of plain arrays ({error}); save names as labels.astype(str)") from error


def _npy(path: Path) -> NDArray[Any]:
    try:
        array = np.load(io.BytesIO(read_bounded(path, MOST_BYTES, error=DataError)), allow_pickle=False)
    except DAMAGED as error:
        raise DataError(f"{path}: no .npy file of a plain array ({error}); write it by np.save") from error
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path}: an .npz file; name it so")
    return array


def _unpacked(path: Path) -> bytes:
    data = read_bounded(path, MOST_BYTES, error=DataError)
    return gunzip(data, MOST_BYTES, str(path), error=DataError) if data.startswith(GZIP_MAGIC) else data
