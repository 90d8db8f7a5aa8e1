"""A bulk job: what is left to do, its progress, its end; a job that was killed goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Literal

from lenet5.bulk import cluster, local, sources, tables
from lenet5.bulk.kinds import FOUND, Columns
from lenet5.bulk.parts import Counts
from lenet5.bulk.places import is_address
from lenet5.bulk.sources import Shard
from lenet5.bulk.worker import Task
from lenet5.errors import DataError, ReadingError
from lenet5.loading import load
from lenet5.machine import threads
from lenet5.reading.reader import BEST

Engine = Literal["local", "ray"]
ENGINES = {"local": local.run, "ray": cluster.run}


@dataclass(frozen=True)
class Progress(Counts):
    """How far a job has come: what is counted of all that was read, and found: of these, read before this start.

    share: 0 to 1, of all there is. rate: pictures a second since this start. left: seconds.
    """

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
    columns: Columns = FOUND,
) -> Iterator[Progress]:
    """Read every picture of a source into one table. Started again, it goes on where it was.

    Args:
        source: A folder of pictures, a .tar, .parquet or .csv file, or a folder of .tar or .parquet files; by its path,
            or by an address that fsspec opens.
        output: A .parquet, .csv or .jsonl file, with a row for each reading. A picture that can't be read is a row with
            its error. Parts are kept beside it until it is whole.
        engine: "local", all cores of this machine, or "ray", a cluster.
        layout: As of `Reader.read`.
        ink: As of `Reader.read`.
        model: Shipped weights by name, or the path of a .safetensors file; None for the best.
        accept: The least confidence of a reading that is not rejected, 0 to 1; None for the weights' own.
        workers: Processes, or actors of Ray; None for one for each processor.
        columns: Where a table has its pictures and their keys. Its other columns are carried over to the output.

    Returns:
        The progress, each time that a shard of the source is done.

    Raises:
        DataError: The source or the output does not fit.
        ReadingError: The engine, the workers or another option does not fit.
        WeightsError: There are no such weights.
        MissingExtraError: pyarrow, fsspec or Ray is not installed.
    """
    if engine not in ENGINES:
        raise ReadingError(f"engine {engine!r}; expected one of {', '.join(ENGINES)}")
    if workers is not None and workers < 1:
        raise ReadingError(f"{workers} workers; expected at least one")
    if is_address(str(output)):
        raise DataError(f"{output}: expected a file of this machine, or of a disk that every worker sees; copy it then")
    target = Path(output).resolve()  # here and below: workers may run elsewhere
    if target.suffix not in tables.WRITERS:
        ends = ", ".join(tables.WRITERS)
        raise DataError(f"{target}: expected a name that ends in {ends}, which says what is written")
    source = source if isinstance(source, str) and is_address(source) else str(Path(source).resolve())
    digest = str(load(model or BEST).metadata["digest"])
    carried = sources.carried(source, columns)
    task = Task(str(target), layout, ink, model or BEST, digest, accept, columns, carried)
    return _go(source, task, engine, workers or threads.threads())


def _go(source: str, task: Task, engine: Engine, workers: int) -> Iterator[Progress]:
    parts, columns = task.parts, task.columns
    if (whole := parts.finished(sources.shards(source, columns))) is not None:
        yield Progress(**asdict(whole), found=whole.pictures, share=1.0, rate=0.0, left=0.0)
        return
    next(sources.shards(source, columns))  # raises where there is nothing to read, before anything is written
    clock = _Clock(sources.total(source))

    def todo() -> Iterator[Shard]:
        for shard in sources.shards(source, columns):
            if (counts := parts.committed(shard)) is None:
                yield shard
            else:
                clock.add(shard, counts, before=True)

    with parts.held():
        for shard, counts in ENGINES[engine](task, todo(), workers):
            clock.add(shard, counts)
            yield clock.now()
        parts.join(lambda: sources.shards(source, columns), clock.counts)
    parts.remove()
    yield clock.now()


class _Clock:
    """Counts pictures, and estimates how long the rest will take."""

    def __init__(self, total: int) -> None:
        self._total, self._start = max(total, 1), time.monotonic()
        self._before, self._done = 0, 0  # weights of what was found at the start, and of all that is done
        self.counts, self._found = Counts(0, 0, 0), 0

    def add(self, shard: Shard, counts: Counts, *, before: bool = False) -> None:
        """A shard that is done; `before`: it was when this start began."""
        self._done += shard.weight
        self.counts = Counts(*map(sum, zip(astuple(self.counts), astuple(counts), strict=True)))
        if before:
            self._before, self._found = self._before + shard.weight, self._found + counts.pictures

    def now(self) -> Progress:
        seconds = max(time.monotonic() - self._start, 1e-9)
        here, rest = self._done - self._before, max(0, self._total - self._done)
        rate, left = (self.counts.pictures - self._found) / seconds, seconds * rest / max(here, 1)
        share = min(1.0, self._done / self._total)
        return Progress(**asdict(self.counts), found=self._found, share=share, rate=rate, left=left)
