"""Is a hand learned from a few samples, and is what was known kept?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import lenet5
from lenet5 import datasets
from lenet5.codes import farthest
from lenet5.datasets import Dataset
from lenet5.datasets.distortions import transform
from lenet5.ensemble import Ensemble
from lenet5.errors import DataError, TrainingError
from lenet5.network import LeNet5
from lenet5.training import hand
from lenet5.training.going_on import with_classes
from lenet5.training.hand import among_known, drawn_pictures, learn_hand

DIGITS = tuple("0123456789")


def turned(dataset: Dataset) -> Dataset:
    """The hand of somebody whose digits lie on their backs."""
    pixels = transform(dataset.images, rotation=-55)[:, 2:-2, 2:-2]
    return replace(dataset, images=np.rint((pixels + 0.1) / 1.275 * 255).clip(0, 255).astype(np.uint8))


SAMPLES = turned(datasets.load("drawn", count=40, seed=8))
OTHERS = turned(datasets.load("drawn", "test", count=400))
KNOWN = datasets.load("drawn", "test", count=400, seed=2)


def error(network: LeNet5, of: Dataset) -> float:
    return 100 * float((network.predict(of.images) != of.labels).mean())


@pytest.fixture(scope="module")
def start() -> LeNet5:
    return lenet5.load("lenet5-best")


@pytest.fixture
def fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand, "ALONG", 500)


@pytest.mark.usefixtures("fewer")
def test_a_hand_is_learned_and_what_was_known_is_kept(start: LeNet5) -> None:
    shares: list[float] = []
    learned = learn_hand(start, SAMPLES, progress=shares.append)
    assert error(learned.network, OTHERS) < 0.7 * error(start, OTHERS)
    assert error(learned.network, KNOWN) < error(start, KNOWN) + 2
    assert learned.after < learned.before
    assert learned.passes == hand.HAND.passes
    assert learned.samples == 40
    assert learned.same > 85
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_one_digit_that_is_misread_is_learned_from_three_samples(start: LeNet5) -> None:
    misread = np.flatnonzero((OTHERS.labels == 7) & (start.predict(OTHERS.images) != 7))
    learned = learn_hand(start, OTHERS.take(misread[:3]))
    assert learned.before == 100
    assert error(learned.network, OTHERS.take(misread[3:])) < 50
    assert error(learned.network, KNOWN) < error(start, KNOWN) + 2


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand, "HAND", replace(hand.HAND, passes=2))
    monkeypatch.setattr(hand, "ALONG", 300)


@pytest.mark.usefixtures("quick")
def test_an_ensemble_stays_one_and_the_seed_decides_all(start: LeNet5) -> None:
    both = Ensemble([start, lenet5.load("lenet5")])
    learned, again = learn_hand(both, SAMPLES).network, learn_hand(both, SAMPLES).network
    assert isinstance(learned, Ensemble)
    assert isinstance(again, Ensemble)
    for one, other in zip(learned.members, again.members, strict=True):
        np.testing.assert_array_equal(one.parameters, other.parameters)
    assert [m.sharpness for m in learned.members] == pytest.approx([start.sharpness, lenet5.load("lenet5").sharpness])
    assert error(learned, OTHERS) < error(start, OTHERS)


@pytest.mark.parametrize("name", ["lenet5-best", "lenet5-softmax"])
def test_signs_of_ones_own_are_added(name: str) -> None:
    start = lenet5.load(name)
    stars = drawn_pictures(400, 3).images[-40:]
    noise = np.random.default_rng(0).integers(0, 256, (40, 28, 28)).astype(np.uint8)
    both = Dataset("signs", np.concatenate([stars[:20], noise[:20]]), np.arange(40) // 20, ("star", "+"))
    learned = learn_hand(start, both, more=("star", "+")).network
    assert learned.classes == (*DIGITS, "star", "+")
    assert (learned.predict(noise[20:]) == 11).mean() > 0.8
    assert error(learned, KNOWN) < error(start, KNOWN) + 3


def test_a_new_sign_has_the_farthest_code_and_a_known_character_its_own(start: LeNet5) -> None:
    grown = with_classes(start, ["star", "A"])
    codes = grown.tensors["rbf.codes"]
    np.testing.assert_array_equal(codes[10], farthest(start.tensors["rbf.codes"]))
    np.testing.assert_array_equal(codes[11], lenet5.codes.codes("A")[0])
    np.testing.assert_array_equal(grown.penalties(KNOWN.images)[:, :10], start.penalties(KNOWN.images))
    assert with_classes(grown, ["heart"]).classes == (*DIGITS, "star", "A", "heart")
    with pytest.raises(TrainingError, match="expected new ones"):
        with_classes(grown, ["star"])


def given(labels: NDArray[np.int64], classes: tuple[str, ...] = DIGITS) -> Dataset:
    return Dataset("mine.jsonl", SAMPLES.images[: len(labels)], labels, classes)


def test_what_cannot_be_learned_from_is_told(start: LeNet5) -> None:
    with pytest.raises(DataError, match="1 samples to learn from; expected 3 or more"):
        learn_hand(start, given(np.array([3])))
    with pytest.raises(DataError, match=r"labels 'star', which the network does not know.*add them as new classes"):
        learn_hand(start, given(np.zeros(9, np.int64), ("star",)))
    twice = Dataset("mine.jsonl", SAMPLES.images[[0, 1, 2, 3, 4, 0]], np.array([0, 1, 2, 3, 4, 5]), DIGITS)
    with pytest.raises(DataError, match="the same picture is '0' and '5'; give one label"):
        learn_hand(start, twice)
    with pytest.raises(DataError, match="no sample of heart, star; show it, or add no such class"):
        learn_hand(start, given(np.arange(9)), more=("star", "heart"))


def test_what_is_read_no_better_stays_as_it_was(start: LeNet5, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand, "HAND", replace(hand.HAND, passes=1, step=1.0))
    learned = learn_hand(start, KNOWN.take(np.flatnonzero(start.predict(KNOWN.images) == KNOWN.labels)[:9]))
    assert learned.passes == 0
    assert learned.network is start
    assert learned.after == learned.before


def test_pictures_that_go_along_are_a_share_and_have_no_labels_of_their_own() -> None:
    together, kept = among_known(SAMPLES, 0)
    assert kept == 120
    assert len(together) == 160
    assert together.classes == SAMPLES.classes
