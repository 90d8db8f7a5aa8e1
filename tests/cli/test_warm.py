"""`lenet5 warm` leaves nothing to compile, and says where the machine code lies."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lenet5.cli import main
from lenet5.errors import LeNetError
from lenet5.machine import native


@pytest.mark.parametrize("parts", [["reading"], ["training"], []])
def test_once_warm_nothing_is_left_to_compile(parts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        before = native.compiling_seconds()
        with pytest.raises(SystemExit) as ended:
            main(["warm", *parts])
        assert ended.value.code == 0
    assert native.compiling_seconds() == before
    assert str(native.kernel_folder()) in capsys.readouterr().out


def test_what_is_kept_runs_without_numba() -> None:
    """Each kernel calls itself and the C library, nothing of the compiler's."""
    with pytest.raises(SystemExit):
        main(["warm"])
    program = """
import sys
from lenet5.machine import native
kept = list(native.kernel_folder().glob("*.o"))
for path in kept:
    native._link(path.read_bytes()[32:])
print(len(kept) > 12, "numba" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["True", "False"]


def test_machine_code_that_is_not_kept_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from lenet5.cli import warm

    monkeypatch.setattr(native, "kernel_folder", lambda: tmp_path)
    monkeypatch.setattr(warm, "ahead", lambda *parts: None)
    with pytest.raises(LeNetError, match="LENET5_CACHE"):
        warm.warm()
