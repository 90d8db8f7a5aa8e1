"""Are pictures that were prepared in another way told of, once, and all others not?"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import lenet5
from lenet5.datasets import drawn
from lenet5.scale import LOOKED_AT, PictureWarning, doubt

DIGITS = drawn.digits(300, 5)
Pictures = NDArray[np.uint8]


def framed(pictures: Pictures) -> NDArray[np.float64]:
    """In the paper's scale, (N, 32, 32)."""
    return np.pad(pictures / 255 * 1.275 - 0.1, ((0, 0), (2, 2), (2, 2)), constant_values=-0.1)


def normalised(pictures: Pictures) -> NDArray[np.float32]:
    """As torchvision's examples have it."""
    return ((pictures / 255 - 0.1307) / 0.3081).astype(np.float32)


@pytest.mark.parametrize(
    "given", [lambda x: x, lambda x: x / 255, framed, lambda x: x > 99, lambda x: x.astype(int), lambda x: x[..., None]]
)
def test_digits_as_a_network_takes_them_raise_no_doubt(given: Callable[[Pictures], Any]) -> None:
    assert not doubt(given(DIGITS.images))
    assert not any(doubt(given(one[None])) for one in DIGITS.images[:50])
    for label in range(10):
        assert not doubt(given(np.repeat(DIGITS.images[DIGITS.labels == label], 2, axis=0)))


@pytest.mark.parametrize(
    "blank", [np.zeros((0, 28, 28), np.uint8), np.zeros((40, 28, 28)), np.zeros((1, 32, 32), bool)]
)
def test_nothing_raises_no_doubt(blank: Any) -> None:
    assert not doubt(blank)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda x: 255 - x, "255 − pictures"),
        (lambda x: 1 - x / 255, "1 − pictures"),
        (lambda x: 1.075 - framed(x), "1.075 − pictures"),
        (normalised, r"pictures \* 0.3081 \+ 0.1307"),
        (lambda x: normalised(x)[:, None], "0.3081"),
        (lambda x: x / 127.5 - 1, "normalised"),
        (lambda x: framed(x) / 0.3081 - 0.4, "normalised"),
    ],
)
def test_pictures_meant_otherwise_are_known_one_by_one(given: Callable[[Pictures], Any], says: str) -> None:
    with pytest.warns(PictureWarning, match=says):
        warnings.warn(doubt(given(DIGITS.images)), PictureWarning, stacklevel=1)
    assert all(doubt(given(one[None])) for one in DIGITS.images[:50])


def test_digits_on_their_side_are_known_from_some_dozens_on() -> None:
    turned = DIGITS.images.transpose(0, 2, 1)
    assert "transpose(0, 2, 1)" in doubt(turned)
    assert "transpose(0, 2, 1)" in doubt(framed(turned[:32]))
    assert not doubt(turned[:31])


@pytest.mark.parametrize("name", ["lenet5", "lenet5-ensemble"])
def test_a_network_warns_once_where_it_is_asked(name: str) -> None:
    net = lenet5.load(name)
    with pytest.warns(PictureWarning, match="black on white") as told:
        answers = net.predict(255 - DIGITS.images[:3])
    assert [w.filename for w in told] == [__file__]
    assert np.array_equal(net.predict(255 - DIGITS.images[:3]), answers)  # and says no more: warnings are errors here


def test_only_the_first_calls_are_looked_at() -> None:
    net = lenet5.load("lenet5")
    for _ in range(LOOKED_AT):
        net.predict(DIGITS.images[:2])
    net.predict(255 - DIGITS.images[:2])
