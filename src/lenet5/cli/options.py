"""The options that several commands have: data, which is loaded here, and places to write to."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from lenet5 import datasets, files
from lenet5.datasets import Dataset, Form, Part
from lenet5.errors import LeNetError

Whole = Annotated[int, Parameter(validator=validators.Number(gte=0))]
Count = Annotated[int, Parameter(validator=validators.Number(gte=1))]
Json = Annotated[bool, Parameter(name="--json")]
OWN = "mnist, drawn, or data of your own: pictures in folders or a zip file, .csv, .npz, .npy, .parquet, IDX files."
Data = Annotated[str, Parameter(help=OWN)]
DataForm = Annotated[Form, Parameter(name="*", group="Data", negative_bool="no-")]
AS_FOUND = Form()


def new_place(*places: Path, instead: str = "") -> None:
    """Make sure that nothing is at these places yet, and that a file can be written at the first. Raises LeNetError."""
    for place in places:
        if os.path.lexists(place):
            raise LeNetError(f"{place} is there already; {instead}name another --out, or remove it")
    files.try_place(places[0])


def load(data: str, part: Part, count: int | None, seed: int = 0, form: Form | None = None) -> Dataset:
    """`datasets.load`, with a bar on stderr for what is downloaded, and a line for each thing that was decided."""
    from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn

    from lenet5.cli.bar import working  # rich takes longer to import than some commands take

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
