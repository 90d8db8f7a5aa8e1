"""A bulk job: what is left to do, its progress, its end; a job that was killed goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lenet5.bulk import cluster, local, sources
from lenet5.bulk.parts import Counts
from lenet5.bulk.sources import Shard
from lenet5.bulk.worker import Task
from lenet5.errors import DataError, ReadingError
from lenet5.kernels import threads
from lenet5.loading import load
from lenet5.reading.reader import BEST

__all__ = ["Engine", "Progress", "read"]

Engine = Literal["local", "ray"]
ENGINES = {"local": local.run, "ray": cluster.run}


@dataclass(frozen=True)
class Progress:
    """How far a job has come.

    pictures, failed: read in all, and those of them that could not be. found: of these, read before this start.
    share: 0 to 1, of all there is. rate: pictures a second since this start. left: seconds.
    """

    pictures: int
    failed: int
    found: int
    share: float
    rate: float
    left: float


def read(
    source: str | Path,
    output: str | Path,
    *,
    engine: Engine = "local",
    layout: Literal["auto", "digit", "line", "page"] = "digit",
    ink: Literal["auto", "dark", "light"] = "auto",
    model: str | None = None,
    accept: float | None = None,
    workers: int | None = None,
) -> Iterator[Progress]:
    """Read every picture of a source into one Parquet file. Started again, it goes on where it was.

    source: a folder of pictures, a .tar or .parquet file, or a folder of such files.
    output: the Parquet file; its parts are kept beside it until it is whole. One row for each reading (`schema`),
        a picture that can't be read is a row with its error.
    layout, ink: as `Reader.read` has them.
    workers: processes, or actors of Ray; by default one for each processor.
    Raises DataError for a source or an output that does not fit, ReadingError for other options, MissingExtraError
    where pyarrow or Ray is not installed, and what `Reader` raises.
    """
    if engine not in ENGINES:
        raise ReadingError(f"engine {engine!r}; expected one of {', '.join(ENGINES)}")
    if workers is not None and workers < 1:
        raise ReadingError(f"{workers} workers; expected at least one")
    for name in (source, output):
        if isinstance(name, str) and "://" in name:
            raise DataError(f"{name}: an address; expected a path of this machine: copy or mount what is there")
    if Path(output).suffix != ".parquet":
        raise DataError(f"{output}: expected a name that ends in .parquet, which is what is written")
    # Workers may run elsewhere.
    absolute, digest = Path(source).resolve(), str(load(model or BEST).metadata["digest"])
    task = Task(str(Path(output).resolve()), layout, ink, model or BEST, digest, accept)
    parts = task.parts
    if (whole := parts.finished(sources.shards(absolute))) is not None:
        yield Progress(whole.pictures, whole.failed, whole.pictures, 1.0, 0.0, 0.0)
        return
    clock = _Clock(sources.total(absolute))

    def todo() -> Iterator[Shard]:
        for shard in sources.shards(absolute):
            if (counts := parts.committed(shard)) is None:
                yield shard
            else:
                clock.found(shard, counts)

    for shard, counts in ENGINES[engine](task, todo(), workers or threads.threads()):
        yield clock.read(shard, counts)
    parts.join(lambda: sources.shards(absolute), Counts(clock.pictures, clock.failed))
    yield clock.now()


class _Clock:
    """Counts pictures, and estimates how long the rest will take."""

    def __init__(self, total: int) -> None:
        self._total, self._start = max(total, 1), time.monotonic()
        self._before, self._done = 0, 0  # weights of what was found at the start, and of all that is done
        self.pictures, self.failed, self._found = 0, 0, 0

    def found(self, shard: Shard, counts: Counts) -> None:
        self._count(shard, counts)
        self._before, self._found = self._before + shard.weight, self._found + counts.pictures

    def read(self, shard: Shard, counts: Counts) -> Progress:
        self._count(shard, counts)
        return self.now()

    def now(self) -> Progress:
        seconds = max(time.monotonic() - self._start, 1e-9)
        here, rest = self._done - self._before, max(0, self._total - self._done)
        rate, left = (self.pictures - self._found) / seconds, seconds * rest / max(here, 1)
        return Progress(self.pictures, self.failed, self._found, min(1.0, self._done / self._total), rate, left)

    def _count(self, shard: Shard, counts: Counts) -> None:
        self._done += shard.weight
        self.pictures, self.failed = self.pictures + counts.pictures, self.failed + counts.failed
