"""Are pictures held out by whole writers, the same ones every time?"""

from __future__ import annotations

import numpy as np
import pytest

from lenet5.datasets import Dataset
from lenet5.datasets.writers import split_by_writer
from lenet5.errors import DataError


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
