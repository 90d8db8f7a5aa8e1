"""`lenet5 read --input … --output …`: reads millions of pictures, and shows how far it has come."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from lenet5.bulk.job import Engine
from lenet5.bulk.job import read as read_all
from lenet5.pictures.ink import Polarity
from lenet5.reading.layout import Layout

__all__ = ["read_bulk"]


def read_bulk(
    source: Path,
    output: Path,
    *,
    engine: Engine,
    workers: int | None,
    layout: Layout,
    ink: Polarity,
    model: str | None,
    accept: float | None,
) -> int:
    """Read a source of millions of pictures into a Parquet file. Returns 1 where some could not be read."""
    columns = (BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.fields[state]}"))
    console = Console(stderr=True)
    done = None
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0, state="")
        job = read_all(
            source, output, engine=engine, layout=layout, ink=ink, model=model, accept=accept, workers=workers
        )
        for done in job:
            state = f"{done.pictures:,} pictures, {done.rate:,.0f} a second, {_time(done.left)} left"
            bar.update(task, completed=done.share, state=state)
    assert done is not None  # a source without pictures is an error
    found = f", {done.found:,} of them before this start" if done.found else ""
    print(f"{output}: {done.pictures:,} pictures read{found}; {done.failed:,} could not be", file=sys.stderr)
    return int(done.failed > 0)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
