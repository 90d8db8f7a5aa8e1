"""What only some systems have."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals, limits, pipes or links")


@contextmanager
def too_deep(root: Path) -> Iterator[None]:
    """Below a folder others, one in the other, down to where no path is long enough to list them."""
    here = os.getcwd()
    try:
        os.chdir(root)
        for _ in range(25):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        os.chdir(here)
        yield
    finally:
        os.chdir(here)
        shutil.rmtree(root / ("d" * 200))
