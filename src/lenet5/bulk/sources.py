"""Sources of millions of pictures, cut into shards.

A source is a folder tree of pictures, tar files (as WebDataset makes them: members that are pictures are read, others
are passed over), Parquet files with a column of picture bytes, or a CSV file with a column of pictures' names. It is
walked in one order, whatever the machine, a shard at a time, so that it may be larger than memory; nothing is unpacked
to disk.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from lenet5.bulk.kinds import FOUND, KINDS, Columns, Items, Kind, Source
from lenet5.bulk.places import Place, place
from lenet5.datasets.tables import parquet
from lenet5.errors import DataError
from lenet5.pictures.opening import SUFFIXES

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
PACKED: dict[str, Kind] = {".tar": "tar", ".parquet": "parquet"}  # files that a folder may hold in place of pictures


@dataclass(frozen=True)
class Shard:
    """Some pictures of a source, named by where they are.

    number: its place in the walk, from 0 on. path: the folder or file. items: of its kind. weight: its part of `total`.
    """

    number: int
    kind: Kind
    path: str
    items: Items
    weight: int
    columns: Columns = FOUND

    @property
    def digest(self) -> str:
        """Changes when the shard no longer names the same pictures."""
        return hashlib.sha256(json.dumps([self.kind, PurePath(self.path).name, self.items]).encode()).hexdigest()

    @property
    def source(self) -> Source:
        """The folder or file, which gives what the items name."""
        return KINDS[self.kind](place(self.path), self.columns)


def shards(source: str, columns: Columns = FOUND) -> Iterator[Shard]:
    """All shards of a source, in its one order.

    source: the path or address of a folder of pictures, of a tar, Parquet or CSV file, or of a folder of tars or
        Parquet files.
    Raises DataError where there is no such source, or it holds nothing to read.
    """
    number = 0
    for kind, found in _members(place(source)):
        for items, weight in KINDS[kind](found).cuts():
            yield Shard(number, kind, found.name, items, weight, columns)
            number += 1
    if not number:
        raise DataError(f"{source}: no pictures there; expected files ending in {', '.join(sorted(SUFFIXES))}")


def carried(source: str, columns: Columns) -> Any:
    """The columns that are carried over from a source's tables, as a schema of pyarrow.

    Raises DataError where a table lacks a column that is named, or two files carry different columns.
    """
    parquet()
    import pyarrow as pa

    first = None
    for kind, found in _members(place(source)):
        fields = KINDS[kind](found, columns).carried()
        if fields is None:
            continue
        if first is not None and not fields.equals(first):
            raise DataError(f"{found.name}: columns {_said(fields)}; expected {_said(first)} as in the file before it")
        first = fields
    if first is None and columns != FOUND:
        raise DataError(f"{source}: no Parquet or CSV file, which alone have columns; leave the columns' names out")
    return pa.schema([]) if first is None else first


def _said(fields: Any) -> str:
    return ", ".join(f"{field.name} ({field.type})" for field in fields) or "none"


def total(source: str) -> int:
    """The sum of the weights of all shards: pictures of a folder, bytes of a tar, rows of a table."""
    return sum(KINDS[kind](found).total() for kind, found in _members(place(source)))


def _members(source: Place) -> Iterator[tuple[Kind, Place]]:
    """The files that a source is made of, or the folder itself."""
    if source.is_file():
        suffix = PurePath(source.path).suffix
        _check_compressed(source.path, source.name)
        kinds: dict[str, Kind] = {**PACKED, ".csv": "csv"}
        if suffix not in kinds:
            raise DataError(f"{source.name}: expected a folder, a .tar (not compressed), a .parquet or a .csv file")
        yield kinds[suffix], source
        return
    if not source.is_folder():
        raise DataError(f"{source.name}: nothing there; expected a folder, a .tar, a .parquet or a .csv file")
    names = source.names()
    packed = [name for name in names if PurePath(name).suffix in PACKED]
    for name in names:
        _check_compressed(name, f"{name} in {source.name}")
    if packed:
        yield from ((PACKED[PurePath(name).suffix], source.inner(name)) for name in packed)
    else:
        yield "folder", source


def _check_compressed(path: str, called: str) -> None:
    if path.lower().endswith(COMPRESSED):
        raise DataError(
            f"{called}: a compressed tar, of which no part can be read without all that is before it; unpack it to a "
            f".tar, as with gunzip"
        )
