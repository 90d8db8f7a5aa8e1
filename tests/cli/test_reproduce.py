"""Does `lenet5 reproduce` make its report, go on from what it has, and climb the ladder?"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lenet5.cli.reproduce import _table, app
from systems import posix

SMALL = ["--data", "drawn", "--count", "60", "--passes", "1", "--seeds", "2", "--processes", "1"]


def call(*words: str) -> None:
    app(words, exit_on_error=False, result_action="return_value")


def test_the_report_and_then_more_of_it_from_the_same_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(*SMALL, "--experiments", "results", "--recipes", "1998", "--out", str(tmp_path))
    assert "reproduce.html" in capsys.readouterr().out
    made = json.loads((tmp_path / "reproduce.json").read_text("utf-8"))
    assert made["results"]["1998"]["test"]["n"] == 2
    finished = {path: path.stat().st_mtime_ns for path in tmp_path.glob("work/*/training.json")}
    call(*SMALL, "--experiments", "results", "curve", "--recipes", "1998", "--out", str(tmp_path))
    assert "curve" in json.loads((tmp_path / "reproduce.json").read_text("utf-8"))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("work/*/training.json")} == finished


def test_quick_changes_only_what_was_not_asked_for(tmp_path: Path) -> None:
    call("--quick", *SMALL, "--experiments", "results", "--recipes", "1998", "--out", str(tmp_path))
    plan = json.loads((tmp_path / "reproduce.json").read_text("utf-8"))["plan"]
    assert (plan["count"], plan["passes"], plan["robustness"]) == (60, 1, 500)


def test_the_ladder_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("ladder", *SMALL, "--rungs", "2", "--out", str(tmp_path), "--json")
    (row,) = json.loads(capsys.readouterr().out)
    assert row["rung"] == 2
    assert row["test"]["n"] == 2
    assert json.loads((tmp_path / "ladder.json").read_text("utf-8")) == [row]


def test_a_rung_whose_runs_all_diverged_has_its_row() -> None:
    table = _table("test error, %", [("2  a change", {"test": None, "seconds": None})])
    assert [list(column.cells) for column in table.columns] == [["2  a change"], ["–"], ["–"], ["0"], [""]]


def test_a_rung_that_there_is_not(tmp_path: Path) -> None:
    from lenet5.errors import TrainingError

    with pytest.raises(TrainingError, match="no rung 99"):
        call("ladder", "--rungs", "99", "--out", str(tmp_path))


@posix
def test_ctrl_c_says_what_is_kept(tmp_path: Path) -> None:
    words = ["--data", "drawn", "--count", "600", "--seeds", "1", "--passes", "20", "--processes", "1"]
    # Where the tests run in the background of a shell, Ctrl-C is ignored, and who is started inherits that.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heard}; from lenet5.cli import main; main()"
    command = [sys.executable, "-c", program, "reproduce", *words, "--out", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not list(tmp_path.glob("work/*/checkpoint.safetensors")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from there" in told
