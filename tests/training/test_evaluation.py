"""Are errors counted right, and is their interval Wilson's?"""

from __future__ import annotations

import json

import numpy as np
import pytest

from lenet5.architecture import LENET5
from lenet5.datasets import Dataset
from lenet5.errors import DataError
from lenet5.network import LeNet5
from lenet5.training.evaluation import evaluate, wilson
from networks import start


@pytest.fixture
def network(rng: np.random.Generator) -> LeNet5:
    return LeNet5(LENET5, start(LENET5, rng))


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (40, 28, 28), dtype=np.uint8)


def data(images: np.ndarray, labels: np.ndarray, classes: str = "0123456789") -> Dataset:
    return Dataset("noise", images, labels, tuple(classes))


def test_what_is_right_is_no_mistake(network: LeNet5, images: np.ndarray) -> None:
    found = evaluate(network, data(images, network.predict(images)))
    assert (found.pictures, found.wrong, found.error) == (40, 0, 0.0)
    assert found.confusion.trace() == 40
    sure = network.probabilities(images).max(axis=1)
    assert found.log_loss == pytest.approx(-np.log(sure).mean(), abs=1e-5)
    assert found.calibration_error == pytest.approx(100 * (1 - sure).mean(), abs=1e-3)
    assert found.mean_penalty == pytest.approx(network.penalties(images).min(1).mean(), rel=1e-5)


def test_mistakes_are_listed_and_counted_by_class(network: LeNet5, images: np.ndarray) -> None:
    answers = network.predict(images)
    labels = answers.copy()
    labels[[3, 17]] = (answers[[3, 17]] + 1) % 10
    found = evaluate(network, data(images, labels))
    assert found.mistakes.tolist() == [3, 17]
    assert found.answers.tolist() == answers[[3, 17]].tolist()
    assert found.error == 5.0
    for k in (3, 17):
        assert found.confusion[labels[k], answers[k]] >= 1
    told = json.loads(json.dumps(found.to_dict()))
    assert told["wrong"] == 2
    assert [m["index"] for m in told["mistakes"]] == [3, 17]
    assert sum(c["pictures"] for c in told["classes"]) == 40
    assert sum(c["wrong"] for c in told["classes"]) == 2


def test_classes_are_matched_by_name_not_by_place(network: LeNet5, images: np.ndarray) -> None:
    answers = network.predict(images)
    assert evaluate(network, data(images, 9 - answers, "9876543210")).wrong == 0


def test_a_class_that_the_network_has_not_is_an_error(network: LeNet5, images: np.ndarray) -> None:
    with pytest.raises(DataError, match="A"):
        evaluate(network, data(images, np.zeros(40, np.int64), "A"))


def test_the_interval_is_wilson_s() -> None:
    """The limits p solve |share − p| = z·√(p(1 − p)/n): what the interval is by definition."""
    for wrong, total in ((0, 100), (95, 10_000), (1, 10), (10, 10)):
        share = wrong / total
        for limit in wilson(wrong, total):
            p = limit / 100
            assert abs(share - p) == pytest.approx(1.959964 * np.sqrt(p * (1 - p) / total), abs=1e-7)
    low, high = wilson(95, 10_000)
    assert low < 0.95 < high
