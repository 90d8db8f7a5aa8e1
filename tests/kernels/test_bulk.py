"""Do many pictures at a time get what each gets alone, for any network, number of pictures and kind of pixels?"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lenet5 import reference
from lenet5.architecture import LENET5, Architecture
from lenet5.kernels.entries import FEW, PICTURES
from lenet5.machine.native import LANES
from lenet5.network import PIECE, LeNet5
from networks import NETWORKS, name, start


@pytest.mark.parametrize("net", NETWORKS, ids=name)
def test_penalties_are_the_reference_s(net: Architecture, rng: np.random.Generator) -> None:
    t, digits = start(net, rng), rng.integers(0, 256, (FEW + 3, 28, 28), dtype=np.uint8)
    expected = reference.penalties(net, reference.forward(net, t, reference.scale(digits))["output.sum"])
    found = LeNet5(net, t).penalties(digits)
    np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max())


@pytest.mark.parametrize("count", [FEW, LANES + FEW, PICTURES - 1, PICTURES, PICTURES + 1, PIECE + 5])
def test_any_number_of_pictures(count: int, rng: np.random.Generator) -> None:
    network, digits = LeNet5(LENET5, start(LENET5, rng)), rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    one_by_one = np.concatenate([network.penalties(digit[None]) for digit in digits])
    np.testing.assert_allclose(network.penalties(digits), one_by_one, rtol=2e-5)


def test_all_kinds_of_pictures_are_the_same_pictures(rng: np.random.Generator) -> None:
    network, digits = LeNet5(LENET5, start(LENET5, rng)), rng.integers(0, 256, (40, 28, 28), dtype=np.uint8)
    expected = network.penalties(digits)
    framed = np.pad(digits, ((0, 0), (2, 2), (2, 2)))
    scaled = reference.scale(digits)
    same: list[NDArray[np.generic]] = [framed, digits / 255, scaled, scaled.astype(np.float32), digits[::-1][::-1]]
    for pictures in same:
        np.testing.assert_allclose(network.penalties(pictures), expected, rtol=2e-5)
    digits.flags.writeable = False
    assert np.array_equal(network.penalties(digits), expected)


def test_no_picture_feels_its_neighbours(rng: np.random.Generator) -> None:
    """Bit for bit: wherever a picture lies in a block, it gets the same answer."""
    network, digits = LeNet5(LENET5, start(LENET5, rng)), rng.integers(0, 256, (70, 28, 28), dtype=np.uint8)
    order = rng.permutation(70)
    assert np.array_equal(network.penalties(digits)[order], network.penalties(digits[order]))


def test_the_number_of_threads_changes_nothing(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    network, digits = LeNet5(LENET5, start(LENET5, rng)), rng.integers(0, 256, (3 * PIECE, 28, 28), dtype=np.uint8)
    answers = []
    for threads in ("1", "3"):
        monkeypatch.setenv("LENET5_THREADS", threads)
        answers.append(network.penalties(digits))
    assert np.array_equal(*answers)
