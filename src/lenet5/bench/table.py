"""A benchmark on a terminal: tables of reading and learning, and each task against the best peer."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from lenet5.bench.peers import OURS
from lenet5.bench.run import Result
from lenet5.bench.tasks import Task

NONE = "·"


def show(console: Console, result: Result) -> None:
    """Print all of a result."""
    console.print(
        f"{result.machine['processor']}, {result.threads} thread{'s' if result.threads > 1 else ''}, at most "
        f"{2e-9 * result.peak:.0f} GFLOP/s measured; microseconds a picture, medians"
    )
    tasks = list(result.times)
    reading = [task for task in tasks if task.kind == "read"]
    learning = [task for task in tasks if task.kind != "read"]
    for title, part in (("reading, so\nmany a call", reading), ("\nlearning", learning)):
        if part:
            console.print(_table(title, result, part))
    console.print(_ratios(result))
    for name, reason in result.missing.items():
        console.print(Text(f"{name} did not take part: {reason}", style="dim"))


def _table(title: str, result: Result, tasks: list[Task]) -> RenderableType:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(title, no_wrap=True)
    for task in tasks:
        table.add_column(_head(task), justify="right", no_wrap=True)
        if task == Task("read", 1):
            table.add_column("one,\n99 %", justify="right", no_wrap=True)
    table.add_column("of peak\nat most", justify="right", no_wrap=True)
    table.add_column("\nMB", justify="right", no_wrap=True)
    for name in {name: None for task in tasks for name in result.times[task]}:
        cells = []
        for task in tasks:
            cells.append(_microseconds(result.per_picture(task, name)))
            if task == Task("read", 1):
                times = result.times[task].get(name)
                cells.append(_microseconds(times.p99 if times else None))
        shares = [share for task in tasks if (share := result.share_of_peak(task, name)) is not None]
        memory = result.memory.get(name)
        cells += [f"{max(shares):.1%}" if shares else NONE, f"{memory / 1e6:,.0f}" if memory else NONE]
        table.add_row(f"[bold]{name}[/]" if name == OURS else name, *cells)
    return Group(Text(), table)


def _head(task: Task) -> str:
    if task.kind == "read":
        return "\none" if task.size == 1 else f"\n{task.size:,}"
    return "\nonline" if task.kind == "online" else f"batches\nof {task.size}"


def _microseconds(seconds: float | None) -> str:
    if seconds is None:
        return NONE
    value = 1e6 * seconds
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _ratios(result: Result) -> RenderableType:
    """A line for each task: how many times as long the best peer takes."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for task in result.times:
        best = result.best_peer(task)
        if best is not None:
            table.add_row(task.label, f"{best[1]:,.1f} times as fast as {best[0]}, the best peer")
    return Group(Text(), table, Text())
