"""The parts of a bulk job's output: one Parquet file for each shard, in the end joined to one file.

The parts of `readings.csv` lie in the folder `readings.csv.parts`. Each is written under another name and then renamed,
so a part that is there is whole. It says which pictures it was made from, and how. When all parts are there, they are
joined to one file in the same way, and the folder is removed. A job holds a file in it, so that there is one job at a
time. What a Parquet file says of itself in its metadata stands for CSV and JSON Lines in a file beside the output,
`readings.csv.about.json`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from lenet5 import files
from lenet5.bulk import tables
from lenet5.bulk.sources import Shard
from lenet5.datasets.tables import parquet
from lenet5.errors import DataError

LARGEST = 2**20  # bytes of what is told of an output


@dataclass(frozen=True)
class Counts:
    """The pictures in a part, how many of them could not be read, and in how many something was rejected."""

    pictures: int
    failed: int
    rejected: int

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Counts:
        return cls(*(int(told[field.name]) for field in fields(Counts)))


@dataclass(frozen=True)
class Parts:
    """The parts of one output.

    how: the options that decide what is read out of a picture, plain data. carried: the schema of the source's own
    columns.
    """

    output: Path
    how: Mapping[str, Any]
    carried: Any = ()

    @property
    def folder(self) -> Path:
        return self.output.with_name(f"{self.output.name}.parts")

    def path(self, shard: Shard) -> Path:
        """Where the part of a shard lies."""
        return self.folder / f"{shard.number:07}.parquet"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within it no other job writes this output. Raises DataError where one does."""
        files.make_folder(self.folder, error=DataError)
        busy = f"another run is writing {self.output} now; wait for its end, or name another output"
        with files.held(self.folder / "held", busy, error=DataError):
            yield

    def commit(self, shard: Shard, rows: list[dict[str, Any]], counts: Counts, origin: list[int]) -> None:
        """Write the part of a shard, whole or not at all. origin: of each row, which of the shard's pictures it is."""
        import pyarrow as pa

        about = json.dumps({**self._about(shard), **asdict(counts)})
        columns, own = tables.schema(self.carried), tables.schema()
        which = pa.array(origin, pa.int64())
        arrays = pa.Table.from_pylist(rows, own).columns
        given = shard.source.others(shard.items) if self.carried else None
        for place, field in enumerate(self.carried, len(own)):
            kind = columns.field(place).type
            arrays.append(pa.nulls(len(rows), kind) if given is None else given[field.name].take(which).cast(kind))
        table = pa.Table.from_arrays(arrays, schema=columns.with_metadata({tables.KEY: about}))
        files.write_atomically(self.path(shard), lambda file: parquet().write_table(table, file), error=DataError)

    def committed(self, shard: Shard) -> Counts | None:
        """What the part of a shard holds, or None where the shard is still to read.

        Raises DataError where the part is of other pictures, or was read with other options.
        """
        path = self.path(shard)
        if not path.exists():
            return None
        about = _told_in(path)
        if {name: about.get(name) for name in self._about(shard)} != self._about(shard):
            raise DataError(
                f"{path} was made from other pictures or with other options; give the input and options that the job "
                f"began with, or remove {self.folder}, or name another output"
            )
        return Counts.of(about)

    def finished(self, shards: Iterable[Shard]) -> Counts | None:
        """What the output holds where it is there already, made from these shards; else None.

        Raises DataError where it is the output of another job.
        """
        if not self.output.exists():
            return None
        about = _told_in(self.output if self.output.suffix == ".parquet" else self._beside())
        if (about.get("how"), about.get("digest")) != (self.how, _digest(shards)):
            raise DataError(
                f"{self.output} is there already, made from other pictures or with other options; remove it, or name "
                f"another output"
            )
        self.remove()  # left over where the end of a job was cut short
        return Counts.of(about)

    def join(self, shards: Callable[[], Iterable[Shard]], counts: Counts) -> None:
        """Join all parts to one file, in the order of the shards."""
        about = json.dumps({"how": self.how, "digest": _digest(shards()), **asdict(counts)})
        columns = tables.schema(self.carried).with_metadata({tables.KEY: about})
        if self.output.suffix != ".parquet":  # before the output: once that is there, the job is done
            files.write_atomically(self._beside(), f"{about}\n".encode(), error=DataError)
        parts = (parquet().read_table(self.path(shard), partitioning=None) for shard in shards())
        write = tables.WRITERS[self.output.suffix]
        files.write_atomically(self.output, lambda file: write(file, parts, columns), error=DataError)

    def remove(self) -> None:
        """Remove all parts, once they are joined and nothing is held: Windows removes no file that is open."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _beside(self) -> Path:
        return self.output.with_name(f"{self.output.name}.about.json")

    def _about(self, shard: Shard) -> dict[str, Any]:
        return {"how": self.how, "digest": shard.digest}


def _digest(shards: Iterable[Shard]) -> str:
    """The digest of all shards together."""
    whole = hashlib.sha256()
    for shard in shards:
        whole.update(shard.digest.encode())
    return whole.hexdigest()


def _told_in(path: Path) -> dict[str, Any]:
    """What an output or a part tells of itself. Raises DataError where it is another's, or damaged."""
    try:
        if path.suffix == ".json":
            return dict(json.loads(files.read_bounded(path, LARGEST, error=DataError)))
        return dict(json.loads(parquet().read_metadata(path).metadata[tables.KEY]))
    except (DataError, KeyError, TypeError, ValueError, OSError) as error:
        output = str(path).removesuffix(".about.json")
        raise DataError(f"{output} was not made by lenet5, or is damaged ({error}); name another output") from error
