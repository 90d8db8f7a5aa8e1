"""Sources of millions of pictures, cut into shards.

A source is a folder tree of pictures, tar files (as WebDataset makes them: members that are pictures are read, others
are passed over), or Parquet files with a column of picture bytes. It is walked in one order, whatever the machine, a
shard at a time, so that it may be larger than memory; nothing is unpacked to disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from lenet5 import files
from lenet5.errors import DataError, LeNetError, MissingExtraError, PictureError
from lenet5.pictures.opening import SUFFIXES

__all__ = ["PICTURES", "Shard", "parquet", "shards", "total"]

PICTURES = 2048  # in a shard of a folder or a tar; of a Parquet file it is a row group
LARGEST = 64 * 2**20  # bytes of one picture
COLUMNS = ("image", "picture", "bytes", "png", "jpg", "jpeg")  # of a Parquet file, the first there is
COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
BATCH = 256  # rows of a Parquet file that are in memory at once

Kind = Literal["folder", "tar", "parquet"]


@dataclass(frozen=True)
class Shard:
    """Some pictures of a source, named by where they are.

    number: its place in the walk, from 0 on. path: the folder or file. weight: its part of `total`.
    items: of a folder, names within it; of a tar, (name, offset, bytes); of a Parquet file, (row group, first row).
    """

    number: int
    kind: Kind
    path: str
    items: tuple[Any, ...]
    weight: int

    @property
    def digest(self) -> str:
        """Changes when the shard no longer names the same pictures."""
        return hashlib.sha256(json.dumps([self.kind, Path(self.path).name, self.items]).encode()).hexdigest()

    def pictures(self) -> Iterator[tuple[str, bytes | LeNetError]]:
        """The key of each picture, and its bytes or the error that kept them from being read."""
        yield from {"folder": self._of_folder, "tar": self._of_tar, "parquet": self._of_parquet}[self.kind]()

    def _of_folder(self) -> Iterator[tuple[str, bytes | LeNetError]]:
        root = Path(self.path)
        for name in self.items:
            try:
                yield name, files.read_bounded(files.inside(root, name), LARGEST, error=PictureError)
            except LeNetError as error:
                yield name, error

    def _of_tar(self) -> Iterator[tuple[str, bytes | LeNetError]]:
        with open(self.path, "rb") as tar:
            for name, offset, size in self.items:
                if size > LARGEST:
                    yield name, PictureError(f"{name}: {size:,} bytes; expected at most {LARGEST:,}")
                    continue
                tar.seek(offset)
                data = tar.read(size)
                yield name, data if len(data) == size else PictureError(f"{name}: the tar ends in the middle of it")

    def _of_parquet(self) -> Iterator[tuple[str, bytes | LeNetError]]:
        ((group, row),) = self.items
        with _opened(self.path) as file:
            column, inner = _column(file, self.path)
            for batch in file.iter_batches(BATCH, row_groups=[group], columns=[column]):
                for value in batch.column(0).to_pylist():
                    data = value.get(inner) if inner and value is not None else value
                    key = f"{Path(self.path).name}:{row}"
                    row += 1
                    if data is None or len(data) > LARGEST:
                        yield key, PictureError(f"{key}: {'no bytes' if data is None else f'{len(data):,} bytes'}")
                    else:
                        yield key, data


def _opened(path: Path | str) -> Any:
    """The open Parquet file at a path. Raises DataError where it is none."""
    opener = parquet()
    import pyarrow as pa

    try:
        return opener.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: no Parquet file that can be read ({error})") from error


def parquet() -> Any:
    """pyarrow's Parquet module. Raises MissingExtraError where it is not installed."""
    try:
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtraError("pyarrow", "bulk") from error
    return pq


