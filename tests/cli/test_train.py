"""Does `lenet5 train` make weights that know their making, the same bits again, and survive whatever stops it?"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lenet5
from lenet5 import cli
from lenet5.cli.train import RecipeFlags
from lenet5.training import Recipe, recipe
from systems import posix

SHORT = ["train", "--data", "drawn", "--count", "1800", "--passes", "2"]
MAIN = "from lenet5.cli import main; main()"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    return int(end.value.code or 0)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_field_of_a_recipe_is_a_flag_that_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert [f.name for f in fields(RecipeFlags)] == [f.name for f in fields(Recipe)]
    run("train", "--help")
    said = capsys.readouterr().out
    for field in fields(Recipe):
        assert f"--{field.name.replace('_', '-')} " in said
    assert "Adam" not in said
    assert "The penalty of the rubbish class in eq. 9." in said


def test_a_run_shows_its_passes_and_its_test_error_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*SHORT) == 0
    said = capsys.readouterr().out
    assert said.count("test error") == 1
    assert said.index("test error") > said.index("   2  ")
    assert "300 pictures" in said  # a sixth of what is drawn to learn from
    assert "runs/lenet5-1998-0.safetensors" in said


def test_weights_know_how_they_were_made(capsys: pytest.CaptureFixture[str]) -> None:
    run(*SHORT, "--out", "first.safetensors", "--seed", "4", "--step", "0.3", "--json")
    *passes, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [p["pass"] for p in passes] == [1, 2]
    first = lenet5.load("first.safetensors")
    told = first.metadata
    assert told["result"] == last["result"]
    assert set(last["result"]) == {"test_error", "test_pictures", "held_out_error", "train_error", "seconds"}
    assert (last["result"]["test_pictures"], last["result"]["train_error"]) == (300, passes[1]["train_error"])
    assert (told["recipe"]["name"], told["recipe"]["step"], told["recipe"]["mu"]) == ("1998", 0.3, 0.02)
    assert (told["data"]["name"], told["data"]["pictures"], len(told["data"]["sha256"])) == ("drawn", 1500, 64)
    assert (told["seed"], told["version"], told["classes"]) == (4, lenet5.__version__, list("0123456789"))
    # The command makes the same weights again, bit for bit.
    assert told["command"].startswith("lenet5 train ")
    assert run(*shlex.split(told["command"])[1:], "--out", "again.safetensors") == 0
    assert (lenet5.load("again.safetensors").parameters == first.parameters).all()


@pytest.mark.parametrize("network", ["lenet5-linear", "lenet5-softmax", "lenet5-maxpool"])
def test_the_other_networks_take_the_plain_recipe(network: str) -> None:
    assert run(*SHORT, "--network", network, "--held-out", "0") == 0
    made = lenet5.load(f"runs/{network}-plain-centred-0.safetensors").metadata
    assert made["recipe"] == {
        "name": "plain-centred",
        **asdict(recipe("plain-centred")),
        "passes": made["recipe"]["passes"],
    }
    assert made["result"]["held_out_error"] is None
    assert made["data"]["pictures"] == 1800


def test_a_network_of_ones_own_is_declared_in_a_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """C3 with 32 maps, all layers but F6 squashed by max(0, a): two words changed in what `summary` writes."""
    assert run("summary", "lenet5", "--declaration") == 0
    declared = capsys.readouterr().out.replace('"lenet5"', '"wide"')
    data = {**json.loads(declared.replace('"tanh"', '"relu"')), "c3": {"maps": 32, "squash": "relu"}}
    data["f6"]["squash"] = "tanh"
    (here / "wide.json").write_text(json.dumps(data), "utf-8")
    assert run(*SHORT, "--network", "wide.json", "--held-out", "0") == 0
    made = lenet5.load("runs/wide-1998-0.safetensors")
    assert (made.architecture.c3.maps, made.architecture.s4.squash) == (32, "relu")
    assert "--network wide.json" in made.metadata["command"]
    stored = "runs/wide-1998-0.safetensors"  # whose layers are taken, and not its weights
    assert run(*SHORT, "--network", stored, "--held-out", "0", "--out", "again.safetensors") == 0
    assert lenet5.load("again.safetensors").metadata["digest"] == made.metadata["digest"]
    (here / "wide.json").write_text(json.dumps(data | {"c1": {"kernel": 7}}), "utf-8")
    assert run(*SHORT, "--network", "wide.json", "--out", "other.safetensors") == 2
    assert "every convolution is 5×5" in capsys.readouterr().err


def test_a_folder_of_letters_makes_a_network_of_letters(rng: np.random.Generator) -> None:
    for letter in "AxQ":
        Path("mine", letter).mkdir(parents=True)
        for n in range(8):
            Image.fromarray(rng.integers(0, 100, (28, 28), dtype=np.uint8)).save(Path("mine", letter, f"{n}.png"))
    for network in ("lenet5", "lenet5-softmax"):
        out = f"{network}.safetensors"
        assert run("train", "--data", "mine", "--passes", "1", "--network", network, "--out", out) == 0
        made = lenet5.load(out)
        assert sorted(made.classes) == ["A", "Q", "x"]
        assert made.architecture.classes == 3
        assert made.metadata["result"]["test_error"] is None
        assert run("evaluate", out, "--data", "mine") == 0


def test_nothing_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    run(*SHORT, "--out", "x.safetensors")
    before = Path("x.safetensors").read_bytes()
    assert run(*SHORT, "--out", "x.safetensors") == 2
    assert "x.safetensors is there already" in capsys.readouterr().err
    assert run(*SHORT, "--out", "x.other") == 2  # another file, the same folder of the run
    assert Path("x.safetensors").read_bytes() == before


def test_a_finished_run_that_is_resumed_is_finished(capsys: pytest.CaptureFixture[str]) -> None:
    run(*SHORT, "--out", "x.safetensors")
    first = lenet5.load("x.safetensors").parameters
    assert run(*SHORT, "--out", "x.safetensors", "--resume") == 0
    assert (lenet5.load("x.safetensors").parameters == first).all()
    assert run(*SHORT, "--out", "x.safetensors", "--resume", "--seed", "1") == 2
    assert "of another run: seed" in capsys.readouterr().err


# ---- Stopped in the middle.

LONG = ["train", "--data", "drawn", "--count", "3000", "--held-out", "0", "--passes", "6", "--seed", "3"]


def begun(*arguments: str) -> subprocess.Popen[str]:
    """A `lenet5 train` of its own that has written a checkpoint in the middle of a pass."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    checkpoint = Path("x.run/checkpoint.safetensors")
    while process.poll() is None:
        if checkpoint.exists() and done(checkpoint):
            return process
        time.sleep(0.001)
    raise AssertionError(f"ended too early: {process.communicate()}")


