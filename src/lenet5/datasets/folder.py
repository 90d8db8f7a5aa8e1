"""A data set from a folder of pictures, or from a zip file of one.

Either `labels.csv`, with the columns path and label, names the pictures and their classes; or every picture lies
in a folder named after its class: `7/scan-12.png`. Pictures may have any size and either polarity. Of a zip file in
which all lies in one folder that is no class, that folder is meant. Names that begin with a dot are passed over.
"""

from __future__ import annotations

import csv
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePath, PurePosixPath
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.dataset import SIDE, Dataset
from lenet5.errors import DataError, PictureError
from lenet5.files import inside, read_bounded
from lenet5.pictures.opening import SUFFIXES as OPENED

__all__ = ["folder", "has_parts"]

LABELS = "labels.csv"
PARTS = ("train", "test")
SUFFIXES = OPENED - {".pdf"}
MOST_BYTES = 64 << 20  # of one picture, or of labels.csv
MOST_PICTURES = 1_000_000


def folder(path: Path, part: str = "train") -> Dataset:
    """The labelled pictures in a folder or a zip file, sorted by class and by name.

    part: "train" or "test", where the folder holds two folders of these names; of any other folder, both parts
        are all of it. The classes are those of the part to learn from.
    Classes are sorted, numbers by their value. A picture of 28×28 pixels that is light on dark is taken as it is;
    any other is normalised as MNIST's were.
    Raises DataError, naming the file, for a folder without pictures, a picture that cannot be read, that has no
    label, or that a link leads out of the folder to.
    """
    if not has_parts(path):
        return _load(_open(path), path.name)
    learn = _open(path, "train")
    if part == "train":
        return _load(learn, f"{path.name} train")
    classes = sort_classes(label for _, label in _labelled(learn))
    return _load(_open(path, "test"), f"{path.name} test").with_classes(classes)


def has_parts(path: Path) -> bool:
    """Whether the folder or zip file keeps the pictures to learn from apart from those to test on."""
    if os.path.isfile(path) and zipfile.is_zipfile(path):
        return {name.partition("/")[0] for name in _Zip(path).names() if "/" in name} >= set(PARTS)
    return all(os.path.isdir(path / part) for part in PARTS)


def sort_classes(labels: Iterable[str]) -> tuple[str, ...]:
    """Each label once, numbers first and by their value."""

    def key(label: str) -> tuple[bool, int, str]:
        number = label.isascii() and label.isdecimal() and len(label) < 20
        return not number, int(label) if number else 0, label

    return tuple(sorted(set(labels), key=key))


def _load(files: _Files, name: str) -> Dataset:
    path, labelled = files.path, sorted(_labelled(files))
    if not labelled:
        raise DataError(
            f"{path}: no pictures in it; expected {LABELS}, or a folder for each class with pictures "
            f"({', '.join(sorted(SUFFIXES))}), such as {PurePosixPath(path.name, '7', 'scan.png')}"
        )
    if len(labelled) > MOST_PICTURES:
        raise DataError(f"{path}: {len(labelled):,} pictures; expected at most {MOST_PICTURES:,}")
    classes = sort_classes(label for _, label in labelled)
    images = np.empty((len(labelled), SIDE, SIDE), np.uint8)
    for i, (picture, _) in enumerate(labelled):
        try:
            images[i] = _as_mnist(files.read(picture))
        except PictureError as problem:
            raise DataError(f"{path}/{picture}: {problem}") from problem
    place = {label: i for i, label in enumerate(classes)}
    return Dataset(name, images, np.array([place[label] for _, label in labelled]), classes)


def _as_mnist(data: bytes) -> NDArray[np.uint8]:
    """The glyph in a picture file, uint8 (28, 28). Raises PictureError."""
    from lenet5.pictures.ink import find_ink, is_dark_on_light
    from lenet5.pictures.normalise import normalise
    from lenet5.pictures.opening import DIGIT_SIDE, open_pages, shrunk

    picture = open_pages(data)[0]  # (H, W) or (H, W, 3)
    if picture.shape == (SIDE, SIDE) and not is_dark_on_light(picture):
        return picture
    return normalise(find_ink(shrunk(picture, DIGIT_SIDE)[0]).ink)


class _Files(Protocol):
    """Named files, in a folder or a zip file."""

    path: Path

    def names(self) -> list[str]:
        """Those that may be pictures or labels.csv, relative, with slashes."""

    def read(self, name: str) -> bytes:
        """The bytes of one. Raises DataError where it is missing, damaged or too long."""


