"""Does rejecting the closest calls leave the errors that it should, and is every change measured?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.architecture import LENET5
from lenet5.datasets import load
from lenet5.datasets.dataset import Dataset
from lenet5.network import LeNet5
from lenet5.reproduce import measures
from lenet5.training.initial import initial


@pytest.fixture(scope="module")
def network() -> LeNet5:
    return LeNet5(LENET5, initial(LENET5, np.random.default_rng(0)))


@pytest.fixture(scope="module")
def test_set() -> Dataset:
    return load("drawn", "test", count=20)


def test_mistakes_with_a_small_score_are_rejected_first() -> None:
    score = np.arange(1000) / 10
    wrong = np.isin(np.arange(1000), [0, 2, 9, 500])
    found = measures.rejection(score, wrong)
    assert found["error"][0] == pytest.approx(0.4)
    assert found["error"][10] == pytest.approx(100 / 990)  # ten rejected, one mistake left
    # 0.5 % is there from the start; 0.1 % needs all mistakes gone, for one in fewer than 1,000 is more than that.
    assert found["needed"] == {"0.5": 0.0, "0.1": pytest.approx(50.1)}


def test_where_every_answer_is_wrong_all_must_be_rejected() -> None:
    found = measures.rejection(np.arange(10.0), np.ones(10, bool))
    assert found["needed"] == {"0.5": 100.0, "0.1": 100.0}


def test_answers_list_the_mistakes_with_what_was_said(network: LeNet5, test_set: Dataset) -> None:
    found = measures.answers(network, test_set)
    predicted = network.predict(test_set.images)
    assert [row[0] for row in found["wrong"]] == list(np.flatnonzero(predicted != test_set.labels))
    for index, true, answer, score in found["wrong"]:
        assert (true, answer) == (test_set.labels[index], predicted[index])
        assert score >= 0
    assert found["error"] == 100 * len(found["wrong"]) / len(test_set)


def test_every_change_is_measured_and_no_change_changes_nothing(network: LeNet5, test_set: Dataset) -> None:
    points = list(measures.robustness(network, test_set))
    assert [(change, amount) for change, amount, _ in points] == [
        (change, amount) for change, amounts in measures.CHANGES.items() for amount in amounts
    ]
    plain = 100 * float((network.predict(test_set.images) != test_set.labels).mean())
    undone = {change: 1.0 if change in ("scale", "squeeze") else 0.0 for change in measures.CHANGES}
    unchanged = {change: error for change, amount, error in points if amount == undone[change]}
    assert len(unchanged) == len(measures.CHANGES)
    assert set(unchanged.values()) == {plain}
