"""Is a kernel compiled once for a user, and still usable where nothing can be kept?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SQUASH = """
import sys
import numpy as np
from lenet5.kernels.compiled import kernels_are_cached
from lenet5.architecture import SQUASHES
from lenet5.kernels.squash import curve, squash
before = kernels_are_cached()
values = np.ones(16, np.float32)
tanh = SQUASHES["tanh"]
squash(values, 0, 16, tuple(np.array(curve(tanh, tanh.value), np.float32)))
assert abs(values[0] - 1) < 1e-4
compiler = "numba.np.arraymath" in sys.modules  # what numba loads to be ready to compile
print(before, kernels_are_cached(), sum(squash.stats.cache_hits.values()), compiler)
"""


def run(cache: Path | str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SQUASH], env=os.environ | {"LENET5_CACHE": str(cache)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_second_process_finds_what_the_first_compiled_and_loads_no_compiler(tmp_path: Path) -> None:
    assert run(tmp_path) == ["False", "True", "0", "True"]
    assert run(tmp_path) == ["True", "True", "1", "False"]


def test_without_a_folder_to_write_to_kernels_still_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert run(tmp_path / "file" / "inside") == ["False", "False", "0", "True"]


def test_a_full_disk_keeps_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    """As a full disk does, a limit of 4 kB on files refuses the machine code."""
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    env = os.environ | {"LENET5_CACHE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", limit + SQUASH], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_damaged_machine_code_is_compiled_anew(tmp_path: Path) -> None:
    run(tmp_path)
    for path in tmp_path.rglob("*.nb*"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert run(tmp_path)[2] == "0"
