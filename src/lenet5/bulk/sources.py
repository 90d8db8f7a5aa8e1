"""Sources of millions of pictures, cut into shards.

A source is a folder tree of pictures, tar files (as WebDataset makes them: members that are pictures are read, others
are passed over), Parquet files with a column of picture bytes, or a CSV file with a column of pictures' names. It is
walked in one order, whatever the machine, a shard at a time, so that it may be larger than memory; nothing is unpacked
to disk.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Any, Literal

from lenet5.bulk.places import Place, place
from lenet5.errors import DataError, LeNetError, MissingExtraError, PictureError
from lenet5.pictures.opening import SUFFIXES

__all__ = ["FOUND", "PICTURES", "Columns", "Shard", "carried", "parquet", "shards", "total"]

PICTURES = 2048  # in a shard; of a Parquet file a shard is a row group
LARGEST = 64 * 2**20  # bytes of one picture
COLUMNS = ("image", "picture", "bytes", "png", "jpg", "jpeg")  # of a Parquet file, the first there is
NAMES = ("file_name", "filename", "path", "file", "image", "picture")  # of a CSV file
BATCH = 256  # rows of a Parquet file that are in memory at once
COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")

Kind = Literal["folder", "tar", "parquet", "csv"]
PACKED: dict[str, Kind] = {".tar": "tar", ".parquet": "parquet"}  # files that a folder may hold in place of pictures


@dataclass(frozen=True)
class Columns:
    """The columns of a table that hold the pictures and their keys; all others are carried over to the output.

    image: bytes, or a struct with a field "bytes", of Parquet; a name or path of CSV. The first that fits where None.
    key: its values are the keys, as text. Where None, a key is the file's name and the row, or of CSV the picture.
    """

    image: str | None = None
    key: str | None = None


FOUND = Columns()  # whichever fit


@dataclass(frozen=True)
class Shard:
    """Some pictures of a source, named by where they are.

    number: its place in the walk, from 0 on. path: the folder or file. weight: its part of `total`.
    items: of a folder, names within it; of a tar, (name, offset, bytes); of a Parquet file, (row group, first row); of
    a CSV file, the cells of each row.
    """

    number: int
    kind: Kind
    path: str
    items: tuple[Any, ...]
    weight: int
    columns: Columns = FOUND

    @property
    def digest(self) -> str:
        """Changes when the shard no longer names the same pictures."""
        return hashlib.sha256(json.dumps([self.kind, PurePath(self.path).name, self.items]).encode()).hexdigest()

    def pictures(self) -> Iterator[tuple[str, bytes | LeNetError]]:
        """The key of each picture, and its bytes or the error that kept them from being read."""
        ways = {"folder": self._of_folder, "tar": self._of_tar, "parquet": self._of_parquet, "csv": self._of_csv}
        yield from ways[self.kind]()

    def others(self) -> Any:
        """A table of the columns that are carried, a row for each picture; None of a folder or a tar."""
        import pyarrow as pa

        if self.kind == "csv":
            header = next(_rows(place(self.path)))
            cells = dict(zip(header, zip(*self.items, strict=True), strict=True))
            rest = _rest(header, *_of_csv(header, self.columns, self.path))
            return pa.table({name: pa.array(cells[name], pa.string()) for name in rest})
        if self.kind == "parquet":
            ((group, _),) = self.items
            with _opened(place(self.path)) as file:
                schema = file.schema_arrow
                image, _ = _of_parquet(schema, self.columns, self.path)
                return file.read_row_group(group, columns=_rest(schema.names, image, self.columns.key))
        return None

    def _of_folder(self) -> Iterator[tuple[str, bytes | LeNetError]]:
        folder = place(self.path)
        for name in self.items:
            yield name, _read(folder, name)

    def _of_csv(self) -> Iterator[tuple[str, bytes | LeNetError]]:
        file = place(self.path)
        header = next(_rows(file))
        image, key = (header.index(name) for name in _of_csv(header, self.columns, self.path))
        for row in self.items:
            yield row[key], _read(file.beside(), row[image])

    def _of_tar(self) -> Iterator[tuple[str, bytes | LeNetError]]:
        with place(self.path).open() as tar:
            for name, offset, size in self.items:
                if size > LARGEST:
                    yield name, PictureError(f"{name}: {size:,} bytes; expected at most {LARGEST:,}")
                    continue
                tar.seek(offset)
                data = tar.read(size)
                yield name, data if len(data) == size else PictureError(f"{name}: the tar ends in the middle of it")

    def _of_parquet(self) -> Iterator[tuple[str, bytes | LeNetError]]:
        ((group, row),) = self.items
        with _opened(place(self.path)) as file:
            column, inner = _of_parquet(file.schema_arrow, self.columns, self.path)
            keys = self.columns.key
            wanted = [column, *([keys] if keys else [])]
            for batch in file.iter_batches(BATCH, row_groups=[group], columns=wanted):
                named = batch.column(keys).to_pylist() if keys else [None] * len(batch)
                for value, own in zip(batch.column(column).to_pylist(), named, strict=True):
                    data = value.get(inner) if inner and value is not None else value
                    key = f"{PurePath(self.path).name}:{row}" if own is None else str(own)
                    row += 1
                    if data is None or len(data) > LARGEST:
                        yield key, PictureError(f"{key}: {'no bytes' if data is None else f'{len(data):,} bytes'}")
                    else:
                        yield key, data


def _read(folder: Place, name: str) -> bytes | LeNetError:
    try:
        return folder.read(name, LARGEST)
    except PictureError as error:
        return error


@contextlib.contextmanager
def _opened(found: Place) -> Iterator[Any]:
    """The open Parquet file. Raises DataError where it is none."""
    opener = parquet()
    import pyarrow as pa

    try:
        file = opener.ParquetFile(found.path, filesystem=found.files)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{found.name}: no Parquet file that can be read ({error})") from error
    with file:
        yield file


def parquet() -> Any:
    """pyarrow's Parquet module. Raises MissingExtraError where it is not installed."""
    try:
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtraError("pyarrow", "bulk") from error
    return pq


