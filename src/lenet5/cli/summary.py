"""`lenet5 summary`: the layers of a network, and how each number comes about."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lenet5 import storage
from lenet5.architecture import ARCHITECTURES, SIDE, Architecture, LayerCount, architecture
from lenet5.cli.options import Json
from lenet5.errors import ArchitectureError, harmless

_NUMBERS = ("neurons", "trainable", "fixed", "connections")


def summary(
    network: str = "lenet5", /, *, size: str = f"{SIDE}x{SIDE}", as_json: Json = False, declaration: bool = False
) -> None:
    """Show the layers of a network: maps, sizes, neurons, trainable parameters, connections.

    Args:
        network: A shipped network, a declared one, or the path of a .safetensors file, or of a .json file that declares
            one.
        size: The input in pixels, height x width; a larger one gives outputs at several places, every four pixels.
        as_json: Print JSON.
        declaration: Print the network's declaration instead: JSON to be edited and given to --network.
    """
    height, width = _parse(size)
    declared, metadata = _find(network)
    if declaration:
        print(declared.declaration(), end="")
        return
    rows = declared.count(height, width)
    totals = {name: sum(getattr(row, name) for row in rows) for name in _NUMBERS}
    if as_json:
        table = {"network": declared.name, "input": [height, width], "layers": [asdict(row) for row in rows]}
        print(json.dumps({**table, "total": totals, "classes": declared.classes, "metadata": metadata}))
        return
    console = Console()
    console.print(_table(f"{harmless(declared.name)}, input {height}×{width}", rows, totals))
    if metadata:
        console.print(_told(metadata))


def _parse(size: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", size)
    if found is None:
        raise ArchitectureError(f"an input of size {size!r}; expected height x width in pixels, such as 32x128")
    return int(found[1]), int(found[2])


def _find(network: str) -> tuple[Architecture, dict[str, Any]]:
    """The declaration of a network, and what its file of weights says of its making, where there is one."""
    if network.endswith(".json") or (network in ARCHITECTURES and network not in storage.shipped()):
        return architecture(network), {}
    stored, _, metadata = storage.read(storage.find(network))
    return stored, {key: value for key, value in metadata.items() if key != "architecture"}


def _table(title: str, rows: tuple[LayerCount, ...], totals: dict[str, int]) -> Table:
    table = Table(title=title, title_justify="left", show_footer=True, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("layer", "total", no_wrap=True)
    table.add_column("maps", justify="right", no_wrap=True)
    for name in ("neurons", "trainable", "connections"):
        table.add_column(name, f"{totals[name]:,}", justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            f"[bold]{row.name}[/]\n[dim]{row.kind}[/]",
            f"{row.maps}@{row.height}×{row.width}",
            f"{row.neurons:,}",
            _explained(row.trainable, row.trainable_sum),
            _explained(row.connections, row.connections_sum),
        )
    return table


def _explained(number: int, how: str) -> str:
    """A number, and on the next line how it comes about: `how` without the number that it ends or begins with."""
    how = how.removesuffix(f" = {number:,}").removeprefix(f"{number:,} ")
    return f"{number:,}" if how == f"{number:,}" else f"{number:,}\n[dim]{how}[/]"


def _told(metadata: dict[str, Any]) -> Table:
    table = Table(show_header=False, box=None)
    for key, value in metadata.items():
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v}" for k, v in value.items() if v not in ("", None))
        table.add_row(Text(harmless(key)), Text(harmless(str(value))))
    return table
