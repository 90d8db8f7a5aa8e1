"""A worker: it reads shards with a reader of its own, and commits each as one part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from lenet5.bulk.kinds import Columns
from lenet5.bulk.parts import Counts, Parts
from lenet5.bulk.sources import Shard
from lenet5.bulk.tables import BOX, OF_A_READING
from lenet5.errors import LeNetError
from lenet5.reading import Reader, Reading

BATCH = 256  # pictures that are in memory at once


@dataclass(frozen=True)
class Task:
    """The same for all workers: where readings go, and how pictures are read.

    digest: of the weights, so that none but these are used. carried: the schema of the source's own columns.
    """

    output: str
    layout: str
    ink: str
    model: str
    digest: str
    accept: float | None
    columns: Columns
    carried: Any

    @property
    def parts(self) -> Parts:
        told = ("layout", "ink", "model", "digest", "accept")
        how = {**{name: getattr(self, name) for name in told}, "columns": asdict(self.columns)}
        return Parts(Path(self.output), how, self.carried)


class Worker:
    """Reads shards, one after the other."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._reader = Reader(task.model, accept=task.accept)

    def warm(self) -> None:
        """Compile the kernels that reading needs."""
        self._reader.read_many([np.eye(28, dtype=np.uint8) * 255] * 64)

    def read(self, shard: Shard) -> Counts:
        """Read a shard and commit its part."""
        rows: list[dict[str, Any]] = []
        origin: list[int] = []
        pictures = failed = rejected = 0
        given = shard.source.pictures(shard.items)
        while some := list(islice(given, BATCH)):
            for (key, _), found in zip(some, self._read([data for _, data in some]), strict=True):
                rows += (made := _rows(key, found))
                origin += [pictures] * len(made)
                pictures, failed = pictures + 1, failed + isinstance(found, LeNetError)
                rejected += any(row.get("rejected") for row in made)
        counts = Counts(pictures, failed, rejected)
        self._task.parts.commit(shard, rows, counts, origin)
        return counts

    def _read(self, given: list[bytes | LeNetError]) -> Iterator[list[Reading] | LeNetError]:
        """The readings of each picture, or its error."""
        whole = [data for data in given if not isinstance(data, LeNetError)]
        found = self._many(whole) if self._task.layout in ("digit", "line") else map(self._one, whole)
        yield from (data if isinstance(data, LeNetError) else next(found) for data in given)

    def _many(self, given: list[bytes]) -> Iterator[list[Reading] | LeNetError]:
        try:
            how: Any = {"layout": self._task.layout, "ink": self._task.ink, "on_error": "return"}
            found = self._reader.read_many(given, **how)
        except Exception:  # one of them makes the reader fail: read each by itself
            return map(self._one, given)
        return iter([one if isinstance(one, LeNetError) else [one] for one in found])

    def _one(self, data: bytes) -> list[Reading] | LeNetError:
        try:
            return self._reader.read(data, self._task.layout, ink=self._task.ink)  # type: ignore[arg-type]
        except LeNetError as error:
            return error
        except Exception as error:  # a fault of the reader's own must not end a job of millions
            return LeNetError(f"the reader failed: {type(error).__name__}: {error}")


def _rows(key: str, found: list[Reading] | LeNetError) -> list[dict[str, Any]]:
    # The names in a tar may be bytes that are no text.
    key = key.encode("utf-8", "replace").decode()
    if isinstance(found, LeNetError):
        return [{"key": key, "error": str(found).encode("utf-8", "replace").decode()}]
    told = ({name: getattr(r, name) for name in OF_A_READING} | dict(zip(BOX, r.box, strict=True)) for r in found)
    return [{"key": key, **one} for one in told]
