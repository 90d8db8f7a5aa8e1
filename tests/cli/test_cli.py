"""Does the command line show what was asked, and end as it says: 0, 2 for what is wrong, 130 after Ctrl-C?"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lenet5
from lenet5 import cli
from lenet5.architecture import LENET5, LENET5_MAXPOOL
from lenet5.network import LeNet5
from networks import start
from systems import posix

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`lenet5 …` in a folder of its own: (exit status, what it says, what it says on stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            cli.main(arguments)
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


# ---- The doors.


def test_help_and_version(run: Run) -> None:
    status, said, _ = run("--help")
    assert status == 0
    assert set(cli.COMMANDS) <= set(said.split())
    assert run("--version") == (0, f"{lenet5.__version__}\n", "")


def test_every_command_explains_itself(run: Run) -> None:
    for command in cli.COMMANDS:
        status, said, _ = run(command, "--help")
        assert status == 0
        assert f"Usage: lenet5 {command}" in said


@pytest.mark.parametrize(
    "arguments",
    [("summry",), ("summary", "--sise", "32x32"), ("summary", "a", "b"), ("bench", "--plot", "bench.gif")],
    ids=str,
)
def test_wrong_usage_ends_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    status, said, error = run(*arguments)
    assert status == 2
    assert said == ""
    assert "Error" in error


def test_the_help_of_a_command_is_all_that_it_says_of_itself(run: Run) -> None:
    assert "Ctrl-C saves and says where" in run("train", "--help")[1]
    assert "Exit status: 0 done; 1 done, and the answer is no" in run("--help")[1]


@pytest.mark.parametrize("code", ["cp1252", "ascii", "utf-8"])
def test_a_terminal_of_any_code_shows_any_name(tmp_path: Path, code: str) -> None:
    """As Windows redirects into files: cp1252, which has no 手."""
    path = tmp_path / "手書き é.png"
    Image.fromarray(np.full((40, 40), 255, np.uint8)).save(path)
    arguments = ["read", str(path), "--layout", "digit"]
    command = [sys.executable, "-c", "import sys; from lenet5.cli import main; main(sys.argv[1:])", *arguments]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": code}, check=False)
    assert done.returncode == 1, done.stderr
    name = "手書き é.png".encode(code, "backslashreplace")
    assert name in done.stdout
    assert b"Traceback" not in done.stderr


def test_the_shipped_networks_are_listed(run: Run) -> None:
    told = json.loads(run("networks", "--json")[1])
    assert {row["name"]: row["parameters"] for row in told}["lenet5"] == 60_000
    assert all(row["for"] and row["bytes"] > 100_000 for row in told)
    assert "lenet5-best" in run("networks")[1]


@posix
def test_whoever_stops_listening_is_not_shown_an_error() -> None:
    """`lenet5 summary --json | true`"""
    command = f"{sys.executable} -c 'from lenet5.cli import main; main()' summary --json | true"
    done = subprocess.run(["bash", "-c", command + "; exit ${PIPESTATUS[0]}"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (141, "")  # as a shell says of any command that ends so


# ---- summary


@pytest.mark.parametrize(
    ("network", "trainable"),
    [("lenet5", 60_000), ("lenet5-linear", 60_850), ("lenet5-softmax", 60_850), ("lenet5-maxpool", 61_706)],
)
def test_the_summary_counts(run: Run, network: str, trainable: int) -> None:
    status, said, _ = run("summary", network, "--json")
    assert status == 0
    table = json.loads(said)
    assert table["total"]["trainable"] == trainable
    assert sum(layer["trainable"] for layer in table["layers"]) == trainable
    assert f"{trainable:,}" in run("summary", network)[1]


def test_the_summary_of_a_network_that_a_file_declares(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text(LENET5.declaration().replace('"lenet5"', '"own"'), "utf-8")
    status, said, _ = run("summary", str(tmp_path / "own.json"))
    assert status == 0
    assert said.startswith("own, input 32×32")
    assert "60,000" in said


def test_the_summary_says_how_each_number_comes_about(run: Run) -> None:
    _, said, _ = run("summary", "lenet5")
    for part in ("340,908", "(5·5 + 1)·6", "5·5·60 + 16", "(5·5·16 + 1)·120", "120@1×1", "84·10 = 840 fixed"):
        assert part in said
    assert max(map(len, said.splitlines())) <= 80


def test_the_summary_of_a_wider_input(run: Run) -> None:
    _, said, _ = run("summary", "lenet5", "--size", "32x64", "--json")
    assert [(layer["height"], layer["width"]) for layer in json.loads(said)["layers"]] == [
        (28, 60),
        (14, 30),
        (10, 26),
        (5, 13),
        (1, 9),
        (1, 9),
        (1, 9),
    ]


def test_the_summary_of_a_file_tells_of_its_making(run: Run, rng: np.random.Generator) -> None:
    known = {"seed": 77, "command": "lenet5 train …"}
    LeNet5(LENET5_MAXPOOL, start(LENET5_MAXPOOL, rng), known).save("mine.safetensors")
    assert "lenet5 train …" in run("summary", "mine.safetensors")[1]
    told = json.loads(run("summary", "mine.safetensors", "--json")[1])
    assert (told["network"], told["metadata"]["seed"]) == ("lenet5-maxpool", 77)


@pytest.mark.parametrize("size", ["32", "31x32", "0x0", "32x", "-32x32", "axb", "1e3x32", "99999999x32"])
def test_a_size_that_is_none_is_refused(run: Run, size: str) -> None:
    status, said, error = run("summary", "lenet5", f"--size={size}")
    assert (status, said) == (2, "")
    assert "lenet5: an input of" in error


# ---- evaluate


@pytest.fixture
def model(run: Run, rng: np.random.Generator) -> str:
    return str(LeNet5(LENET5, start(LENET5, rng)).save("model.safetensors"))


def test_evaluate_shows_error_interval_and_confusions(run: Run, model: str) -> None:
    status, said, _ = run("evaluate", model, "--data", "drawn", "--count", "50")
    assert status == 0
    for part in ("of 50 wrong", "with 95 % confidence", "pictures/s", "mean penalty", "a row for each class"):
        assert part in said
    assert max(map(len, said.splitlines())) <= 80


def test_names_are_shown_as_they_are(run: Run, rng: np.random.Generator) -> None:
    """What looks like markup is none."""
    for label in ("a", "[red]"):
        folder = Path("scans [final]", label)
        folder.mkdir(parents=True)
        for k in range(6):
            Image.fromarray(rng.integers(0, 255, (40, 30)).astype(np.uint8)).save(folder / f"{k}.png")
    learned = ("--data", "scans [final]", "--network", "lenet5-softmax", "--passes", "1", "--held-out", "0")
    status, said, _ = run("train", *learned, "--out", "[/x].safetensors")
    assert status == 0
    assert "weights in [/x].safetensors" in " ".join(said.split())
    assert "'scans [final]'" in " ".join(run("summary", "[/x].safetensors")[1].split())
    told = " ".join(run("evaluate", "[/x].safetensors", "--data", "scans [final]")[1].split())
    assert "on scans [final]" in told
    assert "a [red] of error" in told or "[red] a of error" in told


def test_evaluate_lists_every_mistake(run: Run, model: str) -> None:
    _, said, _ = run("evaluate", model, "--data", "drawn", "--count", "50", "--json")
    told = json.loads(said)
    assert told["pictures"] == 50
    assert told["wrong"] == len(told["mistakes"]) == sum(c["wrong"] for c in told["classes"])
    assert np.array(told["confusion"]).sum() == 50
    assert told["interval"][0] < told["error"] < told["interval"][1]


def test_a_file_gives_the_terminal_no_orders(run: Run, tmp_path: Path) -> None:
    network = lenet5.load("lenet5")
    network.metadata["note"] = "\x1b]0;a title\x07 and \x9b31m"
    path = network.save(tmp_path / "orders.safetensors")
    said = run("summary", str(path))[1]
    assert not {"\x1b", "\x07", "\x9b"} & set(said)
    assert "a title" in said


def test_the_shell_completes_commands_and_options(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run("--install-completion", "--shell", "bash")[0] == 0
    script = "".join(p.read_text() for p in tmp_path.rglob("*") if p.is_file())
    assert "--held-out" in script
    assert "read-many" in script


# ---- What is wrong ends with 2, one line that says so, and nothing written.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("summary", "nothing"), "no network 'nothing'"),
        (("evaluate", "nothing"), "no network 'nothing'"),
        (("evaluate", "nothing.safetensors"), "no such file: nothing.safetensors"),
        (("read", "any.png", "--accept", "7"), "accept 7.0; expected a number from 0 to 1"),
        (("evaluate", "n" * 300), "no network 'nnn"),
        (("evaluate", "lenet5", "--data", "n" * 300), "no data set 'nnn"),
        (("evaluate", "text"), "not a whole file of LeNet-5 weights"),
        (("evaluate", "empty"), "cannot read empty"),
        (("evaluate", "model.safetensors", "--data", "nowhere"), "nowhere"),
        (("evaluate", "model.safetensors", "--data", "empty"), "no pictures"),
        (("evaluate", "model.safetensors", "--data", "letters"), "A"),
        (("train", "--data", "empty"), "no pictures"),
        (("train", "--data", "text"), "text"),
        (("train", "--data", "drawn", "--network", "lenet6"), "lenet6"),
        (("train", "--data", "drawn", "--recipe", "1989"), "no recipe '1989'"),
        (("train", "--data", "drawn", "--count", "60", "--network", "lenet5-softmax", "--loss", "map"), "recipe plain"),
        (("train", "--data", "drawn", "--passes", "0"), "passes is 0"),
        (("train", "--data", "drawn", "--step", "nan"), "step is nan"),
        (("train", "--data", "drawn", "--count", "60", "--held-out", "60"), "to hold out of 60"),
        (("train", "--data", "drawn", "--out", "text/x.safetensors"), "text"),
        (("train", "--data", "drawn", "--out", "text"), "text is there already"),
        (("train", "--data", "drawn", "--out", "new.run"), "does not end in .run"),
        (("train", "--data", "drawn", "--out", "."), "expected a file's name"),
        (("export", "model.safetensors", "--to", "c", "--int8", "--data", "nowhere"), "no data set 'nowhere'"),
        (("export", "--to", "page", "--out", "letters"), "letters is there already; name another --out"),
        (("export", "--to", "page", "--single", "--out", "text"), "text is there already; name another --out"),
        (("join", "lenet5", "--out", "text"), "text is there already; name another --out"),
        (
            ("import", "text", "--squash", "relu", "--subsampling", "maximum", "--out", "empty"),
            "empty is there already; name another --out",
        ),
        (("train", "--data", "words", "--held-out", "0"), "the network lenet5-softmax"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, tuple) else "",
)
def test_what_is_wrong_is_said(
    run: Run, model: str, rng: np.random.Generator, arguments: tuple[str, ...], message: str
) -> None:
    Path("text").write_text("some words")
    Path("empty").mkdir()
    for label in ("letters/A", "letters/B", "words/ten", "words/two"):
        Path(label).mkdir(parents=True)
        Image.fromarray(rng.integers(0, 100, (28, 28), dtype=np.uint8)).save(Path(label, "x.png"))
    before = sorted(p for p in Path().rglob("*"))
    status, said, error = run(*arguments)
    assert (status, said) == (2, "")
    assert re.search("^lenet5: ", error, re.MULTILINE)
    assert message in error[error.index("lenet5: ") :]
    assert [p for p in sorted(Path().rglob("*")) if p not in before and p != Path("runs")] == []


def process(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from lenet5.cli import main; main()", *arguments]
    return subprocess.run(command, env=os.environ | env, capture_output=True, text=True)


def test_without_a_network_mnist_is_an_error(tmp_path: Path) -> None:
    refused = {f"{kind}_proxy": "http://127.0.0.1:9" for kind in ("http", "https", "HTTP", "HTTPS")}
    done = process("train", "--out", str(tmp_path / "x"), LENET5_DATA="", LENET5_CACHE=str(tmp_path), **refused)
    assert done.returncode == 2, done.stderr
    assert "lenet5: " in done.stderr
    assert "LENET5_DATA" in done.stderr
    assert "Traceback" not in done.stderr


def test_damaged_mnist_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        (folder / name).write_bytes(b"\0\0\x08\x03" + bytes(100))
    done = process("train", "--out", str(tmp_path / "x"), LENET5_DATA=str(tmp_path))
    assert done.returncode == 2, done.stderr
    assert "train-images-idx3-ubyte" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_number_of_threads_is_an_error() -> None:
    done = process("evaluate", "--data", "drawn", "--count", "60", LENET5_THREADS="many")
    assert done.returncode == 2, done.stderr
