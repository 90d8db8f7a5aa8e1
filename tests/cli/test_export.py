"""`lenet5 export` writes what it says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lenet5 import datasets
from lenet5.architecture import LENET5
from lenet5.cli import main
from lenet5.network import LeNet5
from lenet5.training.initial import initial


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = LeNet5(LENET5, initial(LENET5, np.random.default_rng(0))).save(tmp_path / "net.safetensors")
    return str(path)


def lenet5(*arguments: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(a) for a in arguments])
    return int(end.value.code or 0)


def small_set(folder: Path) -> Path:
    from PIL import Image

    made = datasets.load("drawn", "test", count=12)
    for k, (picture, label) in enumerate(zip(made.images, made.labels, strict=True)):
        path = folder / str(label) / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return folder


def test_onnx(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'lenet5[onnx]'")
    out = tmp_path / "net.onnx"
    assert lenet5("export", model, "--to", "onnx", "--out", out) == 0
    assert f"{out.stat().st_size:,} bytes" in capsys.readouterr().out


def test_c_in_eight_bits_tells_what_they_cost(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, data = tmp_path / "net.h", small_set(tmp_path / "digits")
    assert lenet5("export", model, "--to", "c", "--int8", "--out", out, "--data", data, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["path"] == str(out)
    assert told["tested"] == 12
    assert told["ram"] == 2804
    assert out.read_text("utf-8").startswith('/* LeNet-5 "lenet5" in C99, int8')


def test_what_only_onnx_can(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert lenet5("export", model, "--to", "c", "--activations") == 2
    assert "for --to onnx" in capsys.readouterr().err


def test_an_ensemble_fits_no_c_header(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both, out = tmp_path / "both.safetensors", tmp_path / "both.h"
    assert lenet5("join", model, model, "--out", both) == 0
    assert lenet5("export", both, "--to", "c", "--out", out) == 2
    assert "a C header holds one network" in capsys.readouterr().err
    assert not out.exists()


def test_eight_bits_of_letters_are_not_measured_on_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    letters = replace(LENET5, output=replace(LENET5.output, characters="abc"))
    net = LeNet5(letters, initial(letters, np.random.default_rng(1), "1/sqrt(F)"))
    model, out = net.save(tmp_path / "letters.safetensors"), tmp_path / "letters.h"
    assert lenet5("export", model, "--to", "c", "--int8", "--out", out, "--data", "drawn") == 2
    assert "holds the classes 0, 1, 2" in capsys.readouterr().err
    assert not out.exists()
