"""Do kernels compute the same on a processor with narrower vectors, as aarch64 has them?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import lenet5
from lenet5 import datasets

PROGRAM = """
import sys
import numpy as np
import lenet5
from lenet5 import datasets
from lenet5.machine.native import LANES
digits = datasets.load("drawn", "test", count=20).images
network = lenet5.load("lenet5")
np.savez(sys.argv[1], lanes=LANES, one=network.penalties(digits[:1]), many=network.penalties(digits))
"""


def test_vectors_of_four_give_the_same_penalties(tmp_path: Path) -> None:
    narrow = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "LENET5_CACHE": str(tmp_path)}
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "found.npz")],
        check=True,
        env=os.environ | narrow,
        stderr=subprocess.DEVNULL,
    )
    found = np.load(tmp_path / "found.npz")
    assert found["lanes"] == 4
    ours = lenet5.load("lenet5").penalties(datasets.load("drawn", "test", count=20).images)
    np.testing.assert_allclose(found["many"], ours, rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(found["one"], ours[:1], rtol=1e-5, atol=1e-3)
