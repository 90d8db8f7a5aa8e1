"""The bar that commands show while they work."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import Progress, ProgressColumn

__all__ = ["SHOWN", "working"]

SHOWN = Console(stderr=True)  # one for all: a bar may begin under another


def working(*columns: ProgressColumn, shown: bool = True) -> Progress:
    """A bar on standard error where that is a terminal, gone at its end; rich's own columns where none are given."""
    # Where standard output is no terminal, rich would take to the bar's what is printed to it meanwhile.
    aside = sys.stdout.isatty()
    return Progress(
        *columns, console=SHOWN, transient=True, disable=not (shown and SHOWN.is_terminal), redirect_stdout=aside
    )