def shards(source: str, columns: Columns = FOUND) -> Iterator[Shard]:
    """All shards of a source, in its one order.

    source: the path or address of a folder of pictures, of a tar, Parquet or CSV file, or of a folder of tars or
        Parquet files.
    Raises DataError where there is no such source, or it holds nothing to read.
    """
    cuts = {"folder": _cut_folder, "tar": _cut_tar, "parquet": _cut_parquet, "csv": _cut_csv}
    number = 0
    for kind, found in _members(place(source)):
        for items, weight in cuts[kind](found):
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

    first, tables = pa.schema([]), 0
    for kind, found in _members(place(source)):
        if kind == "parquet":
            with _opened(found) as file:
                schema = file.schema_arrow
                image, _ = _of_parquet(schema, columns, found.name)
                rest = _rest(schema.names, image, columns.key)
                fields = pa.schema([schema.field(name).remove_metadata() for name in rest])
        elif kind == "csv":
            header = next(_rows(found))
            fields = pa.schema([(n, pa.string()) for n in _rest(header, *_of_csv(header, columns, found.name))])
        else:
            continue
        if tables and not fields.equals(first):
            raise DataError(f"{found.name}: columns {_said(fields)}; expected {_said(first)} as in the file before it")
        first, tables = fields, tables + 1
    if not tables and columns != FOUND:
        raise DataError(f"{source}: no Parquet or CSV file, which alone have columns; leave the columns' names out")
    return first


def _said(fields: Any) -> str:
    return ", ".join(f"{field.name} ({field.type})" for field in fields) or "none"


def _rest(names: Sequence[str], image: str, key: str | None) -> list[str]:
    return [name for name in names if name not in (image, key)]


def total(source: str) -> int:
    """The sum of the weights of all shards: pictures of a folder, bytes of a tar, rows of a table."""
    found = 0
    for kind, one in _members(place(source)):
        if kind == "folder":
            found += sum(1 for _ in _pictures(one))
        elif kind == "parquet":
            with _opened(one) as file:
                found += file.metadata.num_rows
        elif kind == "csv":
            found += sum(1 for _ in _rows(one)) - 1  # without its header
        else:
            found += one.size()
    return found


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


def _pictures(folder: Place) -> Iterator[str]:
    """The names of all pictures under a folder."""
    return (name for name in folder.walk() if os.path.splitext(name)[1].lower() in SUFFIXES)


def _cut_folder(folder: Place) -> Iterator[tuple[tuple[Any, ...], int]]:
    names = _pictures(folder)
    while some := tuple(islice(names, PICTURES)):
        yield some, len(some)


def _cut_csv(found: Place) -> Iterator[tuple[tuple[Any, ...], int]]:
    rows = _rows(found)
    next(rows)
    while some := tuple(islice(rows, PICTURES)):
        yield some, len(some)


def _rows(found: Place) -> Iterator[tuple[str, ...]]:
    """The rows of a CSV file, its header first."""
    with found.open() as file:
        try:
            rows = map(tuple, csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline="")))
            header = next(rows, ())
            if not header or len(set(header)) != len(header):
                raise DataError(f"{found.name}: columns {', '.join(header)}; expected a first line of different names")
            yield header
            for row in rows:
                if row and len(row) != len(header):
                    raise DataError(f"{found.name}: {len(row)} cells in the row of {row[0]!r}; expected {len(header)}")
                if row:
                    yield row
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataError(f"{found.name}: no CSV file that can be read ({error}); expected UTF-8") from error


def _of_csv(header: tuple[str, ...], columns: Columns, path: str) -> tuple[str, str]:
    """The columns with the pictures' names and with their keys."""
    _check_columns(header, columns, path)
    image = columns.image or next((name for name in NAMES if name in header), None)
    if image is None:
        raise DataError(f"{path}: columns {', '.join(header)}; expected one of pictures: name it as the image column")
    return image, columns.key or image


def _check_columns(names: Sequence[str], columns: Columns, path: str) -> None:
    for name in (columns.image, columns.key):
        if name is not None and name not in names:
            raise DataError(f"{path}: no column {name!r}; it has {', '.join(names)}")


def _cut_tar(found: Place) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Offsets are found from the members' headers alone; their contents are not read."""
    start, end, some = 0, 0, []
    try:
        with found.open() as file, tarfile.open(fileobj=file, mode="r:") as tar:
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
        raise DataError(
            f"{found.name}: no tar file that can be read ({error}); expected one, not compressed"
        ) from error
    if some:
        yield tuple(some), found.size() - start


def _cut_parquet(found: Place) -> Iterator[tuple[tuple[Any, ...], int]]:
    with _opened(found) as file:
        row = 0
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            yield ((group, row),), count
            row += count


def _of_parquet(schema: Any, columns: Columns, path: str) -> tuple[str, str]:
    """The column with picture bytes, and the field within it where it is a struct, else ""."""
    import pyarrow as pa

    _check_columns(schema.names, columns, path)
    for name in (*COLUMNS, *schema.names) if columns.image is None else (columns.image,):
        if name not in schema.names or name == columns.key:
            continue
        kind = schema.field(name).type
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return name, ""
        if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            return name, "bytes"
    named = f"no bytes in {columns.image!r}" if columns.image else f"columns {', '.join(schema.names)}"
    raise DataError(f"{path}: {named}; expected a column with the bytes of pictures")
