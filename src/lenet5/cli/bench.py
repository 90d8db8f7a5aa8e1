"""`lenet5 bench`: times this package beside every framework that is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators
from rich.console import Console

from lenet5 import files
from lenet5.cli import warm
from lenet5.cli.bar import working
from lenet5.cli.options import Count
from lenet5.machine import threads as available


def bench(
    *,
    quick: bool = False,
    threads: Count | None = None,
    peers: str | None = None,
    json_file: Annotated[Path | None, Parameter(name="--json")] = None,
    plot: Annotated[Path | None, Parameter(validator=validators.Path(ext=("svg", "png", "pdf")))] = None,
) -> None:
    """Time this package and its peers: the same network, pictures and threads, in one run.

    Contenders must first answer and learn alike. Then they are timed in turns.

    Args:
        quick: Fewer tasks and shorter turns: about a minute, and less reliable.
        threads: How many threads; by default one for each processor.
        peers: Only these, separated by commas: numpy reference, onnxruntime, openvino, torch, torch by maps,
            torch.compile, jax.
        json_file: Write everything that was measured to this file.
        plot: Draw a chart of it into this .svg, .png or .pdf file.
    """
    if plot is not None:  # what is missing for it is said before the minutes of timing
        from lenet5.bench.plot import chart
    from lenet5.bench.run import Bench
    from lenet5.bench.table import show

    chosen = [name.strip() for name in peers.split(",")] if peers else None
    run = Bench(threads or available.threads(), chosen, quick=quick)
    warm.ahead("reading", "training")
    with working() as bar:
        task = bar.add_task("")
        for step in run.go():
            bar.update(task, description=step.text, completed=step.done, total=step.total)
    show(Console(highlight=False), run.result)
    if json_file is not None:
        text = json.dumps(run.result.to_dict(), indent=1, ensure_ascii=False) + "\n"
        files.write_atomically(json_file, text.encode())
    if plot is not None:
        files.write_atomically(plot, chart(run.result, plot.suffix[1:].lower()))
