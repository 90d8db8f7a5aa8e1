"""Does a data set hold together, and is it parted by whole writers, the same ones every time?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lenet5.datasets import Dataset
from lenet5.datasets.dataset import split_by_writer
from lenet5.errors import DataError


def make(**changes: Any) -> Dataset:
    parts: dict[str, Any] = {
        "name": "three",
        "images": np.arange(3, dtype=np.uint8)[:, None, None] * np.ones((28, 28), np.uint8),
        "labels": np.array([1, 0, 1]),
        "classes": ("no", "yes"),
        "writers": np.array([7, 7, 8]),
    }
    return Dataset(**parts | changes)


def test_parts_are_taken_together() -> None:
    some = make().take(np.array([2, 0]), "two")
    assert (some.name, len(some), some.classes) == ("two", 2, ("no", "yes"))
    assert some.images[:, 0, 0].tolist() == [2, 0]
    assert some.labels.tolist() == [1, 1]
    assert some.writers is not None
    assert some.writers.tolist() == [8, 7]
    assert len(make(writers=None).take(slice(2))) == 2


def test_labels_of_any_integer_type_become_int64() -> None:
    assert make(labels=np.array([1, 0, 1], np.uint8)).labels.dtype == np.int64


def test_a_notebook_shows_what_there_is_and_no_pixels() -> None:
    shown = repr(Dataset("mine", np.zeros((1200, 28, 28), np.uint8), np.arange(1200) % 2, ("a", "b")))
    assert shown == "<Dataset mine, 1,200 pictures of 2 classes>"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": np.zeros((3, 32, 32), np.uint8)}, r"shape \(3, 32, 32\) .* expected uint8"),
        ({"images": np.zeros((3, 28, 28))}, r"type float64; expected uint8 of shape \(N, 28, 28\)"),
        ({"images": np.zeros((3, 784), np.uint8)}, r"shape \(3, 784\)"),
        ({"images": np.zeros((0, 28, 28), np.uint8), "labels": np.zeros(0, int)}, "no pictures"),
        ({"labels": np.array([0, 1])}, r"labels of shape \(2,\) .* one for each picture"),
        ({"labels": np.array([0.0, 1, 1])}, "type float64; expected integers"),
        ({"labels": np.array([0, 1, 2])}, "labels from 0 to 2; expected 0 to 1"),
        ({"labels": np.array([0, 1, -1])}, "labels from -1 to 1"),
        ({"classes": ("a", "a")}, "all different"),
        ({"classes": ()}, "one or more"),
        ({"classes": ("a", "\x1b[31m")}, "printable"),
        ({"writers": np.array([1])}, r"writers of shape \(1,\)"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make(**changes)


def test_nothing_is_no_data_set() -> None:
    with pytest.raises(DataError, match="no pictures"):
        make().take(np.array([], int))


def test_labels_follow_the_classes_of_a_network() -> None:
    moved = make().with_classes(["maybe", "yes", "no"])
    assert moved.classes == ("maybe", "yes", "no")
    assert moved.labels.tolist() == [1, 2, 1]
    only_yes = make().take(np.array([0, 2]))
    assert only_yes.with_classes(["yes"]).labels.tolist() == [0, 0]
    with pytest.raises(DataError, match="holds the classes no; expected only yes, perhaps: give data of these classes"):
        make().with_classes(["yes", "perhaps"])


def pictures(writers: list[int] | None, count: int = 0) -> Dataset:
    """Picture i has i in its first pixel."""
    count = len(writers) if writers else count
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 0, 0] = np.arange(count)
    array = None if writers is None else np.array(writers)
    return Dataset("pages", images, np.zeros(count, int), ("a",), array)


PAGES = pictures([w for w in range(30) for _ in range(1 + w % 7)])


def test_no_writer_is_on_both_sides() -> None:
    learn, held_out = split_by_writer(PAGES, 0.2)
    assert learn.writers is not None
    assert held_out.writers is not None
    assert not set(learn.writers) & set(held_out.writers)
    assert abs(len(held_out) - 0.2 * len(PAGES)) < 7
    assert sorted([*learn.images[:, 0, 0], *held_out.images[:, 0, 0]]) == list(range(len(PAGES)))
    assert (learn.name, held_out.name) == ("pages", "pages, held out of other writers")


def test_the_seed_decides() -> None:
    def held_out(seed: int) -> list[int]:
        return split_by_writer(PAGES, 20, seed=seed)[1].images[:, 0, 0].tolist()

    assert held_out(1) == held_out(1) != held_out(2)


def test_without_writers_pictures_are_dealt_out_and_the_name_says_so() -> None:
    learn, held_out = split_by_writer(pictures(None, 100), 30)
    assert (len(learn), len(held_out)) == (70, 30)
    assert held_out.name == "pages, held out at random"
    assert held_out.images[:, 0, 0].tolist() != list(range(30))


@pytest.mark.parametrize("size", [0, -1, 1.0, 1e-9, 0.0, 122, 5000])
def test_both_sides_need_pictures(size: float) -> None:
    with pytest.raises(DataError, match="to hold out"):
        split_by_writer(pictures(None, 122), size)


def test_a_single_writer_cannot_be_parted() -> None:
    with pytest.raises(DataError, match="its 1 writers cannot be parted"):
        split_by_writer(pictures([3] * 10), 0.5)
