"""Is a network of every character taught, and judged as it is said?"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lenet5.datasets import drawn
from lenet5.datasets.drawn.scenes import SHAPES
from lenet5.datasets.strokes import Strokes
from lenet5.loading import load
from lenet5.reading.alphabet import SIGNS
from lenet5.reading.school.characters import lessons, main
from lenet5.reading.school.lessons import NOTHING


@pytest.fixture(scope="module")
def strokes() -> Strokes:
    """Every character as 12 writers' strokes; those that the project cannot draw are drawn as an A."""
    signs = [(sign, SHAPES.get(sign, SHAPES["A"])[0]) for _ in range(12) for sign in SIGNS]
    lines = [shape.spline @ shape.variants[k % len(shape.variants)] for k, (_, shape) in enumerate(signs)]
    polylines = [[line[s.stroke == k] for k in np.unique(s.stroke)] for line, (_, s) in zip(lines, signs, strict=True)]
    return Strokes.of(polylines, [sign for sign, _ in signs], np.repeat(np.arange(12), len(SIGNS)).tolist())


def test_lessons_are_every_character_and_what_is_none(strokes: Strokes) -> None:
    matter = lessons(drawn.digits(200, 1), strokes, np.random.default_rng(0), size=0.003)
    assert matter.images.shape == (len(matter.labels), 28, 28)
    assert set(matter.labels.tolist()) == {NOTHING, *range(len(SIGNS))}
    assert matter.share.sum() == pytest.approx(1)
    assert 0.1 < matter.share[matter.labels == NOTHING].sum() < 0.3


def test_one_command_teaches_and_saves(
    data_folder: Path, strokes: Strokes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strokes.save(tmp_path / "strokes.npz")
    out = tmp_path / "a.safetensors"
    words = ["--strokes", str(tmp_path / "strokes.npz"), "--size", "0.001", "--passes", "1", "--pictures", "600"]
    assert main([*words, "--out", str(out)]) == 0
    network = load(out)
    about = network.metadata
    assert about["command"] == "python -m lenet5.reading.school.characters --passes 1 --pictures 600 --size 0.001"
    assert "UNIPEN" in about["data"]
    assert 50 < about["held_out_error"] <= 100
    json.dumps(about)


def test_without_strokes_nothing_is_taught(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.npz"
    assert main(["--out", str(tmp_path / "a.safetensors"), "--strokes", str(missing)]) == 2
    assert "none.npz" in capsys.readouterr().err
