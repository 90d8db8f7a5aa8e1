"""A kernel is compiled once for a user, and is still usable where nothing can be kept; both are told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from systems import posix

FOLLOW = """
import logging, sys
import numpy as np
from lenet5.kernels.entries import follow
from lenet5.machine.native import compiling_seconds
logging.basicConfig(level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
average = np.zeros(16, np.float32)
follow(average, np.ones(16, np.float32), 0.5)
assert (average == 0.5).all()
print(compiling_seconds() > 0, "numba" in sys.modules)
"""


def start(cache: Path | str, program: str = FOLLOW, **variables: str) -> subprocess.Popen[str]:
    env = os.environ | {"LENET5_CACHE": str(cache)} | variables
    command, pipe = [sys.executable, "-c", program], subprocess.PIPE
    return subprocess.Popen(command, env=env, stdout=pipe, stderr=pipe, text=True)


def told(process: subprocess.Popen[str]) -> list[str]:
    """Whether it compiled, whether it loaded the compiler; then what the log told."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out.split() + err.splitlines()


def run(cache: Path | str, program: str = FOLLOW, **variables: str) -> list[str]:
    return told(start(cache, program, **variables))


COMPILING = "lenet5.kernels INFO compiling the kernels for this processor, once for this user: 5 to 40 seconds"


def test_the_second_process_finds_what_the_first_compiled_and_loads_no_compiler(tmp_path: Path) -> None:
    assert run(tmp_path) == ["True", "True", COMPILING]
    assert run(tmp_path) == ["False", "False"]


def test_without_a_folder_to_write_to_kernels_still_work_and_it_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    *found, compiling, warning = run(tmp_path / "file" / "inside")
    assert [*found, compiling] == ["True", "True", COMPILING]
    assert warning.startswith("lenet5.kernels WARNING the compiled kernels cannot be kept ")
    assert "LENET5_CACHE" in warning


@posix
def test_what_can_only_be_read_is_still_found(tmp_path: Path) -> None:
    """As in a container whose root is read-only: whoever made the folder owns it, and root may write anyway."""
    run(tmp_path)
    for path in [*tmp_path.rglob("*"), tmp_path]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    kept = sorted(tmp_path.rglob("*"))
    assert run(tmp_path) == ["False", "False"]
    assert sorted(tmp_path.rglob("*")) == kept
    for path in [tmp_path, *kept]:
        path.chmod(0o755)


@posix
def test_a_full_disk_keeps_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    """As a full disk does, a limit of 1 kB on files refuses the machine code."""
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
    assert any("cannot be kept" in line for line in run(tmp_path, limit + FOLLOW))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_damaged_machine_code_is_told_and_compiled_anew(tmp_path: Path) -> None:
    run(tmp_path)
    (kept,) = tmp_path.rglob("*.o")
    whole = kept.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", whole[:-9] + bytes(9)):
        kept.write_bytes(damaged)
        compiled, _, warning, _ = run(tmp_path)
        assert compiled == "True"
        assert warning.startswith(f"lenet5.kernels WARNING {kept} is damaged")
        assert run(tmp_path) == ["False", "False"]


def test_two_processes_that_start_together_both_answer_and_leave_what_a_third_finds(tmp_path: Path) -> None:
    together = [start(tmp_path) for _ in range(2)]
    for process in together:
        assert told(process)[0] == "True"
    assert run(tmp_path) == ["False", "False"]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_another_version_of_numba_compiles_anew(tmp_path: Path) -> None:
    """Where numba is installed in another version, its `_version.py` is another."""
    (tmp_path / "_version.py").write_text("0.0")
    other = f"""
from types import SimpleNamespace
from lenet5.machine import native
native.find_spec = lambda name: SimpleNamespace(origin={str(tmp_path / "__init__.py")!r})
{FOLLOW}"""
    assert run(tmp_path)[0] == "True"
    assert run(tmp_path, other)[0] == "True"
    for program in (FOLLOW, other):
        assert run(tmp_path, program) == ["False", "False"]


def test_another_processor_with_the_same_home_compiles_anew_and_each_finds_its_own(tmp_path: Path) -> None:
    """As where a home is shared by several machines; numba takes the name of a processor from these variables."""
    other = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    assert run(tmp_path)[0] == "True"
    assert run(tmp_path, **other)[0] == "True"
    for variables in ({}, other):
        assert run(tmp_path, **variables) == ["False", "False"]