def done(checkpoint: Path) -> int:
    data = checkpoint.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return int(json.loads(header["__metadata__"]["lenet5-run"])["done"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of a training that nobody stopped, its run beside them."""
    path = tmp_path_factory.mktemp("whole") / "whole.safetensors"
    assert run(*LONG, "--out", str(path)) == 0
    return path


@posix
@pytest.mark.parametrize("blow", ["SIGKILL", "SIGINT"])
def test_stopped_and_resumed_gives_the_same_bits(blow: str, whole: Path) -> None:
    process = begun(*LONG, "--out", "x.safetensors", "--checkpoint-every", "0")
    process.send_signal(getattr(signal, blow))
    _, error = process.communicate()
    assert not Path("x.safetensors").exists()
    if blow == "SIGINT":
        assert process.returncode == 130
        assert "stopped: saved in x.run; the same command with --resume" in error
        assert "Traceback" not in error
    assert run(*LONG, "--out", "x.safetensors", "--resume") == 0
    resumed, expected = lenet5.load("x.safetensors"), lenet5.load(whole)
    assert (resumed.parameters == expected.parameters).all()
    for key in ("test_error", "train_error"):
        assert resumed.metadata["result"][key] == expected.metadata["result"][key]
    runs = Path("x.run"), whole.with_suffix(".run")
    lines = [Path(folder, "metrics.jsonl").read_text("utf-8").splitlines() for folder in runs]
    records = [[json.loads(line) for line in those] for those in lines]
    for record in records[0] + records[1]:
        record.pop("seconds")
    assert records[0] == records[1]


@posix
def test_a_full_disk_is_told_of_and_leaves_nothing_half_written(here: Path) -> None:
    """As a full disk does, a limit of 100 kB on files refuses the checkpoint."""
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
    command = [sys.executable, "-c", limit + MAIN, *SHORT, "--out", "x.safetensors"]
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 2, process.stderr
    assert "lenet5: cannot write x.run/checkpoint.safetensors" in process.stderr
    assert "Traceback" not in process.stderr
    assert [p for p in here.rglob("*") if p.is_file()] == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_told_of_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "locked").mkdir(mode=0o500)
    assert run(*SHORT, "--out", "locked/x.safetensors") == 2
    assert "pass" not in capsys.readouterr().out


def test_it_goes_on_from_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*SHORT, "--out", "first.safetensors") == 0
    assert run(*SHORT, "--seed", "1", "--from", "first.safetensors", "--out", "second.safetensors") == 0
    first, second = (lenet5.load(f"{name}.safetensors").metadata for name in ("first", "second"))
    assert second["parent"] == {"digest": first["digest"], "command": first["command"]}
    assert second["recipe"]["name"] == "fine-tune"
    assert "--from first.safetensors" in second["command"]
    capsys.readouterr()
    assert run(*SHORT, "--from", "lenet5-ensemble") == 2
    assert "7 networks in one; give a single one" in capsys.readouterr().err
