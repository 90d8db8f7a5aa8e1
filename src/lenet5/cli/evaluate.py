"""`lenet5 evaluate`: a network's error on labelled pictures, and which classes it confuses."""

from __future__ import annotations

import json

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lenet5.cli.options import AS_FOUND, Count, Data, DataForm, Json, Whole
from lenet5.cli.options import load as load_data
from lenet5.datasets import Part
from lenet5.loading import load
from lenet5.training.evaluation import Evaluation
from lenet5.training.evaluation import evaluate as answer

WIDEST = 16  # classes of which the confusion matrix is shown


def evaluate(
    model: str = "lenet5",
    /,
    *,
    data: Data = "mnist",
    part: Part = "test",
    count: Count | None = None,
    seed: Whole = 0,
    as_json: Json = False,
    form: DataForm = AS_FOUND,
) -> None:
    """Measure a network's error on labelled pictures.

    Args:
        model: A shipped network, or the path of a .safetensors file.
        part: The pictures kept for testing, or those to learn from. A folder without train/ and test/ in it has one
            part.
        count: Only so many pictures, drawn at random in proportion to the classes.
        seed: Of what is drawn.
        as_json: Print JSON, with the position and the answer of each mistake.
    """
    network = load(model)
    dataset = load_data(data, part, count, seed, form)
    found = answer(network, dataset)
    if as_json:
        print(json.dumps({"model": model, "data": dataset.name, **found.to_dict()}))
        return
    console = Console(highlight=False)
    low, high = found.interval
    console.print(f"{model} on {dataset.name}: {found.wrong:,} of {found.pictures:,} wrong", markup=False)
    console.print(f"error            {found.error:.2f} %, with 95 % confidence {low:.2f} to {high:.2f} %")
    console.print(f"mean penalty     {found.mean_penalty:.4g} of the right class")
    console.print(f"log loss         {found.log_loss:.4f} of the right class's probability")
    console.print(
        f"calibration      {found.calibration_error:.2f} % between confidence and share of right answers (ECE)"
    )
    console.print(f"speed            {found.pictures / found.seconds:,.0f} pictures/s\n")
    console.print("a row for each class, and a column for each answer")
    console.print(_table(found))


def _table(found: Evaluation) -> Table:
    """A row for each class: what its pictures were taken for, how many they are, and the error in percent."""
    shown = found.classes if len(found.classes) <= WIDEST else ()
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for name in ("", *shown, "of", "error"):
        table.add_column(Text(name), justify="right", no_wrap=True)
    for right, name in enumerate(found.classes):
        row = found.confusion[right]
        total = int(row.sum())
        counts = [f"[bold]{n}[/]" if k == right else f"{n or '·'}" for k, n in enumerate(row[: len(shown)])]
        error = f"{100 * (total - row[right]) / total:.2f} %" if total else ""
        table.add_row(Text(name, "bold"), *counts, str(total), error)
    return table
