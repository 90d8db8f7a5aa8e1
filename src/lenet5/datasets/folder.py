"""A folder of pictures, or a zip file of one, as labelled pictures.

Either `labels.csv`, with the columns path and label, names the pictures and their classes; or the first folder that a
picture lies in is its class: `7/scan-12.png`, `7/anna/scan-12.png`. A folder that holds nothing but one other folder
is passed through. `train/` beside `test/` or `val/` keeps the pictures to learn from apart. Pictures may have any size
and either polarity. Names that begin with a dot are passed over.
"""

from __future__ import annotations

import csv
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterable
from copy import copy
from functools import partial
from pathlib import Path, PurePath, PurePosixPath

from lenet5.datasets.form import Labelled, Parts
from lenet5.errors import DataError
from lenet5.files import inside, read_bounded
from lenet5.pictures.opening import MAX_BYTES
from lenet5.pictures.opening import SUFFIXES as OPENED

LABELS = "labels.csv"
LEARN, JUDGE = "train", ("test", "val", "valid", "validation")  # of several to judge on, the first there is
SUFFIXES = OPENED - {".pdf"}


def parts(path: Path) -> Parts:
    """The parts of a folder or zip file.

    Pictures are sorted by class and by name. Reading one raises DataError, naming the file, for a folder without
    pictures, a picture that has no label, or that a link leads out of the folder to.
    """
    if os.path.isdir(path):
        files = _Folder(path)
    elif os.path.isfile(path):
        files = _Zip(path)
    else:
        raise DataError(f"no data set {str(path)!r}: expected mnist, drawn, or the path of a file or folder of data")
    while only := _only_folder(files.names()):
        files = files.part(only)
    held = {name.partition("/")[0] for name in files.names() if "/" in name}
    judge = next((name for name in JUDGE if name in held), None)
    if LEARN in held and judge is not None:
        return {
            "train": lambda: _load(files.part(LEARN), f"{path.name} {LEARN}"),
            "test": lambda: _load(files.part(judge), f"{path.name} {judge}"),
        }
    return {"": lambda: _load(files, path.name)}


def _load(files: _Folder, name: str) -> Labelled:
    path, labelled = files.path, sorted(_labelled(files))
    if not labelled:
        raise DataError(
            f"{path}: no pictures in it; expected {LABELS}, or a folder for each class with pictures "
            f"({', '.join(sorted(SUFFIXES))}), such as {PurePosixPath(path.name, '7', 'scan.png')}"
        )
    names = [picture for picture, _ in labelled]
    pictures, labels = [partial(files.read, picture) for picture in names], [label for _, label in labelled]
    return Labelled(name, pictures, labels, called=lambda i: f"{path}/{names[i]}")


class _Folder:
    """The files in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        """Those that may be pictures or labels.csv, relative, with slashes."""
        names = []
        for folder, folders, files in os.walk(self.path, onerror=_cannot_list):
            folders[:] = sorted(name for name in folders if not _hidden(PurePath(name)))
            names += [PurePath(folder, file).relative_to(self.path) for file in files]
        return [name.as_posix() for name in names if not _hidden(name)]

    def read(self, name: str) -> bytes:
        """The bytes of one. Raises DataError where it is missing, damaged or too long."""
        return read_bounded(inside(self.path, name, error=DataError), MAX_BYTES, error=DataError)

    def part(self, name: str) -> _Folder:
        """The files in one of its folders."""
        return _Folder(self.path / name)


def _cannot_list(problem: OSError) -> None:
    raise DataError(f"cannot list {problem.filename}: {problem.strerror}; give a folder that can be read") from problem


class _Zip(_Folder):
    """The files in a zip file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            self.archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
            raise DataError(f"{path}: not a folder, and not a zip file that can be read ({problem})") from problem
        members = {PurePosixPath(info.filename.lstrip("/")): info for info in self.archive.infolist()}
        self._members = {str(name): i for name, i in members.items() if not i.is_dir() and not _hidden(name)}

    def part(self, name: str) -> _Folder:
        inner, folder = copy(self), f"{name}/"
        inner.path = self.path / name
        inner._members = {m.removeprefix(folder): i for m, i in self._members.items() if m.startswith(folder)}
        return inner

    def names(self) -> list[str]:
        return list(self._members)

    def read(self, name: str) -> bytes:
        try:
            with self.archive.open(self._members[str(PurePosixPath(name))]) as file:
                data = file.read(MAX_BYTES + 1)
        except KeyError as problem:
            raise DataError(f"{self.path}: {name!r} is not in it") from problem
        # An encrypted file is a RuntimeError, an unknown compression a NotImplementedError.
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError) as problem:
            raise DataError(f"{self.path}: {name!r} cannot be unpacked ({problem}); make the zip anew") from problem
        if len(data) > MAX_BYTES:
            raise DataError(f"{self.path}: {name!r} unpacks to more than {MAX_BYTES:,} bytes; make it smaller")
        return data


def _only_folder(names: Iterable[str]) -> str:
    """The folder that all lies in where it is no class: labels.csv is in it, or there are folders and no pictures."""
    parts = [name.split("/") for name in names]
    direct = [part[-1] for part in parts if len(part) == 2]
    if len({part[0] for part in parts}) != 1 or any(len(part) == 1 for part in parts):
        return ""
    pictures = any(PurePosixPath(name).suffix.lower() in SUFFIXES for name in direct)
    return parts[0][0] if LABELS in direct or not pictures else ""


def _hidden(name: PurePath) -> bool:
    """Whether a file or its folder is not meant to be seen; macOS puts what it knows of files into __MACOSX."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.parts)


def _labelled(files: _Folder) -> list[tuple[str, str]]:
    """(name of the picture, label), from labels.csv where there is one."""
    names = files.names()
    if LABELS in names:
        return _read_labels(files.read(LABELS), f"{files.path}/{LABELS}")
    pictures = [PurePosixPath(name) for name in names if PurePosixPath(name).suffix.lower() in SUFFIXES]
    loose = next((p for p in pictures if len(p.parts) == 1), None)
    if loose:
        raise DataError(f"{files.path}/{loose} has no label: put it into a folder of its class, or write {LABELS}")
    return [(str(p), p.parts[0]) for p in pictures]


def _read_labels(data: bytes, name: str) -> list[tuple[str, str]]:
    try:
        text = data.decode("utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)  # a table in Europe has semicolons
        rows = csv.DictReader(io.StringIO(text, newline=None), delimiter=delimiter, strict=True, skipinitialspace=True)
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
