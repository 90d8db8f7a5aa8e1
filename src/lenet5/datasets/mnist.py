"""MNIST from the folder that LENET5_DATA names, or from the internet, recognised by its bytes.

Its four files are recognised by the SHA-256 of their uncompressed bytes, so that any compression of them will
do, and none that differs in a single bit. Who wrote each picture is known from QMNIST, whose authors traced
every one back to its form (Yadav and Bottou 2019); their tables are in the order of MNIST's files.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import textwrap
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lenet5.codes import DIGITS
from lenet5.datasets.dataset import Dataset, Progress
from lenet5.datasets.packed import read_idx
from lenet5.errors import DataError, LeNetError
from lenet5.files import GZIP_MAGIC, cache_folder, gunzip, make_folder, read_bounded, write_atomically

ENVIRONMENT = "LENET5_DATA"
SECONDS_OF_SILENCE = 20


class _Source(NamedTuple):
    """One file: where it is found, and how it is known to be the right one."""

    folder: str
    name: str
    size: int  # uncompressed
    sha256: str  # of the uncompressed bytes


_MNIST, _QMNIST = "mnist", "qmnist_labels"
_MIRRORS = {
    _MNIST: ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    _QMNIST: ("https://raw.githubusercontent.com/facebookresearch/qmnist/master/",),
}
_FILES = {
    ("train", "images"): _Source(_MNIST, "train-images-idx3-ubyte", 47_040_016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    ("train", "labels"): _Source(_MNIST, "train-labels-idx1-ubyte", 60_008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    ("train", "writers"): _Source(_QMNIST, "qmnist-train-labels.tsv", 1_477_471,
        "d12becc9bddd68fc45d52ddaa7868aa49dc4c7080d65b51ce6cf12ecdfbabd5c"),
    ("test", "images"): _Source(_MNIST, "t10k-images-idx3-ubyte", 7_840_016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    ("test", "labels"): _Source(_MNIST, "t10k-labels-idx1-ubyte", 10_008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ("test", "writers"): _Source(_QMNIST, "qmnist-test-labels.tsv", 1_501_745,
        "eb655936ef35473cf5b3df22bcb474433a6211ecdffd3ff670651f3167bdf6b6"),
}  # fmt: skip


def mnist(part: Literal["train", "test"], progress: Progress | None = None) -> Dataset:
    """MNIST's 60,000 pictures for training or 10,000 for testing, in the order of its files.

    With LENET5_DATA in the environment they are read from that folder, or from `mnist/` and `qmnist_labels/`
    in it, gzipped or not, and nothing is downloaded. Without it they come from the user's cache, the first
    time from the internet: `progress(address, bytes so far, bytes in all)` is then called along the way.
    `writers` is None where QMNIST's table cannot be had.
    Raises DataError for files that are missing, damaged or not MNIST's, and says what to do.
    """
    images = read_idx(*_read(_FILES[part, "images"], progress))
    labels = read_idx(*_read(_FILES[part, "labels"], progress)).astype(np.int64)
    try:
        writers = _writers(labels, *_read(_FILES[part, "writers"], progress))
    except _MissingError:
        writers = None
    return Dataset(f"mnist {part}", images, labels, tuple(DIGITS), writers)


class _MissingError(DataError):
    """A file that is not there, as opposed to one that is damaged."""


def _writers(labels: NDArray[np.int64], table: bytes, name: str) -> NDArray[np.int64]:
    """(N,): who wrote each picture, from QMNIST's rows, of which the first and third number count here.

    Its test table goes on after MNIST's 10,000 rows with the pictures that MNIST left out.
    """
    rows = np.loadtxt(io.BytesIO(table), np.int64, usecols=(0, 2), max_rows=len(labels))
    classes, writers = rows.T
    if not np.array_equal(classes, labels):
        raise DataError(f"{name}: not in the order of MNIST's labels; fetch it again")
    return np.ascontiguousarray(writers)


def _read(source: _Source, progress: Progress | None) -> tuple[bytes, str]:
    """The uncompressed bytes of one file, checked, and the name that messages give it."""
    folder = os.environ.get(ENVIRONMENT)
    if not folder:
        return _cached(source, progress), f"{source.name}.gz"
    folders = Path(folder, source.folder), Path(folder)
    places = [place / (source.name + suffix) for place in folders for suffix in (".gz", "")]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise _MissingError(
            f"{ENVIRONMENT} is {folder!r}, and neither {places[0]} nor {places[1]} is there; "
            f"point it at a folder that holds them, or unset it to download"
        )
    return _unpack(source, str(path), read_bounded(path, _limit(source), error=DataError)), str(path)


def _cached(source: _Source, progress: Progress | None) -> bytes:
    """The bytes of one file from the user's cache, or from the first mirror whose copy is right, which is kept there.

    A damaged copy in the cache is replaced. Raises _MissingError, with what every mirror answered, where none has it.
    """
    name = f"{source.name}.gz"
    path = cache_folder() / source.folder / name
    with contextlib.suppress(DataError):
        return _unpack(source, name, read_bounded(path, _limit(source), error=DataError))
    answers = []
    for mirror in _MIRRORS[source.folder]:
        try:
            data = _download(mirror + name, _limit(source), progress)
            unpacked = _unpack(source, name, data)
        except (OSError, DataError) as problem:  # what requests raises are OSErrors
            answers.append(f"  {mirror}: {type(problem).__name__}: {textwrap.shorten(str(problem), 100)}")
            continue
        # A home that cannot be written to costs the next run a download, and this one nothing.
        with contextlib.suppress(LeNetError):
            make_folder(path.parent)
            write_atomically(path, data)
        return unpacked
    told = "\n".join(answers)
    raise _MissingError(
        f"could not download {name}:\n{told}\nWithout internet, take the data set drawn: --data drawn. Or set "
        f"{ENVIRONMENT} to a folder that has {source.folder}/{name}"
    )


def _download(address: str, limit: int, progress: Progress | None) -> bytes:
    import requests

    data = bytearray()
    with requests.get(address, stream=True, timeout=SECONDS_OF_SILENCE) as answer:
        answer.raise_for_status()
        total = int(answer.headers.get("content-length", 0))
        for part in answer.iter_content(1 << 16):
            data += part
            if len(data) > limit:
                raise DataError(f"sends more than the {limit:,} bytes that were expected")
            if progress:
                progress(address, len(data), total)
    return bytes(data)


def _limit(source: _Source) -> int:
    """The most bytes that a file may have, gzipped as badly as can be."""
    return source.size + 4096 + source.size // 1000


def _unpack(source: _Source, name: str, data: bytes) -> bytes:
    if data.startswith(GZIP_MAGIC):
        data = gunzip(data, source.size, name, error=DataError)
    if len(data) != source.size:
        raise DataError(f"{name}: {len(data):,} bytes; expected {source.size:,}; fetch it again")
    found = hashlib.sha256(data).hexdigest()
    if found != source.sha256:
        raise DataError(
            f"{name}: SHA-256 {found}; expected {source.sha256}. "
            f"It is damaged, or not the file of that name; fetch it again"
        )
    return data