def shards(source: str | os.PathLike[str]) -> Iterator[Shard]:
    """All shards of a source, in its one order.

    source: a folder of pictures, a tar or Parquet file, or a folder of tar or Parquet files.
    Raises DataError where there is no such source, or it holds nothing to read.
    """
    number = 0
    for kind, path in _members(Path(source)):
        for items, weight in {"folder": _cut_folder, "tar": _cut_tar, "parquet": _cut_parquet}[kind](path):
            yield Shard(number, kind, str(path), items, weight)
            number += 1
    if not number:
        raise DataError(f"{source}: no pictures there; expected files ending in {', '.join(sorted(SUFFIXES))}")


def total(source: str | os.PathLike[str]) -> int:
    """The sum of the weights of all shards: pictures of a folder, bytes of tars, rows of Parquet files."""
    found = 0
    for kind, path in _members(Path(source)):
        if kind == "folder":
            found += sum(1 for _ in _walk(path))
        elif kind == "tar":
            found += path.stat().st_size
        else:
            with _opened(path) as file:
                found += file.metadata.num_rows
    return found


def _members(source: Path) -> Iterator[tuple[Kind, Path]]:
    """The files that a source is made of, or the folder itself."""
    if os.path.isfile(source):
        yield _kind(source), source
        return
    if not os.path.isdir(source):
        raise DataError(f"{source}: nothing there; expected a folder, a .tar or a .parquet file")
    try:
        packed = sorted(
            p for p in source.iterdir() if p.name.endswith((".tar", ".parquet", *COMPRESSED)) and p.is_file()
        )
    except OSError as error:
        raise DataError(f"{source} cannot be read: {error.strerror}") from error
    if packed:
        yield from ((_kind(path), path) for path in packed)
    else:
        yield "folder", source


def _kind(path: Path) -> Kind:
    if path.suffix == ".tar":
        return "tar"
    if path.suffix == ".parquet":
        return "parquet"
    if path.name.lower().endswith(COMPRESSED):
        raise DataError(f"{path}: a compressed tar, which cannot be read from its middle; unpack it to a .tar first")
    raise DataError(f"{path}: expected a folder, a .tar (not compressed) or a .parquet file")


def _walk(root: Path) -> Iterator[str]:
    """The names of all pictures under a folder, folder by folder, each sorted. Links to folders are not followed."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        yield from (
            os.path.relpath(os.path.join(folder, name), root)
            for name in sorted(names)
            if os.path.splitext(name)[1].lower() in SUFFIXES
        )


def _cut_folder(root: Path) -> Iterator[tuple[tuple[Any, ...], int]]:
    names = _walk(root)
    while some := tuple(islice(names, PICTURES)):
        yield some, len(some)


def _cut_tar(path: Path) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Offsets are found from the members' headers alone; their contents are not read."""
    start, end, some = 0, 0, []
    try:
        with tarfile.open(path, "r:") as tar:
            while (member := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined]  # it would hold the header of every member
                end = member.offset_data + member.size
                plain = member.isreg() and not member.issparse()
                if plain and os.path.splitext(member.name)[1].lower() in SUFFIXES:
                    some.append((member.name, member.offset_data, member.size))
                if len(some) == PICTURES:
                    yield tuple(some), end - start
                    start, some = end, []
    except (tarfile.TarError, OSError) as error:
        raise DataError(f"{path}: no tar file that can be read ({error}); expected one, not compressed") from error
    if some:
        yield tuple(some), path.stat().st_size - start


def _cut_parquet(path: Path) -> Iterator[tuple[tuple[Any, ...], int]]:
    with _opened(path) as file:
        _column(file, str(path))
        row = 0
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            yield ((group, row),), count
            row += count


def _column(file: Any, path: str) -> tuple[str, str]:
    """The column with picture bytes, and the field within it where it is a struct, else ""."""
    import pyarrow as pa

    schema = file.schema_arrow
    for name in (*COLUMNS, *schema.names):
        if name not in schema.names:
            continue
        kind = schema.field(name).type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return name, ""
        if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            return name, "bytes"
    raise DataError(f"{path}: columns {', '.join(schema.names)}; expected one with the bytes of pictures")
