"""The bar that commands show while they work, and the seconds that are left while kernels are compiled."""

from __future__ import annotations

import sys
import time
from contextlib import suppress

from rich.console import Console
from rich.errors import LiveError
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

__all__ = ["SHOWN", "compiling", "working"]

SHOWN = Console(stderr=True)  # one for all: a bar may begin under another


def working(*columns: ProgressColumn, shown: bool = True) -> Progress:
    """A bar on standard error where that is a terminal, gone at its end; rich's own columns where none are given."""
    # Where standard output is no terminal, rich would take to the bar's what is printed to it meanwhile.
    aside = sys.stdout.isatty()
    return Progress(
        *columns, console=SHOWN, transient=True, disable=not (shown and SHOWN.is_terminal), redirect_stdout=aside
    )


class _Left(ProgressColumn):
    """The seconds of the estimate that are left."""

    def render(self, task: Task) -> Text:
        return Text(f"about {max(1.0, task.fields['until'] - time.monotonic()):.0f} s left")


def compiling(seconds: float) -> None:
    """Show what is left of so many seconds whenever a kernel is being compiled, from the one on that begins now."""
    from numba.core import event

    bar = working(SpinnerColumn(), TextColumn("compiling the kernels,"), _Left())

    class Watch(event.Listener):  # type: ignore[misc]
        depth, begun, left = 0, 0.0, seconds  # kernels compile those that they call

        def on_start(self, event: event.Event) -> None:
            self.depth += 1
            if self.depth == 1:
                self.begun = time.monotonic()
                bar.update(task, until=self.begun + self.left)
                with suppress(LiveError):  # rich before 14.1 shows one bar at a time
                    bar.start()

        def on_end(self, event: event.Event) -> None:
            self.depth -= 1
            if self.depth == 0:
                self.left -= time.monotonic() - self.begun
                bar.stop()

    task = bar.add_task("", until=0.0)
    event.register("numba:compile", Watch())  # which numba tells of the beginning one too