def _open(path: Path, part: str = "") -> _Files:
    if os.path.isdir(path):
        return _Folder(path / part)
    if os.path.isfile(path):
        return _Zip(path, part)
    raise DataError(
        f"no data set {str(path)!r}: expected mnist, drawn, or the path of a folder or zip file of pictures"
    )


class _Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        try:
            found = [*self.path.iterdir()]
            found += [file for sub in found if sub.is_dir() for file in sub.iterdir()]
            names = [file.relative_to(self.path) for file in found if not file.is_dir()]
            return [name.as_posix() for name in names if not _hidden(name)]
        except OSError as problem:
            raise DataError(f"cannot list {self.path}: {problem.strerror}") from problem

    def read(self, name: str) -> bytes:
        return read_bounded(inside(self.path, name, error=DataError), MOST_BYTES, error=DataError)


class _Zip:
    def __init__(self, path: Path, part: str = "") -> None:
        self.path = path / part
        try:
            self.archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
            raise DataError(f"{path}: not a folder, and not a zip file that can be read ({problem})") from problem
        members = {PurePosixPath(info.filename): info for info in self.archive.infolist() if not info.is_dir()}
        members = {name: info for name, info in members.items() if name.parts and not _hidden(name)}
        members = _below(members, next(iter(members)).parts[0]) if _only_folder(members) else members
        self._members = {str(name): info for name, info in (_below(members, part) if part else members).items()}

    def names(self) -> list[str]:
        return list(self._members)

    def read(self, name: str) -> bytes:
        try:
            with self.archive.open(self._members[str(PurePosixPath(name))]) as file:
                data = file.read(MOST_BYTES + 1)
        except KeyError as problem:
            raise DataError(f"{self.path}: {name!r} is not in it") from problem
        # An encrypted file is a RuntimeError, an unknown compression a NotImplementedError.
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError) as problem:
            raise DataError(f"{self.path}: {name!r} cannot be unpacked ({problem})") from problem
        if len(data) > MOST_BYTES:
            raise DataError(f"{self.path}: {name!r} unpacks to more than {MOST_BYTES:,} bytes")
        return data


def _below(members: dict[PurePosixPath, zipfile.ZipInfo], folder: str) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """Those in the folder, named from there."""
    return {PurePosixPath(*name.parts[1:]): i for name, i in members.items() if name.parts[0] == folder != str(name)}


def _only_folder(members: Iterable[PurePosixPath]) -> bool:
    """Whether all lies in one folder that is no class: labels.csv is in it, or there are folders and no pictures."""
    names = list(members)
    direct = [name for name in names if len(name.parts) <= 2]
    return len({name.parts[0] for name in names}) == 1 and (
        any(name.name == LABELS and len(name.parts) == 2 for name in direct)
        or not any(len(name.parts) == 1 or name.suffix.lower() in SUFFIXES for name in direct)
    )


def _hidden(name: PurePath) -> bool:
    """Whether a file or its folder is not meant to be seen; macOS puts what it knows of files into __MACOSX."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.parts)


def _labelled(files: _Files) -> list[tuple[str, str]]:
    """(name of the picture, label), from labels.csv where there is one."""
    names = files.names()
    if LABELS in names:
        return _read_labels(files.read(LABELS), f"{files.path}/{LABELS}")
    pictures = [PurePosixPath(name) for name in names if PurePosixPath(name).suffix.lower() in SUFFIXES]
    loose = next((p for p in pictures if len(p.parts) == 1), None)
    if loose:
        raise DataError(
            f"{files.path}/{loose} has no label: put it into a folder named after its class, or write {LABELS}"
        )
    return [(str(p), p.parent.name) for p in pictures if len(p.parts) == 2]


def _read_labels(data: bytes, name: str) -> list[tuple[str, str]]:
    try:
        text = io.StringIO(data.decode("utf-8-sig"), newline=None)
        rows = csv.DictReader(text, strict=True, skipinitialspace=True)
        if not {"path", "label"} <= {*(rows.fieldnames or ())}:
            raise DataError(f"{name}: the columns {rows.fieldnames}; expected a first line that says path,label")
        labels: dict[str, str] = {}
        for row in rows:
            path, label = (row.get("path") or "").strip(), (row.get("label") or "").strip()
            if not path or not label:
                raise DataError(f"{name}, line {rows.line_num}: path {path!r} and label {label!r}; expected both")
            path = str(PurePosixPath(path))
            if labels.setdefault(path, label) != label:
                raise DataError(
                    f"{name}, line {rows.line_num}: {path!r} is {label!r} here and {labels[path]!r} before; give one"
                )
    except (UnicodeDecodeError, csv.Error) as problem:
        raise DataError(f"{name}: not a table of comma-separated values in UTF-8 ({problem})") from problem
    return list(labels.items())
