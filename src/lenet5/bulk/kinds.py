"""The kinds of sources: a folder of pictures, a tar, a Parquet file, a CSV file. Each knows how it is cut into shards.

The items of a shard say where its pictures are: of a folder, names within it; of a tar, (name, offset, bytes); of a
Parquet file, (row group, first row); of a CSV file, the cells of each row.
"""

from __future__ import annotations

import csv
import io
import os
import tarfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import PurePath
from typing import Any, Literal

from lenet5.bulk.places import Place
from lenet5.datasets.tables import holds_bytes, opened
from lenet5.errors import DataError, LeNetError, PictureError
from lenet5.pictures.opening import MAX_BYTES, SUFFIXES

PICTURES = 2048  # in a shard; of a Parquet file a shard is a row group
COLUMNS = ("image", "picture", "bytes", "png", "jpg", "jpeg")  # of a Parquet file, the first there is
NAMES = ("file_name", "filename", "path", "file", "image", "picture")  # of a CSV file
BATCH = 256  # rows of a Parquet file that are in memory at once

Kind = Literal["folder", "tar", "parquet", "csv"]
Items = tuple[Any, ...]
Found = tuple[str, bytes | LeNetError]  # a picture's key, and its bytes or the error that kept them from being read


@dataclass(frozen=True)
class Columns:
    """The columns of a table that hold the pictures and their keys; all others are carried over to the output.

    image: bytes, or a struct with a field "bytes", of Parquet; a name or path of CSV. The first that fits where None.
    key: its values are the keys, as text. Where None, a key is the file's name and the row, or of CSV the picture.
    """

    image: str | None = None
    key: str | None = None

    def others(self, names: Sequence[str], image: str) -> list[str]:
        """The names of the columns that are carried over, where the pictures are in `image`."""
        return [name for name in names if name not in (image, self.key)]

    def check(self, names: Sequence[str], path: str) -> None:
        """Raises DataError where a column that is named is not among the names of a table's."""
        for name in (self.image, self.key):
            if name is not None and name not in names:
                raise DataError(f"{path}: no column {name!r}; it has {', '.join(names)}")


FOUND = Columns()  # whichever fit


@dataclass(frozen=True)
class Source(ABC):
    """A folder or a file; the columns are those of a table."""

    place: Place
    columns: Columns = FOUND

    @abstractmethod
    def cuts(self) -> Iterator[tuple[Items, int]]:
        """The items of each shard, and its part of `total`."""

    def total(self) -> int:
        """The sum of all shards' parts: pictures of a folder, bytes of a tar, rows of a table."""
        return sum(part for _, part in self.cuts())

    @abstractmethod
    def pictures(self, items: Items) -> Iterator[Found]:
        """The pictures of a shard."""

    def carried(self) -> Any:
        """The columns that are carried over, as a schema of pyarrow; None where there are no columns."""
        return None

    def others(self, items: Items) -> Any:
        """A table of these columns, a row for each picture of a shard; None where there are none."""
        return None


class Folder(Source):
    """Pictures under a folder."""

    def cuts(self) -> Iterator[tuple[Items, int]]:
        return _by_number(name for name in self.place.walk() if os.path.splitext(name)[1].lower() in SUFFIXES)

    def pictures(self, items: Items) -> Iterator[Found]:
        for name in items:
            yield name, _read(self.place, name)


class Tar(Source):
    """A tar, not compressed. Offsets are found from the members' headers alone; their contents are not read."""

    def cuts(self) -> Iterator[tuple[Items, int]]:
        start, end, some = 0, 0, []
        try:
            with self.place.open() as file, tarfile.open(fileobj=file, mode="r:") as tar:
                while (member := tar.next()) is not None:
                    tar.members.clear()  # type: ignore[attr-defined]  # it would hold the header of every member
                    end = member.offset_data + member.size
                    plain = member.isreg() and not member.issparse()
                    if plain and os.path.splitext(member.name)[1].lower() in SUFFIXES:
                        some.append((member.name, member.offset_data, member.size))
                    if len(some) == PICTURES:
                        yield tuple(some), end - start
                        start, some = end, []
                file.seek(tar.offset)  # where tarfile ends without a word, at zeros or at what is no header
                if file.read(tarfile.BLOCKSIZE).strip(b"\0"):
                    raise tarfile.ReadError(f"cut short or damaged at byte {tar.offset:,}")
        except (tarfile.TarError, OSError) as error:
            raise DataError(
                f"{self.place.name}: no tar file that can be read ({error}); expected one, not compressed"
            ) from error
        if some:
            yield tuple(some), self.total() - start

    def total(self) -> int:
        return self.place.size()

    def pictures(self, items: Items) -> Iterator[Found]:
        with self.place.open() as tar:
            for name, offset, size in items:
                if size > MAX_BYTES:
                    yield name, PictureError(f"{name}: {size:,} bytes; expected at most {MAX_BYTES:,}")
                    continue
                tar.seek(offset)
                data = tar.read(size)
                yield name, data if len(data) == size else PictureError(f"{name}: the tar ends in the middle of it")


