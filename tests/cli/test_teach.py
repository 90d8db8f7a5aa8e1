"""Does `lenet5 teach` write a network that knows its making, or nothing at all?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lenet5
from lenet5 import cli, datasets
from lenet5.cli import teach
from lenet5.datasets.distortions import transform
from lenet5.training import hand


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with 30 digits that lie on their backs; and a teaching of one short pass."""
    monkeypatch.setattr(hand, "HAND", replace(hand.HAND, passes=2))
    monkeypatch.setattr(hand, "ALONG", 300)
    drawn = datasets.load("drawn", count=30, seed=8)
    pixels = transform(drawn.images, rotation=-55)
    for k, (image, label) in enumerate(zip(pixels, drawn.labels, strict=True)):
        (tmp_path / "mine").mkdir(exist_ok=True)
        grey = np.rint((1.175 - image) / 1.275 * 255).clip(0, 255).astype(np.uint8)
        Image.fromarray(np.pad(grey, 4, constant_values=255)).save(tmp_path / "mine" / f"{label}_{k}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main(["teach", *arguments])
    return int(end.value.code or 0)


def test_a_hand_is_taught_and_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("mine", "--out", "mine.safetensors") == 0
    said = capsys.readouterr().out
    assert "30 samples; the error on those held out:" in said
    assert "error on drawn digits before" in said
    network = lenet5.load("mine.safetensors")
    known = lenet5.load("lenet5-reader")
    assert len(network.members) == len(known.members)  # type: ignore[attr-defined]
    assert network.metadata["command"] == "lenet5 teach mine --from lenet5-reader --seed 0"
    assert network.metadata["parent"]["digest"] == known.metadata["digest"]
    taught = network.metadata["taught"]
    assert taught["after"] < taught["before"]
    reading, before = network.metadata["reading"], known.metadata["reading"]
    assert 0.7 < reading["temperature"] / before["temperature"] < 1.4
    assert reading["temperature"] != before["temperature"]
    assert {**reading, "temperature": before["temperature"]}.items() >= before.items()
    assert lenet5.Reader("mine.safetensors").read(next(Path("mine").glob("7_*")), "digit")[0].text


def test_the_result_as_json_and_a_sign_that_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    for k, path in enumerate(sorted(Path("mine").glob("1_*"))):
        path.rename(Path("mine") / f"star_{k}.png")
    assert run("mine", "--from", "lenet5", "--add", "star", "--out", "signs.safetensors", "--json") == 0
    assert json.loads(capsys.readouterr().out)["out"] == "signs.safetensors"
    assert lenet5.load("signs.safetensors").classes[-1] == "star"


def test_where_nothing_gets_better_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hand, "HAND", replace(hand.HAND, passes=1, step=50.0))
    assert run("mine", "--from", "lenet5", "--out", "mine.safetensors") == 1
    assert "the samples held out are read no better, so mine.safetensors was not written" in capsys.readouterr().out
    assert not Path("mine.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["mine", "--out", "there.safetensors"], "is there already; name another --out"),
        (["mine", "--from", "there.safetensors", "--out", "there.safetensors"], "is what is learned from"),
        (["mine", "--out", "mine"], "is what is learned from"),
        (["mine", "--out", "mine.npz"], "expected the name of a .safetensors file"),
        (["nowhere", "--out", "new.safetensors"], "nowhere"),
        (["mine", "--from", "lenet6", "--out", "new.safetensors"], "no network 'lenet6'"),
        (["mine", "--add", "7", "--out", "new.safetensors"], "the classes 7 to add to 0, 1, 2"),
        (["one", "--out", "new.safetensors"], "1 samples to learn from; expected 3 or more"),
    ],
)
def test_what_cannot_be_done_is_told(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("there.safetensors").write_bytes(lenet5.storage.find("lenet5").read_bytes())
    Path("one").mkdir()
    next(Path("mine").glob("7_*")).rename("one/7.png")
    assert run(*arguments) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert not Path("new.safetensors").exists()


def test_a_teaching_that_is_stopped_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lenet5.LeNet5, "save", stop)
    assert run("mine", "--from", "lenet5", "--out", "mine.safetensors") == 130
    assert sorted(path.name for path in Path().iterdir()) == ["mine"]


def test_what_is_surer_and_misread_as_often_is_told_as_such() -> None:
    told = {"samples": 30, "before": 5.0, "after": 5.0, "passes": 2, "drawn_before": None, "same": 99.0}
    assert any("no fewer of them are misread" in line for line in teach._in_words(told, Path("mine.safetensors")))
    assert any("more of them are misread" in line for line in teach._in_words({**told, "after": 6.0}, Path("m")))
    assert not any("misread" in line for line in teach._in_words({**told, "after": 4.0}, Path("mine.safetensors")))
