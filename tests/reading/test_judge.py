"""Does the judge know digits from none, and only the network that it was taught with?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lenet5.architecture import LENET5
from lenet5.datasets import drawn
from lenet5.errors import WeightsError
from lenet5.loading import load
from lenet5.network import LeNet5
from lenet5.reading.judge import HIDDEN, Judge, heard, members_of, named, taught
from lenet5.reading.reader import Reader
from lenet5.reference import initial

READER = load("lenet5-reader")


def test_the_shipped_judge_is_the_shipped_readers() -> None:
    judge = Judge.shipped(READER)
    assert judge is not None
    assert isinstance(Reader().network, Judge)
    assert Judge.shipped(load("lenet5-best")) is None


def test_it_hears_every_member() -> None:
    said = heard(READER, drawn.digits(5, 1).images)
    assert said.shape == (5, 10 * len(members_of(READER)))
    assert (said >= 0).all()


def test_none_of_the_digits_is_likelier_where_there_is_none() -> None:
    judge = Judge.shipped(READER)
    assert judge is not None
    digits, rubbish = drawn.digits(200, 83), drawn.nothing(200, 84)
    penalties = judge.penalties(digits.images)
    assert (penalties.argmin(axis=1) == digits.labels).mean() > 0.9
    assert (penalties.min(axis=1) < 0).mean() > 0.9
    assert (judge.penalties(rubbish.images).min(axis=1) > 0).mean() > 0.8


def test_what_can_be_told_apart_is_learned() -> None:
    rng = np.random.default_rng(0)
    wanted = rng.integers(3, size=4000)
    said = (np.eye(3)[wanted] * 3 + rng.normal(0, 0.5, (4000, 3)) + 7).astype(np.float32)
    t = taught(said, wanted, rng, passes=4)
    hidden = np.tanh(said @ t["hidden.weight"].T + t["hidden.bias"])
    answers = (hidden @ t["last.weight"].T + t["last.bias"]).argmax(axis=1)
    assert (answers == wanted).mean() > 0.97


def test_a_judge_of_one_network_is_saved_and_found_again(tmp_path: Path) -> None:
    network = LeNet5(LENET5, initial(LENET5, np.random.default_rng(3), "1/sqrt(F)"), {})
    shapes = {"hidden.weight": (HIDDEN, 10), "hidden.bias": (HIDDEN,), "last.weight": (11, HIDDEN), "last.bias": (11,)}
    rng = np.random.default_rng(1)
    tensors = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    about = {"of": named(network), "reading": {"rubbish": 1.5, "accept": 0.6}}
    path = Judge(network, tensors, about).save(tmp_path / "judge.safetensors")
    images = drawn.digits(4, 1).images
    reader = Reader(network, judge=path)
    assert reader.calibration.accept == 0.6
    assert np.array_equal(reader.penalties(images), Judge(network, tensors, about).penalties(images))
    with pytest.raises(WeightsError, match="another network"):
        Reader("lenet5-best", judge=path)


def test_what_is_no_judge_is_refused(tmp_path: Path) -> None:
    network = LeNet5(LENET5, initial(LENET5, np.random.default_rng(3), "1/sqrt(F)"), {})
    with pytest.raises(WeightsError, match="tensors"):
        Judge(network, {}, {"of": named(network)})
    for name, data in (("short", b"\x10\0\0"), ("rubbish", b"\xff" * 400)):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(WeightsError):
            Judge.load(tmp_path / name, network)
    with pytest.raises(WeightsError, match="expected a LeNet5"):
        Judge.load(tmp_path / "short", object())
