"""How long until the first answer? Each command in a new process, taking turns, medians.

    python benchmarks/startup.py [TURNS]

`import lenet5` is to cost at most 1.3 times `import numpy`, and `lenet5 read` of one picture at most a second once
the kernels are compiled.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import lenet5

PICTURE = Path(lenet5.__file__).parent / "samples" / "digit_3.png"
COMMANDS = {
    "python": [sys.executable, "-c", "pass"],
    "import numpy": [sys.executable, "-c", "import numpy"],
    "import lenet5": [sys.executable, "-c", "import lenet5"],
    "read one.png": [sys.executable, "-c", "from lenet5.cli import main; main()", "read", str(PICTURE)],
}


def main() -> None:
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(turns + 1):
        for name, command in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if turn:  # the first fills caches
                seconds[name].append(time.perf_counter() - start)
    found = {name: statistics.median(times) for name, times in seconds.items()}
    print(json.dumps({name: round(value, 4) for name, value in found.items()}))
    print(f"import lenet5: {found['import lenet5'] / found['import numpy']:.2f} times import numpy")


if __name__ == "__main__":
    main()
