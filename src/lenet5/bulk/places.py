"""Where sources lie: in folders of this machine, or behind an address that fsspec opens, as s3://bucket/folder.

What has "://" in it is an address, and is never taken for a path of this machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

from lenet5 import files
from lenet5.errors import DataError, PictureError, extra, telling


def is_address(name: str) -> bool:
    """Whether a name is for fsspec, and not a path of this machine."""
    return "://" in name


def place(name: str) -> Place:
    """The file or folder of that name. Raises MissingExtraError for an address without fsspec."""
    return Address(name) if is_address(name) else Place(name)


class Place:
    """A file or a folder of this machine."""

    files: Any = None  # the file system, as pyarrow wants it: its own for this machine

    def __init__(self, name: str) -> None:
        self.name = self.path = name

    def is_file(self) -> bool:
        """Whether a file is there."""
        return os.path.isfile(self.path)

    def is_folder(self) -> bool:
        """Whether a folder is there."""
        return os.path.isdir(self.path)

    def names(self) -> list[str]:
        """The names of the files in this folder, sorted."""
        with _told(self.name):
            return sorted(entry.name for entry in os.scandir(self.path) if entry.is_file())

    def walk(self) -> Iterator[str]:
        """The names of all files below, folder by folder, each sorted. Links to folders are not followed."""

        def cannot(problem: OSError) -> None:
            raise DataError(f"{problem.filename} cannot be read: {problem.strerror}") from problem

        for folder, folders, names in os.walk(self.path, onerror=cannot):
            folders.sort()
            for name in sorted(names):
                yield os.path.relpath(os.path.join(folder, name), self.path).replace(os.sep, "/")  # on Windows too

    def inner(self, name: str) -> Place:
        """A file in this folder."""
        return Place(os.path.join(self.path, name))

    def beside(self) -> Place:
        """The folder that this file lies in."""
        return Place(os.path.dirname(self.path))

    def size(self) -> int:
        """How many bytes this file has."""
        with _told(self.name):
            return os.stat(self.path).st_size

    def open(self) -> BinaryIO:
        """This file, opened for reading. Raises DataError."""
        with _told(self.name):
            return open(self.path, "rb")

    def read(self, name: str, limit: int) -> bytes:
        """A picture in this folder, at most `limit` bytes of it. Raises PictureError."""
        return files.read_bounded(files.inside(Path(self.path), name, error=PictureError), limit, error=PictureError)


class Address(Place):
    """A file or a folder behind an address.

    Whatever keeps it from answering is a DataError, which ends a job: it goes on when the address answers again. Only
    a picture that is not there, or may not be read, is a PictureError.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        with extra("fsspec", "fsspec", f"the address {name}"):
            from fsspec.core import url_to_fs
        with _told(name):
            self.files, self.path = url_to_fs(name)

    def is_file(self) -> bool:
        with _told(self.name):
            return bool(self.files.isfile(self.path))

    def is_folder(self) -> bool:
        with _told(self.name):
            return bool(self.files.isdir(self.path))

    def names(self) -> list[str]:
        return self._listed("")[0]

    def walk(self) -> Iterator[str]:
        folders = [""]
        while folders:
            names, inner = self._listed(folders.pop())
            yield from names
            folders += reversed(inner)

    def _listed(self, folder: str) -> tuple[list[str], list[str]]:
        """The files and the folders in a folder below, by their names from here."""
        with _told(self.name):
            found = self.files.ls(f"{self.path}/{folder}" if folder else self.path, detail=True)
        # Some services list a folder as a file of no bytes within itself.
        named = {f"{folder}/{one['name'].rstrip('/').rpartition('/')[2]}".lstrip("/"): one["type"] for one in found}
        named.pop(folder, None)
        folders = sorted(name for name, kind in named.items() if kind == "directory")
        return sorted(named.keys() - set(folders)), folders

    def inner(self, name: str) -> Place:
        head, chain, rest = self.name.partition("::")  # as in zip://::s3://bucket/all.zip
        return Address(f"{head.rstrip('/')}/{name}{chain}{rest}")

    def beside(self) -> Place:
        head, chain, rest = self.name.partition("::")
        return Address(f"{head.rpartition('/')[0]}{chain}{rest}")

    def size(self) -> int:
        with _told(self.name):
            return int(self.files.size(self.path))

    def open(self) -> BinaryIO:
        with _told(self.name):
            found: BinaryIO = self.files.open(self.path, "rb")
            return found

    def read(self, name: str, limit: int) -> bytes:
        try:
            with _told(self.name), self.files.open(f"{self.path}/{name}", "rb") as file:
                data: bytes = file.read(limit + 1)
        except DataError as error:
            if isinstance(error.__cause__, FileNotFoundError | PermissionError):
                raise PictureError(str(error)) from error
            raise
        if len(data) > limit:
            raise PictureError(f"cannot read {name}: longer than the {limit:,} bytes allowed; give a smaller one")
        return data


def _told(name: str) -> AbstractContextManager[None]:
    """A DataError of whatever goes wrong: each of fsspec's file systems raises errors of its own."""
    return telling(DataError, f"{name} cannot be read")
