"""Messages of commands while they load data."""

from __future__ import annotations

import sys

from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn

from lenet5 import datasets
from lenet5.cli.bar import working
from lenet5.datasets import Dataset, Form, Part


def load(data: str, part: Part, count: int | None, seed: int = 0, form: Form | None = None) -> Dataset:
    """`datasets.load`, with a bar on stderr for what is downloaded, and a line for each thing that was decided."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with working(*columns) as bar:
        tasks: dict[str, TaskID] = {}

        def show(address: str, done: int, total: int) -> None:
            if address not in tasks:
                tasks[address] = bar.add_task(address.rpartition("/")[2])
            bar.update(tasks[address], completed=done, total=total)

        dataset = datasets.load(data, part, count=count, seed=seed, form=form, progress=show)
    for note in dataset.notes:
        print(f"{dataset.name}: {note}", file=sys.stderr)
    return dataset
