"""`lenet5 networks`: what is shipped, what each is for, and what it was measured at."""

from __future__ import annotations

import json
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from lenet5 import storage
from lenet5.cli.options import Json

PURPOSES = {
    "lenet5": "the network of 1998, to read the paper with and to compare with",
    "lenet5-ascii": "every printable character, by all codes of Figure 3",
    "lenet5-best": "the same 60,000 parameters, trained as well as is known",
    "lenet5-ensemble": "seven networks that answer as one: the least error on MNIST",
    "lenet5-linear": "a tutorial's reading: a full connection at the end",
    "lenet5-maxpool": "a tutorial's reading: max-pooling, every C3 map sees all of S2",
    "lenet5-reader": "what the reader asks about pictures; knows what is no digit",
    "lenet5-softmax": "a tutorial's reading: averages, softmax",
    "lenet5-teacher": "what lenet5-best learned from",
}


def networks(*, as_json: Json = False) -> None:
    """List the networks that are shipped: what they are for, test error on MNIST, size.

    Any of these names may be given where a command takes a network. `lenet5 summary NAME` shows one.

    Args:
        as_json: Print JSON.
    """
    rows = [_row(name) for name in storage.shipped()]
    if as_json:
        print(json.dumps(rows))
        return
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("network", no_wrap=True)
    for name in ("test error", "parameters", "kB"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("for")
    for row in rows:
        error = "–" if row["test_error"] is None else f"{row['test_error']:.2f} %"
        members = f"{row['members']} × " if row["members"] > 1 else ""
        size = f"{row['bytes'] / 1000:,.0f}"
        table.add_row(row["name"], error, f"{members}{row['parameters']:,}", size, row["for"])
    Console().print(table)


def _row(name: str) -> dict[str, Any]:
    path = storage.shipped()[name]
    architecture, members, metadata = storage.read(path)
    result = metadata.get("result")
    return {
        "name": name,
        "for": PURPOSES.get(name, ""),
        "test_error": result.get("test_error") if isinstance(result, dict) else None,
        "parameters": architecture.parameters(),
        "members": len(members),
        "bytes": path.stat().st_size,
    }
