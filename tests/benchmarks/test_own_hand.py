"""Are hands measured on characters that were not learned, each as what the network has for it?"""

from __future__ import annotations

import numpy as np
import pytest
from own_hand import errors, faults_of, parted, writers_of

import lenet5
from lenet5.datasets.strokes import Strokes
from lenet5.network import LeNet5


def strokes() -> Strokes:
    """Writer 3 with bars that are 1, gables that are A, and points; and writer 5 with half as many."""
    shapes = {"1": [[(0, 0), (0, 9)]], "A": [[(0, 9), (4, 0), (8, 9)], [(2, 6), (6, 6)]], ".": [[(0, 0)]]}
    labels = [label for label, many in (("1", 60), ("A", 60), (".", 30), ("1", 60)) for _ in range(many)]
    return Strokes.of([shapes[label] for label in labels], labels, [3] * 150 + [5] * 60)


@pytest.fixture(scope="module")
def digits() -> LeNet5:
    return lenet5.load("lenet5-reader")


def test_writers_of_enough_letters_and_digits_are_measured(digits: LeNet5) -> None:
    (own,) = writers_of(strokes(), digits.classes)
    assert own.name == "writer 3"
    assert np.bincount(own.labels).tolist() == [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 60]  # an A is no digit
    every, letter, alike = errors(digits, own)
    assert 100 > every >= letter >= alike
    (own,) = writers_of(strokes(), tuple("0123456789"))
    assert len(own) == 60


def test_a_digit_that_is_misread_is_a_fault(digits: LeNet5) -> None:
    lying = Strokes.of([[[(0, 0), (90, 9)]]] * 8 + [[[(0, 0), (0, 9)]]] * 8, ["7"] * 8 + ["1"] * 8, [3] * 16)
    (fault,) = faults_of(lying, digits)
    assert (fault.name, len(fault)) == ("writer 3, 7", 8)
    assert set(fault.labels) == {7}


def test_what_is_judged_was_not_learned(digits: LeNet5) -> None:
    (own,) = writers_of(strokes(), digits.classes)
    learned, judged = parted(digits, own, 30, misread=False, seed=1)
    assert (len(learned), len(judged)) == (30, 90)
    learned, judged = parted(digits, own, 30, misread=True, seed=1)
    assert (len(learned), len(judged)) == (30, 60)
    wrong = digits.predict(learned.images) != learned.labels
    assert (np.diff(wrong.astype(int)) <= 0).all()
