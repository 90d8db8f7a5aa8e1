"""Does reading cost in proportion to the pictures, and stay in the same memory however many there are?

    python benchmarks/stream.py [PICTURES …]     1,000 to 1,000,000 by default; a line of JSON for each

Pictures are handed over as a stream, 1,000 at a time, as a program would read them from somewhere.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from lenet5.architecture import LENET5
from lenet5.bench.worker import most_memory
from lenet5.network import LeNet5
from lenet5.training.initial import initial

AT_A_TIME = 1000


def main() -> None:
    rng = np.random.default_rng(1998)
    network = LeNet5(LENET5, initial(LENET5, rng))
    pictures = rng.integers(0, 256, (AT_A_TIME, 28, 28), dtype=np.uint8)
    network.predict(pictures)
    for count in map(int, sys.argv[1:] or (1_000, 10_000, 100_000, 1_000_000)):
        start, counts = time.perf_counter(), np.zeros(10, np.int64)
        for _ in range(0, count, AT_A_TIME):
            counts += np.bincount(network.predict(pictures), minlength=10)
        seconds = time.perf_counter() - start
        print(
            json.dumps(
                {
                    "pictures": int(counts.sum()),
                    "seconds": round(seconds, 4),
                    "microseconds_per_picture": round(1e6 * seconds / count, 2),
                    "most_memory_mb": round((most_memory() or 0) / 1e6, 1),
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
