"""`lenet5 read-many`: reads millions of pictures into one table, and shows how far it has come."""

from __future__ import annotations

import sys
from typing import Literal

from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

from lenet5 import bulk
from lenet5.cli.bar import working
from lenet5.cli.options import Count
from lenet5.cli.read import Accept, InkIs, LayoutIs, Model


def read_many(
    source: str,
    output: str,
    /,
    *,
    layout: LayoutIs = "digit",
    ink: InkIs = "auto",
    model: Model = None,
    accept: Accept = None,
    image_column: str | None = None,
    key_column: str | None = None,
    engine: Literal["local", "ray"] = "local",
    workers: Count | None = None,
) -> int:
    """Read pictures by the million into one table.

    A picture that cannot be read is a row with its error. The same command, started again, goes on where it was.

    Exit status: 0 where every picture was read, be it with readings that are rejected, 1 where one could not be, 2
    where the request makes no sense.

    Args:
        source: A folder tree of pictures, a .tar or .parquet file, a folder of such files, or a .csv file with the
            names of pictures. Also an address, as s3://bucket/folder, with the extra fsspec.
        output: The file that gets a row for each reading, by its name: .parquet, .csv or .jsonl.
        image_column: Of Parquet: the column with the bytes of pictures. Of CSV: with their names. By default the first
            that fits.
        key_column: The column whose values become the keys. All other columns are carried over to the output.
        engine: local: all cores of this machine. ray: the cluster that Ray finds.
        workers: How many processes, or actors of Ray; by default one for each processor.
    """
    own, done = bulk.Columns(image_column, key_column), None
    job = bulk.read(
        source, output, engine=engine, layout=layout, ink=ink, model=model, accept=accept, workers=workers, columns=own
    )
    with working(BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.fields[state]}")) as bar:
        task = bar.add_task("", total=1.0, state="")
        for done in job:
            state = f"{done.pictures:,} pictures, {done.rate:,.0f} a second, {_time(done.left)} left"
            bar.update(task, completed=done.share, state=state)
    assert done is not None  # a source without pictures is an error
    found = f", {done.found:,} of them before this start" if done.found else ""
    rejected = f"; in {done.rejected:,} something was rejected" if done.rejected else ""
    print(f"{output}: {done.pictures:,} pictures read{found}; {done.failed:,} could not be{rejected}", file=sys.stderr)
    if layout == "digit" and 2 * done.rejected > done.pictures:
        print("each was taken for one digit; --layout auto looks for lines, boxes and pages too", file=sys.stderr)
    return int(done.failed > 0)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
