"""The options that several commands have."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter, validators

from lenet5.datasets import Form

__all__ = ["AS_FOUND", "Count", "Data", "DataForm", "Json", "Whole"]

Whole = Annotated[int, Parameter(validator=validators.Number(gte=0))]
Count = Annotated[int, Parameter(validator=validators.Number(gte=1))]
Json = Annotated[bool, Parameter(name="--json")]
OWN = "mnist, drawn, or data of your own: pictures in folders or a zip file, .csv, .npz, .npy, .parquet, IDX files."
Data = Annotated[str, Parameter(help=OWN)]
DataForm = Annotated[Form, Parameter(name="*", group="Data", negative_bool="no-")]
AS_FOUND = Form()