class Parquet(Source):
    """A Parquet file with a column of picture bytes."""

    def _opened(self) -> AbstractContextManager[Any]:
        return opened(self.place.path, self.place.name, self.place.files)

    def _image(self, schema: Any) -> str:
        """The column with picture bytes, or with structs that have a field "bytes"."""
        path, image = self.place.name, self.columns.image
        self.columns.check(schema.names, path)
        for name in (*COLUMNS, *schema.names) if image is None else (image,):
            if name in schema.names and name != self.columns.key and holds_bytes(schema.field(name).type):
                return str(name)
        named = f"no bytes in {image!r}" if image else f"columns {', '.join(schema.names)}"
        raise DataError(f"{path}: {named}; expected a column with the bytes of pictures")

    def cuts(self) -> Iterator[tuple[Items, int]]:
        with self._opened() as file:
            row = 0
            for group in range(file.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                yield ((group, row),), count
                row += count

    def pictures(self, items: Items) -> Iterator[Found]:
        ((group, row),) = items
        with self._opened() as file:
            column, keys = self._image(file.schema_arrow), self.columns.key
            wanted = [column, *([keys] if keys else [])]
            for batch in file.iter_batches(BATCH, row_groups=[group], columns=wanted):
                named = batch.column(keys).to_pylist() if keys else [None] * len(batch)
                for value, own in zip(batch.column(column).to_pylist(), named, strict=True):
                    data = value.get("bytes") if isinstance(value, dict) else value
                    key = f"{PurePath(self.place.name).name}:{row}" if own is None else str(own)
                    row += 1
                    if data is None or len(data) > MAX_BYTES:
                        size = "no" if data is None else f"{len(data):,}"
                        yield key, PictureError(f"{key}: {size} bytes; expected a picture's, at most {MAX_BYTES:,}")
                    else:
                        yield key, data

    def carried(self) -> Any:
        import pyarrow as pa

        with self._opened() as file:
            schema = file.schema_arrow
            names = self.columns.others(schema.names, self._image(schema))
            return pa.schema([schema.field(name).remove_metadata() for name in names])

    def others(self, items: Items) -> Any:
        ((group, _),) = items
        with self._opened() as file:
            names = file.schema_arrow.names
            return file.read_row_group(group, columns=self.columns.others(names, self._image(file.schema_arrow)))


class Csv(Source):
    """A CSV file with a column of pictures' names."""

    def _rows(self) -> Iterator[tuple[str, ...]]:
        """The rows, the header first."""
        path = self.place.name
        with self.place.open() as file:
            try:
                lines = io.TextIOWrapper(file, "utf-8-sig", newline="")
                first = next(lines, "")
                delimiter = max(",;\t", key=first.count)  # a table in Europe has semicolons
                rows = map(tuple, csv.reader(chain([first], lines), delimiter=delimiter))
                header = next(rows, ())
                if not header or len(set(header)) != len(header):
                    raise DataError(f"{path}: columns {', '.join(header)}; expected a first line of different names")
                yield header
                for row in rows:
                    if row and len(row) != len(header):
                        raise DataError(f"{path}: {len(row)} cells in the row of {row[0]!r}; expected {len(header)}")
                    if row:
                        yield row
            except (csv.Error, UnicodeDecodeError) as error:
                raise DataError(f"{path}: no CSV file that can be read ({error}); expected UTF-8") from error

    def _header(self) -> tuple[tuple[str, ...], str]:
        """The names of the columns, and which of them has the pictures' names."""
        header = next(self._rows())
        self.columns.check(header, self.place.name)
        image = self.columns.image or next((name for name in NAMES if name in header), None)
        if image is None:
            raise DataError(
                f"{self.place.name}: columns {', '.join(header)}; expected one of pictures: name it as the image column"
            )
        return header, image

    def cuts(self) -> Iterator[tuple[Items, int]]:
        rows = self._rows()
        next(rows)
        return _by_number(rows)

    def pictures(self, items: Items) -> Iterator[Found]:
        header, image = self._header()
        at, key = header.index(image), header.index(self.columns.key or image)
        for row in items:
            yield row[key], _read(self.place.beside(), row[at])

    def carried(self) -> Any:
        import pyarrow as pa

        return pa.schema([(name, pa.string()) for name in self.columns.others(*self._header())])

    def others(self, items: Items) -> Any:
        import pyarrow as pa

        header, image = self._header()
        cells = dict(zip(header, zip(*items, strict=True), strict=True))
        return pa.table({name: pa.array(cells[name], pa.string()) for name in self.columns.others(header, image)})


KINDS: dict[Kind, type[Source]] = {"folder": Folder, "tar": Tar, "parquet": Parquet, "csv": Csv}


def _by_number(found: Iterator[Any]) -> Iterator[tuple[Items, int]]:
    """Shards of PICTURES each."""
    while some := tuple(islice(found, PICTURES)):
        yield some, len(some)


def _read(folder: Place, name: str) -> bytes | LeNetError:
    try:
        return folder.read(name, MAX_BYTES)
    except PictureError as error:
        return error
