"""A bar is seen on a terminal alone, and what a command prints goes where it was sent, whatever else is a terminal."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lenet5.files import cache_folder
from lenet5.machine.native import kernel_folder
from server.expected import EXAMPLES
from systems import posix

PICTURES = [str(EXAMPLES / f"digit_{digit}.png") for digit in (3, 4)]
READ = ["read", *PICTURES]
TRAIN = ["train", "--data", "drawn", "--count", "60", "--passes", "1", "--held-out", "10"]


def run(arguments: list[str], folder: Path, *terminals: str, **environment: str) -> tuple[str, str]:
    """Standard output and standard error of a command; these of them are a terminal."""
    leader, follower = os.openpty()
    ends = {name: follower if name in terminals else subprocess.PIPE for name in ("stdout", "stderr")}
    command = [sys.executable, "-m", "lenet5", *arguments]
    env = {**os.environ, **environment}
    with subprocess.Popen(command, cwd=folder, text=True, stdin=subprocess.DEVNULL, env=env, **ends) as process:  # type: ignore[call-overload]
        os.close(follower)
        seen = b""
        while terminals:
            try:
                seen += os.read(leader, 65536)
            except OSError:  # the last end was closed
                break
        piped = process.communicate()
    os.close(leader)
    assert process.returncode == 0
    shown = seen.decode()
    return tuple(text if text is not None else shown for text in piped)  # type: ignore[return-value]


@posix
@pytest.mark.parametrize(("arguments", "word"), [(READ, "1.00"), (TRAIN, "test error")])
def test_answers_go_to_standard_output_though_the_bar_is_on_a_terminal(
    arguments: list[str], word: str, tmp_path: Path
) -> None:
    out, err = run(arguments, tmp_path, "stderr")
    assert word in out
    assert word not in err
    assert "\x1b" not in out
    assert "━" in err


@posix
def test_without_a_terminal_nothing_is_told_that_nobody_asked_for(tmp_path: Path) -> None:
    out, err = run(READ, tmp_path)
    assert [line.split()[1] for line in out.splitlines()] == ["3", "4"]
    assert err == ""


@posix
def test_on_a_terminal_answers_stand_above_the_bar(tmp_path: Path) -> None:
    out, _ = run(READ, tmp_path, "stdout", "stderr")
    assert "━" in out
    assert [f"digit_{digit}.png  {digit}  1.00" in out for digit in (3, 4)] == [True, True]


@posix
def test_a_terminal_is_told_how_long_the_compiler_takes(tmp_path: Path) -> None:
    # Of what is compiled here, one kernel is left out: it has to be compiled, and that is soon done.
    cache = tmp_path / "cache"
    place = cache / kernel_folder().relative_to(cache_folder())
    place.mkdir(parents=True)
    for path in kernel_folder().glob("*.o"):
        if not path.name.startswith("_ways-"):
            shutil.copy2(path, place)
    out, err = run(READ, tmp_path, "stderr", LENET5_CACHE=str(cache))
    assert err.count("compiling the kernels for this processor, once for this user") == 1
    left = [int(seconds) for seconds in re.findall(r"about (\d+) s left", err)]
    assert left
    assert left == sorted(left, reverse=True)
    assert len(out.splitlines()) == 2
