"""How long until the first answer? Each command in a new process, taking turns, medians.

    python benchmarks/startup.py [TURNS]

Seconds of the clock, and of the processor in brackets: on a machine that others use, these say more. "cold" begins
with an empty cache folder, and compiles what it needs. Python's own bytecode is kept, as pip does when it installs,
whatever PYTHONDONTWRITEBYTECODE says.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lenet5

PICTURE = Path(lenet5.__file__).parent / "samples" / "digit_3.png"
PYTHON, LENET5 = [sys.executable, "-c"], [sys.executable, "-m", "lenet5"]
COMMANDS = {
    "python": [*PYTHON, "pass"],
    "import numpy": [*PYTHON, "import numpy"],
    "import lenet5": [*PYTHON, "import lenet5"],
    "lenet5 --version": [*LENET5, "--version"],
    "lenet5 --help": [*LENET5, "--help"],
    "lenet5 read one.png, warm": [*LENET5, "read", str(PICTURE)],
    "lenet5 read one.png, cold": [*LENET5, "read", str(PICTURE)],
}


def seconds(command: list[str], **variables: str) -> tuple[float, float]:
    """How long a command takes, by the clock and of the processor."""
    start, before = time.perf_counter(), os.times()
    out = subprocess.DEVNULL
    subprocess.run(command, check=True, stdout=out, stderr=out, env=os.environ | variables)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, used


def main() -> None:
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as bytecode:
        kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": bytecode}
        for command in COMMANDS.values():  # fills caches
            seconds(command, **kept)
        for _ in range(turns):
            for name, command in COMMANDS.items():
                with tempfile.TemporaryDirectory() as empty:
                    cache = {"LENET5_CACHE": empty} if "cold" in name else {}
                    found[name].append(seconds(command, **kept, **cache))
    for name, times in found.items():
        clock, processor = (statistics.median(part) for part in zip(*times, strict=True))
        print(f"{name:28} {clock:6.2f} s ({processor:5.2f})")


if __name__ == "__main__":
    main()
