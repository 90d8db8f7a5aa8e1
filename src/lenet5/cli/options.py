"""The options that several commands have, and what becomes of a place to write to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from lenet5 import files
from lenet5.datasets import Form
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
