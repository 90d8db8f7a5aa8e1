"""The bar that commands show while they work, and the seconds that are left while kernels are compiled."""

from __future__ import annotations

import sys
import time
from contextlib import suppress

from rich.console import Console
from rich.errors import LiveError
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

SHOWN = Console(stderr=True)  # one for all: a bar may begin under another


def working(*columns: ProgressColumn, shown: bool = True) -> Progress:
    """A bar on standard error where that is a terminal, gone at its end; rich's own columns where none are given."""
    # Where standard output is no terminal, rich would take to the bar's what is printed to it meanwhile.
    hidden, aside = not (shown and SHOWN.is_terminal), sys.stdout.isatty()
    return Progress(*columns, console=SHOWN, transient=True, disable=hidden, redirect_stdout=aside)


class _Seconds(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"about {max(1.0, task.fields['until'] - time.monotonic()):.0f} s left")


class Left:
    """What is left of the seconds that compiling may take, shown while a kernel is compiled."""

    def __init__(self, seconds: float) -> None:
        self._left, self._begun = seconds, 0.0
        self._bar = working(SpinnerColumn(), TextColumn("compiling the kernels,"), _Seconds())
        self._task = self._bar.add_task("", until=0.0)

    def begin(self) -> None:
        self._begun = time.monotonic()
        self._bar.update(self._task, until=self._begun + self._left)
        with suppress(LiveError):  # rich before 14.1 shows one bar at a time
            self._bar.start()

    def end(self) -> None:
        self._left -= time.monotonic() - self._begun
        self._bar.stop()
